//! The encrypted channel: an authenticated link to a paired device, and how a device is paired.
//!
//! Noise over any carrier of binary messages; both ends, and no IO: bytes and `now` come in, bytes
//! go out, randomness comes from an [`Entropy`]. `README.md` of this crate is the normative
//! description.
//!
//! Phases are types that consume one another. The daemon's end: [`daemon::Door`] answers a hello;
//! what follows is read as a pairing or a resumption, and ends in a [`Claimant`] or a
//! [`RemoteSession`]. A device's end: [`device::Knock`] and its successors end in a [`Joining`] or
//! a [`Channel`]. Nothing has an effect before the device's first transport message was opened.
//!
//! [`Claimant`]: daemon::Claimant
//! [`RemoteSession`]: daemon::RemoteSession
//! [`Joining`]: joining::Joining

pub mod address;
pub mod code;
mod crypto;
pub mod daemon;
pub mod device;
pub mod end;
pub mod entropy;
pub mod hello;
pub mod joining;
pub mod keys;
pub mod limits;
pub mod link;
mod noise;
pub mod pairing;
mod parts;
#[cfg(test)]
mod tests;
pub mod tickets;
pub mod transport;

pub use end::End;
pub use entropy::{CryptoFault, Entropy, SystemEntropy};
pub use keys::{Psk, PublicKey, Secret, StaticKey, TicketId};
pub use transport::{Broken, Channel, Opened, SealError};

/// How the carrier is closed after a handshake that failed, whatever the reason: a WebSocket close
/// code, with no text.
pub const CLOSE_STRANGER: u16 = 4400;
