//! Columns of characters and clusters, and where clusters break.

use unicode_segmentation::GraphemeCursor;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What is known of a character without the Unicode tables. Two of which [`Self::stands_alone`] is
/// true never join each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Other,
    /// Stands alone, in one column.
    Narrow,
    /// Stands alone, in two columns.
    Wide,
    /// Stands alone; its columns are in the tables.
    Alone,
}

impl Kind {
    #[inline]
    pub(crate) fn stands_alone(self) -> bool {
        self != Self::Other
    }

    /// Columns, if they are known.
    #[inline]
    fn cells(self) -> Option<u8> {
        match self {
            Self::Narrow => Some(1),
            Self::Wide => Some(2),
            Self::Other | Self::Alone => None,
        }
    }
}

/// Code points of the basic plane that stand alone; a later range overrides an earlier one.
const RANGES: [(u32, u32, Kind); 21] = [
    (0x20, 0x7e, Kind::Narrow),
    (0xa1, 0xa8, Kind::Narrow),
    (0xaa, 0xac, Kind::Narrow),
    (0xaf, 0x2ff, Kind::Narrow),
    (0x400, 0x482, Kind::Narrow),
    (0x2010, 0x2027, Kind::Narrow),
    (0x2030, 0x205e, Kind::Narrow),
    (0x2190, 0x2bff, Kind::Alone),
    (0x2190, 0x2319, Kind::Narrow),
    (0x2500, 0x25fc, Kind::Narrow),
    (0x270c, 0x2727, Kind::Narrow),
    (0x2800, 0x28ff, Kind::Narrow),
    (0x3000, 0x3029, Kind::Wide),
    (0x3041, 0x3096, Kind::Wide),
    (0x30a1, 0x30fa, Kind::Wide),
    (0x3400, 0x4dbf, Kind::Alone),
    (0x4e00, 0x9fff, Kind::Wide),
    (0xac00, 0xd7a3, Kind::Wide),
    (0xe000, 0xf8ff, Kind::Narrow),
    (0xff01, 0xff9d, Kind::Alone),
    (0xfffd, 0xfffd, Kind::Narrow),
];

/// Four kinds in a byte.
const PACKED: usize = 4;

/// The kind of each code point of the basic plane.
static KINDS: [u8; 0x1_0000 / PACKED] = kinds();

const fn kinds() -> [u8; 0x1_0000 / PACKED] {
    let mut kinds = [0; 0x1_0000 / PACKED];
    let mut range = 0;
    while range < RANGES.len() {
        let (mut code, last, kind) = RANGES[range];
        while code <= last {
            let (at, shift) = place(code);
            kinds[at] = kinds[at] & !(3 << shift) | (kind as u8) << shift;
            code += 1;
        }
        range += 1;
    }
    kinds
}

/// The byte of a code point, and the shift in it.
const fn place(code: u32) -> (usize, u32) {
    (code as usize / PACKED, code % PACKED as u32 * 2)
}

#[inline]
pub(crate) fn kind(c: char) -> Kind {
    let (at, shift) = place(c as u32);
    match KINDS.get(at).map(|kinds| kinds >> shift & 3) {
        Some(1) => Kind::Narrow,
        Some(2) => Kind::Wide,
        Some(3) => Kind::Alone,
        None if matches!(c, '\u{1f300}'..='\u{1f3fa}' | '\u{1f400}'..='\u{1faff}') => Kind::Alone,
        _ => Kind::Other,
    }
}

/// Columns of one code point as `wcwidth` has it: 0, 1 or 2.
#[inline]
pub(crate) fn of_char(c: char) -> u8 {
    of_kind(c, kind(c))
}

/// The same for a character of this kind.
#[inline]
pub(crate) fn of_kind(c: char, kind: Kind) -> u8 {
    match (kind.cells(), c) {
        (Some(cells), _) => cells,
        // The long dashes have one column in terminals.
        (None, '\u{ad}' | '\u{2e3a}' | '\u{2e3b}') => 1,
        (None, _) => c.width().unwrap_or(0).min(2) as u8,
    }
}

/// Columns of a grapheme cluster, 1 or 2.
pub(crate) fn of_cluster(text: &str) -> u8 {
    text.width().clamp(1, 2) as u8
}

/// `c` never joins a neighbour of which this is true as well: a test cheaper than the tables.
#[inline]
pub(crate) fn stands_alone(c: char) -> bool {
    kind(c).stands_alone()
}

/// The character that `bytes` begin with and its length, if it can be told quickly: printable ASCII
/// and most beyond.
#[inline]
pub(crate) fn decode_short(bytes: &[u8]) -> Option<(char, usize)> {
    match bytes {
        [ascii @ 0x20..=0x7e, ..] => Some((char::from(*ascii), 1)),
        [
            first @ (0xe1..=0xec | 0xee..=0xef),
            second @ 0x80..=0xbf,
            third @ 0x80..=0xbf,
            ..,
        ] => {
            let code = u32::from(first & 0xf) << 12 | part(*second) << 6 | part(*third);
            char::from_u32(code).map(|c| (c, 3))
        }
        [first @ 0xc2..=0xdf, second @ 0x80..=0xbf, ..] => {
            char::from_u32(u32::from(first & 0x1f) << 6 | part(*second)).map(|c| (c, 2))
        }
        [
            first @ 0xf0..=0xf4,
            second @ 0x80..=0xbf,
            third @ 0x80..=0xbf,
            fourth @ 0x80..=0xbf,
            ..,
        ] => {
            let code = u32::from(first & 7) << 18 | part(*second) << 12;
            let code = code | part(*third) << 6 | part(*fourth);
            // Four bytes could have said what fewer can.
            char::from_u32(code)
                .filter(|_| code >= 0x1_0000)
                .map(|c| (c, 4))
        }
        _ => None,
    }
}

/// What a byte after the first adds.
#[inline]
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
    fn the_short_way_decodes_what_is_text_and_nothing_else() {
        for bytes in (0..0x11_0000).filter_map(char::from_u32).map(String::from) {
            let whole = bytes.chars().next().map(|c| (c, bytes.len()));
            // Controls, and what begins with 0xe0 or 0xed, go the long way.
            let short = !matches!(bytes.as_bytes(), [0..0x20 | 0x7f | 0xe0 | 0xed, ..]);
            let found = decode_short(bytes.as_bytes());
            assert_eq!(found, whole.filter(|_| short), "{bytes:?}");
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
            b"",
        ] {
            assert_eq!(decode_short(bad), None, "{bad:?}");
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
