//! Whether the other side of a carrier is still there. A network that has gone says nothing, so
//! the carrier asks when it has heard nothing for a while. Pure: time is an argument.

use std::time::{Duration, Instant};

/// Silence after which the other side is asked, if it owes nothing.
const IDLE: Duration = Duration::from_secs(20);
/// The same if something was sent to it since it was last heard.
const OWING: Duration = Duration::from_secs(2);
/// How long it may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// What to do now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Beat {
    /// Nothing before this moment.
    Wait(Instant),
    /// Ask whether it is there.
    Ask,
    /// It is not.
    Gone,
}

#[derive(Debug)]
pub(super) struct Pulse {
    heard: Instant,
    /// First thing sent since then.
    sent: Option<Instant>,
    asked: Option<Instant>,
    /// Nothing can be heard now.
    held: bool,
}

impl Pulse {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            heard: now,
            sent: None,
            asked: None,
            held: false,
        }
    }

    pub(super) fn heard(&mut self, now: Instant) {
        *self = Self::new(now);
    }

    pub(super) fn sent(&mut self, now: Instant) {
        self.sent.get_or_insert(now);
    }

    /// While it is held, silence is ours; afterwards it counts anew.
    pub(super) fn hold(&mut self, held: bool, now: Instant) {
        self.heard(now);
        self.held = held;
    }

    /// [`Beat::Ask`] is answered once per silence.
    pub(super) fn beat(&mut self, now: Instant) -> Beat {
        if self.held {
            return Beat::Wait(now + IDLE);
        }
        if let Some(asked) = self.asked {
            let end = asked + ANSWER;
            return if now >= end {
                Beat::Gone
            } else {
                Beat::Wait(end)
            };
        }
        let idle = self.heard + IDLE;
        let due = self.sent.map_or(idle, |sent| idle.min(sent + OWING));
        if now < due {
            return Beat::Wait(due);
        }
        self.asked = Some(now);
        Beat::Ask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_asked_about_and_then_taken_for_the_end() {
        let start = Instant::now();
        let mut pulse = Pulse::new(start);
        assert_eq!(pulse.beat(start), Beat::Wait(start + IDLE));
        assert_eq!(pulse.beat(start + IDLE), Beat::Ask);
        let end = start + IDLE + ANSWER;
        assert_eq!(pulse.beat(start + IDLE), Beat::Wait(end));
        assert_eq!(pulse.beat(end), Beat::Gone);
    }

    #[test]
    fn an_answer_that_is_owed_is_waited_for_less_long() {
        let start = Instant::now();
        let mut pulse = Pulse::new(start);
        pulse.sent(start);
        pulse.sent(start + OWING / 2);
        assert_eq!(pulse.beat(start + OWING), Beat::Ask);
        pulse.heard(start + OWING);
        let idle = start + OWING + IDLE;
        assert_eq!(pulse.beat(start + OWING), Beat::Wait(idle));
    }

    #[test]
    fn nothing_is_missed_while_nobody_listens() {
        let start = Instant::now();
        let mut pulse = Pulse::new(start);
        pulse.sent(start);
        pulse.hold(true, start);
        assert_eq!(pulse.beat(start + 2 * IDLE), Beat::Wait(start + 3 * IDLE));
        pulse.hold(false, start + 2 * IDLE);
        assert_eq!(pulse.beat(start + 2 * IDLE), Beat::Wait(start + 3 * IDLE));
    }
}
