// Keys of all kinds, in real programs; what is selected and copied.

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { command, type Device, show, untilScreen } from "./browser.ts";
import { lastingDevice, stage, world } from "./stage.ts";

let device: Device;

stage(async () => {
  await world.abide("new", "work", "--detach", "--", "bash", "--norc");
  await world.abide("new", "notes", "--detach", "--", "vim", "-u", "NONE", "-N");
  device = await lastingDevice();
});

/** Starts a program in the shell, and waits until it reads. */
async function start(page: Page, program: string): Promise<void> {
  started += 1;
  await page.keyboard.type(`clear; sh -c 'echo run-$((${started})).; exec ${program}'\n`);
  await untilScreen(page, `run-${started}.`);
}
let started = 0;

test("vim is used by typing: insert, escape, arrows, undo", async () => {
  const { page } = device;
  await show(page, "notes");
  await untilScreen(page, "VIM - Vi IMproved");
  await page.keyboard.type("ifirst line\nsecond line");
  await page.keyboard.press("Escape");
  await page.keyboard.type("0cwthird");
  await page.keyboard.press("Escape");
  await untilScreen(page, /first line\s*\nthird line/);
  await page.keyboard.press("u");
  await untilScreen(page, /first line\s*\nsecond line/);
  await page.keyboard.press("Control+r");
  await untilScreen(page, /third line/);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("End");
  await page.keyboard.type("aX");
  await untilScreen(page, /first lineX/);
  await page.keyboard.press("Escape");
  await page.keyboard.type(":q!\n");
  await page.getByText("This session ended.").waitFor();
});

test("an input method writes, dead keys and all", async () => {
  const { page, context } = device;
  await show(page, "work");
  await start(page, "cat");
  const devtools = await context.newCDPSession(page);
  await page.locator(".keyboard").focus();
  await devtools.send("Input.imeSetComposition", {
    text: "に",
    selectionStart: 1,
    selectionEnd: 1,
  });
  await devtools.send("Input.imeSetComposition", {
    text: "日本",
    selectionStart: 2,
    selectionEnd: 2,
  });
  await devtools.send("Input.insertText", { text: "日本" });
  await page.keyboard.insertText("é");
  await page.keyboard.press("Enter");
  await untilScreen(page, /日本é\s*\n日本é/);
  await page.keyboard.press("Control+c");
});

test("Ctrl-\\ twice sends it", async () => {
  const { page } = device;
  await start(page, "cat -v");
  await page.keyboard.press("Control+\\");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.press("Control+\\");
  // The terminal shows it, and ends the program that runs.
  await untilScreen(page, /\^\\.*Quit/);
});

test("a paste goes as one, with a question where it holds what acts", async () => {
  const { page } = device;
  await start(page, "cat");
  await paste(page, "one\ntwo\n");
  await untilScreen(page, /one\s*\none\s*\ntwo\s*\ntwo|one\s*\ntwo\s*\none\s*\ntwo/);
  await paste(page, "\u001b[31mred");
  await page.getByText(/holds control characters/).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.locator(".keyboard").focus();
  await page.keyboard.press("Control+c");
});

test("Escape three times leaves, is sent, and the Tab key reaches the page", async () => {
  const { page } = device;
  await start(page, "cat -v");
  for (let n = 0; n < 3; n += 1) await page.keyboard.press("Escape");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  const focused = page.locator(":focus");
  expect(await focused.evaluate((element) => element.ariaLabel)).toBe("Menu");
  await page.keyboard.press("Control+\\");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".host").click();
  await page.keyboard.press("Enter");
  await untilScreen(page, /^\^\[\^\[\^\[$/m);
  await page.keyboard.press("Control+c");
});

test("a link of the screen is opened by keyboard", async () => {
  const { page, context } = device;
  const link = "https://example.org/keys";
  await page.keyboard.type(`clear; printf '\\e]8;;${link}\\e\\\\a link\\e]8;;\\e\\\\\\n'\n`);
  await page.getByRole("link", { name: "a link" }).waitFor();
  await context.route(link, (route) => route.fulfill({ body: "opened" }));
  const opened = context.waitForEvent("page");
  await command(page, link);
  await (await opened).close();
  await command(page, "Reader");
  await page.locator(".reader").getByRole("link", { name: "a link" }).focus();
  const again = context.waitForEvent("page");
  await page.keyboard.press("Enter");
  await (await again).close();
  await command(page, "Show the terminal");
  await page.locator(".host").click();
});

test("a paste that one message does not hold goes in pieces, after a question", async () => {
  const { page } = device;
  await start(page, "wc -c");
  await paste(page, `${"x".repeat(1 << 10)}\n`.repeat(2 << 10));
  await page.getByText(/are too much for a paste/).waitFor();
  await paste(page, `${"x".repeat(999)}\n`.repeat(100));
  await page.getByText(/Paste 98 KiB\? It goes in 2 pieces/).waitFor();
  await page.getByRole("button", { name: "Paste" }).click();
  await page.locator(".keyboard").focus();
  await page.keyboard.press("Control+d");
  await untilScreen(page, /^100000\s*$/m);
});

test("what is selected is copied, soft wraps joined, also where rows are no longer mounted", async () => {
  const { page, context } = device;
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.keyboard.type("clear; printf 'x%.0s' {1..200}; echo; seq 1 400\n");
  await untilScreen(page, /^400$/m);
  await select(page, "400", "400");
  await page.locator(".terminal").evaluate((terminal) => terminal.scrollTo(0, 0));
  await untilScreen(page, /^1$/m);
  await select(page, "1", "400");
  await command(page, "Copy selection");
  await page.getByText("Copied.").waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text.split("\n")).toEqual(Array.from({ length: 400 }, (_, n) => String(n + 1)));
  await command(page, "Jump to latest");
});

test("a search marks what it finds on the keeper", async () => {
  const { page } = device;
  await page.keyboard.type("clear; seq -f 'item %.0f' 3000\n");
  await untilScreen(page, /^item 3000$/m);
  await command(page, "Search");
  await page.getByRole("searchbox").fill("item 77");
  await page.keyboard.press("Enter");
  await page.getByText("1 of ").waitFor();
  await page.locator(".terminal .mark").first().waitFor();
  await untilScreen(page, /^item 77\d?$/m);
  await page.getByRole("button", { name: "Close search" }).click();
});

test("keys that the browser keeps are in the palette", async () => {
  const { page } = device;
  await page.keyboard.type("clear; echo kept$((1 + 1)) dropped");
  await command(page, "Send Ctrl-W");
  await page.keyboard.press("Enter");
  await untilScreen(page, /^kept2$/m);
  for (const name of ["Ctrl-T", "Ctrl-N", "Ctrl-Tab"]) {
    await page.keyboard.press("Control+\\");
    await page.getByRole("combobox").fill(`Send ${name}`);
    await page.getByRole("option", { name: `Send ${name}`, exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog.palette").waitFor({ state: "detached" });
  }
});

test("who does not stop typing finds a new session in the palette", async () => {
  const { page } = device;
  let made = false;
  const making = world.abide("new", "fresh", "--detach", "--", "cat").then(() => (made = true));
  while (!made) await page.keyboard.press("Shift");
  await making;
  await page.keyboard.press("Control+\\");
  await page.getByRole("combobox").fill("fresh");
  const found = page.getByRole("option", { name: /fresh/ });
  for (let n = 0; n < 100 && !(await found.isVisible()); n += 1) await page.keyboard.press("Shift");
  expect(await found.isVisible()).toBe(true);
  await page.keyboard.press("Escape");
  await page.locator("dialog.palette").waitFor({ state: "detached" });
  await world.abide("kill", "fresh");
});

test("output of the last command is copied, also a long one, where the shell marks it", async () => {
  const { page } = device;
  const mark = (letter: string) => `printf '\\033]133;${letter}\\007'`;
  const marked = `${mark("C")}; seq -f 'out %.0f' 5000; ${mark("D")}`;
  await page.keyboard.type(`clear; ${marked}; echo af$((1 + 1))ter\n`);
  await untilScreen(page, "af2ter");
  await page.evaluate(() => navigator.clipboard.writeText(""));
  await command(page, "Copy output of the last command");
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(copied).toContain("out 5000");
  const lines = (await copied()).split("\n");
  expect([lines.length, lines[0]]).toEqual([5000, "out 1"]);
});

/** Selects from the row that reads `from` to the one that reads `to`, until the page knows of it. */
async function select(page: Page, from: string, to: string): Promise<void> {
  await page.evaluate(
    async ([from, to]) => {
      const rows = [...document.querySelectorAll(".row")];
      const [start, end] = [from, to].map((text) => rows.find((row) => row.textContent === text));
      if (!start || !end) throw new Error(`no row reads ${start ? to : from}`);
      const known = new Promise((done) => {
        document.addEventListener("selectionchange", done, { once: true });
      });
      document.getSelection()?.setBaseAndExtent(start, 0, end, end.childNodes.length);
      await known;
    },
    [from, to] as const,
  );
}

async function paste(page: Page, text: string): Promise<void> {
  await page.locator(".keyboard").evaluate((field, text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, cancelable: true }));
  }, text);
}
