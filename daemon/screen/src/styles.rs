//! The style table: every style in use has a small id. What is drawn in 24-bit colours has a style of
//! its own in nearly every cell; the commonest of those are their own ids and pass the table.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use minicbor::{Decode, Encode};

use crate::freed::{Freed, check_limit, live};
use crate::invariants::ensure;
use crate::limits::STYLES_BEFORE_COLLECTION;
use crate::packed_style::PackedStyle;
use crate::pen::Pen;

/// Multiplies and folds, from a random start: a program chooses its pens, and must not be able to
/// choose ones that collide.
#[derive(Clone, Copy)]
struct Fold(u64);

impl Fold {
    fn new() -> Self {
        Self(RandomState::new().build_hasher().finish())
    }
}

impl BuildHasher for Fold {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        *self
    }
}

impl Hasher for Fold {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        let wide = u128::from(self.0 ^ value) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (wide as u64) ^ ((wide >> 64) as u64);
    }

    fn write_u128(&mut self, value: u128) {
        self.write_u64(value as u64 ^ 0x51ed_270b_9f3c_a5a7);
        self.write_u64((value >> 64) as u64 ^ 0x2545_f491_4f6c_dd1d);
    }
}

/// Number of recently used styles that are found without the index; a power of two.
const RECENT: usize = 64;

/// The id that a pen has without the table, if it is one of those. No pen has two ids.
#[inline]
fn direct_id(pen: Pen) -> Option<u32> {
    pen.colored_text().map(|bits| DIRECT | bits)
}

/// The [`Pen::colored_text`] that such an id is.
#[inline]
fn direct_bits(id: u32) -> Option<u32> {
    (id & DIRECT != 0).then_some(id & !DIRECT)
}

/// Set in ids that are their pens.
const DIRECT: u32 = 1 << 31;

pub(crate) struct Styles {
    pens: Vec<Pen>,
    /// Each pen as history writes it.
    packed: Vec<PackedStyle>,
    index: HashMap<u128, u32, Fold>,
    free: Vec<u32>,
    recent: [(Pen, u32); RECENT],
    limit: usize,
}

/// [`Styles`], saved: pens by id, those that are free as plain ones.
#[derive(Encode, Decode)]
pub(crate) struct SavedStyles {
    #[n(0)]
    pens: Vec<Pen>,
    #[n(1)]
    free: Vec<u32>,
    #[n(2)]
    limit: u64,
}

impl Styles {
    pub(crate) fn new() -> Self {
        let mut index = HashMap::with_hasher(Fold::new());
        index.insert(Pen::PLAIN.0, 0);
        Self {
            pens: vec![Pen::PLAIN],
            packed: vec![PackedStyle::of(Pen::PLAIN)],
            index,
            free: Vec::new(),
            recent: [(Pen::PLAIN, 0); RECENT],
            limit: STYLES_BEFORE_COLLECTION,
        }
    }

    #[inline]
    pub(crate) fn pen(&self, id: u32) -> Pen {
        match direct_bits(id) {
            Some(bits) => Pen::of_colored_text(bits),
            None => self.pens.get(id as usize).copied().unwrap_or(Pen::PLAIN),
        }
    }

    /// A collection is due before the next [`Self::intern`].
    pub(crate) fn full(&self) -> bool {
        self.index.len() >= self.limit
    }

    /// The id of a pen that is interned.
    pub(crate) fn find(&self, pen: Pen) -> Option<u32> {
        direct_id(pen).or_else(|| self.index.get(&pen.0).copied())
    }

    /// The style as history writes it.
    #[inline]
    pub(crate) fn packed(&self, id: u32) -> PackedStyle {
        if let Some(bits) = direct_bits(id) {
            return PackedStyle::of_colored_text(bits);
        }
        let packed = self.packed.get(id as usize);
        packed.copied().unwrap_or(PackedStyle::PLAIN)
    }

    #[inline]
    pub(crate) fn intern(&mut self, pen: Pen) -> u32 {
        if pen == Pen::PLAIN {
            return 0;
        }
        if let Some(id) = direct_id(pen) {
            return id;
        }
        let slot = self.index.hasher().hash_one(pen.0) as usize & (RECENT - 1);
        if let Some((recent, id)) = self.recent.get(slot)
            && *recent == pen
        {
            return *id;
        }
        let id = self.find_or_add(pen);
        if let Some(entry) = self.recent.get_mut(slot) {
            *entry = (pen, id);
        }
        id
    }

    fn find_or_add(&mut self, pen: Pen) -> u32 {
        if let Some(id) = self.index.get(&pen.0) {
            return *id;
        }
        let id = if let Some(id) = self.free.pop() {
            let places = (
                self.pens.get_mut(id as usize),
                self.packed.get_mut(id as usize),
            );
            if let (Some(place), Some(packed)) = places {
                *place = pen;
                *packed = PackedStyle::of(pen);
            }
            id
        } else {
            self.pens.push(pen);
            self.packed.push(PackedStyle::of(pen));
            (self.pens.len() - 1) as u32
        };
        self.index.insert(pen.0, id);
        id
    }

    /// Forgets all styles whose `live` flag is not set; `live` has one flag per id.
    pub(crate) fn collect(&mut self, live: &[bool]) {
        let is_live = |id: u32| id == 0 || live.get(id as usize).copied().unwrap_or(false);
        let free = &mut self.free;
        let before = free.len();
        self.index.retain(|_, id| {
            let keep = is_live(*id);
            if !keep {
                free.push(*id);
            }
            keep
        });
        // Ids do not depend on the order of the index.
        free[before..].sort_unstable();
        self.recent = [(Pen::PLAIN, 0); RECENT];
        self.limit = (self.index.len() * 2).max(STYLES_BEFORE_COLLECTION);
    }

    /// A flag for each id of the table that is in use.
    pub(crate) fn live(&self) -> Vec<bool> {
        live(self.pens.len(), self.index.values())
    }

    /// Whether `id` is that of a style, `live` being [`Self::live`].
    pub(crate) fn is_style(live: &[bool], id: u32) -> bool {
        match direct_bits(id) {
            Some(bits) => direct_id(Pen::of_colored_text(bits)) == Some(id),
            None => live.get(id as usize) == Some(&true),
        }
    }

    pub(crate) fn save(&self) -> SavedStyles {
        let pens = self.pens.iter().zip(self.live());
        SavedStyles {
            pens: pens
                .map(|(pen, live)| if live { *pen } else { Pen::PLAIN })
                .collect(),
            free: self.free.clone(),
            limit: self.limit as u64,
        }
    }

    pub(crate) fn load(saved: SavedStyles) -> Result<Self, String> {
        let free = Freed::of(&saved.free, saved.pens.len())?;
        let mut index = HashMap::with_hasher(Fold::new());
        for (id, pen) in (0..).zip(&saved.pens) {
            if !free.has(id) && index.insert(pen.0, id).is_some() {
                return Err("a style is there twice".into());
            }
        }
        Ok(Self {
            packed: saved.pens.iter().map(|pen| PackedStyle::of(*pen)).collect(),
            pens: saved.pens,
            index,
            free: saved.free,
            recent: [(Pen::PLAIN, 0); RECENT],
            limit: saved.limit as usize,
        })
    }

    /// `links`: whether a link is in use.
    pub(crate) fn check(&self, links: impl Fn(u32) -> bool) -> Result<(), String> {
        let ids = self.pens.len();
        let free = Freed::of(&self.free, ids)?;
        let used = ids - self.free.len();
        ensure(
            used == self.index.len() && self.packed.len() == ids,
            "styles are miscounted",
        )?;
        ensure(
            self.pen(0) == Pen::PLAIN && !free.has(0),
            "style 0 is not the plain one",
        )?;
        for (bits, id) in &self.index {
            let (pen, id) = (self.pen(*id), *id);
            ensure(
                pen.0 == *bits && !free.has(id),
                "a style is not found by its pen",
            )?;
            let packed = PackedStyle::of(pen);
            ensure(
                self.packed(id).bytes() == packed.bytes(),
                "a style is packed wrongly",
            )?;
            ensure(direct_id(pen).is_none(), "a style has two numbers")?;
            ensure(
                pen.link() == 0 || links(pen.link()),
                "a style has a link that was forgotten",
            )?;
        }
        let recent = |(pen, id): &(Pen, u32)| self.index.get(&pen.0) == Some(id);
        ensure(self.recent.iter().all(recent), "a recent style is unknown")?;
        check_limit(self.limit, ids, STYLES_BEFORE_COLLECTION)
    }

    /// Number of ids ever given out, for the flags of [`Self::collect`].
    pub(crate) fn ids(&self) -> usize {
        self.pens.len()
    }
}
