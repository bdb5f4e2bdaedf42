//! The daemon's end: from a stranger's hello to a [`Claimant`] or a [`RemoteSession`].
//!
//! ```
//! # use std::sync::Arc;
//! use abide_protocol::channel::daemon::{Door, Greeted, RemoteSession};
//! # fn serve(door: &Door) -> Result<(), abide_protocol::channel::daemon::Rejected> {
//! # let (hello, first, second) = ([], [], []);
//! # let now = std::time::Instant::now();
//! let (answer, Greeted::Resume(resuming)) = door.greet(&hello)? else { return Ok(()) };
//! let asked = resuming.read(&first)?;
//! let known = None; // the device with the key `asked.key()`, and its own key
//! let (answer, confirming) = asked.answer(door, known)?;
//! let (session, part): (RemoteSession, _) = confirming.confirm(&second, now, |_| None)?;
//! # Ok(())
//! # }
//! ```
//!
//! There is no other way to a session. Not by writing one down:
//!
//! ```compile_fail,E0451
//! use abide_protocol::channel::daemon::RemoteSession;
//! use abide_protocol::channel::Channel;
//! use abide_protocol::grant::Grant;
//! use abide_protocol::DeviceId;
//! fn forge(device: DeviceId, grant: Grant, channel: Channel) -> RemoteSession {
//!     RemoteSession { device, grant, channel }
//! }
//! ```
//!
//! Not by leaving out the device's confirmation, before which nothing has an effect:
//!
//! ```compile_fail,E0308
//! use abide_protocol::channel::daemon::{Confirming, RemoteSession};
//! fn hurry(confirming: Confirming) -> RemoteSession {
//!     confirming
//! }
//! ```
//!
//! Not from a pairing, whose channel carries no grant:
//!
//! ```compile_fail,E0308
//! use abide_protocol::channel::daemon::{Claimant, RemoteSession};
//! fn promote(claimant: Claimant) -> RemoteSession {
//!     claimant
//! }
//! ```
//!
//! And a step cannot be taken twice, with another message or another key:
//!
//! ```compile_fail,E0382
//! use abide_protocol::channel::daemon::Confirming;
//! fn again(confirming: Confirming, now: std::time::Instant) {
//!     let _ = confirming.confirm(&[1], now, |_| None);
//!     let _ = confirming.confirm(&[2], now, |_| None);
//! }
//! ```

use std::sync::Arc;
use std::time::Instant;

use super::code::Code;
use super::end::End;
use super::entropy::Entropy;
use super::hello::{DaemonHello, DeviceHello, Purpose, decode, encode, prologue};
use super::keys::{Psk, PublicKey, StaticKey, TicketId};
use super::limits::{MAX_EARLY, MAX_HELLO};
use super::noise::{Handshake, Pattern};
use super::pairing::{Claim, ToDaemon, ToDevice};
use super::transport::{Broken, Channel, Opened, Room, SealError};
use crate::grant::Grant;
use crate::ids::DeviceId;

/// A stranger, whatever the reason: send nothing and close the carrier with
/// [`CLOSE_STRANGER`](super::CLOSE_STRANGER). It does not say more, so that nobody can.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the handshake failed")]
pub struct Rejected;

impl From<snow::Error> for Rejected {
    fn from(_: snow::Error) -> Self {
        Self
    }
}

/// What every handshake needs.
pub struct Door {
    key: StaticKey,
    entropy: Arc<dyn Entropy>,
}

/// What a device came for.
pub enum Greeted {
    Pair(Pairing),
    Resume(Resuming),
    /// No version in common: send the answer, which says so, and close.
    Foreign,
}

impl Door {
    #[must_use]
    pub fn new(key: StaticKey, entropy: Arc<dyn Entropy>) -> Self {
        Self { key, entropy }
    }

    #[must_use]
    pub fn key(&self) -> PublicKey {
        self.key.public()
    }

    /// Answers a device's hello. The answer says the same to everybody.
    pub fn greet(&self, hello: &[u8]) -> Result<(Vec<u8>, Greeted), Rejected> {
        if hello.len() > MAX_HELLO {
            return Err(Rejected);
        }
        let device: DeviceHello = decode(hello).map_err(|_| Rejected)?;
        let daemon = DaemonHello::answer(&device, &*self.entropy).map_err(|_| Rejected)?;
        let answer = encode(&daemon);
        if daemon.chosen.is_none() {
            return Ok((answer, Greeted::Foreign));
        }
        let prologue = prologue(hello, &answer);
        let begin = |pattern| Handshake::of_daemon(pattern, &self.key, &prologue, &self.entropy);
        let greeted = match device.purpose {
            Purpose::Pair(ticket) => Greeted::Pair(Pairing {
                ticket,
                handshake: begin(Pattern::Pair)?,
            }),
            Purpose::Resume => Greeted::Resume(Resuming {
                handshake: begin(Pattern::Resume)?,
            }),
        };
        Ok((answer, greeted))
    }

    /// A key that nobody has. Who is not known is served with it, so that the failure comes at
    /// the same place and looks the same as any other.
    fn nobodys_key(&self) -> Result<Psk, Rejected> {
        Psk::random(&*self.entropy).map_err(|_| Rejected)
    }
}

/// Somebody wants to claim a ticket.
pub struct Pairing {
    ticket: TicketId,
    handshake: Handshake,
}

impl Pairing {
    #[must_use]
    pub fn ticket(&self) -> TicketId {
        self.ticket
    }

    /// Answers the first handshake message. `psk` is the ticket's, `None` if there is none.
    pub fn answer(
        mut self,
        door: &Door,
        psk: Option<&Psk>,
        message: &[u8],
    ) -> Result<(Vec<u8>, Claiming), Rejected> {
        let nobodys = door.nobodys_key()?;
        self.handshake.set_psk(psk.unwrap_or(&nobodys))?;
        self.handshake.read(message)?;
        let answer = self.handshake.write()?;
        let (ticket, handshake) = (self.ticket, self.handshake);
        Ok((answer, Claiming { ticket, handshake }))
    }
}

/// A handshake that the device has yet to confirm, with its claim.
pub struct Claiming {
    ticket: TicketId,
    handshake: Handshake,
}

impl Claiming {
    /// The first transport message: the claim.
    pub fn confirm(self, message: &[u8], now: Instant) -> Result<Claimant, Rejected> {
        let key = self.handshake.peer().ok_or(Rejected)?;
        let finished = self.handshake.finish()?;
        let code = Code::of(&finished.hash).map_err(|_| Rejected)?;
        let mut channel = Channel::new(finished, Room::EARLY, now);
        let Ok(Opened::Part(part)) = channel.open(message, now) else {
            return Err(Rejected);
        };
        let Ok(ToDaemon::Claim(claim)) = ToDaemon::decode(&part) else {
            return Err(Rejected);
        };
        Ok(Claimant {
            ticket: self.ticket,
            key,
            code,
            claim,
            channel,
        })
    }
}

/// A device that holds the secret of a ticket, and waits to be approved. What it may do is decided
/// by [`Tickets`](super::tickets::Tickets).
#[derive(Debug)]
pub struct Claimant {
    ticket: TicketId,
    key: PublicKey,
    code: Code,
    claim: Claim,
    channel: Channel,
}

impl Claimant {
    #[must_use]
    pub fn ticket(&self) -> TicketId {
        self.ticket
    }

    #[must_use]
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// To compare what a person types with; it is not to be shown here.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    #[must_use]
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    pub fn send(&mut self, message: &ToDevice, now: Instant) -> Result<Vec<u8>, SealError> {
        let mut sealed = self.channel.seal(&message.encode(), now)?;
        sealed.pop().ok_or(SealError::NoFrames)
    }

    /// What the device says: only [`Stored`](super::pairing::Stored) makes sense here.
    pub fn receive(&mut self, message: &[u8], now: Instant) -> Result<ToDaemon, Broken> {
        match self.channel.open(message, now)? {
            Opened::Part(part) => ToDaemon::decode(&part).map_err(|_| Broken),
            Opened::Ended(_) => Err(Broken),
        }
    }

    /// See [`Channel::end`].
    #[must_use]
    pub fn end(self, why: End) -> Option<Vec<u8>> {
        self.channel.end(why)
    }
}

/// A device wants to work. Who it is comes under encryption.
pub struct Resuming {
    handshake: Handshake,
}

impl Resuming {
    /// Reads the first handshake message.
    pub fn read(mut self, message: &[u8]) -> Result<Asked, Rejected> {
        self.handshake.read(message)?;
        let key = self.handshake.peer().ok_or(Rejected)?;
        let handshake = self.handshake;
        Ok(Asked { key, handshake })
    }
}

/// Somebody who has, or has recorded a message of somebody who had, this static key.
pub struct Asked {
    key: PublicKey,
    handshake: Handshake,
}

impl Asked {
    #[must_use]
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// `known` is the device with [`Self::key`], and the key that both have; `None` if there is
    /// none, or it may come no more: it gets an answer like any other, which leads nowhere.
    pub fn answer(
        mut self,
        door: &Door,
        known: Option<(DeviceId, &Psk)>,
    ) -> Result<(Vec<u8>, Confirming), Rejected> {
        let nobodys = door.nobodys_key()?;
        let (device, psk) = known.unzip();
        self.handshake.set_psk(psk.unwrap_or(&nobodys))?;
        let answer = self.handshake.write()?;
        let handshake = self.handshake;
        Ok((answer, Confirming { device, handshake }))
    }
}

/// A handshake that the device has yet to confirm: until then it may be a stranger with a recorded
/// first message.
pub struct Confirming {
    device: Option<DeviceId>,
    handshake: Handshake,
}

impl Confirming {
    /// The first transport message: who could write it is the device. `grant` says what the device
    /// may do at this moment, `None` if nothing. Returns the session, and the part that came.
    pub fn confirm(
        self,
        message: &[u8],
        now: Instant,
        grant: impl FnOnce(DeviceId) -> Option<Grant>,
    ) -> Result<(RemoteSession, Vec<u8>), Rejected> {
        if message.len() > MAX_EARLY {
            return Err(Rejected);
        }
        let mut channel = Channel::new(self.handshake.finish()?, Room::OF_DAEMON, now);
        let Ok(Opened::Part(part)) = channel.open(message, now) else {
            return Err(Rejected);
        };
        let device = self.device.ok_or(Rejected)?;
        let grant = grant(device).ok_or(Rejected)?;
        let session = RemoteSession {
            device,
            grant,
            channel,
        };
        Ok((session, part))
    }
}

/// A device at work: who it is, what it may do, and the channel to it. That it exists is the proof
/// that the device's key and its own key were there.
#[derive(Debug)]
pub struct RemoteSession {
    device: DeviceId,
    grant: Grant,
    channel: Channel,
}

impl RemoteSession {
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// As it was when the device came.
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// See [`Channel::seal`]. The channel itself is not given out: it belongs to this grant.
    pub fn seal(&mut self, frames: &[u8], now: Instant) -> Result<Vec<Vec<u8>>, SealError> {
        self.channel.seal(frames, now)
    }

    /// See [`Channel::open`].
    pub fn open(&mut self, message: &[u8], now: Instant) -> Result<Opened, Broken> {
        self.channel.open(message, now)
    }

    /// See [`Channel::is_live`].
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.channel.is_live()
    }

    /// See [`Channel::worn_at`].
    #[must_use]
    pub fn worn_at(&self) -> Instant {
        self.channel.worn_at()
    }

    #[cfg(test)]
    pub(super) fn channel(&mut self) -> &mut Channel {
        &mut self.channel
    }

    /// See [`Channel::end`].
    #[must_use]
    pub fn end(self, why: End) -> Option<Vec<u8>> {
        self.channel.end(why)
    }
}
