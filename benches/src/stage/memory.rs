//! Memory of the process that keeps a session, shared pages counted in proportion.

use support::home::Home;
use support::{process, wait};

use crate::Plan;
use crate::figures::{Verdicts, median};
use crate::peer::Peer;
use crate::stage::attach::fill;

/// MB that an idle keeper may take.
const GOAL: f64 = 3.0;
const ROWS: u64 = 10_000;

pub fn measure(plan: &Plan, verdicts: &mut Verdicts) {
    let mut of_peer = Vec::new();
    for peer in [Peer::Tmux, Peer::Abide] {
        let rounds: Vec<(f64, f64)> = (0..plan.rounds).map(|_| (idle(peer), full(peer))).collect();
        let idle = median(&rounds.iter().map(|round| round.0).collect::<Vec<_>>());
        let full = median(&rounds.iter().map(|round| round.1).collect::<Vec<_>>());
        println!(
            "  {:<9} {idle:5.2} MB idle, {full:5.2} MB with {ROWS} rows",
            peer.name()
        );
        of_peer.push((idle, full));
    }
    let (tmux, abide) = (of_peer[0], of_peer[1]);
    verdicts.at_most("memory of an idle keeper", "MB", abide.0, "goal", GOAL);
    verdicts.at_most("memory of an idle keeper", "MB", abide.0, "tmux", tmux.0);
    verdicts.at_most("memory with 10,000 rows", "MB", abide.1, "tmux", tmux.1);
}

fn idle(peer: Peer) -> f64 {
    let home = Home::new();
    peer.start_unseen(&home, "idle", "exec cat");
    settled(peer, &home, "idle")
}

fn full(peer: Peer) -> f64 {
    let home = Home::new();
    fill(peer, &home, "full", ROWS);
    settled(peer, &home, "full")
}

/// The figure once it no longer falls or grows.
pub fn settled(peer: Peer, home: &Home, name: &str) -> f64 {
    let keeper = peer.keeper(home, name).expect("a keeper");
    let mut before = u64::MAX;
    let kib = wait::until("settled memory", || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        let now = process::pss_kib(keeper).expect("memory");
        let same = now.abs_diff(before) <= 16;
        before = now;
        same.then_some(now)
    });
    kib as f64 * 1024.0 / 1e6
}
