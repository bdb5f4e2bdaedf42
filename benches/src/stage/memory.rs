//! Memory of the process that keeps a session, shared pages counted in proportion: idle, and with
//! rows of history.

use support::home::Home;
use support::{process, wait};

use crate::Plan;
use crate::figures::{Verdicts, median};
use crate::peer::Peer;
use crate::stage::attach::fill;
use crate::stage::throughput::log_line;

/// MB that an idle keeper may take.
const GOAL: f64 = 3.0;
const ROWS: u64 = 10_000;
/// MB that 10,000 log lines may take above an idle keeper, and full rows of 200 columns.
const LOG_ROWS: f64 = 1.5;
const FULL_ROWS: f64 = 3.0;
/// Between two looks: a keeper rests when its last summary is told, a second later.
const REST: std::time::Duration = std::time::Duration::from_millis(1500);

pub fn measure(plan: &Plan, verdicts: &mut Verdicts) {
    let mut of_peer = Vec::new();
    for peer in [Peer::Tmux, Peer::Abide] {
        let rounds: Vec<[f64; 3]> = (0..plan.rounds)
            .map(|_| [idle(peer), with(peer, log_line), with(peer, full_line)])
            .collect();
        let [idle, log, full] = std::array::from_fn(|index| {
            median(&rounds.iter().map(|round| round[index]).collect::<Vec<_>>())
        });
        println!(
            "  {:<9} {idle:5.2} MB idle, {log:5.2} MB with {ROWS} log lines, {full:5.2} MB with {ROWS} full rows",
            peer.name()
        );
        of_peer.push([idle, log, full]);
    }
    let (tmux, abide) = (of_peer[0], of_peer[1]);
    let mut most = |what: &str, ours, name, bound| verdicts.at_most(what, "MB", ours, name, bound);
    most("memory of an idle keeper", abide[0], "goal", GOAL);
    most("memory of an idle keeper", abide[0], "tmux", tmux[0]);
    most("memory with 10,000 log lines", abide[1], "tmux", tmux[1]);
    most("memory with 10,000 full rows", abide[2], "tmux", tmux[2]);
    let (log, full) = (abide[1] - abide[0], abide[2] - abide[0]);
    most("10,000 log lines above idle", log, "goal", LOG_ROWS);
    most("10,000 full rows above idle", full, "goal", FULL_ROWS);
}

/// 200 columns of text that is no log.
pub fn full_line(number: u64) -> String {
    let letter = |column: u64| {
        let hash = (number * 211 + column).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        char::from(b'a' + (hash >> 40) as u8 % 26)
    };
    (0..200).map(letter).collect::<String>() + "\n"
}

fn idle(peer: Peer) -> f64 {
    let home = Home::new();
    peer.start_unseen(&home, "idle", "exec cat");
    settled(peer, &home, "idle")
}

fn with(peer: Peer, line: fn(u64) -> String) -> f64 {
    let home = Home::new();
    fill(peer, &home, "full", line, ROWS);
    settled(peer, &home, "full")
}

/// The figure once it no longer falls or grows.
pub fn settled(peer: Peer, home: &Home, name: &str) -> f64 {
    let keeper = peer.keeper(home, name).expect("a keeper");
    let mut before = u64::MAX;
    let kib = wait::until("settled memory", || {
        std::thread::sleep(REST);
        let now = process::pss_kib(keeper).expect("memory");
        let same = now.abs_diff(before) <= 16;
        before = now;
        same.then_some(now)
    });
    kib as f64 * 1024.0 / 1e6
}
