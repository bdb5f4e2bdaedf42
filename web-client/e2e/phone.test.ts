// A phone: everything by touch, nothing that changes the session by looking at it.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { type Device, PHONE, show, topNumber, untilScreen } from "./browser.ts";
import { lastingDevice, stage, world } from "./stage.ts";

let device: Device;

stage(async () => {
  await world.abide("new", "work", "--detach", "--", "bash", "--norc");
  device = await lastingDevice(PHONE);
  await show(device.page, "work");
});

/** Columns and rows that the program sees. */
async function size(): Promise<string> {
  const { size } = JSON.parse(await world.abide("info", "work", "--json"));
  return `${size.columns}x${size.rows}`;
}

test("a text is sent whole, and run", async () => {
  const { page } = device;
  await page.getByLabel("Text for the session").fill("echo $((40 + 2))-sent");
  await page.getByRole("button", { name: "Send" }).tap();
  await untilScreen(page, "42-sent");
  expect(await page.getByLabel("Text for the session").inputValue()).toBe("");
});

test("the key bar presses keys, Ctrl holds for one", async () => {
  const { page } = device;
  await page.getByLabel("Text for the session").fill("PS1='> '; cat");
  await page.getByRole("button", { name: "Send" }).tap();
  await page.getByRole("button", { name: "Ctrl-C" }).tap();
  await untilScreen(page, "^C");
  await page.getByRole("button", { name: "Up", exact: true }).tap();
  await untilScreen(page, /> PS1=.*cat\s*$/m);
  await page.getByRole("button", { name: "Ctrl", exact: true }).tap();
  await page.getByRole("button", { name: "More" }).tap();
  await page.getByRole("button", { name: "Keys" }).tap();
  await page.locator(".keyboard").press("u");
  await untilScreen(page, />\s*$/);
  await page.getByRole("button", { name: "Keys" }).tap();
});

test("a session of any width fits, and nothing is scrolled sideways", async () => {
  const { page } = device;
  for (const viewport of [
    { width: 360, height: 800 },
    { width: 844, height: 390 },
    { width: 390, height: 844 },
  ]) {
    await page.setViewportSize(viewport);
    await expect
      .poll(() =>
        page.locator(".terminal").evaluate((element) => element.scrollWidth - element.clientWidth),
      )
      .toBeLessThanOrEqual(1);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  }
});

test("looking never resizes; driving does, once, and gives back", async () => {
  const { page } = device;
  const before = await size();
  expect(before).toBe("120x40");
  await page.getByRole("button", { name: "Drive from here" }).tap();
  await page.getByRole("button", { name: "Give back" }).waitFor();
  await expect.poll(size).not.toBe(before);
  const driven = await size();
  // A soft keyboard takes height only.
  await page.setViewportSize({ width: 390, height: 500 });
  await page
    .locator(".host")
    .evaluate((host) => new Promise((done) => requestAnimationFrame(() => done(host))));
  expect(await size()).toBe(driven);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "Give back" }).tap();
  await page.getByRole("button", { name: "Drive from here" }).waitFor();
});

test("everything that is touched is at least 44 pixels high and wide", async () => {
  const { page } = device;
  const boxes = await page.locator("button:visible").evaluateAll((buttons) =>
    buttons.map((button) => {
      const { width, height } = button.getBoundingClientRect();
      return { name: button.textContent ?? "", width, height };
    }),
  );
  expect(boxes.length).toBeGreaterThan(8);
  expect(boxes.filter(({ width, height }) => width < 44 || height < 44)).toEqual([]);
});

test("the reader shows lines as they were written", async () => {
  const { page } = device;
  const long = "word ".repeat(60).trim();
  await page.getByLabel("Text for the session").fill(`clear; echo '${long}'`);
  await page.getByRole("button", { name: "Send" }).tap();
  await page.getByRole("button", { name: "Menu" }).tap();
  await page.getByRole("button", { name: "Reader" }).tap();
  await page.locator(".reader p", { hasText: new RegExp(`^${long}$`) }).waitFor();
  await page.getByRole("button", { name: "Menu" }).tap();
  await page.getByRole("button", { name: "Reader" }).tap();
});

test("the reader goes on while output comes", async () => {
  const { page } = device;
  await page.getByRole("button", { name: "Menu" }).tap();
  await page.getByRole("button", { name: "Reader" }).tap();
  await send(page, "for n in {1..40}; do echo tick-$n; sleep 0.05; done");
  await page.locator(".reader p", { hasText: /^tick-40$/ }).waitFor();
  await page.getByRole("button", { name: "Menu" }).tap();
  await page.getByRole("button", { name: "Reader" }).tap();
});

test("what is selected in the reader stays while output comes", async () => {
  const { page } = device;
  await page.getByRole("button", { name: "Menu" }).tap();
  await page.getByRole("button", { name: "Reader" }).tap();
  // Until earlier lines are here, the first one may be the end of a line, and is still to get its place.
  await page.locator(".reader p", { hasText: /for n in .*done/ }).waitFor();
  const text = () => page.evaluate(() => document.getSelection()?.toString() ?? "");
  const line = page.locator(".reader p", { hasText: /\S/ }).first();
  await line.evaluate((line) => document.getSelection()?.selectAllChildren(line));
  const selected = await text();
  expect(selected).not.toBe("");
  await world.abide("send", "work", "echo new$((1 + 1))output");
  await page.locator(".reader p", { hasText: "new2output" }).last().waitFor();
  expect(await text()).toBe(selected);
  await page.getByRole("button", { name: "Menu" }).tap();
  await page.getByRole("button", { name: "Reader" }).tap();
});

test("text that is not sent after all is in its field again", async () => {
  const { page } = device;
  const field = page.getByLabel("Text for the session");
  await send(page, "clear; echo now; while read -r line; do echo got-$line; done");
  await untilScreen(page, /now\s*$/);
  await send(page, "one\ntwo");
  await page.getByText(/each line of this text as a command/).waitFor();
  await page.getByRole("button", { name: "Cancel" }).tap();
  await expect.poll(() => field.inputValue()).toBe("one\ntwo");
  // Through a visit elsewhere, and a reload.
  await page.evaluate(() => (location.hash = "#/"));
  await show(page, "work");
  expect(await field.inputValue()).toBe("one\ntwo");
  await page.reload();
  await untilScreen(page, "now");
  expect(await field.inputValue()).toBe("one\ntwo");
  await page.getByRole("button", { name: "Send" }).tap();
  await page.getByText(/each line of this text as a command/).waitFor();
  await page.locator("dialog").getByRole("button", { name: "Send" }).tap();
  await untilScreen(page, /got-one[\s\S]*got-two/);
  expect(await field.inputValue()).toBe("");
});

test("text above what a message holds stays, and what follows is sent", async () => {
  const { page } = device;
  const long = "x".repeat(64 << 10);
  await send(page, long);
  await page.getByText(/a text holds at most 64 KiB/).waitFor();
  expect(await page.getByLabel("Text for the session").inputValue()).toBe(long);
  await send(page, "short");
  await untilScreen(page, "got-short");
  await page.getByRole("button", { name: "Ctrl-C" }).tap();
});

test("what is read stays where it is when the phone is turned", async () => {
  const { page } = device;
  await world.abide("send", "work", "clear; seq -f 'row %.0f.' 3000");
  await untilScreen(page, "row 3000.");
  await page.locator(".terminal").evaluate((element) => element.scrollBy(0, -20_000));
  await expect.poll(async () => (await topNumber(page)) || 3_000).toBeLessThan(2_900);
  await page.waitForFunction(() => !document.querySelector(".row.missing"));
  const before = await topNumber(page);
  expect(before).toBeGreaterThan(1);
  expect(before).toBeLessThan(2_900);
  for (const viewport of [
    { width: 844, height: 390 },
    { width: 390, height: 844 },
  ]) {
    await page.setViewportSize(viewport);
    await expect
      .poll(() => page.locator(".terminal").evaluate((e) => e.scrollWidth - e.clientWidth))
      .toBeLessThanOrEqual(1);
    await expect
      .poll(async () => Math.abs((await topNumber(page)) - before))
      .toBeLessThanOrEqual(1);
  }
  await page.getByRole("button", { name: /^Jump to latest/ }).tap();
  await untilScreen(page, "row 3000.");
});

test("offline and back, in the background and back: it goes on, and text is kept", async () => {
  const { page } = device;
  const field = page.getByLabel("Text for the session");
  world.wire.lose();
  await page.locator(".host.stale").waitFor();
  await field.fill("echo un$((1 + 1))sent");
  expect(await page.getByRole("button", { name: "Send" }).isEnabled()).toBe(false);
  await world.abide("send", "work", "echo off$((1 + 1))line");
  world.wire.restore();
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await untilScreen(page, "off2line");
  expect(await field.inputValue()).toBe("echo un$((1 + 1))sent");
  await page.getByRole("button", { name: "Send" }).tap();
  await untilScreen(page, "un2sent");

  await hidden(true);
  world.wire.lose();
  await page.locator(".host.stale").waitFor();
  await world.abide("send", "work", "echo back$((1 + 1))ground");
  world.wire.restore();
  await hidden(false);
  await untilScreen(page, "back2ground");
  await page.locator(".host:not(.stale)").waitFor();
});

async function send(page: Page, text: string): Promise<void> {
  await page.getByLabel("Text for the session").fill(text);
  await page.getByRole("button", { name: "Send" }).tap();
}

async function hidden(hidden: boolean): Promise<void> {
  await device.page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}
