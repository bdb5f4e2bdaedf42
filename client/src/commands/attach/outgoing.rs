//! The input stream of this attachment: numbered, and kept until the keeper has applied it. Pure.

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

/// Everything typed here that may have to be sent again.
#[derive(Debug)]
pub(super) struct Outgoing {
    stream: StreamId,
    last: InputSeq,
    kept: VecDeque<(InputSeq, InputEvent)>,
    bytes: usize,
    /// The keeper was busy: everything kept is sent again then.
    retry: Option<Instant>,
}

impl Outgoing {
    pub(super) fn new(stream: StreamId) -> Self {
        Self {
            stream,
            last: InputSeq(0),
            kept: VecDeque::new(),
            bytes: 0,
            retry: None,
        }
    }

    /// Numbers an event; the message to send now, if any. A Ctrl-C overtakes what waits.
    pub(super) fn push(&mut self, event: InputEvent) -> Option<ToServer> {
        let now = self.retry.is_none() || is_interrupt(&event);
        self.last = self.last.next();
        let message = now.then(|| self.message(self.last, event.clone()));
        self.bytes += weight(&event);
        self.kept.push_back((self.last, event));
        while self.retry.is_none() && self.over() {
            self.drop_first();
        }
        message
    }

    /// No more input can be kept.
    pub(super) fn full(&self) -> bool {
        self.retry.is_some() && self.over()
    }

    fn over(&self) -> bool {
        self.kept.len() > KEPT || self.bytes > KEPT_BYTES
    }

    /// Everything up to here has been applied.
    pub(super) fn applied(&mut self, seq: InputSeq) {
        while self.kept.front().is_some_and(|(kept, _)| *kept <= seq) {
            self.drop_first();
        }
        if self.kept.is_empty() {
            self.retry = None;
        }
    }

    fn drop_first(&mut self) {
        if let Some((_, event)) = self.kept.pop_front() {
            self.bytes -= weight(&event);
        }
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
        if let Some(at) = self.kept.iter().position(|(kept, _)| *kept == seq)
            && let Some((_, event)) = self.kept.remove(at)
        {
            self.bytes -= weight(&event);
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
        let kept = self.kept.iter();
        kept.map(|(seq, event)| self.message(*seq, event.clone()))
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
            assert!(outgoing.push(key(c, Mods::default())).is_some());
        }
        outgoing.applied(InputSeq(1));
        for seq in 2..=4 {
            assert_eq!(
                outgoing.refused(InputSeq(seq), InputRefusal::Busy, now),
                None
            );
        }
        assert!(outgoing.push(key('e', Mods::default())).is_none());
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
        drop(outgoing.push(InputEvent::Paste("x".repeat(100))));
        outgoing.refused(InputSeq(1), InputRefusal::Busy, now);
        assert!(outgoing.push(key('c', Mods::CTRL)).is_some());
        outgoing.refused(InputSeq(1), InputRefusal::Discarded, now);
        assert_eq!(numbers(&outgoing.due(now + RETRY)), [2]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let now = Instant::now();
        let mut outgoing = Outgoing::new(StreamId([1; 16]));
        for _ in 0..KEPT * 2 {
            drop(outgoing.push(key('a', Mods::default())));
        }
        assert_eq!(outgoing.kept.len(), KEPT);
        assert!(!outgoing.full());
        outgoing.refused(outgoing.last, InputRefusal::Busy, now);
        drop(outgoing.push(key('a', Mods::default())));
        assert!(outgoing.full());
    }
}
