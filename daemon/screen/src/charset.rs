//! Character sets G0 to G3: what a VT420 has, and its national ones. Text is UTF-8, so that a set
//! only changes what ASCII shows.

use minicbor::{Decode, Encode};

use crate::level::Level;

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
    /// The upper half of ISO 8859-1, in 96 characters.
    #[n(3)]
    Latin1,
    /// DEC Technical: mathematics and Greek.
    #[n(4)]
    Technical,
    /// DEC Supplemental Graphics, which Latin 1 came of.
    #[n(5)]
    Supplemental,
    #[n(6)]
    Dutch,
    #[n(7)]
    Finnish,
    #[n(8)]
    French,
    #[n(9)]
    FrenchCanadian,
    #[n(10)]
    German,
    #[n(11)]
    Italian,
    #[n(12)]
    NorwegianDanish,
    #[n(13)]
    Portuguese,
    #[n(14)]
    Spanish,
    #[n(15)]
    Swedish,
    #[n(16)]
    Swiss,
}

/// A set of 94 characters: the ends of its designations, the one that is reported first; the level
/// from which it is there, and whether it is one only with national sets (DECNRCM).
struct Known(Charset, &'static [&'static str], Level, bool);

const SETS: [Known; 16] = [
    Known(Charset::Ascii, &["B"], Level(1), false),
    Known(Charset::Uk, &["A"], Level(1), false),
    // `2` is the same of another character generator.
    Known(Charset::Graphics, &["0", "2"], Level(1), false),
    Known(Charset::Dutch, &["4"], Level(2), true),
    Known(Charset::Finnish, &["5", "C"], Level(2), true),
    Known(Charset::French, &["R", "f"], Level(2), true),
    Known(Charset::FrenchCanadian, &["Q", "9"], Level(2), true),
    Known(Charset::German, &["K"], Level(2), true),
    Known(Charset::Italian, &["Y"], Level(2), true),
    Known(Charset::NorwegianDanish, &["6", "E", "`"], Level(2), true),
    Known(Charset::Spanish, &["Z"], Level(2), true),
    Known(Charset::Swedish, &["7", "H"], Level(2), true),
    Known(Charset::Swiss, &["="], Level(2), true),
    Known(Charset::Portuguese, &["%6"], Level(3), true),
    Known(Charset::Technical, &[">"], Level(3), false),
    Known(Charset::Supplemental, &["%5"], Level(3), false),
];

impl Charset {
    /// The set of 94 characters by the end of its designation. An unknown one is ASCII.
    pub(crate) fn of_94(prefix: &[u8], last: u8, level: Level, national: bool) -> Self {
        let ends = |name: &str| name.as_bytes().split_last() == Some((&last, prefix));
        let known = SETS.iter().find(|known| {
            known.1.iter().any(|name| ends(name)) && level >= known.2 && (national || !known.3)
        });
        known.map_or(Self::Ascii, |known| known.0)
    }

    /// The same of 96 characters.
    pub(crate) fn of_96(last: u8) -> Self {
        match last {
            b'A' => Self::Latin1,
            _ => Self::Ascii,
        }
    }

    fn has_96(self) -> bool {
        self == Self::Latin1
    }

    /// The end of its designation.
    fn name(self) -> &'static str {
        let known = SETS.iter().find(|known| known.0 == self);
        known.and_then(|known| known.1.first()).unwrap_or(&"A")
    }

    pub(crate) fn map(self, c: char) -> char {
        let replaced = match self {
            Self::Ascii => return c,
            Self::Graphics => return in_table(&GRAPHICS, 0x5f, c),
            Self::Technical => return in_table(&TECHNICAL, 0x21, c),
            Self::Latin1 => return upper(c),
            Self::Supplemental => return supplemental(c),
            Self::Uk => "£@[\\]^_`{|}~",
            Self::Dutch => "£¾ĳ½|^_`¨ƒ¼´",
            Self::Finnish => "#@ÄÖÅÜ_éäöåü",
            Self::French => "£à°ç§^_`éùè¨",
            Self::FrenchCanadian => "#àâçêî_ôéùèû",
            Self::German => "#§ÄÖÜ^_`äöüß",
            Self::Italian => "£§°çé^_ùàòèì",
            Self::NorwegianDanish => "#ÄÆØÅÜ_äæøåü",
            Self::Portuguese => "#@ÃÇÕ^_`ãçõ~",
            Self::Spanish => "£§¡Ñ¿^_`°ñç~",
            Self::Swedish => "#ÉÄÖÅÜ_éäöåü",
            Self::Swiss => "ùàéçêîèôäöüû",
        };
        let place = NATIONAL.find(c);
        place.and_then(|at| replaced.chars().nth(at)).unwrap_or(c)
    }
}

/// What national sets replace.
const NATIONAL: &str = "#@[\\]^_`{|}~";

const GRAPHICS: [char; 32] = [
    '\u{a0}', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻',
    '─', '⎼', '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

/// Stands where a set has nothing, and for the parts of a large sigma, which are no characters.
const NONE: char = char::REPLACEMENT_CHARACTER;

const TECHNICAL: [char; 94] = [
    '⎷', '┌', '─', '⌠', '⌡', '│', '⎡', '⎣', '⎤', '⎦', '⎧', '⎩', '⎫', '⎭', '⎨', '⎬', NONE, NONE,
    NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, '≤', '≠', '≥', '∫', '∴', '∝', '∞', '÷',
    'Δ', '∇', 'Φ', 'Γ', '∼', '≃', 'Θ', '×', 'Λ', '⇔', '⇒', '≡', 'Π', 'Ψ', NONE, 'Σ', NONE, NONE,
    '√', 'Ω', 'Ξ', 'Υ', '⊂', '⊃', '∩', '∪', '∧', '∨', '¬', 'α', 'β', 'χ', 'δ', 'ε', 'φ', 'γ', 'η',
    'ι', 'θ', 'κ', 'λ', NONE, 'ν', '∂', 'π', 'ψ', 'ρ', 'σ', 'τ', NONE, 'ƒ', 'ω', 'ξ', 'υ', 'ζ',
    '←', '↑', '→', '↓',
];

/// The character of a set that replaces those from `first` on.
fn in_table(table: &[char], first: usize, c: char) -> char {
    let index = (c as usize).wrapping_sub(first);
    table.get(index).copied().unwrap_or(c)
}

/// The same place in the upper half of Latin 1.
fn upper(c: char) -> char {
    char::from_u32(c as u32 + 0x80).unwrap_or(c)
}

fn supplemental(c: char) -> char {
    match c {
        ' ' => c,
        '(' => '¤',
        'W' => 'Œ',
        'w' => 'œ',
        ']' => 'Ÿ',
        '}' => 'ÿ',
        '$' | '&' | ',' | '-' | '.' | '/' | '4' | '8' | '>' | 'P' | '^' | 'p' | '~' => NONE,
        _ => upper(c),
    }
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

    pub(crate) fn single_shift(&mut self, index: Option<u8>) {
        self.single = index;
    }

    pub(crate) fn gl(self) -> u8 {
        self.gl
    }

    /// The set of a single shift, if one is under way.
    pub(crate) fn single(self) -> Option<u8> {
        self.single
    }

    /// A bit for each set of 96 characters, and the ends of all designations.
    pub(crate) fn names(self) -> (u8, String) {
        let sizes = self.sets.iter().rev();
        let sizes = sizes.fold(0, |sizes, set| sizes << 1 | u8::from(set.has_96()));
        let names: Vec<&str> = self.sets.iter().map(|set| set.name()).collect();
        (sizes, names.concat())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::width;

    /// Whatever a set shows has one column, as what it stands for.
    #[test]
    fn all_that_is_shown_has_one_column() {
        let sets = SETS.iter().map(|known| known.0);
        for set in sets.chain([Charset::Latin1]) {
            for c in ' '..='~' {
                let shown = set.map(c);
                assert_eq!(width::of_char(shown), 1, "{set:?}: {c} is {shown:?}");
            }
        }
    }

    #[test]
    fn designations_are_told_as_they_are_made() {
        for Known(set, names, level, national) in SETS {
            for name in names {
                let (last, prefix) = name.as_bytes().split_last().unwrap();
                let of = |level, national| Charset::of_94(prefix, *last, level, national);
                assert_eq!(of(level, national), set, "{name}");
                if national {
                    assert_eq!(of(Level::MOST, false), Charset::Ascii, "{name}");
                }
            }
            assert_eq!(set.name(), names[0]);
        }
        assert_eq!(Charset::Latin1.name(), "A");
        assert_eq!(NATIONAL.len(), 12);
    }
}
