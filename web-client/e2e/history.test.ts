// A million rows behind the screen: the first, the last and any other are reached.

import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

import {
  type Device,
  launch,
  PATIENCE,
  pairedDevice,
  screen,
  show,
  untilScreen,
} from "./browser.ts";
import { World } from "./world.ts";

const ROWS = 1_000_000;
let world: World;
let browser: Browser;
let device: Device;

beforeAll(async () => {
  world = await World.open();
  const script = `seq -f 'row %.0f.' ${ROWS}; exec cat`;
  await world.abide("new", "long", "--detach", "--", "sh", "-c", script);
  browser = await launch(world);
  device = await pairedDevice(browser, world);
  await show(device.page, "long");
  await untilScreen(device.page, `row ${ROWS}.`);
}, 3 * PATIENCE);

afterEach(() => expect(device.faults).toEqual([]));

afterAll(async () => {
  await browser?.close();
  await world?.close();
}, PATIENCE);

async function command(label: string): Promise<void> {
  await device.page.keyboard.press("Control+\\");
  await device.page.getByRole("combobox").fill(label);
  await device.page.keyboard.press("Enter");
}

test.each([1, 500_000, 999_900])(
  "row %d is found and shown",
  { timeout: 3 * PATIENCE },
  async (row) => {
    const { page } = device;
    await command("Search");
    await page.getByRole("searchbox").fill(`row ${row}.`);
    await page.keyboard.press("Enter");
    await untilScreen(page, new RegExp(`^row ${row}\\.$`, "m"));
    await page.getByRole("button", { name: "Close search" }).click();
    expect((await screen(page)).length).toBeLessThan(250);
  },
);

test("what is read stays when the window gets another size", async () => {
  const { page } = device;
  await command("Search");
  await page.getByRole("searchbox").fill("row 500000.");
  await page.keyboard.press("Enter");
  await untilScreen(page, /^row 500000\.$/m);
  const terminal = page.locator(".terminal");
  const cell = () =>
    terminal.evaluate((element) => getComputedStyle(element).getPropertyValue("--cell-width"));
  const before = await cell();
  await page.setViewportSize({ width: 900, height: 700 });
  await expect.poll(cell).not.toBe(before);
  expect(await screen(page)).toContain("row 500000.");
  await page.getByRole("button", { name: "Close search" }).click();
});

test("both ends are a command away, and scrolling goes on from where it is", async () => {
  const { page } = device;
  await command("Jump to the oldest line");
  await untilScreen(page, /^row 1\.$/m);
  // As far as the scroll area reaches, by its own bar: not to the end.
  await page.locator(".terminal").evaluate((element) => {
    element.scrollTop = element.scrollHeight;
  });
  await untilScreen(page, /^row [3-7]\d{5}\.$/m);
  await page.waitForFunction(() => !document.querySelector(".row.missing"));
  const numbers = (await screen(page)).map((row) => Number(/^row (\d+)\.$/.exec(row)?.[1] ?? 0));
  // The screen itself is mounted as well, and is the last.
  const seen = numbers.filter((number) => number > 0 && number < 900_000);
  for (const [n, row] of seen.slice(1).entries()) expect(row).toBe((seen[n] ?? 0) + 1);
  await page.getByRole("button", { name: /^Jump to latest/ }).click();
  await untilScreen(page, `row ${ROWS}.`);
});
