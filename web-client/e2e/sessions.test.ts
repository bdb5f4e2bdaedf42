// Sessions from the page: what the list shows of them, and how they are made, named and ended.

import type { Locator } from "playwright-core";
import { expect, test } from "vitest";

import { DESK, type Device, PATIENCE, pairedDevice, show, untilScreen } from "./browser.ts";
import { browser, lastingDevice, stage, world } from "./stage.ts";

let device: Device;

stage(async () => {
  const start = (name: string, script: string) =>
    world.abide("new", name, "--detach", "--directory", "/srv", "--", "sh", "-c", script);
  await start("other", "printf '\\033]0;its title\\007'; echo here; exec cat");
  await start("polite", "trap 'exit 3' HUP TERM; echo here; while :; do sleep 0.1; done");
  await start("deaf", "trap '' HUP TERM; echo here; exec cat");
  device = await lastingDevice();
});

function entry(name: string): Locator {
  const named = device.page.locator(".name", { hasText: new RegExp(`^\\s*${name}\\s*$`) });
  return device.page.locator(".list li").filter({ has: named });
}

async function press(name: string): Promise<void> {
  await device.page.getByRole("button", { name, exact: true }).click();
}

async function stateOf(name: string): Promise<string | undefined> {
  const all = JSON.parse(await world.abide("list", "--json")) as { name: string; state: string }[];
  return all.find((session) => session.name === name)?.state;
}

test("a session is made where and as it is said, and shown", async () => {
  const { page } = device;
  await press("New");
  await page.getByLabel(/^Command/).fill(`sh -c 'pwd; echo "two  words"; exec cat'`);
  await page.getByLabel("Directory on the computer").fill("/nowhere");
  await page.getByLabel(/^Name \(empty/).fill("made");
  await press("Start");
  await page.locator(".note", { hasText: "/nowhere" }).waitFor();
  await page.getByLabel("Directory on the computer").fill("/srv");
  await press("Start");
  await page.getByRole("heading", { name: "made", level: 1 }).waitFor();
  await untilScreen(page, /^\/srv\s*\ntwo {2}words\s*$/m);
  expect(new URL(page.url()).hash).toBe("#/made");
  expect(await stateOf("made")).toBe("running");
});

test("it gets another name, and its address with it", async () => {
  const { page } = device;
  await press("More about made");
  await page.getByLabel("New name of made").fill("other");
  await press("Rename");
  await page.locator(".note", { hasText: "other" }).waitFor();
  await press("More about made");
  await page.getByLabel("New name of made").fill("kept");
  await press("Rename");
  await page.getByRole("heading", { name: "kept", level: 1 }).waitFor();
  await expect.poll(() => new URL(page.url()).hash, { timeout: PATIENCE }).toBe("#/kept");
  expect(await stateOf("kept")).toBe("running");
  expect(await stateOf("made")).toBeUndefined();
});

test("the list shows what others do, and which has news", async () => {
  const { page } = device;
  await entry("other").getByText("its title").waitFor();
  await entry("other").getByText("/srv").waitFor();
  expect(await entry("other").getByLabel("New output").count()).toBe(0);
  await world.abide("send", "other", "news from there");
  await entry("other").locator(".last", { hasText: "news from there" }).waitFor();
  await entry("other").getByLabel("New output").waitFor();
  const driver = await pairedDevice(browser, world, DESK, "type");
  expect(await driver.page.getByRole("button", { name: /^New$|^More about/ }).count()).toBe(0);
  await show(driver.page, "other");
  await driver.page.getByRole("button", { name: "Drive from here" }).click();
  await entry("other")
    .getByText(/driven by/)
    .waitFor();
  await driver.context.close();
  await entry("other").locator(".session").click();
  await page.getByRole("heading", { name: "other", level: 1 }).waitFor();
  await entry("other").getByLabel("New output").waitFor({ state: "detached" });
});

test("stopping asks first, and then the program", async () => {
  const { page } = device;
  await show(page, "polite");
  await untilScreen(page, "here");
  for (const answer of ["Cancel", "Stop"]) {
    await press("More about polite");
    await entry("polite").getByRole("button", { name: "Stop" }).click();
    await page.getByText('Stop "polite"?').waitFor();
    expect(await stateOf("polite")).toBe("running");
    await page.locator("dialog").getByRole("button", { name: answer, exact: true }).click();
  }
  await page.getByText("This session ended with code 3.").waitFor();
  await expect.poll(() => stateOf("polite"), { timeout: PATIENCE }).toBe("ended");
});

test("what does not listen is killed", async () => {
  const { page } = device;
  await show(page, "deaf");
  await untilScreen(page, "here");
  await press("More about deaf");
  await entry("deaf").getByRole("button", { name: "Kill" }).click();
  await page.getByText(/Kill "deaf" at once\? Unsaved work is lost/).waitFor();
  await page.locator("dialog").getByRole("button", { name: "Kill" }).click();
  await page.getByText("This session ended by signal 9.").waitFor();
});

test("a device that unpairs itself keeps nothing, and comes back by a new pairing", async () => {
  const { page, context } = await pairedDevice(browser, world);
  const unpair = page.getByRole("button", { name: "Unpair this device" });
  for (const answer of ["Cancel", "Unpair"]) {
    await page.getByRole("button", { name: "Menu" }).click();
    await unpair.click();
    await page.getByText("Unpair this device? To come back").waitFor();
    await page.locator("dialog").getByRole("button", { name: answer, exact: true }).click();
  }
  await page.getByText("This browser is not paired yet.").waitFor();
  await page.reload();
  await page.getByText("This browser is not paired yet.").waitFor();
  const kept = await page.evaluate(
    () =>
      new Promise((done) => {
        indexedDB.open("abide").onsuccess = ({ target }) => {
          const { result } = target as IDBOpenDBRequest;
          const counting = result.transaction("device").objectStore("device").count();
          counting.onsuccess = () => done(counting.result);
        };
      }),
  );
  expect(kept).toBe(0);
  await context.close();
});
