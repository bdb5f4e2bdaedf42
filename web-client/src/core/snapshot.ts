// A snapshot: the visible state of a session at one revision, as a value.

import type { Book, LineNo, Revision, Size } from "./ids.ts";
import type { Row } from "./row.ts";

export type CursorShape = "Default" | "Block" | "Underline" | "Bar";

/** 0-based, always inside the screen. */
export interface Cursor {
  readonly row: number;
  readonly column: number;
  readonly visible: boolean;
  readonly shape: CursorShape;
  readonly blink: boolean;
}

export type MouseTracking = "Off" | "X10" | "Normal" | "Button" | "Any";
export type MouseEncoding = "X10" | "Utf8" | "Sgr" | "Urxvt" | "SgrPixels";

/** The modes that matter to a viewer. */
export interface Modes {
  readonly bracketedPaste: boolean;
  readonly mouse: MouseTracking;
  readonly mouseEncoding: MouseEncoding;
  readonly focus: boolean;
  readonly applicationCursor: boolean;
  readonly applicationKeypad: boolean;
  readonly kitty: number;
  readonly modifyOtherKeys: number;
  readonly alternateScroll: boolean;
  readonly reverseVideo: boolean;
  readonly newline: boolean;
  readonly backarrow: boolean;
}

/** Percent where there is a number. */
export type Progress =
  | { readonly type: "None" }
  | { readonly type: "Normal"; readonly percent: number }
  | { readonly type: "Error"; readonly percent: number }
  | { readonly type: "Indeterminate" }
  | { readonly type: "Paused"; readonly percent: number };

/** `0xRRGGBB`. */
export type Rgb = number;

/** Colours that the program changed, as differences from the viewer's own. */
export interface Palette {
  readonly foreground: Rgb | null;
  readonly background: Rgb | null;
  readonly cursor: Rgb | null;
  /** By index, ascending, each index once. */
  readonly indexed: readonly (readonly [number, Rgb])[];
}

export interface Snapshot {
  readonly revision: Revision;
  readonly size: Size;
  readonly book: Book;
  /** Exactly `size.rows`, none wider than `size.cols`. */
  readonly rows: readonly Row[];
  readonly cursor: Cursor;
  readonly modes: Modes;
  readonly title: string;
  readonly directory: string;
  readonly progress: Progress;
  readonly palette: Palette;
  /** Number of the first visible row in `book`. */
  readonly top: LineNo;
  /** Rows of `book` below this number never change again. */
  readonly sealed: LineNo;
  /** Oldest row still kept. */
  readonly first: LineNo;
  /** Where views of history begin. */
  readonly floor: LineNo;
}

/** The invariants that do not follow from how rows are read; `null`, or which one is broken. */
export function brokenFrame(snapshot: Snapshot): string | null {
  const { rows, size, cursor, palette } = snapshot;
  if (rows.length !== size.rows) return "the number of rows is not the height";
  if (rows.some((row) => row.cells > size.cols)) return "a row is wider than the screen";
  if (cursor.row >= size.rows || cursor.column >= size.cols)
    return "the cursor is outside the screen";
  let before = -1;
  for (const [index] of palette.indexed) {
    if (index <= before) return "palette indices do not ascend";
    before = index;
  }
  return null;
}
