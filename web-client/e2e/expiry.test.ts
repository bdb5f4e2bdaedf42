// A link whose time is over. The daemon's clock is the test's.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

import { DESK, launch, openDevice, PATIENCE, pair } from "./browser.ts";
import { World } from "./world.ts";

test("a link that has expired says what to type", { timeout: 4 * PATIENCE }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "abide-clock-"));
  const clock = join(directory, "clock");
  writeFileSync(clock, "+0");
  const world = await World.open({
    LD_PRELOAD: `${execFileSync("faketime", ["-f", "+0", "printenv", "LD_PRELOAD"])}`.trim(),
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: "1",
  });
  const browser = await launch(world);
  try {
    const { page, faults } = await openDevice(browser, DESK);
    const expired = await world.ticket("view");
    await page.goto(expired.link);
    await page.getByRole("button", { name: /^Pair with/ }).waitFor();
    writeFileSync(clock, "+11m");
    await page.getByRole("button", { name: /^Pair with/ }).click();
    await page.getByText(/The time to pair is over\. .*abide pair/).waitFor();
    await page.getByRole("button", { name: "Back" }).click();
    await page.getByText("This browser is not paired yet.").waitFor();
    await pair(page, await world.ticket("view"));
    await page.locator(".list").waitFor();
    expect(faults).toEqual([]);
  } finally {
    await browser.close();
    await world.close();
    rmSync(directory, { recursive: true });
  }
});
