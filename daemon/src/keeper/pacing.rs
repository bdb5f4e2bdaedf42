//! When a viewer gets its next frame. Pure: the clock is an argument.
//!
//! The echo of a program that was at rest is never delayed: the first changes after an applied input
//! ([`ECHOES`] of them, since it may be repainting something else just then) go at once when the PTY
//! has been drained.
//! Every other first change waits [`SETTLE`], so that one repaint makes one frame; what follows
//! goes at most once per interval, on the session's [`Grid`], so that viewers share snapshots and
//! update bodies. A viewer that does not acknowledge gets nothing: there is never a queue of
//! frames, only the newest state once the window opens. While somebody types, the last place in
//! the window is kept for echoes: behind two frames of a busy program they would come late.
//!
//! Where changes wait already when the input comes, the program may never rest, and the next change
//! hardly answers the input. Then one echo waits for a small part of the round trip and takes the
//! last place; what follows leaves the viewer a rest, in which it has time for the next key.
//!
//! While everything that a viewer was shown has scrolled away before the next frame, nobody can
//! read along: such a flood goes every [`FLOOD_INTERVAL`] until it stops for [`SETTLE`].

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use abide_protocol::limits::{BYTES_IN_FLIGHT, FRAMES_IN_FLIGHT};
use abide_protocol::{Book, LineNo, Revision, Snapshot};

/// What a first change waits for the rest of its repaint.
pub(crate) const SETTLE: Duration = Duration::from_millis(3);
/// Frames of one viewer are at least this far apart, echoes aside; also the grid's step.
pub(crate) const MIN_INTERVAL: Duration = Duration::from_millis(16);
/// Frames of a flood are at least this far apart while it goes on: three steps of the grid, which
/// is 20 frames a second.
pub(crate) const FLOOD_INTERVAL: Duration = Duration::from_millis(48);
/// How long after an input a viewer counts as one where somebody types.
pub(crate) const TYPING: Duration = Duration::from_secs(1);
/// The part of a round trip that an echo waits beside a program that may never rest.
const ECHO_WAITS: u32 = 8;
/// Changes that go at once after an applied input.
pub(crate) const ECHOES: u8 = 3;
/// However slow the link, a changing screen is sent this often once the window is open.
pub(crate) const MAX_INTERVAL: Duration = Duration::from_millis(250);

/// The session's common frame times. Anchored anew by the first frame after a pause.
#[derive(Default, Debug)]
pub(crate) struct Grid {
    anchor: Option<Instant>,
    last: Option<Instant>,
}

impl Grid {
    /// The first frame time that is not before `at`.
    pub(crate) fn at_or_after(&self, at: Instant) -> Instant {
        let Some(anchor) = self.anchor else {
            return at;
        };
        let past = at.saturating_duration_since(anchor).as_nanos();
        let step = MIN_INTERVAL.as_nanos();
        let steps = u32::try_from(past.div_ceil(step)).unwrap_or(u32::MAX);
        (anchor + MIN_INTERVAL * steps).max(at)
    }

    /// A frame went out to somebody.
    pub(crate) fn sent(&mut self, now: Instant) {
        let paused = self
            .last
            .is_none_or(|last| now.saturating_duration_since(last) > MAX_INTERVAL);
        if paused {
            self.anchor = Some(now);
        }
        self.last = Some(now);
    }
}

/// A frame that has been sent and not yet acknowledged.
#[derive(Debug)]
struct Flight {
    snapshot: Arc<Snapshot>,
    bytes: usize,
    sent: Instant,
}

/// The pacing of one viewer, and the states it may have: the last acknowledged and those in
/// flight.
#[derive(Default, Debug)]
pub(crate) struct Pacing {
    srtt: Option<Duration>,
    last_sent: Option<Instant>,
    /// The first change since the last frame, and the newest.
    changed_at: Option<(Instant, Instant)>,
    /// When the last input of this viewer reached the program.
    typed: Option<Instant>,
    /// Changes after the last input that may still go at once.
    echoes: u8,
    /// From when on, if changes were waiting already when the input came.
    beside: Option<Instant>,
    /// The program has changed the state since the last input or frame.
    answered: bool,
    acked: Option<Arc<Snapshot>>,
    in_flight: VecDeque<Flight>,
}

impl Pacing {
    /// Input of this viewer reached the program.
    pub(crate) fn input_applied(&mut self, now: Instant) {
        let from = now + (self.trip() / ECHO_WAITS).min(MIN_INTERVAL);
        let from = self.beside.filter(|from| *from > now).unwrap_or(from);
        self.beside = self.changed_at.map(|_| from);
        self.typed = Some(now);
        self.echoes = ECHOES;
        self.answered = false;
    }

    /// What the program has just written changed the state.
    pub(crate) fn answered(&mut self) {
        self.answered = true;
    }

    /// The session's state differs from what this viewer was sent.
    pub(crate) fn changed(&mut self, now: Instant) {
        self.changed_at.get_or_insert((now, now)).1 = now;
    }

    /// The viewer already has the present state.
    pub(crate) fn settled(&mut self) {
        self.changed_at = None;
    }

    /// The state has changed since this viewer's last frame.
    pub(crate) fn waits(&self) -> bool {
        self.changed_at.is_some()
    }

    /// Whether a frame may be sent at all.
    pub(crate) fn window_open(&self) -> bool {
        let bytes: usize = self.in_flight.iter().map(|flight| flight.bytes).sum();
        self.in_flight.is_empty()
            || (self.in_flight.len() < FRAMES_IN_FLIGHT && bytes < BYTES_IN_FLIGHT)
    }

    /// When the next frame is due, if one is wanted and the window is open. `drained`: the PTY has
    /// just been read until it had no more. `top`: the number of the first row on the main screen.
    pub(crate) fn due(
        &self,
        now: Instant,
        drained: bool,
        top: LineNo,
        grid: &Grid,
    ) -> Option<Instant> {
        let (changed, newest) = self.changed_at.filter(|_| self.window_open())?;
        let last_place = self.in_flight.len() + 1 == FRAMES_IN_FLIGHT;
        if let Some(echo) = self.echo(now, last_place).filter(|_| drained) {
            return Some(echo);
        }
        if self.typing(now) && last_place {
            return None;
        }
        let settled = changed + SETTLE;
        let Some(last) = self.last_sent else {
            return Some(settled);
        };
        let next = last + self.interval(now);
        if changed >= next {
            return Some(settled);
        }
        let mut due = next.max(settled);
        if self.flooded(top) {
            due = due.max((newest + SETTLE).min(last + FLOOD_INTERVAL));
        }
        Some(grid.at_or_after(due))
    }

    /// When the next frame is due as an echo, if it may be one.
    fn echo(&self, now: Instant, last_place: bool) -> Option<Instant> {
        if !self.answered || self.echoes == 0 {
            return None;
        }
        let again = self.beside.is_some() && self.echoes < ECHOES;
        let from = match (again, last_place) {
            (false, _) => self.beside,
            (true, false) => self.last_sent.map(|last| last + self.rest()),
            (true, true) => return None,
        };
        Some(from.map_or(now, |from| from.max(now)))
    }

    fn typing(&self, now: Instant) -> bool {
        self.typed
            .is_some_and(|typed| now.saturating_duration_since(typed) < TYPING)
    }

    /// Whether no row that this viewer was shown last is still on the screen.
    fn flooded(&self, top: LineNo) -> bool {
        self.base().is_some_and(|base| {
            base.book == Book::Main && top.since(base.top) >= u64::from(base.size.rows())
        })
    }

    /// A frame has gone out.
    pub(crate) fn sent(&mut self, now: Instant, snapshot: &Arc<Snapshot>, bytes: usize) {
        self.last_sent = Some(now);
        self.changed_at = None;
        if std::mem::take(&mut self.answered) {
            self.echoes = self.echoes.saturating_sub(1);
        }
        self.in_flight.push_back(Flight {
            snapshot: Arc::clone(snapshot),
            bytes,
            sent: now,
        });
    }

    /// The viewer lost its state: what is in flight is of no use to it.
    pub(crate) fn forget(&mut self) {
        self.acked = None;
        self.in_flight.clear();
    }

    /// The viewer shows `revision`, and so has everything sent before. Unknown revisions (from
    /// before a resync) mean nothing.
    pub(crate) fn acked(&mut self, now: Instant, revision: Revision) {
        let known = self
            .in_flight
            .iter()
            .position(|flight| flight.snapshot.revision == revision);
        let Some(flight) = known.and_then(|index| self.in_flight.drain(..=index).next_back())
        else {
            return;
        };
        let sample = now.saturating_duration_since(flight.sent);
        self.srtt = Some(match self.srtt {
            Some(srtt) => (srtt * 7 + sample) / 8,
            None => sample,
        });
        self.acked = Some(flight.snapshot);
    }

    /// States that the viewer has or may have, oldest first.
    pub(crate) fn states(&self) -> impl Iterator<Item = &Arc<Snapshot>> {
        let in_flight = self.in_flight.iter().map(|flight| &flight.snapshot);
        self.acked.iter().chain(in_flight)
    }

    /// The last state sent: what the next update starts from. Links are ordered and lose nothing.
    pub(crate) fn base(&self) -> Option<&Arc<Snapshot>> {
        let newest = self.in_flight.back().map(|flight| &flight.snapshot);
        newest.or(self.acked.as_ref())
    }

    /// Starts from a state that the viewer says it has.
    pub(crate) fn resume(&mut self, snapshot: Arc<Snapshot>) {
        self.acked = Some(snapshot);
    }

    fn interval(&self, now: Instant) -> Duration {
        let interval = if self.beside.is_some() && self.typing(now) {
            self.rest()
        } else {
            self.trip() / 2
        };
        interval.clamp(MIN_INTERVAL, MAX_INTERVAL)
    }

    /// The smoothed round trip, with what the viewer needs to show a frame.
    fn trip(&self) -> Duration {
        self.srtt.unwrap_or_default()
    }

    /// From one frame to the next, if the viewer is to have a rest between them.
    fn rest(&self) -> Duration {
        (self.trip() * 3 / 2).min(MAX_INTERVAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeper::blank::snapshot;

    const MS: Duration = Duration::from_millis(1);

    struct Bench {
        start: Instant,
        grid: Grid,
        pacing: Pacing,
        counter: u64,
    }

    impl Bench {
        fn new() -> Self {
            Self {
                start: Instant::now(),
                grid: Grid::default(),
                pacing: Pacing::default(),
                counter: 0,
            }
        }

        fn at(&self, ms: u32) -> Instant {
            self.start + MS * ms
        }

        fn due(&self, ms: u32, drained: bool) -> Option<u128> {
            self.due_at(ms, drained, 0)
        }

        fn due_at(&self, ms: u32, drained: bool, top: u64) -> Option<u128> {
            let due = self
                .pacing
                .due(self.at(ms), drained, LineNo(top), &self.grid)?;
            Some(due.duration_since(self.start).as_millis())
        }

        fn send(&mut self, ms: u32, bytes: usize) -> Revision {
            self.counter += 1;
            let snapshot = snapshot(self.counter);
            self.pacing.sent(self.at(ms), &snapshot, bytes);
            self.grid.sent(self.at(ms));
            snapshot.revision
        }

        fn send_and_ack(&mut self, ms: u32, ack: u32) {
            let revision = self.send(ms, 100);
            self.pacing.acked(self.at(ack), revision);
        }
    }

    #[test]
    fn a_first_change_waits_and_what_follows_keeps_the_interval() {
        let mut bench = Bench::new();
        assert_eq!(bench.due(0, true), None);
        bench.pacing.changed(bench.at(0));
        bench.pacing.changed(bench.at(2));
        assert_eq!(bench.due(2, true), Some(3));
        bench.send_and_ack(3, 4);
        bench.pacing.changed(bench.at(5));
        assert_eq!(bench.due(5, true), Some(19));
        bench.send_and_ack(20, 20);
        bench.pacing.changed(bench.at(21));
        assert_eq!(bench.due(21, true), Some(51), "on the grid: 3 + 3 * 16");
        bench.send_and_ack(51, 51);
        bench.pacing.changed(bench.at(100));
        assert_eq!(bench.due(100, true), Some(103));
    }

    #[test]
    fn an_echo_goes_at_once_but_only_when_drained_and_not_without_end() {
        let mut bench = Bench::new();
        bench.send_and_ack(0, 0);
        bench.pacing.input_applied(bench.start);
        bench.pacing.changed(bench.at(1));
        bench.pacing.answered();
        assert_eq!(bench.due(1, false), Some(16));
        for ms in 1..=u32::from(ECHOES) {
            bench.pacing.changed(bench.at(ms));
            bench.pacing.answered();
            assert_eq!(bench.due(ms, true), Some(ms.into()));
            bench.send_and_ack(ms, ms);
        }
        bench.pacing.changed(bench.at(4));
        bench.pacing.answered();
        assert_eq!(bench.due(4, true), Some(32));
    }

    #[test]
    fn a_change_that_was_there_before_the_input_is_not_its_echo() {
        let mut bench = Bench::new();
        bench.send_and_ack(0, 0);
        bench.pacing.changed(bench.at(1));
        bench.pacing.answered();
        bench.pacing.input_applied(bench.start);
        assert_eq!(bench.due(2, true), Some(16));
        bench.pacing.changed(bench.at(3));
        bench.pacing.answered();
        assert_eq!(bench.due(3, true), Some(3));
    }

    #[test]
    fn while_somebody_types_the_last_place_is_the_echo_s() {
        let mut bench = Bench::new();
        bench.pacing.input_applied(bench.at(0));
        bench.send(1, 100);
        bench.pacing.changed(bench.at(20));
        assert_eq!(bench.due(20, true), None);
        bench.pacing.answered();
        assert_eq!(bench.due(21, true), Some(21));
        bench.pacing.answered = false;
        assert_eq!(bench.due(1_001, true), Some(23), "nobody types");
    }

    #[test]
    fn beside_a_program_that_never_rests_one_echo_waits_and_the_viewer_rests_behind_it() {
        let mut bench = Bench::new();
        bench.send_and_ack(0, 80);
        let before = bench.send(80, 100);
        bench.pacing.changed(bench.at(90));
        bench.pacing.input_applied(bench.at(100));
        bench.pacing.answered();
        assert_eq!(bench.due(101, true), Some(110), "an eighth of 80 ms");
        bench.pacing.input_applied(bench.at(105));
        bench.pacing.answered();
        assert_eq!(bench.due(106, true), Some(110), "no key puts it off");
        let echo = bench.send(110, 100);
        bench.pacing.changed(bench.at(111));
        bench.pacing.answered();
        bench.pacing.acked(bench.at(160), before);
        assert_eq!(
            bench.due(160, true),
            None,
            "the last place is the next key's"
        );
        bench.pacing.acked(bench.at(190), echo);
        assert_eq!(bench.due(190, true), Some(230), "one and a half of 80 ms");
        assert_eq!(bench.due(190, false), Some(240), "the same, on the grid");
        bench.pacing.input_applied(bench.at(195));
        bench.pacing.answered();
        assert_eq!(bench.due(196, true), Some(205), "another key's echo");
    }

    #[test]
    fn a_flood_is_shown_less_often_and_its_end_soon() {
        let mut bench = Bench::new();
        bench.send_and_ack(0, 0);
        let rows = u64::from(snapshot(0).size.rows());
        for ms in [1, 20, 40, 46] {
            bench.pacing.changed(bench.at(ms));
        }
        assert_eq!(bench.due_at(46, true, rows - 1), Some(16), "a row is left");
        assert_eq!(bench.due_at(46, true, rows), Some(48), "none is left");
        let mut bench = Bench::new();
        bench.send_and_ack(0, 0);
        bench.pacing.changed(bench.at(1));
        bench.pacing.changed(bench.at(20));
        assert_eq!(bench.due_at(20, true, rows), Some(32), "it stops at 20");
        bench.pacing.input_applied(bench.start);
        bench.pacing.answered();
        assert_eq!(bench.due_at(21, true, rows), Some(21), "an echo waits not");
    }

    #[test]
    fn the_interval_follows_the_round_trip() {
        for (trip, expected) in [(1, 16), (100, 50), (2000, 250)] {
            let mut bench = Bench::new();
            bench.send_and_ack(0, trip);
            assert_eq!(
                bench.pacing.interval(bench.at(trip)),
                MS * expected,
                "round trip {trip} ms"
            );
        }
    }

    #[test]
    fn two_frames_or_64_kib_close_the_window_and_an_ack_opens_it() {
        let mut bench = Bench::new();
        let first = bench.send(0, 100);
        let second = bench.send(20, 100);
        bench.pacing.changed(bench.at(40));
        assert_eq!(bench.due(40, true), None);
        bench.pacing.acked(bench.at(41), first);
        assert!(bench.due(41, true).is_some());
        bench.pacing.acked(bench.at(42), second);
        bench.send(60, BYTES_IN_FLIGHT);
        bench.pacing.changed(bench.at(61));
        assert_eq!(
            bench.due(61, true),
            None,
            "one large message fills the window"
        );
    }

    #[test]
    fn an_ack_covers_what_was_sent_before_and_strange_acks_mean_nothing() {
        let mut bench = Bench::new();
        bench.send(0, 1);
        let second = bench.send(20, 1);
        bench.pacing.acked(
            bench.at(21),
            Revision {
                incarnation: 9,
                counter: 9,
            },
        );
        assert!(!bench.pacing.window_open());
        bench.pacing.acked(bench.at(21), second);
        assert!(bench.pacing.in_flight.is_empty());
        assert_eq!(bench.pacing.base().map(|base| base.revision), Some(second));
        assert_eq!(bench.pacing.states().count(), 1);
    }

    #[test]
    fn viewers_of_one_session_coincide() {
        let mut bench = Bench::new();
        let mut other = Pacing::default();
        bench.send_and_ack(0, 0);
        other.sent(bench.at(9), &snapshot(1), 1);
        bench.pacing.changed(bench.at(10));
        other.changed(bench.at(10));
        let first = bench.due(10, false).unwrap();
        assert_eq!(first, 16);
        let second = other
            .due(bench.at(10), false, LineNo(0), &bench.grid)
            .unwrap();
        assert_eq!(second, bench.at(32));
    }
}
