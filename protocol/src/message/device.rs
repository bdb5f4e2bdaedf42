//! Pairing and paired devices, as their owner asks about them: on the daemon's own socket only.

use minicbor::{Decode, Encode};

use crate::grant::{Grant, Role};
use crate::ids::{DeviceId, PairingNo, SessionId};

/// What a device is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum DeviceKind {
    /// `abide` on another machine.
    #[n(0)]
    Native,
    #[n(1)]
    Browser,
    /// A kind that a later build invented.
    #[n(65535)]
    Unknown,
}

/// What a new device would get. Its expiry counts from the moment at which this is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct PairingOffer {
    #[n(0)]
    pub role: Role,
    #[cbor(n(1), with = "crate::wire::lists::list", has_nil)]
    pub sessions: Option<Vec<SessionId>>,
    #[n(2)]
    pub history: bool,
    /// Milliseconds for which the device may come; `None`: until it is revoked.
    #[n(3)]
    pub lasts: Option<u64>,
    /// What the device will be called; `None`: as it proposes.
    #[cbor(n(4), with = "crate::wire::texts::name", has_nil)]
    pub name: Option<String>,
    /// It is passed on as a link, not shown as a picture.
    #[n(5)]
    pub link: bool,
}

/// A pairing that has begun.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Ticket {
    #[n(0)]
    pub pairing: PairingNo,
    /// For the new device alone: who reads it may claim the pairing.
    #[cbor(n(1), with = "crate::wire::texts::line")]
    pub link: String,
    /// Milliseconds within which it has to be claimed.
    #[n(2)]
    pub lasts: u64,
    /// What keeps browsers out, if anything does.
    #[cbor(n(3), with = "crate::wire::texts::line", has_nil)]
    pub native_only: Option<String>,
}

/// Somebody who holds the secret of a pairing, as it says itself.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Claiming {
    #[cbor(n(0), with = "crate::wire::fields::device_kind")]
    pub kind: DeviceKind,
    #[cbor(n(1), with = "crate::wire::texts::device")]
    pub name: String,
    /// What it runs.
    #[cbor(n(2), with = "crate::wire::texts::device")]
    pub agent: String,
    /// Where a browser has the page from.
    #[cbor(n(3), with = "crate::wire::texts::origin", has_nil)]
    pub origin: Option<String>,
    /// Address of its network.
    #[cbor(n(4), with = "crate::wire::texts::device")]
    pub from: String,
}

/// How far a pairing has come.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum PairingStage {
    #[n(0)]
    Waiting,
    // 1 was a stage before the claim, and stays unused.
    /// A device that has the secret shows a code, which has to be typed.
    #[n(2)]
    Claimed(#[n(0)] Claiming),
    /// The code was right; the device is about to keep its key.
    #[n(3)]
    Approved,
    #[n(4)]
    Paired(#[n(0)] Box<DeviceInfo>),
    /// It came to nothing: why, and the next step.
    #[n(5)]
    Over(#[cbor(n(0), with = "crate::wire::texts::line")] String),
}

/// What became of a typed code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum CodeVerdict {
    #[n(0)]
    Right,
    /// Not six digits; does not count.
    #[n(1)]
    NoCode,
    #[n(2)]
    Wrong {
        /// Tries.
        #[n(0)]
        left: u8,
    },
    /// That was the last try.
    #[n(3)]
    Burned,
    /// No device shows a code yet.
    #[n(4)]
    Unclaimed,
    /// The pairing is over, or was approved already.
    #[n(5)]
    Over,
}

/// A paired device. Times are milliseconds since the Unix epoch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct DeviceInfo {
    #[n(0)]
    pub id: DeviceId,
    #[cbor(n(1), with = "crate::wire::texts::device")]
    pub name: String,
    #[cbor(n(2), with = "crate::wire::fields::device_kind")]
    pub kind: DeviceKind,
    #[n(3)]
    pub grant: Grant,
    #[n(4)]
    pub paired: u64,
    /// When it last came, and from where.
    #[n(5)]
    pub seen: Option<u64>,
    #[cbor(n(6), with = "crate::wire::texts::device", has_nil)]
    pub from: Option<String>,
    /// Its links at this moment.
    #[n(7)]
    pub links: u32,
    /// If not, it ends with its program.
    #[n(8)]
    pub durable: bool,
    /// Why it is not let in now, if so.
    #[cbor(n(9), with = "crate::wire::texts::line", has_nil)]
    pub fault: Option<String>,
}

/// How a device is changed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum DeviceEdit {
    #[n(0)]
    Name(#[cbor(n(0), with = "crate::wire::texts::name")] String),
    /// Its rights from now on; its links end and come back.
    #[n(1)]
    Grant {
        #[n(0)]
        grant: Grant,
        /// Milliseconds from now on at which they end by the daemon's clock, whatever `grant` says of
        /// it.
        #[n(1)]
        lasts: Option<u64>,
    },
}

/// Devices that do nothing any more.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Revoked {
    /// How many.
    #[n(0)]
    pub devices: u32,
    /// Sessions whose keeper did not confirm it in time.
    #[cbor(n(1), with = "crate::wire::lists::lines")]
    pub unconfirmed: Vec<String>,
    /// What a person should know besides.
    #[cbor(n(2), with = "crate::wire::texts::line", has_nil)]
    pub warning: Option<String>,
}

/// Something that concerns security and has happened.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct AuditRow {
    /// Ascending, never used again.
    #[n(0)]
    pub number: u64,
    #[n(1)]
    pub time: u64,
    /// Who did it: `local`, a device, or a stranger's address.
    #[cbor(n(2), with = "crate::wire::texts::line")]
    pub actor: String,
    #[cbor(n(3), with = "crate::wire::texts::line")]
    pub action: String,
    /// To what.
    #[cbor(n(4), with = "crate::wire::texts::line")]
    pub target: String,
    #[cbor(n(5), with = "crate::wire::texts::line")]
    pub detail: String,
}
