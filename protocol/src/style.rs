//! How a cell looks: colours, attributes, links. All values, no tables.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use minicbor::{Decode, Encode};

use crate::limits;
use crate::text;

/// 24-bit colour.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, PartialOrd, Ord)]
pub struct Rgb {
    pub r: u8,
    pub g: u8,
    pub b: u8,
}

impl<C> Encode<C> for Rgb {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u32(self.packed())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Rgb {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let packed = d.u32()?;
        Self::unpacked(packed)
            .ok_or_else(|| minicbor::decode::Error::message("a colour above 24 bits"))
    }
}

impl Rgb {
    /// `0xRRGGBB`.
    #[must_use]
    pub fn packed(self) -> u32 {
        u32::from_be_bytes([0, self.r, self.g, self.b])
    }

    /// From `0xRRGGBB`; `None` above 24 bits.
    #[must_use]
    pub fn unpacked(packed: u32) -> Option<Self> {
        match packed.to_be_bytes() {
            [0, r, g, b] => Some(Self { r, g, b }),
            _ => None,
        }
    }
}

/// A colour as the program named it; what an index or a default looks like is the viewer's palette.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Color {
    #[default]
    Default,
    /// 0–7 the ANSI colours, 8–15 bright ones, 16–255 cube and greys.
    Indexed(u8),
    Rgb(Rgb),
}

impl Color {
    /// A number that no other colour has.
    fn number(self) -> u32 {
        match self {
            Self::Default => 0,
            Self::Indexed(index) => 1 << 24 | u32::from(index),
            Self::Rgb(rgb) => 2 << 24 | rgb.packed(),
        }
    }
}

/// Underline style, SGR 4:0 to 4:5.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Underline {
    #[default]
    #[n(0)]
    None,
    #[n(1)]
    Single,
    #[n(2)]
    Double,
    #[n(3)]
    Curly,
    #[n(4)]
    Dotted,
    #[n(5)]
    Dashed,
}

/// A set of on/off attributes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Attrs(pub u8);

impl Attrs {
    pub const BOLD: Self = Self(1);
    pub const DIM: Self = Self(1 << 1);
    pub const ITALIC: Self = Self(1 << 2);
    pub const BLINK: Self = Self(1 << 3);
    pub const INVERSE: Self = Self(1 << 4);
    pub const CONCEAL: Self = Self(1 << 5);
    pub const STRIKE: Self = Self(1 << 6);
    pub const OVERLINE: Self = Self(1 << 7);

    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn set(&mut self, other: Self, on: bool) {
        if on {
            self.0 |= other.0;
        } else {
            self.0 &= !other.0;
        }
    }
}

/// Everything SGR says about a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Style {
    pub fg: Color,
    pub bg: Color,
    pub underline_color: Color,
    pub underline: Underline,
    pub attrs: Attrs,
}

impl Style {
    pub const PLAIN: Self = Self {
        fg: Color::Default,
        bg: Color::Default,
        underline_color: Color::Default,
        underline: Underline::None,
        attrs: Attrs(0),
    };
}

/// In few writes: rows in which every cell has its own style are hashed for each frame.
impl Hash for Style {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [fg, bg] = [self.fg, self.bg].map(|color| u64::from(color.number()));
        state.write_u64(fg << 32 | bg);
        state.write_u32(self.underline_color.number());
        self.underline.hash(state);
        self.attrs.hash(state);
    }
}

/// An OSC 8 hyperlink. Cells with equal `id` and `uri` are one link.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Link {
    /// The program's `id=`, or one the screen made up for an anonymous link.
    pub id: Box<str>,
    pub uri: Box<str>,
}

impl Link {
    /// Within its bounds, and free of control characters.
    #[must_use]
    pub fn is_legal(&self) -> bool {
        let short = self.id.len() <= limits::MAX_LINK_ID && self.uri.len() <= limits::MAX_URI;
        short && !text::has_controls(&self.id) && !text::has_controls(&self.uri)
    }
}

/// A cell's link, shared by all cells that carry it.
pub type LinkRef = Option<Arc<Link>>;
