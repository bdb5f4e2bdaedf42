//! Recordings of real programs, fed to the screen and to an independent emulator: text, cursor and
//! which screen is shown are equal before each resize and at the end; history until the first
//! resize, since after it each wraps anew by its own rules.

use std::fmt::Write;

use abide_protocol::message::TerminalLook;
use abide_protocol::{Book, LineNo, Size};
use abide_screen::{Options as ScreenOptions, Screen};
use support::emulator::{Emulator, Options, State};
use support::recording::{Record, Tail};

const HISTORY: usize = 8 << 20;

/// What a person sees.
#[derive(PartialEq, Eq, Debug)]
struct Shown {
    alternate: bool,
    rows: Vec<String>,
    cursor: Option<(u16, u16)>,
    history: Vec<String>,
}

fn ours(screen: &mut Screen, with_history: bool) -> Shown {
    let snapshot = screen.snapshot();
    let text = |row: &std::sync::Arc<abide_protocol::Row>| row.text().trim_end().to_owned();
    // The emulator keeps what a program clears from the scrollback, as ours does.
    let (_, kept) = screen.rows(Book::Main, LineNo(0), u64::MAX);
    let above = kept.iter().map(text).collect();
    Shown {
        alternate: snapshot.book == Book::Alternate,
        rows: snapshot.rows.iter().map(text).collect(),
        cursor: snapshot
            .cursor
            .visible
            .then_some((snapshot.cursor.row, snapshot.cursor.column)),
        history: if with_history { above } else { Vec::new() },
    }
}

fn theirs(state: &State, with_history: bool) -> Shown {
    let text = |line: &support::emulator::Line| line.text().trim_end().to_owned();
    let cursor = &state.cursor;
    Shown {
        alternate: state.screen == "alternate",
        rows: state.lines.iter().map(text).collect(),
        cursor: cursor.visible.then_some((cursor.row, cursor.column)),
        history: if with_history {
            state.history_text()
        } else {
            Vec::new()
        },
    }
}

/// Where the two differ, as text.
fn differences(ours: &Shown, theirs: &Shown) -> String {
    let mut found = String::new();
    let mut note = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            let _ = writeln!(found, "    {what}: ours {ours}, theirs {theirs}");
        }
    };
    let lines = |shown: &Shown| [shown.history.clone(), shown.rows.clone()].concat();
    note(
        "alternate",
        ours.alternate.to_string(),
        theirs.alternate.to_string(),
    );
    note(
        "cursor",
        format!("{:?}", ours.cursor),
        format!("{:?}", theirs.cursor),
    );
    note(
        "rows of history",
        ours.history.len().to_string(),
        theirs.history.len().to_string(),
    );
    for (index, (a, b)) in lines(ours).iter().zip(lines(theirs)).enumerate() {
        note(&format!("line {index}"), format!("{a:?}"), format!("{b:?}"));
    }
    found
}

fn check(path: &std::path::Path) -> String {
    let records = Tail::open(path).unwrap().read().unwrap();
    let Some(Record::Size { columns, rows }) = records.first() else {
        panic!("{} begins without a size", path.display());
    };
    let emulator = Emulator::start(Options::sized(*columns, *rows), |_| {}).unwrap();
    let mut screen = Screen::new(ScreenOptions {
        size: Size::clamped(*columns, *rows),
        look: TerminalLook::default(),
        incarnation: 1,
        version: "test",
        history_bytes: HISTORY,
        allow_checksum: false,
    });
    let mut found = String::new();
    let mut resizes = 0;
    let mut compare = |screen: &mut Screen, resizes: usize| {
        let first = resizes == 0;
        let state = emulator.state(20_000).unwrap();
        let report = differences(&ours(screen, first), &theirs(&state, first));
        if !report.is_empty() {
            let name = path.display();
            let _ = writeln!(found, "  {name} after {resizes} resizes\n{report}");
        }
    };
    for record in &records[1..] {
        match record {
            Record::Output(bytes) => {
                let mut rest = &bytes[..];
                while !rest.is_empty() {
                    rest = &rest[screen.feed(rest)..];
                }
                emulator.write(bytes).unwrap();
            }
            Record::Size { columns, rows } => {
                compare(&mut screen, resizes);
                screen.resize(Size::clamped(*columns, *rows));
                emulator.resize(*columns, *rows).unwrap();
                resizes += 1;
            }
        }
    }
    compare(&mut screen, resizes);
    found
}

#[test]
fn recordings_are_shown_as_an_independent_emulator_shows_them() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/recordings");
    let mut paths: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "rec"))
        .collect();
    paths.sort();
    assert!(paths.len() > 10, "recordings are missing");
    let wrong: String = paths.iter().map(|path| check(path)).collect();
    assert!(wrong.is_empty(), "\n{wrong}");
}
