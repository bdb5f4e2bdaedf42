//! SGR: what the pen writes.

use abide_protocol::{Attrs, Color, Rgb, Style, Underline};

use crate::pen::Pen;
use crate::terminal::Terminal;

impl Terminal {
    /// Each parameter is a code and the parts that belong to it.
    #[inline]
    pub(crate) fn sgr<'a>(&mut self, mut params: impl Iterator<Item = &'a [u16]>) {
        let mut pen = self.pen;
        while let Some(param) = params.next() {
            match param {
                [38, rest @ ..] => {
                    if let Some(color) = color(rest, &mut params) {
                        pen.set_fg(color);
                    }
                }
                [48, rest @ ..] => {
                    if let Some(color) = color(rest, &mut params) {
                        pen.set_bg(color);
                    }
                }
                [58, rest @ ..] => {
                    if let Some(color) = color(rest, &mut params) {
                        pen.set_underline_color(color);
                    }
                }
                [4, style] => pen.set_underline(match style {
                    0 => Underline::None,
                    2 => Underline::Double,
                    3 => Underline::Curly,
                    4 => Underline::Dotted,
                    5 => Underline::Dashed,
                    _ => Underline::Single,
                }),
                [code] => apply(&mut pen, *code),
                _ => {}
            }
        }
        if pen != self.pen {
            self.pen = pen;
            self.pen_changed();
        }
    }
}

/// A code without parts.
fn apply(pen: &mut Pen, code: u16) {
    match code {
        0 => pen.reset(),
        1 => pen.set_attr(Attrs::BOLD, true),
        2 => pen.set_attr(Attrs::DIM, true),
        3 => pen.set_attr(Attrs::ITALIC, true),
        4 => pen.set_underline(Underline::Single),
        5 | 6 => pen.set_attr(Attrs::BLINK, true),
        7 => pen.set_attr(Attrs::INVERSE, true),
        8 => pen.set_attr(Attrs::CONCEAL, true),
        9 => pen.set_attr(Attrs::STRIKE, true),
        21 => pen.set_underline(Underline::Double),
        22 => {
            pen.set_attr(Attrs::BOLD, false);
            pen.set_attr(Attrs::DIM, false);
        }
        23 => pen.set_attr(Attrs::ITALIC, false),
        24 => pen.set_underline(Underline::None),
        25 => pen.set_attr(Attrs::BLINK, false),
        27 => pen.set_attr(Attrs::INVERSE, false),
        28 => pen.set_attr(Attrs::CONCEAL, false),
        29 => pen.set_attr(Attrs::STRIKE, false),
        30..=37 => pen.set_fg(Color::Indexed((code - 30) as u8)),
        39 => pen.set_fg(Color::Default),
        40..=47 => pen.set_bg(Color::Indexed((code - 40) as u8)),
        49 => pen.set_bg(Color::Default),
        53 => pen.set_attr(Attrs::OVERLINE, true),
        55 => pen.set_attr(Attrs::OVERLINE, false),
        59 => pen.set_underline_color(Color::Default),
        90..=97 => pen.set_fg(Color::Indexed((code - 90 + 8) as u8)),
        100..=107 => pen.set_bg(Color::Indexed((code - 100 + 8) as u8)),
        _ => {}
    }
}

/// The colour after 38, 48 or 58: in parts (`38:2::r:g:b`, `38:2:r:g:b`, `38:5:n`) or in the
/// parameters that follow (`38;2;r;g;b`, `38;5;n`).
fn color<'a>(parts: &[u16], params: &mut impl Iterator<Item = &'a [u16]>) -> Option<Color> {
    match parts {
        [] => {}
        [2, r, g, b] | [2, _, r, g, b, ..] => return rgb(*r, *g, *b),
        [5, index, ..] => return indexed(*index),
        _ => return None,
    }
    let mut next = || params.next().and_then(|param| param.first().copied());
    match next()? {
        2 => {
            let (r, g, b) = (next()?, next()?, next()?);
            rgb(r, g, b)
        }
        5 => indexed(next()?),
        _ => None,
    }
}

fn rgb(r: u16, g: u16, b: u16) -> Option<Color> {
    let part = |value: u16| u8::try_from(value).ok();
    Some(Color::Rgb(Rgb {
        r: part(r)?,
        g: part(g)?,
        b: part(b)?,
    }))
}

fn indexed(index: u16) -> Option<Color> {
    u8::try_from(index).ok().map(Color::Indexed)
}

/// The SGR codes that make `style` out of the default, for DECRQSS.
pub(crate) fn codes(style: Style) -> String {
    let mut codes = String::from("0");
    let attrs = [
        (Attrs::BOLD, 1),
        (Attrs::DIM, 2),
        (Attrs::ITALIC, 3),
        (Attrs::BLINK, 5),
        (Attrs::INVERSE, 7),
        (Attrs::CONCEAL, 8),
        (Attrs::STRIKE, 9),
        (Attrs::OVERLINE, 53),
    ];
    for (attr, code) in attrs {
        if style.attrs.has(attr) {
            codes = format!("{codes};{code}");
        }
    }
    codes += match style.underline {
        Underline::None => "",
        Underline::Single => ";4",
        Underline::Double => ";21",
        Underline::Curly => ";4:3",
        Underline::Dotted => ";4:4",
        Underline::Dashed => ";4:5",
    };
    codes += &color_codes(style.fg, 30);
    codes += &color_codes(style.bg, 40);
    match style.underline_color {
        Color::Default => {}
        color => codes += &extended_codes(color, 58),
    }
    codes
}

fn color_codes(color: Color, base: u16) -> String {
    match color {
        Color::Default => String::new(),
        Color::Indexed(index @ 0..8) => format!(";{}", base + u16::from(index)),
        Color::Indexed(index @ 8..16) => format!(";{}", base + 52 + u16::from(index)),
        Color::Indexed(_) | Color::Rgb(_) => extended_codes(color, base + 8),
    }
}

fn extended_codes(color: Color, code: u16) -> String {
    match color {
        Color::Default => String::new(),
        Color::Indexed(index) => format!(";{code}:5:{index}"),
        Color::Rgb(Rgb { r, g, b }) => format!(";{code}:2::{r}:{g}:{b}"),
    }
}
