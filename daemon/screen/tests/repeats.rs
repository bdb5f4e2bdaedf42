//! Transcripts that are printed again after a clear are kept once.

#![allow(clippy::expect_used, reason = "helpers of tests")]

#[path = "support/recording.rs"]
#[allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]
mod recording;
mod support;

use std::sync::Arc;

use abide_protocol::{Book, LineNo, Row, Size};
use abide_screen::{Codec, Screen, Sealed};
use proptest::prelude::*;
use support::{feed, with_history};

const CLEAR: &str = "\x1b[2J\x1b[3J\x1b[H";
const COLS: u16 = 60;
const ROWS: u16 = 12;

/// What a program prints that draws all its transcript anew: these lines after a clear.
fn frame(lines: &[String]) -> String {
    format!("\x1b[?2026h{CLEAR}{}\x1b[?2026l", lines.join("\r\n"))
}

/// Line `n` of a transcript: prose, code in colours, tool boxes, links.
fn line(n: usize) -> String {
    match n % 7 {
        0 => format!("\x1b[1m> question {n}\x1b[m"),
        1 => format!(
            "\x1b[38;2;{};120;200mlet value_{n} = compute({n});\x1b[m",
            n % 256
        ),
        2 => String::new(),
        3 => format!(
            "\x1b]8;id=l{n};https://example.org/{n}\x1b\\source {n}\x1b]8;;\x1b\\ \u{2502} done"
        ),
        4 => format!(
            "an answer that is longer than a row and wraps, number {n}, {}",
            "x".repeat(n % 40)
        ),
        5 => format!("\u{256d}\u{2500}\u{2500} tool \u{65e5}\u{672c} {n}"),
        _ => format!("  plain text of line {n}"),
    }
}

fn all(screen: &Screen) -> (LineNo, Vec<Arc<Row>>) {
    screen.rows(Book::Main, LineNo(0), u64::MAX)
}

fn pack(blocks: &[Arc<Sealed>]) {
    let mut codec = Codec::default();
    for block in blocks {
        block.pack(&mut codec);
    }
}

/// The same bytes into a screen that never hears of a clear of its history, which keeps every row
/// as it is.
fn plainly(frames: &[String]) -> Screen {
    let mut screen = with_history(COLS, ROWS, 256 << 20);
    for frame in frames {
        feed(&mut screen, frame.replace("\x1b[3J", ""));
    }
    screen
}

/// An agent whose transcript grows with each frame, and whose last rows show how long it has
/// worked.
fn agent(frames: usize, begin: usize, step: usize) -> Vec<String> {
    let of = |frame_number: usize| {
        let mut lines: Vec<_> = (0..begin + frame_number * step).map(line).collect();
        lines.extend((0..4).map(|row| format!("spinner {frame_number} row {row}")));
        frame(&lines)
    };
    (0..frames).map(of).collect()
}

#[test]
fn an_agent_that_overflows_fifty_times_is_kept_once() {
    let shell: Vec<_> = (0..100).map(|n| format!("$ command {n}\r\n")).collect();
    let mut frames = agent(50, 400, 3);
    frames[0] = shell.concat() + &frames[0].replace(CLEAR, "");
    let mut screen = with_history(COLS, ROWS, 32 << 20);
    for frame in &frames {
        feed(&mut screen, frame);
    }
    let expected = all(&plainly(&frames));
    assert_eq!(all(&screen), expected);
    assert!(expected.1.len() > 25_000);
    let mut once = with_history(COLS, ROWS, 32 << 20);
    feed(&mut once, &frames[0]);
    feed(&mut once, &frames[49]);
    // Nearly nothing of 49 copies: a few bytes a row until they are packed.
    let surplus = screen.history_bytes() - once.history_bytes();
    assert!(surplus < expected.1.len() * 10, "{surplus}");
    // The newest block stays as it is, those before are packed.
    for n in 0..3000 {
        feed(&mut screen, format!("{n}\r\n"));
        feed(&mut once, format!("{n}\r\n"));
    }
    let rows = all(&screen);
    pack(&screen.take_sealed());
    pack(&once.take_sealed());
    assert_eq!(all(&screen), rows);
    let (bytes, bytes_once) = (screen.history_bytes(), once.history_bytes());
    assert!(bytes < bytes_once + (200 << 10), "{bytes} {bytes_once}");
}

/// The same of a real one (`abide-record overflow`), which draws as Ink does.
#[test]
fn a_recorded_agent_that_overflows_fifty_times_is_kept_once() {
    let all_recordings = recording::all();
    let recorded = all_recordings.iter().find(|it| it.name == "overflow-40x12");
    let recorded = recorded.expect("its recording");
    let output = recorded.records.iter().filter_map(|record| match record {
        recording::Record::Output(bytes) => Some(&**bytes),
        recording::Record::Size(_) => None,
    });
    let output = String::from_utf8(output.collect::<Vec<_>>().concat()).expect("text");
    let prints: Vec<&str> = output.split(CLEAR).collect();
    assert_eq!(prints.len() - 1, 50);
    let (cols, rows) = (recorded.size().cols(), recorded.size().rows());
    let filled = |output: &str| {
        let mut screen = with_history(cols, rows, 32 << 20);
        feed(&mut screen, output);
        screen
    };
    let screen = filled(&output);
    let expected = all(&filled(&output.replace("\x1b[3J", "")));
    assert_eq!(all(&screen), expected);
    // All that is shown of it above the screen is the last print, without a gap or a row twice.
    let once = filled(prints.last().expect("a print"));
    let shown = all(&once).1;
    let floor = screen.top(Book::Main).0 - shown.len() as u64;
    assert_eq!(screen.rows(Book::Main, LineNo(floor), u64::MAX).1, shown);
    // Of 49 copies nearly nothing: a few bytes a row until they are packed.
    let copies = expected.1.len() - shown.len();
    assert!(copies > 1000, "{copies} rows");
    let surplus = screen.history_bytes() - once.history_bytes();
    assert!(surplus < copies * 10, "{surplus} bytes for {copies} rows");
}

#[test]
fn repeated_rows_are_read_and_found_like_others() {
    let frames = agent(6, 3000, 5);
    let mut screen = with_history(COLS, ROWS, 32 << 20);
    for frame in &frames {
        feed(&mut screen, frame);
        pack(&screen.take_sealed());
    }
    let reader = screen.reader();
    let (first, mut expected) = all(&plainly(&frames));
    expected.extend(screen.snapshot().rows.iter().cloned());
    assert_eq!(reader.rows(first, u64::MAX), (first, expected.clone()));
    let mut seen = Vec::new();
    reader.scan(first, &mut |row| {
        seen.push(row.text().to_owned());
        true
    });
    let texts: Vec<_> = expected.iter().map(|row| row.text()).collect();
    assert_eq!(seen, texts);
    let saved = screen.save();
    let options = abide_screen::Options {
        size: Size::clamped(COLS, ROWS),
        look: abide_protocol::message::TerminalLook::default(),
        incarnation: 1,
        version: "abide test",
        history_bytes: 32 << 20,
        allow_checksum: true,
    };
    let loaded = Screen::load(&saved, &options).expect("load");
    assert_eq!(all(&loaded), all(&screen));
    assert_eq!(loaded.save(), saved);
}

#[test]
fn what_is_repeated_outlives_the_oldest_rows() {
    let frames = agent(400, 300, 1);
    let oracle = all(&plainly(&frames)).1;
    let mut screen = with_history(COLS, ROWS, 192 << 10);
    for frame in &frames {
        feed(&mut screen, frame);
        pack(&screen.take_sealed());
    }
    for n in 0..40_000 {
        let (first, rows) = all(&screen);
        if n % 4000 == 0 {
            let same = first.0 as usize..oracle.len().min(first.0 as usize + rows.len());
            for number in same {
                assert_eq!(rows[number - first.0 as usize], oracle[number], "{number}");
            }
        }
        if n % 100 == 0 {
            let more = (n..n + 100).map(|n| format!("more and more {n} text\r\n"));
            feed(&mut screen, more.collect::<Vec<_>>().concat());
        }
        if first.0 as usize > oracle.len() {
            break;
        }
    }
    assert!(screen.first(Book::Main) > LineNo(0));
    assert!(screen.history_bytes() < 512 << 10);
}

#[test]
fn rows_taken_back_and_printed_again_are_right() {
    let frames = agent(4, 100, 1);
    let mut screen = with_history(COLS, ROWS, 1 << 20);
    for frame in &frames {
        feed(&mut screen, frame);
    }
    let before = screen.top(Book::Main);
    let history = all(&screen).1;
    screen.resize(Size::clamped(COLS, ROWS + 20));
    assert!(screen.top(Book::Main) < before && screen.check().is_ok());
    let shown = screen.snapshot();
    for (number, row) in (shown.top.0..before.0).zip(&shown.rows) {
        assert_eq!(row, &history[number as usize]);
    }
    screen.resize(Size::clamped(COLS, ROWS));
    feed(&mut screen, "\r\n".repeat(3));
    assert_eq!(all(&screen).1[..history.len()], history);
}

fn arbitrary_frames() -> impl Strategy<Value = Vec<String>> {
    let line = prop_oneof![
        4 => (0..40_usize).prop_map(line),
        1 => Just("the same line again".to_owned()),
    ];
    let lines = prop::collection::vec(line, 0..60);
    prop::collection::vec((lines, any::<bool>()), 1..8).prop_map(|frames| {
        let mut kept: Vec<String> = Vec::new();
        let frames = frames.into_iter().map(|(lines, whole)| {
            // Some frames print what was there and go on, others print something else.
            if whole {
                kept.extend(lines);
            } else {
                kept = lines;
            }
            frame(&kept)
        });
        frames.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_row_is_ever_another_one(frames in arbitrary_frames()) {
        let mut screen = with_history(COLS, ROWS, 32 << 20);
        for frame in &frames {
            feed(&mut screen, frame);
        }
        prop_assert_eq!(all(&screen), all(&plainly(&frames)));
    }
}
