// Mouse, fingers and what programs put on the clipboard, in real programs.

import type { CDPSession, Page } from "playwright-core";
import { expect, test } from "vitest";

import { type Device, PATIENCE, PHONE, screen, show, untilScreen } from "./browser.ts";
import { lastingDevice, stage, world } from "./stage.ts";

const LINK = "https://example.org/where";
let desk: Device;
let phone: Device;
let fingers: CDPSession;

stage(async () => {
  const start = (name: string, script: string) =>
    world.abide("new", name, "--detach", "--", "sh", "-c", script);
  await start("mouse", "stty -echo; printf '\\033[?1000;1006h\\033[5;1Hready'; exec cat -v");
  await start("pages", "seq -f 'page line %.0f' 500 | less");
  await start(
    "link",
    `printf '\\033]8;;${LINK}\\033\\\\a link\\033]8;;\\033\\\\ and text'; exec cat`,
  );
  await world.abide("new", "htop", "--detach", "--", "htop");
  await world.abide("new", "work", "--detach", "--", "bash", "--norc");
  desk = await lastingDevice();
  phone = await lastingDevice(PHONE);
  fingers = await phone.context.newCDPSession(phone.page);
});

/** The middle of a cell of the screen's first row that has it mounted. */
async function cell(page: Page, text: string, column: number): Promise<{ x: number; y: number }> {
  const row = page.locator(".terminal .row", { hasText: text }).first();
  return row.evaluate((element, column) => {
    const width = Number.parseFloat(
      element.closest<HTMLElement>(".terminal")?.style.getPropertyValue("--cell-width") ?? "",
    );
    const { left, top, height } = element.getBoundingClientRect();
    return { x: left + (column + 0.5) * width, y: top + height / 2 };
  }, column);
}

type Touch = "touchStart" | "touchMove" | "touchEnd";

async function touch(type: Touch, ...touchPoints: { x: number; y: number }[]): Promise<void> {
  await fingers.send("Input.dispatchTouchEvent", { type, touchPoints });
}

test("a program that asks for the mouse gets it; with Shift it selects", async () => {
  const { page } = desk;
  await show(page, "mouse");
  await untilScreen(page, "ready");
  const { x, y } = await cell(page, "ready", 7);
  await page.mouse.click(x, y);
  // The first report ends without a line feed: it is read when the line does.
  await page.keyboard.press("Enter");
  await untilScreen(page, "^[[<0;8;5M^[[<0;8;5m");
  const start = await cell(page, "ready", 0);
  await page.keyboard.down("Shift");
  await page.mouse.move(start.x - 3, start.y);
  await page.mouse.down();
  await page.mouse.move(start.x + 200, start.y, { steps: 5 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
  const selected = await page.evaluate(() => document.getSelection()?.toString());
  expect(selected).toContain("ready");
  await page.keyboard.press("Enter");
  await page.mouse.wheel(0, -200);
  await page.keyboard.press("Enter");
  await untilScreen(page, "^[[<64;");
  expect((await screen(page)).join("").match(/\[<0;/g)?.length).toBe(2);
});

test("htop is used by keys", async () => {
  const { page } = desk;
  await show(page, "htop");
  await untilScreen(page, "Load average");
  await page.keyboard.press("F1");
  await untilScreen(page, /released under the GNU GPL/i);
  await page.keyboard.press("Escape");
  await untilScreen(page, "Load average");
  await page.keyboard.press("F3");
  await page.keyboard.type("abided");
  await untilScreen(page, "Search: abided");
  await page.keyboard.press("Escape");
  await untilScreen(page, /F10\s*Quit/);
  await page.keyboard.press("q");
  await page.getByText("This session ended.").waitFor();
});

test("a swipe scrolls what is on the alternate screen", async () => {
  const { page } = phone;
  await show(page, "pages");
  await untilScreen(page, /^page line 1$/m);
  const at = { x: 150, y: 400 };
  await touch("touchStart", at);
  for (let y = at.y; y >= 200; y -= 20) await touch("touchMove", { x: at.x, y });
  await touch("touchEnd");
  // How far depends on how many moves the browser makes one of.
  await untilScreen(page, /^page line (?:[2-9]|\d\d)/);
});

test("two fingers set the size of the font, and nothing else", async () => {
  const { page } = phone;
  const size = () =>
    page.locator(".terminal").evaluate((element) => Number.parseFloat(element.style.fontSize));
  const before = await size();
  const y = 300;
  await touch("touchStart", { x: 180, y }, { x: 220, y });
  for (let d = 20; d <= 120; d += 20)
    await touch("touchMove", { x: 200 - d, y }, { x: 200 + d, y });
  await touch("touchEnd");
  await expect.poll(size, { timeout: PATIENCE }).toBeGreaterThan(before);
  const { size: session } = JSON.parse(await world.abide("info", "pages", "--json"));
  expect(session).toMatchObject({ columns: 120, rows: 40 });
  expect(await page.evaluate(() => visualViewport?.scale)).toBe(1);
});

test("a link asks before it opens under a finger", async () => {
  const { page, context } = phone;
  await show(page, "link");
  await page.getByRole("link", { name: "a link" }).tap();
  await page.getByText(`Open ${LINK}?`).waitFor();
  await page.getByRole("button", { name: "Cancel" }).tap();
  expect(context.pages().length).toBe(1);
  await context.route(LINK, (route) => route.fulfill({ body: "opened" }));
  await page.getByRole("link", { name: "a link" }).tap();
  const opened = context.waitForEvent("page");
  await page.getByRole("button", { name: "Open" }).tap();
  await (await opened).close();
});

test("what a program copies is copied by a tap", async () => {
  const { page, context } = desk;
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await show(page, "work");
  await page.keyboard.type("printf '\\033]52;c;aGVsbG8=\\007'\n");
  await page.getByRole("button", { name: /copied 5 characters/ }).click();
  await page.getByText("Copied.").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("hello");
});

test("what a program copies is offered to who typed last, and to nobody else", async () => {
  for (const { page, context } of [desk, phone]) {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await show(page, "work");
  }
  const chip = ({ page }: Device, text: string) =>
    page.getByRole("button", { name: `The program copied ${text.length} characters` });
  const copy = (text: string) =>
    `clear; printf '\\033]52;c;${btoa(text)}\\007'; echo copied-$((${text.length}))`;
  const offered = async (text: string, to: Device, not: Device) => {
    await chip(to, text).waitFor();
    // The screen that says so comes with what happened before it.
    await untilScreen(not.page, new RegExp(`^copied-${text.length}$`, "m"));
    expect(await chip(not, text).count()).toBe(0);
  };
  await desk.page.locator(".host").click();
  await desk.page.keyboard.type(`${copy("desk")}\n`);
  await offered("desk", desk, phone);
  await phone.page.getByLabel("Text for the session").fill(copy("a phone"));
  await phone.page.getByRole("button", { name: "Send" }).tap();
  await offered("a phone", phone, desk);
  await chip(phone, "a phone").tap();
  await phone.page.getByText("Copied.").waitFor();
  expect(await chip(phone, "a phone").count()).toBe(0);
  expect(await phone.page.evaluate(() => navigator.clipboard.readText())).toBe("a phone");
  await desk.page.getByRole("button", { name: "Do not copy" }).click();
  expect(await chip(desk, "desk").count()).toBe(0);
  expect(await desk.page.evaluate(() => navigator.clipboard.readText())).not.toBe("desk");
});
