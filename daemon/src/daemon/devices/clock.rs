//! A clock that is never set back: what has expired stays expired. Pure.

use std::time::{Duration, Instant};

/// The system's clock may be this much behind the latest time seen without a word, in
/// milliseconds.
const LENIENCE: u64 = 5 * 60 * 1000;
/// Milliseconds after which the latest time is written down again.
const MARK_EVERY: u64 = 60 * 1000;

/// Times are milliseconds since the Unix epoch.
#[derive(Debug)]
pub(super) struct Clock {
    latest: u64,
    /// When that was so.
    at: Instant,
    marked: u64,
}

impl Clock {
    /// Goes on from the latest time that was written down.
    pub(super) fn after(marked: u64, at: Instant) -> Self {
        let latest = marked;
        Self { latest, at, marked }
    }

    /// The time: what the system says, or the latest time seen and what has passed since then if that
    /// is later.
    pub(super) fn now(&mut self, system: u64, at: Instant) -> u64 {
        let passed = at.saturating_duration_since(self.at).as_millis();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        // What is less than a millisecond counts the next time.
        self.at += Duration::from_millis(passed);
        self.latest = self.latest.saturating_add(passed).max(system);
        self.latest
    }

    /// The time to write down, if it is due.
    pub(super) fn mark(&mut self) -> Option<u64> {
        let due = self.latest >= self.marked.saturating_add(MARK_EVERY);
        due.then(|| {
            self.marked = self.latest;
            self.latest
        })
    }

    /// How far the system's clock is behind, if it was set back.
    pub(super) fn behind(&self, system: u64) -> Option<u64> {
        let behind = self.latest.saturating_sub(system);
        (behind > LENIENCE).then_some(behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_goes_on() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut clock = Clock::after(1_000, begun);
        assert_eq!(clock.now(500, at(10)), 1_010);
        assert_eq!(clock.now(2_000_000, at(20)), 2_000_000);
        assert_eq!(clock.behind(1_900_000), None);
        assert_eq!(clock.now(3, at(20)), 2_000_000);
        assert_eq!(clock.behind(3), Some(1_999_997));
        assert_eq!(clock.mark(), Some(2_000_000));
        assert_eq!(clock.mark(), None);
        assert_eq!(clock.now(4, at(5_020)), 2_005_000);
        assert_eq!(clock.now(2_006_000, at(5_021)), 2_006_000);
    }

    #[test]
    fn short_times_add_up() {
        let begun = Instant::now();
        let mut clock = Clock::after(0, begun);
        for step in 1..=1000 {
            clock.now(0, begun + Duration::from_micros(300) * step);
        }
        assert!((299..=300).contains(&clock.now(0, begun)), "{clock:?}");
    }
}
