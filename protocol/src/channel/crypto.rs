//! What Noise is made of here: X25519, AES-256-GCM and SHA-256 of aws-lc-rs, for `snow`.
//!
//! The library clears its key schedules and private keys when they are freed, and what passes
//! through our hands is cleared too. `snow` keeps copies of chaining keys in a handshake's state
//! that it does not clear; a handshake lives for seconds.

mod cipher;
mod dh;
mod hash;

use std::sync::Arc;

use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::CryptoResolver;
use snow::types::{Cipher, Dh, Hash, Random};

use super::entropy::Entropy;

#[cfg(test)]
pub(super) use cipher::planted;

/// Hands `snow` the one implementation of each primitive; it knows no others.
pub(super) struct Resolver(pub(super) Arc<dyn Entropy>);

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(Source(Arc::clone(&self.0))))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        if matches!(choice, DHChoice::Curve25519) {
            Some(Box::<dh::X25519>::default())
        } else {
            None
        }
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        if matches!(choice, HashChoice::SHA256) {
            Some(Box::<hash::Sha256>::default())
        } else {
            None
        }
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        if matches!(choice, CipherChoice::AESGCM) {
            Some(Box::<cipher::AesGcm>::default())
        } else {
            None
        }
    }
}

struct Source(Arc<dyn Entropy>);

impl Random for Source {
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), snow::Error> {
        self.0.fill(dest).map_err(|_| snow::Error::Rng)
    }
}

/// Copies as much as fits; the sizes are those of the primitives and agree.
fn put(out: &mut [u8], bytes: &[u8]) {
    for (place, byte) in out.iter_mut().zip(bytes) {
        *place = *byte;
    }
}

#[cfg(test)]
mod tests;
