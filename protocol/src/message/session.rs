//! What is told of a session.

use minicbor::{Decode, Encode};

use super::answer::LostRows;
use crate::ids::{Revision, SessionId, Size};

/// How a session's program ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum ExitStatus {
    #[n(0)]
    Code(#[n(0)] i32),
    #[n(1)]
    Signal(#[n(0)] i32),
    /// Nobody was there to see it (the machine went down, the keeper was killed).
    #[n(2)]
    Lost,
}

/// A session's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum SessionState {
    #[n(0)]
    Starting,
    #[n(1)]
    Running,
    #[n(2)]
    Ended(#[n(0)] ExitStatus),
}

/// What lists and `info` show. Times are milliseconds since the Unix epoch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct SessionInfo {
    #[n(0)]
    pub id: SessionId,
    #[cbor(n(1), with = "crate::wire::texts::name")]
    pub name: String,
    /// The command line, for people.
    #[cbor(n(2), with = "crate::wire::texts::line")]
    pub command: String,
    /// Where the program is (OSC 7), else where it was started.
    #[cbor(n(3), with = "crate::wire::texts::line")]
    pub directory: String,
    #[n(4)]
    pub state: SessionState,
    #[n(5)]
    pub size: Size,
    /// Name of the viewer that holds the size.
    #[cbor(n(6), with = "crate::wire::texts::name", has_nil)]
    pub driver: Option<String>,
    #[n(7)]
    pub viewers: u32,
    #[n(8)]
    pub created: u64,
    #[n(9)]
    pub active: u64,
    #[cbor(n(10), with = "crate::wire::texts::line")]
    pub title: String,
    /// Text of the lowest row that is not blank.
    #[cbor(n(11), with = "crate::wire::texts::line")]
    pub last_line: String,
    #[n(12)]
    pub bells: u64,
    /// Process id of the program's leader.
    #[n(13)]
    pub pid: Option<u32>,
    /// Process id of the keeper.
    #[n(14)]
    pub keeper: Option<u32>,
    #[n(15)]
    pub revision: Revision,
    /// Times the screen had to be rebuilt after a fault in the engine.
    #[n(16)]
    pub rebuilt: u32,
    /// Rows of history kept, and the bytes they take in memory.
    #[n(17)]
    pub history_rows: u64,
    #[n(18)]
    pub history_bytes: u64,
    /// When it ended.
    #[n(19)]
    pub ended: Option<u64>,
    /// Path of the program's terminal, for the nesting check.
    #[cbor(n(20), with = "crate::wire::texts::line", has_nil)]
    pub tty: Option<String>,
    /// Bytes the program has written.
    #[n(21)]
    pub bytes: u64,
    /// Last use by a person (attach or input), to find "the one most recently used".
    #[n(22)]
    pub used: u64,
    /// The session's programs may use Abide as the user does; `None`: its keeper does not say.
    #[n(23)]
    pub trusted: Option<bool>,
    /// The keeper is under Landlock; `None`: it does not say.
    #[n(24)]
    pub confined: Option<bool>,
    /// Bytes of history on the disk; `None`: its keeper does not say.
    #[n(25)]
    pub history_stored: Option<u64>,
    /// Updates that its viewers were sent, and how many of them were made: viewers who have the same
    /// are sent the same. `None`: its keeper does not say.
    #[n(26)]
    pub updates_sent: Option<u64>,
    #[n(27)]
    pub updates_made: Option<u64>,
    /// Rows of history that cannot be read, as far as somebody has tried; `None`: its keeper does
    /// not say.
    #[n(28)]
    pub history_lost: Option<LostRows>,
}

impl SessionInfo {
    /// A session that begins, of which nothing else is known yet.
    pub fn named(id: SessionId, name: String) -> Self {
        Self {
            id,
            name,
            command: String::new(),
            directory: String::new(),
            state: SessionState::Starting,
            size: Size::DEFAULT,
            driver: None,
            viewers: 0,
            created: 0,
            active: 0,
            title: String::new(),
            last_line: String::new(),
            bells: 0,
            pid: None,
            keeper: None,
            revision: Revision::default(),
            rebuilt: 0,
            history_rows: 0,
            history_bytes: 0,
            ended: None,
            tty: None,
            bytes: 0,
            used: 0,
            trusted: None,
            confined: None,
            history_stored: None,
            updates_sent: None,
            updates_made: None,
            history_lost: None,
        }
    }
}
