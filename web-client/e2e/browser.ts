// Debian's Chromium, and what the tests read from a page: always from what is rendered.

import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";

import { PATIENCE, type Role, type Ticket, type World, within } from "./world.ts";

export { PATIENCE };

/** Nothing is asked of anybody but the daemon under test. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const DESK: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

/** With the home of the world, whose certificate it trusts. */
export function launch({ directory }: World): Promise<Browser> {
  const env = { ...process.env, HOME: directory };
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS, env });
}

/** Devices of the file under test, each of which may not have gone wrong. */
export const devices: Device[] = [];

/** A page of a device of its own, with everything that went wrong on it. */
export interface Device {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors of scripts and violations of the policy: there may be none. */
  readonly faults: string[];
}

export async function openDevice(
  browser: Browser,
  options: BrowserContextOptions,
): Promise<Device> {
  const context = await within("a context", browser.newContext(options));
  context.setDefaultTimeout(PATIENCE);
  const page = await within("a page", context.newPage());
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`${error.message}\n${error.stack}`));
  page.on("console", (message) => {
    // A link that goes down is part of some tests, and the browser notes it.
    const expected = /WebSocket connection to|ERR_INTERNET_DISCONNECTED|ERR_CONNECTION/;
    if (message.type() === "error" && !expected.test(message.text())) faults.push(message.text());
  });
  // The console may say it otherwise one day.
  await context.exposeBinding("violated", (_, what: string) => faults.push(`policy: ${what}`));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const { violated } = window as unknown as { violated(what: string): void };
      violated(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
    });
  });
  const device = { context, page, faults };
  devices.push(device);
  return device;
}

/** A paired device, at the list of sessions. */
export async function pairedDevice(
  browser: Browser,
  world: World,
  options: BrowserContextOptions = DESK,
  role: Role = "manage",
): Promise<Device> {
  const device = await openDevice(browser, options);
  const { page } = device;
  await pair(page, await world.ticket(role));
  await page.locator(".list li").first().waitFor();
  return device;
}

/** From the link to the code that was typed. */
export async function pair(page: Page, ticket: Ticket): Promise<void> {
  await page.goto(ticket.link);
  await page.getByRole("button", { name: /^Pair with/ }).click();
  const code = await page.locator(".code").textContent();
  await ticket.enter((code ?? "").replaceAll(" ", ""));
}

/** Shows a session, from wherever the page is. */
export async function show(page: Page, session: string): Promise<void> {
  await page.evaluate((name) => {
    location.hash = `#/${name}`;
  }, session);
  await page.getByRole("heading", { name: session, level: 1 }).waitFor();
  await page.locator(".terminal .row").first().waitFor();
}

/** Runs a command of the palette. */
export async function command(page: Page, label: string): Promise<void> {
  await page.keyboard.press("Control+\\");
  await page.getByRole("combobox").fill(label);
  await page.keyboard.press("Enter");
}

/** The rendered text of all mounted rows, top to bottom. */
export function screen(page: Page): Promise<string[]> {
  return page.locator(".terminal .row").allTextContents();
}

/** The number in the row at the upper edge of what is seen; 0 while that row is still to come. */
export function topNumber(page: Page): Promise<number> {
  return page.locator(".terminal").evaluate((element) => {
    const edge = element.getBoundingClientRect().top;
    const rows = [...element.querySelectorAll(".row")];
    const seen = rows.find((row) => row.getBoundingClientRect().bottom > edge + 1);
    return Number(/\d+/.exec(seen?.textContent ?? "")?.[0] ?? 0);
  });
}

export async function untilScreen(page: Page, wanted: RegExp | string): Promise<void> {
  await page.waitForFunction(
    ([source, flags]) => {
      const rows = [...document.querySelectorAll(".terminal .row")].map((row) => row.textContent);
      return new RegExp(source ?? "", flags).test(rows.join("\n"));
    },
    typeof wanted === "string"
      ? [wanted.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), ""]
      : [wanted.source, wanted.flags],
    { timeout: PATIENCE },
  );
}

/** One character as it is painted. */
export interface Painted {
  readonly text: string;
  readonly x: number;
  readonly color: string;
  readonly background: string;
}

/** Every character of the rows that are mounted, with where it is from the row's left edge. */
export function painted(page: Page): Promise<Painted[][]> {
  return page.evaluate(() => {
    const rows = [...document.querySelectorAll<HTMLElement>(".terminal .row")];
    return rows.map((row) => {
      const left = row.getBoundingClientRect().left;
      const cells: { text: string; x: number; color: string; background: string }[] = [];
      const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const style = getComputedStyle(node.parentElement ?? row);
        let at = 0;
        for (const text of node.textContent ?? "") {
          const range = document.createRange();
          range.setStart(node, at);
          range.setEnd(node, at + text.length);
          const x = range.getBoundingClientRect().left - left;
          cells.push({ text, x, color: style.color, background: style.backgroundColor });
          at += text.length;
        }
      }
      return cells;
    });
  });
}
