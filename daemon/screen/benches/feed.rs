//! How fast the screen takes bytes, beside `alacritty_terminal` and the bare parser, and what a
//! snapshot costs. Prints medians; `cargo bench -p abide-screen --bench feed [WORKLOAD]`.
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a report for people"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use abide_protocol::Size;
use abide_protocol::message::TerminalLook;
use abide_screen::{Options, Screen};
use alacritty_terminal::event::VoidListener;
use alacritty_terminal::term::{Config, Term, test::TermSize};
use alacritty_terminal::vte::ansi::Processor;

const CHUNK: usize = 16 << 10;
const BYTES: usize = 8 << 20;
const RUNS: usize = 5;

struct Workload {
    name: &'static str,
    bytes: Vec<u8>,
}

/// Repeats what `part` writes until there are [`BYTES`].
fn workload(name: &'static str, mut part: impl FnMut(usize, &mut String)) -> Workload {
    let mut text = String::new();
    let mut index = 0;
    while text.len() < BYTES {
        part(index, &mut text);
        index += 1;
    }
    Workload {
        name,
        bytes: text.into_bytes(),
    }
}

fn log(index: usize, out: &mut String) {
    let _ = write!(
        out,
        "2026-11-21T07:{:02}:{:02} INFO worker[{}] request {index} served from cache in {} ms\r\n",
        index / 60 % 60,
        index % 60,
        index % 7,
        index % 97,
    );
}

fn dense(index: usize, out: &mut String) {
    for word in 0..12 {
        let seed = index * 31 + word * 7;
        let (r, g, b) = (seed % 256, seed * 3 % 256, seed * 7 % 256);
        let _ = write!(out, "\x1b[38;2;{r};{g};{b}mword{word} ");
    }
    out.push_str("\x1b[0m\r\n");
}

fn listing(index: usize, out: &mut String) {
    let _ = write!(
        out,
        "drwxr-xr-x 2 user user 4096 \x1b[0m\x1b[01;34mdirectory{index}\x1b[0m  \x1b[01;32mrun{index}.sh\x1b[0m\r\n"
    );
}

fn unicode(index: usize, out: &mut String) {
    let _ = write!(
        out,
        "第{index}行 日本語のテキスト e\u{301}tude 👩\u{200d}👩\u{200d}👧 ⚠\u{fe0f} ok ✓ ──┐\r\n"
    );
}

fn ink(index: usize, out: &mut String) {
    out.push_str("\x1b[?2026h");
    for _ in 0..18 {
        out.push_str("\x1b[2K\x1b[1A");
    }
    out.push_str("\x1b[2K\x1b[G");
    for row in 0..16 {
        let _ = write!(
            out,
            "\x1b[38;5;{}m●\x1b[39m Step {} of the \x1b[1mplan\x1b[22m: file{}.rs \x1b[2m({} lines)\x1b[22m\r\n",
            row + 1,
            index + row,
            row * 3,
            index % 100,
        );
    }
    out.push_str("╭────────────────────╮\r\n│ > \x1b[7m \x1b[27m                │\r\n\x1b[?2026l");
}

fn scroll(index: usize, out: &mut String) {
    let _ = write!(
        out,
        "\x1b[3;20r\x1b[3;1H\x1bM\x1b[2L\x1b[1M\x1b[5;{}H\x1b[4@text\x1b[2P\x1b[2S\x1b[1T\x1b[20;1H\nline {index}\x1b[r",
        index % 70 + 1,
    );
}

fn workloads() -> Vec<Workload> {
    vec![
        workload("log", log),
        workload("yes", |_, out| out.push_str("y\r\n")),
        workload("dense-sgr", dense),
        workload("ls-color", listing),
        workload("unicode", unicode),
        workload("ink", ink),
        workload("alt-scroll", scroll),
    ]
}

fn screen(size: Size) -> Screen {
    Screen::new(Options {
        size,
        look: TerminalLook::default(),
        incarnation: 1,
        version: "abide bench",
        history_bytes: 32 << 20,
        allow_checksum: false,
    })
}

fn feed(screen: &mut Screen, bytes: &[u8]) {
    for chunk in bytes.chunks(CHUNK) {
        let mut rest = chunk;
        while !rest.is_empty() {
            rest = &rest[screen.feed(rest)..];
        }
    }
}

fn median(mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS).map(|_| run()).collect();
    times.sort();
    times[RUNS / 2]
}

fn rate(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

struct Nothing;

impl vte::Perform for Nothing {
    fn print(&mut self, c: char) {
        black_box(c);
    }
}

fn measure(workload: &Workload, size: Size) {
    let bytes = &workload.bytes;
    let ours = median(|| {
        let mut screen = screen(size);
        let start = Instant::now();
        feed(&mut screen, bytes);
        start.elapsed()
    });
    let theirs = median(|| {
        let dimensions = TermSize::new(usize::from(size.cols()), usize::from(size.rows()));
        let mut term = Term::new(Config::default(), &dimensions, VoidListener);
        let mut parser: Processor = Processor::new();
        let start = Instant::now();
        for chunk in bytes.chunks(CHUNK) {
            parser.advance(&mut term, chunk);
        }
        start.elapsed()
    });
    let parser = median(|| {
        let mut parser = vte::Parser::new();
        let start = Instant::now();
        for chunk in bytes.chunks(CHUNK) {
            parser.advance(&mut Nothing, chunk);
        }
        start.elapsed()
    });
    println!(
        "{:<12}{:>8}  ours {:>6.0}  alacritty {:>6.0}  vte alone {:>6.0} MB/s  ratio {:.2}",
        workload.name,
        size.to_string(),
        rate(bytes.len(), ours),
        rate(bytes.len(), theirs),
        rate(bytes.len(), parser),
        theirs.as_secs_f64() / ours.as_secs_f64(),
    );
}

/// A snapshot of a full screen, and one after each frame of an Ink-style program.
fn snapshots(size: Size) {
    let mut text = String::new();
    for row in 0..size.rows() {
        dense(usize::from(row), &mut text);
    }
    let full = median(|| {
        let mut screen = screen(size);
        feed(&mut screen, text.as_bytes());
        let start = Instant::now();
        black_box(screen.snapshot());
        start.elapsed()
    });
    let mut screen = screen(size);
    let mut frames = Vec::new();
    for index in 0..200 {
        let mut frame = String::new();
        ink(index, &mut frame);
        feed(&mut screen, frame.as_bytes());
        let start = Instant::now();
        black_box(screen.snapshot());
        frames.push(start.elapsed());
    }
    frames.sort();
    println!(
        "snapshot    {size:>8}  full {full:?}  after an Ink frame {:?}",
        frames[100]
    );
}

fn history() {
    let size = Size::clamped(200, 50);
    for (name, part) in [
        ("log lines", log as fn(usize, &mut String)),
        ("200 columns", full_line),
    ] {
        let mut text = String::new();
        (0..10_000).for_each(|index| part(index, &mut text));
        let mut screen = screen(size);
        feed(&mut screen, text.as_bytes());
        let bytes = screen.history_bytes();
        println!("history     10,000 {name}: {:.2} MB", bytes as f64 / 1e6);
    }
}

fn full_line(index: usize, out: &mut String) {
    for column in 0..200 {
        out.push(char::from(b'a' + ((index + column) % 26) as u8));
    }
    out.push_str("\r\n");
}

fn main() {
    let wanted = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    for (cols, rows) in [(80, 24), (200, 50)] {
        let size = Size::clamped(cols, rows);
        for workload in workloads() {
            if wanted
                .as_ref()
                .is_none_or(|wanted| workload.name.contains(wanted.as_str()))
            {
                measure(&workload, size);
            }
        }
        snapshots(size);
    }
    history();
}
