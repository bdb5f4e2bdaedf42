//! Messages of keepers on their way to a device: cut out of the bytes whole, and never opened. Pure.

use abide_protocol::limits::PART;

/// Bytes of a frame's length.
pub(super) const LENGTH: usize = 4;
/// Bytes of its kind.
const KIND: usize = 2;
/// Set in a frame's kind: the message goes on in the next frame.
const MORE: u16 = 1 << 15;
/// Bytes of a message with its frames at most; a device takes no longer ones.
pub(super) const LONGEST: usize = 8 << 20;

/// A keeper's bytes that make no messages, or too long ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("the keeper sent a frame of {0} bytes")]
    Frame(usize),
    #[error("the screen is too large to be sent to a device: make the session smaller")]
    Long,
}

/// Bytes as they come, until they are whole messages.
#[derive(Default, Debug)]
pub(super) struct Unopened {
    buffer: Vec<u8>,
    /// Bytes of whole frames at the beginning of the buffer whose message is not whole.
    seen: usize,
}

impl Unopened {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The frames of the next whole message.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        loop {
            let rest = self.buffer.get(self.seen..).unwrap_or_default();
            let Some((length, rest)) = rest.split_first_chunk::<LENGTH>() else {
                return Ok(None);
            };
            let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
            if !(KIND..=PART + KIND).contains(&length) {
                return Err(Fault::Frame(length));
            }
            let kind = rest.get(..length).and_then(<[u8]>::first_chunk::<KIND>);
            let Some(kind) = kind else {
                return Ok(None);
            };
            self.seen += LENGTH + length;
            if self.seen > LONGEST {
                return Err(Fault::Long);
            }
            if u16::from_le_bytes(*kind) & MORE == 0 {
                let rest = self.buffer.split_off(self.seen);
                self.seen = 0;
                return Ok(Some(std::mem::replace(&mut self.buffer, rest)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use abide_protocol::message::{FailKind, Failure, ToClient};
    use abide_protocol::wire::encode_to_client;
    use proptest::prelude::*;

    use super::*;

    fn message(length: usize) -> Vec<u8> {
        let line = "x".repeat(length);
        let kind = FailKind::Internal;
        let mut bytes = Vec::new();
        encode_to_client(&ToClient::Closed(Failure { kind, line }), &mut bytes);
        bytes
    }

    proptest! {
        /// However the bytes are cut, the same messages come out, byte for byte.
        #[test]
        fn messages_come_out_as_they_went_in(
            lengths in proptest::collection::vec(0_usize..100_000, 1..5),
            step in 1_usize..50_000,
        ) {
            let messages: Vec<_> = lengths.into_iter().map(message).collect();
            let mut unopened = Unopened::default();
            let mut out = Vec::new();
            for bytes in messages.concat().chunks(step) {
                unopened.push(bytes);
                while let Some(message) = unopened.next().unwrap() {
                    out.push(message);
                }
            }
            prop_assert!(unopened.buffer.is_empty());
            prop_assert_eq!(out, messages);
        }
    }

    #[test]
    fn what_is_no_frame_or_too_long_is_an_error() {
        for (length, expected) in [
            (0, Fault::Frame(0)),
            (1, Fault::Frame(1)),
            (40_000, Fault::Frame(40_000)),
        ] {
            let mut unopened = Unopened::default();
            unopened.push(&u32::to_le_bytes(length));
            unopened.push(&[0; 8]);
            assert_eq!(unopened.next(), Err(expected));
        }
        let mut unopened = Unopened::default();
        let part = [
            &u32::to_le_bytes(2 + 32768)[..],
            &(MORE | 5).to_le_bytes(),
            &vec![0; 32768][..],
        ]
        .concat();
        let result = (0..=LONGEST / 32768).find_map(|_| {
            unopened.push(&part);
            unopened.next().err()
        });
        assert_eq!(result, Some(Fault::Long));
    }
}
