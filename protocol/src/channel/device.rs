//! A device's end: from a hello to a [`Joining`] or a live [`Channel`].

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Instant;

use super::code::Code;
use super::entropy::{CryptoFault, Entropy};
use super::hello::{DaemonHello, DeviceHello, Purpose, VERSIONS, decode, encode, prologue};
use super::joining::Joining;
use super::keys::{Psk, PublicKey, Secret, StaticKey};
use super::limits::MAX_EARLY;
use super::noise::{Handshake, Pattern};
use super::pairing::{Claim, ToDaemon};
use super::transport::{Channel, Room, SealError};

/// Why a daemon was not reached. Close the carrier.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KnockError {
    /// It is no daemon, another one, or one that does not know this device or ticket (any more):
    /// which of these it is, nobody says.
    #[error("the daemon did not accept this device")]
    Refused,
    /// Nobody vouches for this: it was said in the clear.
    #[error("the daemon speaks channel {}, this program {}: update the older one", list(.theirs), list(VERSIONS))]
    Version { theirs: Vec<u32> },
    /// The first message is longer than a daemon takes before it knows who sends it.
    #[error("the first message is above {} bytes", MAX_EARLY)]
    LongFirst,
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Crypto(#[from] CryptoFault),
}

fn list(versions: &[u32]) -> String {
    let words: Vec<String> = versions.iter().map(u32::to_string).collect();
    words.join(", ")
}

/// A failure of the handshake itself.
fn refused(_: snow::Error) -> KnockError {
    KnockError::Refused
}

/// What a device has, and where it goes.
#[derive(Clone)]
pub struct Knock {
    pub key: StaticKey,
    /// Of the daemon: there is no other way to recognise it.
    pub daemon: PublicKey,
    pub entropy: Arc<dyn Entropy>,
}

/// To claim a ticket.
pub enum Pairing {}
/// To work.
pub enum Resuming {}

impl Knock {
    /// Returns the hello to send.
    pub fn pair(self, secret: &Secret) -> Result<(Vec<u8>, Greeting<Pairing>), KnockError> {
        let purpose = Purpose::Pair(secret.ticket()?);
        self.greeting(purpose, Pattern::Pair, secret.psk()?)
    }

    /// Returns the hello to send. `psk` is what the daemon gave this device.
    pub fn resume(self, psk: &Psk) -> Result<(Vec<u8>, Greeting<Resuming>), KnockError> {
        self.greeting(Purpose::Resume, Pattern::Resume, psk.clone())
    }

    fn greeting<P>(
        self,
        purpose: Purpose,
        pattern: Pattern,
        psk: Psk,
    ) -> Result<(Vec<u8>, Greeting<P>), KnockError> {
        let hello = encode(&DeviceHello::new(purpose, &*self.entropy)?);
        let greeting = Greeting {
            knock: self,
            pattern,
            psk,
            hello: hello.clone(),
            purpose: PhantomData,
        };
        Ok((hello, greeting))
    }
}

/// The hello is out.
pub struct Greeting<P> {
    knock: Knock,
    pattern: Pattern,
    psk: Psk,
    hello: Vec<u8>,
    purpose: PhantomData<P>,
}

impl<P> Greeting<P> {
    /// Reads the daemon's hello. Returns the first handshake message to send.
    pub fn greeted(self, hello: &[u8]) -> Result<(Vec<u8>, Asking<P>), KnockError> {
        let daemon: DaemonHello = decode(hello).map_err(|_| KnockError::Refused)?;
        match daemon.chosen {
            Some(version) if VERSIONS.contains(&version) => {}
            Some(_) => return Err(KnockError::Refused),
            None => {
                let theirs = daemon.versions;
                return Err(KnockError::Version { theirs });
            }
        }
        let Knock {
            key,
            daemon,
            entropy,
        } = &self.knock;
        let prologue = prologue(&self.hello, hello);
        let mut handshake =
            Handshake::of_device(self.pattern, key, *daemon, &self.psk, &prologue, entropy)
                .map_err(refused)?;
        let message = handshake.write().map_err(refused)?;
        let purpose = PhantomData;
        Ok((message, Asking { handshake, purpose }))
    }
}

/// The first handshake message is out.
pub struct Asking<P> {
    handshake: Handshake,
    purpose: PhantomData<P>,
}

impl Asking<Pairing> {
    /// Reads the daemon's handshake message. Returns the claim to send.
    pub fn answered(
        mut self,
        message: &[u8],
        claim: Claim,
        now: Instant,
    ) -> Result<(Vec<u8>, Joining), KnockError> {
        self.handshake.read(message).map_err(refused)?;
        let finished = self.handshake.finish().map_err(refused)?;
        let code = Code::of(&finished.hash)?;
        let mut channel = Channel::new(finished, Room::EARLY, now);
        let claim = ToDaemon::Claim(claim).encode();
        let claim = channel.seal(&claim, now)?.pop();
        let claim = claim.ok_or(SealError::NoFrames)?;
        Ok((claim, Joining::new(channel, code)))
    }
}

impl Asking<Resuming> {
    /// Reads the daemon's handshake message. `first` is the frame of the device's first message,
    /// which confirms the handshake. Returns it sealed.
    pub fn answered(
        mut self,
        message: &[u8],
        first: &[u8],
        now: Instant,
    ) -> Result<(Vec<u8>, Channel), KnockError> {
        self.handshake.read(message).map_err(refused)?;
        let finished = self.handshake.finish().map_err(refused)?;
        let mut channel = Channel::new(finished, Room::OF_DEVICE, now);
        let mut sealed = channel.seal(first, now)?;
        match (sealed.pop(), sealed.is_empty()) {
            (Some(first), true) if first.len() <= MAX_EARLY => Ok((first, channel)),
            _ => Err(KnockError::LongFirst),
        }
    }
}
