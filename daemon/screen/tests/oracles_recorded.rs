//! Recordings of real programs, fed to other terminal models: at every pause of the program the
//! rows are equal. After a resize a model may differ where that is listed, with the reason why ours
//! is right: xterm has no rules for it, and each model has its own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[path = "support/recording.rs"]
#[allow(clippy::expect_used, reason = "a test")]
mod recording;
mod support;

use std::num::NonZeroU16;

use abide_protocol::Size;
use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::test::TermSize;
use alacritty_terminal::term::{Config, Term};
use alacritty_terminal::vte::ansi::Processor;
use recording::{Record, Recording};
use support::{feed, screen};

/// Another terminal model.
trait Model {
    fn feed(&mut self, bytes: &[u8]);
    fn resize(&mut self, size: Size);
    fn rows(&self) -> Vec<String>;
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
}

/// A pause of the program.
struct Point {
    resized: bool,
    ours: Vec<String>,
    theirs: Vec<String>,
}

fn compare(recording: &Recording, mut model: Box<dyn Model>) -> Vec<Point> {
    let size = recording.size();
    let mut screen = screen(size.cols(), size.rows());
    // None of the models joins characters to clusters.
    feed(&mut screen, "\x1b[?2027l");
    let mut points = Vec::new();
    let mut resized = false;
    for record in recording.records.iter().skip(1) {
        match record {
            Record::Output(bytes) => {
                feed(&mut screen, bytes);
                model.feed(bytes);
                let rows = &screen.snapshot().rows;
                let ours = rows.iter().map(|row| row.text().trim_end().to_owned());
                points.push(Point {
                    resized,
                    ours: ours.collect(),
                    theirs: model.rows(),
                });
            }
            Record::Size(size) => {
                resized = true;
                screen.resize(*size);
                model.resize(*size);
            }
        }
    }
    points
}

const CUT: &str = "rows are cut when the terminal narrows; ours wraps them anew and loses nothing";
const BLANK: &str = "a terminal that grows shows blank rows; ours brings back those that had left";
const PUSHED: &str = "rows that wrap when the terminal narrows push others out at the top although \
    rows below are blank; ours uses those first";

/// Model, recordings (by the beginning of their names), and why ours is right after a resize.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("vt100", "bash", CUT),
    ("vt100", "build", CUT),
    ("vt100", "ink", CUT),
    ("vt100", "python", CUT),
    ("avt", "bash", BLANK),
    ("avt", "build", BLANK),
    ("avt", "python", BLANK),
    ("avt", "transcript", BLANK),
    ("avt", "ink", PUSHED),
    ("alacritty_terminal", "ink", PUSHED),
];

#[test]
fn recordings_are_shown_as_other_models_show_them() {
    let models: [(&str, Start); 3] = [
        ("alacritty_terminal", Alacritty::start),
        ("vt100", Vt100::start),
        ("avt", Avt::start),
    ];
    let mut wrong = String::new();
    let mut seen = vec![false; DIFFERENCES.len()];
    for recording in recording::all() {
        for (name, start) in models {
            let points = compare(&recording, start(recording.size()));
            let differ = points
                .iter()
                .enumerate()
                .filter(|(_, it)| it.ours != it.theirs);
            for (index, point) in differ {
                let listed = DIFFERENCES.iter().position(|(model, prefix, _)| {
                    *model == name && recording.name.starts_with(prefix)
                });
                match listed.filter(|_| point.resized) {
                    Some(listed) => seen[listed] = true,
                    None => wrong += &complaint(name, &recording.name, index, point),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let stale = DIFFERENCES.iter().zip(seen).filter(|(_, seen)| !seen);
    let stale: Vec<_> = stale.map(|(difference, _)| difference).collect();
    assert!(stale.is_empty(), "listed, and equal: {stale:?}");
}

fn complaint(model: &str, recording: &str, index: usize, point: &Point) -> String {
    let pairs = point.ours.iter().zip(&point.theirs);
    let rows = pairs.filter(|(ours, theirs)| ours != theirs);
    let rows = rows.map(|(ours, theirs)| format!("  ours   {ours:?}\n  theirs {theirs:?}\n"));
    format!(
        "{model}, {recording}, pause {index}:\n{}",
        rows.collect::<String>()
    )
}
