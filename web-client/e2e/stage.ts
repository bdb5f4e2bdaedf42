// What the tests of a file have in common: a machine, a browser that trusts it, and devices on which
// nothing may go wrong.

import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";

import { type Device, devices, launch, PATIENCE, pairedDevice } from "./browser.ts";
import { World } from "./world.ts";

export let world: World;
export let browser: Browser;

/** Sets the stage before the first test, and clears it after the last. */
export function stage(set: () => Promise<void>, clear?: () => Promise<void>): void {
  beforeAll(async () => {
    world = await World.open();
    browser = await launch(world);
    await set();
  }, 3 * PATIENCE);

  afterEach(() => expect(devices.flatMap(({ faults }) => faults)).toEqual([]));

  afterAll(async () => {
    await clear?.();
    await browser?.close();
    await world?.close();
  }, PATIENCE);
}

/** A paired device for all tests of the file. */
export function lastingDevice(options?: BrowserContextOptions): Promise<Device> {
  return pairedDevice(browser, world, options);
}
