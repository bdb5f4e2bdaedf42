//! The two Noise handshakes, as far as they do not depend on who is who. Their payloads are empty:
//! everything that is said travels in transport messages.

use std::sync::Arc;

use snow::{Builder, HandshakeState, TransportState};

use super::crypto::Resolver;
use super::entropy::Entropy;
use super::keys::{Psk, PublicKey, StaticKey};

/// Bytes of the longest handshake message: a key, a sealed key and an empty sealed payload.
const MAX_MESSAGE: usize = 32 + 48 + 16;

/// Which handshake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pattern {
    /// The secret of a ticket goes into the first message: without it there is no answer.
    Pair,
    /// A device's key goes into the second message, found by what the first one said.
    Resume,
}

impl Pattern {
    fn name(self) -> &'static str {
        match self {
            Self::Pair => "Noise_IKpsk1_25519_AESGCM_SHA256",
            Self::Resume => "Noise_IKpsk2_25519_AESGCM_SHA256",
        }
    }

    fn psk_place(self) -> u8 {
        match self {
            Self::Pair => 1,
            Self::Resume => 2,
        }
    }
}

/// A handshake under way.
pub(super) struct Handshake {
    state: Box<HandshakeState>,
    psk_place: u8,
}

/// What a finished handshake leaves.
pub(super) struct Finished {
    pub(super) transport: Box<TransportState>,
    /// The hash of all that was said: the same at both ends, and different every time.
    pub(super) hash: [u8; 32],
}

impl Handshake {
    /// A device's end.
    pub(super) fn of_device(
        pattern: Pattern,
        own: &StaticKey,
        daemon: PublicKey,
        psk: &Psk,
        prologue: &[u8],
        entropy: &Arc<dyn Entropy>,
    ) -> Result<Self, snow::Error> {
        let state = builder(pattern, own, prologue, entropy)?
            .remote_public_key(&daemon.0)?
            .psk(pattern.psk_place(), psk.as_bytes())?
            .build_initiator()?;
        Ok(Self::new(state, pattern))
    }

    /// A daemon's end.
    pub(super) fn of_daemon(
        pattern: Pattern,
        own: &StaticKey,
        prologue: &[u8],
        entropy: &Arc<dyn Entropy>,
    ) -> Result<Self, snow::Error> {
        let state = builder(pattern, own, prologue, entropy)?.build_responder()?;
        Ok(Self::new(state, pattern))
    }

    fn new(state: HandshakeState, pattern: Pattern) -> Self {
        let (state, psk_place) = (Box::new(state), pattern.psk_place());
        Self { state, psk_place }
    }

    pub(super) fn set_psk(&mut self, psk: &Psk) -> Result<(), snow::Error> {
        self.state.set_psk(self.psk_place.into(), psk.as_bytes())
    }

    pub(super) fn write(&mut self) -> Result<Vec<u8>, snow::Error> {
        let mut message = vec![0; MAX_MESSAGE];
        let length = self.state.write_message(&[], &mut message)?;
        message.truncate(length);
        Ok(message)
    }

    /// A message with a payload is refused: the room for it is what an empty one needs.
    pub(super) fn read(&mut self, message: &[u8]) -> Result<(), snow::Error> {
        self.state.read_message(message, &mut []).map(|_| ())
    }

    /// The other end's static key, once it is known.
    pub(super) fn peer(&self) -> Option<PublicKey> {
        let key = self.state.get_remote_static()?;
        key.try_into().ok().map(PublicKey)
    }

    /// After the last message.
    pub(super) fn finish(mut self) -> Result<Finished, snow::Error> {
        // Overwrites the copy that `snow` made.
        self.set_psk(&Psk::from_bytes(&[0; 32]))?;
        let hash = self.state.get_handshake_hash().try_into();
        let hash = hash.map_err(|_| snow::Error::Input)?;
        let transport = Box::new(self.state.into_transport_mode()?);
        Ok(Finished { transport, hash })
    }
}

fn builder<'k>(
    pattern: Pattern,
    own: &'k StaticKey,
    prologue: &'k [u8],
    entropy: &Arc<dyn Entropy>,
) -> Result<Builder<'k>, snow::Error> {
    let resolver = Box::new(Resolver(Arc::clone(entropy)));
    Builder::with_resolver(pattern.name().parse()?, resolver)
        .local_private_key(own.private())?
        .prologue(prologue)
}
