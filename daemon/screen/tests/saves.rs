//! Saved screens of this build and of earlier ones: all of them are read, and mean what they meant.
//!
//! `saves/latest.screen` is what this build writes; `ABIDE_REWRITE=1` brings it and its text up to
//! date after a deliberate change. The others are frozen copies, one per release, never rewritten.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use abide_protocol::message::TerminalLook;
use abide_protocol::{Book, LineNo, Row, Size};
use abide_screen::{Options, Screen};
use support::{feed, with_history};

/// Something of everything that a screen keeps; what comes last is not complete.
const STREAM: [&str; 19] = [
    "\x1b]0;first title\x07\x1b[22t\x1b]2;a title\x07\x1b]7;file://host/tmp/a%20b\x07",
    "\x1b]4;1;#102030\x07\x1b]10;rgb:11/22/33\x07\x1b]9;4;2;40\x07",
    "\x1b]133;A\x07$ \x1b]133;B\x07ls\r\n\x1b]133;C\x07",
    "\x1b[1;31mbold red\x1b[m \x1b[38;2;1;2;3;48;5;200mtrue\x1b[4:3;58:2::9:8:7mcurly\x1b[m\r\n",
    "\x1b]8;id=x;http://example.org/\x1b\\a link\x1b]8;;http://example.org/2\x1b\\another\x1b]8;;\x1b\\\r\n",
    "日本 \u{26a0}\u{fe0f} e\u{301} \u{1f469}\u{200d}\u{1f467} \u{1f1e9}\u{1f1ea}\r\n",
    "a line that is much longer than the screen is wide, so that it wraps\r\n",
    "one\r\ntwo\r\nthree\r\nfour\r\nfive\r\n\x1b]133;D;3\x07",
    "\x1b[1\"qprotected\x1b[0\"q\x1b(0lqk\x1b(B\x1b)0",
    "\x1b[?1;1000;1006;2004h\x1b[?7s\x1b[?25s\x1b[?9s\x1b[4h\x1b[>5u\x1b[>1u\x1b[>4;2m",
    "\x1b[3g\x1b[5G\x1bH\x1b[9G\x1bH\x1b[3 q\x1b[1;4;32m\x1b[4;30#{\x1b[m\x1b[#P\x1b[?42h\x1b)K",
    "\x1b7\x1b[?1049h\x1b[44malternate\x1b[2;6r\x1b[?69h\x1b[3;20s\x1b[?6h\x1b[>3u\x1b7",
    "\x1b[c\x1b[6n\x07\x1b]52;c;aGVsbG8=\x07\x1b]777;notify;title;body\x07",
    "\x1b]99;i=1:d=0;half of a notification\x1b\\",
    "\x1b[?2026h",
    "\x1b[H\x1b[31munder way",
    "\x1b[?1049l\x1b[5;3Hback",
    "\u{1f468}\u{200d}",
    "\x1b[38;2;007;0",
];
/// Completes what is under way, and shows the rest.
const AFTER: &str = "8;9mx\x1b[#}\x1b[#Q\x0ey\x0f\r\tz\x1b[<u\x1b[?7r\x1b[?25r\x1b[?9r\x1b8!\x1b[23t\x1b]99;i=1;s\x1b\\\x1b[?2026l";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("saves")
}

fn options() -> Options {
    Options {
        size: Size::DEFAULT,
        look: TerminalLook::default(),
        incarnation: 0,
        version: "abide test",
        history_bytes: 1 << 20,
        allow_checksum: true,
    }
}

/// A screen after [`STREAM`], of which a snapshot was taken on the way.
fn reference() -> Screen {
    let mut screen = with_history(24, 8, 1 << 20);
    for (number, part) in STREAM.iter().enumerate() {
        feed(&mut screen, part);
        if number == 7 {
            screen.snapshot();
        }
    }
    screen
}

/// A row with all that it holds.
fn row_text(row: &Row) -> String {
    let mut text = if row.wrapped() { "\\ " } else { "| " }.to_owned();
    for (run, part) in row.runs() {
        write!(text, "[{part}]").unwrap();
        if run.style != abide_protocol::Style::PLAIN {
            let style = run.style;
            write!(
                text,
                "<{:?} {:?} {:?} {:?} {}>",
                style.fg, style.bg, style.underline_color, style.underline, style.attrs.0
            )
            .unwrap();
        }
        if let Some(link) = &run.link {
            write!(text, "({} {})", link.id, link.uri).unwrap();
        }
    }
    for mark in row.marks() {
        write!(text, " @{} {:?}", mark.column, mark.kind).unwrap();
    }
    text
}

/// What viewers and the program get of a screen.
fn meaning(screen: &mut Screen) -> String {
    let mut text = String::new();
    let snapshot = screen.snapshot();
    let (first, rows) = screen.rows(Book::Main, LineNo(0), u64::MAX);
    writeln!(
        text,
        "history from {} to {}",
        first.0,
        screen.top(Book::Main).0
    )
    .unwrap();
    for row in rows.iter().chain(&snapshot.rows) {
        writeln!(text, "{}", row_text(row)).unwrap();
    }
    let (size, cursor, modes) = (snapshot.size, snapshot.cursor, snapshot.modes);
    writeln!(
        text,
        "{size} {:?} revision {}",
        snapshot.book, snapshot.revision.counter
    )
    .unwrap();
    writeln!(text, "{cursor:?}\n{modes:?}\n{:?}", snapshot.progress).unwrap();
    writeln!(
        text,
        "title {} directory {}",
        snapshot.title, snapshot.directory
    )
    .unwrap();
    writeln!(text, "{:?}", snapshot.palette).unwrap();
    writeln!(text, "replies {}", screen.take_replies().escape_ascii()).unwrap();
    writeln!(text, "events {:?}", screen.take_events()).unwrap();
    text
}

/// What was saved, as it stands and after what follows.
fn story(saved: &[u8]) -> String {
    let mut screen = Screen::load(saved, &options()).unwrap();
    screen.check().unwrap();
    let before = meaning(&mut screen);
    feed(&mut screen, AFTER);
    screen.resize(Size::clamped(30, 10));
    format!("{before}\nafter what follows\n{}", meaning(&mut screen))
}

#[test]
fn this_build_writes_what_is_kept() {
    let saved = reference().save();
    let (screen, text) = (folder().join("latest.screen"), folder().join("latest.txt"));
    if std::env::var_os("ABIDE_REWRITE").is_some() {
        fs::write(&screen, &saved).unwrap();
        fs::write(&text, story(&saved)).unwrap();
    }
    let kept = fs::read(&screen).unwrap();
    assert!(kept == saved, "a deliberate change needs ABIDE_REWRITE=1");
}

#[test]
fn every_saved_screen_is_read() {
    let entries = fs::read_dir(folder()).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let saved = files.filter(|path| path.extension().is_some_and(|name| name == "screen"));
    let mut read = 0;
    for path in saved {
        let expected = fs::read_to_string(path.with_extension("txt")).unwrap();
        assert_eq!(
            story(&fs::read(&path).unwrap()),
            expected,
            "{}",
            path.display()
        );
        read += 1;
    }
    assert!(read > 0);
}

/// What was never saved goes on to the same end.
#[test]
fn the_saved_screen_goes_on_as_the_one_that_was_not() {
    let mut screen = reference();
    let mut loaded = Screen::load(&screen.save(), &options()).unwrap();
    assert_eq!(meaning(&mut screen), meaning(&mut loaded));
    feed(&mut screen, AFTER);
    feed(&mut loaded, AFTER);
    assert_eq!(meaning(&mut screen), meaning(&mut loaded));
    assert_eq!(screen.save(), loaded.save());
}
