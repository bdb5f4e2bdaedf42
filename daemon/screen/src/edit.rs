//! Erasing, inserting, deleting.

use crate::cell::Cell;
use crate::terminal::Terminal;

impl Terminal {
    /// EL: 0 to the end, 1 from the start, 2 all. What is protected is safe from selective erasure
    /// if DECSCA was used last, from all other if SPA was.
    pub(crate) fn erase_in_line(&mut self, how: u16, selective: bool) {
        let sparing = selective != self.guarded;
        let (column, cols) = (self.at.column, self.cols());
        let (from, to) = match how {
            0 => (column, cols),
            1 => (0, column + 1),
            2 => (0, cols),
            _ => return,
        };
        self.at.pending &= how != 0;
        self.erase(self.at.row, from, to, sparing);
        // What is erased from its start no longer goes on from the row above: zsh erases the row
        // below the filled row that marks a missing newline, and a resize would join the two.
        if !sparing && how != 1 && from == 0 && self.at.row > 0 {
            let above = self.at.row - 1;
            self.shown.grid.line_mut(above).set_wrapped(false);
        }
    }

    /// Erases `[from, to)`, `sparing` what is protected.
    fn erase(&mut self, row: u16, from: u16, to: u16, sparing: bool) {
        let blank = self.blank();
        let line = self.shown.grid.line_mut(row);
        if !sparing {
            return line.erase(from, to, blank);
        }
        let mut column = from;
        while column < to {
            let cell = line.cell(column);
            let next = column + if cell.glyph.is_wide() { 2 } else { 1 };
            if !cell.glyph.is_protected() {
                line.erase(column, next.min(line.cols()), blank);
            }
            column = next;
        }
    }

    /// ED: 0 to the end, 1 from the start, 2 all, 3 history.
    pub(crate) fn erase_in_display(&mut self, how: u16, selective: bool) {
        let (row, rows, cols) = (self.at.row, self.rows(), self.cols());
        let whole = match how {
            0 => row + 1..rows,
            1 => 0..row,
            2 => 0..rows,
            3 if !selective => return self.history.raise_floor(),
            _ => return,
        };
        if how < 2 {
            self.erase_in_line(how, selective);
        }
        for row in whole {
            if selective == self.guarded {
                let blank = self.blank();
                self.shown.grid.line_mut(row).clear(blank);
            } else {
                self.erase(row, 0, cols, true);
            }
        }
    }

    /// ECH.
    pub(crate) fn erase_characters(&mut self, count: u16) {
        let from = self.at.column;
        let to = from.saturating_add(count).min(self.cols());
        self.at.pending = false;
        self.erase(self.at.row, from, to, self.guarded);
    }

    /// ICH.
    pub(crate) fn insert_characters(&mut self, count: u16) {
        self.shift_characters(count, crate::line::Line::insert);
    }

    /// DCH.
    pub(crate) fn delete_characters(&mut self, count: u16) {
        self.shift_characters(count, crate::line::Line::delete);
    }

    fn shift_characters(
        &mut self,
        count: u16,
        shift: impl Fn(&mut crate::line::Line, u16, u16, u16, Cell),
    ) {
        self.at.pending = false;
        if !self.margins.has_column(self.at.column) {
            return;
        }
        let blank = self.blank();
        let line = self.shown.grid.line_mut(self.at.row);
        shift(line, self.at.column, self.margins.right + 1, count, blank);
    }

    /// IL.
    pub(crate) fn insert_lines(&mut self, count: u16) {
        if self.inside_margins() {
            self.sink(self.at.row, count);
            self.carriage_return();
        }
    }

    /// DL.
    pub(crate) fn delete_lines(&mut self, count: u16) {
        if self.inside_margins() {
            self.lift(self.at.row, count);
            self.carriage_return();
        }
    }

    fn inside_margins(&self) -> bool {
        self.margins.has_row(self.at.row) && self.margins.has_column(self.at.column)
    }

    /// DECIC and DECDC: columns at the cursor move right or left in all rows of the region.
    pub(crate) fn shift_columns(&mut self, count: u16, insert: bool) {
        if self.inside_margins() {
            self.shift_region(self.at.column, count, insert);
        }
    }

    /// SR and SL: all columns of the region move right or left.
    pub(crate) fn scroll_sideways(&mut self, count: u16, right: bool) {
        if self.inside_margins() {
            self.shift_region(self.margins.left, count, right);
        }
    }

    fn shift_region(&mut self, column: u16, count: u16, insert: bool) {
        let blank = self.blank();
        let margins = self.margins;
        for row in margins.top..=margins.bottom {
            let line = self.shown.grid.line_mut(row);
            if insert {
                line.insert(column, margins.right + 1, count, blank);
            } else {
                line.delete(column, margins.right + 1, count, blank);
            }
        }
    }
}
