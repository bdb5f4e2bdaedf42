//! Snapshots for the tests of pure modules.

use std::sync::Arc;

use abide_protocol::{LineNo, Revision, Row, Size, Snapshot};

/// A blank screen of 3x2 with this revision counter.
pub(crate) fn snapshot(counter: u64) -> Arc<Snapshot> {
    Arc::new(Snapshot {
        revision: Revision {
            incarnation: 1,
            counter,
        },
        size: Size::clamped(3, 2),
        book: abide_protocol::Book::Main,
        rows: vec![Row::blank(), Row::blank()],
        cursor: abide_protocol::Cursor::default(),
        modes: abide_protocol::Modes::default(),
        title: "".into(),
        directory: "".into(),
        progress: abide_protocol::Progress::None,
        palette: Arc::default(),
        top: LineNo(0),
        sealed: LineNo(0),
        first: LineNo(0),
        floor: LineNo(0),
    })
}
