// A browser on the same machine: HTTP on 127.0.0.1, and a pairing that ends with its tab.

import { expect, test } from "vitest";

import { DESK, openDevice, PATIENCE, pair, show, untilScreen } from "./browser.ts";
import { browser, stage, world } from "./stage.ts";
import { freePort } from "./world.ts";

stage(async () => {
  await world.abide("new", "work", "--detach", "--", "sh", "-c", "echo here; exec cat");
  await world.abide("share", `--loopback=${await freePort()}`);
});

test("abide web is one code away from the sessions", { timeout: 4 * PATIENCE }, async () => {
  const { page, faults, context } = await openDevice(browser, DESK);
  const ticket = await world.web();
  expect(ticket.link).toMatch(/^http:\/\/127\.0\.0\.1:/);
  await pair(page, ticket);
  await show(page, "work");
  await untilScreen(page, "here");
  await page.keyboard.type("typed\n");
  await untilScreen(page, /typed\s*\ntyped/);
  expect(await page.evaluate(kept)).toBe(0);
  expect(faults).toEqual([]);
  await context.close();
  // Its link was its life.
  await expect
    .poll(() => world.abide("devices", "list", "--json").then(JSON.parse), { timeout: PATIENCE })
    .toEqual([]);
});

/** How much the browser keeps of its pairing. */
function kept(): Promise<number> {
  return new Promise((done) => {
    const opening = indexedDB.open("abide");
    opening.onsuccess = () => {
      const counting = opening.result.transaction("device").objectStore("device").count();
      counting.onsuccess = () => done(counting.result);
    };
  });
}
