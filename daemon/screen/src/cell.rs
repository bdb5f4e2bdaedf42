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
    /// Nothing was drawn here since it was last erased; looks like a space. A checksum and the
    /// functions on rectangles tell the two apart.
    pub(crate) const NONE: Self = Self(0);
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

    pub(crate) const fn is_drawn(self) -> bool {
        self.0 & !PROTECTED != 0
    }

    /// A narrow printable ASCII character, protected or not; a space if nothing was drawn.
    pub(crate) const fn as_ascii(self) -> Option<u8> {
        let bare = self.0 & !PROTECTED;
        match bare {
            0 => Some(b' '),
            1..0x80 => Some(bare as u8),
            _ => None,
        }
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
        if self.0 & (CLUSTER | SPECIAL) != 0 || !self.is_drawn() {
            return ' ';
        }
        char::from_u32(self.0 & VALUE).unwrap_or(' ')
    }

    /// The glyph of bits that were saved; `None` if no glyph has them.
    pub(crate) fn of_bits(bits: u32) -> Option<Self> {
        let glyph = Self(bits);
        let bare = Self(bits & !PROTECTED);
        if glyph == Self::NONE
            || bare.is_tail()
            || bare.is_hole()
            || bits & (CLUSTER | SPECIAL) == CLUSTER
        {
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
    /// What a cell is that nobody wrote.
    pub(crate) const BLANK: Self = Self {
        glyph: Glyph::NONE,
        style: 0,
    };

    /// Looks like [`Self::BLANK`]: a plain space, drawn or not.
    pub(crate) const fn looks_blank(self) -> bool {
        self.style == 0 && self.glyph.bits() | 0x20 == 0x20
    }
}

const _: () = assert!(size_of::<Cell>() == 8);
