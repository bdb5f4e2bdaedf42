//! Frames: how messages are cut out of a byte stream, within bounds.

use std::marker::PhantomData;

use super::kinds::Message;
use super::{Malformed, WireError};
use crate::limits;

/// Bytes of the length in front of each frame; it counts what follows it.
const LENGTH: usize = 4;
/// Bytes of the kind.
const KIND: usize = 2;
/// Set in a frame's kind: the message goes on in the next frame, which has the same kind.
pub(crate) const MORE: u16 = 1 << 15;

/// Appends one message: `write` appends its body and says its kind. Bodies above
/// [`limits::PART`] are cut into frames of that size.
pub(super) fn write_frame(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> u16) {
    let start = out.len();
    out.extend_from_slice(&[0; LENGTH + KIND]);
    let kind = write(out);
    let body = start.saturating_add(LENGTH + KIND);
    let length = out.len().saturating_sub(body);
    if length <= limits::PART {
        let header = header(kind, length);
        if let Some(place) = out.get_mut(start..body) {
            place.copy_from_slice(&header);
        }
        return;
    }
    let whole = out.split_off(body);
    out.truncate(start);
    let mut parts = whole.chunks(limits::PART).peekable();
    while let Some(part) = parts.next() {
        let more = if parts.peek().is_some() { MORE } else { 0 };
        out.extend_from_slice(&header(kind | more, part.len()));
        out.extend_from_slice(part);
    }
}

fn header(kind: u16, body: usize) -> [u8; LENGTH + KIND] {
    let length = u32::try_from(body.saturating_add(KIND)).unwrap_or(u32::MAX);
    let mut header = [0; LENGTH + KIND];
    let bytes = length.to_le_bytes().into_iter().chain(kind.to_le_bytes());
    header
        .iter_mut()
        .zip(bytes)
        .for_each(|(place, byte)| *place = byte);
    header
}

/// The frames of `bytes` without their lengths: `kind | body`. `None` where they are no frames, and
/// nothing after it.
#[cfg(feature = "channel")]
pub(crate) fn frames_of(mut bytes: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let frame = bytes.split_first_chunk::<LENGTH>();
        let frame = frame.and_then(|(length, rest)| {
            rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
        });
        let (frame, rest) = frame.unzip();
        bytes = rest.unwrap_or_default();
        Some(frame)
    })
}

/// Cuts messages out of bytes as they come. `M` is what the peer sends.
///
/// After an error the stream has no frames any more: the error is repeated, and the link has to
/// be closed. Memory is bounded by the bytes pushed and not yet taken plus one message.
#[derive(Debug)]
pub struct FrameReader<M> {
    buffer: Vec<u8>,
    /// Bytes of `buffer` that have been taken.
    taken: usize,
    /// The parts so far of a message that is not whole yet.
    parts: Vec<u8>,
    /// Its kind.
    kind: Option<u16>,
    failed: Option<WireError>,
    message: PhantomData<fn() -> M>,
}

impl<M> Default for FrameReader<M> {
    fn default() -> Self {
        Self {
            buffer: Vec::new(),
            taken: 0,
            parts: Vec::new(),
            kind: None,
            failed: None,
            message: PhantomData,
        }
    }
}

impl<M: Message> FrameReader<M> {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes from the link. Call [`Self::next`] until it has no message before the next one.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        if self.taken > 0 {
            self.buffer.drain(..self.taken.min(self.buffer.len()));
            self.taken = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes a frame that came without its length, because its carrier keeps frames apart.
    pub fn push_part(&mut self, part: &[u8]) {
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        self.push(&length.to_le_bytes());
        self.push(part);
    }

    /// The bytes that were pushed and are no whole message yet; between two messages, what follows
    /// the last one.
    #[must_use]
    pub fn into_unread(self) -> Vec<u8> {
        let mut unread = self.buffer;
        unread.drain(..self.taken.min(unread.len()));
        unread
    }

    /// Bytes that wait for the rest of their message.
    #[must_use]
    pub fn pending(&self) -> usize {
        let unread = self.buffer.len().saturating_sub(self.taken);
        unread.saturating_add(self.parts.len())
    }

    /// The next whole message, or `None` until more bytes come.
    ///
    /// # Errors
    /// The peer broke the protocol; nothing more can be read from it.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator ends at None, a reader goes on after it"
    )]
    pub fn next(&mut self) -> Result<Option<M>, WireError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        loop {
            match self.frame() {
                Ok(Step::Starved) => return Ok(None),
                Ok(Step::Part) => {}
                Ok(Step::Whole(message)) => return Ok(Some(message)),
                Err(error) => {
                    *self = Self::default();
                    self.failed = Some(error.clone());
                    return Err(error);
                }
            }
        }
    }

    fn frame(&mut self) -> Result<Step<M>, WireError> {
        let unread = self.buffer.get(self.taken..).unwrap_or_default();
        let Some((length, rest)) = unread.split_first_chunk::<LENGTH>() else {
            return Ok(Step::Starved);
        };
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if length < KIND {
            return Err(WireError::ShortFrame);
        }
        if length > limits::PART + KIND {
            return Err(WireError::LongFrame { length });
        }
        let Some((kind, body)) = rest.get(..length).and_then(<[u8]>::split_first_chunk) else {
            return Ok(Step::Starved);
        };
        self.taken = self.taken.saturating_add(LENGTH + length);
        let flags = u16::from_le_bytes(*kind);
        let kind = flags & !MORE;
        let begun = self.kind.replace(kind);
        if begun.is_some_and(|begun| begun != kind) {
            return Err(WireError::MixedParts);
        }
        let whole = self.parts.len().saturating_add(body.len());
        if whole > M::MAX {
            return Err(WireError::LongMessage { max: M::MAX });
        }
        if flags & MORE != 0 {
            if body.is_empty() {
                return Err(WireError::ShortFrame);
            }
            self.parts.extend_from_slice(body);
            return Ok(Step::Part);
        }
        self.kind = None;
        let malformed = |error: minicbor::decode::Error| Malformed::new(kind, &error).into();
        if begun.is_none() {
            return M::decode(kind, body).map(Step::Whole).map_err(malformed);
        }
        self.parts.extend_from_slice(body);
        let parts = std::mem::take(&mut self.parts);
        M::decode(kind, &parts).map(Step::Whole).map_err(malformed)
    }
}

/// What one frame came to.
enum Step<M> {
    Starved,
    Part,
    Whole(M),
}
