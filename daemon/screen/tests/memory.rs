//! Memory follows the size of the screen and the budget of its history, not what was fed. Counted by
//! the allocator, so one test at a time: all are in one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use abide_protocol::Size;
use abide_screen::Screen;
use peak_alloc::PeakAlloc;
use support::with_history;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Bytes of history.
const HISTORY: usize = 1 << 20;
/// What a screen of 80x24 takes beside its history, with what it keeps of nearly nothing.
const LITTLE: usize = 128 << 10;
/// With a string that is kept, while it grows, or full queues of replies and events.
const QUEUES: usize = 640 << 10;
/// With the tables of styles or clusters as full as they get before what is unused goes, or a
/// history as full as its budget.
const TABLES: usize = 4 << 20;
/// With all the links that may be in use.
const LINKS: usize = 6 << 20;
/// Steps that allocate for each block of history.
const BLOCK: usize = 32;
/// Bytes fed in each case.
const FLOOD: usize = 4 << 20;

/// The most that `act` has in use beyond what was in use before.
fn most<T>(act: impl FnOnce() -> T) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let kept = act();
    let peak = MEMORY.peak_usage();
    drop(kept);
    peak.saturating_sub(before)
}

fn write(screen: &mut Screen, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        bytes = &bytes[screen.feed(bytes)..];
    }
}

/// Feeds what `piece` gives, by number, until the flood is over.
fn flood(begin: &str, piece: impl Fn(usize) -> String) -> usize {
    most(|| {
        let mut screen = with_history(80, 24, HISTORY);
        write(&mut screen, begin.as_bytes());
        let mut fed = 0;
        for number in 0.. {
            let piece = piece(number);
            write(&mut screen, piece.as_bytes());
            fed += piece.len();
            if fed > FLOOD {
                break;
            }
        }
        screen
    })
}

/// The same text again and again.
fn same(text: &str) -> impl Fn(usize) -> String {
    let text = text.repeat(4096 / text.len() + 1);
    move |_| text.clone()
}

fn bounded(bound: usize, floods: impl IntoIterator<Item = (&'static str, usize)>) {
    for (name, bytes) in floods {
        assert!(bytes < bound, "{name}: {bytes} bytes");
    }
}

fn what_is_not_kept_takes_little() {
    let little = [
        (
            "titles",
            flood("", |n| format!("\x1b]2;title {n}\x07\x1b[22t")),
        ),
        ("DCS", flood("\x1bP+q", same("41;"))),
        ("APC", flood("\x1b_G", same("a"))),
        ("PM", flood("\x1b^", same("a"))),
        ("sixel", flood("\x1bPq", same("#0~~@@vv"))),
        ("parameters", flood("\x1b[", same("1;"))),
        ("parts of parameters", flood("\x1b[", same("1:"))),
        ("digits", flood("\x1b[", same("7"))),
        ("intermediates", flood("\x1b[", same("!"))),
        ("marks", flood("e", same("\u{301}"))),
        ("joiners", flood("\u{1f468}", same("\u{200d}"))),
        ("keyboard flags", flood("", same("\x1b[>1u"))),
        ("saved modes", flood("", |n| format!("\x1b[?{n}s"))),
        (
            "colours",
            flood("", |n| format!("\x1b]4;{};#{n:06x}\x07", n % 999)),
        ),
        ("marks of prompts", flood("", same("\x1b]133;A\x07"))),
    ];
    bounded(LITTLE, little);
}

fn what_is_kept_stays_in_bounds() {
    let queues = [
        ("OSC", flood("\x1b]0;", same("t"))),
        ("a clipboard", flood("\x1b]52;c;", same("AAAA"))),
        (
            "clipboards",
            flood("", |_| format!("\x1b]52;c;{}\x07", "AAAA".repeat(9000))),
        ),
        (
            "notifications",
            flood("", |n| format!("\x1b]9;{n}{}\x07", "n".repeat(3000))),
        ),
        (
            "DCS answered",
            flood("", same("\x1bP+q544e;436f;524742\x1b\\")),
        ),
        ("questions", flood("", same("\x1b[c\x1b[6n"))),
    ];
    bounded(QUEUES, queues);
    let tables = [
        ("a line without end", flood("", same("x"))),
        ("empty lines", flood("", same("\n"))),
        (
            "repeats",
            flood("", |_| "x\x1b[65535b\x1b[?5h\x1b[?5l".repeat(40)),
        ),
        ("held updates", flood("", same("\x1b[?2026hx\n\x1b[?2026l"))),
        (
            "styles",
            flood("", |n| {
                let (red, green, blue) = (n % 256, n / 256 % 256, n / 65536);
                format!("\x1b[4;38;2;{red};{green};{blue}mx")
            }),
        ),
        (
            "clusters",
            flood("", |n| {
                let mark = |n: usize| char::from_u32(0x300 + n as u32 % 64).unwrap();
                let marks: String = [n, n / 64, n / 4096].map(mark).iter().collect();
                format!("e{marks}")
            }),
        ),
    ];
    bounded(TABLES, tables);
    let links = [
        (
            "links",
            flood("", |n| {
                format!("\x1b]8;;http://{}{n}\x07x", "u".repeat(1900))
            }),
        ),
        (
            "short links",
            flood("", |n| format!("\x1b]8;id={n};x:\x07x")),
        ),
    ];
    bounded(LINKS, links);
}

/// Two screens of the greatest size; while one is made narrow, each of its cells may be a row.
fn resizes_stay_in_bounds() {
    let (cells, cell, row) = (1000 * 1000, 8, 112);
    let bytes = most(|| {
        let mut screen = with_history(80, 24, HISTORY);
        write(
            &mut screen,
            "words \u{65e5} \x1b[31mred\x1b[m "
                .repeat(40_000)
                .as_bytes(),
        );
        for (cols, rows) in [
            (1, 1),
            (1000, 1000),
            (1, 1000),
            (1000, 1),
            (1000, 1000),
            (80, 24),
        ] {
            screen.resize(Size::clamped(cols, rows));
            write(&mut screen, b"\x1b[?1049h\x1b#8\x1b[?1049l\x1b#8");
        }
        screen
    });
    assert!(
        bytes < HISTORY + TABLES + cells * (2 * cell + row),
        "{bytes} bytes"
    );
}

/// What is loaded takes what the bytes say, once they say it; damaged bytes no more.
fn loading_stays_in_bounds() {
    let mut screen = with_history(200, 50, HISTORY);
    write(
        &mut screen,
        "text \u{65e5} \x1b[31mred\x1b[m \x1b]8;;x\x07"
            .repeat(40_000)
            .as_bytes(),
    );
    screen.snapshot();
    let saved = screen.save();
    let options = || abide_screen::Options {
        size: Size::clamped(1, 1),
        look: abide_protocol::message::TerminalLook::default(),
        incarnation: 1,
        version: "abide test",
        history_bytes: HISTORY,
        allow_checksum: false,
    };
    let whole = most(|| Screen::load(&saved, &options()).unwrap());
    assert!(
        whole < 8 * saved.len() + (2 << 20),
        "{whole} bytes of {}",
        saved.len()
    );
    // Each byte in turn says something enormous; the hash is made right again.
    let frame = saved.len() - 24;
    for place in (10..frame).step_by(frame / 300) {
        let mut damaged = saved.clone();
        let end = (place + 4).min(frame);
        damaged[place..end].fill(0xfb);
        let hash = rapidhash::v3::rapidhash_v3(&damaged[..frame]);
        damaged[frame + 16..].copy_from_slice(&hash.to_le_bytes());
        let bytes = most(|| Screen::load(&damaged, &options()));
        assert!(
            bytes < 8 * saved.len() + (4 << 20),
            "{bytes} bytes, damaged at {place}"
        );
    }
    // The greatest screens, of which nothing follows.
    for length in (0..saved.len()).step_by(9973) {
        let bytes = most(|| Screen::load(&saved[..length], &options()));
        assert!(bytes < 8 * length + (1 << 20), "{bytes} bytes of {length}");
    }
}

/// Writes the steps one after another; answers how many of them allocated.
fn steps_that_allocate(screen: &mut Screen, steps: impl Iterator<Item = String>) -> usize {
    let allocates = |step: &String| {
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        write(screen, step.as_bytes());
        MEMORY.peak_usage() > before
    };
    steps.filter(allocates).count()
}

/// Once a screen has seen enough, blocks of history are begun and sealed, and that is all. A step is a
/// line, or some at once that pass the screen.
fn lines_take_nothing() {
    let log = |n: usize| format!("2026-11-21 INFO request {n} served in {} ms\r\n", n % 97);
    let dense = |n: usize| {
        let word = |word: usize| {
            let (r, g, b) = ((n + word) % 256, n * 3 % 256, word * 7);
            format!("\x1b[38;2;{r};{g};{b}mword{word} ")
        };
        let words: String = (0..12).map(word).collect();
        format!("{words}\x1b[0m\r\n")
    };
    let wide =
        |n: usize| format!("\x1b[1;44m第{n}行\x1b[m 日本 e\u{301} \u{1f469}\u{200d}\u{1f467}\r\n");
    let lines: [(&str, &dyn Fn(usize) -> String); 4] = [
        ("log", &log),
        ("yes", &|_| "y\r\n".into()),
        ("dense colour", &dense),
        ("wide text", &wide),
    ];
    for (name, line) in lines {
        for (rows, at_once) in [(50, 1), (2, 8)] {
            let step = |n: usize| (0..at_once).map(|more| line(n * at_once + more)).collect();
            let mut screen = with_history(200, rows, HISTORY);
            steps_that_allocate(&mut screen, (0..40_000 / at_once).map(step));
            screen.take_sealed();
            let count = 80_000 / at_once;
            let steps = steps_that_allocate(&mut screen, (0..count).map(step));
            let blocks = screen.take_sealed().len();
            assert!(blocks > 1, "{name}: {blocks} blocks");
            assert!(
                steps <= blocks * BLOCK,
                "{name}: {steps} steps, {blocks} blocks"
            );
            // Without history, nothing at all; not by a line, nor by a byte.
            write(&mut screen, b"\x1b[?1049h");
            steps_that_allocate(&mut screen, (0..100).map(step));
            let steps = steps_that_allocate(&mut screen, (0..1000).map(step));
            assert_eq!(steps, 0, "{name} on the alternate screen");
            let bytes: String = (0..100).map(step).collect();
            let bytes = || bytes.split("").map(str::to_owned);
            steps_that_allocate(&mut screen, bytes());
            let steps = steps_that_allocate(&mut screen, bytes());
            assert_eq!(steps, 0, "{name} by the character");
        }
    }
}

#[test]
fn memory_stays_in_bounds() {
    lines_take_nothing();
    what_is_not_kept_takes_little();
    what_is_kept_stays_in_bounds();
    resizes_stay_in_bounds();
    loading_stays_in_bounds();
}
