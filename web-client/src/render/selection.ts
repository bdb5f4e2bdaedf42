// What is selected, as lines and columns: it survives that rows are unmounted, and is copied with
// soft wraps joined.

import type { Book, LineNo } from "../core/ids.ts";
import type { Hit } from "../core/message.ts";
import { cellText, type Row } from "../core/row.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { charCount } from "../core/text.ts";
import type { Fetch } from "./history.ts";
import type { Terminal } from "./terminal.ts";

/** A place between cells. */
export interface Place {
  readonly line: LineNo;
  readonly column: number;
}

/** Rows that one copy takes at most. */
const MAX_ROWS = 100_000;
/** Rows of one request. */
const STEP = 2_000;
/** Rows among which a shell that marks its commands has left a mark. */
const UNMARKED = 10_000;

/** The output of a command, or why there is none. */
export type Output = { readonly text: string } | { readonly why: "Unmarked" | "TooLong" };

/** The text between two places; rows that are wrapped go on without a line feed. */
export function textBetween(rows: readonly Row[], from: number, to: number): string {
  let text = "";
  for (const [n, row] of rows.entries()) {
    const [first, last] = [n === 0, n === rows.length - 1];
    const part = cellText(row, first ? from : 0, last ? to : Number.POSITIVE_INFINITY);
    text += row.wrapped || last ? part : `${part.trimEnd()}\n`;
  }
  return text;
}

/** The column behind the first `chars` characters of a row's text. */
export function columnOf(row: Row, chars: number): number {
  let [column, left] = [0, chars];
  for (const run of row.runs) {
    const count = charCount(run.text);
    if (left < count) return column + (run.cluster ? 0 : left);
    left -= count;
    column += run.cells;
  }
  return column;
}

export class Selection {
  readonly #terminal: Terminal;
  readonly #snapshot: () => Snapshot | null;
  readonly #fetch: Fetch;
  readonly #abort = new AbortController();
  #ends: readonly [Place, Place] | null = null;

  constructor(terminal: Terminal, snapshot: () => Snapshot | null, fetch: Fetch) {
    this.#terminal = terminal;
    this.#snapshot = snapshot;
    this.#fetch = fetch;
    const { signal } = this.#abort;
    document.addEventListener("selectionchange", () => this.#changed(), { signal });
    document.addEventListener("copy", (event) => this.#copied(event), { signal });
  }

  dispose(): void {
    this.#abort.abort();
  }

  /** What is selected; empty if nothing is. */
  async text(): Promise<string> {
    if (this.#ends === null) return "";
    const [from, to] = this.#ends;
    const rows = await this.#rows(from.line, to.line + 1);
    return textBetween(rows, from.column, to.column);
  }

  /** Output of the last command that has ended, if the shell marks them. */
  async lastOutput(): Promise<Output> {
    const snapshot = this.#snapshot();
    if (snapshot === null) return { why: "Unmarked" };
    return lastOutput(snapshot, this.#fetch);
  }

  #changed(): void {
    const selection = document.getSelection();
    const range = selection?.rangeCount ? selection.getRangeAt(0) : null;
    const ours = this.#terminal.element.contains(range?.commonAncestorContainer ?? null);
    if (range === null || range.collapsed || !ours) {
      // Who goes on to type into another field has not given up what is selected here.
      if (document.activeElement?.closest("dialog, form")) return;
      this.#ends = null;
    } else {
      const [from, to] = [
        this.#place(range.startContainer, range.startOffset),
        this.#place(range.endContainer, range.endOffset),
      ];
      this.#ends = from === null || to === null ? null : [from, to];
    }
    this.#terminal.pin(this.#ends?.map(({ line }) => line) ?? []);
  }

  #place(node: Node, offset: number): Place | null {
    const line = this.#terminal.lines.lineOf(node);
    if (line === null) return null;
    const row = this.#terminal.lines.row(line);
    const start = node instanceof Element ? node : node.parentElement;
    const element = start?.closest(".row");
    if (row === null || !element) return null;
    const before = document.createRange();
    before.setStart(element, 0);
    before.setEnd(node, offset);
    return { line, column: columnOf(row, charCount(before.toString())) };
  }

  #copied(event: ClipboardEvent): void {
    if (this.#ends === null) return;
    event.preventDefault();
    const [from, to] = this.#ends;
    const rows: Row[] = [];
    for (let line = from.line; line <= to.line; line += 1) {
      const row = this.#known(line);
      if (row === null) break;
      rows.push(row);
    }
    if (rows.length === to.line - from.line + 1) {
      event.clipboardData?.setData("text/plain", textBetween(rows, from.column, to.column));
    } else {
      void this.text().then((text) => navigator.clipboard.writeText(text));
    }
  }

  #known(line: LineNo): Row | null {
    const snapshot = this.#snapshot();
    if (snapshot !== null && line >= snapshot.top)
      return snapshot.rows[line - snapshot.top] ?? null;
    return this.#terminal.lines.row(line);
  }

  /** Rows `[from, end)`, those that are not here from the keeper. */
  async #rows(from: LineNo, end: LineNo): Promise<Row[]> {
    const snapshot = this.#snapshot();
    if (snapshot === null) return [];
    const stop = Math.min(end, snapshot.top, from + MAX_ROWS);
    const rows = await rowsOf(this.#fetch, snapshot.book, from, stop);
    const visible = snapshot.rows.slice(
      Math.max(0, from - snapshot.top),
      Math.max(0, end - snapshot.top),
    );
    return [...rows, ...visible];
  }
}

/** Rows `[from, end)` of history, as far as they can be had. */
async function rowsOf(fetch: Fetch, book: Book, from: LineNo, end: LineNo): Promise<Row[]> {
  const rows: Row[] = [];
  for (let line = from; line < end; ) {
    const found = await fetch(book, line, Math.min(STEP, end - line));
    if (found === null || found.rows.length === 0) break;
    rows.push(...found.rows);
    line = found.from + found.rows.length;
  }
  return rows;
}

/** Goes back from the screen to where the last command's output begins. */
export async function lastOutput(snapshot: Snapshot, fetch: Fetch): Promise<Output> {
  const { book, first, floor, top } = snapshot;
  const oldest = Math.max(first, floor);
  let rows: readonly Row[] = snapshot.rows;
  for (let from = top; ; ) {
    const text = outputOf(rows);
    if (text !== null) return { text };
    const marked = rows.some(({ marks }) => marks.length > 0);
    if (from <= oldest || (!marked && top - from >= UNMARKED)) return { why: "Unmarked" };
    if (top - from >= MAX_ROWS) return { why: "TooLong" };
    const start = Math.max(oldest, from - STEP);
    rows = [...(await rowsOf(fetch, book, start, from)), ...rows];
    from = start;
  }
}

/** The text from the last output mark that an end mark follows; `null` without such marks. */
export function outputOf(rows: readonly Row[]): string | null {
  const marks = rows.flatMap((row, n) => row.marks.map((mark) => ({ ...mark, n })));
  const end = marks.findLastIndex(({ kind }) => kind === "End");
  const start = marks.slice(0, Math.max(0, end)).findLastIndex(({ kind }) => kind === "Output");
  const [from, to] = [marks[start], marks[end]];
  if (from === undefined || to === undefined) return null;
  return textBetween(rows.slice(from.n, to.n + 1), from.column, to.column).replace(/\n+$/, "");
}

/** Where hits are marked: spans of columns by line. */
export function marksOf(
  hits: readonly Hit[],
  cols: number,
): ReadonlyMap<LineNo, readonly (readonly [number, number])[]> {
  const marks = new Map<LineNo, (readonly [number, number])[]>();
  const add = (line: LineNo, from: number, to: number) => {
    marks.set(line, [...(marks.get(line) ?? []), [from, to]]);
  };
  for (const { start, column, end, endColumn } of hits) {
    for (let line = start; line <= end; line += 1) {
      add(line, line === start ? column : 0, line === end ? endColumn : cols);
    }
  }
  return marks;
}
