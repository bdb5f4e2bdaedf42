// New lines, read out: what came since the last time, not more often than somebody can listen.

import { rowText } from "../core/row.ts";
import type { Snapshot } from "../core/snapshot.ts";

/** Milliseconds between two texts. */
const EVERY = 2_000;
/** Lines of one text; of more, the newest. */
const LINES = 6;

/** Lines of `now` that `before` did not have, the newest at the end. */
export function fresh(before: Snapshot | null, now: Snapshot): string[] {
  const known = new Set(before?.rows.map(rowText));
  const lines = now.rows.map(rowText).map((line) => line.trim());
  return lines.filter((line) => line !== "" && !known.has(line)).slice(-LINES);
}

export class Announcer {
  readonly #say: (text: string) => void;
  #before: Snapshot | null = null;
  #latest: Snapshot | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  changed(snapshot: Snapshot): void {
    this.#before ??= snapshot;
    this.#latest = snapshot;
    this.#timer ??= setTimeout(() => this.#speak(), EVERY);
  }

  #speak(): void {
    this.#timer = undefined;
    if (this.#latest === null) return;
    const lines = fresh(this.#before, this.#latest);
    this.#before = this.#latest;
    if (lines.length > 0) this.#say(lines.join("\n"));
  }
}
