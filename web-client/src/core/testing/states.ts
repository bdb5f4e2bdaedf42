// States of a screen that are told by their rows, and the updates between them.

import type { Row } from "../row.ts";
import type { Snapshot } from "../snapshot.ts";
import type { Segment, Update } from "../update.ts";

/** The first state. */
export function snapshot(rows: readonly Row[]): Snapshot {
  return {
    revision: { incarnation: 1n, counter: 1 },
    size: { cols: 100, rows: rows.length },
    book: "Main",
    rows,
    cursor: { row: 0, column: 0, visible: true, shape: "Default", blink: false },
    modes: {
      bracketedPaste: false,
      mouse: "Off",
      mouseEncoding: "X10",
      focus: false,
      applicationCursor: false,
      applicationKeypad: false,
      kitty: 0,
      modifyOtherKeys: 0,
      alternateScroll: false,
      reverseVideo: false,
      newline: false,
      backarrow: false,
    },
    title: "",
    directory: "",
    progress: { type: "None" },
    palette: { foreground: null, background: null, cursor: null, indexed: [] },
    top: 0,
    sealed: 0,
    first: 0,
    floor: 0,
  };
}

/** From the first state to the second. */
export function update(segments: readonly Segment[], more: Partial<Update> = {}): Update {
  return {
    from: { incarnation: 1n, counter: 1 },
    to: { incarnation: 1n, counter: 2 },
    segments,
    size: null,
    book: null,
    cursor: null,
    modes: null,
    title: null,
    directory: null,
    progress: null,
    palette: null,
    top: null,
    sealed: null,
    first: null,
    floor: null,
    ...more,
  };
}
