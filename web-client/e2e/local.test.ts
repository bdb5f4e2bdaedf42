// A browser on the same machine: HTTP on 127.0.0.1, and a pairing that ends with its tab.

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

test("it opens the browser, with a page of the user's own that leads there", async () => {
  const { page, faults, context } = await openDevice(browser, DESK);
  const [program = "", opened = ""] = ["browser", "opened"].map((name) =>
    join(world.directory, name),
  );
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$#" "$1" > ${opened}\n`, { mode: 0o755 });
  const ticket = await world.web(program);
  const said = () => (existsSync(opened) ? readFileSync(opened, "utf8").split("\n") : []);
  await expect.poll(() => said().length, { timeout: PATIENCE }).toBe(3);
  const [count, path = ""] = said();
  expect(count).toBe("1");
  // Everybody can read the arguments of a program: the secret is in none.
  expect(path).not.toContain("v1.");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await page.goto(`file://${path}`);
  await page.getByRole("button", { name: /^Pair with/ }).click();
  const code = await page.locator(".code").textContent();
  await ticket.enter((code ?? "").replaceAll(" ", ""));
  await page.locator(".list").getByText("work").waitFor();
  expect(existsSync(path)).toBe(false);
  expect(faults).toEqual([]);
  await context.close();
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
