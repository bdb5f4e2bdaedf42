//! From the start of `attach` to the whole screen painted, with much history and with little.

use std::time::Instant;

use support::home::Home;

use crate::Plan;
use crate::drain::Drain;
use crate::figures::{Verdicts, median};
use crate::peer::Peer;
use crate::stage::throughput::{log_line, write_rows};

/// Looks per round.
const LOOKS: usize = 5;
/// Milliseconds that an attach may take, however long the history.
const GOAL: f64 = 30.0;
/// How much longer it may take with 100 times the history.
const FLAT: f64 = 2.0;

pub fn measure(plan: &Plan, verdicts: &mut Verdicts) {
    let rows = [1_000_u64, 100_000];
    let mut of_peer = Vec::new();
    for peer in [Peer::Tmux, Peer::Abide] {
        let home = Home::new();
        let mut medians = Vec::new();
        for rows in rows {
            let name = format!("rows{rows}");
            fill(peer, &home, &name, log_line, rows);
            let taken: Vec<f64> = (0..plan.rounds * LOOKS)
                .map(|_| look(peer, &home, &name))
                .collect();
            medians.push(median(&taken));
        }
        println!(
            "  {:<9} {:6.1} ms with {} rows of history, {:6.1} ms with {}",
            peer.name(),
            medians[0],
            rows[0],
            medians[1],
            rows[1],
        );
        of_peer.push(medians);
    }
    let (tmux, abide) = (&of_peer[0], &of_peer[1]);
    verdicts.at_most("attach, 100,000 rows", "ms", abide[1], "tmux", tmux[1]);
    verdicts.at_most("attach, 100,000 rows", "ms", abide[1], "goal", GOAL);
    let ratio = abide[1] / abide[0];
    verdicts.at_most(
        "attach, 100,000 rows to 1,000",
        "times",
        ratio,
        "flat",
        FLAT,
    );
}

/// Starts a session that has printed `rows` rows, the last of which is a mark.
pub fn fill(peer: Peer, home: &Home, name: &str, line: fn(u64) -> String, rows: u64) {
    let file = home.user().join(name);
    write_rows(&file, line, rows);
    let script = format!(
        "cat {file}; printf '\\nLAST~''ROW'; touch {file}.done; exec cat >/dev/null",
        file = file.display()
    );
    peer.start_unseen(home, name, &script);
    support::wait::until("the session is full", || {
        home.user()
            .join(format!("{name}.done"))
            .exists()
            .then_some(())
    });
}

fn look(peer: Peer, home: &Home, name: &str) -> f64 {
    let start = Instant::now();
    let drain = Drain::start(peer.attach(home, name));
    (drain.wait(b"LAST~ROW") - start).as_secs_f64() * 1e3
}
