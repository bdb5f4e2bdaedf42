// What a user does, as events. The keeper encodes them for the modes the program has set.

import type { Value } from "./wire/codec.ts";
import { bool, bytes, choice, list, names, optional, record, u8, u16, u32 } from "./wire/codec.ts";
import { typed } from "./wire/texts.ts";
import { nothing } from "./wire/values.ts";

const keypad = choice({
  Digit: [0, record({ digit: [0, u8] })],
  Decimal: [1, nothing],
  Divide: [2, nothing],
  Multiply: [3, nothing],
  Subtract: [4, nothing],
  Add: [5, nothing],
  Enter: [6, nothing],
  Equal: [7, nothing],
  Separator: [8, nothing],
  Left: [9, nothing],
  Right: [10, nothing],
  Up: [11, nothing],
  Down: [12, nothing],
  PageUp: [13, nothing],
  PageDown: [14, nothing],
  Home: [15, nothing],
  End: [16, nothing],
  Insert: [17, nothing],
  Delete: [18, nothing],
  Begin: [19, nothing],
});

const key = choice({
  /** The code point of the key's unshifted character in the current layout. */
  Char: [0, record({ char: [0, u32] })],
  Enter: [1, nothing],
  Tab: [2, nothing],
  Backspace: [3, nothing],
  Escape: [4, nothing],
  Up: [5, nothing],
  Down: [6, nothing],
  Right: [7, nothing],
  Left: [8, nothing],
  Home: [9, nothing],
  End: [10, nothing],
  PageUp: [11, nothing],
  PageDown: [12, nothing],
  Insert: [13, nothing],
  Delete: [14, nothing],
  Function: [15, record({ number: [0, u8] })],
  Keypad: [16, record({ key: [0, keypad] })],
  Functional: [17, record({ code: [0, u32] })],
});

const keyEvent = record({
  key: [0, key],
  mods: [1, u8],
  action: [2, names("Press", "Repeat", "Release")],
  /** The text that the key types, if any. */
  text: [3, optional(typed)],
  shifted: [4, optional(u32)],
  base: [5, optional(u32)],
});

const mouseEvent = record({
  action: [0, names("Press", "Release", "Motion")],
  button: [
    1,
    names(
      "None",
      "Left",
      "Middle",
      "Right",
      "WheelUp",
      "WheelDown",
      "WheelLeft",
      "WheelRight",
      "Back",
      "Forward",
    ),
  ],
  /** Cells of the session's screen, 0-based. */
  column: [2, u16],
  row: [3, u16],
  mods: [4, u8],
});

/** One numbered input of a stream, applied as a unit. */
export const inputEvent = choice({
  Key: [0, record({ event: [0, keyEvent] })],
  Keys: [1, record({ events: [0, list(keyEvent)] })],
  Paste: [2, record({ text: [0, typed] })],
  /** Paste, a short pause, Enter. */
  Submit: [3, record({ text: [0, typed], confirmed: [1, bool] })],
  Mouse: [4, record({ event: [0, mouseEvent] })],
  Raw: [5, record({ bytes: [0, bytes] })],
});

export type Key = Value<typeof key>;
export type Keypad = Value<typeof keypad>;
export type KeyEvent = Value<typeof keyEvent>;
export type MouseEvent = Value<typeof mouseEvent>;
export type InputEvent = Value<typeof inputEvent>;

/** Bits of `mods`. */
export const Mod = {
  Shift: 1,
  Alt: 2,
  Ctrl: 4,
  Super: 8,
  Hyper: 16,
  Meta: 32,
  CapsLock: 64,
  NumLock: 128,
} as const;
