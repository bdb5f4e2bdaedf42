//! An update: what turns one snapshot into a later one.

use std::sync::Arc;

use crate::ids::{Book, LineNo, Revision, Size};
use crate::row::Row;
use crate::snapshot::{Cursor, Modes, Palette, Progress};

/// The new row list is built from the old one, segment by segment, top to bottom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Segment {
    /// `count` rows of the old list, from index `from` on.
    Copy { from: u16, count: u16 },
    /// New rows.
    Rows(Vec<Arc<Row>>),
    /// Old row `from`, with the cells `[column, column + patch.cells())` replaced by `patch`.
    /// With `tail` the old cells after them stay, else the row ends there. `patch` is not trimmed
    /// and carries the new row's `wrapped` and marks.
    Patch {
        from: u16,
        column: u16,
        tail: bool,
        patch: Arc<Row>,
    },
}

/// From the snapshot with revision `from` to the one with revision `to`. A field is `None` where
/// nothing changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Update {
    pub from: Revision,
    pub to: Revision,
    pub segments: Vec<Segment>,
    pub size: Option<Size>,
    pub book: Option<Book>,
    pub cursor: Option<Cursor>,
    pub modes: Option<Modes>,
    pub title: Option<Arc<str>>,
    pub directory: Option<Arc<str>>,
    pub progress: Option<Progress>,
    pub palette: Option<Arc<Palette>>,
    pub top: Option<LineNo>,
    pub sealed: Option<LineNo>,
    pub first: Option<LineNo>,
    pub floor: Option<LineNo>,
}
