// Links and certificates whose time is over. The daemon's clock is the test's.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { expect, test } from "vitest";

import { DESK, launch, openDevice, PATIENCE, pair, pairedDevice, show } from "./browser.ts";
import { World } from "./world.ts";

/** Runs `scene` with a daemon whose clock, or whose calendar alone, is set by the test. */
async function timed(
  what: "clock" | "calendar",
  scene: (world: World, browser: Browser, set: (ahead: string) => void) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "abide-clock-"));
  const clock = join(directory, "clock");
  writeFileSync(clock, "+0");
  const world = await World.open({
    LD_PRELOAD: `${execFileSync("faketime", ["-f", "+0", "printenv", "LD_PRELOAD"])}`.trim(),
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: what === "calendar" ? "1" : "0",
  });
  const browser = await launch(world);
  try {
    await scene(world, browser, (ahead) => writeFileSync(clock, ahead));
  } finally {
    await browser.close();
    await world.close();
    rmSync(directory, { recursive: true });
  }
}

test("a link that has expired says what to type", { timeout: 4 * PATIENCE }, () =>
  timed("clock", async (world, browser, set) => {
    const { page, faults } = await openDevice(browser, DESK);
    const expired = await world.ticket("view");
    await page.goto(expired.link);
    await page.getByRole("button", { name: /^Pair with/ }).waitFor();
    set("+11m");
    await page.getByRole("button", { name: /^Pair with/ }).click();
    await page.getByText(/The time to pair is over\. .*abide pair/).waitFor();
    await page.getByRole("button", { name: "Back" }).click();
    await page.getByText("This browser is not paired yet.").waitFor();
    await pair(page, await world.ticket("view"));
    await page.locator(".list").waitFor();
    expect(faults).toEqual([]);
  }),
);

test("a page says when its certificate ends, until it is renewed", { timeout: 4 * PATIENCE }, () =>
  timed("calendar", async (world, browser, set) => {
    await world.abide("new", "work", "--detach", "--", "cat");
    const { page, faults } = await pairedDevice(browser, world);
    const told = page.locator(".list .ends");
    expect(await told.count()).toBe(0);
    set("+20d");
    await page.getByText("this page's certificate expires in 9 days; renew it").waitFor();
    await page.reload();
    await told.getByText("expires in 9 days").waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await show(page, "work");
    await page.getByRole("button", { name: "Menu" }).click();
    await page.locator(".sheet-menu .ends").getByText("expires in 9 days").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "All sessions" }).click();
    set("+31d");
    await told.getByText("has expired; renew it on the computer: abide share").waitFor();
    world.renew(90);
    await told.waitFor({ state: "detached" });
    expect(faults).toEqual([]);
  }),
);
