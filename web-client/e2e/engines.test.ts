// The way everybody goes, in the engines that Chromium is not: pair, attach, type, scroll to both ends,
// and come back to what was kept.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { PATIENCE } from "./browser.ts";
import { ENGINES, type Visitor } from "./engines.ts";
import type { Verdict } from "./vectors/page.ts";
import { type Site, site } from "./vectors/site.ts";
import { World } from "./world.ts";

const LINES = 100_000;
const ROWS = '[...document.querySelectorAll(".terminal .row")].map((row) => row.textContent)';
/** In which form the browser keeps the private key of its pairing. */
const HOW_KEPT = { Firefox: "CryptoKey", WebKitGTK: "sealed" } as const;
const KEPT = `new Promise((done) => {
  indexedDB.open("abide").onsuccess = ({ target }) => {
    const request = target.result.transaction("device").objectStore("device").get("this");
    request.onsuccess = () => {
      const { privateKey } = request.result;
      const sealed = privateKey.bytes instanceof ArrayBuffer && !privateKey.key.extractable;
      const locked = privateKey instanceof CryptoKey && !privateKey.extractable;
      done(sealed ? "sealed" : locked ? "CryptoKey" : "open");
    };
  };
})`;
let world: World;
let vectors: Site;

beforeAll(async () => {
  [world, vectors] = await Promise.all([World.open(), site()]);
}, 3 * PATIENCE);

afterAll(async () => {
  await vectors?.close();
  await world?.close();
}, PATIENCE);

describe.each(["Firefox", "WebKitGTK"] as const)("%s", (engine) => {
  const session = engine.toLowerCase();
  let visitor: Visitor;

  beforeAll(async () => {
    await world.abide("new", session, "--detach", "--", "bash", "--norc");
    visitor = await ENGINES[engine]();
  }, 3 * PATIENCE);

  afterEach(async () => expect(await visitor.refused()).toEqual([]));

  afterAll(() => visitor?.close(), PATIENCE);

  const until = (what: string, expression: string) =>
    expect
      .poll(() => visitor.read<boolean>(expression), { message: what, timeout: PATIENCE })
      .toBe(true);
  const untilRows = (pattern: RegExp) =>
    until(`a screen like ${pattern}`, `${pattern}.test(${ROWS}.join("\\n"))`);
  const command = async (label: string) => {
    await visitor.prefix();
    await until("the palette", 'document.activeElement?.role === "combobox"');
    await visitor.type(label);
    await until(
      "its choice",
      `document.querySelector("[role=option]")?.textContent.includes("${label}")`,
    );
    await visitor.type("\n");
  };

  test("understands and says what the golden vectors say", { timeout: 4 * PATIENCE }, async () => {
    await visitor.go(vectors.address);
    await until("a verdict", "window.verdict !== undefined");
    const { passed, failed } = await visitor.read<Verdict>("window.verdict");
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThan(200);
  });

  test("pairs by a link and a code", { timeout: 4 * PATIENCE }, async () => {
    const ticket = await world.ticket("manage");
    await visitor.go(ticket.link);
    await visitor.click("//button[starts-with(normalize-space(.), 'Pair with')]");
    const code = 'document.querySelector(".code")?.textContent ?? ""';
    await until("six digits", `/^(\\d *){6}$/.test(${code})`);
    await ticket.enter((await visitor.read<string>(code)).replaceAll(" ", ""));
    await until("the list", `document.querySelector(".list")?.textContent.includes("${session}")`);
    expect(await visitor.read("location.href")).not.toMatch(/v1\.|\/p/);
  });

  test("shows a session, and runs what is typed", async () => {
    await visitor.read(`(location.hash = "#/${session}", true)`);
    await untilRows(/bash/);
    await visitor.type("PS1='> '; clear; echo $((6 * 7))-it\n");
    await untilRows(/42-it/);
  });

  test("every character is in its cell", async () => {
    const picture = "printf 'ab\\u2502\\u2588\\u6f22\\u5b57 \\u00e9x|\\n'";
    await visitor.type(`clear; ${picture}\n`);
    await untilRows(/^ab│█漢字 éx\|/m);
    const off = await visitor.read<number>(`(() => {
      const width = Number.parseFloat(document.querySelector(".terminal").style.getPropertyValue("--cell-width"));
      const row = [...document.querySelectorAll(".row")].find((row) => row.textContent.startsWith("ab│█"));
      const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
      let [column, worst] = [0, 0];
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (let at = 0; at < node.textContent.length; at += 1) {
          const range = document.createRange();
          range.setStart(node, at);
          range.setEnd(node, at + 1);
          const x = range.getBoundingClientRect().left - row.getBoundingClientRect().left;
          worst = Math.max(worst, Math.abs(x - column * width));
          column += /[漢字]/.test(node.textContent[at]) ? 2 : 1;
        }
      }
      return worst;
    })()`);
    expect(off).toBeLessThan(0.5);
  });

  test("both ends of a long history can be reached", { timeout: 4 * PATIENCE }, async () => {
    await visitor.type(`clear; seq -f 'line %.0f' ${LINES}\n`);
    await untilRows(new RegExp(`line ${LINES}`));
    await command("Jump to the oldest line");
    await untilRows(/^line 1$/m);
    await command("Jump to latest");
    await untilRows(new RegExp(`line ${LINES}`));
    expect(await visitor.read(`${ROWS}.length`)).toBeLessThan(200);
  });

  test("a pairing outlives the page", { timeout: 4 * PATIENCE }, async () => {
    expect(await visitor.read(KEPT)).toBe(HOW_KEPT[engine]);
    await visitor.read("(window.before = true, location.reload(), true)");
    const here = `/line ${LINES}/.test(${ROWS}.join("\\n"))`;
    await until("the page again", `window.before === undefined && ${here}`);
    await visitor.type("clear; echo ag$((40 + 2))ain\n");
    await untilRows(/ag42ain/);
  });

  test("what the page's policy refuses would be seen", async () => {
    await visitor.read(
      '(document.body.append(Object.assign(new Image(), { src: "data:," })), true)',
    );
    await expect.poll(() => visitor.refused(), { timeout: PATIENCE }).toHaveLength(1);
  });
});
