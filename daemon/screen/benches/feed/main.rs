//! How fast the screen takes bytes, beside the bare parser, `alacritty_terminal` and `vt100`, and
//! what a snapshot and an update cost. Prints medians and whether the gates are met:
//! `cargo bench -p abide-screen --bench feed [WORKLOAD]`.
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a report for people"
)]

mod cpu;
mod packing;
mod workloads;

use std::hint::black_box;
use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use abide_protocol::message::TerminalLook;
use abide_protocol::{Size, diff};
use abide_screen::{Options, Screen};
use alacritty_terminal::event::VoidListener;
use alacritty_terminal::term::{Config, Term, test::TermSize};
use alacritty_terminal::vte::ansi::Processor;
use workloads::{Gate, Workload};

const CHUNK: usize = 16 << 10;
const RUNS: usize = 5;
/// Rows of history that the other models keep.
const SCROLLBACK: usize = 10_000;

/// What is asked of plain rows: part of the bare parser, and times `alacritty_terminal`.
const PLAIN: (f64, f64) = (0.25, 3.5);
/// What is asked of everything else: times `alacritty_terminal`.
const OTHER: f64 = 1.3;
const SNAPSHOT: Duration = Duration::from_micros(200);
const UPDATE: Duration = Duration::from_micros(30);

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

struct Nothing;

impl vte::Perform for Nothing {
    fn print(&mut self, c: char) {
        black_box(c);
    }
}

/// What one model took for a workload: time, and processor time of all threads.
type Taken = (Duration, Duration);

fn taken(run: impl FnOnce()) -> Taken {
    let (start, cpu) = (Instant::now(), cpu::used());
    run();
    (start.elapsed(), cpu::used().saturating_sub(cpu))
}

fn ours(bytes: &[u8], size: Size) -> Taken {
    let mut screen = screen(size);
    taken(|| feed(&mut screen, bytes))
}

/// The same with history packed meanwhile, as a keeper does it: the processor time is that of both
/// threads.
fn ours_packed(bytes: &[u8], size: Size) -> Taken {
    let mut screen = screen(size);
    let mut packing = packing::Packing::start();
    let taken = taken(|| {
        for chunk in bytes.chunks(CHUNK) {
            feed(&mut screen, chunk);
            packing.take(screen.take_sealed());
        }
        packing.wait();
    });
    drop(packing);
    taken
}

fn parser(bytes: &[u8], _: Size) -> Taken {
    let mut parser = vte::Parser::new();
    let chunks = || bytes.chunks(CHUNK);
    taken(|| chunks().for_each(|chunk| parser.advance(&mut Nothing, chunk)))
}

fn alacritty(bytes: &[u8], size: Size) -> Taken {
    let dimensions = TermSize::new(size.cols().into(), size.rows().into());
    let config = Config {
        scrolling_history: SCROLLBACK,
        ..Config::default()
    };
    let mut term = Term::new(config, &dimensions, VoidListener);
    let mut parser: Processor = Processor::new();
    let chunks = || bytes.chunks(CHUNK);
    taken(|| chunks().for_each(|chunk| parser.advance(&mut term, chunk)))
}

fn vt100(bytes: &[u8], size: Size) -> Taken {
    let side = |length: u16| NonZeroU16::new(length).unwrap_or(NonZeroU16::MIN);
    let mut parser = vt100::Parser::new(side(size.rows()), side(size.cols()), SCROLLBACK);
    // Slow enough that a part tells as much.
    let part = &bytes[..bytes.len() / 8];
    let (time, cpu) = taken(|| part.chunks(CHUNK).for_each(|chunk| parser.process(chunk)));
    (time * 8, cpu * 8)
}

/// Rounds in which the models take turns: the median time of each, and the mean of the processor
/// time, which the kernel counts in ticks.
fn medians(bytes: &[u8], size: Size) -> [Taken; 5] {
    let models = [ours, ours_packed, parser, alacritty, vt100];
    let rounds: Vec<[Taken; 5]> = (0..RUNS)
        .map(|_| models.map(|model| model(bytes, size)))
        .collect();
    std::array::from_fn(|model| {
        let time = median(rounds.iter().map(|round| round[model].0).collect());
        let cpu: Duration = rounds.iter().map(|round| round[model].1).sum();
        (time, cpu / RUNS as u32)
    })
}

/// Which gates are met.
#[derive(Default)]
struct Verdicts {
    missed: Vec<String>,
}

impl Verdicts {
    fn judge(&mut self, what: &str, met: bool) -> &'static str {
        if met {
            return "PASS";
        }
        self.missed.push(what.into());
        "FAIL"
    }
}

fn measure(workload: &Workload, size: Size, verdicts: &mut Verdicts) {
    let bytes = &workload.bytes;
    let [ours, packed, parser, alacritty, vt100] = medians(bytes, size);
    let rate = |taken: Taken| bytes.len() as f64 / 1e6 / taken.0.as_secs_f64();
    let times = |of: Taken| of.0.as_secs_f64() / ours.0.as_secs_f64();
    let per_100_mb = |taken: Taken| taken.1.as_secs_f64() * 1e8 / bytes.len() as f64;
    let met = match workload.gate {
        Gate::Plain => times(parser) >= PLAIN.0 && times(alacritty) >= PLAIN.1,
        Gate::Other => times(alacritty) >= OTHER,
    };
    let name = format!("{:<16}{:>8}", workload.name, size.to_string());
    let verdict = verdicts.judge(&name, met);
    println!(
        "{name}  {:>6.0} MB/s, {:.3} CPU s/100 MB, {:.3} with packing | parser {:>5.0} ({:.2}x) | alacritty {:>4.0} ({:>5.2}x) | vt100 {:>4.0} ({:>5.1}x) | {verdict}",
        rate(ours),
        per_100_mb(ours),
        per_100_mb(packed),
        rate(parser),
        times(parser),
        rate(alacritty),
        times(alacritty),
        rate(vt100),
        times(vt100),
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The state of a full screen for a viewer that has none, and what changed with each frame of an
/// Ink-style program for one that has the state before.
fn states(size: Size, verdicts: &mut Verdicts) {
    let mut text = String::new();
    (0..size.rows()).for_each(|row| workloads::dense(row.into(), &mut text));
    let full = median(
        (0..RUNS)
            .map(|_| {
                let mut screen = screen(size);
                feed(&mut screen, text.as_bytes());
                taken(|| drop(black_box(screen.snapshot()))).0
            })
            .collect(),
    );
    let mut screen = screen(size);
    let mut base = screen.snapshot();
    let mut frames = Vec::new();
    for index in 0..400 {
        let mut frame = String::new();
        workloads::ink(index, &mut frame);
        feed(&mut screen, frame.as_bytes());
        let start = Instant::now();
        let snapshot = screen.snapshot();
        black_box(diff::diff(&base, &snapshot));
        frames.push(start.elapsed());
        base = snapshot;
    }
    let frame = median(frames);
    let judged = size.rows() == 50;
    let mut report = |what: &str, took: Duration, most: Duration| {
        let name = format!("{what}, {size}");
        let verdict = if judged {
            verdicts.judge(&name, took <= most)
        } else {
            ""
        };
        println!("{name}: {took:?} (at most {most:?}) {verdict}");
    };
    report("snapshot of a full screen", full, SNAPSHOT);
    report("update after an Ink frame", frame, UPDATE);
}

fn history() {
    let size = Size::clamped(200, 50);
    for (name, part) in [
        ("log lines", workloads::log as fn(usize, &mut String)),
        ("full lines of 200 columns", workloads::full_line),
    ] {
        let mut text = String::new();
        (0..SCROLLBACK).for_each(|index| part(index, &mut text));
        let mut screen = screen(size);
        feed(&mut screen, text.as_bytes());
        let bytes = screen.history_bytes();
        println!(
            "history of {SCROLLBACK} {name}: {:.2} MB",
            bytes as f64 / 1e6
        );
    }
}

fn main() -> std::process::ExitCode {
    let wanted = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let mut verdicts = Verdicts::default();
    for (cols, rows) in [(80, 24), (200, 50)] {
        let size = Size::clamped(cols, rows);
        for workload in workloads::all(size) {
            let name = &workload.name;
            if wanted.as_ref().is_none_or(|wanted| name.contains(wanted)) {
                measure(&workload, size, &mut verdicts);
            }
        }
        states(size, &mut verdicts);
    }
    history();
    if verdicts.missed.is_empty() {
        println!("PASS: every gate");
        return std::process::ExitCode::SUCCESS;
    }
    println!("FAIL: {}", verdicts.missed.join("; "));
    std::process::ExitCode::FAILURE
}
