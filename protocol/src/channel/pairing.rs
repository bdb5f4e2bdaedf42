//! What a device and a daemon say to each other while they are paired: one enum per direction.
//! Every message is one part of at most [`MAX_EARLY`] bytes.

use minicbor::decode::{self, Decoder};
use minicbor::encode::Encode;
use minicbor::{Decode, Encode as EncodeDerive};
use zeroize::Zeroizing;

use super::keys::Psk;
use super::limits::{KIND, MAX_EARLY};
use crate::grant::Role;
use crate::ids::DeviceId;
pub use crate::message::DeviceKind;

/// The device's first message: it wants this ticket. What it says about itself is for a person to
/// read, and gives no right.
#[derive(Clone, PartialEq, Eq, Debug, EncodeDerive, Decode)]
pub struct Claim {
    #[cbor(n(0), with = "crate::wire::fields::device_kind")]
    pub kind: DeviceKind,
    /// A name that the device proposes for itself.
    #[cbor(n(1), with = "crate::wire::texts::device")]
    pub name: String,
    /// What it runs: `abide 0.1.0`, a browser's name.
    #[cbor(n(2), with = "crate::wire::texts::device")]
    pub agent: String,
    /// Where a browser has the page from.
    #[cbor(n(3), with = "crate::wire::texts::origin", has_nil)]
    pub origin: Option<String>,
}

/// The claim waits for a person who types the code: show it.
#[derive(Clone, PartialEq, Eq, Debug, EncodeDerive, Decode)]
pub struct Pending {
    /// What the daemon calls itself.
    #[cbor(n(0), with = "crate::wire::texts::device")]
    pub daemon: String,
    /// What the device would get.
    #[n(1)]
    pub role: Role,
}

/// Approved: keep this, then say so.
#[derive(Clone, PartialEq, Eq, Debug, EncodeDerive, Decode)]
pub struct Paired {
    #[n(0)]
    pub device: DeviceId,
    /// For every later handshake.
    #[n(1)]
    pub psk: Psk,
    #[n(2)]
    pub role: Role,
    /// Milliseconds since the Unix epoch at which the grant ends.
    #[n(3)]
    pub expires: Option<u64>,
    /// What the daemon calls the device.
    #[cbor(n(4), with = "crate::wire::texts::device")]
    pub name: String,
}

/// The device has read back what it kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EncodeDerive, Decode)]
pub struct Stored {
    /// It outlives the device's program. If not, the pairing ends with its link.
    #[n(0)]
    pub durable: bool,
}

/// From the device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ToDaemon {
    Claim(Claim),
    Stored(Stored),
}

/// To the device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ToDevice {
    Pending(Pending),
    Paired(Paired),
    /// The device is real: the daemon has written it down.
    Kept,
    /// A kind that this build does not know; skip it.
    Unknown,
}

/// Bytes that are no message of a pairing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the peer sent a malformed message while pairing")]
pub struct NoPairing;

impl From<decode::Error> for NoPairing {
    fn from(_: decode::Error) -> Self {
        Self
    }
}

impl ToDaemon {
    /// As one frame.
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Claim(claim) => frame(1, claim),
            Self::Stored(stored) => frame(2, stored),
        }
    }

    /// A kind that is not known is an error here: nothing is passed on that was not understood.
    pub(super) fn decode(part: &[u8]) -> Result<Self, NoPairing> {
        let (kind, body) = split(part)?;
        match kind {
            1 => whole(body).map(Self::Claim),
            2 => whole(body).map(Self::Stored),
            _ => Err(NoPairing),
        }
    }
}

impl ToDevice {
    /// As one frame.
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Pending(pending) => frame(1, pending),
            Self::Paired(paired) => frame(2, paired),
            Self::Kept => frame::<[u8; 0]>(3, &[]),
            Self::Unknown => frame::<[u8; 0]>(0x7fff, &[]),
        }
    }

    pub(super) fn decode(part: &[u8]) -> Result<Self, NoPairing> {
        let (kind, body) = split(part)?;
        match kind {
            1 => whole(body).map(Self::Pending),
            2 => whole(body).map(Self::Paired),
            3 => whole::<Empty>(body).map(|Empty {}| Self::Kept),
            _ => Ok(Self::Unknown),
        }
    }
}

#[derive(Decode)]
struct Empty {}

/// `length | kind | body`. Room is made at once, so that growing leaves no copies of a key behind.
fn frame<T: Encode<()>>(kind: u16, body: &T) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_EARLY));
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&kind.to_le_bytes());
    let result = minicbor::encode(body, &mut *bytes);
    debug_assert!(result.is_ok());
    let length = u32::try_from(bytes.len().saturating_sub(4)).unwrap_or(u32::MAX);
    if let Some(place) = bytes.first_chunk_mut::<4>() {
        *place = length.to_le_bytes();
    }
    bytes
}

fn split(part: &[u8]) -> Result<(u16, &[u8]), NoPairing> {
    let (kind, body) = part.split_first_chunk::<KIND>().ok_or(NoPairing)?;
    Ok((u16::from_le_bytes(*kind), body))
}

/// Nothing may follow a body.
fn whole<'b, T: Decode<'b, ()>>(body: &'b [u8]) -> Result<T, NoPairing> {
    let mut d = Decoder::new(body);
    let value = d.decode()?;
    if d.position() == body.len() {
        Ok(value)
    } else {
        Err(NoPairing)
    }
}
