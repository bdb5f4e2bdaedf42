//! The conversation. One enum per direction; the same two serve client–keeper, client–daemon and
//! daemon–keeper links. Requests carry an id, and their answer carries it back.

mod answer;
mod attach;
mod device;
mod request;
mod session;
mod share;
mod spec;
mod viewer;

use minicbor::{Decode, Encode};

use crate::grant::Grant;
use crate::ids::{EventNo, InputSeq, LineNo, RequestId, Revision, Size, StreamId, ViewerId};
use crate::input::InputEvent;
use crate::snapshot::Snapshot;
use crate::update::Update;

pub use answer::{Answer, DaemonStatus, FailKind, Failure, Hit, LostRows};
pub use attach::{Attach, Behalf, Limits, SizeWish, TerminalLook};
pub use device::{
    AuditRow, Claiming, CodeVerdict, DeviceEdit, DeviceInfo, DeviceKind, PairingOffer,
    PairingStage, Revoked, Ticket,
};
pub use request::{CaptureRange, EndHow, Request, Search};
pub use session::{ExitStatus, SessionInfo, SessionState};
pub use share::{CertificateInfo, ShareChange, ShareInfo};
pub use spec::{EnvVar, ResourceLimit, Spec};
pub use viewer::{Driver, Event, InputRefusal, Tail, ViewerHeader};

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
    /// From the daemon to a keeper, before any request: whose requests this link carries.
    Behalf(Behalf),
    /// A kind this build does not know; ignored.
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
    /// From the daemon to a device: something that its user should know, in one line.
    Notice(String),
    /// From the daemon to a device, after the hellos: what it may do as long as this link lasts.
    Granted(Grant),
    /// From the daemon to a page whose certificate has to be renewed: how long it is still good, and
    /// what to do, in one line. It holds until the next one; `None`: nothing is to be done any more.
    PageEnds(Option<String>),
    /// A kind this build does not know; skipped.
    Unknown,
}
