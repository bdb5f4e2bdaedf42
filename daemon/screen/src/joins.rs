//! What became of recent characters that met a cell: looked up before the Unicode tables are.

use minicbor::{Decode, Encode};

use crate::cell::Glyph;
use crate::invariants::ensure;

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

impl Entry {
    fn is_used(&self) -> bool {
        self.c != EMPTY.c
    }
}

const EMPTY: Entry = Entry {
    base: Glyph::TAIL,
    c: '\0',
    join: Join::Apart,
};

/// One entry, saved; glyphs as their bits.
#[derive(Encode, Decode)]
pub(crate) struct SavedJoin {
    #[n(0)]
    base: u32,
    #[n(1)]
    c: char,
    /// `None`: it begins a cluster of its own.
    #[n(2)]
    into: Option<u32>,
}

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

    pub(crate) fn save(&self) -> Vec<SavedJoin> {
        let used = self.entries.iter().filter(|entry| entry.is_used());
        let saved = used.map(|entry| SavedJoin {
            base: entry.base.bits(),
            c: entry.c,
            into: match entry.join {
                Join::Apart => None,
                Join::Into(glyph) => Some(glyph.bits()),
            },
        });
        saved.collect()
    }

    pub(crate) fn load(saved: &[SavedJoin]) -> Result<Self, String> {
        let glyph = |bits| Glyph::of_bits(bits).ok_or("a glyph that cannot be");
        let mut joins = Self::new();
        for entry in saved {
            let join = entry.into.map(glyph).transpose()?;
            let join = join.map_or(Join::Apart, Join::Into);
            joins.put(glyph(entry.base)?, entry.c, join);
        }
        Ok(joins)
    }

    /// Every cluster that is named is in use; `clusters` has a flag per id.
    pub(crate) fn check(&self, clusters: &[bool]) -> Result<(), String> {
        let used = |id: u32| clusters.get(id as usize) == Some(&true);
        let live = |glyph: Glyph| glyph.cluster_id().is_none_or(used);
        let legal = |entry: &Entry| {
            live(entry.base)
                && match entry.join {
                    Join::Apart => true,
                    Join::Into(glyph) => live(glyph),
                }
        };
        let all = self
            .entries
            .iter()
            .filter(|entry| entry.is_used())
            .all(legal);
        ensure(all, "a cluster that was forgotten is still joined to")
    }

    pub(crate) fn clear(&mut self) {
        self.entries.fill(EMPTY);
    }
}
