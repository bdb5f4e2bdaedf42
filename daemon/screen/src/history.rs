//! History: rows that left the top, packed, addressed by number, bounded in bytes.
//!
//! Blocks are append-only. A block whose rows all lie below [`History::sealed`] never changes
//! again, which is what a compressed or spilled block will need.

use std::collections::VecDeque;
use std::sync::Arc;

use abide_protocol::{Row, limits};

use crate::block::{Block, PackedRun};
use crate::limits::UNSEALED_ROWS;
use crate::line::Line;
use crate::tables::Tables;

pub(crate) struct History {
    blocks: VecDeque<Block>,
    /// Number of the next row, which is the first on the screen.
    top: u64,
    /// Rows below this number never change.
    sealed: u64,
    /// Oldest row kept.
    first: u64,
    /// Where views begin.
    floor: u64,
    /// Bytes of all blocks but the last.
    full_bytes: usize,
    max_bytes: usize,
    /// Memory of a block that was dropped, for the next one.
    spare: Option<Block>,
    /// Used again for each row.
    runs: Vec<PackedRun>,
}

impl History {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self {
            blocks: VecDeque::new(),
            top: 0,
            sealed: 0,
            first: 0,
            floor: 0,
            full_bytes: 0,
            max_bytes,
            spare: None,
            runs: Vec::new(),
        }
    }

    /// Bytes kept at most.
    pub(crate) fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    pub(crate) fn top(&self) -> u64 {
        self.top
    }

    pub(crate) fn sealed(&self) -> u64 {
        self.sealed
    }

    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    pub(crate) fn floor(&self) -> u64 {
        self.floor
    }

    /// `CSI 3 J`: views begin at the screen from now on.
    pub(crate) fn raise_floor(&mut self) {
        self.floor = self.top;
    }

    pub(crate) fn bytes(&self) -> usize {
        self.full_bytes + self.blocks.back().map_or(0, Block::bytes)
    }

    /// Adds the line that leaves the screen's top.
    #[inline]
    pub(crate) fn push(&mut self, line: &Line, tables: &Tables) {
        if self.blocks.back().is_none_or(Block::full) {
            self.begin_block();
        }
        if let Some(block) = self.blocks.back_mut() {
            block.push(line, tables, &mut self.runs);
        }
        self.top += 1;
        self.sealed = self.sealed.max(self.top.saturating_sub(UNSEALED_ROWS));
    }

    fn begin_block(&mut self) {
        if let Some(last) = self.blocks.back_mut() {
            last.finish();
            self.full_bytes += last.bytes();
        }
        while self.full_bytes + crate::limits::BLOCK_BYTES > self.max_bytes {
            let Some(mut old) = self.blocks.pop_front() else {
                break;
            };
            self.full_bytes -= old.bytes();
            self.first = old.end();
            old.recycle();
            self.spare = Some(old);
        }
        self.sealed = self.sealed.max(self.first);
        self.floor = self.floor.max(self.first);
        let mut block = self.spare.take().unwrap_or_default();
        block.begin(self.top);
        self.blocks.push_back(block);
    }

    /// Takes back the newest row, if it is neither sealed nor below the floor.
    pub(crate) fn pop(&mut self) -> Option<Arc<Row>> {
        if self.top <= self.sealed || self.top <= self.floor || self.top <= self.first {
            return None;
        }
        while self.blocks.back().is_some_and(Block::is_empty) {
            self.blocks.pop_back();
            if let Some(last) = self.blocks.back() {
                self.full_bytes -= last.bytes();
            }
        }
        let row = self.blocks.back_mut()?.pop()?;
        self.top -= 1;
        Some(row)
    }

    /// The newest row that [`Self::pop`] would give is the beginning of a line that goes on below.
    pub(crate) fn newest_is_wrapped(&self) -> bool {
        self.top > self.sealed.max(self.floor).max(self.first)
            && self.row(self.top - 1).is_some_and(|row| row.wrapped())
    }

    fn row(&self, number: u64) -> Option<Arc<Row>> {
        self.block_of(number)?.row(number)
    }

    fn block_of(&self, number: u64) -> Option<&Block> {
        let after = self.blocks.partition_point(|block| block.start() <= number);
        self.blocks.get(after.checked_sub(1)?)
    }

    /// Rows `[from, from + count)`, cut to what is kept, and the number of the first.
    pub(crate) fn rows(&self, from: u64, count: u64) -> (u64, Vec<Arc<Row>>) {
        let from = from.clamp(self.first, self.top);
        let end = from.saturating_add(count).min(self.top);
        let mut rows = Vec::with_capacity((end - from).min(limits::ROWS_PER_REQUEST) as usize);
        let mut number = from;
        while number < end {
            let Some(block) = self.block_of(number) else {
                break;
            };
            let block_end = block.end().min(end);
            if block_end <= number {
                break;
            }
            block.rows(number, block_end, &mut rows);
            number = block_end;
        }
        (from, rows)
    }

    /// Deletes everything above the screen.
    pub(crate) fn clear(&mut self) {
        self.blocks.clear();
        self.spare = None;
        self.full_bytes = 0;
        self.first = self.top;
        self.sealed = self.top;
        self.floor = self.top;
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        if self.first > self.top || self.sealed > self.top || self.floor > self.top {
            return Err(format!(
                "history: first {} sealed {} floor {} top {}",
                self.first, self.sealed, self.floor, self.top
            ));
        }
        let mut number = self.first;
        for block in &self.blocks {
            if block.start() != number {
                return Err(format!("history: a gap at {number}"));
            }
            number = block.end();
        }
        if number != self.top {
            return Err(format!("history ends at {number}, not {}", self.top));
        }
        let full = self
            .blocks
            .iter()
            .rev()
            .skip(1)
            .map(Block::bytes)
            .sum::<usize>();
        if full != self.full_bytes {
            return Err("history: bytes are miscounted".into());
        }
        Ok(())
    }
}
