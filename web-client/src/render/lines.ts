// The mounted rows: one element per line, in the order of the lines, so that a selection runs over
// them as it does over the text.

import type { LineNo } from "../core/ids.ts";
import { type Row, sameRow } from "../core/row.ts";
import type { RowPainter } from "./row.ts";

interface Mounted {
  readonly element: HTMLElement;
  row: Row | null;
}

export class Lines {
  readonly #parent: HTMLElement;
  readonly #mounted = new Map<LineNo, Mounted>();
  /** The lines of `#mounted`, ascending. */
  #order: LineNo[] = [];

  constructor(parent: HTMLElement) {
    this.#parent = parent;
  }

  /** Shows `row` at `y` pixels; `null`: a row that is still to come. Untouched where equal. */
  show(line: LineNo, row: Row | null, y: number, painter: RowPainter): void {
    const mounted = this.#mounted.get(line) ?? this.#mount(line);
    const top = `${y}px`;
    if (mounted.element.style.top !== top) mounted.element.style.top = top;
    if (row === null || (mounted.row !== null && sameRow(mounted.row, row))) return;
    const before = mounted.row;
    mounted.row = row;
    mounted.element.classList.remove("missing");
    painter.fill(mounted.element, row, before);
  }

  /** Unmounts all lines that `keep` does not name. */
  prune(keep: (line: LineNo) => boolean): void {
    const gone = this.#order.filter((line) => !keep(line));
    if (gone.length === 0) return;
    for (const line of gone) {
      this.#mounted.get(line)?.element.remove();
      this.#mounted.delete(line);
    }
    this.#order = this.#order.filter((line) => this.#mounted.has(line));
  }

  /** Every row is painted anew at its next `show`. */
  forget(): void {
    for (const mounted of this.#mounted.values()) mounted.row = null;
  }

  clear(): void {
    this.prune(() => false);
  }

  row(line: LineNo): Row | null {
    return this.#mounted.get(line)?.row ?? null;
  }

  /** The line whose element holds `node`. */
  lineOf(node: Node | null): LineNo | null {
    const start = node instanceof Element ? node : (node?.parentElement ?? null);
    const line = start?.closest<HTMLElement>(".row")?.dataset.line;
    return line === undefined ? null : Number(line);
  }

  #mount(line: LineNo): Mounted {
    const element = document.createElement("div");
    element.className = "row missing";
    element.dataset.line = String(line);
    const mounted = { element, row: null };
    const at = this.#placeOf(line);
    const next = this.#order[at];
    const before = next === undefined ? null : (this.#mounted.get(next)?.element ?? null);
    this.#parent.insertBefore(element, before);
    this.#order.splice(at, 0, line);
    this.#mounted.set(line, mounted);
    return mounted;
  }

  #placeOf(line: LineNo): number {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#order[middle] ?? 0) < line) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
