//! History and the main screen as they were at one moment, readable on any thread.

use std::collections::VecDeque;
use std::sync::Arc;

use abide_protocol::{LineNo, Row, limits};

use super::block::Block;
use super::sealed::Sealed;

/// Rows of history and of the presented main screen, by number. Cheap to make and to clone: blocks
/// are shared with the screen, which goes on meanwhile.
#[derive(Clone)]
pub struct Reader(Arc<Rows>);

struct Rows {
    blocks: Arc<VecDeque<Arc<Sealed>>>,
    /// Blocks that were not sealed.
    tail: Vec<Arc<Block>>,
    screen: Vec<Arc<Row>>,
    first: u64,
    /// Number of the first row on the screen.
    top: u64,
}

impl Reader {
    pub(super) fn new(
        blocks: Arc<VecDeque<Arc<Sealed>>>,
        tail: Vec<Arc<Block>>,
        screen: Vec<Arc<Row>>,
        first: u64,
        top: u64,
    ) -> Self {
        Self(Arc::new(Rows {
            blocks,
            tail,
            screen,
            first,
            top,
        }))
    }

    /// A history of sealed blocks, each of which begins where the one before ends, and what is on
    /// the screen below it.
    #[must_use]
    pub fn of(blocks: Vec<Arc<Sealed>>, top: LineNo, screen: Vec<Arc<Row>>) -> Self {
        let first = blocks.first().map_or(top.0, |block| block.start());
        Self::new(Arc::new(blocks.into()), Vec::new(), screen, first, top.0)
    }

    /// Oldest row.
    #[must_use]
    pub fn first(&self) -> LineNo {
        LineNo(self.0.first)
    }

    /// First row on the screen.
    #[must_use]
    pub fn top(&self) -> LineNo {
        LineNo(self.0.top)
    }

    /// The number after the last row on the screen.
    #[must_use]
    pub fn end(&self) -> LineNo {
        LineNo(self.0.top + self.0.screen.len() as u64)
    }

    /// Rows `[from, from + count)`, cut to what there is, and the number of the first.
    #[must_use]
    pub fn rows(&self, from: LineNo, count: u64) -> (LineNo, Vec<Arc<Row>>) {
        let from = from.clamp(self.first(), self.end()).0;
        let end = from.saturating_add(count).min(self.end().0);
        let mut rows = Vec::with_capacity((end - from).min(limits::ROWS_PER_REQUEST) as usize);
        let above = end.min(self.0.top);
        sealed_rows(&self.0.blocks, from, above, &mut rows);
        for block in &self.0.tail {
            block.rows(from, above, &mut rows);
        }
        let on_screen = self
            .0
            .screen
            .iter()
            .skip(from.saturating_sub(self.0.top) as usize);
        rows.extend(
            on_screen
                .take(end.saturating_sub(from.max(self.0.top)) as usize)
                .cloned(),
        );
        (LineNo(from), rows)
    }
}

/// Appends rows `[from, to)` of sealed blocks, cut to what they have.
pub(super) fn sealed_rows(
    blocks: &VecDeque<Arc<Sealed>>,
    from: u64,
    to: u64,
    rows: &mut Vec<Arc<Row>>,
) {
    let begin = blocks.partition_point(|block| block.end() <= from);
    for block in blocks.iter().skip(begin) {
        if block.start() >= to {
            break;
        }
        block.rows(from, to, rows);
    }
}
