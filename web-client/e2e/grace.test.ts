// The minute in which a driver whose link is lost may come back. It is a real one: in a file of its own
// it passes beside the others.

import { expect, test } from "vitest";

import { PATIENCE, pairedDevice, show, untilScreen } from "./browser.ts";
import type { Native } from "./native.ts";
import { browser, stage, world } from "./stage.ts";

/** Milliseconds for which the size is kept. */
const GRACE = 60_000;

let native: Native;

stage(
  async () => {
    await world.abide("new", "work", "--detach", "--", "bash", "--norc");
    native = world.terminal("attach work", 90, 30);
  },
  async () => {
    await native?.close();
  },
);

async function size(): Promise<string> {
  const { size } = JSON.parse(await world.abide("info", "work", "--json"));
  return `${size.columns}x${size.rows}`;
}

test("who is back within a minute drives; else the one before", { timeout: 240_000 }, async () => {
  await expect.poll(size, { timeout: PATIENCE }).toBe("90x30");
  const { page } = await pairedDevice(browser, world);
  await show(page, "work");
  await page.getByRole("button", { name: "Drive from here" }).click();
  await page.getByRole("button", { name: "Give back" }).waitFor();
  await page.locator(".host").click();
  await expect.poll(size, { timeout: PATIENCE }).not.toBe("90x30");
  const driven = await size();
  await page.keyboard.type("n=0; trap 'n=$((n + 1))' WINCH; echo trap-$((1))\n");
  await untilScreen(page, "trap-1");

  const lose = async () => {
    const lost = Date.now();
    world.wire.lose();
    await page.locator(".host.stale").waitFor();
    return lost;
  };
  const restore = async () => {
    world.wire.restore();
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    await page.locator(".host:not(.stale)").waitFor();
  };

  await lose();
  expect(await size()).toBe(driven);
  await restore();
  await page.keyboard.type("echo sizes=$n.\n");
  await untilScreen(page, "sizes=0.");
  expect(await size()).toBe(driven);
  await page.getByRole("button", { name: "Give back" }).waitFor();

  const lost = await lose();
  await expect.poll(size, { timeout: GRACE + PATIENCE, interval: 250 }).toBe("90x30");
  expect(Date.now() - lost).toBeGreaterThanOrEqual(GRACE);
  await restore();
  // Who comes too late has to take it anew.
  await page.getByRole("button", { name: "Drive from here" }).waitFor();
  await page.keyboard.type("echo sizes=$n.\n");
  await untilScreen(page, "sizes=1.");
  expect(await size()).toBe("90x30");
});
