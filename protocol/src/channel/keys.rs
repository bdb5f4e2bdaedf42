//! Keys and secrets. Secrets are cleared when they are dropped, and never printed.

use std::fmt;

use aws_lc_rs::agreement::{self, PrivateKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hkdf;
use minicbor::decode::{self, Decoder};
use minicbor::encode::{self, Encoder, Write};
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::entropy::{CryptoFault, Entropy};

/// The public half of a static key: it names a device or a daemon for good.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct PublicKey(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A static key: of the daemon, or of a device.
#[derive(Clone)]
pub struct StaticKey {
    private: Zeroizing<[u8; 32]>,
    public: PublicKey,
}

impl StaticKey {
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, CryptoFault> {
        let mut private = Zeroizing::new([0; 32]);
        entropy.fill(private.as_mut())?;
        Self::of(private)
    }

    /// The key that [`Self::private`] gave.
    pub fn from_private(private: &[u8; 32]) -> Result<Self, CryptoFault> {
        Self::of(Zeroizing::new(*private))
    }

    fn of(private: Zeroizing<[u8; 32]>) -> Result<Self, CryptoFault> {
        let key = PrivateKey::from_private_key(&agreement::X25519, private.as_ref());
        let key = key.map_err(|_| CryptoFault)?;
        let public = key.compute_public_key().map_err(|_| CryptoFault)?;
        let public = public.as_ref().try_into().map_err(|_| CryptoFault)?;
        let public = PublicKey(public);
        Ok(Self { private, public })
    }

    /// For the file that keeps it, and for nobody else.
    #[must_use]
    pub fn private(&self) -> &[u8; 32] {
        &self.private
    }

    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.public
    }
}

impl fmt::Debug for StaticKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StaticKey({})", self.public)
    }
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Zeroizing<[u8; $length]>);

        impl $name {
            pub fn random(entropy: &dyn Entropy) -> Result<Self, CryptoFault> {
                let mut bytes = Zeroizing::new([0; $length]);
                entropy.fill(bytes.as_mut())?;
                Ok(Self(bytes))
            }

            #[must_use]
            pub fn from_bytes(bytes: &[u8; $length]) -> Self {
                Self(Zeroizing::new(*bytes))
            }

            #[must_use]
            pub fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        /// In constant time.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                verify_slices_are_equal(self.0.as_ref(), other.0.as_ref()).is_ok()
            }
        }

        impl Eq for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

secret! {
    /// A pre-shared key: a device's own, or one derived from a ticket.
    Psk, 32
}
secret! {
    /// The secret of a ticket. Whoever has it may claim the ticket, once.
    Secret, 16
}

impl<C> Encode<C> for Psk {
    fn encode<W: Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.bytes(self.0.as_ref())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Psk {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let bytes = d.bytes()?.try_into();
        let bytes = bytes.map_err(|_| decode::Error::message("a key has 32 bytes"))?;
        Ok(Self::from_bytes(bytes))
    }
}

/// What a ticket is called in the clear; says nothing about its secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct TicketId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

impl Secret {
    pub fn ticket(&self) -> Result<TicketId, CryptoFault> {
        let mut id = [0; 16];
        derive(self.as_bytes(), b"abide/v1/ticket-id", &mut id)?;
        Ok(TicketId(id))
    }

    pub fn psk(&self) -> Result<Psk, CryptoFault> {
        let mut psk = Zeroizing::new([0; 32]);
        derive(self.as_bytes(), b"abide/v1/ticket-psk", psk.as_mut())?;
        Ok(Psk(psk))
    }
}

/// HKDF-SHA256 with no salt: one key, one purpose, one label.
pub(super) fn derive(key: &[u8], label: &[u8], out: &mut [u8]) -> Result<(), CryptoFault> {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(key);
    let (info, length) = ([label], Length(out.len()));
    let expanded = extracted.expand(&info, length);
    let result = expanded.and_then(|expanded| expanded.fill(out));
    result.map_err(|_| CryptoFault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::SystemEntropy;

    #[test]
    fn secrets_are_not_printed() {
        let secret = Secret::from_bytes(&[0xAB; 16]);
        let psk = Psk::from_bytes(&[0xAB; 32]);
        let key = StaticKey::from_private(&[0xAB; 32]).unwrap();
        let printed = format!("{secret:?} {psk:?} {key:?}");
        assert_eq!(
            printed,
            format!("Secret(..) Psk(..) StaticKey({})", key.public())
        );
    }

    #[test]
    fn a_key_survives_its_file() {
        let key = StaticKey::generate(&SystemEntropy).unwrap();
        let again = StaticKey::from_private(key.private()).unwrap();
        assert_eq!(again.public(), key.public());
        let other = StaticKey::generate(&SystemEntropy).unwrap();
        assert_ne!(other.public(), key.public());
    }

    /// One secret, two labels: neither gives the other away.
    #[test]
    fn a_ticket_has_an_id_and_a_key_of_its_own() {
        let secret = Secret::from_bytes(&[1; 16]);
        let (id, psk) = (secret.ticket().unwrap(), secret.psk().unwrap());
        assert_ne!(&id.0[..], &psk.as_bytes()[..16]);
        let other = Secret::from_bytes(&[2; 16]);
        assert_ne!(other.ticket().unwrap(), id);
        assert_ne!(other.psk().unwrap(), psk);
    }
}
