//! Measurements side by side, in one run, with the bare pseudo-terminal and tmux: `make bench`.
//!
//! Each figure is a median of several rounds in which the three take turns, so that what else the
//! machine does hits all of them. The last lines say whether every figure is at least as good as tmux's.

mod drain;
mod figures;
mod link;
mod machine;
mod peer;
mod stage;

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

type Stage = fn(&Plan, &mut Verdicts);

const STAGES: [(&str, Stage); 11] = [
    ("log", stage::throughput::log),
    ("colour", stage::throughput::colour),
    ("yes", stage::throughput::yes),
    ("echo", stage::echo::measure),
    ("attach", stage::attach::measure),
    ("frames", stage::frames::measure),
    ("memory", stage::memory::measure),
    ("history", stage::history::measure),
    ("idle", stage::idle::measure),
    ("slow-viewer", stage::slow_viewer::measure),
    ("remote", stage::remote::measure),
];

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (flags, wanted): (Vec<&String>, Vec<&String>) = arguments
        .iter()
        .partition(|argument| argument.starts_with('-'));
    let unknown = flags.iter().find(|flag| *flag != &"--quick").or_else(|| {
        let is_stage = |word: &&&String| STAGES.iter().any(|stage| stage.0 == word.as_str());
        wanted.iter().find(|word| !is_stage(word))
    });
    if let Some(unknown) = unknown {
        let names: Vec<_> = STAGES.iter().map(|stage| stage.0).collect();
        eprintln!(
            "no stage {unknown}; there are: {}; and --quick",
            names.join(", ")
        );
        return std::process::ExitCode::from(2);
    }
    let quick = !flags.is_empty();
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
    for (name, measure) in STAGES {
        if wanted.is_empty() || wanted.iter().any(|w| *w == name) {
            println!("== {name}");
            measure(&plan, &mut verdicts);
            println!();
        }
    }
    verdicts.print()
}
