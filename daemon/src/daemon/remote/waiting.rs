//! Messages that wait to be sent to a device. Pure.
//!
//! They are sealed one frame at a time, when it is sent: so much of a message as has not begun can be
//! given up, and the channel's last word comes in between.

use std::collections::VecDeque;

use super::unopened::LENGTH;

/// Bytes that wait from which on nothing more is taken for the device. One message comes on top.
const FULL: usize = 64 << 10;

/// Whose message it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Of {
    /// The session that the device watches.
    Session,
    /// The daemon, mostly because the device has said something.
    Daemon,
}

struct Message {
    of: Of,
    frames: Vec<u8>,
    sent: usize,
}

/// What waits, in order.
#[derive(Default)]
pub(super) struct Waiting {
    messages: VecDeque<Message>,
    bytes: usize,
    /// Of them, the daemon's own.
    said: usize,
}

impl Waiting {
    pub(super) fn push(&mut self, of: Of, frames: Vec<u8>) {
        self.bytes += frames.len();
        if of == Of::Daemon {
            self.said += frames.len();
        }
        let sent = 0;
        self.messages.push_back(Message { of, frames, sent });
    }

    /// The next frame that is to be sent, with its length in front. It waits no more.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        let message = self.messages.front_mut()?;
        let rest = message.frames.get(message.sent..).unwrap_or_default();
        let length = rest.first_chunk::<LENGTH>();
        let length = length.map_or(0, |length| u32::from_le_bytes(*length));
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let frame = rest.get(..length.saturating_add(LENGTH)).unwrap_or(rest);
        let frame = frame.to_vec();
        message.sent += frame.len();
        self.bytes -= frame.len();
        if message.of == Of::Daemon {
            self.said -= frame.len();
        }
        if message.sent >= message.frames.len() {
            self.messages.pop_front();
        }
        Some(frame)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// There is room for another message.
    pub(super) fn takes(&self) -> bool {
        self.bytes < FULL
    }

    /// The device takes answers to what it says: however large a screen is on its way to it, it is
    /// heard.
    pub(super) fn hears(&self) -> bool {
        self.said < FULL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(length: usize) -> Vec<u8> {
        let mut frame = u32::try_from(length).unwrap().to_le_bytes().to_vec();
        frame.resize(LENGTH + length, 7);
        frame
    }

    #[test]
    fn frames_come_out_one_by_one_in_order() {
        let mut waiting = Waiting::default();
        waiting.push(Of::Session, [frame(5), frame(9)].concat());
        waiting.push(Of::Daemon, frame(2));
        let frames: Vec<_> = std::iter::from_fn(|| waiting.next()).collect();
        assert_eq!(frames, [frame(5), frame(9), frame(2)]);
        assert!(waiting.is_empty());
        assert_eq!((waiting.bytes, waiting.said), (0, 0));
    }

    #[test]
    fn a_screen_on_its_way_stops_other_messages_and_not_the_hearing() {
        let mut waiting = Waiting::default();
        assert!(waiting.takes() && waiting.hears());
        waiting.push(Of::Session, frame(FULL));
        assert!(!waiting.takes() && waiting.hears());
        waiting.push(Of::Daemon, frame(FULL));
        assert!(!waiting.takes() && !waiting.hears());
        waiting.next();
        assert!(!waiting.takes() && !waiting.hears());
        waiting.next();
        assert!(waiting.takes() && waiting.hears());
    }
}
