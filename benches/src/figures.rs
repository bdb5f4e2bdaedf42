//! Medians, percentiles, and what they are held against.

use std::process::ExitCode;

/// The middle value; of an even number, the lower of the two.
pub fn median(values: &[f64]) -> f64 {
    percentile(values, 50.0)
}

/// The smallest value that at least `percent` of all are not above. NaN for no values.
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}

/// What was held against what, printed together at the end.
#[derive(Default)]
pub struct Verdicts {
    lines: Vec<(bool, String)>,
}

impl Verdicts {
    /// Less is better: `ours` may not be above `bound`.
    pub fn at_most(&mut self, what: &str, unit: &str, ours: f64, name: &str, bound: f64) {
        let line = format!("{what}: {ours:.2} {unit}, {name} {bound:.2} {unit}");
        self.lines.push((ours <= bound, line));
    }

    /// More is better: `ours` may not be below `bound`.
    pub fn at_least(&mut self, what: &str, unit: &str, ours: f64, name: &str, bound: f64) {
        let line = format!("{what}: {ours:.2} {unit}, {name} {bound:.2} {unit}");
        self.lines.push((ours >= bound, line));
    }

    pub fn print(&self) -> ExitCode {
        for (passed, line) in &self.lines {
            println!("{} {line}", if *passed { "PASS" } else { "FAIL" });
        }
        let failed = self.lines.iter().filter(|(passed, _)| !passed).count();
        println!("{} passed, {failed} failed", self.lines.len() - failed);
        if failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
