//! How long a synchronized update (mode 2026) may keep viewers waiting. Pure.

use std::time::{Duration, Instant};

/// A program that never ends its update is shown anyway after this long.
pub(crate) const LONGEST: Duration = Duration::from_secs(1);
/// While someone types they want to see what they type.
pub(crate) const WHILE_TYPING: Duration = Duration::from_millis(150);
/// Someone types for this long after their last input.
const TYPING: Duration = Duration::from_secs(1);

/// The synchronized update under way, if any.
#[derive(Default, Debug)]
pub(crate) struct Hold {
    since: Option<Instant>,
    typed: Option<Instant>,
}

impl Hold {
    /// Tells what the screen says after a feed. Feeds end where updates end, so that an update
    /// that follows another right away counts as a new one.
    pub(crate) fn observe(&mut self, synchronized: bool, now: Instant) {
        if synchronized {
            self.since.get_or_insert(now);
        } else {
            self.since = None;
        }
    }

    pub(crate) fn typed(&mut self, now: Instant) {
        self.typed = Some(now);
    }

    /// When the update under way is to be shown although it has not ended.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let since = self.since?;
        let patience = match self.typed {
            Some(typed) if since.saturating_duration_since(typed) < TYPING => WHILE_TYPING,
            _ => LONGEST,
        };
        Some(since + patience)
    }

    /// The hold was ended; the next begin starts another.
    pub(crate) fn end(&mut self) {
        self.since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds: begin of the update, last typing, expected end of the hold.
    #[test]
    fn a_hold_is_short_while_someone_types() {
        let start = Instant::now() + Duration::from_secs(10);
        let at = |ms: u64| start + Duration::from_millis(ms);
        let cases = [
            (5_000, None, 6_000),
            (5_000, Some(1_000), 6_000),
            (5_000, Some(4_500), 5_150),
            (5_000, Some(5_100), 5_150),
        ];
        for (begin, typed, end) in cases {
            let mut hold = Hold::default();
            hold.observe(true, at(begin));
            if let Some(typed) = typed {
                hold.typed(at(typed));
            }
            assert_eq!(
                hold.deadline(),
                Some(at(end)),
                "begin {begin}, typed {typed:?}"
            );
        }
    }

    #[test]
    fn the_begin_counts_until_the_end() {
        let start = Instant::now();
        let mut hold = Hold::default();
        hold.observe(true, start);
        hold.observe(true, start + LONGEST / 2);
        assert_eq!(hold.deadline(), Some(start + LONGEST));
        hold.observe(false, start);
        assert_eq!(hold.deadline(), None);
    }
}
