// Rows of history as the page has them: in blocks by line number, the least recently used dropped
// first. Rows that can still change are asked for again.

import type { Book, LineNo } from "../core/ids.ts";
import type { Row } from "../core/row.ts";

/** Rows of one block. */
export const BLOCK = 200;
/** Blocks that are kept. */
const MAX_BLOCKS = 60;
/** Milliseconds after which rows that can still change are asked for again. */
const STALE = 1_000;
/** Milliseconds until rows that could not be had are asked for again, if they are still wanted. */
const RETRY = 500;

/** Rows `[from, from + rows.length)` of a book. */
export interface Rows {
  readonly from: LineNo;
  readonly rows: readonly Row[];
}

/** Asks the keeper for rows `[from, from + count)`; `null` where they cannot be had. */
export type Fetch = (book: Book, from: LineNo, count: number) => Promise<Rows | null>;

interface Block {
  readonly rows: Map<LineNo, Row>;
  stale: boolean;
}

/** The history of one book of one session. */
export class History {
  readonly #book: Book;
  readonly #fetch: Fetch;
  readonly #came: () => void;
  readonly #blocks = new Map<number, Block>();
  readonly #asked = new Set<number>();
  #doubted = 0;

  /** `came`: called when rows that were asked for are here. */
  constructor(book: Book, fetch: Fetch, came: () => void) {
    this.#book = book;
    this.#fetch = fetch;
    this.#came = came;
  }

  get book(): Book {
    return this.#book;
  }

  /** The screen changed. `moved`: rows may have been pulled back or wrapped anew. */
  changed(sealed: LineNo, moved: boolean, now: number): void {
    if (!moved && now - this.#doubted < STALE) return;
    this.#doubted = now;
    for (const [number, block] of this.#blocks) {
      if ((number + 1) * BLOCK <= sealed) continue;
      block.stale = true;
      if (!moved) continue;
      for (const line of block.rows.keys()) if (line >= sealed) block.rows.delete(line);
    }
  }

  row(line: LineNo): Row | null {
    const number = Math.floor(line / BLOCK);
    const block = this.#blocks.get(number);
    if (block === undefined) return null;
    // The map's order is that of use.
    this.#blocks.delete(number);
    this.#blocks.set(number, block);
    return block.rows.get(line) ?? null;
  }

  /** Asks for the rows `[from, end)` that are not here, a block at a time. */
  want(from: LineNo, end: LineNo): void {
    for (let number = Math.floor(from / BLOCK); number * BLOCK < end; number += 1) {
      const start = Math.max(from, number * BLOCK);
      const stop = Math.min(end, (number + 1) * BLOCK);
      if (!this.#has(number, start, stop) && !this.#asked.has(number)) void this.#ask(number);
    }
  }

  #has(number: number, from: LineNo, end: LineNo): boolean {
    const block = this.#blocks.get(number);
    if (block === undefined || block.stale) return false;
    for (let line = from; line < end; line += 1) if (!block.rows.has(line)) return false;
    return true;
  }

  async #ask(number: number): Promise<void> {
    this.#asked.add(number);
    const found = await this.#fetch(this.#book, number * BLOCK, BLOCK);
    this.#asked.delete(number);
    if (found === null) setTimeout(this.#came, RETRY);
    if (found === null || found.rows.length === 0) return;
    const rows = new Map(found.rows.map((row, n) => [found.from + n, row]));
    this.#blocks.set(number, { rows, stale: false });
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= MAX_BLOCKS) break;
      this.#blocks.delete(oldest);
    }
    this.#came();
  }
}
