//! Every bound of the protocol: a constant with its unit and its reason.

/// Columns or rows of a session at most.
pub const MAX_SIDE: u16 = 1000;
/// Bytes of a title at most; longer ones are cut at a character.
pub const MAX_TITLE: usize = 1024;
/// Bytes of a directory (OSC 7) at most; `PATH_MAX` on Linux. Longer ones are ignored.
pub const MAX_DIRECTORY: usize = 4096;
/// Bytes of a link's URI at most; longer links are dropped, their text stays.
pub const MAX_URI: usize = 2083;
/// Bytes of a link's id at most; longer links are dropped, their text stays.
pub const MAX_LINK_ID: usize = 256;
/// Bytes of one grapheme cluster at most; further combining characters are dropped.
pub const MAX_CLUSTER: usize = 64;
/// Bytes of the different links of one row together at most (ids and URIs); further links are
/// dropped, their text stays. Room for seven of the longest, or a row full of usual ones.
pub const MAX_ROW_LINKS: usize = 16 << 10;
/// Marks of one row at most; further ones are dropped.
pub const MAX_MARKS: usize = 8;
/// Bytes of a session's name at most.
pub const MAX_NAME: usize = 64;
/// Bytes of a device's or viewer's name at most; what is longer is refused in words.
pub const MAX_LINE: usize = 4096;
/// Bytes of a text for people at most (a command line, a failure, a notification).
pub const MAX_PROSE: usize = 128 << 10;
/// Items of one list in a message at most (environment, arguments, sessions, keys): a peer's
/// small item becomes a value many times its size.
pub const MAX_LIST: usize = 1 << 16;
/// Bytes of one paste or submitted text at most.
pub const MAX_PASTE: usize = 1 << 20;
/// Bytes of a clipboard event at most; larger copies are dropped with a notice.
pub const MAX_CLIPBOARD: usize = 128 << 10;
/// Bytes of a notification's title and body together at most.
pub const MAX_NOTIFICATION: usize = 4096;
/// Messages above this many bytes travel in parts.
pub const PART: usize = 32 << 10;
/// Bytes of a whole message to a client at most.
pub const MAX_TO_CLIENT: usize = 256 << 20;
/// Bytes of a whole message to a keeper or daemon at most.
pub const MAX_TO_SERVER: usize = 4 << 20;
/// Events kept in a session's ring at most.
pub const EVENT_RING: usize = 64;
/// Bytes of a session's event ring at most.
pub const EVENT_RING_BYTES: usize = 256 << 10;
/// Rows that leave the top and travel with an update at most; beyond, the tail waits.
pub const TAIL_ROWS: u64 = 512;
/// Encoded bytes of tail rows that travel with an update at most.
pub const TAIL_BYTES: usize = 64 << 10;
/// Newest rows that come after a gap at most.
pub const TAIL_AFTER_GAP: u64 = 10_000;
/// Unacknowledged frames of one viewer at most.
pub const FRAMES_IN_FLIGHT: usize = 2;
/// Unacknowledged bytes of one viewer at most (or one message).
pub const BYTES_IN_FLIGHT: usize = 64 << 10;
/// Input streams that a keeper remembers at most.
pub const STREAMS: usize = 256;
/// Acknowledged snapshots kept for viewers that left, per session, at most.
pub const DEPARTED: usize = 16;
/// Bytes queued for a PTY at most; beyond, input is answered `Busy`.
pub const PTY_QUEUE: usize = 256 << 10;
/// Viewers of one session at most; beyond, an attach is refused.
pub const VIEWERS: usize = 256;
/// Rows of one history request at most.
pub const ROWS_PER_REQUEST: u64 = 2000;
