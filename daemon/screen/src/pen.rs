//! A style and a link id packed into 128 bits, so that a change is a mask and a comparison one
//! instruction.

use abide_protocol::{Attrs, Color, Rgb, Style, Underline};
use minicbor::decode::{self, Decode, Decoder};
use minicbor::encode::{self, Encode, Encoder};

/// Colour as bits: 24 of value, 2 of kind.
const COLOR_BITS: u32 = 26;
const COLOR_MASK: u128 = (1 << COLOR_BITS) - 1;
const INDEXED: u128 = 1 << 24;
const RGB: u128 = 2 << 24;
const FG: u32 = 0;
const BG: u32 = COLOR_BITS;
const UNDERLINE_COLOR: u32 = 2 * COLOR_BITS;
const UNDERLINE: u32 = 3 * COLOR_BITS;
const ATTRS: u32 = UNDERLINE + 3;
const LINK: u32 = ATTRS + 8;
const LINK_MASK: u128 = (1 << 24) - 1;
/// Attributes in [`Pen::colored_text`].
const COLORED_ATTRS: u32 = 6;

/// What the next character will look like.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Pen(pub(crate) u128);

impl Pen {
    pub(crate) const PLAIN: Self = Self(0);

    fn put(&mut self, shift: u32, mask: u128, value: u128) {
        self.0 = (self.0 & !(mask << shift)) | (value << shift);
    }

    pub(crate) fn set_fg(&mut self, color: Color) {
        self.put(FG, COLOR_MASK, pack(color));
    }

    pub(crate) fn set_bg(&mut self, color: Color) {
        self.put(BG, COLOR_MASK, pack(color));
    }

    pub(crate) fn set_underline_color(&mut self, color: Color) {
        self.put(UNDERLINE_COLOR, COLOR_MASK, pack(color));
    }

    pub(crate) fn set_underline(&mut self, underline: Underline) {
        let value = match underline {
            Underline::None => 0,
            Underline::Single => 1,
            Underline::Double => 2,
            Underline::Curly => 3,
            Underline::Dotted => 4,
            Underline::Dashed => 5,
        };
        self.put(UNDERLINE, 7, value);
    }

    pub(crate) fn set_attr(&mut self, attr: Attrs, on: bool) {
        let bits = u128::from(attr.0) << ATTRS;
        if on {
            self.0 |= bits;
        } else {
            self.0 &= !bits;
        }
    }

    /// 0 is no link.
    pub(crate) fn set_link(&mut self, link: u32) {
        self.put(LINK, LINK_MASK, u128::from(link));
    }

    pub(crate) fn link(self) -> u32 {
        ((self.0 >> LINK) & LINK_MASK) as u32
    }

    pub(crate) fn without_link(mut self) -> Self {
        self.set_link(0);
        self
    }

    /// This pen with all of `other` but its link.
    pub(crate) fn with_all_of(self, other: Self) -> Self {
        self.with_bits_of(other, !(LINK_MASK << LINK))
    }

    /// This pen with what a code of XTPUSHSGR stands for as `other` has it.
    pub(crate) fn with_part_of(self, other: Self, code: u16) -> Self {
        let attr = |attr: Attrs| u128::from(attr.0) << ATTRS;
        let bits = match code {
            1 => attr(Attrs::BOLD),
            2 => attr(Attrs::DIM),
            3 => attr(Attrs::ITALIC),
            5 => attr(Attrs::BLINK),
            7 => attr(Attrs::INVERSE),
            8 => attr(Attrs::CONCEAL),
            9 => attr(Attrs::STRIKE),
            // Single and double, in their colour.
            4 | 21 => 7 << UNDERLINE | COLOR_MASK << UNDERLINE_COLOR,
            // 10 and 11 are what these were first.
            10 | 30 => COLOR_MASK << FG,
            11 | 31 => COLOR_MASK << BG,
            _ => 0,
        };
        self.with_bits_of(other, bits)
    }

    fn with_bits_of(self, other: Self, bits: u128) -> Self {
        Self(self.0 & !bits | other.0 & bits)
    }

    /// What both have: colours and kinds of underlines only where they are equal.
    pub(crate) fn common(self, other: Self) -> Self {
        let mut common = Self(self.0 & other.0 & 0xff << ATTRS);
        for (shift, mask) in [
            (FG, COLOR_MASK),
            (BG, COLOR_MASK),
            (UNDERLINE_COLOR, COLOR_MASK),
            (UNDERLINE, 7),
        ] {
            if (self.0 ^ other.0) & mask << shift == 0 {
                common.0 |= self.0 & mask << shift;
            }
        }
        common
    }

    /// SGR 0: everything but the link.
    pub(crate) fn reset(&mut self) {
        self.0 &= LINK_MASK << LINK;
    }

    /// What erasing leaves behind: only the background (BCE).
    pub(crate) fn erased(self) -> Self {
        Self(self.0 & (COLOR_MASK << BG))
    }

    /// The bits of a pen of which nothing is set but a 24-bit colour of the text and attributes: 30
    /// at most. Attributes that come late in [`Attrs`] are too many.
    #[inline]
    pub(crate) fn colored_text(self) -> Option<u32> {
        let attrs = self.0 >> ATTRS;
        let colored = self.0 ^ (attrs << ATTRS) ^ RGB;
        let fits = colored <= 0x00ff_ffff && attrs < 1 << COLORED_ATTRS;
        fits.then_some(colored as u32 | (attrs as u32) << 24)
    }

    /// The pen of such bits.
    #[inline]
    pub(crate) fn of_colored_text(bits: u32) -> Self {
        let (attrs, color) = (u128::from(bits >> 24), u128::from(bits & 0x00ff_ffff));
        Self(RGB | color | attrs << ATTRS)
    }

    /// The underline style as a number.
    pub(crate) fn underline_bits(self) -> u8 {
        ((self.0 >> UNDERLINE) & 7) as u8
    }

    pub(crate) fn of_underline_bits(bits: u8) -> Self {
        Self(u128::from(bits & 7) << UNDERLINE)
    }

    /// The pen of a style, without a link.
    pub(crate) fn of(style: Style) -> Self {
        let mut pen = Self::PLAIN;
        pen.set_fg(style.fg);
        pen.set_bg(style.bg);
        pen.set_underline_color(style.underline_color);
        pen.set_underline(style.underline);
        pen.set_attr(style.attrs, true);
        pen
    }

    pub(crate) fn style(self) -> Style {
        Style {
            fg: unpack(self.0 >> FG),
            bg: unpack(self.0 >> BG),
            underline_color: unpack(self.0 >> UNDERLINE_COLOR),
            underline: match (self.0 >> UNDERLINE) & 7 {
                1 => Underline::Single,
                2 => Underline::Double,
                3 => Underline::Curly,
                4 => Underline::Dotted,
                5 => Underline::Dashed,
                _ => Underline::None,
            },
            attrs: Attrs(((self.0 >> ATTRS) & 0xff) as u8),
        }
    }
}

/// Sixteen bytes, little-endian.
impl<C> Encode<C> for Pen {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0.to_le_bytes()).map(|_| ())
    }
}

/// A pen of bits that none can have is an error.
impl<'b, C> Decode<'b, C> for Pen {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let bytes = d.bytes()?.try_into();
        let pen = bytes.map(u128::from_le_bytes).map(Self).ok();
        let legal = |pen: &Self| {
            let mut again = Self::of(pen.style());
            again.set_link(pen.link());
            again == *pen
        };
        pen.filter(legal)
            .ok_or_else(|| decode::Error::message("a style that cannot be"))
    }
}

fn pack(color: Color) -> u128 {
    match color {
        Color::Default => 0,
        Color::Indexed(index) => INDEXED | u128::from(index),
        Color::Rgb(Rgb { r, g, b }) => {
            RGB | u128::from(r) << 16 | u128::from(g) << 8 | u128::from(b)
        }
    }
}

fn unpack(bits: u128) -> Color {
    let value = (bits & 0x00ff_ffff) as u32;
    match bits & COLOR_MASK & !0x00ff_ffff {
        INDEXED => Color::Indexed(value as u8),
        RGB => Color::Rgb(Rgb {
            r: (value >> 16) as u8,
            g: (value >> 8) as u8,
            b: value as u8,
        }),
        _ => Color::Default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colored_text_is_that_and_nothing_more() {
        let rgb = |r, g, b| Color::Rgb(Rgb { r, g, b });
        let mut pen = Pen::PLAIN;
        assert_eq!(pen.colored_text(), None);
        for (r, g, b) in [(0, 0, 0), (1, 2, 3), (255, 255, 255)] {
            pen.set_fg(rgb(r, g, b));
            let bits = pen.colored_text().unwrap();
            assert_eq!(bits, u32::from_be_bytes([0, r, g, b]));
            assert_eq!(Pen::of_colored_text(bits), pen);
        }
        pen.set_attr(Attrs(0b0010_1001), true);
        let bits = pen.colored_text().unwrap();
        assert_eq!((bits, Pen::of_colored_text(bits)), (0x29ff_ffff, pen));
        let others: [fn(&mut Pen); 7] = [
            |pen| pen.set_attr(Attrs(1 << COLORED_ATTRS), true),
            |pen| pen.set_attr(Attrs(1 << 7), true),
            |pen| pen.set_bg(Color::Indexed(0)),
            |pen| pen.set_fg(Color::Indexed(7)),
            |pen| pen.set_underline_color(Color::Indexed(0)),
            |pen| pen.set_underline(Underline::Single),
            |pen| pen.set_link(1),
        ];
        for other in others {
            let mut pen = pen;
            other(&mut pen);
            assert_eq!(pen.colored_text(), None, "{:?}", pen.style());
        }
    }

    #[test]
    fn every_part_is_kept_apart() {
        let mut pen = Pen::PLAIN;
        pen.set_fg(Color::Rgb(Rgb { r: 255, g: 1, b: 2 }));
        pen.set_bg(Color::Indexed(255));
        pen.set_underline_color(Color::Rgb(Rgb { r: 9, g: 8, b: 7 }));
        pen.set_underline(Underline::Dashed);
        pen.set_attr(Attrs::OVERLINE, true);
        pen.set_attr(Attrs::BOLD, true);
        pen.set_link(0x00ff_ffff);
        let style = pen.style();
        assert_eq!(style.fg, Color::Rgb(Rgb { r: 255, g: 1, b: 2 }));
        assert_eq!(style.bg, Color::Indexed(255));
        assert_eq!(style.underline_color, Color::Rgb(Rgb { r: 9, g: 8, b: 7 }));
        assert_eq!(style.underline, Underline::Dashed);
        assert_eq!(style.attrs, Attrs(0b1000_0001));
        assert_eq!(pen.link(), 0x00ff_ffff);
        pen.reset();
        assert_eq!(pen.style(), Style::PLAIN);
        assert_eq!(pen.link(), 0x00ff_ffff);
        pen.set_bg(Color::Indexed(3));
        pen.set_fg(Color::Indexed(4));
        assert_eq!(pen.erased().style().bg, Color::Indexed(3));
        assert_eq!(pen.erased().style().fg, Color::Default);
        assert_eq!(pen.erased().link(), 0);
    }
}
