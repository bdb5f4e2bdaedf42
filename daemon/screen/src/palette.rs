//! Colours as numbers, for programs that ask: what the program set, else what the viewer's
//! terminal said, else xterm's defaults on black.

use abide_protocol::{Palette, Rgb};

pub(crate) const FOREGROUND: Rgb = grey(0xe5);
pub(crate) const BACKGROUND: Rgb = grey(0);

const ANSI: [Rgb; 16] = [
    rgb(0, 0, 0),
    rgb(0xcd, 0, 0),
    rgb(0, 0xcd, 0),
    rgb(0xcd, 0xcd, 0),
    rgb(0, 0, 0xee),
    rgb(0xcd, 0, 0xcd),
    rgb(0, 0xcd, 0xcd),
    rgb(0xe5, 0xe5, 0xe5),
    rgb(0x7f, 0x7f, 0x7f),
    rgb(0xff, 0, 0),
    rgb(0, 0xff, 0),
    rgb(0xff, 0xff, 0),
    rgb(0x5c, 0x5c, 0xff),
    rgb(0xff, 0, 0xff),
    rgb(0, 0xff, 0xff),
    rgb(0xff, 0xff, 0xff),
];

const fn rgb(r: u8, g: u8, b: u8) -> Rgb {
    Rgb { r, g, b }
}

const fn grey(level: u8) -> Rgb {
    rgb(level, level, level)
}

/// xterm's colour for an index.
pub(crate) fn default(index: u8) -> Rgb {
    if let Some(color) = ANSI.get(usize::from(index)) {
        return *color;
    }
    if index >= 232 {
        return grey(8 + (index - 232) * 10);
    }
    let cube = index - 16;
    let level = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
    rgb(level(cube / 36), level(cube / 6 % 6), level(cube % 6))
}

/// The colour of `index` in `palette`.
pub(crate) fn get(palette: &Palette, index: u8) -> Option<Rgb> {
    let at = palette
        .indexed
        .binary_search_by_key(&index, |(index, _)| *index)
        .ok()?;
    palette.indexed.get(at).map(|(_, color)| *color)
}

/// Sets or, with `None`, resets the colour of `index`.
pub(crate) fn set(palette: &mut Palette, index: u8, color: Option<Rgb>) {
    let at = palette
        .indexed
        .binary_search_by_key(&index, |(index, _)| *index);
    match (at, color) {
        (Ok(at), Some(color)) => palette.indexed[at].1 = color,
        (Ok(at), None) => {
            palette.indexed.remove(at);
        }
        (Err(at), Some(color)) => palette.indexed.insert(at, (index, color)),
        (Err(_), None) => {}
    }
}

/// `rgb:ff/80/00` (1 to 4 digits a part), `rgba:`, `#rgb` to `#rrrrggggbbbb`, and the few names that
/// programs use.
pub(crate) fn parse(text: &str) -> Option<Rgb> {
    if let Some(digits) = text.strip_prefix('#') {
        let length = digits.len() / 3;
        if !digits.is_ascii() || digits.len() % 3 != 0 || !(1..=4).contains(&length) {
            return None;
        }
        // Here, unlike in `rgb:`, digits are the most significant ones.
        let part = |index: usize| {
            let digits = digits.get(index * length..(index + 1) * length)?;
            let value = u32::from_str_radix(digits, 16).ok()?;
            Some(if length == 1 {
                value << 4
            } else {
                value >> (4 * (length - 2))
            } as u8)
        };
        return Some(rgb(part(0)?, part(1)?, part(2)?));
    }
    if let Some(parts) = text
        .strip_prefix("rgb:")
        .or_else(|| text.strip_prefix("rgba:"))
    {
        let mut parts = parts.split('/').map(scaled);
        return Some(rgb(parts.next()??, parts.next()??, parts.next()??));
    }
    Some(match text.to_ascii_lowercase().as_str() {
        "black" => grey(0),
        "white" => grey(0xff),
        "red" => rgb(0xff, 0, 0),
        "green" => rgb(0, 0xff, 0),
        "blue" => rgb(0, 0, 0xff),
        "yellow" => rgb(0xff, 0xff, 0),
        "cyan" => rgb(0, 0xff, 0xff),
        "magenta" => rgb(0xff, 0, 0xff),
        "grey" | "gray" => grey(0xbe),
        _ => return None,
    })
}

/// One to four hexadecimal digits as a fraction of their greatest value.
fn scaled(digits: &str) -> Option<u8> {
    if digits.is_empty() || digits.len() > 4 {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok()?;
    let greatest = (1u32 << (4 * digits.len())) - 1;
    Some((value * 255 / greatest) as u8)
}

/// `rgb:ffff/8080/0000`, as xterm answers.
pub(crate) fn text(color: Rgb) -> String {
    let Rgb { r, g, b } = color;
    format!("rgb:{r:02x}{r:02x}/{g:02x}{g:02x}/{b:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_parsed_as_xterm_does() {
        let cases = [
            ("rgb:ff/80/00", Some(rgb(255, 128, 0))),
            ("rgb:ffff/8080/0000", Some(rgb(255, 128, 0))),
            ("rgb:f/8/0", Some(rgb(255, 136, 0))),
            ("#f80", Some(rgb(0xf0, 0x80, 0))),
            ("#ff8000", Some(rgb(255, 128, 0))),
            ("#fff880000000", Some(rgb(255, 0x80, 0))),
            ("red", Some(rgb(255, 0, 0))),
            ("rgb:ff/80", None),
            ("rgb:fffff/0/0", None),
            ("#ff80", None),
            ("#", None),
            ("", None),
        ];
        for (given, expected) in cases {
            let expected = if given == "#fff880000000" {
                Some(rgb(0xff, 0x80, 0))
            } else {
                expected
            };
            assert_eq!(parse(given), expected, "{given}");
        }
    }

    #[test]
    fn the_cube_and_the_greys_are_xterms() {
        assert_eq!(default(16), rgb(0, 0, 0));
        assert_eq!(default(196), rgb(255, 0, 0));
        assert_eq!(default(231), rgb(255, 255, 255));
        assert_eq!(default(232), grey(8));
        assert_eq!(default(255), grey(238));
    }
}
