// A row: one line of a screen or of history, as an immutable value.

import { MAX_MARKS, MAX_ROW_LINKS } from "./limits.ts";
import { type Link, type Pen, PLAIN, samePen } from "./style.ts";
import { byteLength, charCount, endOf } from "./text.ts";

/** Neighbouring cells that share a pen. */
export interface Run {
  readonly text: string;
  /** Columns, at least 1. */
  readonly cells: number;
  /** The text is one grapheme cluster; else every character is one column. */
  readonly cluster: boolean;
  readonly pen: Pen;
}

export type MarkKind = "Prompt" | "Command" | "Output" | "End";

/** What a shell said about a place in a row (OSC 133). */
export interface Mark {
  readonly column: number;
  readonly kind: MarkKind;
  /** Of `End`, if the shell gave one. */
  readonly code: number | null;
}

/**
 * One line in canonical form, so that equal pictures are equal values: simple runs of equal pens
 * are merged; where the row is not `wrapped`, trailing blanks of the plain pen are absent.
 */
export interface Row {
  readonly runs: readonly Run[];
  readonly marks: readonly Mark[];
  /** The row goes on in the next one. */
  readonly wrapped: boolean;
  /** Columns that the runs cover. */
  readonly cells: number;
}

const NO_MARKS: readonly Mark[] = [];

export const BLANK: Row = { runs: [], marks: NO_MARKS, wrapped: false, cells: 0 };

export function rowText(row: Row): string {
  let text = "";
  for (const run of row.runs) text += run.text;
  return text;
}

/** Builds a row left to right and brings it into canonical form. */
export class RowBuilder {
  #runs: Run[] = [];
  #marks: Mark[] = [];
  #links = new Map<string, Link>();
  #linkBytes = 0;

  /** Text of which every character is one column. */
  simple(text: string, pen: Pen): void {
    if (text === "") return;
    const admitted = this.#admitted(pen);
    const last = this.#runs.at(-1);
    const cells = charCount(text);
    if (last && !last.cluster && samePen(last.pen, admitted)) {
      const joined = { text: last.text + text, cells: last.cells + cells };
      this.#runs[this.#runs.length - 1] = { ...joined, cluster: false, pen: last.pen };
    } else {
      this.#runs.push({ text, cells, cluster: false, pen: admitted });
    }
  }

  /** One grapheme cluster. A single character of one column becomes simple text. */
  cluster(text: string, cells: number, pen: Pen): void {
    if (cells === 1 && endOf(text, 1) === text.length) this.simple(text, pen);
    else this.#runs.push({ text, cells, cluster: true, pen: this.#admitted(pen) });
  }

  run(run: Run): void {
    if (run.cluster) this.cluster(run.text, run.cells, run.pen);
    else this.simple(run.text, run.pen);
  }

  mark(mark: Mark): void {
    if (this.#marks.length < MAX_MARKS) this.#marks.push(mark);
  }

  /** The row; the builder is empty afterwards and may be used again. */
  finish(wrapped: boolean): Row {
    if (!wrapped) this.#trim();
    return this.finishPatch(wrapped);
  }

  /** As `finish`, but trailing blanks stay. */
  finishPatch(wrapped: boolean): Row {
    const runs = this.#runs;
    const marks = this.#marks.length > 0 ? this.#marks : NO_MARKS;
    const cells = runs.reduce((sum, run) => sum + run.cells, 0);
    this.#runs = [];
    this.#marks = [];
    this.#links.clear();
    this.#linkBytes = 0;
    if (runs.length === 0 && marks === NO_MARKS && !wrapped) return BLANK;
    return { runs, marks, wrapped, cells };
  }

  /** The pen, without its link where the row has no room for it. */
  #admitted(pen: Pen): Pen {
    const link = pen.link;
    if (link === null) return pen;
    const key = `${link.id}\n${link.uri}`;
    if (this.#links.has(key)) return pen;
    const bytes = this.#linkBytes + byteLength(link.id) + byteLength(link.uri);
    if (bytes > MAX_ROW_LINKS) return { ...pen, link: null };
    this.#linkBytes = bytes;
    this.#links.set(key, link);
    return pen;
  }

  #trim(): void {
    const last = this.#runs.at(-1);
    if (!last || last.cluster || !samePen(last.pen, PLAIN)) return;
    const text = last.text.replace(/ +$/, "");
    this.#runs.pop();
    if (text !== "") {
      const cells = last.cells - (last.text.length - text.length);
      this.#runs.push({ text, cells, cluster: false, pen: last.pen });
    }
  }
}

/** A border that would split a cluster, or lies outside the row. */
export class SplitError extends Error {}

/** Appends the cells `[from, to)` of `row`; `to` may lie behind its end only if it is infinite. */
export function writeCells(row: Row, from: number, to: number, builder: RowBuilder): void {
  let column = 0;
  for (const run of row.runs) {
    const [start, end] = [Math.max(from, column), Math.min(to, column + run.cells)];
    if (start < end) builder.run(piece(run, start - column, end - column));
    column += run.cells;
  }
  if (from > column || (to > column && to !== Number.POSITIVE_INFINITY)) {
    throw new SplitError("outside its row");
  }
}

/** The cells `[from, to)` of a run. */
function piece(run: Run, from: number, to: number): Run {
  if (from === 0 && to === run.cells) return run;
  if (run.cluster) throw new SplitError("inside a cluster");
  const text = run.text.slice(endOf(run.text, from), endOf(run.text, to));
  return { text, cells: to - from, cluster: false, pen: run.pen };
}

export function sameRow(a: Row, b: Row): boolean {
  if (a === b) return true;
  if (a.cells !== b.cells || a.wrapped !== b.wrapped || a.runs.length !== b.runs.length)
    return false;
  const runs = a.runs.every((run, n) => {
    const other = b.runs[n];
    return other !== undefined && sameRun(run, other);
  });
  return runs && (a.marks === b.marks || JSON.stringify(a.marks) === JSON.stringify(b.marks));
}

export function sameRun(a: Run, b: Run): boolean {
  return (
    a.text === b.text && a.cells === b.cells && a.cluster === b.cluster && samePen(a.pen, b.pen)
  );
}

/** Text of the cells `[from, to)`; a cluster counts whole if its first cell is inside. */
export function cellText(row: Row, from: number, to: number): string {
  let [text, column] = ["", 0];
  for (const run of row.runs) {
    if (run.cluster) {
      if (column >= from && column < to) text += run.text;
    } else {
      const [start, end] = [Math.max(from - column, 0), Math.min(to - column, run.cells)];
      if (start < end) text += run.text.slice(endOf(run.text, start), endOf(run.text, end));
    }
    column += run.cells;
  }
  return text;
}

/** What is at a column: a cluster's first column and text, or one character. Blanks where nothing is. */
export interface CellAt {
  readonly text: string;
  readonly column: number;
  readonly cells: number;
  readonly pen: Pen;
}

export function cellAt(row: Row, column: number): CellAt {
  let start = 0;
  for (const run of row.runs) {
    const end = start + run.cells;
    if (column < end && run.cluster)
      return { text: run.text, column: start, cells: run.cells, pen: run.pen };
    if (column < end) {
      const text = run.text.slice(
        endOf(run.text, column - start),
        endOf(run.text, column - start + 1),
      );
      return { text, column, cells: 1, pen: run.pen };
    }
    start = end;
  }
  return { text: " ", column, cells: 1, pen: PLAIN };
}
