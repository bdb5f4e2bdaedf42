//! Lines that would only pass through the screen.
//!
//! A log is written faster than anybody reads. Of the whole lines in one piece of output only the
//! last screenful stays; those before it go to history as they come, past the cells.

use abide_protocol::Book;

use crate::cell::Cell;
use crate::parser::printable;
use crate::terminal::{Margins, Terminal};

/// Whole lines that some bytes begin with: printable ASCII, at most as wide as the screen, each
/// ended by CR LF.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct WholeLines {
    pub(crate) count: usize,
    /// Bytes of all of them.
    pub(crate) bytes: usize,
}

impl Terminal {
    /// A line that begins now is printed at the bottom of a screen on which nothing is special.
    #[inline]
    pub(crate) fn may_rush(&self) -> bool {
        self.at.column == 0
            && self.at.row == self.margins.bottom
            && !self.at.pending
            && self.joinable.is_none()
            && self.book == Book::Main
    }

    /// Takes as many of the whole lines that `bytes` begin with as leave the screen within them, with
    /// the same effect as if each had been printed. Answers the bytes used and how far the whole lines
    /// reach: before that there is nothing more to gain.
    pub(crate) fn rush(&mut self, bytes: &[u8]) -> (usize, usize) {
        let rows = usize::from(self.rows());
        let lines = whole_lines(bytes, usize::from(self.cols()));
        if lines.count < 2 * rows || !self.is_plain() {
            return (0, lines.bytes);
        }
        // The bottom row is blank: what stands above it leaves first, and as many lines stay.
        let above = self.rows() - 1;
        for row in 0..above {
            self.history.push(self.shown.grid.line(row), &self.tables);
        }
        let mut used = 0;
        for _ in usize::from(above)..lines.count {
            let text = bytes.get(used..).unwrap_or(&[]);
            let length = text.iter().position(|byte| *byte == b'\r').unwrap_or(0);
            self.history.push_text(text.get(..length).unwrap_or(&[]));
            used += length + 2;
        }
        for row in 0..above {
            self.shown.grid.line_mut(row).clear(Cell::BLANK);
        }
        self.at.row = 0;
        self.repeatable = None;
        let printed = bytes.get(..used).unwrap_or(&[]);
        if let Some(last) = printed.iter().rfind(|byte| **byte >= b' ') {
            self.last_char = Some(char::from(*last));
        }
        (used, lines.bytes)
    }

    /// Text is printed as it is, in plain style, on a blank bottom row, and all rows scroll.
    fn is_plain(&mut self) -> bool {
        let bottom = self.shown.grid.line(self.at.row);
        let blank = bottom.used() == 0 && bottom.marks().is_empty() && !bottom.wrapped();
        blank
            && self.margins == Margins::full(self.size)
            && self.charsets.plain()
            && !self.flags.insert
            && !self.protect
            && self.held.view.is_none()
            && self.history.takes_text()
            && self.style() == 0
            && self.blank() == Cell::BLANK
    }
}

fn whole_lines(bytes: &[u8], cols: usize) -> WholeLines {
    let mut lines = WholeLines { count: 0, bytes: 0 };
    while let Some(rest) = bytes.get(lines.bytes..) {
        let length = printable(rest);
        if length > cols || rest.get(length..length + 2) != Some(b"\r\n") {
            break;
        }
        lines.count += 1;
        lines.bytes += length + 2;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_end_where_something_else_begins() {
        let check = |text: &str, count, bytes| {
            assert_eq!(whole_lines(text.as_bytes(), 4), WholeLines { count, bytes });
        };
        check("", 0, 0);
        check("ab\r\n\r\ncdef\r\n", 3, 12);
        check("ab\r\ncdefg\r\n", 1, 4);
        check("ab\r\nc\x1b[md\r\n", 1, 4);
        check("ab\r\nc\nd\r\n", 1, 4);
        check("ab\r\nc\r", 1, 4);
        check("ab\r\né\r\n", 1, 4);
    }
}
