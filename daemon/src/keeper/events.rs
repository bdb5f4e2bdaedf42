//! The session's last events: a ring bounded in number and bytes. Pure.

use std::collections::VecDeque;

use abide_protocol::limits::{EVENT_RING, EVENT_RING_BYTES};
use abide_protocol::message::Event;
use abide_protocol::{EventNo, StreamId};

#[derive(Debug)]
struct Entry {
    number: EventNo,
    event: Event,
    /// The only stream that gets it; `None`: all.
    only: Option<StreamId>,
}

/// The ring. The oldest events fall out; who missed them never hears of them.
#[derive(Default, Debug)]
pub(crate) struct Events {
    ring: VecDeque<Entry>,
    bytes: usize,
    last: EventNo,
}

impl Events {
    /// Number of the newest event so far.
    pub(crate) fn last(&self) -> EventNo {
        self.last
    }

    /// Adds an event for one stream or for all.
    pub(crate) fn push(&mut self, event: Event, only: Option<StreamId>) {
        self.last = EventNo(self.last.0 + 1);
        self.bytes += size(&event);
        self.ring.push_back(Entry {
            number: self.last,
            event,
            only,
        });
        while self.ring.len() > EVENT_RING || self.bytes > EVENT_RING_BYTES {
            let Some(gone) = self.ring.pop_front() else {
                return;
            };
            self.bytes -= size(&gone.event);
        }
    }

    /// The events after `last` that this stream gets.
    pub(crate) fn after(&self, last: EventNo, stream: StreamId) -> Vec<(EventNo, Event)> {
        self.ring
            .iter()
            .filter(|entry| entry.number > last)
            .filter(|entry| entry.only.is_none_or(|only| only == stream))
            .map(|entry| (entry.number, entry.event.clone()))
            .collect()
    }
}

/// Bytes that an event takes, roughly.
fn size(event: &Event) -> usize {
    let payload = match event {
        Event::Clipboard { selection, content } => selection.len() + content.len(),
        Event::Notification { title, body } => title.len() + body.len(),
        Event::Notice(line) => line.len(),
        Event::Bell | Event::Unknown => 0,
    };
    payload + size_of::<Entry>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: StreamId = StreamId([1; 16]);
    const TWO: StreamId = StreamId([2; 16]);

    fn numbers(events: &Events, after: u64, stream: StreamId) -> Vec<u64> {
        let after = events.after(EventNo(after), stream);
        after.iter().map(|(number, _)| number.0).collect()
    }

    #[test]
    fn events_are_numbered_and_some_have_one_addressee() {
        let mut events = Events::default();
        events.push(Event::Bell, None);
        events.push(Event::Notice("for one".into()), Some(ONE));
        events.push(Event::Bell, None);
        assert_eq!(numbers(&events, 0, ONE), [1, 2, 3]);
        assert_eq!(numbers(&events, 0, TWO), [1, 3]);
        assert_eq!(numbers(&events, 2, ONE), [3]);
        assert_eq!(events.last(), EventNo(3));
    }

    #[test]
    fn the_ring_is_bounded_in_number_and_bytes() {
        let mut events = Events::default();
        for _ in 0..EVENT_RING * 3 {
            events.push(Event::Bell, None);
        }
        assert_eq!(events.ring.len(), EVENT_RING);
        let large = "x".repeat(EVENT_RING_BYTES / 3);
        for _ in 0..9 {
            events.push(Event::Notice(large.clone()), None);
            assert!(events.bytes <= EVENT_RING_BYTES);
        }
        assert_eq!(events.ring.len(), 2);
    }
}
