//! Where random bytes come from: an argument, so that tests can say what they are.

use aws_lc_rs::rand;

/// The cryptographic library refused: no random bytes, or a key it cannot take. Never the peer's
/// fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the cryptographic library failed")]
pub struct CryptoFault;

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills all of `out`.
    ///
    /// # Errors
    /// There are none to be had; nothing may be done with `out`.
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoFault>;
}

/// The library's generator, seeded by the system.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoFault> {
        rand::fill(out).map_err(|_| CryptoFault)
    }
}
