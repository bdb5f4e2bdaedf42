//! Other terminal models, and in what a screen of ours differs from theirs.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::num::NonZeroU16;

use abide_protocol::{Attrs, Color, Rgb, Size, Snapshot, Style, Underline};
use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::test::TermSize;
use alacritty_terminal::term::{Config, Term};
use alacritty_terminal::vte::ansi::{self, NamedColor, Processor};

use crate::support::style_at;

/// Another terminal model.
pub(crate) trait Model {
    fn feed(&mut self, bytes: &[u8]);
    fn resize(&mut self, size: Size);
    fn rows(&self) -> Vec<String>;
    /// Row and column; at a wrap that is pending the last column.
    fn cursor(&self) -> (usize, usize);
    /// The style of a cell, and whether something is drawn there.
    fn cell(&self, row: u16, column: u16) -> (Style, bool);
    /// What of a style the model knows.
    fn known(&self, style: Style) -> Style;
}

pub(crate) type Start = fn(Size) -> Box<dyn Model>;

pub(crate) struct Alacritty(Term<VoidListener>, Processor);

impl Alacritty {
    pub(crate) fn start(size: Size) -> Box<dyn Model> {
        let term = Term::new(Config::default(), &term_size(size), VoidListener);
        Box::new(Self(term, Processor::new()))
    }
}

fn term_size(size: Size) -> TermSize {
    TermSize::new(size.cols().into(), size.rows().into())
}

impl Model for Alacritty {
    fn feed(&mut self, bytes: &[u8]) {
        self.1.advance(&mut self.0, bytes);
    }

    fn resize(&mut self, size: Size) {
        self.0.resize(term_size(size));
    }

    fn rows(&self) -> Vec<String> {
        let spacer = Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER;
        let row = |row: i32| {
            let mut text = String::new();
            for column in 0..self.0.columns() {
                let cell = &self.0.grid()[Line(row)][Column(column)];
                if !cell.flags.intersects(spacer) {
                    text.push(if cell.c == '\t' { ' ' } else { cell.c });
                    text.extend(cell.zerowidth().into_iter().flatten());
                }
            }
            text.trim_end().to_owned()
        };
        let rows = i32::try_from(self.0.screen_lines()).unwrap();
        (0..rows).map(row).collect()
    }

    fn cursor(&self) -> (usize, usize) {
        let point = self.0.grid().cursor.point;
        (usize::try_from(point.line.0).unwrap(), point.column.0)
    }

    fn cell(&self, row: u16, column: u16) -> (Style, bool) {
        let cell = &self.0.grid()[Line(row.into())][Column(column.into())];
        let color = |color| match color {
            ansi::Color::Named(NamedColor::Foreground | NamedColor::Background) => Color::Default,
            ansi::Color::Named(name) => Color::Indexed(name as u8),
            ansi::Color::Indexed(index) => Color::Indexed(index),
            ansi::Color::Spec(ansi::Rgb { r, g, b }) => Color::Rgb(Rgb { r, g, b }),
        };
        let mut style = Style {
            fg: color(cell.fg),
            bg: color(cell.bg),
            underline_color: cell.underline_color().map_or(Color::Default, color),
            ..Style::PLAIN
        };
        for (flag, attr) in [
            (Flags::BOLD, Attrs::BOLD),
            (Flags::DIM, Attrs::DIM),
            (Flags::ITALIC, Attrs::ITALIC),
            (Flags::INVERSE, Attrs::INVERSE),
            (Flags::HIDDEN, Attrs::CONCEAL),
            (Flags::STRIKEOUT, Attrs::STRIKE),
        ] {
            set(&mut style, attr, cell.flags.contains(flag));
        }
        for (flag, underline) in [
            (Flags::UNDERLINE, Underline::Single),
            (Flags::DOUBLE_UNDERLINE, Underline::Double),
            (Flags::UNDERCURL, Underline::Curly),
            (Flags::DOTTED_UNDERLINE, Underline::Dotted),
            (Flags::DASHED_UNDERLINE, Underline::Dashed),
        ] {
            if cell.flags.contains(flag) {
                style.underline = underline;
            }
        }
        (style, !matches!(cell.c, ' ' | '\t'))
    }

    fn known(&self, mut style: Style) -> Style {
        set(&mut style, Attrs::BLINK, false);
        set(&mut style, Attrs::OVERLINE, false);
        style
    }
}

fn set(style: &mut Style, attr: Attrs, on: bool) {
    if on {
        style.attrs.0 |= attr.0;
    } else {
        style.attrs.0 &= !attr.0;
    }
}

/// Only whether it is underlined, not how.
fn underlined(mut style: Style) -> Style {
    if style.underline != Underline::None {
        style.underline = Underline::Single;
    }
    style.underline_color = Color::Default;
    style
}

pub(crate) struct Vt100(vt100::Parser);

impl Vt100 {
    pub(crate) fn start(size: Size) -> Box<dyn Model> {
        Box::new(Self(vt100::Parser::new(
            side(size.rows()),
            side(size.cols()),
            100,
        )))
    }
}

fn side(length: u16) -> NonZeroU16 {
    NonZeroU16::new(length).unwrap()
}

impl Model for Vt100 {
    fn feed(&mut self, bytes: &[u8]) {
        self.0.process(bytes);
    }

    fn resize(&mut self, size: Size) {
        self.0.set_size(side(size.rows()), side(size.cols()));
    }

    fn rows(&self) -> Vec<String> {
        let columns = self.0.screen().size().1.get();
        let rows = self.0.screen().rows(0, columns);
        rows.map(|row| row.trim_end().to_owned()).collect()
    }

    fn cursor(&self) -> (usize, usize) {
        let (row, column) = self.0.screen().cursor_position();
        let last = self.0.screen().size().1.get() - 1;
        (row.into(), column.min(last).into())
    }

    fn cell(&self, row: u16, column: u16) -> (Style, bool) {
        let mut cell = self.0.screen().cell(row, column).unwrap();
        // The second half of a wide cell has no look of its own.
        if cell.is_wide_continuation() {
            cell = self.0.screen().cell(row, column - 1).unwrap();
        }
        let color = |color| match color {
            vt100::Color::Default => Color::Default,
            vt100::Color::Idx(index) => Color::Indexed(index),
            vt100::Color::Rgb(r, g, b) => Color::Rgb(Rgb { r, g, b }),
        };
        let mut style = Style {
            fg: color(cell.fgcolor()),
            bg: color(cell.bgcolor()),
            ..Style::PLAIN
        };
        for (on, attr) in [
            (cell.bold(), Attrs::BOLD),
            (cell.dim(), Attrs::DIM),
            (cell.italic(), Attrs::ITALIC),
            (cell.inverse(), Attrs::INVERSE),
        ] {
            set(&mut style, attr, on);
        }
        if cell.underline() {
            style.underline = Underline::Single;
        }
        (style, !matches!(cell.contents(), "" | " "))
    }

    fn known(&self, style: Style) -> Style {
        let mut style = underlined(style);
        for attr in [Attrs::BLINK, Attrs::CONCEAL, Attrs::STRIKE, Attrs::OVERLINE] {
            set(&mut style, attr, false);
        }
        style
    }
}

pub(crate) struct Avt(avt::Terminal);

impl Avt {
    pub(crate) fn start(size: Size) -> Box<dyn Model> {
        let terminal = avt::Terminal::new(size.cols().into(), size.rows().into());
        Box::new(Self(terminal.unwrap()))
    }
}

impl Model for Avt {
    fn feed(&mut self, bytes: &[u8]) {
        // Programs pause between characters, not inside of them.
        self.0.feed(std::str::from_utf8(bytes).unwrap());
    }

    fn resize(&mut self, size: Size) {
        self.0.resize(size.cols().into(), size.rows().into());
    }

    fn rows(&self) -> Vec<String> {
        let screen = self.0.screen();
        let rows = (0..).map_while(|row| Some(screen.line(row)?.text().trim_end().to_owned()));
        rows.collect()
    }

    fn cursor(&self) -> (usize, usize) {
        let cursor = self.0.cursor();
        (cursor.row, cursor.col.min(self.0.size().0 - 1))
    }

    fn cell(&self, row: u16, column: u16) -> (Style, bool) {
        let screen = self.0.screen();
        let cell = screen.line(row.into()).unwrap().cells()[usize::from(column)];
        let pen = cell.pen();
        let color = |color| match color {
            None => Color::Default,
            Some(avt::Color::Indexed(index)) => Color::Indexed(index),
            Some(avt::Color::RGB(rgb)) => Color::Rgb(Rgb {
                r: rgb.r,
                g: rgb.g,
                b: rgb.b,
            }),
        };
        let mut style = Style {
            fg: color(pen.foreground()),
            bg: color(pen.background()),
            ..Style::PLAIN
        };
        for (on, attr) in [
            (pen.is_bold(), Attrs::BOLD),
            (pen.is_faint(), Attrs::DIM),
            (pen.is_italic(), Attrs::ITALIC),
            (pen.is_blink(), Attrs::BLINK),
            (pen.is_inverse(), Attrs::INVERSE),
            (pen.is_strikethrough(), Attrs::STRIKE),
        ] {
            set(&mut style, attr, on);
        }
        if pen.is_underline() {
            style.underline = Underline::Single;
        }
        (style, cell.char() != ' ')
    }

    fn known(&self, style: Style) -> Style {
        let mut style = underlined(style);
        for attr in [Attrs::CONCEAL, Attrs::OVERLINE] {
            set(&mut style, attr, false);
        }
        style
    }
}

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    Rows,
    Cursor,
    Looks,
}

pub(crate) fn differences(snapshot: &Snapshot, model: &dyn Model) -> Vec<(What, String)> {
    let mut found = Vec::new();
    let rows = snapshot.rows.iter();
    let ours: Vec<_> = rows.map(|row| row.text().trim_end().to_owned()).collect();
    let theirs = model.rows();
    if ours != theirs {
        let pairs = ours
            .iter()
            .zip(&theirs)
            .filter(|(ours, theirs)| ours != theirs);
        let pairs = pairs.map(|(ours, theirs)| format!("  ours   {ours:?}\n  theirs {theirs:?}\n"));
        // Where the text differs, so does the rest.
        return vec![(What::Rows, pairs.collect())];
    }
    let (row, column) = (snapshot.cursor.row, snapshot.cursor.column);
    let cursor = (usize::from(row), usize::from(column));
    if cursor != model.cursor() {
        found.push((What::Cursor, format!("  {cursor:?} {:?}\n", model.cursor())));
    }
    for row in 0..snapshot.size.rows() {
        // A column that a wide cell left free at a row's end looks as each model likes.
        let shown = &snapshot.rows[usize::from(row)];
        let cells = shown.runs().map(|(run, _)| run.cells).sum();
        let end = if shown.wrapped() {
            cells
        } else {
            snapshot.size.cols()
        };
        for column in 0..end {
            let (theirs, drawn) = model.cell(row, column);
            let ours = model.known(style_at(snapshot, row.into(), column));
            let seen = |style: Style| if drawn { style } else { background(style) };
            if seen(ours) != seen(theirs) {
                let text = format!("  {row},{column}: {:?}\n  {:?}\n", seen(ours), seen(theirs));
                found.push((What::Looks, text));
                return found;
            }
        }
    }
    found
}

/// What is seen of a cell in which nothing is drawn.
fn background(style: Style) -> Style {
    Style {
        bg: style.bg,
        ..Style::PLAIN
    }
}
