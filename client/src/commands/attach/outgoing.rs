//! The input stream of this attachment: numbered, and kept until the keeper has applied it. Pure.
//!
//! The law: each input is applied once and in order, or the user is shown it and decides. What was
//! typed while the link was down, or long before it came back, may not be wanted any more: it is
//! held until the user says so.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use abide_protocol::input::{InputEvent, Key, Mods};
use abide_protocol::message::{InputRefusal, ToServer};
use abide_protocol::{InputSeq, StreamId};

/// A full queue is tried again after this long.
const RETRY: Duration = Duration::from_millis(30);
/// Inputs kept until they are applied, at most. While the keeper is busy the keyboard is not read
/// beyond; else the oldest are long applied.
const KEPT: usize = 4096;
/// Bytes of kept pastes, at most, likewise.
const KEPT_BYTES: usize = 8 << 20;

/// One input that may have to be sent again.
#[derive(Debug)]
struct Kept {
    seq: InputSeq,
    event: InputEvent,
    typed: Instant,
    /// The link was down.
    down: bool,
}

/// What follows from how far the keeper has come when the link is back.
#[derive(Debug)]
pub(super) enum Returned {
    /// To be sent now.
    Resend(Vec<ToServer>),
    /// The keeper does not know this stream any more: nobody can say what of this was applied.
    Forgotten(Vec<InputEvent>),
}

/// Everything typed here that may have to be sent again.
#[derive(Debug)]
pub(super) struct Outgoing {
    stream: StreamId,
    last: InputSeq,
    /// The last that is known to have been applied.
    applied: InputSeq,
    /// The last that is not kept any more, without an answer: there was no room.
    dropped: InputSeq,
    kept: VecDeque<Kept>,
    bytes: usize,
    /// Without numbers: the user has to say whether they are sent.
    held: Vec<InputEvent>,
    /// Nothing gets through.
    down: bool,
    /// The keeper was busy: everything kept is sent again then.
    retry: Option<Instant>,
}

impl Outgoing {
    pub(super) fn new(stream: StreamId) -> Self {
        Self {
            stream,
            last: InputSeq(0),
            applied: InputSeq(0),
            dropped: InputSeq(0),
            kept: VecDeque::new(),
            bytes: 0,
            held: Vec::new(),
            down: false,
            retry: None,
        }
    }

    /// Numbers an event; the message to send now, if any. A Ctrl-C overtakes what waits.
    pub(super) fn push(&mut self, event: InputEvent, now: Instant) -> Option<ToServer> {
        self.number(event, now, self.down)
    }

    /// `down`: it was typed while the link was down, and nobody has said that it is wanted.
    fn number(&mut self, event: InputEvent, now: Instant, down: bool) -> Option<ToServer> {
        let passes = self.retry.is_none() || is_interrupt(&event);
        self.last = self.last.next();
        let message = (passes && !self.down).then(|| self.message(self.last, event.clone()));
        self.bytes += weight(&event);
        self.kept.push_back(Kept {
            seq: self.last,
            event,
            typed: now,
            down,
        });
        while self.retry.is_none() && !self.down && self.over() {
            self.dropped = self.drop_first();
        }
        message
    }

    /// No more input can be kept: the keyboard is not read.
    pub(super) fn full(&self) -> bool {
        self.retry.is_some() && self.over()
    }

    /// No more input can be kept while the link is down, or held: it is not taken.
    pub(super) fn no_room(&self) -> bool {
        self.down && self.over() || self.held.len() > KEPT
    }

    pub(super) fn stream(&self) -> StreamId {
        self.stream
    }

    /// The link was lost.
    pub(super) fn down(&mut self) {
        self.down = true;
        self.retry = None;
    }

    /// The viewer is open again and everything up to `applied` was taken. What was typed less than
    /// `patience` ago while the link was up is sent again; the rest is held.
    pub(super) fn returned(
        &mut self,
        applied: InputSeq,
        patience: Duration,
        now: Instant,
    ) -> Returned {
        self.down = false;
        if applied < self.applied.max(self.dropped) {
            self.bytes = 0;
            let kept = self.kept.drain(..).map(|kept| kept.event);
            return Returned::Forgotten(kept.chain(self.held.drain(..)).collect());
        }
        self.applied(applied);
        let stale = |kept: &Kept| kept.down || now.saturating_duration_since(kept.typed) > patience;
        let fresh = self.kept.iter().take_while(|kept| !stale(kept)).count();
        let stale: Vec<_> = self.kept.drain(fresh..).collect();
        self.bytes -= stale.iter().map(|kept| weight(&kept.event)).sum::<usize>();
        // Once something is held, what is typed joins it: it was all typed later.
        let stale = stale.into_iter().map(|kept| kept.event);
        self.held = stale.chain(std::mem::take(&mut self.held)).collect();
        // The keeper knows nothing of what it refused: what follows takes its numbers.
        self.last = applied;
        for kept in &mut self.kept {
            self.last = self.last.next();
            kept.seq = self.last;
        }
        Returned::Resend(self.all())
    }

    /// Goes on as a new stream, of which the keeper knows nothing.
    pub(super) fn renew(&mut self, stream: StreamId) {
        *self = Self::new(stream);
        self.down = true;
    }

    /// Something is held. The question about it stays open while the link is down again, so that an
    /// answer is never taken for something typed.
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    pub(super) fn held(&self) -> &[InputEvent] {
        &self.held
    }

    /// Joins what is held.
    pub(super) fn hold(&mut self, event: InputEvent) {
        self.held.push(event);
    }

    /// The user wants what is held to be sent; over the next link, if there is none now.
    pub(super) fn release(&mut self, now: Instant) -> Vec<ToServer> {
        let held = std::mem::take(&mut self.held);
        held.into_iter()
            .filter_map(|event| self.number(event, now, false))
            .collect()
    }

    /// The user does not want it.
    pub(super) fn drop_held(&mut self) {
        self.held.clear();
    }

    fn over(&self) -> bool {
        self.kept.len() > KEPT || self.bytes > KEPT_BYTES
    }

    /// Everything up to here has been applied.
    pub(super) fn applied(&mut self, seq: InputSeq) {
        self.applied = self.applied.max(seq);
        while self.kept.front().is_some_and(|kept| kept.seq <= seq) {
            self.drop_first();
        }
        if self.kept.is_empty() {
            self.retry = None;
        }
    }

    /// Answers its number.
    fn drop_first(&mut self) -> InputSeq {
        self.kept.pop_front().map_or(InputSeq(0), |kept| {
            self.bytes -= weight(&kept.event);
            kept.seq
        })
    }

    /// The keeper did not take an input; a line for the user if it is lost.
    pub(super) fn refused(
        &mut self,
        seq: InputSeq,
        why: InputRefusal,
        now: Instant,
    ) -> Option<&'static str> {
        if why == InputRefusal::Busy {
            self.retry.get_or_insert(now + RETRY);
            return None;
        }
        if let Some(at) = self.kept.iter().position(|kept| kept.seq == seq)
            && let Some(kept) = self.kept.remove(at)
        {
            self.bytes -= weight(&kept.event);
        }
        match why {
            InputRefusal::Busy | InputRefusal::Discarded => None,
            InputRefusal::StreamLost => Some("what you typed last was not delivered"),
            InputRefusal::NeedsConfirm => Some("the program does not take text of several lines"),
            InputRefusal::Forbidden => Some("you may watch this session, not type"),
        }
    }

    /// What has to be sent again by now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<ToServer> {
        if self.retry.is_none_or(|retry| now < retry) {
            return Vec::new();
        }
        self.retry = None;
        self.all()
    }

    /// Everything kept, once more.
    fn all(&self) -> Vec<ToServer> {
        let kept = self.kept.iter();
        kept.map(|kept| self.message(kept.seq, kept.event.clone()))
            .collect()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.retry
    }

    fn message(&self, seq: InputSeq, event: InputEvent) -> ToServer {
        ToServer::Input {
            stream: self.stream,
            seq,
            event,
        }
    }
}

fn is_interrupt(event: &InputEvent) -> bool {
    let InputEvent::Key(event) = event else {
        return false;
    };
    event.key == Key::Char('c') && event.mods == Mods::CTRL
}

fn weight(event: &InputEvent) -> usize {
    match event {
        InputEvent::Paste(text) | InputEvent::Submit { text, .. } => text.len(),
        InputEvent::Raw(bytes) => bytes.len(),
        InputEvent::Key(_) | InputEvent::Keys(_) | InputEvent::Mouse(_) | InputEvent::Unknown => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_protocol::input::KeyEvent;

    fn key(c: char, mods: Mods) -> InputEvent {
        InputEvent::Key(KeyEvent::press(Key::Char(c), mods))
    }

    fn numbers(messages: &[ToServer]) -> Vec<u64> {
        let number = |message: &ToServer| match message {
            ToServer::Input { seq, .. } => seq.0,
            _ => 0,
        };
        messages.iter().map(number).collect()
    }

    #[test]
    fn a_busy_keeper_gets_everything_again_in_order() {
        let now = Instant::now();
        let mut outgoing = Outgoing::new(StreamId([1; 16]));
        for c in "abcd".chars() {
            assert!(outgoing.push(key(c, Mods::default()), now).is_some());
        }
        outgoing.applied(InputSeq(1));
        for seq in 2..=4 {
            assert_eq!(
                outgoing.refused(InputSeq(seq), InputRefusal::Busy, now),
                None
            );
        }
        assert!(outgoing.push(key('e', Mods::default()), now).is_none());
        assert!(outgoing.due(now).is_empty());
        let later = outgoing.deadline().unwrap();
        assert_eq!(numbers(&outgoing.due(later)), [2, 3, 4, 5]);
        outgoing.applied(InputSeq(5));
        assert_eq!(outgoing.deadline(), None);
    }

    #[test]
    fn an_interrupt_does_not_wait() {
        let now = Instant::now();
        let mut outgoing = Outgoing::new(StreamId([1; 16]));
        drop(outgoing.push(InputEvent::Paste("x".repeat(100)), now));
        outgoing.refused(InputSeq(1), InputRefusal::Busy, now);
        assert!(outgoing.push(key('c', Mods::CTRL), now).is_some());
        outgoing.refused(InputSeq(1), InputRefusal::Discarded, now);
        assert_eq!(numbers(&outgoing.due(now + RETRY)), [2]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let now = Instant::now();
        let mut outgoing = Outgoing::new(StreamId([1; 16]));
        for _ in 0..KEPT * 2 {
            drop(outgoing.push(key('a', Mods::default()), now));
        }
        assert_eq!(outgoing.kept.len(), KEPT);
        assert!(!outgoing.full());
        outgoing.refused(outgoing.last, InputRefusal::Busy, now);
        drop(outgoing.push(key('a', Mods::default()), now));
        assert!(outgoing.full());
    }

    const PATIENCE: Duration = Duration::from_secs(5);

    fn resent(returned: Returned) -> Vec<u64> {
        match returned {
            Returned::Resend(messages) => numbers(&messages),
            Returned::Forgotten(events) => panic!("{events:?}"),
        }
    }

    fn typed(outgoing: &mut Outgoing, text: &str, now: Instant) {
        for c in text.chars() {
            outgoing.push(key(c, Mods::default()), now);
        }
    }

    #[test]
    fn what_was_typed_just_before_the_loss_is_sent_again_and_nothing_twice() {
        let now = Instant::now();
        let mut outgoing = Outgoing::new(StreamId([1; 16]));
        typed(&mut outgoing, "abcd", now);
        outgoing.applied(InputSeq(1));
        outgoing.down();
        let returned = outgoing.returned(InputSeq(2), PATIENCE, now + PATIENCE);
        assert_eq!(resent(returned), [3, 4]);
        assert!(!outgoing.holds());
        typed(&mut outgoing, "e", now);
        assert_eq!(outgoing.last, InputSeq(5));
    }

    #[test]
    fn what_is_old_or_was_typed_meanwhile_is_held_and_numbered_anew() {
        let now = Instant::now();
        let mut outgoing = Outgoing::new(StreamId([1; 16]));
        typed(&mut outgoing, "ab", now);
        outgoing.down();
        assert_eq!(outgoing.push(key('c', Mods::default()), now), None);
        let returned = outgoing.returned(InputSeq(1), PATIENCE, now);
        assert_eq!(resent(returned), [2]);
        assert_eq!(outgoing.held(), [key('c', Mods::default())]);
        outgoing.hold(key('d', Mods::default()));
        assert_eq!(numbers(&outgoing.release(now)), [3, 4]);
        assert!(!outgoing.holds());

        outgoing.down();
        let late = now + PATIENCE + Duration::from_millis(1);
        assert_eq!(
            resent(outgoing.returned(InputSeq(3), PATIENCE, late)),
            [0; 0]
        );
        assert_eq!(outgoing.held(), [key('d', Mods::default())]);
        outgoing.drop_held();
        assert_eq!(
            numbers(
                &outgoing
                    .push(key('e', Mods::default()), now)
                    .into_iter()
                    .collect::<Vec<_>>()
            ),
            [4]
        );
    }

    /// What was typed while the link was down is held, and the link is down again.
    fn asking_and_down(now: Instant) -> Outgoing {
        let mut outgoing = Outgoing::new(StreamId([1; 16]));
        outgoing.down();
        typed(&mut outgoing, "ab", now);
        assert_eq!(
            resent(outgoing.returned(InputSeq(0), PATIENCE, now)),
            [0; 0]
        );
        outgoing.down();
        outgoing
    }

    #[test]
    fn what_a_second_loss_finds_held_stays_behind_what_was_sent() {
        let now = Instant::now();
        let mut outgoing = asking_and_down(now);
        outgoing.hold(key('c', Mods::default()));
        assert_eq!(
            resent(outgoing.returned(InputSeq(0), PATIENCE, now)),
            [0; 0]
        );
        let held = ['a', 'b', 'c'].map(|c| key(c, Mods::default()));
        assert_eq!(outgoing.held(), held);
    }

    #[test]
    fn a_question_can_be_answered_while_the_link_is_down_again() {
        let now = Instant::now();
        let mut outgoing = asking_and_down(now);
        assert!(outgoing.holds());
        assert_eq!(numbers(&outgoing.release(now)), [0; 0]);
        typed(&mut outgoing, "c", now);
        assert_eq!(
            resent(outgoing.returned(InputSeq(0), PATIENCE, now)),
            [1, 2]
        );
        assert_eq!(outgoing.held(), [key('c', Mods::default())]);
    }

    #[test]
    fn a_keeper_that_forgot_the_stream_gets_nothing_again() {
        let now = Instant::now();
        let mut outgoing = Outgoing::new(StreamId([1; 16]));
        typed(&mut outgoing, "abc", now);
        outgoing.applied(InputSeq(2));
        outgoing.down();
        let returned = outgoing.returned(InputSeq(0), PATIENCE, now);
        let Returned::Forgotten(events) = returned else {
            panic!("{returned:?}");
        };
        assert_eq!(events, [key('c', Mods::default())]);
        outgoing.renew(StreamId([2; 16]));
        assert_eq!(
            resent(outgoing.returned(InputSeq(0), PATIENCE, now)),
            [0; 0]
        );
        typed(&mut outgoing, "d", now);
        assert_eq!(outgoing.last, InputSeq(1));
    }

    #[test]
    fn what_was_forbidden_leaves_no_gap() {
        let now = Instant::now();
        let mut outgoing = Outgoing::new(StreamId([1; 16]));
        typed(&mut outgoing, "abc", now);
        for seq in 1..=2 {
            outgoing.refused(InputSeq(seq), InputRefusal::Forbidden, now);
        }
        outgoing.down();
        typed(&mut outgoing, "d", now);
        assert_eq!(resent(outgoing.returned(InputSeq(0), PATIENCE, now)), [1]);
        assert_eq!(outgoing.held(), [key('d', Mods::default())]);
        assert_eq!(numbers(&outgoing.release(now)), [2]);
    }

    #[test]
    fn what_there_was_no_room_for_is_not_sent_in_part() {
        let now = Instant::now();
        let mut outgoing = Outgoing::new(StreamId([1; 16]));
        for _ in 0..=KEPT {
            typed(&mut outgoing, "a", now);
        }
        outgoing.down();
        let returned = outgoing.returned(InputSeq(0), PATIENCE, now);
        assert!(matches!(returned, Returned::Forgotten(_)), "{returned:?}");
    }

    #[test]
    fn what_is_kept_while_the_link_is_down_is_bounded() {
        let now = Instant::now();
        let mut outgoing = Outgoing::new(StreamId([1; 16]));
        outgoing.down();
        while !outgoing.no_room() {
            typed(&mut outgoing, "a", now);
        }
        assert_eq!(outgoing.kept.len(), KEPT + 1);
    }
}
