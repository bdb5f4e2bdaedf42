// One session on a native terminal and in two browsers at a time: equal cells, and editing that goes on
// where the other device left it.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { DESK, type Device, PATIENCE, PHONE, painted, show, untilScreen } from "./browser.ts";
import type { Native, Run } from "./native.ts";
import { lastingDevice, stage, world } from "./stage.ts";

/** Text with colours that have one meaning everywhere: direct ones, and those of the cube. */
const PICTURE = [
  "plain \\033[38;2;255;128;0morange \\033[48;5;17mon the cube\\033[0m plain",
  "\\033[48;2;10;20;30m \\033[38;5;201mmagenta\\033[0m  two blanks",
  "漢字 wide │ and ─ lines, \\033[1;38;2;201;202;103mbold\\033[0m",
].join("\\n");

let desk: Device;
let phone: Device;
let native: Native;

stage(
  async () => {
    const picture = `printf '${PICTURE}\\nthe end'; exec cat`;
    await world.abide("new", "cells", "--detach", "--", "sh", "-c", picture);
    await world.abide("new", "notes", "--detach", "--", "vim", "-u", "NONE", "-N");
    // Colours that can be read as they are are shown as they are.
    const dark = { colorScheme: "dark" } as const;
    desk = await lastingDevice({ ...DESK, ...dark });
    phone = await lastingDevice({ ...PHONE, ...dark });
    native = world.terminal("attach cells", 120, 40);
  },
  async () => {
    await native?.close();
  },
);

interface Cell {
  readonly text: string;
  readonly column: number;
  readonly color: string;
  readonly background: string;
}

const CUBE = [0, 95, 135, 175, 215, 255];

/** A colour as a page computes it; `standard` where none is named. */
function rgb(color: string, standard: string): string {
  if (color === "") return standard;
  const n = Number(color) - 16;
  const parts = color.startsWith("#")
    ? [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))
    : [Math.floor(n / 36), Math.floor(n / 6) % 6, n % 6].map((part) => CUBE[part] ?? 0);
  return `rgb(${parts.join(", ")})`;
}

/** The characters of a native row, blank cells without a colour left out. */
function cellsOf(runs: readonly Run[], plain: string): Cell[] {
  let column = 0;
  const cells: Cell[] = [];
  for (const [text, columns, look, simple] of runs) {
    const [color = "", background = ""] = look.split("|");
    for (const char of simple ? text : [text]) {
      const colors = { color: rgb(color, plain), background: rgb(background, "rgba(0, 0, 0, 0)") };
      cells.push({ text: char, column, ...colors });
      column += simple ? 1 : columns;
    }
  }
  return cells.filter(isSeen);
}

/** A blank shows its background only. */
function isSeen({ text, background }: { text: string; background: string }): boolean {
  return text.trim() !== "" || background !== "rgba(0, 0, 0, 0)";
}

test("a terminal and two browsers show equal cells", async () => {
  const shown = async () => (await native.rows()).flat().map(([text]) => text);
  await expect.poll(shown, { timeout: PATIENCE }).toContain("the end");
  const rows = (await native.rows()).slice(0, 3);
  for (const { page } of [desk, phone]) {
    await show(page, "cells");
    await untilScreen(page, "the end");
    const [width, plain] = await page.locator(".terminal").evaluate((element) => {
      const cell = element.style.getPropertyValue("--cell-width");
      return [Number.parseFloat(cell), getComputedStyle(element).color] as const;
    });
    const browser = (await painted(page)).slice(0, 3).map((row) => row.filter(isSeen));
    for (const [n, row] of rows.entries()) {
      const expected = cellsOf(row, plain);
      expect(browser[n]?.map(({ text, background }) => [text, background])).toEqual(
        expected.map(({ text, background }) => [text, background]),
      );
      for (const [m, { text, column, color }] of expected.entries()) {
        const cell = browser[n]?.[m];
        expect(Math.abs((cell?.x ?? -1) - column * width), `"${text}"`).toBeLessThan(0.5);
        if (text.trim() !== "") expect(cell?.color, `"${text}"`).toBe(color);
      }
    }
  }
});

test("what is typed in one place is seen in all", async () => {
  native.type("\rfrom the terminal\r");
  for (const { page } of [desk, phone]) await untilScreen(page, "from the terminal");
  await desk.page.keyboard.type("from the desk\n");
  await phone.page.getByLabel("Text for the session").fill("from the phone");
  await phone.page.getByRole("button", { name: "Send" }).tap();
  const text = async () => (await native.rows()).flat().map(([run]) => run);
  await expect.poll(text, { timeout: PATIENCE }).toContain("from the phone");
  await expect.poll(text, { timeout: PATIENCE }).toContain("from the desk");
});

test("an edit that one device began is finished on another", async () => {
  for (const { page } of [desk, phone]) {
    await show(page, "notes");
    await untilScreen(page, "VIM - Vi IMproved");
  }
  await desk.page.keyboard.type("ihalf a sen");
  await untilScreen(phone.page, /^half a sen$/m);
  await raw(phone.page, "tence");
  for (const { page } of [desk, phone]) await untilScreen(page, /^half a sentence$/m);
  await untilScreen(desk.page, "-- INSERT --");
  await phone.page.getByRole("button", { name: "Esc" }).tap();
  // Who types next waits until the first one's key has come.
  await untilScreen(desk.page, /^(?![\s\S]*-- INSERT --)/);
  await desk.page.keyboard.type("0iOne: ");
  await untilScreen(phone.page, /^One: half a sentence$/m);
});

/** Types on a phone key by key. */
async function raw(page: Page, text: string): Promise<void> {
  await page.getByRole("button", { name: "Keys" }).tap();
  await page.locator(".keyboard").pressSequentially(text);
}
