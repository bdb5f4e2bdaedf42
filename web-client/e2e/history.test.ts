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
