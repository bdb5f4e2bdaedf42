//! The kitty keyboard protocol with any set of its flags.
//!
//! <https://sw.kovidgoyal.net/kitty/keyboard-protocol/>: `CSI number : shifted : base ; mods :
//! event ; text u`, or another final byte for the keys that had a sequence before.

use super::{LOCKS, legacy, push_char, text};
use abide_protocol::input::{Key, KeyAction, KeyEvent, Keypad, Mods};
use abide_protocol::keymap;
use abide_protocol::snapshot::Modes;
use std::fmt::Write;

const DISAMBIGUATE: u8 = 1;
const EVENTS: u8 = 2;
const ALTERNATES: u8 = 4;
const ALL_KEYS: u8 = 8;
const TEXT: u8 = 16;
pub(super) const ALL_FLAGS: u8 = 31;

/// Appends what the flags in `modes` make of a key event; nothing for what they do not report.
pub(super) fn encode(event: &KeyEvent, modes: &Modes, out: &mut Vec<u8>) {
    let flags = modes.kitty;
    let has = |flag| flags & flag != 0;
    if event.action == KeyAction::Release && !has(EVENTS) {
        return;
    }
    if !has(ALL_KEYS) {
        if is_modifier(event.key) {
            return;
        }
        if let Some(text) = text(event) {
            out.extend_from_slice(text.as_bytes());
            return;
        }
        if without_escape(event, modes, out) {
            return;
        }
    }
    match event.key {
        Key::Keypad(key) if !has(DISAMBIGUATE) && !has(ALL_KEYS) && key != Keypad::Begin => {
            let elsewhere = KeyEvent {
                key: legacy::elsewhere(key),
                ..event.clone()
            };
            encode(&elsewhere, modes, out);
        }
        _ => sequence(event, flags, out),
    }
}

/// Keys that are events only for programs which want all of them.
fn is_modifier(key: Key) -> bool {
    matches!(key, Key::Functional(57358..=57360 | 57441..=57454))
}

/// Keys that keep their legacy form unless all keys are wanted as sequences: Enter, Tab and
/// Backspace, so that a shell can be typed at after a program left these modes behind, and
/// whatever the flags do not touch. Returns whether the event is dealt with.
fn without_escape(event: &KeyEvent, modes: &Modes, out: &mut Vec<u8>) -> bool {
    let mods = event.mods.without(LOCKS);
    let legacy = modes.kitty & (DISAMBIGUATE | EVENTS) == 0;
    let press = event.action == KeyAction::Press || modes.kitty & EVENTS == 0;
    match event.key {
        Key::Enter | Key::Tab | Key::Backspace if event.action == KeyAction::Release => true,
        Key::Enter | Key::Tab | Key::Backspace if mods == Mods::default() => {
            legacy::control_key(event.key, mods, modes, out);
            true
        }
        Key::Char(c) if mods == Mods::default() && event.action != KeyAction::Release => {
            push_char(c, out);
            true
        }
        // Sequences of cursor and function keys lose their SS3 forms with any of these flags.
        Key::Char(_) if modes.kitty & DISAMBIGUATE == 0 && press => {
            legacy::encode(event, modes, out);
            true
        }
        Key::Escape if modes.kitty & DISAMBIGUATE == 0 && press && mods == Mods::default() => {
            legacy::encode(event, modes, out);
            true
        }
        _ if legacy => {
            legacy::encode(event, modes, out);
            true
        }
        _ => false,
    }
}

fn sequence(event: &KeyEvent, flags: u8, out: &mut Vec<u8>) {
    let key = match event.key {
        Key::Char(c) => Key::Char(keymap::small(c).unwrap_or(c)),
        key => key,
    };
    let (number, last) = keymap::number(key);
    let alternates = alternates(key, event, flags);
    let modifiers = modifiers(event, flags);
    let text = associated_text(event, flags);

    let mut parameters = String::new();
    if number != 1 || !modifiers.is_empty() || !text.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(parameters, "{number}{alternates}");
    }
    if !modifiers.is_empty() || !text.is_empty() {
        parameters.push(';');
        parameters.push_str(&modifiers);
    }
    if !text.is_empty() {
        parameters.push(';');
        parameters.push_str(&text);
    }
    out.extend_from_slice(b"\x1b[");
    out.extend_from_slice(parameters.as_bytes());
    out.push(last);
}

/// `:shifted:base` of a character's key, as far as known; shifted only while Shift is down.
fn alternates(key: Key, event: &KeyEvent, flags: u8) -> String {
    let Key::Char(c) = key else {
        return String::new();
    };
    if flags & ALTERNATES == 0 {
        return String::new();
    }
    let number = |c: char| u32::from(c).to_string();
    let shifted = event
        .shifted
        .filter(|shifted| *shifted != c && event.mods.has(Mods::SHIFT))
        .map(number);
    let base = event.base.filter(|base| *base != c).map(number);
    match (shifted, base) {
        (None, None) => String::new(),
        (shifted, None) => format!(":{}", shifted.unwrap_or_default()),
        (shifted, Some(base)) => format!(":{}:{base}", shifted.unwrap_or_default()),
    }
}

/// `mods:event`; empty for a press without modifiers. Locks count as modifiers, as in kitty itself:
/// only text that is sent as text says nothing of them.
fn modifiers(event: &KeyEvent, flags: u8) -> String {
    let mods = u16::from(event.mods.0) + 1;
    let kind = match event.action {
        KeyAction::Repeat if flags & EVENTS != 0 => ":2",
        KeyAction::Release => ":3",
        _ => "",
    };
    if mods == 1 && kind.is_empty() {
        String::new()
    } else if kind.is_empty() {
        mods.to_string()
    } else {
        format!("{mods}{kind}")
    }
}

/// The text as code points; it is told only together with all keys.
fn associated_text(event: &KeyEvent, flags: u8) -> String {
    if flags & (ALL_KEYS | TEXT) != ALL_KEYS | TEXT {
        return String::new();
    }
    let mut points = String::new();
    for c in text(event).unwrap_or_default().chars() {
        let separator = if points.is_empty() { "" } else { ":" };
        let _ = write!(points, "{separator}{}", u32::from(c));
    }
    points
}
