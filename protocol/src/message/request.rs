//! What can be asked.

use minicbor::{Decode, Encode};

use super::spec::Spec;
use crate::ids::{Book, DeviceId, LineNo, SessionId};

/// How much of a session `capture` returns.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct CaptureRange {
    /// Rows of history before the screen, at most; `u64::MAX` for all.
    #[n(0)]
    pub history: u64,
}

/// What to look for in a session's main screen and the history above it. A match never spans
/// logical lines (rows joined where they are soft-wrapped); empty matches do not count.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Search {
    /// In the syntax of the `regex` crate.
    #[cbor(n(0), with = "crate::wire::texts::pattern")]
    pub pattern: String,
    #[n(1)]
    pub ignore_case: bool,
    /// The row where the search begins: the first that may hold a match (forwards) or the last
    /// (backwards). `None`: the oldest, or the newest.
    #[n(2)]
    pub from: Option<LineNo>,
    /// Towards older rows; hits come in this order.
    #[n(3)]
    pub backwards: bool,
    /// Hits at most; the keeper takes no more than [`SEARCH_HITS`](crate::limits::SEARCH_HITS).
    #[n(4)]
    pub limit: u32,
}

/// How a session is brought to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum EndHow {
    /// Hang-up, after 5 s terminate, after 5 s kill; to the process group.
    #[n(0)]
    Stop,
    /// Kill at once.
    #[n(1)]
    Kill,
}

/// Everything that can be asked with an id and is answered with one.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Request {
    /// To the daemon: all sessions. To a keeper: its own.
    #[n(0)]
    List,
    #[n(1)]
    Info {
        #[n(0)]
        session: SessionId,
    },
    /// To the daemon. The answer is `Created` when the program runs.
    #[n(2)]
    New {
        #[n(0)]
        spec: Box<Spec>,
    },
    #[n(3)]
    Capture {
        #[n(0)]
        session: SessionId,
        #[n(1)]
        range: CaptureRange,
    },
    /// Rows of history, `[from, from + count)`, cut to what is kept.
    #[n(4)]
    Rows {
        #[n(0)]
        session: SessionId,
        #[n(1)]
        book: Book,
        #[n(2)]
        from: LineNo,
        #[n(3)]
        count: u64,
    },
    /// Answered when the session has ended.
    #[n(5)]
    Wait {
        #[n(0)]
        session: SessionId,
    },
    #[n(6)]
    End {
        #[n(0)]
        session: SessionId,
        #[n(1)]
        how: EndHow,
    },
    #[n(7)]
    Rename {
        #[n(0)]
        session: SessionId,
        #[cbor(n(1), with = "crate::wire::texts::name")]
        name: String,
    },
    /// Ended sessions only.
    #[n(8)]
    Remove {
        #[n(0)]
        session: SessionId,
    },
    /// Deletes the history above the screen.
    #[n(9)]
    Clear {
        #[n(0)]
        session: SessionId,
    },
    /// To the daemon: about itself.
    #[n(10)]
    Status,
    /// To the daemon: leave; keepers go on.
    #[n(11)]
    Shutdown,
    /// From the daemon to a keeper: push `Summary` from now on.
    #[n(12)]
    Subscribe,
    /// From the daemon to a keeper: drop this device's viewers and queued input.
    #[n(13)]
    Cut {
        #[n(0)]
        device: DeviceId,
    },
    /// The environment the daemon found by the user's login shell (`doctor`).
    #[n(14)]
    LoginEnvironment,
    /// Answered `Found`. A link has one search at a time: a later one cancels it.
    #[n(15)]
    Search {
        #[n(0)]
        session: SessionId,
        #[n(1)]
        query: Search,
    },
    /// From now on, and until it ends, the session's programs may use Abide as the user does
    /// (`trusted`), or no more than report on their own session. Never granted to a program in a
    /// session.
    #[n(16)]
    Trust {
        #[n(0)]
        session: SessionId,
        #[n(1)]
        trusted: bool,
    },
    /// A kind this build does not know: answered `Unsupported`.
    #[n(65535)]
    Unknown,
}
