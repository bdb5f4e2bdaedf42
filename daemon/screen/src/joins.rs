//! What became of recent characters that met a cell: looked up before the Unicode tables are.

use crate::cell::Glyph;

/// A power of two.
const ENTRIES: usize = 256;

/// What a character does to the glyph at its left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Join {
    /// It begins a cluster of its own.
    Apart,
    /// It joins; this is the glyph then, marked if wide.
    Into(Glyph),
}

#[derive(Clone, Copy)]
struct Entry {
    base: Glyph,
    c: char,
    join: Join,
}

const EMPTY: Entry = Entry {
    base: Glyph::TAIL,
    c: '\0',
    join: Join::Apart,
};

/// Valid until clusters are collected, and only while mode 2027 is set.
pub(crate) struct Joins {
    entries: Box<[Entry]>,
}

impl Joins {
    pub(crate) fn new() -> Self {
        Self {
            entries: vec![EMPTY; ENTRIES].into(),
        }
    }

    fn slot(base: Glyph, c: char) -> usize {
        let mixed = (base.bits() ^ (c as u32).rotate_left(13)).wrapping_mul(0x9e37_79b1);
        (mixed >> 24) as usize % ENTRIES
    }

    pub(crate) fn get(&self, base: Glyph, c: char) -> Option<Join> {
        let entry = self.entries.get(Self::slot(base, c))?;
        (entry.base == base && entry.c == c).then_some(entry.join)
    }

    pub(crate) fn put(&mut self, base: Glyph, c: char, join: Join) {
        if let Some(entry) = self.entries.get_mut(Self::slot(base, c)) {
            *entry = Entry { base, c, join };
        }
    }

    pub(crate) fn clear(&mut self) {
        self.entries.fill(EMPTY);
    }
}
