// A session's text that has left its cells: paragraphs, each as the program wrote it, with soft wraps
// joined. One that is still the same is the same object, so that nobody writes it anew.

import type { Book, LineNo } from "../core/ids.ts";
import { type Row, rowText, sameRow } from "../core/row.ts";
import type { Snapshot } from "../core/snapshot.ts";

/** Rows of history that are kept; beyond, the oldest are dropped. */
export const MOST = 5_000;
/** Rows of history asked for at a time. */
const STEP = 400;

export interface Paragraph {
  /** Of its first row: what a paragraph is told apart by. */
  readonly line: LineNo;
  readonly rows: readonly Row[];
}

/** Rows `[from, end)` that are to be asked for. */
export interface Wanted {
  readonly from: LineNo;
  readonly end: LineNo;
}

/** The text above the screen as far as it is here, and the screen. */
export class Prose {
  #snapshot: Snapshot;
  #from: LineNo;
  #history: Row[] = [];
  #paragraphs: readonly Paragraph[] = [];

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
    this.#from = snapshot.top;
    this.changed(snapshot);
  }

  get book(): Book {
    return this.#snapshot.book;
  }

  get paragraphs(): readonly Paragraph[] {
    return this.#paragraphs;
  }

  /** What comes next above, if there is more and room for it. */
  get older(): Wanted | null {
    const oldest = Math.max(this.#snapshot.first, this.#snapshot.floor);
    const room = Math.min(STEP, MOST - this.#history.length);
    const from = Math.max(oldest, this.#from - room);
    return from < this.#from ? { from, end: this.#from } : null;
  }

  /** Rows between what is here and the screen. */
  get gap(): number {
    return this.#snapshot.top - this.#end;
  }

  /** No more of what is older has room. */
  get full(): boolean {
    return this.#history.length >= MOST;
  }

  /** What has left the screen and is not here. */
  get newer(): Wanted | null {
    const [from, { top }] = [this.#end, this.#snapshot];
    return from < top ? { from, end: Math.min(top, from + STEP) } : null;
  }

  get #end(): LineNo {
    return this.#from + this.#history.length;
  }

  /** The session has another state. */
  changed(snapshot: Snapshot): void {
    const before = this.#snapshot;
    this.#snapshot = snapshot;
    const { book, top, size, sealed, first, floor } = snapshot;
    if (book !== before.book || Math.max(first, floor) > this.#end) {
      [this.#from, this.#history] = [top, []];
    }
    // Rows may have been pulled back to the screen, and what is not sealed wrapped anew.
    const moved = top < before.top || size.cols !== before.size.cols;
    const end = moved ? Math.min(top, Math.max(sealed, this.#from)) : top;
    if (end < this.#end) this.#history.length = Math.max(0, end - this.#from);
    if (this.#history.length === 0) this.#from = Math.min(this.#from, top);
    this.#join();
  }

  /** Rows that were asked for are here; `false`: they do not belong here any more. */
  came(from: LineNo, rows: readonly Row[]): boolean {
    const end = from + rows.length;
    if (rows.length === 0 || end > this.#snapshot.top) return false;
    if (end === this.#from) {
      this.#history = [...rows, ...this.#history];
      this.#from = from;
    } else if (from === this.#end) {
      this.#history.push(...rows);
      const excess = Math.max(0, this.#history.length - MOST);
      this.#history.splice(0, excess);
      this.#from += excess;
    } else {
      return false;
    }
    this.#join();
    return true;
  }

  #join(): void {
    const { top, rows } = this.#snapshot;
    const known = new Map(this.#paragraphs.map((paragraph) => [paragraph.line, paragraph]));
    const all: Paragraph[] = [];
    let [line, begun] = [top, [] as Row[]];
    const end = () => {
      const before = known.get(line);
      if (begun.length > 0) {
        const paragraph = { line, rows: begun };
        all.push(before !== undefined && same(before.rows, begun) ? before : paragraph);
      }
      begun = [];
    };
    const add = (at: LineNo, row: Row) => {
      if (begun.length === 0) line = at;
      begun.push(row);
      if (!row.wrapped) end();
    };
    for (const [n, row] of this.#history.entries()) add(this.#from + n, row);
    // Rows between what is here and the screen are still to come.
    if (this.#end !== top) end();
    for (const [n, row] of rows.entries()) add(top + n, row);
    end();
    while (all.at(-1)?.rows.every((row) => rowText(row).trim() === "")) all.pop();
    this.#paragraphs = all;
  }
}

function same(a: readonly Row[], b: readonly Row[]): boolean {
  const equal = (row: Row, other: Row | undefined) => other !== undefined && sameRow(row, other);
  return a.length === b.length && a.every((row, n) => equal(row, b[n]));
}
