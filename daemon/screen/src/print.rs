//! Printing: runs of ASCII, single characters, wide ones, and clusters that grow. What is known
//! already goes by the run.

mod run;

use abide_protocol::limits::MAX_CLUSTER;

use crate::cell::{Cell, Glyph};
use crate::joins::Join;
use crate::line::Line;
use crate::terminal::Terminal;
use crate::width;

/// Stands for the last character when that has no columns and joined nothing, as this one never
/// does: it is not shown, and what follows belongs to no cell.
const ORPHAN: char = '\u{200b}';

impl Terminal {
    /// Prints printable ASCII (0x20 to 0x7e).
    pub(crate) fn print_ascii(&mut self, bytes: &[u8]) {
        if self.flags.insert || !self.charsets.plain() {
            for byte in bytes {
                self.print(char::from(*byte));
            }
            return;
        }
        let mut rest = bytes;
        if self.prepended()
            && let Some((first, others)) = bytes.split_first()
        {
            self.print(char::from(*first));
            rest = others;
        }
        let Some(last) = rest.last() else {
            return;
        };
        let style = self.style();
        let protect = if self.protect {
            Glyph::ascii(0).protected(true).bits()
        } else {
            0
        };
        while !rest.is_empty() {
            self.wrap_if_pending();
            let limit = self.right_limit();
            let column = self.at.column;
            let space = usize::from(limit - column);
            if rest.len() > space && !self.flags.wrap {
                // Without autowrap all that passes the edge lands in the last column.
                rest = self.squeeze(rest, space, style);
                continue;
            }
            let (now, after) = rest.split_at(rest.len().min(space));
            rest = after;
            let end = column + now.len() as u16;
            let line = self.shown.grid.line_mut(self.at.row);
            line.part(column);
            line.part(end);
            let cells = line.write(column, end);
            if protect == 0 {
                for (cell, byte) in cells.iter_mut().zip(now) {
                    *cell = Cell {
                        glyph: Glyph::ascii(*byte),
                        style,
                    };
                }
            } else {
                for (cell, byte) in cells.iter_mut().zip(now) {
                    *cell = Cell {
                        glyph: Glyph::ascii(*byte).protected(true),
                        style,
                    };
                }
            }
            self.advance(end, limit);
        }
        let last = Some(char::from(*last));
        self.joinable = last;
        self.last_char = last;
    }

    /// Prints what of `bytes` stays visible in `space` columns, the last column overwritten by the
    /// last byte. Returns the empty rest.
    fn squeeze<'a>(&mut self, bytes: &'a [u8], space: usize, style: u32) -> &'a [u8] {
        let (rest, last) = bytes.split_at(bytes.len() - 1);
        let column = self.at.column;
        let limit = self.right_limit();
        let line = self.shown.grid.line_mut(self.at.row);
        line.part(column);
        line.part(limit);
        let protect = self.protect;
        let shown = rest.iter().take(space.saturating_sub(1)).chain(last);
        for (cell, byte) in line.write(column, limit).iter_mut().zip(shown) {
            *cell = Cell {
                glyph: Glyph::ascii(*byte).protected(protect),
                style,
            };
        }
        self.advance(limit, limit);
        &[]
    }

    /// The last character printed may take what follows into its cluster, whatever that is.
    fn prepended(&self) -> bool {
        self.flags.graphemes && self.joinable.is_some_and(|c| !width::stands_alone(c))
    }

    /// What was printed last is in no cell.
    fn is_orphan(&self) -> bool {
        self.joinable == Some(ORPHAN)
    }

    /// Prints one character.
    pub(crate) fn print(&mut self, c: char) {
        let c = if c.is_ascii() {
            self.charsets.map(c)
        } else {
            c
        };
        let width = width::of_char(c);
        if self.join(c, width) {
            return;
        }
        if width == 0 {
            self.joinable = Some(ORPHAN);
            return;
        }
        self.put(Glyph::char(c), width);
        self.joinable = Some(c);
        self.last_char = Some(c);
    }

    /// REP.
    pub(crate) fn repeat(&mut self, count: u16) {
        let Some(c) = self.repeatable.take() else {
            return;
        };
        // More than a screen looks the same as a screen and what is left of a row.
        let cols = u32::from(self.cols());
        let screen = cols * u32::from(self.rows());
        let count = match u32::from(count).checked_sub(screen) {
            Some(more) => screen + more % cols,
            None => u32::from(count),
        };
        let width = width::of_char(c);
        for _ in 0..count {
            self.put(Glyph::char(c), width);
        }
    }

    /// Writes a glyph at the cursor and moves on.
    fn put(&mut self, glyph: Glyph, width: u8) {
        self.wrap_if_pending();
        let (mut glyph, mut width) = (glyph, u16::from(width));
        let mut limit = self.right_limit();
        if width == 2 && self.at.column + 1 >= limit {
            if self.flags.wrap && limit - self.left_limit() >= 2 {
                self.leave_hole();
                limit = self.right_limit();
            } else {
                (glyph, width) = (Glyph::char(char::REPLACEMENT_CHARACTER), 1);
            }
        }
        let style = self.style();
        let column = self.at.column;
        let end = column + width;
        let blank = self.blank();
        let insert = self.flags.insert;
        let protect = self.protect;
        let line = self.shown.grid.line_mut(self.at.row);
        if insert {
            line.insert(column, limit, width, blank);
        }
        line.part(column);
        line.part(end);
        let cells = line.write(column, end);
        if width == 2 {
            cells[0] = Cell {
                glyph: glyph.wide().protected(protect),
                style,
            };
            cells[1] = Cell {
                glyph: Glyph::TAIL.protected(protect),
                style,
            };
        } else {
            cells[0] = Cell {
                glyph: glyph.protected(protect),
                style,
            };
        }
        self.advance(end, limit);
    }

    /// The last column stays free, because what comes does not fit; the row wraps.
    fn leave_hole(&mut self) {
        let blank = self.blank();
        let column = self.at.column;
        let line = self.shown.grid.line_mut(self.at.row);
        line.part(column);
        line.part(column + 1);
        if let [cell] = line.write(column, column + 1) {
            *cell = Cell {
                glyph: Glyph::HOLE,
                ..blank
            };
        }
        self.wrap();
    }

    #[inline]
    fn advance(&mut self, end: u16, limit: u16) {
        self.at.pending = end >= limit;
        self.at.column = if end >= limit { limit - 1 } else { end };
    }

    #[inline]
    fn wrap_if_pending(&mut self) {
        if self.at.pending {
            if self.flags.wrap {
                self.wrap();
            } else {
                self.at.pending = false;
            }
        }
    }

    /// Goes on in the next row. The row is marked as wrapped if its text really goes on below.
    fn wrap(&mut self) {
        let row = self.at.row;
        let whole = self.margins.left == 0 && self.at.column + 1 == self.cols();
        let moves = row == self.margins.bottom || row + 1 < self.rows();
        if whole && moves {
            self.shown.grid.line_mut(row).set_wrapped(true);
        }
        self.at.column = self.left_limit();
        self.at.pending = false;
        self.index();
    }

    /// Column after the last that text at the cursor may take.
    #[inline]
    pub(crate) fn right_limit(&self) -> u16 {
        if self.at.column <= self.margins.right {
            self.margins.right + 1
        } else {
            self.cols()
        }
    }

    /// Column where a wrapped line goes on.
    pub(crate) fn left_limit(&self) -> u16 {
        if self.at.column >= self.margins.left {
            self.margins.left
        } else {
            0
        }
    }

    /// Column of the cell that was printed last, if there is one at the cursor's left.
    fn base(&self) -> Option<u16> {
        let column = if self.at.pending {
            self.at.column
        } else {
            self.at.column.checked_sub(1)?
        };
        let tail = self
            .shown
            .grid
            .line(self.at.row)
            .cell(column)
            .glyph
            .is_tail();
        if tail {
            column.checked_sub(1)
        } else {
            Some(column)
        }
    }

    /// Adds `c` to the cluster at the cursor's left, if it belongs there. True when `c` is done.
    fn join(&mut self, c: char, width: u8) -> bool {
        if self.is_orphan() && self.flags.graphemes {
            return width == 0;
        }
        if width != 0 {
            let Some(last) = self.joinable else {
                return false;
            };
            if !self.flags.graphemes || (width::stands_alone(last) && width::stands_alone(c)) {
                return false;
            }
        }
        let Some(column) = self.base() else {
            return false;
        };
        let cell = self.shown.grid.line(self.at.row).cell(column);
        let base = cell.glyph.protected(false);
        // Made now, so that nothing is collected between a cluster's making and its place on the grid.
        self.blank();
        let graphemes = self.flags.graphemes;
        let known = self.joins.get(base, c).filter(|_| graphemes);
        let join = known.unwrap_or_else(|| {
            self.collect_if_due();
            let join = self.joined(base, c);
            if graphemes {
                self.joins.put(base, c, join);
            }
            join
        });
        let Join::Into(glyph) = join else {
            return false;
        };
        self.joinable = Some(c);
        if glyph != base {
            self.become_cluster(column, cell, glyph);
        }
        true
    }

    /// What comes of `base` and `c`: a cluster, unless a boundary lies between them. A cluster that
    /// cannot be kept, for its length or for the number of others, stays as it was.
    fn joined(&mut self, base: Glyph, c: char) -> Join {
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        self.tables.push_text(base, &mut text);
        let at = text.len();
        text.push(c);
        let graphemes = self.flags.graphemes;
        let joins = if graphemes {
            width::joins(&text, at)
        } else {
            joinable_mark(c)
        };
        let id = if joins && text.len() <= MAX_CLUSTER {
            self.tables.clusters.intern(&text)
        } else {
            None
        };
        let wide = if graphemes {
            width::of_cluster(&text) == 2
        } else {
            base.is_wide()
        };
        self.scratch = text;
        match id {
            _ if !joins => Join::Apart,
            None => Join::Into(base),
            Some(id) if wide => Join::Into(Glyph::cluster(id).wide()),
            Some(id) => Join::Into(Glyph::cluster(id)),
        }
    }

    /// The cell at `column` becomes `glyph`; its width may change.
    fn become_cluster(&mut self, column: u16, cell: Cell, glyph: Glyph) {
        let style = cell.style;
        let wide = glyph.is_wide();
        let glyph = glyph.protected(cell.glyph.is_protected());
        match (cell.glyph.is_wide(), wide) {
            (false, true) => self.widen(column, glyph.narrow(), style),
            (true, false) => self.narrow(column, glyph, style),
            _ => self.replace(column, glyph, style),
        }
    }

    fn replace(&mut self, column: u16, glyph: Glyph, style: u32) {
        let line = self.shown.grid.line_mut(self.at.row);
        let wrapped = line.wrapped();
        if let [cell] = line.write(column, column + 1) {
            *cell = Cell { glyph, style };
        }
        line.set_wrapped(wrapped);
    }

    fn narrow(&mut self, column: u16, glyph: Glyph, style: u32) {
        let line = self.shown.grid.line_mut(self.at.row);
        if let [lead, tail] = line.write(column, column + 2) {
            *lead = Cell { glyph, style };
            *tail = Cell {
                glyph: Glyph::SPACE,
                style,
            };
        }
        if self.at.pending {
            self.at.pending = false;
        } else {
            self.at.column = column + 1;
        }
    }

    fn widen(&mut self, column: u16, glyph: Glyph, style: u32) {
        let limit = self.right_limit();
        if column + 1 < limit {
            let blank = self.blank();
            let insert = self.flags.insert;
            let line = self.shown.grid.line_mut(self.at.row);
            if insert {
                line.insert(column + 1, limit, 1, blank);
            }
            line.part(column + 2);
            write_wide(line, column, glyph, style);
            self.advance(column + 2, limit);
            return;
        }
        self.at.column = column;
        if self.flags.wrap && limit - self.left_limit() >= 2 {
            self.leave_hole();
            let limit = self.right_limit();
            let column = self.at.column;
            let line = self.shown.grid.line_mut(self.at.row);
            line.part(column);
            line.part(column + 2);
            write_wide(line, column, glyph, style);
            self.advance(column + 2, limit);
        } else {
            self.replace(column, Glyph::char(char::REPLACEMENT_CHARACTER), style);
        }
    }
}

/// A glyph of two columns, where both may be written.
fn write_wide(line: &mut Line, column: u16, glyph: Glyph, style: u32) {
    if let [lead, tail] = line.write(column, column + 2) {
        let kept = glyph.is_protected();
        *lead = Cell {
            glyph: glyph.wide(),
            style,
        };
        *tail = Cell {
            glyph: Glyph::TAIL.protected(kept),
            style,
        };
    }
}

/// Without clusters: marks of no width that are shown on the character before them.
fn joinable_mark(c: char) -> bool {
    let mut bytes = [b'a'; 5];
    let (base, mark) = bytes.split_at_mut(1);
    let length = base.len() + c.encode_utf8(mark).len();
    let text = bytes
        .get(..length)
        .and_then(|text| std::str::from_utf8(text).ok());
    text.is_some_and(|text| width::joins(text, 1))
}
