//! From a key to its echo painted, through the attached client.

use std::time::{Duration, Instant};

use support::process;

use crate::Plan;
use crate::drain::Drain;
use crate::figures::{Verdicts, median, percentile};
use crate::peer::{self, Peer};

/// The 50th and 99th percentile of one round, in microseconds.
#[derive(Default)]
pub struct Echo {
    pub p50: Vec<f64>,
    pub p99: Vec<f64>,
}

pub fn measure(plan: &Plan, verdicts: &mut Verdicts) {
    for (name, repaint) in [
        ("idle", false),
        ("while the program repaints 30 times a second", true),
    ] {
        let mut echoes = [Echo::default(), Echo::default(), Echo::default()];
        for _ in 0..plan.rounds {
            for (peer, echo) in peer::ALL.into_iter().zip(&mut echoes) {
                let seen = peer.start(&program(repaint));
                seen.drain.wait(b"READY~");
                add_round(&seen.drain, plan.keys, echo);
            }
        }
        report(name, &echoes, verdicts);
    }
}

/// The shell command of a program that echoes.
pub fn program(repaint: bool) -> String {
    let echo = process::built("abide-echo");
    format!(
        "exec {}{}",
        echo.display(),
        if repaint { " --repaint" } else { "" }
    )
}

/// Types keys, each a while after the echo of the one before.
pub fn add_round(drain: &Drain, keys: usize, echo: &mut Echo) {
    // Nothing else that is painted has such letters.
    let letters: Vec<char> = ('а'..='я').collect();
    let mut taken = Vec::with_capacity(keys);
    for number in 0..keys {
        let letter = letters[number % letters.len()].to_string();
        drain.watch(letter.as_bytes());
        let start = Instant::now();
        drain.keys(letter.as_bytes());
        taken.push((drain.came() - start).as_secs_f64() * 1e6);
        std::thread::sleep(Duration::from_micros(5000 + (number as u64 * 7919) % 9000));
    }
    echo.p50.push(percentile(&taken, 50.0));
    echo.p99.push(percentile(&taken, 99.0));
}

fn report(name: &str, echoes: &[Echo; 3], verdicts: &mut Verdicts) {
    let [bare, tmux, abide] = echoes;
    println!("key to painted echo, {name}");
    for (peer, echo) in peer::ALL.into_iter().zip(echoes) {
        println!(
            "  {:<9} p50 {:7.0} µs ({:5.2} x bare)  p99 {:7.0} µs ({:5.2} x bare)",
            Peer::name(peer),
            median(&echo.p50),
            median(&echo.p50) / median(&bare.p50),
            median(&echo.p99),
            median(&echo.p99) / median(&bare.p99),
        );
    }
    verdicts.at_most(
        &format!("echo {name}, p50"),
        "µs",
        median(&abide.p50),
        "tmux",
        median(&tmux.p50),
    );
    verdicts.at_most(
        &format!("echo {name}, p99"),
        "µs",
        median(&abide.p99),
        "tmux",
        median(&tmux.p99),
    );
}
