//! Wake-ups of idle sessions.

use std::collections::BTreeSet;
use std::time::Duration;

use support::home::Home;
use support::process;

use crate::Plan;
use crate::figures::Verdicts;
use crate::peer::Peer;

const SESSIONS: usize = 20;
const WATCHED: Duration = Duration::from_secs(10);
/// What starting up leaves to be done (summaries, caches) is over by then.
const SETTLED: Duration = Duration::from_secs(3);

pub fn measure(_plan: &Plan, verdicts: &mut Verdicts) {
    let counts: Vec<f64> = [Peer::Tmux, Peer::Abide].into_iter().map(count).collect();
    println!(
        "  context switches of {SESSIONS} idle sessions in 10 s: tmux {}, abide {}",
        counts[0], counts[1]
    );
    verdicts.at_most(
        "wake-ups of 20 idle sessions",
        "in 10 s",
        counts[1],
        "tmux",
        counts[0],
    );
}

fn count(peer: Peer) -> f64 {
    let home = Home::new();
    let names: Vec<String> = (0..SESSIONS).map(|n| format!("idle{n}")).collect();
    for name in &names {
        peer.start_unseen(&home, name, "exec cat");
    }
    // tmux keeps all of them in one process.
    let mut keepers: BTreeSet<u32> = names
        .iter()
        .filter_map(|name| peer.keeper(&home, name))
        .collect();
    keepers.extend(home.daemon());
    std::thread::sleep(SETTLED);
    let sum = || {
        keepers
            .iter()
            .filter_map(|pid| process::switches(*pid))
            .sum::<u64>()
    };
    let before = sum();
    std::thread::sleep(WATCHED);
    (sum() - before) as f64
}
