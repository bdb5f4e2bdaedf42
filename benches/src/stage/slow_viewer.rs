//! What a viewer that reads nothing costs the session and the other viewers.

use std::time::{Duration, Instant};

use crate::Plan;
use crate::drain::Drain;
use crate::figures::{Verdicts, median};
use crate::peer::Peer;
use crate::stage::echo::{Echo, add_round, program};
use crate::stage::memory::settled;
use crate::stage::throughput::{flood_script, log_line, write_flood};

const FLOOD: f64 = 100e6;

pub fn measure(plan: &Plan, verdicts: &mut Verdicts) {
    let (free, held) = throughput(plan);
    println!("  flood {free:.2} s alone, {held:.2} s beside a viewer that reads nothing");
    verdicts.at_most("slow viewer, flood", "s", held, "alone + 5 %:", free * 1.05);
    let (free, held, grown) = echo(plan);
    println!(
        "  echo p99 {free:.0} µs alone, {held:.0} µs beside it; the keeper grew by {grown:.2} MB in {} s",
        plan.held
    );
    verdicts.at_most(
        "slow viewer, echo p99 of another",
        "µs",
        held,
        "alone + 10 %:",
        free * 1.1,
    );
    verdicts.at_most("slow viewer, keeper's memory", "MB", grown, "bound", 1.0);
}

/// Opens a viewer that has seen the screen and then reads nothing more.
fn deaf(home: &support::home::Home) -> Drain {
    let viewer = Drain::start(home.in_terminal(&["abide", "attach", "bench", "--watch"]));
    viewer.wait(b"READY~");
    viewer.hold();
    viewer
}

fn throughput(plan: &Plan) -> (f64, f64) {
    let (mut free, mut held) = (Vec::new(), Vec::new());
    let files = support::home::Home::new();
    let file = files.user().join("flood");
    write_flood(&file, log_line, FLOOD * plan.scale);
    for _ in 0..plan.rounds {
        for (slow, taken) in [(false, &mut free), (true, &mut held)] {
            let seen = Peer::Abide.start(&flood_script(&file));
            seen.drain.wait(b"READY~");
            let _viewer = slow.then(|| deaf(&seen.home));
            seen.drain.watch(b"~END~");
            let start = Instant::now();
            seen.drain.keys(b"\r");
            taken.push((seen.drain.came() - start).as_secs_f64());
        }
    }
    (median(&free), median(&held))
}

/// Echo p99 without and with such a viewer, and how much the keeper grew.
fn echo(plan: &Plan) -> (f64, f64, f64) {
    let seen = Peer::Abide.start(&program(true));
    seen.drain.wait(b"READY~");
    let (mut free, mut held) = (Echo::default(), Echo::default());
    for _ in 0..plan.rounds {
        add_round(&seen.drain, plan.keys, &mut free);
    }
    let before = settled(Peer::Abide, &seen.home, "bench");
    let _viewer = deaf(&seen.home);
    let start = Instant::now();
    for _ in 0..plan.rounds {
        add_round(&seen.drain, plan.keys, &mut held);
    }
    std::thread::sleep(Duration::from_secs(plan.held).saturating_sub(start.elapsed()));
    let after = settled(Peer::Abide, &seen.home, "bench");
    (median(&free.p99), median(&held.p99), after - before)
}
