//! When to try again to reach a machine: at once, then ever later, and never in step with others.
//! Pure: time and chance are arguments.

use std::time::{Duration, Instant};

/// The longest pause after the first failure.
const FIRST: Duration = Duration::from_millis(250);
/// The longest pause ever.
const LAST: Duration = Duration::from_secs(15);

/// Attempts since the link was last up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Backoff {
    failed: u32,
}

impl Backoff {
    /// When to try next. `chance` is drawn anew for each attempt, from all numbers: a pause lies
    /// between half of its longest and its longest.
    pub fn next(&mut self, chance: u32, now: Instant) -> Instant {
        let Some(doubled) = self.failed.checked_sub(1) else {
            self.failed = 1;
            return now;
        };
        self.failed = self.failed.saturating_add(1);
        let factor = 1_u32.checked_shl(doubled).unwrap_or(u32::MAX);
        let longest = FIRST.saturating_mul(factor).min(LAST);
        let part = f64::from(chance) / f64::from(u32::MAX);
        now + longest.mul_f64(0.5 + part / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(chance: u32) -> Vec<u128> {
        let now = Instant::now();
        let mut backoff = Backoff::default();
        let pause = |_| backoff.next(chance, now).duration_since(now).as_millis();
        (0..10).map(pause).collect()
    }

    #[test]
    fn pauses_grow_up_to_a_bound() {
        let longest = pauses(u32::MAX);
        let expected = [0, 250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000];
        assert_eq!(longest, expected);
        let shortest = pauses(0);
        assert_eq!(shortest[..4], [0, 125, 250, 500]);
        assert_eq!(shortest[9], 7500);
    }

    #[test]
    fn no_number_of_failures_overflows() {
        let now = Instant::now();
        let mut backoff = Backoff { failed: u32::MAX };
        let pause = backoff.next(u32::MAX, now).duration_since(now);
        assert_eq!(pause, LAST);
    }
}
