// Debian's Firefox (WebDriver BiDi) and WebKitGTK (WebDriver), as far as the smoke test needs them.

import { type ChildProcess, spawn } from "node:child_process";

import puppeteer, { type KeyInput, type Page } from "puppeteer-core";

import { PATIENCE } from "./browser.ts";
import { freePort } from "./world.ts";

/** One page in one browser. */
export interface Visitor {
  /** What the policies of pages refused since this was asked last. */
  refused(): Promise<string[]>;
  go(address: string): Promise<void>;
  /** The value of an expression in the page. */
  read<T>(expression: string): Promise<T>;
  click(xpath: string): Promise<void>;
  /** Text by keys; a line feed is Enter. */
  type(text: string): Promise<void>;
  /** `Ctrl-\`: the palette. */
  prefix(): Promise<void>;
  close(): Promise<void>;
}

export const ENGINES = { Firefox: firefox, WebKitGTK: webkit } as const;

/** Before anything else in a page; the browser's own words are for its user alone. */
const WATCH = (said: string) =>
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    console.error(said, violatedDirective, blockedURI),
  );
const REFUSED = "policy:";

async function firefox(): Promise<Visitor> {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: "/usr/bin/firefox-esr",
    acceptInsecureCerts: true,
    protocolTimeout: PATIENCE,
  });
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 800 });
  page.setDefaultTimeout(PATIENCE);
  const refused: string[] = [];
  page.on("console", (message) => {
    if (message.text().startsWith(REFUSED)) refused.push(message.text());
  });
  await page.evaluateOnNewDocument(WATCH, REFUSED);
  return {
    refused: async () => refused.splice(0),
    go: async (address) => void (await page.goto(address)),
    read: (expression) => page.evaluate(expression) as Promise<never>,
    click: (xpath) => page.locator(`::-p-xpath(${xpath})`).click(),
    type: (text) => typeInto(page, text),
    prefix: async () => {
      await page.keyboard.down("Control");
      await page.keyboard.press("\\");
      await page.keyboard.up("Control");
    },
    close: () => browser.close(),
  };
}

async function typeInto(page: Page, text: string): Promise<void> {
  for (const char of text) await page.keyboard.press((char === "\n" ? "Enter" : char) as KeyInput);
}

/** What WebDriver calls keys without a character. */
const ENTER = "\ue007";
const CONTROL = "\ue009";

/** Its driver runs nothing before a page does: from the first look at a page on, it notes the same. */
const NOTE = `if (!window.watched) {
  window.watched = true;
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
    const before = sessionStorage.refused ? sessionStorage.refused + "\\n" : "";
    sessionStorage.refused = before + violatedDirective + " " + blockedURI;
  });
}`;

/** The browser is shown on a screen that nobody sees, and has a message bus of its own. */
async function webkit(): Promise<Visitor> {
  const port = await freePort();
  const driver = ["WebKitWebDriver", "--host=127.0.0.1", `--port=${port}`];
  const words = ["--", "xvfb-run", "--auto-servernum", ...driver];
  const env = { ...process.env, NO_AT_BRIDGE: "1", GTK_A11Y: "none" };
  const child = spawn("dbus-run-session", words, { env, stdio: "ignore", detached: true });
  const driven = new Driver(`http://127.0.0.1:${port}`);
  await driven.ready();
  const wanted = { alwaysMatch: { acceptInsecureCerts: true } };
  await driven.open(wanted);
  await driven.ask("POST", "/window/rect", { width: 1280, height: 800 });
  const read = <T>(expression: string) =>
    driven.ask<T>("POST", "/execute/sync", {
      script: `${NOTE}\nreturn ${expression}`,
      args: [],
    });
  return {
    refused: async () => {
      const refused = await read<string>(
        "[sessionStorage.refused ?? '', sessionStorage.removeItem('refused')][0]",
      );
      return refused === "" ? [] : refused.split("\n");
    },
    go: (url) => driven.ask("POST", "/url", { url }),
    read,
    click: (xpath) => driven.click(xpath),
    type: (text) => driven.press([...text].map((char) => [char === "\n" ? ENTER : char])),
    prefix: () => driven.press([[CONTROL, "\\"]]),
    close: async () => {
      await driven.ask("DELETE", "");
      await ended(child);
    },
  };
}

/** Ends the driver with the bus and the screen that were started for it. */
function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  if (child.pid !== undefined) process.kill(-child.pid);
  return gone;
}

class Driver {
  readonly #base: string;
  #session = "";

  constructor(base: string) {
    this.#base = base;
  }

  async ready(): Promise<void> {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const up = await fetch(`${this.#base}/status`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (up) return;
      if (Date.now() > end) throw new Error("WebKitWebDriver does not answer");
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  async open(capabilities: unknown): Promise<void> {
    const { sessionId } = await this.#send<{ sessionId: string }>("POST", "/session", {
      capabilities,
    });
    this.#session = `/session/${sessionId}`;
  }

  ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    return this.#send(method, this.#session + path, body);
  }

  async click(xpath: string): Promise<void> {
    await this.ask("POST", "/timeouts", { implicit: PATIENCE });
    const found = await this.ask<Record<string, string>>("POST", "/element", {
      using: "xpath",
      value: xpath,
    });
    await this.ask("POST", `/element/${Object.values(found)[0]}/click`, {});
  }

  /** Keys one after the other; those of one list are held together. */
  async press(chords: readonly (readonly string[])[]): Promise<void> {
    const actions = chords.flatMap((keys) => [
      ...keys.map((value) => ({ type: "keyDown", value })),
      ...keys.toReversed().map((value) => ({ type: "keyUp", value })),
    ]);
    await this.ask("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  async #send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(this.#base + path, { method, ...content });
    const { value } = (await response.json()) as { value: T };
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
    return value;
  }
}
