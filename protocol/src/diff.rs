//! From two snapshots to the update between them.
//!
//! The law: `apply(old, &diff(old, new)) == new`, for all snapshots.

use std::sync::Arc;

use crate::row::{Row, RowBuilder};
use crate::snapshot::Snapshot;
use crate::update::{Segment, Update};
use crate::window::{Window, common_prefix, common_suffix};

/// Cells that a patch has to keep of the old row; below, sending the row is as short.
const WORTH_A_PATCH: u16 = 8;

/// What turns `old` into `new`. Rows that did not change cost no allocation.
#[must_use]
pub fn diff(old: &Snapshot, new: &Snapshot) -> Update {
    debug_assert_eq!(new.check(), Ok(()), "what apply would refuse is not sent");
    Update {
        from: old.revision,
        to: new.revision,
        segments: segments(old, new),
        size: changed(&old.size, &new.size),
        book: changed(&old.book, &new.book),
        cursor: changed(&old.cursor, &new.cursor),
        modes: changed(&old.modes, &new.modes),
        title: changed(&old.title, &new.title),
        directory: changed(&old.directory, &new.directory),
        progress: changed(&old.progress, &new.progress),
        palette: changed(&old.palette, &new.palette),
        top: changed(&old.top, &new.top),
        sealed: changed(&old.sealed, &new.sealed),
        first: changed(&old.first, &new.first),
        floor: changed(&old.floor, &new.floor),
    }
}

fn changed<T: PartialEq + Clone>(old: &T, new: &T) -> Option<T> {
    (old != new).then(|| new.clone())
}

fn segments(old: &Snapshot, new: &Snapshot) -> Vec<Segment> {
    let mut search = Search::new(old, new);
    let mut segments = Segments::default();
    for (index, row) in new.rows.iter().enumerate() {
        match search.find(index, row) {
            Some(from) => segments.copy(from),
            None => match search.patch(index, row) {
                Some(patch) => segments.list.push(patch),
                None => segments.row(row),
            },
        }
    }
    segments.list
}

/// Segments, the last of which grows while it can.
#[derive(Default)]
struct Segments {
    list: Vec<Segment>,
}

impl Segments {
    fn copy(&mut self, index: usize) {
        let index = narrow(index);
        match self.list.last_mut() {
            Some(Segment::Copy { from, count }) if from.saturating_add(*count) == index => {
                *count = count.saturating_add(1);
            }
            _ => self.list.push(Segment::Copy {
                from: index,
                count: 1,
            }),
        }
    }

    fn row(&mut self, row: &Arc<Row>) {
        match self.list.last_mut() {
            Some(Segment::Rows(rows)) => rows.push(Arc::clone(row)),
            _ => self.list.push(Segment::Rows(vec![Arc::clone(row)])),
        }
    }
}

/// Row indices are below [`crate::limits::MAX_SIDE`].
fn narrow(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// Finds new rows among the old ones.
struct Search<'s> {
    old: &'s [Arc<Row>],
    /// By how many rows the content went up, as `top` says.
    shift: isize,
    /// Old row after the one that was found last: rows mostly move together.
    next: usize,
    /// Old rows as (hash, index), sorted; made at the first row that guesses do not find.
    by_hash: Option<Vec<(u64, usize)>>,
    builder: RowBuilder,
}

impl<'s> Search<'s> {
    fn new(old: &'s Snapshot, new: &Snapshot) -> Self {
        let rows = |count: u64| isize::try_from(count).unwrap_or(isize::MAX);
        let shift = if old.book == new.book {
            rows(new.top.since(old.top)).saturating_sub(rows(old.top.since(new.top)))
        } else {
            0
        };
        Self {
            old: &old.rows,
            shift,
            next: 0,
            by_hash: None,
            builder: RowBuilder::default(),
        }
    }

    /// Where row `index` of the new screen probably was: by `top`, behind the row before it, in
    /// place. No guess comes twice.
    fn guesses(&self, index: usize) -> [Option<usize>; 3] {
        let by_top = index.checked_add_signed(self.shift);
        let next = Some(self.next).filter(|next| Some(*next) != by_top);
        let in_place = Some(index).filter(|index| Some(*index) != by_top && Some(*index) != next);
        [by_top, next, in_place]
    }

    /// The old row that equals `row`.
    fn find(&mut self, index: usize, row: &Arc<Row>) -> Option<usize> {
        let old = self.old;
        let is = |guess: &usize| old.get(*guess).is_some_and(|old| same(old, row));
        let guesses = self.guesses(index);
        let mut guesses = guesses.into_iter().flatten();
        let found = guesses.find(is).or_else(|| {
            let by_hash = self.by_hash.get_or_insert_with(|| index_by_hash(old));
            let hash = row.content_hash();
            // Of several equal rows the next one below, so that copies stay long.
            let below = by_hash.partition_point(|entry| *entry < (hash, self.next));
            let first = by_hash.partition_point(|entry| *entry < (hash, 0));
            let entries = [by_hash.get(below), by_hash.get(first)];
            let mut candidates = entries.into_iter().flatten().map(|entry| entry.1);
            candidates.find(is)
        })?;
        self.next = found.saturating_add(1);
        Some(found)
    }

    /// A patch of the old row that shares most with `row`, if it shares enough.
    fn patch(&mut self, index: usize, row: &Row) -> Option<Segment> {
        let best = self
            .guesses(index)
            .into_iter()
            .flatten()
            .filter_map(|from| Some((from, Shared::of(self.old.get(from)?, row))))
            .max_by_key(|(_, shared)| shared.kept)?;
        let (from, shared) = best;
        if shared.kept < WORTH_A_PATCH {
            return None;
        }
        self.next = from.saturating_add(1);
        shared.between.write(&mut self.builder);
        for mark in row.marks() {
            self.builder.mark(*mark);
        }
        Some(Segment::Patch {
            from: narrow(from),
            column: shared.column,
            tail: shared.tail,
            patch: Arc::new(self.builder.finish_patch(row.wrapped())),
        })
    }
}

fn same(old: &Arc<Row>, new: &Arc<Row>) -> bool {
    Arc::ptr_eq(old, new) || old == new
}

fn index_by_hash(rows: &[Arc<Row>]) -> Vec<(u64, usize)> {
    let hashes = rows.iter().map(|row| row.content_hash());
    let mut entries: Vec<_> = hashes.zip(0..).collect();
    entries.sort_unstable();
    entries
}

/// What an old and a new row have in common at both ends.
struct Shared<'r> {
    /// Cells that stay.
    kept: u16,
    /// Where the difference begins.
    column: u16,
    /// The old cells behind the difference stay.
    tail: bool,
    /// The new cells of the difference.
    between: Window<'r>,
}

impl<'r> Shared<'r> {
    fn of(old: &'r Row, new: &'r Row) -> Self {
        let (mut a, mut b) = (Window::of(old), Window::of(new));
        let column = common_prefix(&mut a, &mut b);
        // Cells behind the difference stay in their columns, so both rows must be equally wide.
        let behind = if old.cells() == new.cells() {
            common_suffix(&mut a, &mut b)
        } else {
            0
        };
        Self {
            kept: column.saturating_add(behind),
            column,
            tail: behind > 0,
            between: b,
        }
    }
}
