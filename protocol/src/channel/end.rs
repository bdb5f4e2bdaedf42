//! How a live channel says that it ends.

use minicbor::{Decode, Encode};

/// Why a channel ends: the last message on it, told only to a peer that is authenticated. What
/// becomes of a stranger's attempt is told to nobody.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum End {
    /// The device is paired no more. It may forget its key.
    #[n(0)]
    Revoked,
    /// The time that was granted, or that a ticket had, is over.
    #[n(1)]
    Expired,
    /// The channel's keys have served their time, or the grant changed: come back at once.
    #[n(2)]
    Rekeyed,
    /// The daemon makes room for another build of itself: come back soon.
    #[n(3)]
    Upgrade,
    /// The pairing was not approved.
    #[n(4)]
    Refused,
    /// A reason that a later build invented.
    #[n(65535)]
    Unknown,
}

/// The kind of the message that ends a channel, in both directions. It never travels outside one.
pub(super) const KIND_END: u16 = 0;
