//! Keys in the encodings that are older than `CSI u`.

use abide_protocol::input::{Key, KeyAction, KeyEvent, Keypad, Mods};
use abide_protocol::keymap;

/// A press of a key that types nothing.
pub(super) fn press(key: Key, mods: Mods) -> KeyEvent {
    KeyEvent {
        key,
        mods,
        action: KeyAction::Press,
        text: None,
        shifted: None,
        base: None,
    }
}

/// A character that was typed. A capital is its small letter with Shift.
pub(super) fn character(c: char, alt: bool) -> KeyEvent {
    let small = keymap::small(c);
    let shift = if small.is_some() {
        Mods::SHIFT
    } else {
        Mods::default()
    };
    KeyEvent {
        text: (!alt).then(|| c.to_string()),
        shifted: small.map(|_| c),
        ..press(Key::Char(small.unwrap_or(c)), shift.with(alt_of(alt)))
    }
}

pub(super) fn alt_of(alt: bool) -> Mods {
    if alt { Mods::ALT } else { Mods::default() }
}

/// A C0 control character or DEL. `erase` is what the user's Backspace sends.
pub(super) fn control(byte: u8, alt: bool, erase: u8) -> KeyEvent {
    let ctrl = |c| (Key::Char(c), Mods::CTRL);
    let plain = |key| (key, Mods::default());
    let (key, mods) = match byte {
        byte if byte == erase => plain(Key::Backspace),
        0 => ctrl(' '),
        b'\t' => plain(Key::Tab),
        b'\r' => plain(Key::Enter),
        0x1b => plain(Key::Escape),
        0x7f => plain(Key::Backspace),
        1..=0x1a => ctrl(char::from(byte | 0x60)),
        _ => ctrl(char::from(byte | 0x40)),
    };
    press(key, mods.with(alt_of(alt)))
}

/// `SS3 x`: cursor keys and PF keys, the keypad in application mode, rxvt's Ctrl with an arrow.
pub(super) fn ss3(mods: Option<u8>, last: u8) -> Option<KeyEvent> {
    let keypad = |key| Key::Keypad(key);
    let key = match last {
        b'A'..=b'F' | b'H' | b'P'..=b'S' => {
            return Some(press(letter(last)?, Mods(mods.unwrap_or(0))));
        }
        b'a' => return Some(press(Key::Up, Mods::CTRL)),
        b'b' => return Some(press(Key::Down, Mods::CTRL)),
        b'c' => return Some(press(Key::Right, Mods::CTRL)),
        b'd' => return Some(press(Key::Left, Mods::CTRL)),
        b' ' => Key::Char(' '),
        b'I' => Key::Tab,
        b'M' => keypad(Keypad::Enter),
        b'X' => keypad(Keypad::Equal),
        b'j' => keypad(Keypad::Multiply),
        b'k' => keypad(Keypad::Add),
        b'l' => keypad(Keypad::Separator),
        b'm' => keypad(Keypad::Subtract),
        b'n' => keypad(Keypad::Decimal),
        b'o' => keypad(Keypad::Divide),
        b'p'..=b'y' => keypad(Keypad::Digit(last - b'p')),
        _ => return None,
    };
    Some(press(key, Mods(mods.unwrap_or(0))))
}

/// The key of the final byte in `CSI 1 ; mods x` and `SS3 x`.
pub(super) fn letter(last: u8) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'E' => Key::Keypad(Keypad::Begin),
        b'F' => Key::End,
        b'H' => Key::Home,
        b'P'..=b'S' => Key::Function(last - b'P' + 1),
        _ => return None,
    })
}

/// The key of the number in `CSI number ~`: VT220, xterm, rxvt, Linux console, kitty.
pub(super) fn tilde(number: u32) -> Option<Key> {
    let function = |from: u32, first: u8| {
        u8::try_from(number - from)
            .ok()
            .map(|n| Key::Function(first + n))
    };
    match number {
        1 | 7 => Some(Key::Home),
        2 => Some(Key::Insert),
        3 => Some(Key::Delete),
        4 | 8 => Some(Key::End),
        5 => Some(Key::PageUp),
        6 => Some(Key::PageDown),
        11..=15 => function(11, 1),
        17..=21 => function(17, 6),
        23..=26 => function(23, 11),
        28 | 29 => function(28, 15),
        31..=34 => function(31, 17),
        42..=56 => function(42, 21),
        57427 => Some(Key::Keypad(Keypad::Begin)),
        _ => None,
    }
}
