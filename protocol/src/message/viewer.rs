//! What belongs to one viewer.

use minicbor::{Decode, Encode};
use std::sync::Arc;

use crate::ids::{EventNo, InputSeq, LineNo, Size};
use crate::row::Row;

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
