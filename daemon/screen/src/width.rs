//! Columns of characters and clusters, and where clusters break.

use unicode_segmentation::GraphemeCursor;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of one code point as `wcwidth` has it: 0, 1 or 2.
#[inline]
pub(crate) fn of_char(c: char) -> u8 {
    match c {
        // The long dashes have one column in terminals.
        '\u{20}'..='\u{7e}'
        | '\u{a0}'..='\u{ff}'
        | '\u{2500}'..='\u{25fc}'
        | '\u{2e3a}'
        | '\u{2e3b}' => 1,
        '\u{3041}'..='\u{3096}'
        | '\u{30a0}'..='\u{30ff}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' => 2,
        _ => c.width().unwrap_or(0).min(2) as u8,
    }
}

/// Columns of a grapheme cluster, 1 or 2.
pub(crate) fn of_cluster(text: &str) -> u8 {
    text.width().clamp(1, 2) as u8
}

/// `c` never joins a neighbour of which this is true as well: a test cheaper than the tables.
#[inline]
pub(crate) fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{20}'..='\u{7e}'
        | '\u{a1}'..='\u{a8}'
        | '\u{aa}'..='\u{ac}'
        | '\u{af}'..='\u{2ff}'
        | '\u{400}'..='\u{482}'
        | '\u{2010}'..='\u{2027}'
        | '\u{2030}'..='\u{205e}'
        | '\u{2190}'..='\u{2bff}'
        | '\u{3000}'..='\u{3029}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{ff01}'..='\u{ff9d}'
        | '\u{fffd}'
        | '\u{1f300}'..='\u{1f3fa}'
        | '\u{1f400}'..='\u{1faff}')
}

/// Bytes of each character that [`alone`] finds.
pub(crate) const ALONE_BYTES: usize = 3;

/// The character that `bytes` begin with, if it has three bytes, as most beyond ASCII, and
/// [`stands_alone`].
#[inline]
pub(crate) fn alone(bytes: &[u8]) -> Option<char> {
    three_bytes(bytes).filter(|c| stands_alone(*c))
}

/// The character that `bytes` begin with, if it has three bytes.
#[inline]
pub(crate) fn three_bytes(bytes: &[u8]) -> Option<char> {
    let [
        first @ (0xe1..=0xec | 0xee..=0xef),
        second @ 0x80..=0xbf,
        third @ 0x80..=0xbf,
        ..,
    ] = bytes
    else {
        return None;
    };
    char::from_u32(u32::from(first & 0xf) << 12 | part(*second) << 6 | part(*third))
}

/// The same for two bytes, and for four.
#[inline]
pub(crate) fn two_or_four_bytes(bytes: &[u8]) -> Option<char> {
    let code = match bytes {
        [first @ 0xc2..=0xdf, second @ 0x80..=0xbf, ..] => {
            u32::from(first & 0x1f) << 6 | part(*second)
        }
        [
            first @ 0xf0..=0xf4,
            second @ 0x80..=0xbf,
            third @ 0x80..=0xbf,
            fourth @ 0x80..=0xbf,
            ..,
        ] => {
            let code = u32::from(first & 7) << 18 | part(*second) << 12;
            code | part(*third) << 6 | part(*fourth)
        }
        _ => return None,
    };
    // Four bytes could have said what fewer can.
    let length = if bytes.first() < Some(&0xf0) { 2 } else { 4 };
    char::from_u32(code).filter(|c| c.len_utf8() == length)
}

/// What a byte after the first adds.
fn part(byte: u8) -> u32 {
    u32::from(byte & 0x3f)
}

/// No boundary lies between the cluster that ends at `at` in `text` and what follows.
pub(crate) fn joins(text: &str, at: usize) -> bool {
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    !cursor.is_boundary(text, 0).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_gives_the_tables_widths() {
        for c in (0..0x11_0000).filter_map(char::from_u32) {
            let long_dash = matches!(c, '\u{2e3a}' | '\u{2e3b}');
            let expected = if long_dash || c == '\u{ad}' {
                1
            } else {
                c.width().unwrap_or(0).min(2) as u8
            };
            assert_eq!(of_char(c), expected, "{c:?}");
        }
    }

    #[test]
    fn the_short_ways_decode_what_is_text_and_nothing_else() {
        for bytes in (0..0x11_0000).filter_map(char::from_u32).map(String::from) {
            let c = bytes.chars().next();
            let found = three_bytes(bytes.as_bytes()).or(two_or_four_bytes(bytes.as_bytes()));
            // One byte, and what begins with 0xe0 or 0xed, goes the long way.
            let short = !matches!(bytes.as_bytes(), [0..0x80 | 0xe0 | 0xed, ..]);
            assert_eq!(found, c.filter(|_| short), "{bytes:?}");
        }
        for bad in [
            &b"\xc1\x81"[..],
            b"\xf0\x82\x82\xac",
            b"\xf0\x80\x8f\x9f",
            b"\xf0\x8f\xbf\xbf",
            b"\xf4\x90\x80\x80",
            b"\xf5\x80\x80\x80",
            b"\xe4\xb8",
            b"\xc3",
            b"\xc3\xc3",
        ] {
            assert_eq!(three_bytes(bad).or(two_or_four_bytes(bad)), None, "{bad:?}");
        }
    }

    #[test]
    fn what_stands_alone_never_joins() {
        let alone: Vec<char> = (0..0x11_0000)
            .filter_map(char::from_u32)
            .filter(|c| stands_alone(*c))
            .collect();
        let samples = [
            'a', '\u{e9}', '\u{2500}', '\u{4e2d}', '\u{d55c}', '\u{ac00}',
        ];
        for c in alone {
            assert!(of_char(c) > 0, "{c:?} has no width");
            for sample in samples {
                let text: String = [sample, c].iter().collect();
                assert!(!joins(&text, sample.len_utf8()), "{text:?}");
                let text: String = [c, sample].iter().collect();
                assert!(!joins(&text, c.len_utf8()), "{text:?}");
            }
        }
    }
}
