//! All blocks of a history, and how rows are found in them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use abide_protocol::{Row, RowBuilder};

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
            *last = self.sealed(number)?.open().ok();
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
        let begin = self.blocks.partition_point(|block| block.end().0 <= from);
        let sealed = self.blocks.iter().skip(begin);
        for sealed in sealed.take_while(|block| block.start().0 < to) {
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
    /// then.
    pub(super) fn scan(self, from: u64, to: u64, see: &mut dyn FnMut(RowText<'_>) -> bool) -> bool {
        let finder = Finder::default();
        let begin = self.blocks.partition_point(|block| block.end().0 <= from);
        for sealed in self.blocks.iter().skip(begin) {
            // Rows that cannot be read have no text.
            if let Ok(block) = sealed.open()
                && !self.scan_block(&finder, &block, (from, to), see)
            {
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
        let mut builder = RowBuilder::default();
        let mut numbers = (from.max(block.start())..).zip(block.packed(from, to));
        numbers.all(|(number, packed)| {
            let Some(distance) = packed.repeats() else {
                return see(RowText::packed(number, packed));
            };
            let original = number.checked_sub(distance);
            let row = original.and_then(|original| self.row(finder, original, &mut builder));
            row.is_none_or(|row| see(RowText::row(number, &row)))
        })
    }
}

fn has(block: &Block, number: u64) -> bool {
    (block.start()..block.end()).contains(&number)
}
