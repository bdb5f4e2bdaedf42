//! A style as the few bytes that history keeps of it: what differs from plain, then just that.

use abide_protocol::{Attrs, Color, Rgb, Style};

use crate::pen::Pen;

const FG: u8 = 1;
const BG: u8 = 1 << 1;
const UNDERLINE_COLOR: u8 = 1 << 2;
const UNDERLINE: u8 = 1 << 3;
const ATTRS: u8 = 1 << 4;
const LINK: u8 = 1 << 5;

/// All bytes of the plain style.
pub(crate) const PLAIN: u8 = 0;

/// Bytes at most: flags, three colours, underline, attributes.
const MAX: usize = 1 + 3 * 4 + 1 + 1;

#[derive(Clone, Copy)]
pub(crate) struct PackedStyle {
    bytes: [u8; MAX],
    length: u8,
}

impl PackedStyle {
    pub(crate) const PLAIN: Self = Self {
        bytes: [PLAIN; MAX],
        length: 1,
    };

    pub(crate) fn of(pen: Pen) -> Self {
        let mut packed = Self::PLAIN;
        let style = pen.style();
        packed.flag(LINK, pen.link() != 0);
        packed.color(FG, style.fg);
        packed.color(BG, style.bg);
        packed.color(UNDERLINE_COLOR, style.underline_color);
        if pen.underline_bits() != 0 {
            packed.flag(UNDERLINE, true);
            packed.push(&[pen.underline_bits()]);
        }
        if style.attrs != Attrs(0) {
            packed.flag(ATTRS, true);
            packed.push(&[style.attrs.0]);
        }
        packed
    }

    /// The same as [`Self::of`], of a [`Pen::colored_text`].
    #[inline]
    pub(crate) fn of_colored_text(bits: u32) -> Self {
        let [attrs, r, g, b] = bits.to_be_bytes();
        let mut packed = Self::PLAIN;
        let flags = if attrs == 0 { FG } else { FG | ATTRS };
        packed.bytes[..6].copy_from_slice(&[flags, 1, r, g, b, attrs]);
        packed.length = 5 + u8::from(attrs != 0);
        packed
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or(&[])
    }

    fn flag(&mut self, flag: u8, on: bool) {
        if on {
            self.bytes[0] |= flag;
        }
    }

    fn color(&mut self, flag: u8, color: Color) {
        self.flag(flag, color != Color::Default);
        match color {
            Color::Default => {}
            Color::Indexed(index) => self.push(&[0, index]),
            Color::Rgb(Rgb { r, g, b }) => self.push(&[1, r, g, b]),
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        let start = usize::from(self.length);
        if let Some(place) = self.bytes.get_mut(start..start + bytes.len()) {
            place.copy_from_slice(bytes);
            self.length += bytes.len() as u8;
        }
    }
}

/// Reads a style, and whether a link follows, from the front of `bytes`.
pub(crate) fn read(bytes: &mut &[u8]) -> Option<(Style, bool)> {
    let flags = byte(bytes)?;
    let mut style = Style::PLAIN;
    if flags & FG != 0 {
        style.fg = color(bytes)?;
    }
    if flags & BG != 0 {
        style.bg = color(bytes)?;
    }
    if flags & UNDERLINE_COLOR != 0 {
        style.underline_color = color(bytes)?;
    }
    if flags & UNDERLINE != 0 {
        style.underline = Pen::of_underline_bits(byte(bytes)?).style().underline;
    }
    if flags & ATTRS != 0 {
        style.attrs = Attrs(byte(bytes)?);
    }
    Some((style, flags & LINK != 0))
}

fn byte(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

fn color(bytes: &mut &[u8]) -> Option<Color> {
    if byte(bytes)? == 0 {
        return Some(Color::Indexed(byte(bytes)?));
    }
    Some(Color::Rgb(Rgb {
        r: byte(bytes)?,
        g: byte(bytes)?,
        b: byte(bytes)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colored_text_is_packed_as_any_other_style() {
        for bits in [0, 0x00ff_0102, 0x0100_0000, 0x3fff_ffff] {
            let pen = Pen::of_colored_text(bits);
            let packed = PackedStyle::of_colored_text(bits);
            assert_eq!(packed.bytes(), PackedStyle::of(pen).bytes(), "{bits:x}");
        }
    }
}
