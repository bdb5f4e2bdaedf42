use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};
use snow::types::{Dh, Random};
use zeroize::Zeroizing;

use super::put;

/// Bytes of a key and of a result.
const LENGTH: usize = 32;

/// A key pair. The library refuses an all-zero result, which a peer's point of low order would
/// give: RFC 7748, section 6.1.
#[derive(Default)]
pub(super) struct X25519 {
    private: Option<PrivateKey>,
    public: [u8; LENGTH],
}

impl Dh for X25519 {
    fn name(&self) -> &'static str {
        "25519"
    }

    fn pub_len(&self) -> usize {
        LENGTH
    }

    fn priv_len(&self) -> usize {
        LENGTH
    }

    /// A key that the library refuses leaves none: every agreement with it then fails.
    fn set(&mut self, privkey: &[u8]) {
        self.private = PrivateKey::from_private_key(&agreement::X25519, privkey).ok();
        self.public = [0; LENGTH];
        let public = self.private.as_ref().map(PrivateKey::compute_public_key);
        match public {
            Some(Ok(public)) => put(&mut self.public, public.as_ref()),
            _ => self.private = None,
        }
    }

    fn generate(&mut self, rng: &mut dyn Random) -> Result<(), snow::Error> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        rng.try_fill_bytes(bytes.as_mut())?;
        self.set(bytes.as_ref());
        self.private.as_ref().map(|_| ()).ok_or(snow::Error::Dh)
    }

    fn pubkey(&self) -> &[u8] {
        &self.public
    }

    /// The library keeps it, and nobody asks: only `snow`'s generator of key pairs would.
    fn privkey(&self) -> &[u8] {
        &[]
    }

    fn dh(&self, pubkey: &[u8], out: &mut [u8]) -> Result<(), snow::Error> {
        let private = self.private.as_ref().ok_or(snow::Error::Dh)?;
        let point = pubkey.get(..LENGTH).ok_or(snow::Error::Dh)?;
        let peer = UnparsedPublicKey::new(&agreement::X25519, point);
        agreement::agree(private, peer, snow::Error::Dh, |secret| {
            put(out, secret);
            Ok(())
        })
    }
}
