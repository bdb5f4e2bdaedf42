// What a page does beside showing its session: it keeps the screen on, reads new lines out, and says how
// far the computer is.

import { expect, test } from "vitest";

import { command, type Device, PATIENCE, show, untilScreen } from "./browser.ts";
import { lastingDevice, stage, world } from "./stage.ts";

let device: Device;

stage(async () => {
  await world.abide("new", "work", "--detach", "--", "sh", "-c", "echo here; exec cat");
  device = await lastingDevice();
  await device.context.addInitScript(() => {
    const held = { locks: 0 };
    Object.assign(window, { held });
    const request = () => {
      held.locks += 1;
      const release = () => {
        held.locks -= 1;
        return Promise.resolve();
      };
      return Promise.resolve({ release });
    };
    Object.defineProperty(navigator, "wakeLock", { value: { request } });
  });
  await device.page.reload();
  await show(device.page, "work");
  await untilScreen(device.page, "here");
});

async function choose(name: string): Promise<void> {
  const { page } = device;
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("button", { name, exact: true }).click();
  await page.keyboard.press("Escape");
  await page.locator(".sheet-menu").waitFor({ state: "detached" });
}

test("the screen stays on while a session is watched, if it is to", async () => {
  const { page } = device;
  const locks = () =>
    page.evaluate(() => (window as unknown as { held: { locks: number } }).held.locks);
  for (const held of [1, 0, 1]) {
    await choose("Keep the screen on");
    await expect.poll(locks, { timeout: PATIENCE }).toBe(held);
  }
  await page.evaluate(() => (location.hash = "#/"));
  await expect.poll(locks, { timeout: PATIENCE }).toBe(0);
  await show(page, "work");
});

test("new lines are read out together, and not when nobody wants it", async () => {
  const { page } = device;
  const said = page.locator("[aria-live=polite].said");
  const pressed = page.getByRole("button", { name: "Read out new lines" });
  await page.getByRole("button", { name: "Menu" }).click();
  if ((await pressed.getAttribute("aria-pressed")) === "false") await pressed.click();
  await page.keyboard.press("Escape");
  for (const line of ["one", "two", "three"]) await world.abide("send", "work", line);
  await untilScreen(page, "three");
  await expect.poll(() => said.textContent(), { timeout: PATIENCE }).toMatch(/three/);
  await choose("Read out new lines");
  const before = await said.textContent();
  await world.abide("send", "work", "unheard");
  await untilScreen(page, "unheard");
  await choose("Read out new lines");
  await world.abide("send", "work", "heard again");
  await expect.poll(() => said.textContent(), { timeout: PATIENCE }).toMatch(/heard again/);
  expect(before).not.toContain("unheard");
});

test("the way to the computer and back is measured when it is asked for", async () => {
  const { page } = device;
  await choose("Round trip");
  await page.getByText(/^\d+ ms to the computer and back\.$/).waitFor();
});

test("a session has colours of its own, where its program sets them", async () => {
  const { page } = device;
  await world.abide(
    "new",
    "colours",
    "--detach",
    "--",
    "sh",
    "-c",
    "printf '\\033]10;#ffeedd\\007\\033]11;#102030\\007\\033]4;1;#fe8019\\007\\033[31mred\\033[0m plain'; exec cat",
  );
  await show(page, "colours");
  await untilScreen(page, "red plain");
  const { color, backgroundColor } = await page.locator(".terminal").evaluate((element) => {
    const { color, backgroundColor } = getComputedStyle(element);
    return { color, backgroundColor };
  });
  expect([color, backgroundColor]).toEqual(["rgb(255, 238, 221)", "rgb(16, 32, 48)"]);
  const red = page.locator(".terminal .row span", { hasText: /^red$/ });
  expect(await red.evaluate((element) => getComputedStyle(element).color)).toBe(
    "rgb(254, 128, 25)",
  );
});

test("full screen hands over the keys that the browser keeps, where it can", async () => {
  const { page } = device;
  await page.evaluate(() => {
    const lock = () => {
      Object.assign(window, { locked: document.fullscreenElement !== null });
      return Promise.resolve();
    };
    Object.defineProperty(navigator, "keyboard", { value: { lock } });
  });
  await command(page, "Full screen");
  await page.waitForFunction(() => "locked" in window);
  expect(await page.evaluate(() => (window as unknown as { locked: boolean }).locked)).toBe(true);
  await page.evaluate(() => document.exitFullscreen());
});

test("nothing moves for who does not want it to", async () => {
  const { page } = device;
  // Text and a cursor that blink, below more than the screen holds.
  const script = "seq 500; printf '\\033[5mblinking\\033[0m\\033[1 q'; exec cat";
  await world.abide("new", "moving", "--detach", "--", "sh", "-c", script);
  await show(page, "moving");
  await untilScreen(page, "blinking");
  /** What moves, or would. */
  const moving = () =>
    page.evaluate(() => {
      const running = document.getAnimations().length;
      const smooth = [document.documentElement, ...document.querySelectorAll("*")].filter(
        (element) => {
          const { scrollBehavior, transitionDuration } = getComputedStyle(element);
          return scrollBehavior !== "auto" || !/^0s(, 0s)*$/.test(transitionDuration);
        },
      );
      return { running, smooth: smooth.map(({ className }) => className) };
    });
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await expect.poll(async () => (await moving()).running, { timeout: PATIENCE }).toBe(2);
  await page.emulateMedia({ reducedMotion: "reduce" });
  const still = { running: 0, smooth: [] };
  await expect.poll(moving, { timeout: PATIENCE }).toEqual(still);
  await page.locator(".terminal").evaluate((element) => element.scrollBy(0, -3_000));
  await page.getByRole("button", { name: /^Jump to latest/ }).waitFor();
  expect(await moving()).toEqual(still);
  // What is scrolled is there at once.
  const end = await page
    .getByRole("button", { name: /^Jump to latest/ })
    .evaluate((button: HTMLElement) => {
      button.click();
      return document.querySelector(".terminal")?.scrollTop;
    });
  expect(end).toBeGreaterThan(3_000);
  world.wire.lose();
  await page.locator(".host.stale").waitFor();
  expect(await moving()).toEqual(still);
  world.wire.restore();
  await page.getByRole("button", { name: "Menu" }).click();
  expect(await moving()).toEqual(still);
  await page.keyboard.press("Escape");
  await page.emulateMedia({ reducedMotion: null });
});
