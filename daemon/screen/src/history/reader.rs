//! History and the main screen as they were at one moment, readable on any thread.

use std::collections::VecDeque;
use std::sync::Arc;

use abide_protocol::{LineNo, Row, limits};

use super::block::Block;
use super::row_text::RowText;
use super::sealed::{Sealed, Usage};
use super::source::Source;

/// Rows missing between blocks and what follows them that are shown as blanks at most.
const MISSING: usize = 1 << 20;

/// Rows of history and of the presented main screen, by number. Cheap to make and to clone: blocks
/// are shared with the screen, which goes on meanwhile.
#[derive(Clone)]
pub struct Reader(Arc<Rows>);

struct Rows {
    blocks: Arc<VecDeque<Arc<Sealed>>>,
    /// Blocks of which only rows are read that others repeat.
    pinned: Vec<Arc<Sealed>>,
    /// Blocks that were not sealed.
    tail: VecDeque<Arc<Block>>,
    /// Rows that are in no block, and the number of the first: what is on the screen, at least.
    loose: Vec<Arc<Row>>,
    loose_from: u64,
    first: u64,
    /// Number of the first row on the screen.
    top: u64,
    /// Where views begin.
    floor: u64,
}

impl Reader {
    pub(super) fn new(
        blocks: Arc<VecDeque<Arc<Sealed>>>,
        pinned: Vec<Arc<Sealed>>,
        tail: VecDeque<Arc<Block>>,
        screen: Vec<Arc<Row>>,
        (first, floor, top): (u64, u64, u64),
    ) -> Self {
        Self(Arc::new(Rows {
            blocks,
            pinned,
            tail,
            loose: screen,
            loose_from: top,
            first,
            top,
            floor: floor.clamp(first, top),
        }))
    }

    /// A history of sealed blocks and below them rows in no block. Each block begins where the one
    /// before ends; what comes before a gap is only read where it is repeated. `top` is the first row on the screen, views begin at `floor`. Rows that are
    /// missing between blocks and loose rows are blank.
    #[must_use]
    pub fn of(
        blocks: Vec<Arc<Sealed>>,
        (loose_from, loose): (LineNo, Vec<Arc<Row>>),
        floor: LineNo,
        top: LineNo,
    ) -> Self {
        let (pinned, blocks) = newest_run(blocks);
        let first = blocks.first().map_or(loose_from.0, |block| block.start().0);
        let end = blocks
            .last()
            .map_or(first, |block| block.end().0)
            .min(loose_from.0);
        let missing = (loose_from.0 - end) as usize;
        let mut rows = vec![Row::blank(); missing.min(MISSING)];
        rows.extend(loose);
        Self(Arc::new(Rows {
            blocks: Arc::new(blocks.into()),
            pinned,
            tail: VecDeque::new(),
            loose_from: loose_from.0 - missing.min(MISSING) as u64,
            loose: rows,
            first,
            top: top.0.max(first),
            floor: floor.0.clamp(first, top.0.max(first)),
        }))
    }

    /// Oldest row.
    #[must_use]
    pub fn first(&self) -> LineNo {
        LineNo(self.0.first)
    }

    /// Where views begin.
    #[must_use]
    pub fn floor(&self) -> LineNo {
        LineNo(self.0.floor)
    }

    /// First row on the screen.
    #[must_use]
    pub fn top(&self) -> LineNo {
        LineNo(self.0.top)
    }

    /// The number after the last row on the screen.
    #[must_use]
    pub fn end(&self) -> LineNo {
        LineNo(self.0.loose_from + self.0.loose.len() as u64)
    }

    /// The number after the last row on the screen that shows something.
    #[must_use]
    pub fn written(&self) -> LineNo {
        let shows = |row: &Arc<Row>| !row.text().trim_end_matches(' ').is_empty();
        let last = self.0.loose.iter().rposition(shows);
        let rows = last.map_or(0, |last| last as u64 + 1);
        LineNo(self.0.loose_from + rows).max(self.top())
    }

    /// Rows `[from, from + count)`, cut to what there is, and the number of the first.
    #[must_use]
    pub fn rows(&self, from: LineNo, count: u64) -> (LineNo, Vec<Arc<Row>>) {
        let from = from.clamp(self.first(), self.end()).0;
        let end = from.saturating_add(count).min(self.end().0);
        let mut rows = Vec::with_capacity((end - from).min(limits::ROWS_PER_REQUEST) as usize);
        let packed_end = end.min(self.0.loose_from);
        self.source().rows(from, packed_end, &mut rows);
        rows.extend(
            self.loose(from)
                .take((end - packed_end.max(from).min(end)) as usize)
                .cloned(),
        );
        (LineNo(from), rows)
    }

    fn source(&self) -> Source<'_> {
        Source {
            pinned: &self.0.pinned,
            blocks: &self.0.blocks,
            tail: &self.0.tail,
            open: None,
        }
    }

    /// Rows in no block, from `from` on.
    fn loose(&self, from: u64) -> impl Iterator<Item = &Arc<Row>> {
        let skip = from.saturating_sub(self.0.loose_from);
        self.0.loose.iter().skip(skip as usize)
    }

    /// Shows the rows from `from` on to `see`, oldest first, until it answers `false`.
    pub fn scan(&self, from: LineNo, see: &mut dyn FnMut(RowText<'_>) -> bool) {
        let from = from.max(self.first()).0;
        if !self.source().scan(from, self.0.loose_from, see) {
            return;
        }
        let numbers = from.max(self.0.loose_from)..;
        for (number, row) in numbers.zip(self.loose(from)) {
            if !see(RowText::row(number, row)) {
                return;
            }
        }
    }

    /// All history as sealed blocks, oldest first: also what was not sealed yet, and what is only
    /// kept because it is repeated.
    #[must_use]
    pub fn blocks(&self, usage: &Arc<Usage>) -> Vec<Arc<Sealed>> {
        let tail = self.0.tail.iter().filter(|block| !block.is_empty());
        let tail = tail.map(|block| Arc::new(Sealed::new(Arc::clone(block), usage)));
        let sealed = self.0.pinned.iter().chain(self.0.blocks.iter());
        sealed.map(Arc::clone).chain(tail).collect()
    }
}

/// The newest blocks of which each begins where the one before ends, and those before them.
fn newest_run(mut blocks: Vec<Arc<Sealed>>) -> (Vec<Arc<Sealed>>, Vec<Arc<Sealed>>) {
    blocks.sort_by_key(|block| block.start());
    let pairs = blocks.iter().zip(blocks.iter().skip(1));
    let gap = pairs
        .rev()
        .position(|(one, next)| one.end() != next.start());
    let kept = gap.map_or(blocks.len(), |gap| gap + 1);
    let run = blocks.split_off(blocks.len() - kept);
    (blocks, run)
}
