//! Names of keys: `ctrl+c`, `shift+tab`, `up`, `f5`, `alt+enter`, `ctrl+\`, `a`, `space`.
//!
//! Modifiers come first, each with a `+`. Names are the same in capitals, but a single character
//! alone is itself: `A` is Shift with a. With a modifier a letter is its key, so `Ctrl+C` is
//! `ctrl+c`; say `ctrl+shift+c` for the other.

use super::prefix::Chord;
use abide_protocol::input::{Key, KeyAction, KeyEvent, Keypad, Mods};
use abide_protocol::keymap;

/// Why a name names no key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    #[error("a key name is empty")]
    Empty,
    #[error("{name:?}: {part:?} is no modifier; there are ctrl, alt, shift, super, hyper, meta")]
    Modifier { name: String, part: String },
    #[error(
        "{name:?}: {part:?} is no key; keys are single characters and names such as enter, tab, esc, space, up, pageup, f5"
    )]
    Key { name: String, part: String },
    #[error(
        "{name:?} cannot be the prefix: the prefix needs ctrl, alt or super, or a function key"
    )]
    Prefix { name: String },
}

/// The press that `name` names.
pub fn parse(name: &str) -> Result<KeyEvent, NameError> {
    let (modifiers, last) = split(name)?;
    let mut mods = Mods::default();
    for part in modifiers {
        let modifier = modifier(part).ok_or_else(|| NameError::Modifier {
            name: name.into(),
            part: part.into(),
        })?;
        mods = mods.with(modifier);
    }
    let key = key(last).ok_or_else(|| NameError::Key {
        name: name.into(),
        part: last.into(),
    })?;
    Ok(press(key, mods))
}

/// The chord that `name` names; `None` for `none`. A key that types text cannot be the prefix.
pub fn parse_prefix(name: &str) -> Result<Option<Chord>, NameError> {
    if name.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    let event = parse(name)?;
    let chord = Chord {
        key: event.key,
        mods: event.mods,
    };
    let held = chord.mods.without(Mods::SHIFT) != Mods::default();
    if held || matches!(chord.key, Key::Function(_)) {
        Ok(Some(chord))
    } else {
        Err(NameError::Prefix { name: name.into() })
    }
}

/// Modifiers and the key: at the last `+` that has something after it, so `ctrl++` is Ctrl and +.
fn split(name: &str) -> Result<(Vec<&str>, &str), NameError> {
    let end = match name.char_indices().next_back() {
        None => return Err(NameError::Empty),
        Some((last, _)) => name[..last].rfind('+'),
    };
    Ok(match end {
        Some(end) => (name[..end].split('+').collect(), &name[end + 1..]),
        None => (Vec::new(), name),
    })
}

fn modifier(part: &str) -> Option<Mods> {
    Some(match part.to_ascii_lowercase().as_str() {
        "ctrl" | "control" => Mods::CTRL,
        "alt" | "option" | "opt" => Mods::ALT,
        "shift" => Mods::SHIFT,
        "super" | "cmd" | "win" => Mods::SUPER,
        "hyper" => Mods::HYPER,
        "meta" => Mods::META,
        _ => return None,
    })
}

fn key(part: &str) -> Option<Key> {
    let mut chars = part.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control()).then_some(Key::Char(c));
    }
    let part = part.to_ascii_lowercase();
    if let Some(number) = part.strip_prefix('f').and_then(|n| n.parse().ok()) {
        return (1..=35).contains(&number).then_some(Key::Function(number));
    }
    if let Some(rest) = part.strip_prefix("kp") {
        return keypad(rest).map(Key::Keypad);
    }
    Some(match part.as_str() {
        "enter" | "return" => Key::Enter,
        "tab" => Key::Tab,
        "backspace" | "bs" => Key::Backspace,
        "esc" | "escape" => Key::Escape,
        "space" => Key::Char(' '),
        "plus" => Key::Char('+'),
        "up" => Key::Up,
        "down" => Key::Down,
        "left" => Key::Left,
        "right" => Key::Right,
        "home" => Key::Home,
        "end" => Key::End,
        "pageup" | "pgup" => Key::PageUp,
        "pagedown" | "pgdn" | "pgdown" => Key::PageDown,
        "insert" | "ins" => Key::Insert,
        "delete" | "del" => Key::Delete,
        "menu" => Key::Functional(57363),
        "printscreen" => Key::Functional(57361),
        "pause" => Key::Functional(57362),
        _ => return None,
    })
}

fn keypad(rest: &str) -> Option<Keypad> {
    if let [digit @ b'0'..=b'9'] = rest.as_bytes() {
        return Some(Keypad::Digit(digit - b'0'));
    }
    Some(match rest {
        "enter" => Keypad::Enter,
        "plus" => Keypad::Add,
        "minus" => Keypad::Subtract,
        "multiply" => Keypad::Multiply,
        "divide" => Keypad::Divide,
        "decimal" => Keypad::Decimal,
        "equal" => Keypad::Equal,
        _ => return None,
    })
}

/// The event of a terminal for this key: a capital has its Shift, Shift has its capital.
fn press(key: Key, mods: Mods) -> KeyEvent {
    let event = |key, mods, text, shifted| KeyEvent {
        key,
        mods,
        action: KeyAction::Press,
        text,
        shifted,
        base: None,
    };
    let Key::Char(c) = key else {
        return event(key, mods, None, None);
    };
    let small = keymap::small(c);
    let alone = mods == Mods::default();
    let mods = if alone && small.is_some() {
        Mods::SHIFT
    } else {
        mods
    };
    let plain = small.unwrap_or(c);
    let shifted = if mods.has(Mods::SHIFT) {
        keymap::shifted(plain)
    } else {
        None
    };
    let types = mods.without(Mods::SHIFT) == Mods::default();
    let text = types.then(|| shifted.unwrap_or(plain).to_string());
    event(Key::Char(plain), mods, text, shifted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |name: &str, key, mods, text: Option<&str>| {
            let event = parse(name).unwrap();
            let found = (event.key, event.mods.0, event.text.as_deref());
            assert_eq!(found, (key, mods, text), "{name}");
        };
        check("a", Key::Char('a'), 0, Some("a"));
        check("A", Key::Char('a'), 1, Some("A"));
        check("shift+a", Key::Char('a'), 1, Some("A"));
        check("?", Key::Char('?'), 0, Some("?"));
        check("+", Key::Char('+'), 0, Some("+"));
        check("ö", Key::Char('ö'), 0, Some("ö"));
        check("space", Key::Char(' '), 0, Some(" "));
        check("ctrl+c", Key::Char('c'), 4, None);
        check("Ctrl+C", Key::Char('c'), 4, None);
        check("ctrl+shift+c", Key::Char('c'), 5, None);
        check("ctrl++", Key::Char('+'), 4, None);
        check("ctrl+plus", Key::Char('+'), 4, None);
        check("ctrl+\\", Key::Char('\\'), 4, None);
        check("ctrl+space", Key::Char(' '), 4, None);
        check("alt+enter", Key::Enter, 2, None);
        check("shift+tab", Key::Tab, 1, None);
        check("up", Key::Up, 0, None);
        check("PageUp", Key::PageUp, 0, None);
        check("f5", Key::Function(5), 0, None);
        check("F35", Key::Function(35), 0, None);
        check("f", Key::Char('f'), 0, Some("f"));
        check("cmd+kpenter", Key::Keypad(Keypad::Enter), 8, None);
        check("kp7", Key::Keypad(Keypad::Digit(7)), 0, None);
    }

    #[test]
    fn what_names_no_key() {
        let modifier = |name: &str, part: &str| NameError::Modifier {
            name: name.into(),
            part: part.into(),
        };
        let key = |name: &str, part: &str| NameError::Key {
            name: name.into(),
            part: part.into(),
        };
        for (name, expected) in [
            ("", NameError::Empty),
            ("crtl+c", modifier("crtl+c", "crtl")),
            ("++a", modifier("++a", "")),
            ("ctrl+", key("ctrl+", "ctrl+")),
            ("f36", key("f36", "f36")),
            ("f0", key("f0", "f0")),
            ("ctrl+foo", key("ctrl+foo", "foo")),
            ("ab", key("ab", "ab")),
            ("\t", key("\t", "\t")),
        ] {
            assert_eq!(parse(name), Err(expected), "{name:?}");
        }
    }

    #[test]
    fn prefixes() {
        let chord = parse_prefix("ctrl+b").unwrap();
        let expected = Chord {
            key: Key::Char('b'),
            mods: Mods::CTRL,
        };
        assert_eq!(chord, Some(expected));
        assert_eq!(parse_prefix("none"), Ok(None));
        assert!(parse_prefix("f12").is_ok());
        for name in ["a", "A", "enter", "shift+tab", "up"] {
            let error = Err(NameError::Prefix { name: name.into() });
            assert_eq!(parse_prefix(name), error);
        }
    }
}
