//! Two ends that know each other, and what they say.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::DeviceId;
use crate::channel::daemon::{Claimant, Door, Greeted, Rejected, RemoteSession};
use crate::channel::device::{Knock, KnockError};
use crate::channel::joining::Joining;
use crate::channel::pairing::{Claim, DeviceKind};
use crate::channel::{Channel, Psk, Secret, StaticKey, SystemEntropy};
use crate::grant::{Grant, Role};
use crate::message::{Request, ToServer};
use crate::wire::encode_to_server;
use crate::{RequestId, SessionId};

pub(super) const DEVICE: DeviceId = DeviceId([0xDE; 16]);

pub(super) fn grant() -> Grant {
    Grant {
        role: Role::Type,
        sessions: Some(vec![SessionId([1; 16])]),
        history: false,
        expires: Some(1_000),
    }
}

pub(super) fn claim() -> Claim {
    Claim {
        kind: DeviceKind::Native,
        name: "phone".to_owned(),
        agent: "abide 0.1.0".to_owned(),
        origin: None,
    }
}

/// A frame as `wire` writes it.
pub(super) fn frame() -> Vec<u8> {
    let (id, request) = (RequestId(1), Request::List);
    let mut bytes = Vec::new();
    encode_to_server(&ToServer::Request { id, request }, &mut bytes);
    bytes
}

/// A frame of a kind and length.
pub(super) fn frame_of(kind: u16, length: usize) -> Vec<u8> {
    let whole = u32::try_from(length + 2).unwrap();
    let mut bytes = whole.to_le_bytes().to_vec();
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.resize(bytes.len() + length, 0x5A);
    bytes
}

/// The last moment of a time that begins at `from`.
pub(super) fn end_of(time: Duration, from: Instant) -> Instant {
    from + time.saturating_sub(Duration::from_millis(1))
}

/// A daemon, a device that it knows, and a ticket.
pub(super) struct Ends {
    pub(super) door: Door,
    pub(super) device: StaticKey,
    pub(super) psk: Psk,
    pub(super) secret: Secret,
    pub(super) now: Instant,
}

#[derive(Debug)]
pub(super) enum Failure {
    Device,
    Daemon,
}

impl From<Rejected> for Failure {
    fn from(_: Rejected) -> Self {
        Self::Daemon
    }
}

impl From<KnockError> for Failure {
    fn from(_: KnockError) -> Self {
        Self::Device
    }
}

impl Ends {
    pub(super) fn new() -> Self {
        let key = || StaticKey::generate(&SystemEntropy).unwrap();
        Self {
            door: Door::new(key(), Arc::new(SystemEntropy)),
            device: key(),
            psk: Psk::random(&SystemEntropy).unwrap(),
            secret: Secret::random(&SystemEntropy).unwrap(),
            now: Instant::now(),
        }
    }

    pub(super) fn knock(&self) -> Knock {
        Knock {
            key: self.device.clone(),
            daemon: self.door.key(),
            entropy: Arc::new(SystemEntropy),
        }
    }

    /// A device comes back; `knock` and `psk` are what it has.
    pub(super) fn resume_with(
        &self,
        knock: Knock,
        psk: &Psk,
    ) -> Result<(Channel, RemoteSession), Failure> {
        let (hello, greeting) = knock.resume(psk)?;
        let (answer, Greeted::Resume(resuming)) = self.door.greet(&hello)? else {
            return Err(Failure::Daemon);
        };
        let (first, asking) = greeting.greeted(&answer)?;
        let asked = resuming.read(&first)?;
        let known = (asked.key() == self.device.public()).then_some((DEVICE, &self.psk));
        let (answer, confirming) = asked.answer(&self.door, known)?;
        let (message, channel) = asking.answered(&answer, &frame(), self.now)?;
        let (session, part) = confirming.confirm(&message, self.now, |_| Some(grant()))?;
        assert_eq!(part, frame()[4..]);
        Ok((channel, session))
    }

    pub(super) fn resume(&self) -> (Channel, RemoteSession) {
        self.resume_with(self.knock(), &self.psk).unwrap()
    }

    /// A device claims the ticket of `secret`; the daemon knows that of [`Self::secret`].
    pub(super) fn pair_with(
        &self,
        knock: Knock,
        secret: &Secret,
        claim: Claim,
    ) -> Result<(Joining, Claimant), Failure> {
        let (hello, greeting) = knock.pair(secret)?;
        let (answer, Greeted::Pair(pairing)) = self.door.greet(&hello)? else {
            return Err(Failure::Daemon);
        };
        let (first, asking) = greeting.greeted(&answer)?;
        let psk = self.secret.psk().unwrap();
        let known = pairing.ticket() == self.secret.ticket().unwrap();
        let (answer, claiming) = pairing.answer(&self.door, known.then_some(&psk), &first)?;
        let (message, joining) = asking.answered(&answer, claim, self.now)?;
        let claimant = claiming.confirm(&message, self.now)?;
        Ok((joining, claimant))
    }

    pub(super) fn pair(&self) -> (Joining, Claimant) {
        self.pair_with(self.knock(), &self.secret, claim()).unwrap()
    }
}
