//! What is answered.

use minicbor::{Decode, Encode};
use std::sync::Arc;

use super::device::{AuditRow, CodeVerdict, DeviceInfo, PairingStage, Revoked, Ticket};
use super::session::{ExitStatus, SessionInfo};
use super::share::ShareInfo;
use super::spec::EnvVar;
use crate::ids::LineNo;
use crate::row::Row;
use crate::snapshot::Snapshot;

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

/// Rows that are kept and cannot be read. Where rows are answered, each of them is blank.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct LostRows {
    /// How many; 0: all can be read.
    #[n(0)]
    pub rows: u64,
    /// The first of them, and the number after the last.
    #[n(1)]
    pub from: LineNo,
    #[n(2)]
    pub end: LineNo,
}

impl LostRows {
    /// All rows `[from, end)`.
    #[must_use]
    pub fn all(from: LineNo, end: LineNo) -> Self {
        Self {
            rows: end.since(from),
            from,
            end,
        }
    }

    /// `None`: there are none.
    #[must_use]
    pub fn some(self) -> Option<Self> {
        (self.rows > 0).then_some(self)
    }

    /// These and others.
    pub fn add(&mut self, others: Self) {
        if others.rows == 0 {
            return;
        }
        if self.rows == 0 {
            *self = others;
            return;
        }
        self.rows = self.rows.saturating_add(others.rows);
        self.from = self.from.min(others.from);
        self.end = self.end.max(others.end);
    }
}

/// One place that a search found.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Hit {
    /// The row with the match's first cell, and that cell's column.
    #[n(0)]
    pub start: LineNo,
    #[n(1)]
    pub column: u16,
    /// The row with the match's last cell, and the column behind that cell.
    #[n(2)]
    pub end: LineNo,
    #[n(3)]
    pub end_column: u16,
    /// Text of the logical line, cut around the match where it is longer than
    /// [`MAX_HIT_LINE`](crate::limits::MAX_HIT_LINE).
    #[cbor(n(4), with = "crate::wire::texts::hit_line")]
    pub line: String,
    /// Bytes of `line` before the match, and those of the match itself as far as `line` holds it.
    #[n(5)]
    pub before: u32,
    #[n(6)]
    pub length: u32,
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
        /// Rows of `history` that cannot be read.
        #[n(2)]
        lost: Option<LostRows>,
    },
    #[n(5)]
    Rows {
        #[n(0)]
        from: LineNo,
        #[cbor(n(1), with = "crate::wire::rows")]
        rows: Vec<Arc<Row>>,
        /// Those of them that cannot be read.
        #[n(2)]
        lost: Option<LostRows>,
    },
    #[n(6)]
    Exited(#[n(0)] ExitStatus),
    #[n(7)]
    Status(#[n(0)] DaemonStatus),
    #[n(8)]
    Environment(#[cbor(n(0), with = "crate::wire::lists::list")] Vec<EnvVar>),
    #[n(9)]
    Found {
        /// In the order of the search.
        #[cbor(n(0), with = "crate::wire::lists::list")]
        hits: Vec<Hit>,
        /// Where another search goes on from; `None`: the end was reached.
        #[n(1)]
        next: Option<LineNo>,
        /// Rows that were looked at.
        #[n(2)]
        searched: u64,
        /// Those of them that could not be read.
        #[n(3)]
        lost: Option<LostRows>,
    },
    #[n(10)]
    Share(#[n(0)] Box<ShareInfo>),
    #[n(11)]
    Ticket(#[n(0)] Box<Ticket>),
    #[n(12)]
    Pairing {
        /// Grows with each stage.
        #[n(0)]
        step: u64,
        #[n(1)]
        stage: PairingStage,
    },
    #[n(13)]
    Code(#[n(0)] CodeVerdict),
    #[n(14)]
    Devices(#[cbor(n(0), with = "crate::wire::lists::list")] Vec<DeviceInfo>),
    #[n(15)]
    Revoked(#[n(0)] Revoked),
    #[n(16)]
    Audit(#[cbor(n(0), with = "crate::wire::lists::list")] Vec<AuditRow>),
    /// A kind this build does not know.
    #[n(65535)]
    Unknown,
}
