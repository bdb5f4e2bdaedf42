//! A long history: what it takes for each byte of text, and how fast anything in it is found.

use std::fmt::Write;
use std::time::Instant;

use abide_protocol::message::{Answer, Request, Search};
use abide_protocol::{Book, LineNo};
use support::home::Home;

use crate::Plan;
use crate::figures::{Verdicts, median, percentile};
use crate::link::Link;
use crate::peer::Peer;
use crate::stage::attach::fill;
use crate::stage::memory::settled;
use crate::stage::throughput::{colour_line, log_line};

/// Rows by which the bytes are judged, and by which the speed is.
const ROWS: u64 = 100_000;
const MANY: u64 = 1_000_000;
/// Bytes per byte of text: of log lines, and of rows in which every word has its own colour.
const LOG: f64 = 0.4;
const COLOUR: f64 = 1.5;
/// Seconds of a search through [`MANY`] rows, and milliseconds to open any of them.
const SEARCH: f64 = 1.0;
const OPEN: f64 = 5.0;
/// Rows that are opened, spread over all.
const OPENED: u64 = 2000;
/// Times each of them is: what is slow is so each time, and not because another process ran.
const TRIES: usize = 3;
/// Rows of one screen.
const SCREEN: u64 = 50;

/// Line of a number.
type Line = fn(u64) -> String;

pub fn measure(plan: &Plan, verdicts: &mut Verdicts) {
    // Escape sequences are not text. Colours of every cell drawn by lot are three bytes each that
    // nothing can pack: they are told, and not judged.
    let kinds: [(&str, Line, Option<f64>); 3] = [
        ("log lines", log_line, Some(LOG)),
        ("rows with a colour for each word", words_line, Some(COLOUR)),
        ("rows with a colour for each cell", colour_line, None),
    ];
    for (name, line, goal) in kinds {
        let rows = (ROWS as f64 * plan.scale) as u64;
        let home = Home::new();
        fill(Peer::Abide, &home, "full", line, rows);
        let memory = settled(Peer::Abide, &home, "full");
        let text: u64 = (0..rows).map(|number| text(&line(number))).sum();
        let written: u64 = (0..rows).map(|number| line(number).len() as u64).sum();
        let took = home.info("full")["history_bytes"].as_f64().expect("bytes");
        println!(
            "  {rows} {name}: {:.1} MB of text, {:.1} MB as written; history {:.1} MB, keeper {memory:.1} MB",
            text as f64 / 1e6,
            written as f64 / 1e6,
            took / 1e6,
        );
        if let Some(goal) = goal {
            let what = format!("{rows} {name}, history");
            let unit = "bytes per byte of text";
            verdicts.at_most(&what, unit, took / text as f64, "goal", goal);
        }
    }
    speed(plan, verdicts);
}

/// Bytes of a line that are neither SGR nor its end.
fn text(line: &str) -> u64 {
    let parts = line.trim_end().split('\x1b');
    let plain = parts.map(|part| match part.split_once('m') {
        Some((sgr, rest)) if sgr.starts_with('[') => rest.len() as u64,
        _ => part.len() as u64,
    });
    plain.sum()
}

/// Words of a log, each in a colour of its own.
fn words_line(number: u64) -> String {
    let mut line = String::new();
    for (index, word) in log_line(number).split_whitespace().enumerate() {
        let hash = (number * 31 + index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let [r, g, b, ..] = hash.to_be_bytes();
        let _ = write!(line, "\x1b[38;2;{r};{g};{b}m{word} ");
    }
    line + "\x1b[m\n"
}

fn speed(plan: &Plan, verdicts: &mut Verdicts) {
    let rows = (MANY as f64 * plan.scale) as u64;
    let home = Home::new();
    fill(Peer::Abide, &home, "many", log_line, rows);
    settled(Peer::Abide, &home, "many");
    let mut link = Link::open(&home, "many");
    for pattern in ["no such text", r"worker-1[0-9].*id=0+1.*ms=9[89]$"] {
        let taken: Vec<f64> = (0..plan.rounds)
            .map(|_| search(&mut link, pattern))
            .collect();
        let taken = median(&taken);
        println!("  {pattern:?} through {rows} rows: {taken:.3} s");
        let what = format!("search of {pattern:?} through {rows} rows");
        verdicts.at_most(&what, "s", taken, "goal", SEARCH);
    }
    let taken: Vec<f64> = (0..OPENED)
        .map(|n| n.wrapping_mul(0x9e37_79b9) % OPENED * rows / OPENED)
        .map(|row| {
            (0..TRIES)
                .map(|_| open(&mut link, row))
                .fold(f64::MAX, f64::min)
        })
        .collect();
    let (middle, worst) = (median(&taken), percentile(&taken, 100.0));
    println!("  a screen of rows anywhere in {rows}: {middle:.2} ms, at worst {worst:.2} ms");
    let what = format!("opening any of {rows} rows");
    verdicts.at_most(&what, "ms", worst, "goal", OPEN);
}

/// Seconds until the last row has been looked at.
fn search(link: &mut Link, pattern: &str) -> f64 {
    let start = Instant::now();
    let mut from = None;
    loop {
        let query = Search {
            pattern: pattern.into(),
            ignore_case: false,
            from,
            backwards: false,
            limit: 1000,
        };
        let session = link.session;
        match link.ask(Request::Search { session, query }) {
            Answer::Found { next: None, .. } => return start.elapsed().as_secs_f64(),
            Answer::Found { next, .. } => from = next,
            other => panic!("no search: {other:?}"),
        }
    }
}

/// Milliseconds until a screen of rows is there.
fn open(link: &mut Link, row: u64) -> f64 {
    let start = Instant::now();
    let request = Request::Rows {
        session: link.session,
        book: Book::Main,
        from: LineNo(row),
        count: SCREEN,
    };
    match link.ask(request) {
        Answer::Rows { rows, .. } if !rows.is_empty() => {}
        other => panic!("no rows at {row}: {other:?}"),
    }
    start.elapsed().as_secs_f64() * 1e3
}
