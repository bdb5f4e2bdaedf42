//! The numbers that the kitty keyboard protocol gives to keys, both ways, and the US layout's
//! shift pairs for what a terminal does not tell.

use crate::input::{Key, Keypad};

/// The number and the final byte of a key's escape sequence, `CSI number ; .. final`.
/// Total: every key has one. `Char` is its own number.
#[must_use]
pub fn number(key: Key) -> (u32, u8) {
    match key {
        Key::Char(c) => (u32::from(c), b'u'),
        Key::Enter => (13, b'u'),
        Key::Tab => (9, b'u'),
        Key::Backspace => (127, b'u'),
        Key::Escape => (27, b'u'),
        Key::Up => (1, b'A'),
        Key::Down => (1, b'B'),
        Key::Right => (1, b'C'),
        Key::Left => (1, b'D'),
        Key::Home => (1, b'H'),
        Key::End => (1, b'F'),
        Key::Insert => (2, b'~'),
        Key::Delete => (3, b'~'),
        Key::PageUp => (5, b'~'),
        Key::PageDown => (6, b'~'),
        Key::Function(n) => function(n),
        Key::Keypad(Keypad::Begin) => (1, b'E'),
        Key::Keypad(key) => (keypad(key), b'u'),
        Key::Functional(code) => (code, b'u'),
    }
}

/// F3 is `13 ~`, because `1 R` is a cursor report.
fn function(n: u8) -> (u32, u8) {
    match n.clamp(1, 35) {
        1 => (1, b'P'),
        2 => (1, b'Q'),
        3 => (13, b'~'),
        4 => (1, b'S'),
        5 => (15, b'~'),
        n @ 6..=10 => (u32::from(n) + 11, b'~'),
        n @ (11 | 12) => (u32::from(n) + 12, b'~'),
        n => (57363 + u32::from(n), b'u'),
    }
}

fn keypad(key: Keypad) -> u32 {
    match key {
        Keypad::Digit(n) => 57399 + u32::from(n.min(9)),
        Keypad::Decimal => 57409,
        Keypad::Divide => 57410,
        Keypad::Multiply => 57411,
        Keypad::Subtract => 57412,
        Keypad::Add => 57413,
        Keypad::Enter => 57414,
        Keypad::Equal => 57415,
        Keypad::Separator => 57416,
        Keypad::Left => 57417,
        Keypad::Right => 57418,
        Keypad::Up => 57419,
        Keypad::Down => 57420,
        Keypad::PageUp => 57421,
        Keypad::PageDown => 57422,
        Keypad::Home => 57423,
        Keypad::End => 57424,
        Keypad::Insert => 57425,
        Keypad::Delete => 57426,
        Keypad::Begin => 57427,
    }
}

/// The key of a number before `u`; `None` for numbers that name none.
#[must_use]
pub fn key(number: u32) -> Option<Key> {
    Some(match number {
        8 | 127 | 57347 => Key::Backspace,
        9 | 57346 => Key::Tab,
        13 | 57345 => Key::Enter,
        27 | 57344 => Key::Escape,
        57348 => Key::Insert,
        57349 => Key::Delete,
        57350 => Key::Left,
        57351 => Key::Right,
        57352 => Key::Up,
        57353 => Key::Down,
        57354 => Key::PageUp,
        57355 => Key::PageDown,
        57356 => Key::Home,
        57357 => Key::End,
        57358..=57363 | 57428..=57454 => Key::Functional(number),
        57364..=57398 => Key::Function(u8::try_from(number - 57363).ok()?),
        57399..=57427 => Key::Keypad(keypad_key(number)?),
        57455..=63743 => return None,
        _ => Key::Char(char::from_u32(number).filter(|c| !c.is_control())?),
    })
}

fn keypad_key(number: u32) -> Option<Keypad> {
    Some(match number {
        57399..=57408 => Keypad::Digit(u8::try_from(number - 57399).ok()?),
        57409 => Keypad::Decimal,
        57410 => Keypad::Divide,
        57411 => Keypad::Multiply,
        57412 => Keypad::Subtract,
        57413 => Keypad::Add,
        57414 => Keypad::Enter,
        57415 => Keypad::Equal,
        57416 => Keypad::Separator,
        57417 => Keypad::Left,
        57418 => Keypad::Right,
        57419 => Keypad::Up,
        57420 => Keypad::Down,
        57421 => Keypad::PageUp,
        57422 => Keypad::PageDown,
        57423 => Keypad::Home,
        57424 => Keypad::End,
        57425 => Keypad::Insert,
        57426 => Keypad::Delete,
        57427 => Keypad::Begin,
        _ => return None,
    })
}

const US_PAIRS: [(char, char); 21] = [
    ('`', '~'),
    ('1', '!'),
    ('2', '@'),
    ('3', '#'),
    ('4', '$'),
    ('5', '%'),
    ('6', '^'),
    ('7', '&'),
    ('8', '*'),
    ('9', '('),
    ('0', ')'),
    ('-', '_'),
    ('=', '+'),
    ('[', '{'),
    (']', '}'),
    ('\\', '|'),
    (';', ':'),
    ('\'', '"'),
    (',', '<'),
    ('.', '>'),
    ('/', '?'),
];

/// What Shift makes of a character: the capital of a letter, the US layout's symbol otherwise.
/// `None` if that is not known to be one other character.
#[must_use]
pub fn shifted(c: char) -> Option<char> {
    let symbol = US_PAIRS.iter().find(|(plain, _)| *plain == c);
    symbol
        .map(|(_, shifted)| *shifted)
        .or_else(|| capital(c).filter(|capital| *capital != c))
}

/// The character whose [`shifted`] is `c`.
#[must_use]
pub fn unshifted(c: char) -> Option<char> {
    let symbol = US_PAIRS.iter().find(|(_, shifted)| *shifted == c);
    symbol.map(|(plain, _)| *plain).or_else(|| small(c))
}

/// The small letter of a capital that has exactly one and is the capital of it.
#[must_use]
pub fn small(c: char) -> Option<char> {
    let small = only(c.to_lowercase())?;
    (small != c && capital(small) == Some(c)).then_some(small)
}

fn capital(c: char) -> Option<char> {
    only(c.to_uppercase())
}

fn only(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_name_their_keys() {
        for code in (32..127)
            .chain(57358..=57454)
            .chain([9, 13, 27, 127, 0xe4, 0x1f600])
        {
            let key = key(code).unwrap();
            match number(key) {
                (number, b'u') => assert_eq!(number, code, "{key:?}"),
                (_, last) => assert!(b"~ABCDEFHPQS".contains(&last), "{key:?}"),
            }
        }
        for none in [0, 1, 7, 10, 31, 0x80, 0x9f, 0xd800, 57455, 63743, 0x11_0000] {
            assert_eq!(key(none), None, "{none}");
        }
    }

    #[test]
    fn shift_pairs_go_both_ways() {
        for (plain, up) in [('a', 'A'), ('ö', 'Ö'), ('1', '!'), ('/', '?'), ('я', 'Я')] {
            assert_eq!(shifted(plain), Some(up));
            assert_eq!(unshifted(up), Some(plain));
        }
        for neither in [' ', '中', 'ß'] {
            assert_eq!(unshifted(neither), None, "{neither}");
        }
        assert_eq!(shifted('中'), None);
    }
}
