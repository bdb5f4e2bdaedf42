//! Recordings of real programs, fed to other terminal models: at every pause of the program the
//! rows are equal, where the cursor is, and what every cell looks like, as far as the model knows of
//! it. Where one differs it is listed, by the pause, with the reason why ours is right.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[path = "support/recording.rs"]
#[allow(clippy::expect_used, reason = "a test")]
mod recording;
mod support;

use std::num::NonZeroU16;

use abide_protocol::{Attrs, Color, Rgb, Size, Snapshot, Style, Underline};
use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::test::TermSize;
use alacritty_terminal::term::{Config, Term};
use alacritty_terminal::vte::ansi::{self, NamedColor, Processor};
use recording::{Record, Recording};
use support::{feed, screen, style_at};

/// Another terminal model.
trait Model {
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

type Start = fn(Size) -> Box<dyn Model>;

struct Alacritty(Term<VoidListener>, Processor);

impl Alacritty {
    fn start(size: Size) -> Box<dyn Model> {
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

struct Vt100(vt100::Parser);

impl Vt100 {
    fn start(size: Size) -> Box<dyn Model> {
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

struct Avt(avt::Terminal);

impl Avt {
    fn start(size: Size) -> Box<dyn Model> {
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
enum What {
    Rows,
    Cursor,
    Looks,
}

/// What differs at a pause of the program, ours first.
struct Difference {
    pause: usize,
    what: What,
    text: String,
}

fn differences(snapshot: &Snapshot, model: &dyn Model) -> Vec<(What, String)> {
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
        for column in 0..snapshot.size.cols() {
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

fn compare(recording: &Recording, mut model: Box<dyn Model>) -> Vec<Difference> {
    let size = recording.size();
    let mut screen = screen(size.cols(), size.rows());
    // None of the models joins characters to clusters.
    feed(&mut screen, "\x1b[?2027l");
    let mut found = Vec::new();
    let mut pause = 0;
    for record in recording.records.iter().skip(1) {
        match record {
            Record::Output(bytes) => {
                feed(&mut screen, bytes);
                model.feed(bytes);
                let here = differences(&screen.snapshot(), &*model).into_iter();
                found.extend(here.map(|(what, text)| Difference { pause, what, text }));
                pause += 1;
            }
            Record::Size(size) => {
                screen.resize(*size);
                model.resize(*size);
            }
        }
    }
    found
}

/// Model, recording, what differs at which pauses, and why ours is right.
const LISTED: &[(&str, &str, What, &[usize], &str)] = &[
    (
        "alacritty_terminal",
        "ink-80x24",
        What::Rows,
        &[16, 17, 18],
        PUSHED,
    ),
    ("vt100", "bash-40x12", What::Rows, &[9, 18], CUT),
    ("vt100", "bash-80x24", What::Rows, &[9, 18], CUT),
    ("vt100", "build-80x24", What::Rows, &[2, 4], CUT),
    ("vt100", "ink-40x12", What::Rows, &[16, 17, 18], CUT),
    ("vt100", "ink-80x24", What::Rows, &[16, 17, 18], CUT),
    ("vt100", "python-80x24", What::Rows, &[6, 12], CUT),
    ("vt100", "python-200x50", What::Rows, &[6], CUT),
    ("vt100", "ink-40x12", What::Looks, &[5, 13, 21], CURLY),
    ("vt100", "ink-80x24", What::Looks, &[5, 13, 21], CURLY),
    ("vt100", "ink-200x50", What::Looks, &[5, 13], CURLY),
    ("avt", "bash-40x12", What::Rows, &[9], BLANK),
    ("avt", "bash-80x24", What::Rows, &[9], BLANK),
    ("avt", "build-80x24", What::Rows, &[2], BLANK),
    ("avt", "python-80x24", What::Rows, &[6], BLANK),
    ("avt", "transcript-80x24", What::Rows, &[5], BLANK),
    ("avt", "ink-80x24", What::Rows, &[16, 17, 18], PUSHED),
    ("avt", "ink-40x12", What::Looks, &[5, 13, 21], CURLY),
    ("avt", "ink-80x24", What::Looks, &[5, 13, 21], CURLY),
    ("avt", "ink-200x50", What::Looks, &[5, 13], CURLY),
];

const CUT: &str = "rows are cut when the terminal narrows; ours wraps them anew and loses nothing";
const BLANK: &str = "a terminal that grows shows blank rows; ours brings back those that had left";
const PUSHED: &str = "rows that wrap when the terminal narrows push others out at the top although \
    rows below are blank; ours uses those first";
const CURLY: &str = "kinds of underlines (SGR 4:3) are not known to it";

#[test]
fn recordings_are_shown_as_other_models_show_them() {
    let models: [(&str, Start); 3] = [
        ("alacritty_terminal", Alacritty::start),
        ("vt100", Vt100::start),
        ("avt", Avt::start),
    ];
    let mut wrong = String::new();
    let mut seen: Vec<Vec<usize>> = vec![Vec::new(); LISTED.len()];
    for recording in recording::all() {
        for (name, start) in models {
            for difference in compare(&recording, start(recording.size())) {
                let Difference { pause, what, text } = difference;
                let listed = LISTED.iter().position(|(model, recorded, of, pauses, _)| {
                    (*model, *recorded, *of) == (name, &recording.name, what)
                        && pauses.contains(&pause)
                });
                match listed {
                    Some(listed) => seen[listed].push(pause),
                    None => {
                        wrong += &format!(
                            "{name}, {}, {what:?}, pause {pause}:\n{text}",
                            recording.name
                        );
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let stale = LISTED
        .iter()
        .zip(seen)
        .filter(|(listed, seen)| listed.3 != seen);
    let stale: Vec<_> = stale.map(|(listed, _)| listed).collect();
    assert!(stale.is_empty(), "listed, and equal: {stale:?}");
}
