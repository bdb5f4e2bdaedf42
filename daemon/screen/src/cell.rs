//! One cell of the grid: eight bytes, everything else is interned.

/// What stands in a cell: a `char`, an interned grapheme cluster, or a part of a wide neighbour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Glyph(u32);

const CLUSTER: u32 = 1 << 31;
const SPECIAL: u32 = 1 << 30;
const WIDE: u32 = 1 << 29;
const PROTECTED: u32 = 1 << 28;
const VALUE: u32 = (1 << 28) - 1;

impl Glyph {
    pub(crate) const SPACE: Self = Self(' ' as u32);
    /// Second column of a wide cell.
    pub(crate) const TAIL: Self = Self(SPECIAL);
    /// Last column of a wrapped row, left free because a wide cell did not fit.
    pub(crate) const HOLE: Self = Self(SPECIAL | 1);

    pub(crate) const fn ascii(byte: u8) -> Self {
        Self(byte as u32)
    }

    pub(crate) const fn char(c: char) -> Self {
        Self(c as u32)
    }

    /// `id` is one of the cluster table's.
    pub(crate) const fn cluster(id: u32) -> Self {
        Self(CLUSTER | (id & VALUE))
    }

    pub(crate) const fn wide(self) -> Self {
        Self(self.0 | WIDE)
    }

    pub(crate) const fn narrow(self) -> Self {
        Self(self.0 & !WIDE)
    }

    pub(crate) const fn protected(self, on: bool) -> Self {
        if on {
            Self(self.0 | PROTECTED)
        } else {
            Self(self.0 & !PROTECTED)
        }
    }

    pub(crate) const fn is_protected(self) -> bool {
        self.0 & PROTECTED != 0
    }

    pub(crate) const fn is_wide(self) -> bool {
        self.0 & WIDE != 0
    }

    pub(crate) const fn is_tail(self) -> bool {
        self.0 & !PROTECTED == Self::TAIL.0
    }

    pub(crate) const fn is_hole(self) -> bool {
        self.0 & !PROTECTED == Self::HOLE.0
    }

    /// A narrow printable ASCII character, protected or not.
    pub(crate) const fn as_ascii(self) -> Option<u8> {
        let bare = self.0 & !PROTECTED;
        if bare < 0x80 { Some(bare as u8) } else { None }
    }

    /// The id of its cluster, if it is one.
    pub(crate) const fn cluster_id(self) -> Option<u32> {
        if self.0 & CLUSTER != 0 {
            Some(self.0 & VALUE)
        } else {
            None
        }
    }

    /// Its `char`; a space for what has none.
    pub(crate) fn as_char(self) -> char {
        if self.0 & (CLUSTER | SPECIAL) != 0 {
            return ' ';
        }
        char::from_u32(self.0 & VALUE).unwrap_or(' ')
    }

    /// The glyph of bits that were saved; `None` if no glyph has them.
    pub(crate) fn of_bits(bits: u32) -> Option<Self> {
        let glyph = Self(bits);
        let bare = Self(bits & !PROTECTED);
        if bare.is_tail() || bare.is_hole() || bits & (CLUSTER | SPECIAL) == CLUSTER {
            return Some(glyph);
        }
        let c = char::from_u32(bare.0 & !WIDE)?;
        (!c.is_control()).then_some(glyph)
    }

    /// The bits, for tests of whole runs at once.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }
}

/// A glyph and the id of its style in the style table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cell {
    pub(crate) glyph: Glyph,
    pub(crate) style: u32,
}

impl Cell {
    /// What a cell is that nobody wrote: a space in plain style.
    pub(crate) const BLANK: Self = Self {
        glyph: Glyph::SPACE,
        style: 0,
    };
}

const _: () = assert!(size_of::<Cell>() == 8);
