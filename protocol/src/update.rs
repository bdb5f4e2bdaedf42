//! An update: what turns one snapshot into a later one.

use minicbor::{Decode, Encode};
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
    /// With `tail` the old cells after them stay, else the row ends there. Neither border may split
    /// a cluster of the old row. `patch` is not trimmed ([`crate::RowBuilder::finish_patch`]) and
    /// carries the new row's `wrapped` and all its marks; the new row is trimmed as any other.
    Patch {
        from: u16,
        column: u16,
        tail: bool,
        patch: Arc<Row>,
    },
    /// A kind this build does not know; applying it fails, and a resync follows.
    Unknown,
}

/// From the snapshot with revision `from` to the one with revision `to`. A field is `None` where
/// nothing changed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Update {
    #[n(0)]
    pub from: Revision,
    #[n(1)]
    pub to: Revision,
    #[cbor(n(2), with = "crate::wire::segments")]
    pub segments: Vec<Segment>,
    #[n(11)]
    pub size: Option<Size>,
    #[n(12)]
    pub book: Option<Book>,
    #[n(3)]
    pub cursor: Option<Cursor>,
    #[n(9)]
    pub modes: Option<Modes>,
    #[cbor(n(8), with = "crate::wire::texts::title", has_nil)]
    pub title: Option<Arc<str>>,
    #[cbor(n(13), with = "crate::wire::texts::directory", has_nil)]
    pub directory: Option<Arc<str>>,
    #[n(10)]
    pub progress: Option<Progress>,
    #[cbor(n(14), with = "crate::wire::fields::new_palette", has_nil)]
    pub palette: Option<Arc<Palette>>,
    #[n(4)]
    pub top: Option<LineNo>,
    #[n(5)]
    pub sealed: Option<LineNo>,
    #[n(6)]
    pub first: Option<LineNo>,
    #[n(7)]
    pub floor: Option<LineNo>,
}
