//! Floods: how long until the last line is painted, what it costs, and how much is painted.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::Plan;
use crate::figures::{Verdicts, median};
use crate::peer::{self, Peer};

const MB: f64 = 1e6;
const END: &str = "~END~";

/// What is written, and how many bytes of it.
struct Flood {
    name: &'static str,
    bytes: f64,
    line: fn(u64) -> String,
    /// Part of the bare terminal's speed that is asked for.
    of_bare: f64,
}

const LOG: Flood = Flood {
    name: "200 MB of log lines",
    bytes: 200.0 * MB,
    line: log_line,
    of_bare: 0.87,
};
const COLOUR: Flood = Flood {
    name: "100 MB of 24-bit colour",
    bytes: 100.0 * MB,
    line: colour_line,
    of_bare: 0.83,
};
const YES: Flood = Flood {
    name: "60 MB of yes",
    bytes: 60.0 * MB,
    line: |_| "y\n".to_owned(),
    of_bare: 0.9,
};

/// Part of tmux's processor time that may be used.
const OF_TMUX: f64 = 0.4;
/// MB painted for one flood at most.
const PAINTED: f64 = 10.0;

/// What one flood took.
#[derive(Default)]
struct Taken {
    seconds: Vec<f64>,
    cpu: Vec<f64>,
    painted: Vec<f64>,
}

pub fn log(plan: &Plan, verdicts: &mut Verdicts) {
    measure(&LOG, plan, verdicts);
}

pub fn colour(plan: &Plan, verdicts: &mut Verdicts) {
    measure(&COLOUR, plan, verdicts);
}

pub fn yes(plan: &Plan, verdicts: &mut Verdicts) {
    measure(&YES, plan, verdicts);
}

fn measure(flood: &Flood, plan: &Plan, verdicts: &mut Verdicts) {
    let home = support::home::Home::new();
    let file = home.user().join("flood");
    write_flood(&file, flood.line, flood.bytes * plan.scale);
    let mut taken = [Taken::default(), Taken::default(), Taken::default()];
    for _ in 0..plan.rounds {
        for (peer, taken) in peer::ALL.into_iter().zip(&mut taken) {
            run(peer, &file, taken);
        }
    }
    report(flood, &taken, verdicts);
}

pub fn write_flood(file: &PathBuf, line: fn(u64) -> String, bytes: f64) {
    let mut out = BufWriter::new(std::fs::File::create(file).expect("file"));
    let (mut written, mut number) = (0.0, 0);
    while written < bytes {
        let line = line(number);
        out.write_all(line.as_bytes()).expect("disk");
        written += line.len() as f64;
        number += 1;
    }
}

/// Writes so many lines; how many bytes that are.
pub fn write_rows(file: &PathBuf, line: fn(u64) -> String, rows: u64) -> u64 {
    let mut out = BufWriter::new(std::fs::File::create(file).expect("file"));
    let lines = (0..rows).map(|number| {
        let line = line(number);
        out.write_all(line.as_bytes()).expect("disk");
        line.len() as u64
    });
    lines.sum()
}

/// A script that waits for one key, floods, and says when it is done.
pub fn flood_script(file: &Path) -> String {
    format!(
        "stty -echo; printf 'READY~'; read x; cat {}; printf '\\n~EN''D~'; exec cat >/dev/null",
        file.display()
    )
}

fn run(peer: Peer, file: &Path, taken: &mut Taken) {
    let seen = peer.start(&flood_script(file));
    seen.drain.wait(b"READY~");
    let between = seen.between();
    let (cpu, painted) = (peer::cpu(&between), seen.drain.painted());
    seen.drain.watch(END.as_bytes());
    let start = std::time::Instant::now();
    seen.drain.keys(b"\r");
    taken
        .seconds
        .push((seen.drain.came() - start).as_secs_f64());
    // What comes late (rows for the scrollback) counts too.
    seen.drain.settle();
    taken.cpu.push(peer::cpu(&between) - cpu);
    taken
        .painted
        .push((seen.drain.painted() - painted) as f64 / MB);
}

fn report(flood: &Flood, taken: &[Taken; 3], verdicts: &mut Verdicts) {
    let [bare, tmux, abide] = taken;
    println!("{}", flood.name);
    for (peer, taken) in peer::ALL.into_iter().zip(taken) {
        println!(
            "  {:<9} {:6.2} s  {:4.2} of the bare PTY  {:6.2} s of processor  {:7.1} MB painted",
            peer.name(),
            median(&taken.seconds),
            median(&bare.seconds) / median(&taken.seconds),
            median(&taken.cpu),
            median(&taken.painted),
        );
    }
    let mut against = |what: &str, unit: &str, ours: &[f64], theirs: &[f64]| {
        verdicts.at_most(
            &format!("{}, {what}", flood.name),
            unit,
            median(ours),
            "tmux",
            median(theirs),
        );
    };
    against("time", "s", &abide.seconds, &tmux.seconds);
    against("processor", "s", &abide.cpu, &tmux.cpu);
    against("painted", "MB", &abide.painted, &tmux.painted);
    let cpu = OF_TMUX * median(&tmux.cpu);
    let what = format!("{}, processor", flood.name);
    verdicts.at_most(&what, "s", median(&abide.cpu), "0.4 of tmux", cpu);
    let what = format!("{}, painted", flood.name);
    verdicts.at_most(&what, "MB", median(&abide.painted), "goal", PAINTED);
    let speed = median(&bare.seconds) / median(&abide.seconds);
    let what = format!("{}, speed", flood.name);
    verdicts.at_least(&what, "of the bare PTY", speed, "goal", flood.of_bare);
}

pub fn log_line(number: u64) -> String {
    let (hash, second) = (
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        number / 1000 % 60,
    );
    format!(
        "2026-11-21T07:{:02}:{second:02}.{:06}Z INFO worker-{:02} request id={hash:016x} path=/v1/items/{} status=200 ms={}\n",
        number / 60_000 % 60,
        number % 1_000_000,
        number % 16,
        hash % 10_000,
        hash % 97,
    )
}

pub fn colour_line(number: u64) -> String {
    let cell = |column: u64| {
        let hash = (number * 131 + column).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let letter = char::from(b'a' + (hash >> 40) as u8 % 26);
        format!(
            "\x1b[38;2;{};{};{}m{letter}",
            hash >> 56,
            hash >> 48 & 255,
            hash >> 32 & 255
        )
    };
    (0..160).map(cell).collect::<String>() + "\x1b[m\n"
}
