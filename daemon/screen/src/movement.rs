//! Where the cursor goes.

use crate::cell::Cell;
use crate::terminal::{Margins, Terminal};
use abide_protocol::Book;

impl Terminal {
    fn place(&mut self, row: u16, column: u16) {
        self.at.row = row;
        self.at.column = column;
        self.at.pending = false;
    }

    /// CUP: 0-based, within the margins under DECOM.
    pub(crate) fn go_to(&mut self, row: u16, column: u16) {
        let row = self.absolute_row(row);
        let column = self.absolute_column(column);
        self.place(row, column);
    }

    /// VPA.
    pub(crate) fn go_to_row(&mut self, row: u16) {
        let row = self.absolute_row(row);
        let column = self.at.column;
        self.place(row, column);
    }

    /// CHA.
    pub(crate) fn go_to_column(&mut self, column: u16) {
        let column = self.absolute_column(column);
        let row = self.at.row;
        self.place(row, column);
    }

    /// HPR: unlike CUF it minds margins only under DECOM.
    pub(crate) fn go_right(&mut self, count: u16) {
        let (_, last) = self.last_address();
        let column = self.at.column.saturating_add(count).min(last);
        self.place(self.at.row, column);
    }

    /// VPR: unlike CUD it minds margins only under DECOM.
    pub(crate) fn go_down(&mut self, count: u16) {
        let (last, _) = self.last_address();
        let row = self.at.row.saturating_add(count).min(last);
        self.place(row, self.at.column);
    }

    /// The last row and column that can be addressed.
    pub(crate) fn last_address(&self) -> (u16, u16) {
        if self.flags.origin {
            (self.margins.bottom, self.margins.right)
        } else {
            (self.rows() - 1, self.cols() - 1)
        }
    }

    fn absolute_row(&self, row: u16) -> u16 {
        if self.flags.origin {
            row.saturating_add(self.margins.top)
                .min(self.margins.bottom)
        } else {
            row.min(self.rows() - 1)
        }
    }

    fn absolute_column(&self, column: u16) -> u16 {
        if self.flags.origin {
            column
                .saturating_add(self.margins.left)
                .min(self.margins.right)
        } else {
            column.min(self.cols() - 1)
        }
    }

    /// CUU: stops at the top margin when it starts below it.
    pub(crate) fn up(&mut self, count: u16) {
        let first = if self.at.row >= self.margins.top {
            self.margins.top
        } else {
            0
        };
        self.place(self.at.row.saturating_sub(count).max(first), self.at.column);
    }

    /// CUD.
    pub(crate) fn down(&mut self, count: u16) {
        let last = if self.at.row <= self.margins.bottom {
            self.margins.bottom
        } else {
            self.rows() - 1
        };
        self.place(self.at.row.saturating_add(count).min(last), self.at.column);
    }

    /// CUF.
    pub(crate) fn forward(&mut self, count: u16) {
        let last = self.right_limit() - 1;
        self.place(self.at.row, self.at.column.saturating_add(count).min(last));
    }

    /// CUB and BS. With reverse wraparound it goes on at the end of the row above.
    pub(crate) fn back(&mut self, count: u16) {
        if (self.flags.reverse_wrap || self.flags.reverse_wrap_far) && self.flags.wrap {
            return self.back_around(count);
        }
        let first = self.left_limit();
        self.place(self.at.row, self.at.column.saturating_sub(count).max(first));
    }

    /// Mode 45 goes on at the end of the row above if that is wrapped; mode 1045 anyway, and from
    /// the top margin to the bottom one.
    fn back_around(&mut self, count: u16) {
        let far = self.flags.reverse_wrap_far;
        let (top, bottom, right) = (self.margins.top, self.margins.bottom, self.margins.right);
        let first = self.left_limit();
        let mut count = u32::from(count) - u32::from(self.at.pending);
        self.at.pending = false;
        // After a screen's worth of steps the cursor only goes round inside the margins.
        let screen = u32::from(self.cols()) * u32::from(self.rows());
        let round = u32::from(right - first.min(right) + 1) * u32::from(bottom - top + 1);
        if count > screen {
            count = screen + (count - screen) % round;
        }
        loop {
            let step = u32::from(self.at.column.saturating_sub(first)).min(count);
            self.at.column -= step as u16;
            count -= step;
            let row = self.at.row;
            let above = match row.checked_sub(1) {
                _ if count == 0 => return,
                _ if far && (row == top || row == 0) => bottom,
                Some(above) if far || self.shown.grid.line(above).wrapped() => above,
                _ => return,
            };
            self.at.row = above;
            self.at.column = right;
            count -= 1;
        }
    }

    pub(crate) fn carriage_return(&mut self) {
        self.at.column = self.left_limit();
        self.at.pending = false;
    }

    /// LF, VT, FF.
    #[inline]
    pub(crate) fn line_feed(&mut self) {
        self.at.pending = false;
        self.index();
        if self.modes.newline {
            self.carriage_return();
        }
    }

    /// CR and LF, which end most lines.
    #[inline]
    pub(crate) fn new_line(&mut self) {
        self.joinable = None;
        self.repeatable = None;
        self.carriage_return();
        self.index();
    }

    /// IND: down one row; at the bottom margin the region scrolls up.
    #[inline]
    pub(crate) fn index(&mut self) {
        if self.at.row == self.margins.bottom {
            if self.book == Book::Main && self.margins == Margins::full(self.size) {
                let blank = self.blank();
                self.history.push(self.shown.grid.line(0), &self.tables);
                self.shown.grid.scroll_up(0, self.at.row, 1, blank);
            } else if self.margins.has_column(self.at.column) {
                self.scroll_up(1);
            }
        } else if self.at.row + 1 < self.rows() {
            self.at.row += 1;
        }
    }

    /// RI: up one row; at the top margin the region scrolls down.
    pub(crate) fn reverse_index(&mut self) {
        self.at.pending = false;
        if self.at.row == self.margins.top {
            if self.margins.has_column(self.at.column) {
                self.scroll_down(1);
            }
        } else if self.at.row > 0 {
            self.at.row -= 1;
        }
    }

    /// HT and CHT.
    pub(crate) fn tab(&mut self, count: u16) {
        let last = self.right_limit() - 1;
        for _ in 0..count.min(self.cols()) {
            self.at.column = self.tabs.next(self.at.column, last);
        }
    }

    /// CBT.
    pub(crate) fn back_tab(&mut self, count: u16) {
        let first = if self.flags.origin {
            self.margins.left
        } else {
            0
        };
        self.at.pending = false;
        for _ in 0..count.min(self.cols()) {
            self.at.column = self.tabs.previous(self.at.column, first);
        }
    }

    fn full_width(&self) -> bool {
        self.margins.left == 0 && self.margins.right + 1 == self.cols()
    }

    /// The region's rows move up; what leaves the top of the main screen becomes history.
    #[inline]
    pub(crate) fn scroll_up(&mut self, count: u16) {
        let margins = self.margins;
        let count = count.min(margins.bottom - margins.top + 1);
        if count == 0 {
            return;
        }
        if self.full_width() && margins.top == 0 && self.book == Book::Main {
            for row in 0..count {
                self.history.push(self.shown.grid.line(row), &self.tables);
            }
        }
        self.lift(margins.top, count);
    }

    /// Rows from `top` to the bottom margin move up by `count`, within the side margins.
    pub(crate) fn lift(&mut self, top: u16, count: u16) {
        let blank = self.blank();
        let margins = self.margins;
        let grid = &mut self.shown.grid;
        let count = count.min(margins.bottom - top + 1);
        if margins.left == 0 && margins.right + 1 == grid.cols() {
            if top > 0 {
                grid.line_mut(top - 1).set_wrapped(false);
            }
            if margins.bottom + 1 < grid.rows() {
                grid.line_mut(margins.bottom).set_wrapped(false);
            }
            return grid.scroll_up(top, margins.bottom, count, blank);
        }
        for row in top..=margins.bottom {
            if row + count <= margins.bottom {
                grid.copy_columns(row + count, row, margins.left, margins.right);
            } else {
                grid.line_mut(row)
                    .erase(margins.left, margins.right + 1, blank);
            }
        }
    }

    /// SD: the region's rows move down.
    pub(crate) fn scroll_down(&mut self, count: u16) {
        self.sink(self.margins.top, count);
    }

    /// Rows from `top` to the bottom margin move down by `count`, within the side margins.
    pub(crate) fn sink(&mut self, top: u16, count: u16) {
        let blank = self.blank();
        let margins = self.margins;
        let grid = &mut self.shown.grid;
        let count = count.min(margins.bottom - top + 1);
        if count == 0 {
            return;
        }
        if margins.left == 0 && margins.right + 1 == grid.cols() {
            if top > 0 {
                grid.line_mut(top - 1).set_wrapped(false);
            }
            grid.scroll_down(top, margins.bottom, count, blank);
            return grid.line_mut(margins.bottom).set_wrapped(false);
        }
        for row in (top..=margins.bottom).rev() {
            if row >= top + count {
                grid.copy_columns(row - count, row, margins.left, margins.right);
            } else {
                grid.line_mut(row)
                    .erase(margins.left, margins.right + 1, blank);
            }
        }
    }

    /// DECSTBM and DECSLRM home the cursor.
    pub(crate) fn home(&mut self) {
        self.go_to(0, 0);
    }

    /// The whole screen in `E`s (DECALN).
    pub(crate) fn align(&mut self) {
        self.set_pen(crate::pen::Pen::reset);
        self.margins = Margins::full(self.size);
        self.flags.origin = false;
        let cell = Cell {
            glyph: crate::cell::Glyph::ascii(b'E'),
            style: 0,
        };
        for row in 0..self.rows() {
            let cols = self.cols();
            let line = self.shown.grid.line_mut(row);
            line.clear(Cell::BLANK);
            line.write(0, cols).fill(cell);
        }
        self.home();
    }
}
