//! Measurements side by side, in one run, with the bare pseudo-terminal and tmux: `make bench`.
//!
//! Each figure is a median of several rounds in which the three take turns, so that what else the
//! machine does hits all of them. The last lines say whether every figure is at least as good as tmux's.

mod call;
mod drain;
mod figures;
mod link;
mod machine;
mod peer;
mod stage;

use std::process::ExitCode;

use call::{Call, Named};
use figures::Verdicts;

/// How long and how often.
#[derive(Clone, Copy)]
pub struct Plan {
    pub rounds: usize,
    /// Part of the full amounts of data.
    pub scale: f64,
    pub keys: usize,
    /// Seconds a viewer reads nothing.
    pub held: u64,
}

const FULL: Plan = Plan {
    rounds: 5,
    scale: 1.0,
    keys: 400,
    held: 60,
};
const QUICK: Plan = Plan {
    rounds: 1,
    scale: 0.1,
    keys: 100,
    held: 5,
};

type Stage = (Named, fn(&Plan, &mut Verdicts));

const fn stage(
    name: &'static str,
    about: &'static str,
    measure: fn(&Plan, &mut Verdicts),
) -> Stage {
    (Named { name, about }, measure)
}

const STAGES: [Stage; 11] = [
    stage(
        "log",
        "A flood of log lines: seconds until the last one is painted, CPU, bytes painted",
        stage::throughput::log,
    ),
    stage(
        "colour",
        "The same of lines whose every cell has a colour of its own",
        stage::throughput::colour,
    ),
    stage(
        "yes",
        "The same of lines of one letter",
        stage::throughput::yes,
    ),
    stage(
        "echo",
        "From a key to its echo painted: of a program at rest, and of one that repaints",
        stage::echo::measure,
    ),
    stage(
        "attach",
        "From the start of attach to the whole screen painted, with little and much history",
        stage::attach::measure,
    ),
    stage(
        "frames",
        "Whole frames a second of a program that paints in synchronized updates",
        stage::frames::measure,
    ),
    stage(
        "memory",
        "Memory of the process that keeps a session: idle, and with rows of history",
        stage::memory::measure,
    ),
    stage(
        "history",
        "A million rows: bytes they take, and how fast something in them is found",
        stage::history::measure,
    ),
    stage(
        "idle",
        "Wake-ups of sessions in which nothing happens",
        stage::idle::measure,
    ),
    stage(
        "slow-viewer",
        "What a viewer that reads nothing costs the session and the other viewers",
        stage::slow_viewer::measure,
    ),
    stage(
        "remote",
        "TLS and the encrypted channel beside the Unix socket; 200 viewers of one session",
        stage::remote::measure,
    ),
];

fn main() -> ExitCode {
    let (named, measures): (Vec<_>, Vec<_>) = STAGES.into_iter().unzip();
    let (stages, quick) = match Call::read(std::env::args().skip(1), &named) {
        Ok(Call::Measure { stages, quick }) => (stages, quick),
        Ok(Call::Help) => {
            print!("{}", call::help(&named));
            return ExitCode::SUCCESS;
        }
        Err(line) => {
            eprintln!("{line}");
            return ExitCode::from(2);
        }
    };
    let plan = if quick { QUICK } else { FULL };
    println!("{}", machine::describe());
    println!(
        "medians of {} rounds{}\n",
        plan.rounds,
        if quick {
            " (quick: too few to judge by)"
        } else {
            ""
        }
    );
    let mut verdicts = Verdicts::default();
    for (Named { name, .. }, measure) in named.iter().zip(measures) {
        if stages.is_empty() || stages.iter().any(|wanted| wanted == name) {
            println!("== {name}");
            measure(&plan, &mut verdicts);
            println!();
        }
    }
    verdicts.print()
}
