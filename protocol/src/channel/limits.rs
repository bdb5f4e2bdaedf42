//! Every bound of the channel: a constant with its unit and its reason.

use std::time::Duration;

use crate::limits;

/// Bytes of a clear hello at most.
pub const MAX_HELLO: usize = 256;
/// Versions that a hello lists at most.
pub const MAX_VERSIONS: usize = 16;
/// Bytes of any message before the device is authenticated at most, and of any whole message of a
/// pairing.
pub const MAX_EARLY: usize = 4 << 10;
/// Bytes of a whole message to the daemon at most.
pub const MAX_TO_DAEMON: usize = 64 << 10;
/// Bytes of a whole message to a device at most.
pub const MAX_TO_DEVICE: usize = 8 << 20;
/// Bytes of the kind in front of a part.
pub const KIND: usize = 2;
/// Bytes that a transport message adds to its part.
pub const TAG: usize = 16;
/// Bytes of a transport message at most: one part, its kind and its tag.
pub const MAX_TRANSPORT: usize = limits::PART + KIND + TAG;
/// Messages of one direction after which its key is replaced.
pub const REKEY_AFTER: u64 = 1 << 16;
/// Messages of one direction at most. The last one can only be an end.
pub const MAX_MESSAGES: u64 = 1 << 32;
/// How long a channel may be used.
pub const MAX_AGE: Duration = Duration::from_hours(24);
/// How much longer messages are taken than sent: the two ends count from different moments.
pub const AGE_GRACE: Duration = Duration::from_mins(1);

/// Tickets that may be open at a time.
pub const MAX_TICKETS: usize = 4;
/// Tickets of the past that are remembered, so that a late second claim is noticed.
pub const MAX_SPENT: usize = 16;
/// Wrong codes that burn a ticket.
pub const MAX_WRONG_CODES: u8 = 3;
/// How long a ticket shown as a picture may be claimed.
pub const PICTURE_TIME: Duration = Duration::from_mins(2);
/// How long a ticket given as a link may be claimed.
pub const LINK_TIME: Duration = Duration::from_mins(10);
/// How long the code may be typed after the first claim.
pub const CODE_TIME: Duration = Duration::from_mins(2);
/// How long a device may take to keep what it was given.
pub const STORE_TIME: Duration = Duration::from_secs(30);
/// Bytes of a pairing link at most.
pub const MAX_PAIRING_LINK: usize = 512;
/// Bytes of a host name at most.
pub const MAX_HOST: usize = 253;

const _: () = assert!(
    MAX_TRANSPORT <= 65_535,
    "a transport message has to fit Noise"
);
const _: () = assert!(
    MAX_EARLY < limits::PART,
    "an early message has to be one part"
);
