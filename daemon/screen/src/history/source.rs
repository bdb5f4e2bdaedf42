//! All blocks of a history, and how rows are found in them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use abide_protocol::message::LostRows;
use abide_protocol::{LineNo, Row, RowBuilder};

use super::block::Block;
use super::row_text::RowText;
use super::sealed::Sealed;

/// Blocks by number.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// Blocks that are dropped but for the rows in them that others repeat.
    pub(super) pinned: &'a [Arc<Sealed>],
    pub(super) blocks: &'a VecDeque<Arc<Sealed>>,
    /// Blocks that were not sealed.
    pub(super) tail: &'a VecDeque<Arc<Block>>,
    pub(super) open: Option<&'a Block>,
}

/// Keeps the block open that was looked into last: neighbours are mostly asked for together.
#[derive(Default)]
pub(super) struct Finder(RefCell<Option<Arc<Block>>>);

impl<'a> Source<'a> {
    /// Looks at the block that has row `number`.
    pub(super) fn with<T>(
        self,
        finder: &Finder,
        number: u64,
        look: impl FnOnce(&Block) -> Option<T>,
    ) -> Option<T> {
        if let Some(block) = self.plain().find(|block| has(block, number)) {
            return look(block);
        }
        let mut last = finder.0.borrow_mut();
        if last.as_ref().is_none_or(|block| !has(block, number)) {
            // What was lost is tried again by those who read it, not by every row that repeats it.
            let sealed = self.sealed(number).filter(|sealed| !sealed.is_lost())?;
            *last = sealed.open().ok();
        }
        look(last.as_ref().filter(|block| has(block, number))?)
    }

    /// Blocks that were not sealed, newest first.
    fn plain(self) -> impl Iterator<Item = &'a Block> {
        let tail = self.tail.iter().rev().map(AsRef::as_ref);
        self.open.into_iter().chain(tail)
    }

    fn sealed(self, number: u64) -> Option<&'a Arc<Sealed>> {
        let after = self
            .blocks
            .partition_point(|block| block.start().0 <= number);
        let kept = after
            .checked_sub(1)
            .and_then(|index| self.blocks.get(index));
        let has = |block: &&Arc<Sealed>| (block.start().0..block.end().0).contains(&number);
        kept.filter(has).or_else(|| self.pinned.iter().find(has))
    }

    /// The row that row `number` repeats, or itself.
    pub(super) fn original(self, finder: &Finder, number: u64) -> Option<u64> {
        self.with(finder, number, |block| {
            let packed = block.packed(number, number + 1).next()?;
            match packed.repeats() {
                Some(distance) => number.checked_sub(distance),
                None => Some(number),
            }
        })
    }

    /// A row that repeats no other.
    fn row(self, finder: &Finder, number: u64, builder: &mut RowBuilder) -> Option<Row> {
        self.with(finder, number, |block| {
            block.row(block.packed(number, number + 1).next()?, builder)
        })
    }

    /// Appends rows `[from, to)`, cut to what there is. Rows that cannot be read are blank, so that
    /// the others keep their numbers.
    pub(super) fn rows(self, from: u64, to: u64, rows: &mut Vec<Arc<Row>>) {
        let finder = Finder::default();
        for sealed in self.between(from, to) {
            if let Ok(block) = sealed.open() {
                self.unpack(&finder, &block, (from, to), rows);
            } else {
                let lost = to.min(sealed.end().0) - from.max(sealed.start().0);
                rows.extend((0..lost).map(|_| Row::blank()));
            }
        }
        for block in self.tail.iter().map(AsRef::as_ref).chain(self.open) {
            self.unpack(&finder, block, (from, to), rows);
        }
    }

    /// Probes stored blocks from the one with row `from` on, and then from the oldest, until they
    /// took so many bytes; answers where the next look goes on.
    pub(super) fn look(self, from: u64, bytes: u64) -> u64 {
        let begin = self.blocks.partition_point(|block| block.end().0 <= from);
        let rest = self.blocks.iter().skip(begin);
        let mut left = bytes;
        for block in rest.chain(self.blocks.iter().take(begin)) {
            if left == 0 {
                return block.start().0;
            }
            left = left.saturating_sub(block.probe());
        }
        from
    }

    /// Which of the sealed rows `[from, to)` could not be read when they were last wanted; rows that
    /// repeat them do not count.
    pub(super) fn lost_blocks(self, from: u64, to: u64) -> LostRows {
        let mut lost = LostRows::default();
        for sealed in self.between(from, to).filter(|block| block.is_lost()) {
            let end = sealed.end().min(LineNo(to));
            lost.add(LostRows::all(sealed.start().max(LineNo(from)), end));
        }
        lost
    }

    /// Which of the rows `[from, to)` could not be read when they were last wanted.
    pub(super) fn lost(self, from: u64, to: u64) -> LostRows {
        let mut lost = self.lost_blocks(from, to);
        if !self
            .pinned
            .iter()
            .chain(self.blocks)
            .any(|block| block.is_lost())
        {
            return lost;
        }
        let mut count = |block: &Block| {
            for (number, packed) in (from.max(block.start())..).zip(block.packed(from, to)) {
                let original = packed
                    .repeats()
                    .map(|distance| number.checked_sub(distance));
                if original.is_some_and(|original| self.is_lost(original)) {
                    lost.add(LostRows::all(LineNo(number), LineNo(number + 1)));
                }
            }
        };
        for sealed in self.between(from, to).filter(|block| !block.is_lost()) {
            if let Ok(block) = sealed.open() {
                count(&block);
            }
        }
        self.tail
            .iter()
            .map(AsRef::as_ref)
            .chain(self.open)
            .for_each(count);
        lost
    }

    fn is_lost(self, original: Option<u64>) -> bool {
        original.is_none_or(|original| {
            !self.plain().any(|block| has(block, original))
                && self.sealed(original).is_none_or(|block| block.is_lost())
        })
    }

    /// Sealed blocks with rows of `[from, to)`.
    fn between(self, from: u64, to: u64) -> impl Iterator<Item = &'a Arc<Sealed>> {
        let begin = self.blocks.partition_point(|block| block.end().0 <= from);
        let rest = self.blocks.iter().skip(begin);
        rest.take_while(move |block| block.start().0 < to)
    }

    fn unpack(
        self,
        finder: &Finder,
        block: &Block,
        (from, to): (u64, u64),
        rows: &mut Vec<Arc<Row>>,
    ) {
        let mut builder = RowBuilder::default();
        let numbers = from.max(block.start())..;
        for (number, packed) in numbers.zip(block.packed(from, to)) {
            let row = match packed.repeats() {
                None => block.row(packed, &mut builder),
                Some(distance) => {
                    let original = number.checked_sub(distance);
                    original.and_then(|original| self.row(finder, original, &mut builder))
                }
            };
            rows.push(row.map_or_else(Row::blank, Arc::new));
        }
    }

    /// Shows rows `[from, to)` to `see`, oldest first, until it answers `false`, which is answered
    /// then. Rows that cannot be read are blank.
    pub(super) fn scan(self, from: u64, to: u64, see: &mut dyn FnMut(RowText<'_>) -> bool) -> bool {
        let finder = Finder::default();
        for sealed in self.between(from, to) {
            let goes_on = if let Ok(block) = sealed.open() {
                self.scan_block(&finder, &block, (from, to), see)
            } else {
                let blank = Row::blank();
                let mut lost = from.max(sealed.start().0)..to.min(sealed.end().0);
                lost.all(|number| see(RowText::row(number, &blank)))
            };
            if !goes_on {
                return false;
            }
        }
        let mut rest = self.tail.iter().map(AsRef::as_ref).chain(self.open);
        rest.all(|block| self.scan_block(&finder, block, (from, to), see))
    }

    fn scan_block(
        self,
        finder: &Finder,
        block: &Block,
        (from, to): (u64, u64),
        see: &mut dyn FnMut(RowText<'_>) -> bool,
    ) -> bool {
        let (mut builder, blank) = (RowBuilder::default(), Row::blank());
        let mut numbers = (from.max(block.start())..).zip(block.packed(from, to));
        numbers.all(|(number, packed)| {
            let Some(distance) = packed.repeats() else {
                return see(RowText::packed(number, packed));
            };
            let original = number.checked_sub(distance);
            let row = original.and_then(|original| self.row(finder, original, &mut builder));
            see(RowText::row(number, row.as_ref().unwrap_or(&blank)))
        })
    }
}

fn has(block: &Block, number: u64) -> bool {
    (block.start()..block.end()).contains(&number)
}
