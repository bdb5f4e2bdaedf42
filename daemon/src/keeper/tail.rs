//! Which rows that left the top a viewer with a native scrollback gets, and when. Pure.
//!
//! A few rows travel with the frame. After a burst the rows wait until none has left for
//! [`QUIET`]; then the newest [`TAIL_AFTER_GAP`] come in chunks, or as many as their bytes allow,
//! the first of which names how many never will.

use std::time::{Duration, Instant};

use abide_protocol::LineNo;
use abide_protocol::limits::{TAIL_AFTER_GAP, TAIL_ROWS};

/// A burst is over when no row has left the top for this long.
pub(crate) const QUIET: Duration = Duration::from_millis(100);

/// The bottom of what a viewer's scrollback holds, and how it is kept up.
#[derive(Debug)]
pub(crate) struct Tail {
    /// The scrollback holds, or will never hold, all rows below this number.
    printed: LineNo,
    /// Too much came at once: rows wait for quiet.
    burst: bool,
    /// The oldest row that is sent after the burst, and what was on top when that was said.
    floor: Option<(LineNo, LineNo)>,
}

/// The rows to send next: at most `count` from `from`, after a line that says `skipped`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stretch {
    pub(crate) from: LineNo,
    pub(crate) skipped: u64,
    pub(crate) count: u64,
}

/// Where the rows of the main screen are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// Oldest row that this viewer may have.
    pub(crate) first: LineNo,
    /// First row on the screen.
    pub(crate) top: LineNo,
    /// When a row last left the screen.
    pub(crate) moved: Option<Instant>,
}

impl Tail {
    pub(crate) fn new(printed: LineNo) -> Self {
        Self {
            printed,
            burst: false,
            floor: None,
        }
    }

    /// Whether rows wait to be sent.
    pub(crate) fn behind(&self, extent: &Extent) -> bool {
        extent.top > self.printed
    }

    /// What may be sent now.
    pub(crate) fn next(&mut self, extent: &Extent, now: Instant) -> Option<Stretch> {
        let missing = extent.top.since(self.printed);
        if missing == 0 {
            self.burst = false;
            self.floor = None;
            return None;
        }
        if missing > TAIL_ROWS {
            self.burst = true;
        }
        if self.burst && self.deadline(extent).is_some_and(|quiet| now < quiet) {
            return None;
        }
        let newest = LineNo(extent.top.0.saturating_sub(TAIL_AFTER_GAP));
        let from = if self.burst {
            let floor = self.floor.map_or(newest, |(floor, _)| floor);
            self.printed.max(newest).max(floor)
        } else {
            self.printed
        };
        let from = from.max(extent.first).min(extent.top);
        Some(Stretch {
            from,
            skipped: from.since(self.printed),
            count: extent.top.since(from).min(TAIL_ROWS),
        })
    }

    /// A burst is over, and nobody has said yet how many of its rows are worth sending.
    pub(crate) fn wants_floor(&self, extent: &Extent, now: Instant) -> bool {
        let said = self.floor.is_some_and(|(_, top)| top == extent.top);
        let burst = self.burst || extent.top.since(self.printed) > TAIL_ROWS;
        burst && !said && extent.moved.is_none_or(|moved| now >= moved + QUIET)
    }

    /// Rows below `floor` are not sent after the burst.
    pub(crate) fn set_floor(&mut self, floor: LineNo, extent: &Extent) {
        self.floor = Some((floor, extent.top));
    }

    /// The rows of a stretch did not fit: they come after the burst.
    pub(crate) fn postpone(&mut self) {
        self.burst = true;
    }

    /// Whether rows have been held back for a quiet moment.
    pub(crate) fn in_burst(&self) -> bool {
        self.burst
    }

    /// Rows below `printed` have been sent or skipped.
    pub(crate) fn sent(&mut self, printed: LineNo) {
        self.printed = printed;
    }

    /// When waiting rows may go.
    pub(crate) fn deadline(&self, extent: &Extent) -> Option<Instant> {
        let moved = extent.moved.filter(|_| self.burst && self.behind(extent))?;
        Some(moved + QUIET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(first: u64, top: u64, moved: Instant) -> Extent {
        Extent {
            first: LineNo(first),
            top: LineNo(top),
            moved: Some(moved),
        }
    }

    fn stretch(from: u64, skipped: u64, count: u64) -> Stretch {
        Stretch {
            from: LineNo(from),
            skipped,
            count,
        }
    }

    #[test]
    fn a_few_rows_go_at_once() {
        let now = Instant::now();
        let mut tail = Tail::new(LineNo(10));
        assert_eq!(tail.next(&extent(0, 10, now), now), None);
        assert_eq!(
            tail.next(&extent(0, 9, now), now),
            None,
            "rows were pulled back"
        );
        assert_eq!(tail.next(&extent(0, 13, now), now), Some(stretch(10, 0, 3)));
        assert_eq!(
            tail.next(&extent(12, 13, now), now),
            Some(stretch(12, 2, 1)),
            "dropped rows"
        );
    }

    /// Sends everything there is at `now`; answers the stretches as (from, skipped, count).
    fn drain(tail: &mut Tail, extent: &Extent, now: Instant) -> Vec<(u64, u64, u64)> {
        let mut sent = vec![];
        while let Some(stretch) = tail.next(extent, now) {
            sent.push((stretch.from.0, stretch.skipped, stretch.count));
            tail.sent(stretch.from.plus(stretch.count));
        }
        sent
    }

    #[test]
    fn a_burst_waits_for_quiet_and_makes_one_gap() {
        let now = Instant::now();
        let mut tail = Tail::new(LineNo(0));
        let mut top = 0;
        for step in 0..100 {
            top += 1_000;
            let at = now + QUIET * step / 2;
            assert_eq!(drain(&mut tail, &extent(0, top, at), at), []);
        }
        let last = now + QUIET * 99 / 2;
        let over = extent(0, top, last);
        assert_eq!(tail.deadline(&over), Some(last + QUIET));
        let sent = drain(&mut tail, &over, last + QUIET);
        assert_eq!(
            sent[0],
            (top - TAIL_AFTER_GAP, top - TAIL_AFTER_GAP, TAIL_ROWS)
        );
        assert!(sent[1..].iter().all(|(_, skipped, _)| *skipped == 0));
        let rows: u64 = sent.iter().map(|(_, _, count)| count).sum();
        assert_eq!(rows, TAIL_AFTER_GAP);
        assert_eq!(tail.deadline(&over), None);
    }

    #[test]
    fn a_burst_below_the_bound_has_no_gap() {
        let now = Instant::now();
        let mut tail = Tail::new(LineNo(0));
        let burst = extent(0, 9_000, now);
        assert_eq!(tail.next(&burst, now), None);
        let sent = drain(&mut tail, &burst, now + QUIET);
        assert!(sent.iter().all(|(_, skipped, _)| *skipped == 0));
        assert_eq!(sent.iter().map(|(_, _, count)| count).sum::<u64>(), 9_000);
        let next = extent(0, 9_001, now + QUIET);
        assert_eq!(drain(&mut tail, &next, now + QUIET), [(9_000, 0, 1)]);
    }

    #[test]
    fn a_floor_makes_the_gap_larger_and_holds_until_the_next_burst() {
        let now = Instant::now();
        let mut tail = Tail::new(LineNo(0));
        let burst = extent(0, 50_000, now);
        assert!(!tail.wants_floor(&burst, now), "it goes on");
        assert_eq!(tail.next(&burst, now), None);
        assert!(tail.wants_floor(&burst, now + QUIET));
        tail.set_floor(LineNo(49_000), &burst);
        assert!(!tail.wants_floor(&burst, now + QUIET));
        let sent = drain(&mut tail, &burst, now + QUIET);
        assert_eq!(sent, [(49_000, 49_000, TAIL_ROWS), (49_512, 0, 488)]);
        let next = extent(0, 50_003, now + QUIET);
        assert!(!tail.wants_floor(&next, now + 3 * QUIET));
        assert_eq!(drain(&mut tail, &next, now + QUIET), [(50_000, 0, 3)]);
    }

    #[test]
    fn rows_too_large_for_a_frame_wait_like_a_burst() {
        let now = Instant::now();
        let mut tail = Tail::new(LineNo(0));
        let few = extent(0, 100, now);
        assert_eq!(tail.next(&few, now), Some(stretch(0, 0, 100)));
        tail.postpone();
        assert_eq!(tail.next(&few, now), None);
        assert_eq!(tail.next(&few, now + QUIET), Some(stretch(0, 0, 100)));
    }
}
