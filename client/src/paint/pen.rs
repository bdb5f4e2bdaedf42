//! Styles as SGR: reduced to what the terminal can show, then written as the shorter of a
//! difference and a fresh start.

use abide_protocol::{Attrs, Color, Rgb, Style, Underline};

use super::caps::{Caps, Depth};

/// The style as the terminal can show it.
pub(crate) fn reduce(style: &Style, caps: Caps) -> Style {
    let mut reduced = *style;
    reduced.fg = reduce_color(style.fg, caps.depth);
    reduced.bg = reduce_color(style.bg, caps.depth);
    if style.underline == Underline::None || !caps.underlines {
        reduced.underline_color = Color::Default;
    } else {
        reduced.underline_color = reduce_color(style.underline_color, caps.depth);
    }
    if style.underline != Underline::None && !caps.underlines {
        reduced.underline = Underline::Single;
    }
    reduced
}

/// Appends the shortest SGR that turns `from` into `to`, both reduced. `None`: unknown.
pub(crate) fn write_sgr(from: Option<&Style>, to: &Style, out: &mut Vec<u8>) {
    if from == Some(to) {
        return;
    }
    out.extend_from_slice(b"\x1b[");
    let start = out.len();
    if let Some(from) = from {
        difference(from, to, &mut Params { out, first: true });
    }
    let middle = out.len();
    if *to != Style::PLAIN {
        out.push(b'0');
        difference(&Style::PLAIN, to, &mut Params { out, first: false });
    }
    if from.is_some() && middle - start < out.len() - middle {
        out.truncate(middle);
    } else {
        out.drain(start..middle);
    }
    out.push(b'm');
}

/// Attribute, parameter that sets it, parameter that clears it.
const SWITCHES: [(Attrs, u8, u8); 6] = [
    (Attrs::ITALIC, 3, 23),
    (Attrs::BLINK, 5, 25),
    (Attrs::INVERSE, 7, 27),
    (Attrs::CONCEAL, 8, 28),
    (Attrs::STRIKE, 9, 29),
    (Attrs::OVERLINE, 53, 55),
];

/// Parameters as they are written: numbers, parted by semicolons.
struct Params<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl Params<'_> {
    fn put(&mut self, param: u8) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b';');
        }
        self.digits(param);
    }

    fn put_all(&mut self, params: &[u8]) {
        for param in params {
            self.put(*param);
        }
    }

    /// A parameter with parts of its own.
    fn put_parts(&mut self, param: u8, parts: &str) {
        self.put(param);
        self.out.extend_from_slice(parts.as_bytes());
    }

    fn part(&mut self, part: u8) {
        self.out.push(b':');
        self.digits(part);
    }

    fn digits(&mut self, number: u8) {
        let digit = |value: u8| b'0' + value % 10;
        if number >= 100 {
            self.out.push(digit(number / 100));
        }
        if number >= 10 {
            self.out.push(digit(number / 10));
        }
        self.out.push(digit(number));
    }
}

fn difference(from: &Style, to: &Style, params: &mut Params<'_>) {
    let (bold, dim) = (Attrs::BOLD, Attrs::DIM);
    // 22 clears both, so what stays on has to be set again after it.
    let clears = [bold, dim]
        .into_iter()
        .any(|attr| from.attrs.has(attr) && !to.attrs.has(attr));
    if clears {
        params.put(22);
    }
    for (attr, on) in [(bold, 1), (dim, 2)] {
        if to.attrs.has(attr) && (clears || !from.attrs.has(attr)) {
            params.put(on);
        }
    }
    for (attr, on, off) in SWITCHES {
        match (from.attrs.has(attr), to.attrs.has(attr)) {
            (false, true) => params.put(on),
            (true, false) => params.put(off),
            _ => {}
        }
    }
    if from.underline != to.underline {
        match to.underline {
            Underline::None => params.put(24),
            Underline::Single => params.put(4),
            Underline::Double => params.put_parts(4, ":2"),
            Underline::Curly => params.put_parts(4, ":3"),
            Underline::Dotted => params.put_parts(4, ":4"),
            Underline::Dashed => params.put_parts(4, ":5"),
        }
    }
    if from.fg != to.fg {
        put_color(to.fg, 30, params);
    }
    if from.bg != to.bg {
        put_color(to.bg, 40, params);
    }
    if from.underline_color != to.underline_color {
        match to.underline_color {
            Color::Default => params.put(59),
            Color::Indexed(index) => {
                params.put_parts(58, ":5");
                params.part(index);
            }
            Color::Rgb(Rgb { r, g, b }) => {
                params.put_parts(58, ":2:");
                for part in [r, g, b] {
                    params.part(part);
                }
            }
        }
    }
}

/// `base` is 30 for the foreground, 40 for the background.
fn put_color(color: Color, base: u8, params: &mut Params<'_>) {
    match color {
        Color::Default => params.put(base + 9),
        Color::Indexed(index @ 0..8) => params.put(base + index),
        Color::Indexed(index @ 8..16) => params.put(base + 52 + index),
        Color::Indexed(index) => params.put_all(&[base + 8, 5, index]),
        Color::Rgb(Rgb { r, g, b }) => params.put_all(&[base + 8, 2, r, g, b]),
    }
}

fn reduce_color(color: Color, depth: Depth) -> Color {
    match (color, depth) {
        (Color::Default, _) | (_, Depth::None) => Color::Default,
        (Color::Rgb(rgb), Depth::Indexed256) => Color::Indexed(nearest_indexed(rgb)),
        (Color::Rgb(rgb), Depth::Ansi16) => Color::Indexed(nearest_ansi(rgb)),
        (Color::Indexed(index @ 16..), Depth::Ansi16) => {
            Color::Indexed(nearest_ansi(indexed_rgb(index)))
        }
        (color, _) => color,
    }
}

/// The six steps of the colour cube.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// xterm's sixteen.
const ANSI: [Rgb; 16] = [
    rgb(0, 0, 0),
    rgb(205, 0, 0),
    rgb(0, 205, 0),
    rgb(205, 205, 0),
    rgb(0, 0, 238),
    rgb(205, 0, 205),
    rgb(0, 205, 205),
    rgb(229, 229, 229),
    rgb(127, 127, 127),
    rgb(255, 0, 0),
    rgb(0, 255, 0),
    rgb(255, 255, 0),
    rgb(92, 92, 255),
    rgb(255, 0, 255),
    rgb(0, 255, 255),
    rgb(255, 255, 255),
];

const fn rgb(r: u8, g: u8, b: u8) -> Rgb {
    Rgb { r, g, b }
}

fn indexed_rgb(index: u8) -> Rgb {
    match index {
        0..16 => ANSI[usize::from(index)],
        16..232 => {
            let cube = usize::from(index - 16);
            rgb(STEPS[cube / 36], STEPS[cube / 6 % 6], STEPS[cube % 6])
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            rgb(grey, grey, grey)
        }
    }
}

/// The nearest of the cube and the greys; the first sixteen are the user's and mean nothing here.
fn nearest_indexed(wanted: Rgb) -> u8 {
    let step = |value: u8| -> u8 {
        match value {
            0..48 => 0,
            48..115 => 1,
            115.. => ((u16::from(value) - 35) / 40) as u8,
        }
    };
    let (r, g, b) = (step(wanted.r), step(wanted.g), step(wanted.b));
    let cube = 16 + 36 * r + 6 * g + b;
    let mean = (u16::from(wanted.r) + u16::from(wanted.g) + u16::from(wanted.b)) / 3;
    let grey = 232 + (mean.saturating_sub(3) / 10).min(23) as u8;
    if distance(indexed_rgb(grey), wanted) < distance(indexed_rgb(cube), wanted) {
        grey
    } else {
        cube
    }
}

fn nearest_ansi(wanted: Rgb) -> u8 {
    (0..16)
        .min_by_key(|index| distance(indexed_rgb(*index), wanted))
        .unwrap_or(7)
}

/// Squared distance, weighted roughly as the eye does.
fn distance(a: Rgb, b: Rgb) -> u32 {
    let square = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    2 * square(a.r, b.r) + 4 * square(a.g, b.g) + 3 * square(a.b, b.b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(fg: Color, attrs: u8) -> Style {
        Style {
            fg,
            attrs: Attrs(attrs),
            ..Style::PLAIN
        }
    }

    fn sgr(from: Option<Style>, to: Style) -> String {
        let mut out = Vec::new();
        write_sgr(from.as_ref(), &to, &mut out);
        String::from_utf8(out).unwrap().replace('\x1b', "^")
    }

    #[test]
    fn the_shorter_form_is_written() {
        let red = Color::Indexed(1);
        let check = |from, to, expected: &str| assert_eq!(sgr(from, to), expected);
        check(None, Style::PLAIN, "^[m");
        check(Some(Style::PLAIN), Style::PLAIN, "");
        check(Some(Style::PLAIN), style(red, 0), "^[31m");
        check(Some(style(red, 0)), Style::PLAIN, "^[m");
        check(None, style(Color::Indexed(9), 1), "^[0;1;91m");
        check(Some(style(red, 3)), style(red, 1), "^[22;1m");
        check(
            Some(style(red, 1 << 3)),
            style(Color::Indexed(2), 1 << 3),
            "^[32m",
        );
        check(None, style(Color::Indexed(200), 0), "^[0;38;5;200m");
    }

    #[test]
    fn colours_are_reduced_to_the_nearest() {
        let check = |color, depth, expected| assert_eq!(reduce_color(color, depth), expected);
        let orange = Color::Rgb(rgb(255, 135, 0));
        check(orange, Depth::TrueColor, orange);
        check(orange, Depth::Indexed256, Color::Indexed(208));
        check(orange, Depth::None, Color::Default);
        check(Color::Rgb(rgb(250, 5, 5)), Depth::Ansi16, Color::Indexed(9));
        check(Color::Indexed(196), Depth::Ansi16, Color::Indexed(9));
        check(
            Color::Rgb(rgb(128, 128, 128)),
            Depth::Indexed256,
            Color::Indexed(244),
        );
    }

    #[test]
    fn every_cube_colour_finds_itself() {
        for index in 16..=255 {
            let found = nearest_indexed(indexed_rgb(index));
            assert_eq!(indexed_rgb(found), indexed_rgb(index), "{index}");
        }
    }
}
