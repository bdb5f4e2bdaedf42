// A page that has the session's size: only its user changes it, and what comes and goes on the page does
// not.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { command, type Device, pairedDevice, show, untilScreen } from "./browser.ts";
import { browser, lastingDevice, stage, world } from "./stage.ts";

const DIST = join(import.meta.dirname, "../dist");

let device: Device;

stage(async () => {
  await world.abide("new", "work", "--detach", "--", "bash", "--norc");
  device = await lastingDevice();
  await show(device.page, "work");
});

async function drive(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Drive from here" }).click();
  await page.getByRole("button", { name: "Give back" }).waitFor();
  await page.locator(".host").click();
}

test("one change of size for the driver, none for bars that come and go", async () => {
  const { page } = device;
  const other = await pairedDevice(browser, world);
  await show(other.page, "work");
  await drive(other.page);
  await page.getByText(/drives \(\d+x\d+\)/).waitFor();
  await page.keyboard.type("n=0; trap 'n=$((n + 1))' WINCH; echo trap-$((1))\n");
  await untilScreen(page, "trap-1");
  await page.setViewportSize({ width: 1200, height: 700 });
  await drive(page);
  await command(page, "Search");
  await page.getByRole("searchbox").waitFor();
  world.wire.lose();
  await page.locator(".down").waitFor();
  world.wire.restore();
  await page.getByRole("button", { name: "Try now" }).click();
  await page.locator(".down").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Close search" }).click();
  await page.locator(".host").click();
  // Longer than sizes are gathered before they count.
  await page.keyboard.type("sleep 0.5; echo sizes=$n.\n");
  await untilScreen(page, "sizes=1.");
  await other.context.close();
});

test("an actual size is panned in all directions, until the cursor moves", async () => {
  const { page } = device;
  await page.getByRole("button", { name: "Give back" }).click();
  await page.keyboard.type(
    "clear; printf '\\e[40;1Hlast row\\e[40;100Hright\\e[H'; (while :; do printf '\\e7\\e[20;1H%s\\e8' $RANDOM; sleep 0.1; done) & read -r; kill $!\n",
  );
  await untilScreen(page, "last row");
  await page.setViewportSize({ width: 1000, height: 360 });
  await command(page, "Actual size");
  const terminal = page.locator(".terminal");
  await expect
    .poll(() => terminal.evaluate((element) => element.scrollWidth - element.clientWidth))
    .toBeGreaterThan(100);
  const number = () => page.locator(".terminal .row", { hasText: /^\d+$/ }).textContent();
  const pan = async (left: number, down: number) => {
    await terminal.evaluate((element, [x, y]) => element.scrollBy(x ?? 0, y ?? 0), [left, down]);
    const before = await number();
    await expect.poll(number).not.toBe(before);
    return terminal.evaluate(({ scrollLeft, scrollTop }) => [scrollLeft, scrollTop]);
  };
  const start = await pan(0, 0);
  const [x = 0, y = 0] = start;
  expect(await pan(80, 0)).toEqual([x + 80, y]);
  expect(await pan(0, 120)).toEqual([x + 80, y + 120]);
  // Own input brings the cursor back.
  await page.keyboard.press("a");
  await expect.poll(() => pan(0, 0)).toEqual(start);
  await page.keyboard.press("Enter");
  await command(page, "Fit width");
});

test("a page that loads itself anew while it drives asks nobody", async () => {
  const own = await pairedDevice(browser, world);
  const { page } = own;
  let dialogs = 0;
  page.on("dialog", (dialog) => {
    dialogs += 1;
    void dialog.accept();
  });
  await page.route(/\/assets\/.*\.js$/, async (route) => {
    const script = readFileSync(join(DIST, new URL(route.request().url()).pathname), "utf8");
    const body = script.replace(/abide web [\d.]+/, "abide web 0.0.1");
    await route.fulfill({ body, contentType: "text/javascript" });
  });
  await page.reload();
  await show(page, "work");
  await drive(page);
  await page.unroute(/\/assets\/.*\.js$/);
  const marked = await page.evaluate(() => {
    sessionStorage.removeItem("reloaded");
    return Object.assign(window, { old: true }).old;
  });
  expect(marked).toBe(true);
  world.wire.lose();
  world.wire.restore();
  await page.waitForFunction(() => !("old" in window));
  await page.getByRole("heading", { name: "work", level: 1 }).waitFor();
  expect(dialogs).toBe(0);
  expect(own.faults).toEqual([]);
  await own.context.close();
});

test("closing a page asks while it drives, and only then", async () => {
  const { page, context, faults } = await pairedDevice(browser, world);
  await show(page, "work");
  // Browsers ask on pages alone that were used.
  await page.locator(".host").click();
  const dialogs: string[] = [];
  let stay = true;
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.type());
    void (stay ? dialog.dismiss() : dialog.accept());
  });
  const close = () => page.close({ runBeforeUnload: true });
  await drive(page);
  await close();
  await expect.poll(() => dialogs).toEqual(["beforeunload"]);
  await page.keyboard.type("echo st$((1))ays\n");
  await untilScreen(page, "st1ays");
  await page.getByRole("button", { name: "Give back" }).click();
  await page.getByRole("button", { name: "Drive from here" }).waitFor();
  await drive(page);
  stay = false;
  const closed = page.waitForEvent("close");
  await close();
  await closed;
  expect(dialogs).toEqual(["beforeunload", "beforeunload"]);

  const watching = await context.newPage();
  await watching.goto(page.url());
  await show(watching, "work");
  await watching.locator(".host").click();
  await watching.keyboard.type("echo wat$((1))ches\n");
  await untilScreen(watching, "wat1ches");
  watching.on("dialog", (dialog) => {
    dialogs.push(`${dialog.type()} of one that watches`);
    void dialog.accept();
  });
  const gone = watching.waitForEvent("close");
  await watching.close({ runBeforeUnload: true });
  await gone;
  expect(dialogs).toHaveLength(2);
  expect(faults).toEqual([]);
  await context.close();
});
