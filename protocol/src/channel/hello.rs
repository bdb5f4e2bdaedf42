//! The clear hellos that come before the handshake. Their hashes go into it: who changes a byte of
//! either makes it fail.

use aws_lc_rs::digest::{SHA256, digest};
use minicbor::{Decode, Encode};

use super::entropy::{CryptoFault, Entropy};
use super::keys::TicketId;
use super::limits::{MAX_HELLO, MAX_VERSIONS};
use crate::wire::lists::each;

/// Versions of the channel that this build speaks, ascending.
pub const VERSIONS: &[u32] = &[1];
/// What every hello begins with.
const MAGIC: &[u8] = b"abide channel\n";
/// What the prologue begins with.
const PROLOGUE: &[u8] = b"abide channel 1\n";

/// What a device comes for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Purpose {
    /// To claim a ticket.
    #[n(0)]
    Pair(#[n(0)] TicketId),
    /// To work; the device says who it is under encryption.
    #[n(1)]
    Resume,
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct DeviceHello {
    /// Ascending.
    #[cbor(n(0), with = "versions")]
    pub versions: Vec<u32>,
    #[n(1)]
    pub purpose: Purpose,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub nonce: [u8; 16],
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct DaemonHello {
    /// What the daemon speaks, ascending.
    #[cbor(n(0), with = "versions")]
    pub versions: Vec<u32>,
    /// The version from here on; `None`: there is none in common, and the link ends.
    #[n(1)]
    pub chosen: Option<u32>,
    /// Makes a recorded handshake worthless.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub challenge: [u8; 32],
}

/// Bytes that are no hello.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct NoHello;

impl DeviceHello {
    pub(super) fn new(purpose: Purpose, entropy: &dyn Entropy) -> Result<Self, CryptoFault> {
        let mut nonce = [0; 16];
        entropy.fill(&mut nonce)?;
        let versions = VERSIONS.to_vec();
        Ok(Self {
            versions,
            purpose,
            nonce,
        })
    }
}

impl DaemonHello {
    /// Answers a device: the highest version that both know.
    pub(super) fn answer(device: &DeviceHello, entropy: &dyn Entropy) -> Result<Self, CryptoFault> {
        let mut challenge = [0; 32];
        entropy.fill(&mut challenge)?;
        let common = VERSIONS.iter().filter(|v| device.versions.contains(v));
        Ok(Self {
            versions: VERSIONS.to_vec(),
            chosen: common.max().copied(),
            challenge,
        })
    }
}

pub(super) fn encode<T: Encode<()>>(hello: &T) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    let result = minicbor::encode(hello, &mut bytes);
    debug_assert!(result.is_ok());
    bytes
}

/// Nothing may follow a hello.
pub(super) fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, NoHello> {
    let body = bytes.strip_prefix(MAGIC).ok_or(NoHello)?;
    if bytes.len() > MAX_HELLO {
        return Err(NoHello);
    }
    let mut d = minicbor::Decoder::new(body);
    let hello = d.decode().map_err(|_| NoHello)?;
    if d.position() == body.len() {
        Ok(hello)
    } else {
        Err(NoHello)
    }
}

/// What both ends put first into the handshake: the hellos as they went over the wire.
pub(super) fn prologue(device: &[u8], daemon: &[u8]) -> Vec<u8> {
    let mut prologue = PROLOGUE.to_vec();
    prologue.extend_from_slice(digest(&SHA256, device).as_ref());
    prologue.extend_from_slice(digest(&SHA256, daemon).as_ref());
    prologue
}

/// A short list of versions.
mod versions {
    use minicbor::decode::{self, Decoder};
    use minicbor::encode::{self, Encode, Encoder, Write};

    use super::{MAX_VERSIONS, each};

    pub(super) fn encode<Ctx, W: Write>(
        versions: &[u32],
        e: &mut Encoder<W>,
        ctx: &mut Ctx,
    ) -> Result<(), encode::Error<W::Error>> {
        versions.encode(e, ctx)
    }

    pub(super) fn decode<Ctx>(d: &mut Decoder<'_>, _: &mut Ctx) -> Result<Vec<u32>, decode::Error> {
        let mut versions: Vec<u32> = Vec::new();
        each(d, |d| {
            let version = d.u32()?;
            if versions.len() >= MAX_VERSIONS || versions.last().is_some_and(|&v| v >= version) {
                return Err(decode::Error::message(
                    "versions do not ascend, or are too many",
                ));
            }
            versions.push(version);
            Ok(())
        })?;
        Ok(versions)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::channel::SystemEntropy;

    fn device(versions: &[u32]) -> DeviceHello {
        let mut hello = DeviceHello::new(Purpose::Resume, &SystemEntropy).unwrap();
        hello.versions = versions.to_vec();
        hello
    }

    #[test]
    fn the_highest_common_version_is_chosen() {
        for (versions, expected) in [
            (&[1][..], Some(1)),
            (&[1, 2, 3], Some(1)),
            (&[2], None),
            (&[], None),
        ] {
            let answer = DaemonHello::answer(&device(versions), &SystemEntropy).unwrap();
            assert_eq!(answer.chosen, expected, "{versions:?}");
        }
    }

    #[test]
    fn no_challenge_comes_twice() {
        let answer = || DaemonHello::answer(&device(&[1]), &SystemEntropy).unwrap();
        assert_ne!(answer().challenge, answer().challenge);
        assert_ne!(device(&[1]).nonce, device(&[1]).nonce);
    }

    #[test]
    fn what_is_no_hello_is_refused() {
        let good = encode(&device(&[1]));
        let long: Vec<u32> = (0..17).collect();
        let mut behind = good.clone();
        behind.push(0);
        let huge = [MAGIC, &[0x58, 0xff], &[0; 255]].concat();
        for (bytes, what) in [
            (&good[1..], "no magic"),
            (&good[..good.len() - 1], "cut"),
            (&behind, "bytes behind"),
            (&encode(&device(&long)), "many versions"),
            (&encode(&device(&[2, 1])), "descending versions"),
            (&encode(&device(&[1, 1])), "a version twice"),
            (&huge, "long"),
            (&[], "nothing"),
        ] {
            assert_eq!(decode::<DeviceHello>(bytes), Err(NoHello), "{what}");
        }
        assert_eq!(decode::<DaemonHello>(&good), Err(NoHello));
    }

    /// A later build may say more.
    #[test]
    fn further_fields_are_skipped() {
        let hello = device(&[1]);
        let mut bytes = encode(&hello);
        assert_eq!(bytes[MAGIC.len()], 0x83);
        bytes[MAGIC.len()] = 0x84;
        bytes.push(0xf5);
        assert_eq!(decode(&bytes), Ok(hello));
    }

    proptest! {
        #[test]
        fn a_hello_is_read_as_it_was_written(
            count in 0_u32..16, nonce: [u8; 16], challenge: [u8; 32], ticket: [u8; 16], pair: bool
        ) {
            let versions: Vec<u32> = (1..=count).collect();
            let purpose = if pair { Purpose::Pair(TicketId(ticket)) } else { Purpose::Resume };
            let hello = DeviceHello { versions: versions.clone(), purpose, nonce };
            prop_assert_eq!(decode(&encode(&hello)), Ok(hello));
            let chosen = versions.last().copied();
            let hello = DaemonHello { versions, chosen, challenge };
            prop_assert_eq!(decode(&encode(&hello)), Ok(hello));
        }

        #[test]
        fn any_bytes_are_a_hello_or_not(mut bytes in vec(any::<u8>(), 0..300), magic: bool) {
            if magic {
                bytes.splice(0..0, MAGIC.iter().copied());
            }
            if let Ok(hello) = decode::<DeviceHello>(&bytes) {
                prop_assert_eq!(decode(&encode(&hello)), Ok(hello));
            }
        }
    }
}
