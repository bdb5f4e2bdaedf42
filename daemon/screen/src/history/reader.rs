//! History and the main screen as they were at one moment, readable on any thread.

use std::collections::VecDeque;
use std::sync::Arc;

use abide_protocol::message::LostRows;
use abide_protocol::{LineNo, Row, limits};

use super::block::Block;
use super::row_text::RowText;
use super::sealed::{Sealed, Usage};
use super::source::Source;

/// Rows in a row that are missing and still have numbers, at most; what is above more of them is not
/// shown.
const MISSING: u64 = 1 << 24;

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

    /// A history of sealed blocks and below them rows in no block. `top` is the first row on the
    /// screen, views begin at `floor`. Rows from `first` on that no block has are lost, and what is
    /// older is only read where it is repeated. Where `first` is not known, history begins after the
    /// last gap between blocks.
    #[must_use]
    pub fn of(
        blocks: Vec<Arc<Sealed>>,
        (loose_from, loose): (LineNo, Vec<Arc<Row>>),
        first: Option<LineNo>,
        floor: LineNo,
        top: LineNo,
    ) -> Self {
        let (pinned, blocks) = arranged(blocks, first, loose_from.0);
        let first = blocks.front().map_or(loose_from.0, |block| block.start().0);
        Self(Arc::new(Rows {
            blocks: Arc::new(blocks),
            pinned,
            tail: VecDeque::new(),
            loose,
            loose_from: loose_from.0,
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

    /// The number after the last row on the screen that shows something or is marked.
    #[must_use]
    pub fn written(&self) -> LineNo {
        let last = self.0.loose.iter().rposition(|row| row.is_used());
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

    /// Sees whether the oldest stored rows can be read, about so many `bytes`, so that [`Self::lost`]
    /// knows it.
    pub fn look(&self, bytes: u64) {
        self.source().look(0, bytes);
    }

    /// Which of rows `[from, end)` could not be read, and are blank; those that nobody has tried to
    /// read do not count.
    #[must_use]
    pub fn lost(&self, from: LineNo, end: LineNo) -> LostRows {
        self.source().lost(from.0, end.0.min(self.0.loose_from))
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

/// The blocks that are shown, without a gap up to `end`, and all others before them. Rows that are in
/// no block get one that is lost.
fn arranged(
    mut blocks: Vec<Arc<Sealed>>,
    first: Option<LineNo>,
    end: u64,
) -> (Vec<Arc<Sealed>>, VecDeque<Arc<Sealed>>) {
    blocks.sort_by_key(|block| block.start());
    let usage = Arc::default();
    let (mut pinned, mut shown) = (Vec::new(), VecDeque::new());
    let fill = |shown: &mut VecDeque<_>, from: u64, to: u64| {
        if from < to {
            shown.push_front(Arc::new(Sealed::missing(from, to, &usage)));
        }
    };
    let mut next = end;
    for block in blocks.into_iter().rev() {
        let (from, to) = (block.start().0, block.end().0);
        let belongs = match first {
            Some(first) => to > first.0,
            None => shown.is_empty() || to == next,
        };
        if belongs && to <= next && next - to <= MISSING {
            fill(&mut shown, to, next);
            shown.push_front(block);
            next = from;
        } else {
            pinned.push(block);
        }
    }
    if let Some(first) = first {
        fill(&mut shown, first.0.max(next.saturating_sub(MISSING)), next);
    }
    (pinned, shown)
}
