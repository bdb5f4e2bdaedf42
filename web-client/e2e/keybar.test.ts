// The key bar of a phone, by the bytes that a program reads.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { type Device, PATIENCE, PHONE, screen, show, untilScreen } from "./browser.ts";
import { lastingDevice, stage, world } from "./stage.ts";

/** Prints what it reads in hexadecimal, every byte as it comes; `$0` sets the modes. */
const READER = `
import os, sys, tty
tty.setraw(0)
os.write(1, sys.argv[1].encode().decode("unicode_escape").encode() + b"ready\\r\\n")
while True:
    os.write(1, os.read(0, 1024).hex().encode())
`;
const MODES = { normal: "", application: "\\x1b[?1h" } as const;
/** Of each button of the bar: what is read in the two modes of the cursor keys. */
const CAPS: readonly (readonly [name: string, normal: string, application?: string])[] = [
  ["Esc", "1b"],
  ["Tab", "09"],
  ["Shift-Tab", "1b5b5a"],
  ["Ctrl-C", "03"],
  ["Left", "1b5b44", "1b4f44"],
  ["Up", "1b5b41", "1b4f41"],
  ["Down", "1b5b42", "1b4f42"],
  ["Right", "1b5b43", "1b4f43"],
  ["Enter", "0d"],
  ["Slash", "2f"],
  ["At", "40"],
  ["Home", "1b5b48", "1b4f48"],
  ["End", "1b5b46", "1b4f46"],
  ["PgUp", "1b5b357e"],
  ["PgDn", "1b5b367e"],
  ["Del", "1b5b337e"],
  ["Ctrl-D", "04"],
  ["Ctrl-Z", "1a"],
  ["Ctrl-R", "12"],
  ["Pipe", "7c"],
  ["Tilde", "7e"],
  ["Minus", "2d"],
];
/** What changes the bar, or the next key, and is none itself. */
const OTHERS = ["Ctrl", "Alt", "More", "Keys"];

let device: Device;

stage(async () => {
  for (const [name, modes] of Object.entries(MODES))
    await world.abide("new", name, "--detach", "--", "python3", "-c", READER, modes);
  device = await lastingDevice(PHONE);
});

function button(page: Page, name: string) {
  return page.getByRole("toolbar", { name: "Keys" }).getByRole("button", { name, exact: true });
}

/** What was read: everything after the first line. */
async function read(page: Page): Promise<string> {
  return (await screen(page)).slice(1).join("").trim();
}

/** The bar with all its buttons, before a program that has read nothing. */
async function start(session: string): Promise<(bytes: string) => Promise<void>> {
  const { page } = device;
  await show(page, session);
  await untilScreen(page, "ready");
  const more = button(page, "More");
  if ((await more.getAttribute("aria-pressed")) === "false") await more.tap();
  let all = await read(page);
  return async (bytes) => {
    all += bytes;
    await expect.poll(() => read(page), { timeout: PATIENCE }).toBe(all);
  };
}

test("every button has its bytes here", async () => {
  await start("normal");
  const { page } = device;
  const shown = await page
    .getByRole("toolbar", { name: "Keys" })
    .getByRole("button")
    .evaluateAll((buttons) => buttons.map((button) => button.ariaLabel ?? button.textContent));
  const listed = [...CAPS.map(([name]) => name), ...OTHERS];
  expect(shown.toSorted()).toEqual(listed.toSorted());
});

test.each(["normal", "application"] as const)("cursor keys: %s", async (mode) => {
  const { page } = device;
  const readNext = await start(mode);
  for (const [name, normal, application = normal] of CAPS) {
    await button(page, name).tap();
    await readNext(mode === "normal" ? normal : application);
  }
});

test.each(["normal", "application"] as const)("Ctrl and Alt hold for one: %s", async (mode) => {
  const { page } = device;
  const readNext = await start(mode);
  const next = async (held: readonly string[], press: () => Promise<void>, bytes: string) => {
    for (const name of held) await button(page, name).tap();
    await press();
    await readNext(bytes);
    for (const name of ["Ctrl", "Alt"])
      expect(await button(page, name).getAttribute("aria-pressed")).toBe("false");
  };
  // With a modifier, the mode of the cursor keys makes no difference.
  await next(["Ctrl"], () => button(page, "Left").tap(), "1b5b313b3544");
  await next(["Ctrl", "Alt"], () => button(page, "Up").tap(), "1b5b313b3741");
  await next(["Ctrl"], () => button(page, "At").tap(), "00");
  await next(["Ctrl"], () => button(page, "Slash").tap(), "1f");
  await next(["Alt"], () => button(page, "Enter").tap(), "1b0d");
  // Held twice is not held.
  await next(["Ctrl", "Ctrl"], () => button(page, "Minus").tap(), "2d");
  await button(page, "Keys").tap();
  const typed = page.locator(".keyboard");
  await next(["Ctrl"], () => typed.press("u"), "15");
  await next([], () => typed.press("u"), "75");
  await next(["Alt"], () => typed.press("b"), "1b62");
  // As soft keyboards do it: no key, but text.
  await next(["Ctrl"], () => page.keyboard.insertText("a"), "01");
  await next(["Ctrl"], () => page.keyboard.insertText("Z"), "1a");
  await next([], () => page.keyboard.insertText("z"), "7a");
  await button(page, "Keys").tap();
});
