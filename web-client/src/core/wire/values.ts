// The values that messages share.

import { hex, type Id, type Size, unhex } from "../ids.ts";
import { MAX_SIDE } from "../limits.ts";
import {
  bool,
  bytes,
  type Codec,
  choice,
  list,
  mapped,
  names,
  optional,
  record,
  u8,
  u16,
  u64,
  uint,
  WireError,
  wide,
} from "./codec.ts";

/** 16 bytes. */
export const id: Codec<Id> = mapped(
  bytes,
  (raw) => {
    if (raw.length !== 16) throw new WireError("an id has 16 bytes");
    return hex(raw);
  },
  unhex,
);

export const revision = record({ incarnation: [0, wide], counter: [1, u64] });

const side = mapped(
  u16,
  (value) => {
    if (value < 1 || value > MAX_SIDE) throw new WireError("a size outside 1 to 1000");
    return value;
  },
  (value) => value,
);

export const size: Codec<Size> = record({ cols: [0, side], rows: [1, side] });
export const book = names("Main", "Alternate");

export const cursor = record({
  row: [0, u16],
  column: [1, u16],
  visible: [2, bool],
  shape: [3, names("Default", "Block", "Underline", "Bar")],
  blink: [4, bool],
});

export const modes = record({
  bracketedPaste: [0, bool],
  mouse: [1, names("Off", "X10", "Normal", "Button", "Any")],
  mouseEncoding: [2, names("X10", "Utf8", "Sgr", "Urxvt", "SgrPixels")],
  focus: [3, bool],
  applicationCursor: [4, bool],
  applicationKeypad: [5, bool],
  kitty: [6, u8],
  modifyOtherKeys: [7, u8],
  alternateScroll: [8, bool],
  reverseVideo: [9, bool],
  newline: [10, bool],
  backarrow: [11, bool],
});

export const nothing = record({});

const percent = record({ percent: [0, u8] });

export const progress = choice({
  None: [0, nothing],
  Normal: [1, percent],
  Error: [2, percent],
  Indeterminate: [3, nothing],
  Paused: [4, percent],
});

const rgb = uint(0xff_ffff);

const indexed: Codec<readonly [number, number]> = {
  read: (raw) => {
    if (!Array.isArray(raw) || raw.length !== 2) throw new WireError("a changed colour is a pair");
    return [u8.read(raw[0]), rgb.read(raw[1])];
  },
  write: (value) => value,
};

export const palette = record({
  foreground: [0, optional(rgb)],
  background: [1, optional(rgb)],
  cursor: [2, optional(rgb)],
  indexed: [3, list(indexed)],
});
