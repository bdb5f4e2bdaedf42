//! A live channel: what follows a finished handshake.
//!
//! Each message of the carrier is one part of a message, sealed. Counters are implicit, so a
//! message that is lost, doubled, moved or changed makes the next one fail, and one failure ends
//! the channel: its keys are dropped.

use std::time::{Duration, Instant};

use snow::TransportState;

use super::end::{End, KIND_END};
use super::limits::{
    AGE_GRACE, KIND, MAX_AGE, MAX_EARLY, MAX_MESSAGES, MAX_TO_DAEMON, MAX_TO_DEVICE, MAX_TRANSPORT,
    REKEY_AFTER, TAG,
};
use super::noise::Finished;
use super::parts::{PartFault, Parts};
use crate::wire::frames_of;

/// The channel is gone: a message could not be opened, made no sense, or came when the channel's
/// time was over. Close the carrier; there is nothing to tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the encrypted channel is broken")]
pub struct Broken;

/// Why nothing was sent. Only after `Closed` and `Worn` can nothing be sent any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealError {
    #[error("the channel is closed")]
    Closed,
    /// End it with [`End::Rekeyed`].
    #[error("the channel's keys have served their time")]
    Worn,
    #[error(transparent)]
    Part(#[from] PartFault),
    #[error("these bytes are no frames")]
    NoFrames,
}

/// What a message held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Opened {
    /// `kind | body`: for [`FrameReader::push_part`](crate::FrameReader::push_part).
    Part(Vec<u8>),
    /// The peer ended the channel, and says why.
    Ended(End),
}

/// How far the keys go. A value, so that tests reach its edges.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wear {
    pub(super) rekey_after: u64,
    pub(super) messages: u64,
    pub(super) age: Duration,
}

impl Wear {
    const REAL: Self = Self {
        rekey_after: REKEY_AFTER,
        messages: MAX_MESSAGES,
        age: MAX_AGE,
    };
}

/// Bytes of a whole message at most, by direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) out: usize,
    pub(super) back: usize,
}

impl Room {
    /// Of a pairing, at both ends: as much as fits one early message.
    pub(super) const EARLY: Self = Self {
        out: MAX_EARLY - KIND - TAG,
        back: MAX_EARLY - KIND - TAG,
    };
    pub(super) const OF_DAEMON: Self = Self {
        out: MAX_TO_DEVICE,
        back: MAX_TO_DAEMON,
    };
    pub(super) const OF_DEVICE: Self = Self {
        out: MAX_TO_DAEMON,
        back: MAX_TO_DEVICE,
    };
}

/// One end of a live channel. Only a finished handshake makes one.
pub struct Channel {
    /// `None`: it is over.
    noise: Option<Box<TransportState>>,
    sent: u64,
    received: u64,
    out: Parts,
    back: Parts,
    /// Bytes of a message from the peer at most.
    longest: usize,
    born: Instant,
    wear: Wear,
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Channel")
            .field("live", &self.noise.is_some())
            .field("sent", &self.sent)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

impl Channel {
    pub(super) fn new(finished: Finished, room: Room, now: Instant) -> Self {
        Self {
            noise: Some(finished.transport),
            sent: 0,
            received: 0,
            out: Parts::new(room.out),
            back: Parts::new(room.back),
            longest: MAX_TRANSPORT.min(room.back.saturating_add(KIND + TAG)),
            born: now,
            wear: Wear::REAL,
        }
    }

    #[cfg(test)]
    pub(super) fn set_wear(&mut self, wear: Wear) {
        self.wear = wear;
    }

    #[cfg(test)]
    pub(super) fn set_room(&mut self, out: usize) {
        self.out = Parts::new(out);
    }

    /// Whether messages can still pass.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.noise.is_some()
    }

    /// When it has to be ended with [`End::Rekeyed`] at the latest.
    #[must_use]
    pub fn worn_at(&self) -> Instant {
        self.born + self.wear.age
    }

    /// Seals frames as `wire` writes them, each as one message of the carrier. A message may be
    /// given in several calls; another one may not come in between. Nothing is sealed on an error.
    pub fn seal(&mut self, frames: &[u8], now: Instant) -> Result<Vec<Vec<u8>>, SealError> {
        let Some(noise) = &mut self.noise else {
            return Err(SealError::Closed);
        };
        let mut out = self.out;
        let mut parts = Vec::new();
        for part in frames_of(frames) {
            let part = part.ok_or(SealError::NoFrames)?;
            out.add(part)?;
            parts.push(part);
        }
        let count = u64::try_from(parts.len()).unwrap_or(u64::MAX);
        // The last message can only be an end.
        let worn = self.sent.saturating_add(count) >= self.wear.messages;
        if worn || now.saturating_duration_since(self.born) >= self.wear.age {
            return Err(SealError::Worn);
        }
        let mut sealed = Vec::with_capacity(parts.len());
        for part in parts {
            let Ok(message) = seal_one(noise, &mut self.sent, self.wear, part) else {
                self.noise = None;
                return Err(SealError::Closed);
            };
            sealed.push(message);
        }
        self.out = out;
        Ok(sealed)
    }

    /// Opens one message of the carrier.
    ///
    /// # Errors
    /// The channel is broken, now and for good.
    pub fn open(&mut self, message: &[u8], now: Instant) -> Result<Opened, Broken> {
        let opened = self.try_open(message, now);
        if !matches!(opened, Ok(Opened::Part(_))) {
            self.noise = None;
        }
        opened
    }

    fn try_open(&mut self, message: &[u8], now: Instant) -> Result<Opened, Broken> {
        let noise = self.noise.as_mut().ok_or(Broken)?;
        let age = now.saturating_duration_since(self.born);
        let worn = self.received >= self.wear.messages || age >= self.wear.age + AGE_GRACE;
        let length = message.len().checked_sub(TAG).ok_or(Broken)?;
        if worn || message.len() > self.longest {
            return Err(Broken);
        }
        let mut part = vec![0; length];
        noise.read_message(message, &mut part).map_err(|_| Broken)?;
        self.received = self.received.saturating_add(1);
        if self.received.is_multiple_of(self.wear.rekey_after) {
            noise.rekey_incoming();
        }
        if let Some((kind, body)) = part.split_first_chunk::<KIND>()
            && u16::from_le_bytes(*kind) == KIND_END
        {
            return Ok(Opened::Ended(read_end(body)?));
        }
        self.back.add(&part).map_err(|_| Broken)?;
        Ok(Opened::Part(part))
    }

    /// The last message, which tells the peer why; it may come between the parts of another.
    /// `None` if the channel was over before.
    #[must_use]
    pub fn end(mut self, why: End) -> Option<Vec<u8>> {
        let noise = self.noise.as_mut()?;
        let mut part = KIND_END.to_le_bytes().to_vec();
        minicbor::encode([why], &mut part).ok()?;
        if self.sent >= self.wear.messages {
            return None;
        }
        seal_one(noise, &mut self.sent, self.wear, &part).ok()
    }
}

fn seal_one(
    noise: &mut TransportState,
    sent: &mut u64,
    wear: Wear,
    part: &[u8],
) -> Result<Vec<u8>, snow::Error> {
    let mut message = vec![0; part.len().saturating_add(TAG)];
    let length = noise.write_message(part, &mut message)?;
    message.truncate(length);
    *sent = sent.saturating_add(1);
    if sent.is_multiple_of(wear.rekey_after) {
        noise.rekey_outgoing();
    }
    Ok(message)
}

fn read_end(body: &[u8]) -> Result<End, Broken> {
    let mut d = minicbor::Decoder::new(body);
    let fields = d.array().ok().flatten().filter(|&fields| fields > 0);
    let fields = fields.ok_or(Broken)?;
    let why = crate::wire::fields::or_unknown(&mut d, &mut (), End::Unknown);
    let why = why.map_err(|_| Broken)?;
    for _ in 1..fields {
        d.skip().map_err(|_| Broken)?;
    }
    if d.position() == body.len() {
        Ok(why)
    } else {
        Err(Broken)
    }
}
