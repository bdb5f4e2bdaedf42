// The cursor: an element above the cell it is on.

import { cellAt } from "../core/row.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { css } from "./colors.ts";
import { child } from "./element.ts";
import type { RowPainter } from "./row.ts";
import type { Window } from "./ruler.ts";

export class Cursor {
  readonly #element: HTMLElement;

  constructor(parent: HTMLElement) {
    this.#element = child(parent, "cursor");
    this.#element.ariaHidden = "true";
  }

  paint({ cursor, rows, top }: Snapshot, painter: RowPainter, window: Window): void {
    const row = rows[cursor.row];
    // Outside of the window it would stretch the scroll area to where it is.
    const inside = row !== undefined && top + cursor.row < window.end;
    this.#element.hidden = !cursor.visible || !inside;
    if (!inside) return;
    const { width, height } = painter.font.cell;
    const cell = cellAt(row, cursor.column);
    const { style } = this.#element;
    const name = `cursor ${cursor.shape.toLowerCase()}${cursor.blink ? " blinking" : ""}`;
    if (this.#element.className !== name) this.#element.className = name;
    const text = cursor.shape === "Default" || cursor.shape === "Block" ? cell.text : "";
    if (this.#element.textContent !== text) this.#element.textContent = text;
    style.left = `${cell.column * width}px`;
    style.top = `${(top + cursor.row - window.base) * height}px`;
    style.width = `${cell.cells * width}px`;
    style.setProperty("--cursor", css(painter.colors.cursor));
    style.color = css(painter.colors.background);
  }
}

/** Whether the cursor is somewhere else, for who reads along. */
export function movesCursor(before: Snapshot, now: Snapshot): boolean {
  const [old, cursor] = [before.cursor, now.cursor];
  const moved = old.row !== cursor.row || old.column !== cursor.column || !old.visible;
  const scrolled =
    before.top !== now.top || before.book !== now.book || before.size.rows !== now.size.rows;
  return scrolled || (cursor.visible && moved);
}
