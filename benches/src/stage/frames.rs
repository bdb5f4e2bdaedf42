//! How often a program is shown that paints as fast as it can, in synchronized updates.

use support::blocks;

use crate::Plan;
use crate::figures::{Verdicts, median};

/// Different whole frames a second.
const GOAL: f64 = 20.0;

pub fn measure(plan: &Plan, verdicts: &mut Verdicts) {
    let shown: Vec<_> = (0..plan.rounds).map(|_| blocks::show()).collect();
    let torn = shown.iter().filter(|shown| shown.torn.is_some()).count();
    let rates: Vec<_> = shown.iter().map(blocks::Shown::rate).collect();
    let rate = median(&rates);
    println!(
        "  1,000 blocks in one write: {rate:.1} different frames a second, {torn} rounds with a torn one"
    );
    verdicts.at_least(
        "synchronized updates, frames a second",
        "",
        rate,
        "goal",
        GOAL,
    );
    verdicts.at_most(
        "synchronized updates, rounds with a torn frame",
        "",
        torn as f64,
        "goal",
        0.0,
    );
}
