// What was found, marked over the rows that are mounted.

import type { LineNo } from "../core/ids.ts";
import { child } from "./element.ts";
import type { Cell } from "./font.ts";
import type { Lines } from "./lines.ts";
import type { Window } from "./ruler.ts";

/** Columns `[from, to)`, by line. */
export type Spans = ReadonlyMap<LineNo, readonly (readonly [from: number, to: number])[]>;

export class Marks {
  /** What is marked, at the next `paint`. */
  spans: Spans = new Map();
  readonly #parent: HTMLElement;
  #shown: HTMLElement[] = [];

  constructor(parent: HTMLElement) {
    this.#parent = parent;
  }

  paint(lines: Lines, { width, height }: Cell, window: Window): void {
    for (const old of this.#shown) old.remove();
    this.#shown = [];
    for (const [line, spans] of this.spans) {
      if (lines.row(line) === null) continue;
      for (const [from, to] of spans) {
        const mark = child(this.#parent, "mark");
        this.#shown.push(mark);
        mark.style.left = `${from * width}px`;
        mark.style.top = `${(line - window.base) * height}px`;
        mark.style.width = `${(to - from) * width}px`;
      }
    }
  }
}
