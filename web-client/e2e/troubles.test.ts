// What browsers refuse and networks lose: each has its own plain message, and a next step.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import {
  command,
  DESK,
  type Device,
  openDevice,
  pair,
  pairedDevice,
  show,
  untilScreen,
} from "./browser.ts";
import { browser, stage, world } from "./stage.ts";

/** The page that the daemon has. */
const DIST = join(import.meta.dirname, "../dist");
/** What the page calls itself. */
const OWN = /abide web [\d.]+/;

stage(async () => {
  await world.abide("new", "work", "--detach", "--", "sh", "-c", "echo here; exec cat");
});

/** Leaves no faults behind. */
async function done({ context, faults }: Device): Promise<void> {
  expect(faults).toEqual([]);
  await context.close();
}

test("where nothing can be stored, the page works and says how long", async () => {
  const device = await openDevice(browser, DESK);
  await device.context.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("denied", "SecurityError");
    };
  });
  await pair(device.page, await world.ticket("type"));
  await device.page.getByText(/keeps nothing.*ends with this tab/).waitFor();
  await show(device.page, "work");
  await untilScreen(device.page, "here");
  await done(device);
});

test("a clipboard that is refused is said to be", async () => {
  const device = await pairedDevice(browser, world);
  const { page } = device;
  await show(page, "work");
  await page.evaluate(() => {
    const refuse = () => Promise.reject(new DOMException("denied", "NotAllowedError"));
    Object.assign(navigator.clipboard, { readText: refuse, writeText: refuse });
  });
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("button", { name: "Paste", exact: true }).click();
  await page.getByText(/refused the clipboard: paste into/).waitFor();
  // What cannot be copied is shown, to be copied by hand.
  await page.evaluate(() => {
    const row = [...document.querySelectorAll(".row")].find(
      ({ textContent }) => textContent === "here",
    );
    if (row) document.getSelection()?.selectAllChildren(row);
  });
  await command(page, "Copy selection");
  await expect
    .poll(() => page.getByRole("textbox", { name: /Copy the text from here/ }).inputValue())
    .toBe("here");
  await page.getByRole("button", { name: "Close" }).click();
  await done(device);
});

test("a link that was used by another device says so", async () => {
  const ticket = await world.ticket("view");
  const first = await openDevice(browser, DESK);
  await pair(first.page, ticket);
  await first.page.locator(".list li").first().waitFor();
  const second = await openDevice(browser, DESK);
  await second.page.goto(ticket.link);
  await second.page.getByRole("button", { name: /^Pair with/ }).click();
  await second.page.getByText(/This link was used before/).waitFor();
  await done(second);
  await done(first);
});

test("what cannot be read, and cannot again, is said to be so", async () => {
  const device = await pairedDevice(browser, world);
  const { page } = device;
  let links = 0;
  await page.routeWebSocket(/\/ws$/, (socket) => {
    links += 1;
    let heard = 0;
    const server = socket.connectToServer();
    server.onMessage((message) => {
      heard += 1;
      // The greeting, the handshake and the hello are good.
      const bytes = Buffer.from(message);
      if (heard > 4) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      socket.send(bytes);
    });
  });
  await page.reload();
  await page.getByText(/cannot be read here. Reload this page/).waitFor();
  expect(links).toBe(2);
  await page.getByRole("button", { name: "Try again" }).waitFor();
  await done(device);
});

test("a link that is dead is found out when the page wakes", async () => {
  const device = await pairedDevice(browser, world);
  const { page } = device;
  await show(page, "work");
  await untilScreen(page, "here");
  world.wire.strand();
  await world.abide("send", "work", "behind a dead link");
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await untilScreen(page, "behind a dead link");
  await done(device);
});

test("a WebSocket that is blocked says what to look for", async () => {
  const device = await pairedDevice(browser, world);
  const { page } = device;
  await page.routeWebSocket(/\/ws$/, (socket) => socket.close());
  await page.reload();
  await page.getByText(/proxy or an extension may also block WebSockets/).waitFor();
  await done(device);
});

test("what is not applied for long is shown, and sent on when the link wakes up", async () => {
  const device = await pairedDevice(browser, world);
  const { page } = device;
  await show(page, "work");
  await untilScreen(page, "here");
  world.wire.stall();
  await page.keyboard.type("late\n");
  await page.getByText("Sent, and not applied yet:").waitFor();
  await page.locator(".overdue code", { hasText: "late" }).waitFor();
  world.wire.resume();
  await untilScreen(page, /^late\s*\nlate$/m);
  await page.locator(".overdue").waitFor({ state: "detached" });
  await done(device);
});

test("a page in the background comes back by itself when it is shown", async () => {
  const device = await pairedDevice(browser, world);
  const { page } = device;
  await show(page, "work");
  await untilScreen(page, "here");
  const shown = (state: "hidden" | "visible") =>
    page.evaluate((state) => {
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  await shown("hidden");
  world.wire.lose();
  await page.locator(".host.stale").waitFor();
  await world.abide("send", "work", "meanwhile");
  world.wire.restore();
  await shown("visible");
  await page.locator(".host:not(.stale)").waitFor();
  await untilScreen(page, "meanwhile");
  await done(device);
});

test("a page of another version than the daemon's loads itself anew, once", async () => {
  const device = await pairedDevice(browser, world);
  const { page } = device;
  await show(page, "work");
  let loads = 0;
  await page.route(/\/assets\/.*\.js$/, async (route) => {
    loads += 1;
    const script = readFileSync(join(DIST, new URL(route.request().url()).pathname), "utf8");
    expect(script).toMatch(OWN);
    const body = script.replace(OWN, "abide web 0.0.1");
    await route.fulfill({ body, contentType: "text/javascript" });
  });
  await page.reload();
  await untilScreen(page, "here");
  // The page that came after the first still says that it is an old one, and goes on nevertheless.
  await page.keyboard.type("once\n");
  await untilScreen(page, /once\s*\nonce/);
  expect(loads).toBe(2);
  await done(device);
});

test("a daemon that is replaced under an open page is found again", async () => {
  const device = await pairedDevice(browser, world);
  const { page } = device;
  await show(page, "work");
  await untilScreen(page, "here");
  await world.abide("daemon", "restart");
  await world.abide("send", "work", "after the restart");
  await untilScreen(page, "after the restart");
  await done(device);
});
