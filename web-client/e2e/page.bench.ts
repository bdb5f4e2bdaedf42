// The page beside xterm.js on a bridge of bytes, in one browser and run, and what it costs where it is
// hard: `make bench`. `QUICK=1` is too short to judge by.

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CDPSession, Page } from "playwright-core";
import { expect, test } from "vitest";

import { type Bridge, bridge } from "./bridge.ts";
import { type Device, PATIENCE, show, untilScreen } from "./browser.ts";
import { browser, lastingDevice, stage, world } from "./stage.ts";
import { keysToPaint } from "./tracing.ts";

const QUICK = process.env["QUICK"] === "1";
const KEYS = QUICK ? 40 : 200;
const ROUNDS = QUICK ? 1 : 5;
/** Seconds of each recorded stream, and of the flood whose memory is watched. */
const STREAM = QUICK ? 5 : 20;
const FLOOD = QUICK ? 20 : 600;
/** Milliseconds until a browser has done what loading a page leaves to do: this one and the other. */
const LOADED = 1_000;
/** Rows behind a page that is opened. */
const ROWS = 1_000_000;
const RECORDINGS = resolve(import.meta.dirname, "../../tests/recordings");
const STREAMS = ["ink-80x24", "transcript-80x24", "ink-200x50"] as const;

let device: Device;
let devtools: CDPSession;
let plain: Bridge;

stage(
  async () => {
    plain = await bridge("cat");
    await world.abide("new", "echo", "--detach", "--", "cat");
    device = await lastingDevice();
    devtools = await device.context.newCDPSession(device.page);
  },
  async () => {
    await plain?.close();
  },
);

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

function say(what: string, ...figures: readonly string[]): void {
  process.stdout.write(`${what.padEnd(44)} ${figures.join("   ")}\n`);
}

const ms = (value: number) => `${value.toFixed(1)} ms`;

function sayLatency(what: string, values: readonly number[]): [number, number] {
  const [p50, p99] = [quantile(values, 0.5), quantile(values, 0.99)];
  say(what, `p50 ${ms(p50)}`, `p99 ${ms(p99)}`, `of ${values.length} keys`);
  return [p50, p99];
}

test("a key to its paint, not later than xterm.js on a bridge", {
  timeout: 20 * PATIENCE,
}, async () => {
  const { page } = device;
  await show(page, "echo");
  const bare = await browser.newPage();
  await bare.goto(plain.address);
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.bringToFront();
    await page.locator(".keyboard").focus();
    await page.waitForTimeout(LOADED);
    ours.push(...(await keysToPaint(page, ".terminal", "x", KEYS / ROUNDS)));
    await page.keyboard.press("Enter");
    await page.reload();
    await page.locator(".terminal .row").first().waitFor();
    await bare.bringToFront();
    await bare.waitForTimeout(LOADED);
    theirs.push(...(await keysToPaint(bare, ".xterm-rows", "x", KEYS / ROUNDS)));
    await bare.reload();
  }
  await bare.close();
  const [p50, p99] = sayLatency("key to paint", ours);
  const [their50, their99] = sayLatency("key to paint, xterm.js on a bridge", theirs);
  expect(ours.length).toBeGreaterThan(0.9 * KEYS);
  expect(p50).toBeLessThanOrEqual(their50);
  expect(p99).toBeLessThanOrEqual(their99);
});

test.each(STREAMS)(
  "%s at 60 Hz on a slow phone, without a long task",
  { timeout: 20 * PATIENCE },
  async (name) => {
    const { page } = device;
    const player = join(world.directory, `${name}.py`);
    writeFileSync(player, playerOf(join(RECORDINGS, `${name}.rec`)));
    await world.abide(
      "new",
      name,
      "--detach",
      "--",
      "sh",
      "-c",
      `read go; python3 ${player} ${STREAM}; echo over; cat`,
    );
    await show(page, name);
    await watchTasks(page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await page.keyboard.press("Enter");
    await page.waitForFunction(
      () => document.querySelector(".terminal")?.textContent.includes("over"),
      null,
      // To look is work for the page, too.
      { timeout: 10 * PATIENCE, polling: 500 },
    );
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: 1 });
    const tasks = await longTasks(page);
    say(
      `${name}, 4 times slower, ${STREAM} s`,
      `${tasks.length} tasks above 50 ms`,
      `longest ${ms(Math.max(0, ...tasks))}`,
    );
    expect(tasks).toEqual([]);
  },
);

test("echo beside dense colour on a slow phone", { timeout: 20 * PATIENCE }, async () => {
  const { page } = device;
  const program = join(world.directory, "dense.py");
  writeFileSync(program, DENSE);
  await world.abide("new", "dense", "--detach", "--", "python3", program);
  await show(page, "dense");
  await untilScreen(page, "keys: 0.");
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  const all: number[] = [];
  for (let n = 1; n <= KEYS; n += 1) all.push(await keyToText(page, `keys: ${n}.`));
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  await page.keyboard.press("Control+c");
  const [, p99] = sayLatency("key to frame beside dense colour, 4 x slower", all);
  expect(p99).toBeLessThan(250);
});

test("memory stays flat", { timeout: (FLOOD + 120) * 1000 }, async () => {
  const { page } = device;
  const flood =
    'i=0; while :; do seq -f "$i row %.0f of the flood" 200; i=$((i + 1)); sleep 0.05; done';
  await world.abide("new", "flood", "--detach", "--", "sh", "-c", flood);
  await show(page, "flood");
  await untilScreen(page, "of the flood");
  const used = async () => {
    await devtools.send("HeapProfiler.collectGarbage");
    const { usedSize } = (await devtools.send("Runtime.getHeapUsage")) as { usedSize: number };
    return usedSize / 1e6;
  };
  const end = Date.now() + FLOOD * 1000;
  // What is kept of history is full after a tenth.
  await until(Date.now() + FLOOD * 100);
  const first = await used();
  await until(end);
  const last = await used();
  await world.abide("kill", "flood");
  say(
    `heap in a flood of ${FLOOD} s`,
    `${first.toFixed(1)} MB after a tenth`,
    `${last.toFixed(1)} MB at its end`,
  );
  expect(last).toBeLessThan(first + 5);
});

test("a page with a million rows behind it is opened", { timeout: 20 * PATIENCE }, async () => {
  const { page } = device;
  await world.abide(
    "new",
    "long",
    "--detach",
    "--",
    "sh",
    "-c",
    `seq -f 'row %.0f.' ${ROWS}; exec cat`,
  );
  await show(page, "long");
  await untilScreen(page, `row ${ROWS}.`);
  await page.addInitScript((wanted) => {
    const seen = () => document.querySelector(".terminal")?.textContent.includes(wanted);
    new MutationObserver((_, observer) => {
      if (!seen()) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => performance.mark("opened")));
    }).observe(document, { subtree: true, childList: true, characterData: true });
  }, `row ${ROWS}.`);
  await devtools.send("Network.enable");
  const open = async (cold: boolean) => {
    if (cold) await devtools.send("Network.clearBrowserCache");
    await page.reload();
    await page.waitForFunction(() => performance.getEntriesByName("opened").length > 0);
    return page.evaluate(() => performance.getEntriesByName("opened")[0]?.startTime ?? Number.NaN);
  };
  const [cold, warm]: [number[], number[]] = [[], []];
  for (let round = 0; round < 2 * ROUNDS + 1; round += 1) {
    cold.push(await open(true));
    warm.push(await open(false));
  }
  const median = (values: readonly number[]) => quantile(values, 0.5);
  say(
    "opened with 1,000,000 rows behind it",
    `cold ${ms(median(cold))}`,
    `warm ${ms(median(warm))}`,
  );
  expect(median(warm)).toBeLessThan(400);
});

function until(moment: number): Promise<void> {
  return new Promise((done) => setTimeout(done, Math.max(0, moment - Date.now())));
}

interface Watched {
  tasks?: number[];
}

async function watchTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const tasks: number[] = [];
    (window as Watched).tasks = tasks;
    new PerformanceObserver((list) => {
      tasks.push(...list.getEntries().map(({ duration }) => duration));
    }).observe({ type: "longtask" });
  });
}

function longTasks(page: Page): Promise<number[]> {
  return page.evaluate(() => (window as Watched).tasks ?? []);
}

/** Milliseconds from a key to the task behind the frame in which `text` is. */
async function keyToText(page: Page, text: string): Promise<number> {
  const shown = page.evaluate((text) => {
    const pressed = new Promise<number>((done) => {
      addEventListener("keydown", ({ timeStamp }) => done(timeStamp), {
        capture: true,
        once: true,
      });
    });
    const shown = new Promise<number>((done) => {
      const look = () => {
        if (!document.querySelector(".terminal")?.textContent.includes(text))
          requestAnimationFrame(look);
        else setTimeout(() => done(performance.now()));
      };
      look();
    });
    return Promise.all([pressed, shown]).then(([from, to]) => to - from);
  }, text);
  // The page listens before it is typed into: what is asked of it is done in order.
  await page.evaluate(() => undefined);
  await page.keyboard.press("x");
  return shown;
}

/** A program that prints what was recorded, one write of the recorded program every 60th of a second. */
function playerOf(recording: string): string {
  const bytes = readFileSync(recording);
  const writes: string[] = [];
  for (let at = 0; at + 13 <= bytes.length; ) {
    const [kind, end] = [String.fromCharCode(bytes[at] ?? 0), at + 13 + bytes.readUInt32LE(at + 9)];
    if (kind === "o") writes.push(bytes.toString("base64", at + 13, end));
    at = end;
  }
  return `import base64, sys, time
writes = [base64.b64decode(text) for text in ${JSON.stringify(writes)}]
end, n = time.monotonic() + float(sys.argv[1]), 0
while time.monotonic() < end:
    sys.stdout.buffer.write(writes[n % len(writes)])
    sys.stdout.buffer.flush()
    n += 1
    time.sleep(1 / 60)
sys.stdout.write("\\x1b[?1049l\\x1b[m\\r\\n")
`;
}

/** Colours every cell anew, as fast as it can, and counts keys in the first row. */
const DENSE = `import os, select, sys, termios, tty
tty.setcbreak(0)
keys, frame = 0, 0
while True:
    if select.select([0], [], [], 0)[0]:
        keys += len(os.read(0, 100))
    rows = [f"keys: {keys}."]
    for row in range(1, 39):
        rows.append("".join(f"\\x1b[38;2;{(frame * 7 + row * 5 + n * 31) % 256};{n * 16};{row * 6}m" + "colour!!" for n in range(15)))
    sys.stdout.write("\\x1b[H\\x1b[m" + "\\r\\n".join(rows))
    sys.stdout.flush()
    frame += 1
`;
