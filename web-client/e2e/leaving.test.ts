// Who leaves a session gives its size back; who looks away costs nothing.

import { expect, test } from "vitest";

import { DESK, type Device, PATIENCE, PHONE, pairedDevice, show, untilScreen } from "./browser.ts";
import type { Native } from "./native.ts";
import { browser, stage, world } from "./stage.ts";

let native: Native;

stage(
  async () => {
    await world.abide("new", "work", "--detach", "--", "sh", "-c", "echo here; exec cat");
    native = world.terminal("attach work", 90, 30);
  },
  async () => {
    await native?.close();
  },
);

function size(): Promise<string> {
  return sizeOf("work");
}

async function sizeOf(session: string): Promise<string> {
  const { size } = JSON.parse(await world.abide("info", session, "--json"));
  return `${size.columns}x${size.rows}`;
}

async function driver(): Promise<Device> {
  await expect.poll(size, { timeout: PATIENCE }).toBe("90x30");
  const device = await pairedDevice(browser, world, PHONE);
  await show(device.page, "work");
  await untilScreen(device.page, "here");
  await device.page.getByRole("button", { name: "Drive from here" }).tap();
  await device.page.getByRole("button", { name: "Give back" }).waitFor();
  await expect.poll(size, { timeout: PATIENCE }).not.toBe("90x30");
  return device;
}

/** Well within the minute for which a lost link keeps the size. */
const AT_ONCE = { timeout: 20_000 };

test("a page that is closed gives the size back", { timeout: 4 * PATIENCE }, async () => {
  const { page, context } = await driver();
  await page.close();
  await expect.poll(size, AT_ONCE).toBe("90x30");
  await context.close();
});

test("so does one that goes elsewhere", { timeout: 4 * PATIENCE }, async () => {
  const { page, context } = await driver();
  page.on("dialog", (dialog) => void dialog.accept());
  await page.goto("about:blank");
  await expect.poll(size, AT_ONCE).toBe("90x30");
  await context.close();
});

test("and one that shows another session", { timeout: 4 * PATIENCE }, async () => {
  const { page, context } = await driver();
  await page.getByRole("button", { name: "All sessions" }).tap();
  await page.locator(".list li").first().waitFor();
  await expect.poll(size, AT_ONCE).toBe("90x30");
  await context.close();
});

test("also directly, and from the reader", { timeout: 4 * PATIENCE }, async () => {
  const script = ["sh", "-c", "echo here; exec cat"];
  for (const name of ["one", "two"]) await world.abide("new", name, "--detach", "--", ...script);
  const { page, context } = await pairedDevice(browser, world, PHONE);
  await show(page, "one");
  await page.getByRole("button", { name: "Drive from here" }).tap();
  await page.getByRole("button", { name: "Give back" }).waitFor();
  const taken = await sizeOf("one");
  await page.getByRole("button", { name: "Menu" }).tap();
  await page.getByRole("button", { name: "Reader" }).tap();
  // What the program says gets here: the link is as it was, and so is the size.
  await world.abide("send", "one", "still");
  await page.locator(".reader p", { hasText: "still" }).first().waitFor();
  await page.getByRole("button", { name: "Give back" }).waitFor();
  expect(await sizeOf("one")).toBe(taken);
  await show(page, "two");
  const driven = async () => JSON.parse(await world.abide("info", "one", "--json")).driver;
  await expect.poll(driven, AT_ONCE).toBe(null);
  await context.close();
});

test("a link that is lost keeps it", { timeout: 4 * PATIENCE }, async () => {
  const { page, context } = await driver();
  const driven = await size();
  world.wire.lose();
  await page.locator(".host.stale").waitFor();
  expect(await size()).toBe(driven);
  world.wire.restore();
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await page.getByRole("button", { name: "Give back" }).tap();
  await expect.poll(size, AT_ONCE).toBe("90x30");
  await context.close();
});

test("a page that is hidden gets no frames", { timeout: 4 * PATIENCE }, async () => {
  const { page, context } = await pairedDevice(browser, world, DESK);
  let heard = 0;
  page.on("websocket", (socket) => socket.on("framereceived", () => (heard += 1)));
  await page.reload();
  await show(page, "work");
  await untilScreen(page, "here");
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  /** A line that the session shows. */
  const output = async (line: string) => {
    await world.abide("send", "work", line);
    const shown = async () => (await world.abide("capture", "work")).split("\n");
    await expect.poll(shown, { timeout: PATIENCE }).toContain(line);
  };
  // What is on its way when it is hidden may come: two frames at most.
  for (const line of ["one", "two", "three"]) await output(line);
  const before = heard;
  for (const line of ["four", "five", "six"]) await output(line);
  expect(heard).toBe(before);
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: false, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await untilScreen(page, /^six$/m);
  expect(heard).toBeGreaterThan(before);
  await context.close();
});

test("a soft keyboard changes no size that is taken", { timeout: 4 * PATIENCE }, async () => {
  const { page, context } = await driver();
  const driven = await size();
  await page.getByRole("button", { name: "Give back" }).tap();
  await expect.poll(size, AT_ONCE).toBe("90x30");
  // As Android shows it: the page gets lower.
  await page.getByLabel("Text for the session").focus();
  await page.setViewportSize({ width: 390, height: 500 });
  await page.waitForFunction(
    () => (document.querySelector(".terminal")?.clientHeight ?? 900) < 400,
  );
  await page.getByRole("button", { name: "Drive from here" }).tap();
  await expect.poll(size, AT_ONCE).toBe(driven);
  await page.getByRole("button", { name: "Menu" }).tap();
  await page.getByRole("button", { name: "A+" }).tap();
  await expect.poll(size, AT_ONCE).not.toBe(driven);
  const larger = await size();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForFunction(() => (document.querySelector(".terminal")?.clientHeight ?? 0) > 500);
  await page.getByRole("button", { name: "Give back" }).tap();
  await expect.poll(size, AT_ONCE).toBe("90x30");
  await page.getByRole("button", { name: "Drive from here" }).tap();
  await expect.poll(size, AT_ONCE).toBe(larger);
  await context.close();
});

test("a session that gets another name is followed, also by a reload", async () => {
  const { page, context } = await pairedDevice(browser, world, DESK);
  await show(page, "work");
  await world.abide("rename", "work", "other");
  await page.getByRole("heading", { name: "other", level: 1 }).waitFor();
  await expect.poll(() => new URL(page.url()).hash).toBe("#/other");
  await expect.poll(() => page.title()).toBe("other - Abide");
  await page.goto("about:blank");
  await world.abide("rename", "other", "work");
  // The address says "other", and its entry which session that was.
  await page.goBack();
  await page.getByRole("heading", { name: "work", level: 1 }).waitFor();
  await expect.poll(() => new URL(page.url()).hash).toBe("#/work");
  await context.close();
});
