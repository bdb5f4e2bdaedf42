//! Bounds of what strangers can take, with their reasons.

use std::time::Duration;

use abide_protocol::channel::limits::MAX_EARLY;

/// Bytes of a WebSocket message, and of a frame, at most: one message of the channel fits.
pub(super) const MAX_MESSAGE: usize = 64 << 10;
/// Bytes that a stranger may send for each message: the longest early one, with its frame and some
/// pings.
pub(super) const RATION: usize = MAX_EARLY + 1024;
/// Bytes that a connection reads at once: a paired device sends keys, a stranger gets no more.
pub(super) const READ_BUFFER: usize = 4 << 10;
/// Bytes that wait to be written to one peer at most: the longest message, twice.
pub(super) const WRITE_BUFFER: usize = 2 * MAX_MESSAGE + (4 << 10);
/// Each stage before authentication: TLS, the HTTP request, each message of the handshake.
pub(super) const STAGE: Duration = Duration::from_secs(5);
/// All stages together.
pub(super) const STRANGER: Duration = Duration::from_secs(10);
/// A peer that was told that it is over is listened to no longer than this.
pub(super) const FAREWELL: Duration = Duration::from_secs(1);
/// Half open connections at once at most; one more closes the oldest. With 32 KiB each, 256 MiB.
pub(super) const MAX_STRANGERS: usize = 8192;
/// Of them, from one address.
pub(super) const STRANGERS_EACH: usize = 32;
/// Connections from one address in a row, of those that do not become known: many pages.
pub(super) const ARRIVALS: u32 = 256;
/// Time after which it may have another one: 16 handshakes a second are less than a fiftieth of a
/// processor.
pub(super) const ARRIVALS_EACH: Duration = Duration::from_millis(1000 / 16);
/// Addresses remembered at most, some 100 bytes each.
pub(super) const MAX_ADDRESSES: usize = 1 << 15;
/// Bytes of a request's head at most; beyond, it is answered 431.
pub(super) const MAX_HEAD: usize = 8 << 10;
/// Fields of a request's head at most.
pub(super) const MAX_FIELDS: usize = 64;
/// A page goes to a slow peer for no longer than this.
pub(super) const RESPONSE: Duration = Duration::from_secs(30);
/// Bytes of a file with a certificate or key that are read at most.
pub(super) const MAX_PEM: u64 = 1 << 20;
/// Left of a certificate's life when it should be renewed; of a short life, a third.
pub(super) const RENEWAL: Duration = Duration::from_hours(14 * 24);
/// Files of a certificate are looked at no more often than this.
pub(super) const LOOK: Duration = Duration::from_secs(1);
/// Addresses that are listened on at most.
pub(super) const MAX_LISTEN: usize = 16;
/// Names of this machine at most.
pub(super) const MAX_NAMES: usize = 32;
/// Descriptors kept back for the user's own clients: one client, and what is opened to serve it.
pub(super) const RESERVE: usize = 16;
/// Connections that may wait to be accepted, for each address.
pub(super) const BACKLOG: u32 = 1024;
/// An address that could not be listened on is tried again after this: the network may be up.
pub(super) const RETRY: Duration = Duration::from_secs(10);
