//! Rows that are printed again. Programs that draw a transcript on the main screen clear it when it
//! no longer fits (`CSI 3 J`) and print all of it anew, on every change: what leaves the top then is
//! what left it before. Such a row is kept as the distance to the row that it repeats, once the two
//! have been compared; neighbours have the same distance, so that compression leaves next to nothing
//! of them.

use super::History;
use super::block::Block;
use super::source::Finder;
use crate::invariants::ensure;
use crate::line::Line;
use crate::tables::Tables;

/// Rows in a row that repeat nothing, before no more are expected to.
const MISSES: u64 = 32;
/// Times that the place is looked for where the program goes on, from one clear to the next.
const SEARCHES: u64 = 16;
/// Rows that take no more bytes than this are not worth a distance.
const SHORT: usize = 4;

/// Where the rows that were printed before the last clear are, and which of them comes next.
pub(super) struct Repeat {
    start: u64,
    end: u64,
    next: u64,
    misses: u64,
    searches: u64,
    finder: Finder,
    /// The row in question, packed.
    row: Block,
}

impl Repeat {
    /// Rows `[start, end)` may be printed again.
    pub(super) fn of(start: u64, end: u64) -> Self {
        Self::at([start, end, start, 0, 0])
    }

    pub(super) fn at([start, end, next, misses, searches]: [u64; 5]) -> Self {
        Self {
            start,
            end,
            next,
            misses,
            searches,
            finder: Finder::default(),
            row: Block::default(),
        }
    }

    /// `top`: the number of the next row.
    pub(super) fn check(&self, top: u64) -> Result<(), String> {
        let next = self.start..=self.end.saturating_add(MISSES);
        ensure(
            self.start <= self.end
                && self.end <= top
                && next.contains(&self.next)
                && self.misses < MISSES
                && self.searches <= SEARCHES,
            "history: rows are repeated that are not there",
        )
    }

    /// Everything that decides what comes, for [`Self::at`].
    pub(super) fn numbers(&self) -> [u64; 5] {
        [self.start, self.end, self.next, self.misses, self.searches]
    }
}

impl History {
    /// The line that leaves the screen may repeat an earlier row. Answers whether it has been added.
    pub(super) fn push_repeated(&mut self, line: &Line, tables: &Tables) -> bool {
        let Some(mut repeat) = self.repeat.take() else {
            return false;
        };
        repeat.row.recycle();
        repeat.row.push(line, tables, &mut self.runs);
        let original = self.expected(&mut repeat);
        match original {
            Some(_) => repeat.misses = 0,
            None => repeat.misses += 1,
        }
        repeat.next += 1;
        let short = repeat.row.bytes_of(0).is_none_or(|row| row.len() <= SHORT);
        if repeat.misses < MISSES {
            self.repeat = Some(repeat);
        }
        let distance = original.map(|original| self.top - original);
        let Some(distance) = distance.filter(|_| !short) else {
            return false;
        };
        self.open.push_repeat(distance);
        true
    }

    /// The row that this one repeats, at the place where it is expected or where it is found.
    fn expected(&self, repeat: &mut Repeat) -> Option<u64> {
        if repeat.next < repeat.end
            && let Some(original) = self.same(repeat, repeat.next)
        {
            return Some(original);
        }
        if repeat.searches >= SEARCHES {
            return None;
        }
        repeat.searches += 1;
        // Only among rows that are at hand: a program clears as soon as it overflows.
        let first = repeat.start.max(self.packed_below());
        let ahead = repeat.next.saturating_add(1).max(first)..repeat.end;
        let behind = first..repeat.next.min(repeat.end);
        for number in ahead.chain(behind) {
            if let Some(original) = self.same(repeat, number) {
                repeat.next = number;
                return Some(original);
            }
        }
        None
    }

    /// The original of row `number`, if the row in question equals it.
    fn same(&self, repeat: &Repeat, number: u64) -> Option<u64> {
        let (source, finder) = (self.source(), &repeat.finder);
        let original = source.original(finder, number)?;
        let same = |block: &Block| block.same_row(original, &repeat.row).then_some(original);
        source.with(finder, original, same)
    }
}
