//! Bounds of what strangers can take, with their reasons.

use std::time::Duration;

/// Bytes of a WebSocket message, and of a frame, at most: one message of the channel fits.
pub(super) const MAX_MESSAGE: usize = 64 << 10;
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
