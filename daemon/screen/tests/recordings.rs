//! Real programs, recorded: the screens they end on before each resize, and their history, are as
//! written down beside the recordings. `ABIDE_REWRITE=1` writes them anew, to be read in the diff.
#![expect(clippy::unwrap_used, reason = "a test")]

#[path = "support/recording.rs"]
#[allow(clippy::expect_used, clippy::panic, reason = "a test")]
mod recording;
mod support;

use std::fmt::Write;

use abide_protocol::{Attrs, Book, Color, LineNo, Row, Style, Underline};
use abide_screen::Screen;
use recording::{Record, Recording};
use support::with_history;

const HISTORY: usize = 8 << 20;

/// The style in few letters; nothing for a plain one.
fn look(style: &Style) -> String {
    let mut parts = Vec::new();
    let mut color = |name: &str, color: Color| match color {
        Color::Default => {}
        Color::Indexed(index) => parts.push(format!("{name}{index}")),
        Color::Rgb(rgb) => parts.push(format!("{name}{:02x}{:02x}{:02x}", rgb.r, rgb.g, rgb.b)),
    };
    color("", style.fg);
    color("on ", style.bg);
    color("under ", style.underline_color);
    if style.underline != Underline::None {
        parts.push(format!("{:?}", style.underline).to_lowercase());
    }
    for (attr, name) in [
        (Attrs::BOLD, "bold"),
        (Attrs::DIM, "dim"),
        (Attrs::ITALIC, "italic"),
        (Attrs::BLINK, "blink"),
        (Attrs::INVERSE, "inverse"),
        (Attrs::CONCEAL, "conceal"),
        (Attrs::STRIKE, "strike"),
        (Attrs::OVERLINE, "overline"),
    ] {
        if style.attrs.has(attr) {
            parts.push(name.to_owned());
        }
    }
    parts.join(" ")
}

/// `text «red bold|text» text`, and a `\` where it goes on in the next row.
fn line(row: &Row) -> String {
    let mut line = String::new();
    for (run, text) in row.runs() {
        let mut look = look(&run.style);
        if let Some(link) = &run.link {
            let _ = write!(look, " {}", link.uri);
        }
        if look.is_empty() {
            line.push_str(text);
        } else {
            let _ = write!(line, "«{}|{text}»", look.trim_start());
        }
    }
    if row.wrapped() {
        line.push('\\');
    }
    line.trim_end().to_owned()
}

fn describe(screen: &mut Screen, out: &mut String) {
    let snapshot = screen.snapshot();
    let cursor = snapshot.cursor;
    let _ = writeln!(
        out,
        "== {} {:?}, cursor {},{}{}, title {:?}, top {}, cleared {}",
        snapshot.size,
        snapshot.book,
        cursor.row,
        cursor.column,
        if cursor.visible { "" } else { " hidden" },
        snapshot.title,
        snapshot.top.0,
        snapshot.floor.0,
    );
    for row in &snapshot.rows {
        let _ = writeln!(out, "{}", line(row));
    }
}

fn push(screen: &mut Screen, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        bytes = &bytes[screen.feed(bytes)..];
    }
}

/// What the recording shows before each resize and at its end, then its whole history.
fn shown(recording: &Recording, chunk: usize) -> String {
    let size = recording.size();
    let mut screen = with_history(size.cols(), size.rows(), HISTORY);
    let mut out = String::new();
    for (index, record) in recording.records.iter().enumerate() {
        match record {
            Record::Output(bytes) => bytes.chunks(chunk).for_each(|part| push(&mut screen, part)),
            Record::Size(_) if index == 0 => {}
            Record::Size(size) => {
                describe(&mut screen, &mut out);
                screen.resize(*size);
                screen.check().unwrap();
            }
        }
    }
    describe(&mut screen, &mut out);
    let (_, rows) = screen.rows(Book::Main, LineNo(0), u64::MAX);
    let _ = writeln!(out, "== history, {} rows", rows.len());
    for row in rows {
        let _ = writeln!(out, "{}", line(&row));
    }
    out
}

#[test]
fn recordings_end_on_the_screens_that_are_written_down() {
    let mut wrong = Vec::new();
    for recording in recording::all() {
        let shown = shown(&recording, usize::MAX);
        let path = recording::directory().join(format!("{}.txt", recording.name));
        if std::env::var_os("ABIDE_REWRITE").is_some() {
            std::fs::write(&path, shown).unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if shown != expected {
            let differs = expected.lines().zip(shown.lines()).enumerate();
            let first = differs.into_iter().find(|(_, (a, b))| a != b);
            wrong.push(format!("{}: {first:#?}", recording.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How the kernel cut the bytes means nothing.
#[test]
fn recordings_show_the_same_in_any_pieces() {
    for recording in recording::all() {
        let whole = shown(&recording, usize::MAX);
        for chunk in [1, 7, 4096] {
            assert_eq!(
                shown(&recording, chunk),
                whole,
                "{} by {chunk}",
                recording.name
            );
        }
    }
}
