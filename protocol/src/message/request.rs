//! What can be asked.

use minicbor::{Decode, Encode};

use super::device::{DeviceEdit, PairingOffer};
use super::share::ShareChange;
use super::spec::Spec;
use crate::ids::{Book, DeviceId, LineNo, PairingNo, SessionId};

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
    /// Rows of history, `[from, from + count)`, cut to what is kept. While the alternate screen is
    /// shown, the main screen's rows down to the last that shows something are among them.
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
        /// Attachments that carry an earlier epoch are refused from now on.
        #[n(1)]
        epoch: Option<u64>,
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
    /// To the daemon: what is reachable over a network; with a change, after it. Answered `Share`.
    #[n(17)]
    Share {
        #[n(0)]
        change: Option<Box<ShareChange>>,
    },
    /// To the daemon, as all up to `Audit`: begins a pairing, which ends with this link. Answered
    /// `Ticket`.
    #[n(18)]
    Pair {
        #[n(0)]
        offer: Box<PairingOffer>,
    },
    /// Answered `Pairing` when the pairing has come further than step `seen`.
    #[n(19)]
    AwaitPairing {
        #[n(0)]
        pairing: PairingNo,
        #[n(1)]
        seen: u64,
    },
    /// The code that the new device shows, as a person typed it. Answered `Code`.
    #[n(20)]
    EnterCode {
        #[n(0)]
        pairing: PairingNo,
        #[cbor(n(1), with = "crate::wire::texts::line")]
        code: String,
    },
    /// Answered `Devices`.
    #[n(21)]
    Devices,
    #[n(22)]
    EditDevice {
        #[n(0)]
        device: DeviceId,
        #[n(1)]
        edit: DeviceEdit,
    },
    /// Answered `Revoked`; the device does nothing any more then. `None`: all devices, and the
    /// daemon gets a new key.
    #[n(23)]
    Revoke {
        #[n(0)]
        device: Option<DeviceId>,
    },
    /// Answered `Audit`: rows after the one with this number, oldest first, or the newest if there
    /// are more than `limit`.
    #[n(24)]
    Audit {
        #[n(0)]
        after: u64,
        #[n(1)]
        limit: u32,
        /// Answered when there is at least one, and of many with the first: who asks on misses none.
        #[n(2)]
        wait: bool,
    },
    /// From the daemon to a keeper: a line for all of its viewers.
    #[n(25)]
    Notify {
        #[cbor(n(0), with = "crate::wire::texts::line")]
        line: String,
    },
    /// To the daemon: its clock is right although it was set back, and what devices were granted ends
    /// by it from now on.
    #[n(26)]
    TrustClock,
    /// To the daemon: directories whose paths begin so; for a form in which a session is made. Nothing
    /// typed yet: those in the user's home. Answered `Directories`.
    #[n(27)]
    Directories {
        #[cbor(n(0), with = "crate::wire::texts::directory")]
        typed: String,
    },
    /// A kind this build does not know: answered `Unsupported`.
    #[n(65535)]
    Unknown,
}
