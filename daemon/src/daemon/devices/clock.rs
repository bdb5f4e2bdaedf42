//! A clock that is never set back: what has expired stays expired. Pure.

/// The system's clock may be this much behind the latest time seen without a word, in
/// milliseconds.
const LENIENCE: u64 = 5 * 60 * 1000;
/// Milliseconds after which the latest time is written down again.
const MARK_EVERY: u64 = 60 * 1000;

/// Times are milliseconds since the Unix epoch.
#[derive(Debug)]
pub(super) struct Clock {
    latest: u64,
    marked: u64,
}

impl Clock {
    /// Goes on from the latest time that was written down.
    pub(super) fn after(marked: u64) -> Self {
        let latest = marked;
        Self { latest, marked }
    }

    /// The time: what the system says, or the latest time seen if that is later.
    pub(super) fn now(&mut self, system: u64) -> u64 {
        self.latest = self.latest.max(system);
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
    fn a_clock_that_is_set_back_stands_still() {
        let mut clock = Clock::after(1_000);
        assert_eq!(clock.now(500), 1_000);
        assert_eq!(clock.now(2_000_000), 2_000_000);
        assert_eq!(clock.behind(1_900_000), None);
        assert_eq!(clock.now(3), 2_000_000);
        assert_eq!(clock.behind(3), Some(1_999_997));
        assert_eq!(clock.mark(), Some(2_000_000));
        assert_eq!(clock.mark(), None);
        assert_eq!(Clock::after(2_000_000).now(3), 2_000_000);
    }
}
