//! Character sets G0 to G3: ASCII, DEC line drawing, UK.

use minicbor::{Decode, Encode};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Charset {
    #[default]
    #[n(0)]
    Ascii,
    /// DEC Special Graphics: lines and symbols for 0x5f to 0x7e.
    #[n(1)]
    Graphics,
    /// `#` is a pound sign.
    #[n(2)]
    Uk,
}

impl Charset {
    /// By the final byte of its designation. Unknown national sets are ASCII.
    pub(crate) fn designated(byte: u8) -> Self {
        match byte {
            b'0' | b'2' => Self::Graphics,
            b'A' => Self::Uk,
            _ => Self::Ascii,
        }
    }

    pub(crate) fn map(self, c: char) -> char {
        match self {
            Self::Uk if c == '#' => '\u{a3}',
            Self::Graphics => graphic(c),
            Self::Ascii | Self::Uk => c,
        }
    }
}

const GRAPHICS: [char; 32] = [
    '\u{a0}', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻',
    '─', '⎼', '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

fn graphic(c: char) -> char {
    let index = (c as usize).wrapping_sub(0x5f);
    GRAPHICS.get(index).copied().unwrap_or(c)
}

/// The four sets, which of them is in use, and a single shift.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub(crate) struct Charsets {
    #[n(0)]
    sets: [Charset; 4],
    /// Index of the set that GL shows.
    #[n(1)]
    gl: u8,
    /// The set for the next character only (SS2, SS3).
    #[n(2)]
    single: Option<u8>,
}

impl Charsets {
    pub(crate) const ASCII: Self = Self {
        sets: [Charset::Ascii; 4],
        gl: 0,
        single: None,
    };

    /// Every index is one of a set.
    pub(crate) fn is_legal(self) -> bool {
        let legal = |index: u8| usize::from(index) < self.sets.len();
        legal(self.gl) && self.single.is_none_or(legal)
    }

    /// All text goes through unchanged.
    pub(crate) fn plain(self) -> bool {
        self.single.is_none() && self.sets.get(usize::from(self.gl)) == Some(&Charset::Ascii)
    }

    pub(crate) fn designate(&mut self, index: usize, set: Charset) {
        if let Some(place) = self.sets.get_mut(index) {
            *place = set;
        }
    }

    pub(crate) fn shift(&mut self, index: u8) {
        self.gl = index;
    }

    pub(crate) fn single_shift(&mut self, index: u8) {
        self.single = Some(index);
    }

    /// The character that `c` shows, leaving a single shift to the next one printed.
    pub(crate) fn shown(self, c: char) -> char {
        let set = self.sets.get(usize::from(self.gl)).copied();
        set.unwrap_or_default().map(c)
    }

    pub(crate) fn map(&mut self, c: char) -> char {
        let index = self.single.take().unwrap_or(self.gl);
        let set = self.sets.get(usize::from(index)).copied();
        set.unwrap_or_default().map(c)
    }
}
