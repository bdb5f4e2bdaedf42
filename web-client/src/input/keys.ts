// What a key of the browser is as a key event of the session. Pure: takes what a KeyboardEvent says.

import { type Key, type KeyEvent, type Keypad, Mod } from "../core/input.ts";

/** What of a KeyboardEvent counts. */
export interface Pressed {
  readonly type: string;
  readonly key: string;
  readonly code: string;
  readonly location: number;
  readonly repeat: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  getModifierState(name: string): boolean;
}

/** What the program asked for, and what the machine's layout is. */
export interface Keyboard {
  /** Kitty flags in force. */
  readonly kitty: number;
  /** On Macs, Option types characters, and Command is the browser's. */
  readonly mac: boolean;
}

type Simple = Exclude<Key["type"], "Char" | "Function" | "Keypad" | "Functional">;

const NAMED: Readonly<Record<string, Simple>> = {
  Enter: "Enter",
  Tab: "Tab",
  Backspace: "Backspace",
  Escape: "Escape",
  ArrowUp: "Up",
  ArrowDown: "Down",
  ArrowRight: "Right",
  ArrowLeft: "Left",
  Home: "Home",
  End: "End",
  PageUp: "PageUp",
  PageDown: "PageDown",
  Insert: "Insert",
  Delete: "Delete",
};

const KEYPAD: Readonly<Record<string, Exclude<Keypad["type"], "Digit">>> = {
  NumpadDecimal: "Decimal",
  NumpadDivide: "Divide",
  NumpadMultiply: "Multiply",
  NumpadSubtract: "Subtract",
  NumpadAdd: "Add",
  NumpadEnter: "Enter",
  NumpadEqual: "Equal",
  NumpadComma: "Separator",
};

/** Keys of the pad without Num Lock, by what they type. */
const KEYPAD_MOVES: Readonly<Record<string, Exclude<Keypad["type"], "Digit">>> = {
  ArrowLeft: "Left",
  ArrowRight: "Right",
  ArrowUp: "Up",
  ArrowDown: "Down",
  PageUp: "PageUp",
  PageDown: "PageDown",
  Home: "Home",
  End: "End",
  Insert: "Insert",
  Delete: "Delete",
  Clear: "Begin",
};

/** The kitty protocol's numbers of modifiers and locks. */
const FUNCTIONAL: Readonly<Record<string, number>> = {
  CapsLock: 57358,
  ScrollLock: 57359,
  NumLock: 57360,
  PrintScreen: 57361,
  Pause: 57362,
  ContextMenu: 57363,
  ShiftLeft: 57441,
  ControlLeft: 57442,
  AltLeft: 57443,
  MetaLeft: 57444,
  ShiftRight: 57447,
  ControlRight: 57448,
  AltRight: 57449,
  MetaRight: 57450,
};

/** Unshifted and shifted characters of the standard (US) layout, by code. */
const US: Readonly<Record<string, string>> = {
  Backquote: "`~",
  Minus: "-_",
  Equal: "=+",
  BracketLeft: "[{",
  BracketRight: "]}",
  Backslash: "\\|",
  Semicolon: ";:",
  Quote: "'\"",
  Comma: ",<",
  Period: ".>",
  Slash: "/?",
  Space: "  ",
};
const US_DIGITS = ")!@#$%^&*(";

/** Kitty flags: report event types; report all keys. */
const REPORT_RELEASES = 2;
const REPORT_ALL = 8;

/** `null`: nothing for the session (yet): an input method or the browser has it. */
export function keyEvent(pressed: Pressed, keyboard: Keyboard): KeyEvent | null {
  const release = pressed.type === "keyup";
  if (release && (keyboard.kitty & REPORT_RELEASES) === 0) return null;
  if (keyboard.mac && pressed.metaKey) return null;
  if (["Dead", "Process", "Unidentified"].includes(pressed.key)) return null;
  const action = release ? "Release" : pressed.repeat ? "Repeat" : "Press";
  const special = specialKey(pressed, keyboard);
  if (special !== null) {
    const mods = modsOf(pressed, keyboard, false);
    return { key: special, mods, action, text: null, shifted: null, base: null };
  }
  return [...pressed.key].length === 1 ? character(pressed, keyboard, action) : null;
}

function specialKey(pressed: Pressed, { kitty }: Keyboard): Key | null {
  const pad = pressed.location === 3 ? keypadKey(pressed) : null;
  if (pad !== null) return { type: "Keypad", key: pad };
  const named = NAMED[pressed.key];
  if (named !== undefined) return { type: named };
  const number = /^F([1-9]\d?)$/.exec(pressed.key)?.[1];
  if (number !== undefined && Number(number) <= 35) {
    return { type: "Function", number: Number(number) };
  }
  const code = FUNCTIONAL[pressed.code];
  const wanted = code !== undefined && (kitty & REPORT_ALL) !== 0 && pressed.key.length > 1;
  return wanted ? { type: "Functional", code } : null;
}

function keypadKey(pressed: Pressed): Keypad | null {
  if (/^\d$/.test(pressed.key)) return { type: "Digit", digit: Number(pressed.key) };
  const move = KEYPAD_MOVES[pressed.key];
  if (move !== undefined) return { type: move };
  const named = KEYPAD[pressed.code];
  return named === undefined ? null : { type: named };
}

function character(pressed: Pressed, keyboard: Keyboard, action: KeyEvent["action"]): KeyEvent {
  const typed = pressed.key;
  const composed = isComposed(pressed, keyboard);
  const mods = modsOf(pressed, keyboard, composed);
  const own = unshifted(pressed);
  const shifted = pressed.shiftKey && own !== typed ? point(typed) : null;
  const base = baseOf(pressed.code);
  const plain = (mods & (Mod.Alt | Mod.Ctrl | Mod.Super)) === 0;
  return {
    key: { type: "Char", char: point(composed ? typed : own) },
    mods,
    action,
    text: plain && action !== "Release" ? typed : null,
    shifted: composed ? null : shifted,
    base: base === null || base === point(own) ? null : base,
  };
}

/** AltGr, and Option on Macs, are part of the character and no modifiers. */
function isComposed(pressed: Pressed, { mac }: Keyboard): boolean {
  if (pressed.getModifierState("AltGraph")) return true;
  return mac && pressed.altKey && !pressed.ctrlKey && !/^[a-z0-9]$/i.test(pressed.key);
}

/** The character of the key without Shift, as far as it can be known. */
function unshifted({ key, code, shiftKey }: Pressed): string {
  const lower = key.toLowerCase();
  if (lower !== key && [...lower].length === 1) return lower;
  if (!shiftKey) return key;
  const pair = usPair(code);
  return pair !== null && pair[1] === key ? (pair[0] ?? key) : key;
}

function usPair(code: string): string | null {
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  if (digit !== undefined) return digit + (US_DIGITS[Number(digit)] ?? "");
  return US[code] ?? null;
}

function baseOf(code: string): number | null {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter !== undefined) return point(letter.toLowerCase());
  const pair = usPair(code);
  return pair === null ? null : point(pair);
}

function modsOf(pressed: Pressed, { kitty }: Keyboard, composed: boolean): number {
  let mods = 0;
  if (pressed.shiftKey) mods |= Mod.Shift;
  if (pressed.altKey && !composed) mods |= Mod.Alt;
  if (pressed.ctrlKey && !composed) mods |= Mod.Ctrl;
  if (pressed.metaKey) mods |= Mod.Super;
  // Only programs that ask for all of it hear of locks.
  if ((kitty & REPORT_ALL) !== 0) {
    if (pressed.getModifierState("CapsLock")) mods |= Mod.CapsLock;
    if (pressed.getModifierState("NumLock")) mods |= Mod.NumLock;
  }
  return mods;
}

function point(text: string): number {
  return text.codePointAt(0) ?? 0;
}

/** A key as a button presses it. */
export function press(key: Key, mods = 0): KeyEvent {
  const plain = key.type === "Char" && (mods & ~Mod.Shift) === 0;
  const text = plain ? String.fromCodePoint(key.char) : null;
  return { key, mods, action: "Press", text, shifted: null, base: null };
}

/** Text that an input method made, as keys. */
export function textKeys(text: string): KeyEvent[] {
  return [...text].map((char) =>
    char === "\n" || char === "\r"
      ? press({ type: "Enter" })
      : press({ type: "Char", char: point(char) }),
  );
}
