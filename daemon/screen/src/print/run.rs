//! Text beyond ASCII that stays in its row and is all known: characters that stand alone, and those
//! that have met the same neighbour before. What is new takes the long way once.

use crate::cell::{Cell, Glyph};
use crate::joins::{Join, Joins};
use crate::line::Line;
use crate::parser::printable;
use crate::terminal::Terminal;
use crate::width::{self, Kind};

/// A run of text while it is printed into one row.
struct Run<'a> {
    line: &'a mut Line,
    joins: &'a Joins,
    start: usize,
    /// Where the next character goes, at most `limit`.
    column: usize,
    limit: usize,
    style: u32,
    protect: bool,
    graphemes: bool,
    /// ASCII is not mapped to another charset.
    ascii: bool,
    /// The last character; what comes next may join it.
    last: Option<char>,
    /// What stands alone does not join it.
    closed: bool,
    /// The last character that joined none.
    printed: Option<char>,
}

impl Terminal {
    /// Prints what of the text that `bytes` begin with is known and stays in this row; returns its
    /// length. 0: the next character needs more care.
    pub(crate) fn print_run(&mut self, bytes: &[u8]) -> usize {
        if self.flags.insert || self.at.pending || self.is_orphan() {
            return 0;
        }
        // What is new in the pen gets its numbers the long way, in whatever parts the text comes.
        let Some(style) = self.known_style() else {
            return 0;
        };
        let limit = self.right_limit();
        let closed = !self.prepended();
        let mut run = Run {
            line: self.shown.grid.line_mut(self.at.row),
            joins: &self.joins,
            start: usize::from(self.at.column),
            column: usize::from(self.at.column),
            limit: usize::from(limit),
            style,
            protect: self.protect,
            graphemes: self.flags.graphemes,
            ascii: self.charsets.plain(),
            last: self.joinable,
            closed,
            printed: None,
        };
        let mut used = 0;
        while let Some(rest) = bytes.get(used..) {
            match run.print(rest) {
                0 => break,
                length => used += length,
            }
        }
        if used > 0 {
            run.finish();
            let (end, last, printed) = (run.column as u16, run.last, run.printed);
            self.advance(end, limit);
            self.joinable = last;
            self.last_char = printed.or(self.last_char);
        }
        used
    }
}

impl Run<'_> {
    /// Prints the run of ASCII or the character that `bytes` begin with; returns its length.
    #[inline]
    fn print(&mut self, bytes: &[u8]) -> usize {
        let Some((c, length)) = width::decode_short(bytes) else {
            return 0;
        };
        if c.is_ascii() && (self.closed || !self.ascii) {
            return if self.ascii { self.put_ascii(bytes) } else { 0 };
        }
        let kind = width::kind(c);
        let done = if self.closed && kind.stands_alone() {
            self.put(c, kind)
        } else {
            match self.meet(c) {
                Some((_, Join::Apart)) => self.put(c, kind),
                Some((base, Join::Into(glyph))) => self.join(base, glyph),
                None => false,
            }
        };
        if !done {
            return 0;
        }
        self.last = Some(c);
        self.closed = kind.stands_alone();
        length
    }

    /// Column of the cell at the cursor's left, and what `c` does to it, if that is known.
    #[inline]
    fn meet(&self, c: char) -> Option<(usize, Join)> {
        self.last.filter(|_| self.graphemes)?;
        let left = self.column.checked_sub(1)?;
        let base = left.checked_sub(usize::from(self.glyph(left).is_tail()))?;
        let join = self.joins.get(self.glyph(base), c)?;
        Some((base, join))
    }

    fn glyph(&self, column: usize) -> Glyph {
        self.line.cell(column as u16).glyph.protected(false)
    }

    fn cell(&self, glyph: Glyph) -> Cell {
        Cell {
            glyph: glyph.protected(self.protect),
            style: self.style,
        }
    }

    /// The next `count` cells, to be written.
    #[inline]
    fn place(&mut self, count: usize) -> &mut [Cell] {
        if self.column == self.start {
            self.line.part(self.start as u16);
        }
        let from = self.column;
        self.column += count;
        let cells = self.line.cells_mut().get_mut(from..self.column);
        cells.unwrap_or(&mut [])
    }

    /// Prints the printable ASCII that `bytes` begin with, as far as it fits.
    #[inline]
    fn put_ascii(&mut self, bytes: &[u8]) -> usize {
        let length = printable(bytes).min(self.limit - self.column);
        let text = bytes.get(..length).unwrap_or(&[]);
        if let Some(last) = text.last() {
            let (style, protect) = (self.style, self.protect);
            for (cell, byte) in self.place(length).iter_mut().zip(text) {
                *cell = Cell {
                    glyph: Glyph::ascii(*byte).protected(protect),
                    style,
                };
            }
            self.last = Some(char::from(*last));
            self.printed = self.last;
        }
        length
    }

    /// Prints a character that joins nothing. False: it has no columns, or they are not there.
    #[inline]
    fn put(&mut self, c: char, kind: Kind) -> bool {
        let cells = usize::from(width::of_kind(c, kind));
        if cells == 0 || self.column + cells > self.limit {
            return false;
        }
        if cells == 2 {
            let (lead, tail) = (self.cell(Glyph::char(c).wide()), self.cell(Glyph::TAIL));
            self.place(2).copy_from_slice(&[lead, tail]);
        } else {
            let cell = self.cell(Glyph::char(c));
            self.place(1).fill(cell);
        }
        self.printed = Some(c);
        true
    }

    /// The cell at `base`, which is at the cursor's left, becomes `glyph`. False: that takes more
    /// columns than there are, or fewer than it has.
    #[inline]
    fn join(&mut self, base: usize, glyph: Glyph) -> bool {
        let cells = self.line.cells_mut().get_mut(base..self.limit);
        let Some([lead, rest @ ..]) = cells else {
            return false;
        };
        let kept = lead.glyph.is_protected();
        match (lead.glyph.is_wide(), glyph.is_wide(), rest) {
            (true, false, _) | (false, true, []) => return false,
            (false, true, [tail, ..]) => {
                *tail = Cell {
                    glyph: Glyph::TAIL.protected(kept),
                    ..*lead
                };
                self.column += 1;
            }
            _ => {}
        }
        lead.glyph = glyph.protected(kept);
        true
    }

    /// Makes the row whole.
    fn finish(&mut self) {
        // A wide cell whose first half was printed over.
        if self.column > self.start
            && let Some(cell) = self.line.cells_mut().get_mut(self.column)
            && cell.glyph.is_tail()
        {
            cell.glyph = Glyph::SPACE;
        }
        self.line.wrote(self.column as u16);
    }
}
