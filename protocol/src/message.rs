//! The conversation. One enum per direction; the same two serve client–keeper, client–daemon and
//! daemon–keeper links. Requests carry an id, and their answer carries it back.

use minicbor::{Decode, Encode};
use std::sync::Arc;

use crate::ids::{
    Book, DeviceId, EventNo, InputSeq, LineNo, RequestId, Revision, SessionId, Size, StreamId,
    ViewerId,
};
use crate::input::InputEvent;
use crate::row::Row;
use crate::snapshot::{Palette, Snapshot};
use crate::update::Update;

/// First message of each side. Nobody sends what the other side's `capabilities` did not list.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Hello {
    /// Protocol versions that this side speaks, ascending.
    #[cbor(n(0), with = "crate::wire::lists::list")]
    pub versions: Vec<u32>,
    /// Named capabilities beyond the version.
    #[cbor(n(1), with = "crate::wire::lists::lines")]
    pub capabilities: Vec<String>,
    /// What this side is, for messages to people: `abide 0.1.0`.
    #[cbor(n(2), with = "crate::wire::texts::line")]
    pub agent: String,
    /// Capabilities without which this side cannot work; a miss is a typed refusal.
    #[cbor(n(3), with = "crate::wire::lists::lines")]
    pub required: Vec<String>,
}

/// What the viewer's terminal looks like, as far as it is known.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct TerminalLook {
    #[n(0)]
    pub palette: Palette,
    /// The user prefers dark; `None` if unknown.
    #[n(1)]
    pub dark: Option<bool>,
    /// Pixels of one cell (width, height), if known.
    #[n(2)]
    pub cell: Option<(u16, u16)>,
}

/// Rights of a viewer. Local clients have all; the daemon narrows them for devices.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Limits {
    /// May see the live screen.
    #[n(0)]
    pub see: bool,
    /// May type.
    #[n(1)]
    pub type_: bool,
    /// May hold the size.
    #[n(2)]
    pub size: bool,
    /// May read no history below this row; `None`: no bound but `first`.
    #[n(3)]
    pub floor: Option<LineNo>,
}

impl Limits {
    pub const ALL: Self = Self {
        see: true,
        type_: true,
        size: true,
        floor: None,
    };
}

/// What an attachment wants of the session's size.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum SizeWish {
    /// Never drive.
    #[n(0)]
    Watch,
    /// Drive if nobody else does.
    #[n(1)]
    IfFree,
    /// Take it from whoever has it.
    #[n(2)]
    Take,
}

/// Opens a viewer.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Attach {
    #[n(0)]
    pub session: SessionId,
    #[n(1)]
    pub stream: StreamId,
    /// Last revision this client has, to be sent one update instead of a snapshot.
    #[n(2)]
    pub have: Option<Revision>,
    /// Last event this client has; `None`: none older than the attach.
    #[n(3)]
    pub event: Option<EventNo>,
    #[n(4)]
    pub size: Size,
    #[n(5)]
    pub wish: SizeWish,
    /// For people: host or device name shown when this viewer drives.
    #[cbor(n(6), with = "crate::wire::texts::name")]
    pub name: String,
    /// Frames are wanted; `false` for a viewer that only types.
    #[n(7)]
    pub frames: bool,
    /// This viewer fills a native scrollback, which holds all rows below this number.
    /// `None`: no tail is sent.
    #[n(8)]
    pub printed: Option<LineNo>,
    /// Rows of history to bring before the first snapshot, counted from `top` (fresh attach).
    #[n(9)]
    pub history: u64,
    #[n(10)]
    pub look: TerminalLook,
    /// Set by the daemon only: the device behind this viewer, and its rights.
    #[n(11)]
    pub device: Option<DeviceId>,
    #[n(12)]
    pub limits: Limits,
    /// Path of the user's ssh agent socket, from a native client on the session's machine: the
    /// session's `SSH_AUTH_SOCK` leads there from now on.
    #[n(13)]
    pub ssh_auth_sock: Option<String>,
}

/// One environment variable; bytes, since Unix has no encoding for them.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct EnvVar {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub name: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub value: Vec<u8>,
}

/// A resource limit as `setrlimit` takes it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ResourceLimit {
    #[n(0)]
    pub resource: u32,
    #[n(1)]
    pub soft: u64,
    #[n(2)]
    pub hard: u64,
}

/// What to run and how.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Spec {
    /// `None`: the daemon makes one up from the command.
    #[cbor(n(0), with = "crate::wire::texts::name", has_nil)]
    pub name: Option<String>,
    /// Empty: the user's login shell.
    #[cbor(n(1), with = "crate::wire::lists::arguments")]
    pub command: Vec<Vec<u8>>,
    /// Absolute.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub directory: Vec<u8>,
    /// `None`: the environment of the user's login shell, found by the daemon.
    #[cbor(n(3), with = "crate::wire::lists::list", has_nil)]
    pub environment: Option<Vec<EnvVar>>,
    /// Added last.
    #[cbor(n(4), with = "crate::wire::lists::list")]
    pub extra_environment: Vec<EnvVar>,
    #[n(5)]
    pub umask: Option<u32>,
    #[cbor(n(6), with = "crate::wire::lists::list")]
    pub resource_limits: Vec<ResourceLimit>,
    #[n(7)]
    pub size: Option<Size>,
    #[n(8)]
    pub look: TerminalLook,
}

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
    /// Rows of history kept, and the bytes they take.
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
}

/// How much of a session `capture` returns.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct CaptureRange {
    /// Rows of history before the screen, at most; `u64::MAX` for all.
    #[n(0)]
    pub history: u64,
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
    /// A kind this build does not know: answered `Unsupported`.
    #[n(65535)]
    Unknown,
}

/// From clients to keepers and the daemon (and from the daemon to keepers).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ToServer {
    Hello(Hello),
    Request {
        id: RequestId,
        request: Request,
    },
    Attach(Box<Attach>),
    Detach,
    Input {
        stream: StreamId,
        seq: InputSeq,
        event: InputEvent,
    },
    /// This revision has been painted (or, with a page, is visible).
    Ack {
        revision: Revision,
    },
    /// The viewer's terminal has this size now.
    Resize {
        size: Size,
    },
    /// Takes or gives back the size.
    Drive {
        take: bool,
    },
    /// The viewer's terminal has the keyboard focus.
    Focus {
        focused: bool,
    },
    /// The viewer's terminal looks different now.
    Look(TerminalLook),
    /// The native scrollback holds all rows below this number; `None`: it is not being fed now
    /// (sizes differ, or the alternate screen is shown).
    Printed {
        printed: Option<LineNo>,
    },
    /// The viewer lost track (an update did not fit): send a snapshot.
    Resync,
    /// A kind this build does not know; ignored.
    Unknown,
}

/// What belongs to one viewer and travels in front of an update.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct ViewerHeader {
    /// All input of this viewer's stream up to here has been applied and, as far as the keeper
    /// can tell, is visible in this state.
    #[n(0)]
    pub applied: InputSeq,
    /// Rows for the native scrollback.
    #[n(2)]
    pub tail: Option<Tail>,
    /// Events after the viewer's last.
    #[cbor(n(1), with = "crate::wire::lists::events")]
    pub events: Vec<(EventNo, Event)>,
}

/// Rows that left the top of the main screen, in order, for a native scrollback.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Tail {
    /// Number of the first row in `rows`.
    #[n(0)]
    pub from: LineNo,
    /// Rows that will not come because there were too many; one line tells the user.
    #[n(1)]
    pub skipped: u64,
    #[cbor(n(2), with = "crate::wire::rows")]
    pub rows: Vec<Arc<Row>>,
}

/// What happens rather than is.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Event {
    #[n(0)]
    Bell,
    /// OSC 52 copy; goes to the viewer that typed last.
    #[n(1)]
    Clipboard {
        /// `c` clipboard, `p` primary, as the program named them.
        #[cbor(n(0), with = "crate::wire::texts::line")]
        selection: String,
        #[cbor(n(1), with = "minicbor::bytes")]
        content: Vec<u8>,
    },
    /// OSC 9, 777, 99.
    #[n(2)]
    Notification {
        #[cbor(n(0), with = "crate::wire::texts::line")]
        title: String,
        #[cbor(n(1), with = "crate::wire::texts::prose")]
        body: String,
    },
    /// Of the keeper's own: a line for the user.
    #[n(3)]
    Notice(#[cbor(n(0), with = "crate::wire::texts::line")] String),
    /// A kind this build does not know; skipped.
    #[n(65535)]
    Unknown,
}

/// Why a request could not be done; decides the client's exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum FailKind {
    /// No session has this name or id.
    #[n(0)]
    NotFound,
    /// The name or prefix fits several.
    #[n(1)]
    Ambiguous,
    /// A living session has this name.
    #[n(2)]
    NameTaken,
    /// The request makes no sense (size, name, directory, program).
    #[n(3)]
    Invalid,
    /// The session's state does not allow it.
    #[n(4)]
    State,
    /// Rights are missing.
    #[n(5)]
    Forbidden,
    /// A resource is used up (disk, PTYs, viewers, memory).
    #[n(6)]
    Exhausted,
    /// The peer does not know this request.
    #[n(7)]
    Unsupported,
    /// A fault of ours or the system's.
    #[n(8)]
    Internal,
}

/// A failure as one line: what failed, why, and the next step.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Failure {
    #[cbor(n(0), with = "crate::wire::fields::fail_kind")]
    pub kind: FailKind,
    #[cbor(n(1), with = "crate::wire::texts::line")]
    pub line: String,
}

/// What became of one input message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum InputRefusal {
    /// The queue is full: send it again later.
    #[n(0)]
    Busy,
    /// The keeper does not know this stream any more: show what is unsent, do not resend.
    #[n(1)]
    StreamLost,
    /// Multi-line text for a program without bracketed paste.
    #[n(2)]
    NeedsConfirm,
    /// No right to type.
    #[n(3)]
    Forbidden,
    /// A later Ctrl-C of the same stream discarded it.
    #[n(4)]
    Discarded,
}

/// Who drives, and how this viewer stands to it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Driver {
    /// Name of the driving viewer; `None`: nobody.
    #[cbor(n(0), with = "crate::wire::texts::name", has_nil)]
    pub name: Option<String>,
    /// The driver is the viewer this message goes to.
    #[n(1)]
    pub you: bool,
    #[n(2)]
    pub size: Size,
}

/// The daemon about itself.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct DaemonStatus {
    #[n(0)]
    pub pid: u32,
    #[cbor(n(1), with = "crate::wire::texts::line")]
    pub version: String,
    #[n(2)]
    pub started: u64,
    #[n(3)]
    pub living: u32,
    #[n(4)]
    pub ended: u32,
    /// Things a person should know (disk full, registry rebuilt), one line each.
    #[cbor(n(5), with = "crate::wire::lists::lines")]
    pub warnings: Vec<String>,
}

/// Answers to requests.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Answer {
    #[n(0)]
    Done,
    #[n(1)]
    Failed(#[n(0)] Failure),
    #[n(2)]
    Sessions(#[cbor(n(0), with = "crate::wire::lists::list")] Vec<SessionInfo>),
    #[n(3)]
    Session(#[n(0)] Box<SessionInfo>),
    /// The screen as presented, with the history rows before it.
    #[n(4)]
    Captured {
        #[cbor(n(0), with = "crate::wire::rows")]
        history: Vec<Arc<Row>>,
        #[cbor(n(1), with = "crate::wire::fields::checked")]
        snapshot: Box<Snapshot>,
    },
    #[n(5)]
    Rows {
        #[n(0)]
        from: LineNo,
        #[cbor(n(1), with = "crate::wire::rows")]
        rows: Vec<Arc<Row>>,
    },
    #[n(6)]
    Exited(#[n(0)] ExitStatus),
    #[n(7)]
    Status(#[n(0)] DaemonStatus),
    #[n(8)]
    Environment(#[cbor(n(0), with = "crate::wire::lists::list")] Vec<EnvVar>),
    /// A kind this build does not know.
    #[n(65535)]
    Unknown,
}

/// From keepers and the daemon to clients (and from keepers to the daemon).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ToClient {
    Hello(Hello),
    Answer {
        id: RequestId,
        answer: Answer,
    },
    /// The viewer is open. `applied` is the last input of its stream that was applied.
    Attached {
        viewer: ViewerId,
        applied: InputSeq,
        event: EventNo,
        info: Box<SessionInfo>,
    },
    /// A whole state: fresh attach or resync.
    Snapshot {
        header: Box<ViewerHeader>,
        snapshot: Box<Snapshot>,
    },
    Update {
        header: Box<ViewerHeader>,
        update: Box<Update>,
    },
    /// A header alone: more tail, events or acknowledgements without a new state.
    Header(Box<ViewerHeader>),
    Driver(Driver),
    Refused {
        stream: StreamId,
        seq: InputSeq,
        why: InputRefusal,
    },
    /// The program ended; after this the link may close.
    Ended {
        status: ExitStatus,
    },
    /// From a keeper to the daemon, at most once a second.
    Summary(Box<SessionInfo>),
    /// The attach or the whole link cannot go on.
    Closed(Failure),
    /// A kind this build does not know; skipped.
    Unknown,
}
