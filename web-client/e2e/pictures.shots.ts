// Pictures of every page, on the desk and on a phone, dark and light: `make pictures`.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { test } from "vitest";

import { command, DESK, openDevice, PATIENCE, PHONE, show, untilScreen } from "./browser.ts";
import { browser, stage, world } from "./stage.ts";

const FOLDER = join(import.meta.dirname, "../screenshots");
const AGENT = [
  "\\033[2m> the link test fails now and then: why?\\033[0m",
  "",
  "\\033[38;5;79m●\\033[0m I will look at how a link is closed first.",
  "",
  "\\033[38;5;79m●\\033[0m \\033[1mRead\\033[0m(client/src/link.rs)",
  "  └ Read 214 lines",
  "",
  '\\033[38;5;79m●\\033[0m \\033[1mSearch\\033[0m("fn flush")',
  "  └ Found 3 files",
  "",
  "\\033[38;5;79m●\\033[0m The last frame is not waited for: what",
  "  comes after it can be faster. One line:",
  "",
  "\\033[38;5;79m●\\033[0m \\033[1mUpdate\\033[0m(client/src/link.rs)",
  "  └ 118      let frame = self.encode(last);",
  "    119 \\033[48;5;52m-    self.flush();              \\033[0m",
  "    119 \\033[48;5;22m+    self.flush().await?;       \\033[0m",
  "    120      self.close()",
  "",
  "╭─────────────────────────────────────╮",
  "│ \\033[1mRun cargo test?\\033[0m                     │",
  "│                                     │",
  "│ \\033[36m❯ 1. Yes\\033[0m                            │",
  "│   2. Yes, and do not ask again      │",
  "│   3. No, and say why                │",
  "╰─────────────────────────────────────╯",
  "\\033[2m  Enter to choose, Esc to go back\\033[0m",
].join("\\n");

stage(async () => {
  mkdirSync(FOLDER, { recursive: true });
  await world.abide(
    "new",
    "agent",
    "--detach",
    "--directory",
    "/srv",
    "--",
    "sh",
    "-c",
    `printf '\\033]0;fix the flaky test\\007${AGENT}\\n'; cat`,
  );
  const log = "seq -f 'step %.0f: built, tested, and kept for later' 3000; exec cat";
  await world.abide("new", "log", "--detach", "--directory", "/srv", "--", "sh", "-c", log);
  await world.abide("new", "htop", "--detach", "--directory", "/srv", "--", "htop");
  await world.abide(
    "new",
    "notes",
    "--detach",
    "--directory",
    "/srv",
    "--",
    "vim",
    "-u",
    "NONE",
    "-N",
  );
});

const SIZES = { desk: DESK, phone: PHONE } as const;

test.each([
  ["desk", "dark"],
  ["desk", "light"],
  ["phone", "dark"],
  ["phone", "light"],
] as const)("%s, %s", { timeout: 4 * PATIENCE }, async (size, colorScheme) => {
  const options = {
    ...SIZES[size],
    colorScheme,
    deviceScaleFactor: 2,
    reducedMotion: "reduce",
  } as const;
  const { page, context } = await openDevice(browser, options);
  const take = (name: string) =>
    page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}.png`) });
  const ticket = await world.ticket("manage");
  await page.goto(new URL("/", ticket.link).href);
  await page.getByLabel("Pairing link").waitFor();
  await take("unpaired");
  await page.getByLabel("Pairing link").fill(ticket.link);
  await page.getByRole("button", { name: "Paste pairing link" }).click();
  await page.getByRole("button", { name: /^Pair with/ }).waitFor();
  await take("offer");
  await page.getByRole("button", { name: /^Pair with/ }).click();
  const code = await page.locator(".code").textContent();
  await take("code");
  await ticket.enter((code ?? "").replaceAll(" ", ""));
  await page.locator(".list li").nth(3).waitFor();
  await take("list");
  await page.getByRole("button", { name: "More about notes" }).click();
  await take("more");
  await page.getByRole("button", { name: "More about notes" }).click();
  await page.getByRole("button", { name: "New", exact: true }).click();
  await take("new");
  await page.getByRole("button", { name: "Cancel" }).click();
  await session(page, take, size);
  // A page that leaves gives the size back.
  await page.close();
  await context.close();
});

async function session(
  page: Page,
  take: (name: string) => Promise<unknown>,
  size: "desk" | "phone",
) {
  await show(page, "agent");
  await untilScreen(page, "say why");
  if (size === "phone") await page.getByRole("button", { name: "Drive from here" }).click();
  await page.locator(".host:not(.stale)").waitFor();
  await take("session");
  await page.getByRole("button", { name: "Menu" }).click();
  await take("menu");
  await page.getByRole("button", { name: "Reader" }).click();
  await page.locator(".reader p").first().waitFor();
  await take("reader");
  await page.getByRole("button", { name: "Palette" }).click();
  await page.getByRole("combobox").waitFor();
  await take("palette");
  await page.keyboard.press("Escape");
  await show(page, "log");
  await untilScreen(page, "step 3000:");
  await page.locator(".terminal").evaluate((element) => element.scrollBy(0, -9_000));
  await page.getByRole("button", { name: /^Jump to latest/ }).waitFor();
  await page.waitForFunction(() => !document.querySelector(".row.missing"));
  await take("scrolled");
  await command(page, "Search");
  await page.getByRole("searchbox").fill("step 29");
  await page.keyboard.press("Enter");
  await page.locator(".terminal .mark").first().waitFor();
  await take("search");
  await page.getByRole("button", { name: "Close search" }).click();
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("button", { name: "Unpair this device" }).click();
  await page.locator("dialog[open]").waitFor();
  await take("question");
  await page.getByRole("button", { name: "Cancel" }).click();
  await show(page, "htop");
  await untilScreen(page, "Load average");
  await take("htop");
}
