import { describe, expect, test } from "vitest";

import { type Keyboard, keyEvent, type Pressed, press, textKeys } from "./keys.ts";

const PLAIN: Keyboard = { kitty: 0, mac: false };
const ALL: Keyboard = { kitty: 31, mac: false };

/** `C-S-a` and the like, then what the browser says. */
function pressed(key: string, code: string, held = "", more: Partial<Pressed> = {}): Pressed {
  const flags = held.replace(/AltGraph|CapsLock/, "");
  return {
    type: "keydown",
    key,
    code,
    location: 0,
    repeat: false,
    shiftKey: flags.includes("S"),
    altKey: flags.includes("A"),
    ctrlKey: flags.includes("C"),
    metaKey: flags.includes("M"),
    getModifierState: (name) => held.includes(name),
    ...more,
  };
}

const char = (text: string) => ({ type: "Char", char: text.codePointAt(0) });

describe("characters", () => {
  test.each([
    ["a", pressed("a", "KeyA"), { key: char("a"), mods: 0, text: "a", shifted: null, base: null }],
    [
      "A",
      pressed("A", "KeyA", "S"),
      { key: char("a"), mods: 1, text: "A", shifted: 65, base: null },
    ],
    ["Ctrl-C", pressed("c", "KeyC", "C"), { key: char("c"), mods: 4, text: null }],
    [
      "Ctrl-Shift-C",
      pressed("C", "KeyC", "CS"),
      { key: char("c"), mods: 5, text: null, shifted: 67 },
    ],
    ["Alt-f", pressed("f", "KeyF", "A"), { key: char("f"), mods: 2, text: null }],
    ["!", pressed("!", "Digit1", "S"), { key: char("1"), mods: 1, text: "!", shifted: 33 }],
    ["?", pressed("?", "Slash", "S"), { key: char("/"), mods: 1, text: "?" }],
    ["Ctrl-\\", pressed("\\", "Backslash", "C"), { key: char("\\"), mods: 4 }],
    ["Space", pressed(" ", "Space"), { key: char(" "), text: " " }],
    ["ö on a German layout", pressed("ö", "Semicolon"), { key: char("ö"), text: "ö", base: 59 }],
    ["Ö", pressed("Ö", "Semicolon", "S"), { key: char("ö"), text: "Ö", shifted: 214, base: 59 }],
    ["ц on a Russian layout", pressed("ц", "KeyW"), { key: char("ц"), text: "ц", base: 119 }],
    ["AltGr-q", pressed("@", "KeyQ", "AltGraph CA"), { key: char("@"), mods: 0, text: "@" }],
    ["an emoji", pressed("🙂", ""), { key: char("🙂"), text: "🙂" }],
    ["Super-x", pressed("x", "KeyX", "M"), { key: char("x"), mods: 8, text: null }],
  ])("%s", (_, event, expected) => {
    expect(keyEvent(event, PLAIN)).toMatchObject({ action: "Press", ...expected });
  });

  test("Option types characters on a Mac, and Command is the browser's", () => {
    const mac = { kitty: 0, mac: true };
    const at = keyEvent(pressed("@", "KeyL", "A"), mac);
    expect(at).toMatchObject({ key: char("@"), mods: 0, text: "@" });
    expect(keyEvent(pressed("c", "KeyC", "M"), mac)).toBeNull();
  });
});

describe("other keys", () => {
  test.each([
    ["Enter", pressed("Enter", "Enter"), { type: "Enter" }, 0],
    ["Shift-Tab", pressed("Tab", "Tab", "S"), { type: "Tab" }, 1],
    ["Ctrl-Up", pressed("ArrowUp", "ArrowUp", "C"), { type: "Up" }, 4],
    ["F5", pressed("F5", "F5"), { type: "Function", number: 5 }, 0],
    ["F24", pressed("F24", "F24"), { type: "Function", number: 24 }, 0],
    [
      "pad 7",
      pressed("7", "Numpad7", "", { location: 3 }),
      { type: "Keypad", key: { type: "Digit", digit: 7 } },
      0,
    ],
    [
      "pad Home",
      pressed("Home", "Numpad7", "", { location: 3 }),
      { type: "Keypad", key: { type: "Home" } },
      0,
    ],
    [
      "pad Enter",
      pressed("Enter", "NumpadEnter", "", { location: 3 }),
      { type: "Keypad", key: { type: "Enter" } },
      0,
    ],
    [
      "pad +",
      pressed("+", "NumpadAdd", "", { location: 3 }),
      { type: "Keypad", key: { type: "Add" } },
      0,
    ],
  ])("%s", (_, event, key, mods) => {
    expect(keyEvent(event, PLAIN)).toMatchObject({ key, mods, text: null });
  });

  test.each(["Dead", "Process", "Unidentified", "Shift", "CapsLock", "AudioVolumeUp"])(
    "%s is not for the program",
    (key) => {
      expect(keyEvent(pressed(key, key), PLAIN)).toBeNull();
    },
  );
});

describe("a program that asks for all of it", () => {
  test("hears of releases and repeats", () => {
    const up = pressed("a", "KeyA", "", { type: "keyup" });
    expect(keyEvent(up, PLAIN)).toBeNull();
    expect(keyEvent(up, ALL)).toMatchObject({ action: "Release", text: null });
    expect(keyEvent(pressed("a", "KeyA", "", { repeat: true }), ALL)).toMatchObject({
      action: "Repeat",
    });
  });

  test("hears of modifiers and locks", () => {
    expect(keyEvent(pressed("Shift", "ShiftLeft", "S"), ALL)?.key).toEqual({
      type: "Functional",
      code: 57441,
    });
    expect(keyEvent(pressed("a", "KeyA", "CapsLock"), ALL)?.mods).toBe(64);
    expect(keyEvent(pressed("a", "KeyA", "CapsLock"), PLAIN)?.mods).toBe(0);
  });
});

test("buttons and input methods make keys", () => {
  expect(press({ type: "Tab" }, 1)).toMatchObject({ key: { type: "Tab" }, mods: 1, text: null });
  expect(press({ type: "Char", char: 99 }, 4).text).toBeNull();
  expect(textKeys("é\n漢").map(({ key, text }) => [key.type, text])).toEqual([
    ["Char", "é"],
    ["Enter", null],
    ["Char", "漢"],
  ]);
});
