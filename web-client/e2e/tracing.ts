// From a key to the paint that contains its cell, by the browser's own trace.

import type { CDPSession, Page } from "playwright-core";

/** What a page's script calls the moment at which the cell is in the document. */
const CELL = "cell";
/** And the one after the frame with it. */
const SHOWN = "shown";
const CATEGORIES = "devtools.timeline,blink.user_timing,blink.console";

interface Traced {
  readonly name: string;
  readonly ph: string;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  readonly args: { readonly data?: { readonly type?: string } };
}

/** Milliseconds of each of `keys` presses of `key`, which changes what `selector` holds. */
export async function keysToPaint(
  page: Page,
  selector: string,
  key: string,
  keys: number,
): Promise<number[]> {
  await page.locator(selector).waitFor();
  await page.evaluate(watch, [selector, CELL, SHOWN] as const);
  const session = await page.context().newCDPSession(page);
  const events = await traced(session, async () => {
    for (let n = 1; n <= keys; n += 1) {
      const shown = page.evaluate(marked, [SHOWN, n] as const);
      await page.keyboard.press(key);
      await shown;
    }
  });
  await session.detach();
  return latencies(events);
}

/** Marks the first change after each key, in the task that makes it, and the end of its frame. */
function watch([selector, cell, shown]: readonly [string, string, string]): void {
  const screen = document.querySelector(selector);
  if (screen === null) throw new Error("no screen to watch");
  let awaited = false;
  const text = () => screen.textContent ?? "";
  let before = text();
  addEventListener("keydown", () => ([awaited, before] = [true, text()]), { capture: true });
  new MutationObserver(() => {
    if (!awaited || text() === before) return;
    awaited = false;
    performance.mark(cell);
    requestAnimationFrame(() => setTimeout(() => performance.mark(shown)));
  }).observe(screen, { subtree: true, childList: true, characterData: true });
}

/** Until there are `count` marks of a name. Polling would ask for frames, and who asks for a frame after
 * a key makes the browser put off whatever comes until then. */
function marked([name, count]: readonly [string, number]): Promise<void> {
  return new Promise((done) => {
    new PerformanceObserver((_, observer) => {
      if (performance.getEntriesByName(name).length < count) return;
      observer.disconnect();
      done();
    }).observe({ type: "mark", buffered: true });
  });
}

async function traced(session: CDPSession, work: () => Promise<void>): Promise<Traced[]> {
  const events: Traced[] = [];
  session.on("Tracing.dataCollected", ({ value }) =>
    events.push(...(value as unknown as Traced[])),
  );
  await session.send("Tracing.start", { categories: CATEGORIES, transferMode: "ReportEvents" });
  await work();
  const complete = new Promise((done) => session.once("Tracing.tracingComplete", done));
  await session.send("Tracing.end");
  await complete;
  return events.sort((a, b) => a.ts - b.ts);
}

/** For each key: until the end of the first paint that follows its mark. */
function latencies(events: readonly Traced[]): number[] {
  const all: number[] = [];
  let [pressed, marked] = [0, false];
  for (const { name, ts, dur = 0, args } of events) {
    if (name === "EventDispatch" && args.data?.type === "keydown") [pressed, marked] = [ts, false];
    else if (name === CELL) marked = true;
    else if (name === "Paint" && marked && pressed > 0) {
      all.push((ts + dur - pressed) / 1000);
      [pressed, marked] = [0, false];
    }
  }
  return all;
}
