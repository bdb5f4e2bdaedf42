//! Keys as xterm sends them when nothing was asked for.

use super::{LOCKS, SYSTEM, any, csi, push_char, text};
use abide_protocol::input::{Key, KeyEvent, Keypad, Mods};
use abide_protocol::keymap;
use abide_protocol::snapshot::Modes;

const ESC: u8 = 0x1b;

/// Appends the legacy form of a press or repeat.
pub(super) fn encode(event: &KeyEvent, modes: &Modes, out: &mut Vec<u8>) {
    let mods = event.mods.without(LOCKS);
    match event.key {
        Key::Char(_) => character(event, out),
        Key::Enter | Key::Tab | Key::Backspace | Key::Escape => {
            control_key(event.key, mods, modes, out);
        }
        Key::Keypad(key) => keypad(key, event, modes, out),
        Key::Function(n) => function(n, mods, out),
        Key::Functional(MENU) => csi(29, mods, b'~', out),
        Key::Functional(_) => {}
        _ => cursor(event.key, mods, modes, out),
    }
}

/// The Menu key, which xterm sends like a VT220's Do key.
const MENU: u32 = 57363;

/// Text, Alt as an ESC before it, Ctrl as a control character.
fn character(event: &KeyEvent, out: &mut Vec<u8>) {
    if let Some(text) = text(event) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    if any(event.mods, SYSTEM) {
        return;
    }
    let Some(c) = typed(event) else { return };
    if any(event.mods, ALT) {
        out.push(ESC);
    }
    match control(c).filter(|_| event.mods.has(Mods::CTRL)) {
        Some(byte) => out.push(byte),
        None => push_char(c, out),
    }
}

const ALT: Mods = Mods(Mods::ALT.0 | Mods::META.0);

/// The character of the key with its Shift, for use with Ctrl or Alt. A key of another script
/// counts as the key in its place, since Ctrl and Alt mean nothing for its own character.
pub(super) fn typed(event: &KeyEvent) -> Option<char> {
    let Key::Char(key) = event.key else {
        return None;
    };
    let latin = event
        .base
        .filter(|base| !key.is_ascii() && base.is_ascii() && any(event.mods, super::NO_TEXT));
    let key = latin.unwrap_or(key);
    if !event.mods.has(Mods::SHIFT) {
        return Some(key);
    }
    let shifted = event.shifted.filter(|_| latin.is_none());
    Some(shifted.or_else(|| keymap::shifted(key)).unwrap_or(key))
}

/// The control character of an ASCII character; `None` for those that Ctrl leaves alone.
pub(super) fn control(c: char) -> Option<u8> {
    Some(match u8::try_from(c).ok()? {
        b' ' | b'2' => 0,
        b'3' => 0x1b,
        b'4' => 0x1c,
        b'5' => 0x1d,
        b'6' | b'~' => 0x1e,
        b'7' | b'/' => 0x1f,
        b'8' | b'?' => 0x7f,
        byte @ (b'@'..=b'_' | b'a'..=b'z') => byte & 0x1f,
        _ => return None,
    })
}

/// Enter, Tab, Backspace and Escape: one control character, Alt as an ESC before it.
pub(super) fn control_key(key: Key, mods: Mods, modes: &Modes, out: &mut Vec<u8>) {
    if any(mods, ALT) {
        out.push(ESC);
    }
    match key {
        Key::Enter if modes.newline => out.extend_from_slice(b"\r\n"),
        Key::Enter => out.push(b'\r'),
        Key::Tab if mods.has(Mods::SHIFT) => out.extend_from_slice(b"\x1b[Z"),
        Key::Tab => out.push(b'\t'),
        Key::Backspace if mods.has(Mods::CTRL) != modes.backarrow => out.push(0x08),
        Key::Backspace => out.push(0x7f),
        _ => out.push(ESC),
    }
}

/// Cursor and editing keys. DECCKM changes the cursor keys that have no modifier.
fn cursor(key: Key, mods: Mods, modes: &Modes, out: &mut Vec<u8>) {
    let (number, last) = keymap::number(key);
    if last != b'~' && modes.application_cursor && mods == Mods::default() {
        out.extend_from_slice(&[ESC, b'O', last]);
    } else {
        csi(number, mods, last, out);
    }
}

/// F1 to F4 are the PF keys of a VT100, F5 to F20 the keys of a VT220, the rest xterm's.
fn function(n: u8, mods: Mods, out: &mut Vec<u8>) {
    match n {
        1..=4 if mods == Mods::default() => out.extend_from_slice(&[ESC, b'O', b'P' + n - 1]),
        1..=4 => csi(1, mods, b'P' + n - 1, out),
        13 | 14 => csi(u32::from(n) + 12, mods, b'~', out),
        15 | 16 => csi(u32::from(n) + 13, mods, b'~', out),
        17..=20 => csi(u32::from(n) + 14, mods, b'~', out),
        21..=35 => csi(u32::from(n) + 21, mods, b'~', out),
        _ => {
            let (number, last) = keymap::number(Key::Function(n));
            csi(number, mods, last, out);
        }
    }
}

/// The keypad's own codes when the program asked for them and Num Lock does not override;
/// otherwise what the same key sends elsewhere on the keyboard.
fn keypad(key: Keypad, event: &KeyEvent, modes: &Modes, out: &mut Vec<u8>) {
    let plain = event.mods.without(LOCKS) == Mods::default();
    let application = application(key)
        .filter(|_| modes.application_keypad && plain && !event.mods.has(Mods::NUM_LOCK));
    if let Some(last) = application {
        out.extend_from_slice(&[ESC, b'O', last]);
        return;
    }
    if key == Keypad::Begin {
        let mods = event.mods.without(LOCKS);
        if modes.application_cursor && plain {
            out.extend_from_slice(b"\x1bOE");
        } else {
            csi(1, mods, b'E', out);
        }
        return;
    }
    let elsewhere = KeyEvent {
        key: elsewhere(key),
        ..event.clone()
    };
    match (elsewhere.key, text(&elsewhere)) {
        (Key::Char(c), None) if !any(event.mods, super::NO_TEXT) => push_char(c, out),
        _ => encode(&elsewhere, modes, out),
    }
}

/// The last byte of `SS3 x` in application keypad mode.
fn application(key: Keypad) -> Option<u8> {
    Some(match key {
        Keypad::Digit(n) => b'p' + n.min(9),
        Keypad::Decimal => b'n',
        Keypad::Divide => b'o',
        Keypad::Multiply => b'j',
        Keypad::Subtract => b'm',
        Keypad::Add => b'k',
        Keypad::Enter => b'M',
        Keypad::Equal => b'X',
        Keypad::Separator => b'l',
        _ => return None,
    })
}

/// The key outside of the keypad that does the same.
pub(super) fn elsewhere(key: Keypad) -> Key {
    match key {
        Keypad::Digit(n) => Key::Char(char::from(b'0' + n.min(9))),
        Keypad::Decimal => Key::Char('.'),
        Keypad::Divide => Key::Char('/'),
        Keypad::Multiply => Key::Char('*'),
        Keypad::Subtract => Key::Char('-'),
        Keypad::Add => Key::Char('+'),
        Keypad::Enter => Key::Enter,
        Keypad::Equal => Key::Char('='),
        Keypad::Separator => Key::Char(','),
        Keypad::Left => Key::Left,
        Keypad::Right => Key::Right,
        Keypad::Up => Key::Up,
        Keypad::Down => Key::Down,
        Keypad::PageUp => Key::PageUp,
        Keypad::PageDown => Key::PageDown,
        Keypad::Home => Key::Home,
        Keypad::End => Key::End,
        Keypad::Insert => Key::Insert,
        Keypad::Delete => Key::Delete,
        Keypad::Begin => Key::Keypad(Keypad::Begin),
    }
}
