//! Whole messages as bytes: for those who pass messages on without opening them.

use abide_protocol::limits;

/// Bytes of a frame's length and kind.
const HEAD: usize = 6;
/// Set in the kind of a frame whose message goes on in the next one.
const MORE: u16 = 1 << 15;

/// Bytes that are no frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the other side sent something that is no message")]
pub(super) struct NoFrames;

/// Cuts bytes into frames as they come.
#[derive(Debug, Default)]
pub(super) struct Frames {
    buffer: Vec<u8>,
    taken: usize,
}

/// One frame: all of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Frame<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) kind: u16,
    /// Its message ends with it.
    pub(super) last: bool,
}

impl Frames {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, if it is here.
    pub(super) fn next(&mut self) -> Result<Option<Frame<'_>>, NoFrames> {
        let rest = &self.buffer[self.taken..];
        let Some((length, _)) = rest.split_first_chunk() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*length) as usize;
        if !(HEAD - 4..=limits::PART + HEAD - 4).contains(&length) {
            return Err(NoFrames);
        }
        let Some(bytes) = rest.get(..4 + length) else {
            return Ok(None);
        };
        self.taken += bytes.len();
        let flags = u16::from_le_bytes([bytes[4], bytes[5]]);
        Ok(Some(Frame {
            bytes,
            kind: flags & !MORE,
            last: flags & MORE == 0,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_protocol::message::ToServer;
    use abide_protocol::wire::{encode_to_server, hello};
    use abide_protocol::{InputSeq, StreamId, input::InputEvent};

    #[test]
    fn frames_come_out_as_they_went_in_however_they_are_cut() {
        let mut bytes = Vec::new();
        encode_to_server(&ToServer::Hello(hello()), &mut bytes);
        let long = ToServer::Input {
            stream: StreamId([7; 16]),
            seq: InputSeq(1),
            event: InputEvent::Paste("x".repeat(limits::PART + 10)),
        };
        encode_to_server(&long, &mut bytes);
        for step in [1, 7, 5000, bytes.len()] {
            let (mut frames, mut whole, mut seen) = (Frames::default(), Vec::new(), Vec::new());
            for chunk in bytes.chunks(step) {
                frames.push(chunk);
                while let Some(frame) = frames.next().unwrap() {
                    whole.extend_from_slice(frame.bytes);
                    seen.push((frame.kind, frame.last));
                }
            }
            assert_eq!(whole, bytes);
            assert_eq!(seen, [(1, true), (5, false), (5, true)]);
        }
    }

    #[test]
    fn what_has_no_length_is_refused() {
        let mut frames = Frames::default();
        frames.push(&[1, 0, 0, 0, 0]);
        assert_eq!(frames.next(), Err(NoFrames));
        let mut frames = Frames::default();
        frames.push(b"welcome to this machine");
        assert_eq!(frames.next(), Err(NoFrames));
    }
}
