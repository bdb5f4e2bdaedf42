//! History: rows that left the top, packed, addressed by number, bounded in bytes.
//!
//! Rows are appended to an open block. A block whose rows all lie below [`History::sealed`] is
//! [`Sealed`]: it never changes again and is shared, so that it can be compressed, stored and read
//! on other threads while the program goes on writing. Who owns the screen drives that: it asks
//! for the blocks that were sealed, and may pack each and give it a place in a store.

mod block;
mod codec;
mod reader;
mod repeat;
mod row_text;
mod saved;
mod sealed;
mod source;
mod unpack;

use std::collections::VecDeque;
use std::sync::Arc;

use abide_protocol::message::LostRows;
use abide_protocol::{Row, limits};

pub use codec::{Codec, Damaged};
pub use reader::Reader;
pub use row_text::{Cluster, RowText};
pub use sealed::{Sealed, Stored, Usage};

use crate::limits::{BLOCK_BYTES, SPILL_LAG, UNSEALED_ROWS};
use crate::line::Line;
use crate::tables::Tables;
use block::{Block, PackedRun};
use repeat::Repeat;
use source::Source;

/// More rows than a session can have.
const MAX_ROWS: u64 = 1 << 62;

pub(crate) struct History {
    /// Blocks that never change again; copied when one is added while a [`Reader`] has them.
    blocks: Arc<VecDeque<Arc<Sealed>>>,
    /// Dropped blocks with rows that are repeated by rows that are kept.
    pinned: Vec<Arc<Sealed>>,
    /// Full blocks, of which rows may still be taken back.
    full: VecDeque<Arc<Block>>,
    full_bytes: usize,
    /// Where rows are added.
    open: Block,
    /// Number of the next row, which is the first on the screen.
    top: u64,
    /// Rows below this number never change.
    sealed: u64,
    /// Oldest row kept.
    first: u64,
    /// Where views begin.
    floor: u64,
    /// Blocks that begin below this number were handed out by [`Self::take_sealed`].
    taken: u64,
    max_bytes: usize,
    usage: Arc<Usage>,
    /// Rows that may be printed again.
    repeat: Option<Box<Repeat>>,
    /// Used again for each row.
    runs: Vec<PackedRun>,
}

impl History {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self {
            blocks: Arc::default(),
            pinned: Vec::new(),
            full: VecDeque::new(),
            full_bytes: 0,
            open: Block::default(),
            top: 0,
            sealed: 0,
            first: 0,
            floor: 0,
            taken: 0,
            max_bytes,
            usage: Arc::default(),
            repeat: None,
            runs: Vec::new(),
        }
    }

    /// A history of nothing with the same bounds.
    pub(crate) fn emptied(&self) -> Self {
        let mut empty = Self::new(self.max_bytes);
        empty.usage = Arc::clone(&self.usage);
        empty
    }

    /// Bytes kept in memory at most.
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

    /// `CSI 3 J`: views begin at the screen from now on. What they showed before may be printed
    /// again.
    pub(crate) fn raise_floor(&mut self) {
        if self.floor < self.top {
            self.repeat = Some(Box::new(Repeat::of(self.floor, self.top)));
            self.floor = self.top;
        }
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.usage.memory() + self.full_bytes + self.open.bytes()
    }

    pub(crate) fn usage(&self) -> &Arc<Usage> {
        &self.usage
    }

    /// Adds the line that leaves the screen's top.
    #[inline]
    pub(crate) fn push(&mut self, line: &Line, tables: &Tables) {
        if self.open.full() {
            self.begin_block();
        }
        if self.repeat.is_none() || !self.push_repeated(line, tables) {
            self.open.push(line, tables, &mut self.runs);
        }
        self.top += 1;
        self.sealed = self.sealed.max(self.top.saturating_sub(UNSEALED_ROWS));
    }

    /// Rows are only added: none is compared with one before it.
    pub(crate) fn takes_text(&self) -> bool {
        self.repeat.is_none()
    }

    /// Adds a row of printable ASCII in plain style that need not pass the screen.
    #[inline]
    pub(crate) fn push_text(&mut self, text: &[u8]) {
        if self.open.full() {
            self.begin_block();
        }
        self.open.push_text(text);
        self.top += 1;
        self.sealed = self.sealed.max(self.top.saturating_sub(UNSEALED_ROWS));
    }

    fn begin_block(&mut self) {
        let mut next = self.usage.spare().unwrap_or_default();
        next.begin(self.top);
        let mut last = std::mem::replace(&mut self.open, next);
        last.finish();
        self.full_bytes += last.bytes();
        self.full.push_back(Arc::new(last));
        self.seal();
        while self.is_over() {
            if !self.drop_oldest() {
                break;
            }
        }
    }

    /// Parts with the blocks from which no row will be taken back.
    fn seal(&mut self) {
        while let Some(block) = self.full.pop_front_if(|block| block.end() <= self.sealed) {
            self.full_bytes -= block.bytes();
            let block = Sealed::new(block, &self.usage);
            Arc::make_mut(&mut self.blocks).push_back(Arc::new(block));
        }
    }

    /// More is kept than may be, once the open block is full.
    fn is_over(&self) -> bool {
        let memory = (self.bytes() + BLOCK_BYTES) as u64;
        let (stored, room) = (self.usage.stored(), self.usage.room());
        let bound = self.max_bytes as u64;
        // What is to be stored is so soon; if that takes too long, rows are lost and not memory.
        let lag = if room > 0 {
            self.max_bytes.clamp(SPILL_LAG.0, SPILL_LAG.1) as u64
        } else {
            0
        };
        stored > room || memory + stored > bound + room || memory > bound + lag
    }

    /// Drops the oldest rows until all that is kept, wherever it is, takes no more than `bytes`.
    pub(crate) fn trim(&mut self, bytes: u64) {
        while self.bytes() as u64 + self.usage.stored() > bytes && self.drop_oldest() {}
    }

    fn drop_oldest(&mut self) -> bool {
        let old = if let Some(old) = Arc::make_mut(&mut self.blocks).pop_front() {
            old
        } else {
            let Some(old) = self.full.pop_front() else {
                return false;
            };
            self.full_bytes -= old.bytes();
            Arc::new(Sealed::new(old, &self.usage))
        };
        let end = old.end().0;
        self.first = end;
        self.sealed = self.sealed.max(end);
        self.floor = self.floor.max(end);
        self.pinned.push(old);
        self.unpin();
        true
    }

    /// Lets go of dropped blocks that no row repeats a row of.
    fn unpin(&mut self) {
        let sealed = self.blocks.iter().filter_map(|block| block.originals());
        let plain = self.full.iter().map(AsRef::as_ref).chain([&self.open]);
        let plain = plain.filter_map(Block::originals);
        let ranges: Vec<_> = sealed
            .chain(plain)
            .filter(|range| range.0 < self.first)
            .collect();
        let repeated = |block: &Arc<Sealed>| {
            let (start, end) = (block.start().0, block.end().0);
            ranges
                .iter()
                .any(|(low, high)| *low < end && start <= *high)
        };
        self.pinned.retain(|block| {
            let keep = repeated(block);
            if !keep {
                block.release();
            }
            keep
        });
    }

    fn source(&self) -> Source<'_> {
        Source {
            pinned: &self.pinned,
            blocks: &self.blocks,
            tail: &self.full,
            open: Some(&self.open),
        }
    }

    /// Rows from here on are in no sealed block.
    pub(crate) fn packed_below(&self) -> u64 {
        self.blocks.back().map_or(self.first, |last| last.end().0)
    }

    /// Blocks that were sealed since the last call, oldest first.
    pub(crate) fn take_sealed(&mut self) -> Vec<Arc<Sealed>> {
        let known = self
            .blocks
            .partition_point(|block| block.start().0 < self.taken);
        let fresh: Vec<_> = self.blocks.iter().skip(known).map(Arc::clone).collect();
        self.taken = fresh.last().map_or(self.taken, |block| block.end().0);
        fresh
    }

    /// Takes back the newest row, if it is neither sealed nor below the floor.
    pub(crate) fn pop(&mut self) -> Option<Arc<Row>> {
        if self.top <= self.lowest_open() {
            return None;
        }
        if self.open.is_empty() {
            let last = self.full.pop_back()?;
            self.full_bytes -= last.bytes();
            self.open = Arc::unwrap_or_clone(last);
        }
        let row = self.newest()?;
        self.open.pop();
        self.top -= 1;
        self.repeat = None;
        Some(row)
    }

    fn newest(&self) -> Option<Arc<Row>> {
        let mut rows = Vec::with_capacity(1);
        let newest = self.top.checked_sub(1)?;
        self.source().rows(newest, self.top, &mut rows);
        rows.pop()
    }

    /// Rows from here on may be taken back.
    fn lowest_open(&self) -> u64 {
        self.sealed.max(self.floor).max(self.first)
    }

    /// The newest row that [`Self::pop`] would give is the beginning of a line that goes on below.
    pub(crate) fn newest_is_wrapped(&self) -> bool {
        self.top > self.lowest_open() && self.newest().is_some_and(|row| row.wrapped())
    }

    /// Rows `[from, from + count)`, cut to what is kept, and the number of the first.
    pub(crate) fn rows(&self, from: u64, count: u64) -> (u64, Vec<Arc<Row>>) {
        let from = from.clamp(self.first, self.top);
        let end = from.saturating_add(count).min(self.top);
        let mut rows = Vec::with_capacity((end - from).min(limits::ROWS_PER_REQUEST) as usize);
        self.source().rows(from, end, &mut rows);
        (from, rows)
    }

    /// Which of rows `[from, from + count)` could not be read when they were last wanted.
    pub(crate) fn lost(&self, from: u64, count: u64) -> LostRows {
        self.source().lost(from, from.saturating_add(count))
    }

    /// Has stored rows from `from` on read, and so many bytes of them; answers where the next look
    /// goes on.
    pub(crate) fn look(&self, from: u64, bytes: u64) -> u64 {
        self.source().look(from, bytes)
    }

    /// Which of all rows could not be read, but for those that repeat them.
    pub(crate) fn all_lost(&self) -> LostRows {
        self.source().lost_blocks(self.first, self.top)
    }

    /// What a [`Reader`] of rows below `top` reads.
    pub(crate) fn reader(&self, top: u64, screen: Vec<Arc<Row>>) -> Reader {
        let mut tail = self.full.clone();
        tail.push_back(Arc::new(self.open.clone()));
        let top = top.clamp(self.first, self.top);
        let bounds = (self.first, self.floor, top);
        let (blocks, pinned) = (Arc::clone(&self.blocks), self.pinned.clone());
        Reader::new(blocks, pinned, tail, screen, bounds)
    }

    /// Deletes everything above the screen.
    pub(crate) fn clear(&mut self) {
        for block in self.pinned.drain(..).chain(self.blocks.iter().cloned()) {
            block.release();
        }
        self.blocks = Arc::default();
        self.repeat = None;
        self.full.clear();
        self.full_bytes = 0;
        self.open = Block::default();
        self.open.begin(self.top);
        self.first = self.top;
        self.sealed = self.top;
        self.floor = self.top;
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let numbers = self.first..=self.top;
        if !numbers.contains(&self.sealed)
            || !numbers.contains(&self.floor)
            || self.top - self.sealed > UNSEALED_ROWS
            || self.top > MAX_ROWS
        {
            return Err(format!(
                "history: first {} sealed {} floor {} top {}",
                self.first, self.sealed, self.floor, self.top
            ));
        }
        if let Some(repeat) = &self.repeat {
            repeat.check(self.top)?;
        }
        let sealed = self
            .blocks
            .iter()
            .map(|block| (block.start().0, block.end().0));
        let full = self.full.iter().map(|block| (block.start(), block.end()));
        let open = [(self.open.start(), self.open.end())];
        let mut number = self.first;
        for (start, end) in sealed.chain(full).chain(open) {
            if start != number {
                return Err(format!("history: a gap at {number}"));
            }
            number = end;
        }
        if number != self.top {
            return Err(format!("history ends at {number}, not {}", self.top));
        }
        if self
            .blocks
            .back()
            .is_some_and(|last| last.end().0 > self.sealed)
        {
            return Err("history: a sealed block has rows that are not".into());
        }
        if self.full.iter().map(|block| block.bytes()).sum::<usize>() != self.full_bytes {
            return Err("history: bytes are miscounted".into());
        }
        Ok(())
    }
}
