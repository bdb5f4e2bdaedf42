// The way everybody goes: pair, attach, type, scroll to both ends of a long history.

import { expect, test } from "vitest";

import { type Device, PATIENCE, screen, show, untilScreen } from "./browser.ts";
import { lastingDevice, stage, world } from "./stage.ts";
import { site } from "./vectors/site.ts";

const LINES = 100_000;
let device: Device;

stage(async () => {
  await world.abide("new", "work", "--detach", "--", "bash", "--norc");
  device = await lastingDevice();
  await show(device.page, "work");
});

test("the golden vectors mean here what they mean in Rust", { timeout: 3 * PATIENCE }, async () => {
  const { address, close } = await site();
  const page = await device.context.newPage();
  await page.goto(address);
  await page.waitForFunction(() => window.verdict !== undefined);
  const verdict = await page.evaluate(() => window.verdict);
  expect(verdict?.failed).toEqual([]);
  expect(verdict?.passed).toBeGreaterThan(200);
  await page.close();
  await close();
});

test("the secret has left the address", () => {
  expect(device.page.url()).not.toMatch(/v1\.|\/p/);
});

test("what is typed is run, and its output shown", async () => {
  const { page } = device;
  const terminal = await page.locator(".terminal").elementHandle();
  await page.keyboard.type("PS1='> '; clear; echo $((6 * 7))-it\n");
  await untilScreen(page, "42-it");
  // Rows change, and nothing else is made anew.
  expect(await terminal?.evaluate(({ isConnected }) => isConnected)).toBe(true);
});

test("both ends of a long history can be reached", { timeout: 3 * PATIENCE }, async () => {
  const { page } = device;
  await page.keyboard.type(`clear; seq -f 'line %.0f' ${LINES}\n`);
  await untilScreen(page, `line ${LINES}`);
  await page.keyboard.press("Control+\\");
  await page.getByRole("combobox").fill("oldest");
  await page.keyboard.press("Enter");
  await untilScreen(page, /^line 1$/m);
  await page.getByRole("button", { name: /^Jump to latest/ }).click();
  await untilScreen(page, `line ${LINES}`);
  await expect.poll(() => screen(page).then((rows) => rows.length)).toBeLessThan(200);
});

test("scrolling brings rows of history in their order", async () => {
  const { page } = device;
  await page.locator(".terminal").evaluate((element) => element.scrollBy(0, -3_000));
  await page.waitForFunction(() => !document.querySelector(".row.missing"));
  const numbers = (await screen(page)).map((row) =>
    Number(/^line (\d+)$/.exec(row)?.[1] ?? Number.NaN),
  );
  const lines = numbers.filter((number) => !Number.isNaN(number));
  expect(lines.length).toBeGreaterThan(40);
  for (const [n, line] of lines.slice(1).entries())
    expect(line - (lines[n] ?? 0)).toBeGreaterThan(0);
  await page.getByRole("button", { name: /^Jump to latest/ }).click();
});
