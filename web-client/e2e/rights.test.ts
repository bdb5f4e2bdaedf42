// What a device may do, and what happens to its page when it may no more.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { DESK, openDevice, PATIENCE, pairedDevice, show, untilScreen } from "./browser.ts";
import { browser, stage, world } from "./stage.ts";

stage(async () => {
  await world.abide("new", "work", "--detach", "--", "sh", "-c", "echo here; exec cat");
});

test("a device that only sees has nothing to type with", async () => {
  const { page, faults, context } = await pairedDevice(browser, world, DESK, "view");
  await show(page, "work");
  await untilScreen(page, "here");
  expect(await page.getByRole("button", { name: /Drive|Give back|New/ }).count()).toBe(0);
  await page.keyboard.type("secret");
  expect(await page.locator(".keyboard").count()).toBe(0);
  const native = await world.abide("capture", "work");
  expect(native).not.toContain("secret");
  expect(faults).toEqual([]);
  await context.close();
});

test("a device that only sees scrolls by keyboard", async () => {
  await world.abide("new", "long", "--detach", "--", "sh", "-c", "seq 1 500; exec cat");
  const { page, faults, context } = await pairedDevice(browser, world, DESK, "view");
  await show(page, "long");
  await untilScreen(page, /^500$/m);
  const top = () => page.locator(".terminal").evaluate((terminal) => terminal.scrollTop);
  const end = await top();
  await page.keyboard.press("PageUp");
  await expect.poll(top).toBeLessThan(end);
  await page.keyboard.press("Control+\\");
  await page.getByRole("combobox").waitFor();
  expect(faults).toEqual([]);
  await context.close();
});

test("a pairing outlives the page, and its session is in the address", async () => {
  const { page, faults, context } = await pairedDevice(browser, world, DESK, "type");
  await show(page, "work");
  await page.reload();
  await untilScreen(page, "here");
  await page.getByRole("heading", { name: "work", level: 1 }).waitFor();
  const keys = await page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((done) => {
      const request = indexedDB.open("abide");
      request.onsuccess = () => done(request.result);
    });
    const kept = await new Promise<Record<string, unknown>>((done) => {
      const request = database.transaction("device").objectStore("device").get("this");
      request.onsuccess = () => done(request.result);
    });
    const keys = Object.values(kept).filter((value) => value instanceof CryptoKey);
    return keys.map((key) => [key.algorithm.name, key.extractable]);
  });
  expect(keys.sort()).toEqual([
    ["HKDF", false],
    ["X25519", false],
  ]);
  expect(faults).toEqual([]);
  await context.close();
});

test("other rights are told at once, and count on the page", async () => {
  const { page, faults, context } = await pairedDevice(browser, world, DESK, "type");
  await show(page, "work");
  await untilScreen(page, "here");
  const drive = page.getByRole("button", { name: /Drive|Give back/ });
  await drive.first().waitFor();
  const devices = JSON.parse(await world.abide("devices", "list", "--json")) as {
    id: string;
    links: number;
  }[];
  const own = devices.find(({ links }) => links > 0);
  await world.abide("devices", "role", own?.id ?? "", "view");
  await page.getByText("This device may see its screens now.").waitFor();
  await drive.first().waitFor({ state: "detached" });
  await world.abide("devices", "role", own?.id ?? "", "type");
  await page.getByText("This device may see its screens and type now.").waitFor();
  await drive.first().waitFor();
  expect(faults).toEqual([]);
  await context.close();
});

test("a revoked device is told so at once, and what to type", async () => {
  const { page, context } = await pairedDevice(browser, world, DESK, "type");
  await show(page, "work");
  await untilScreen(page, "here");
  const devices = JSON.parse(await world.abide("devices", "list", "--json")) as {
    id: string;
    links: number;
  }[];
  const own = devices.find(({ links }) => links > 0);
  await world.abide("devices", "revoke", own?.id ?? "");
  await page.getByText(/does not know this device any more.*abide pair/).waitFor();
  await page.reload();
  await page.getByText(/does not know this device any more.*abide pair/).waitFor();
  await context.close();
});

test("a link that was used, damaged or of another place says so", async () => {
  const { page, context } = await openDevice(browser, DESK);
  const { link } = await world.ticket("type");
  const damaged = `${link.slice(0, -1)}${link.endsWith("A") ? "B" : "A"}`;
  for (const [text, expected] of [
    [damaged, /damaged or mistyped/],
    ["https://desk.localhost/", /no pairing link/],
    [link.replace("#v1.", "#v9."), /later version/],
  ] as const) {
    await page.goto(new URL("/", link).href);
    await page.getByLabel("Pairing link").fill(text);
    await page.getByRole("button", { name: "Paste pairing link" }).click();
    await page.getByText(expected).waitFor();
  }
  await context.close();
});

test("directories of the computer are offered to those who may create", async () => {
  const { page, context } = await pairedDevice(browser, world, DESK, "manage");
  const deep = ["well", "wide"].map((name) => join(world.directory, "deep", name));
  for (const directory of deep) mkdirSync(directory, { recursive: true });
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.getByLabel("Directory on the computer").fill(`${world.directory}/deep/w`);
  const offered = () =>
    page
      .locator("#directories option")
      .evaluateAll((all) => all.map((one) => one.getAttribute("value")));
  await expect.poll(offered, { timeout: PATIENCE }).toEqual(expect.arrayContaining(deep));
  await context.close();
});
