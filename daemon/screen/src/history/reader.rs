//! History and the main screen as they were at one moment, readable on any thread.

use std::collections::VecDeque;
use std::sync::Arc;

use abide_protocol::{LineNo, Row, limits};

use super::block::Block;
use super::row_text::RowText;
use super::sealed::{Sealed, Usage};

/// Rows missing between blocks and what follows them that are shown as blanks at most.
const MISSING: usize = 1 << 20;

/// Rows of history and of the presented main screen, by number. Cheap to make and to clone: blocks
/// are shared with the screen, which goes on meanwhile.
#[derive(Clone)]
pub struct Reader(Arc<Rows>);

struct Rows {
    blocks: Arc<VecDeque<Arc<Sealed>>>,
    /// Blocks that were not sealed.
    tail: Vec<Arc<Block>>,
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
        tail: Vec<Arc<Block>>,
        screen: Vec<Arc<Row>>,
        (first, floor, top): (u64, u64, u64),
    ) -> Self {
        Self(Arc::new(Rows {
            blocks,
            tail,
            loose: screen,
            loose_from: top,
            first,
            top,
            floor: floor.clamp(first, top),
        }))
    }

    /// A history of sealed blocks, each of which begins where the one before ends, and below them
    /// rows in no block. `top` is the first row on the screen, views begin at `floor`. Rows that are
    /// missing between blocks and loose rows are blank.
    #[must_use]
    pub fn of(
        blocks: Vec<Arc<Sealed>>,
        (loose_from, loose): (LineNo, Vec<Arc<Row>>),
        floor: LineNo,
        top: LineNo,
    ) -> Self {
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
            tail: Vec::new(),
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

    /// Rows `[from, from + count)`, cut to what there is, and the number of the first.
    #[must_use]
    pub fn rows(&self, from: LineNo, count: u64) -> (LineNo, Vec<Arc<Row>>) {
        let from = from.clamp(self.first(), self.end()).0;
        let end = from.saturating_add(count).min(self.end().0);
        let mut rows = Vec::with_capacity((end - from).min(limits::ROWS_PER_REQUEST) as usize);
        let packed_end = end.min(self.0.loose_from);
        sealed_rows(&self.0.blocks, from, packed_end, &mut rows);
        for block in &self.0.tail {
            block.rows(from, packed_end, &mut rows);
        }
        rows.extend(
            self.loose(from)
                .take((end - packed_end.max(from).min(end)) as usize)
                .cloned(),
        );
        (LineNo(from), rows)
    }

    /// Rows in no block, from `from` on.
    fn loose(&self, from: u64) -> impl Iterator<Item = &Arc<Row>> {
        let skip = from.saturating_sub(self.0.loose_from);
        self.0.loose.iter().skip(skip as usize)
    }

    /// Shows the rows from `from` on to `see`, oldest first, until it answers `false`.
    pub fn scan(&self, from: LineNo, see: &mut dyn FnMut(RowText<'_>) -> bool) {
        let from = from.max(self.first()).0;
        let begin = self.0.blocks.partition_point(|block| block.end().0 <= from);
        for sealed in self.0.blocks.iter().skip(begin) {
            // Rows that cannot be read have no text.
            if let Ok(block) = sealed.open()
                && !scan_block(&block, from, self.0.loose_from, see)
            {
                return;
            }
        }
        for block in &self.0.tail {
            if !scan_block(block, from, self.0.loose_from, see) {
                return;
            }
        }
        let numbers = from.max(self.0.loose_from)..;
        for (number, row) in numbers.zip(self.loose(from)) {
            if !see(RowText::row(number, row)) {
                return;
            }
        }
    }

    /// All history as sealed blocks, oldest first: also what was not sealed yet.
    #[must_use]
    pub fn blocks(&self, usage: &Arc<Usage>) -> Vec<Arc<Sealed>> {
        let tail = self.0.tail.iter().filter(|block| !block.is_empty());
        let tail = tail.map(|block| Arc::new(Sealed::new(Arc::clone(block), usage)));
        self.0.blocks.iter().map(Arc::clone).chain(tail).collect()
    }
}

fn scan_block(block: &Block, from: u64, to: u64, see: &mut dyn FnMut(RowText<'_>) -> bool) -> bool {
    let numbers = from.max(block.start())..;
    let rows = block.packed(from, to);
    numbers
        .zip(rows)
        .all(|(number, packed)| see(RowText::packed(number, packed)))
}

/// Appends rows `[from, to)` of sealed blocks, cut to what they have.
pub(super) fn sealed_rows(
    blocks: &VecDeque<Arc<Sealed>>,
    from: u64,
    to: u64,
    rows: &mut Vec<Arc<Row>>,
) {
    let begin = blocks.partition_point(|block| block.end().0 <= from);
    for block in blocks.iter().skip(begin) {
        if block.start().0 >= to {
            break;
        }
        block.rows(from, to, rows);
    }
}
