//! From a snapshot and an update to the later snapshot.
//!
//! The law: `apply(old, &diff(old, new)) == new`, for all snapshots. An update that fits no
//! snapshot is an error, never a panic and never a snapshot that breaks its own rules.

use std::sync::Arc;

use crate::ids::Revision;
use crate::row::{Row, RowBuilder};
use crate::snapshot::Snapshot;
use crate::update::{Segment, Update};
use crate::window::Window;

/// An update that does not fit. The viewer keeps what it has and asks for a resync.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    #[error("the update starts from revision {wanted:?}, the screen has {have:?}")]
    WrongBase { have: Revision, wanted: Revision },
    #[error("the update names rows that the screen does not have")]
    NoSuchRow,
    #[error("a patch lies outside its row, or splits a character")]
    BadPatch,
    #[error("the update has a segment that this build does not know")]
    UnknownSegment,
    #[error("the update makes a broken screen: {0}")]
    Broken(&'static str),
}

/// The snapshot that `update` turns `old` into.
///
/// # Errors
/// The update was not made from `old`, or is not one that [`crate::diff`] makes.
pub fn apply(old: &Snapshot, update: &Update) -> Result<Snapshot, ApplyError> {
    if update.from != old.revision {
        return Err(ApplyError::WrongBase {
            have: old.revision,
            wanted: update.from,
        });
    }
    let size = update.size.unwrap_or(old.size);
    let new = Snapshot {
        revision: update.to,
        size,
        book: update.book.unwrap_or(old.book),
        rows: rows(&old.rows, &update.segments, size.rows().into())?,
        cursor: update.cursor.unwrap_or(old.cursor),
        modes: update.modes.unwrap_or(old.modes),
        title: Arc::clone(update.title.as_ref().unwrap_or(&old.title)),
        directory: Arc::clone(update.directory.as_ref().unwrap_or(&old.directory)),
        progress: update.progress.unwrap_or(old.progress),
        palette: Arc::clone(update.palette.as_ref().unwrap_or(&old.palette)),
        top: update.top.unwrap_or(old.top),
        sealed: update.sealed.unwrap_or(old.sealed),
        first: update.first.unwrap_or(old.first),
        floor: update.floor.unwrap_or(old.floor),
    };
    new.check_frame().map_err(ApplyError::Broken)?;
    Ok(new)
}

fn rows(
    old: &[Arc<Row>],
    segments: &[Segment],
    height: usize,
) -> Result<Vec<Arc<Row>>, ApplyError> {
    let mut rows = Vec::with_capacity(height);
    let mut builder = RowBuilder::default();
    for segment in segments {
        let before = rows.len();
        match segment {
            Segment::Copy { from, count } => {
                let from = usize::from(*from);
                let copied = old.get(from..from.saturating_add((*count).into()));
                rows.extend_from_slice(copied.ok_or(ApplyError::NoSuchRow)?);
            }
            Segment::Rows(new) => rows.extend_from_slice(new),
            Segment::Patch {
                from,
                column,
                tail,
                patch,
            } => {
                let old = old.get(usize::from(*from)).ok_or(ApplyError::NoSuchRow)?;
                let row = patched(old, *column, *tail, patch, &mut builder);
                rows.push(Arc::new(row.ok_or(ApplyError::BadPatch)?));
            }
            Segment::Unknown => return Err(ApplyError::UnknownSegment),
        }
        // Each segment adds a row and none goes beyond the screen: this bounds the work, too.
        if rows.len() == before || rows.len() > height {
            return Err(ApplyError::Broken("its segments do not make its height"));
        }
    }
    Ok(rows)
}

/// `old` with the cells from `column` on replaced by `patch`; `None` if it does not fit.
fn patched(
    old: &Row,
    column: u16,
    tail: bool,
    patch: &Row,
    builder: &mut RowBuilder,
) -> Option<Row> {
    builder.clear();
    let window = Window::of(old);
    window.write_first(column, builder)?;
    Window::of(patch).write(builder);
    if tail {
        window
            .skip(column.checked_add(patch.cells())?)?
            .write(builder);
    }
    for mark in patch.marks() {
        builder.mark(*mark);
    }
    Some(builder.finish(patch.wrapped()))
}
