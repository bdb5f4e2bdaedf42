//! What a terminal of some size shows of a session of another.

use std::sync::Arc;

use abide_protocol::{Attrs, Cursor, Row, RowBuilder, Size, Snapshot, Style};

use super::cells;

/// A picture of exactly the terminal's size.
#[derive(Clone, PartialEq, Debug)]
pub struct View {
    pub size: Size,
    pub rows: Vec<Arc<Row>>,
    /// In cells of the terminal; not visible where it is outside.
    pub cursor: Cursor,
}

/// Which part of a larger session is seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pan {
    pub row: u16,
    pub column: u16,
    /// The user moved the view; typing makes it follow the cursor again.
    pub held: bool,
}

impl Pan {
    /// The view moved by as little as shows the cursor, unless the user holds it.
    #[must_use]
    pub fn following(self, snapshot: &Snapshot, terminal: Size) -> Self {
        let (row, column) = if self.held {
            (self.row, self.column)
        } else {
            let cursor = &snapshot.cursor;
            (
                reach(self.row, terminal.rows(), cursor.row),
                reach(self.column, terminal.cols(), cursor.column),
            )
        };
        let room = |session: u16, terminal: u16| session.saturating_sub(terminal);
        Self {
            row: row.min(room(snapshot.size.rows(), terminal.rows())),
            column: column.min(room(snapshot.size.cols(), terminal.cols())),
            held: self.held,
        }
    }

    /// Moved by the user, by half a screen.
    #[must_use]
    pub fn moved(self, down: i8, right: i8, session: Size, terminal: Size) -> Self {
        let step = |at: u16, by: i8, session: u16, terminal: u16| {
            let half = (terminal / 2).max(1);
            match by {
                0 => at,
                1.. => at
                    .saturating_add(half)
                    .min(session.saturating_sub(terminal)),
                _ => at.saturating_sub(half),
            }
        };
        Self {
            row: step(self.row, down, session.rows(), terminal.rows()),
            column: step(self.column, right, session.cols(), terminal.cols()),
            held: true,
        }
    }
}

/// The least change of `start` that brings `at` into `[start, start + length)`.
fn reach(start: u16, length: u16, at: u16) -> u16 {
    if at < start {
        at
    } else {
        start.max((at + 1).saturating_sub(length))
    }
}

impl View {
    /// What `terminal` shows of the session at `pan`; `notice` covers the bottom row.
    #[must_use]
    pub fn of(snapshot: &Snapshot, terminal: Size, pan: Pan, notice: Option<&str>) -> Self {
        let mut rows: Vec<_> = if snapshot.size == terminal {
            snapshot.rows.clone()
        } else {
            snapshot
                .rows
                .iter()
                .skip(usize::from(pan.row))
                .map(|row| cells::cut(row, pan.column, terminal.cols()))
                .chain(std::iter::repeat_with(Row::blank))
                .take(usize::from(terminal.rows()))
                .collect()
        };
        let mut cursor = snapshot.cursor;
        let inside = (pan.row..pan.row.saturating_add(terminal.rows())).contains(&cursor.row)
            && (pan.column..pan.column.saturating_add(terminal.cols())).contains(&cursor.column);
        cursor.row = cursor.row.saturating_sub(pan.row).min(terminal.rows() - 1);
        cursor.column = cursor
            .column
            .saturating_sub(pan.column)
            .min(terminal.cols() - 1);
        cursor.visible &= inside;
        if let (Some(text), Some(bottom)) = (notice, rows.last_mut()) {
            *bottom = notice_row(text, terminal.cols());
            cursor.visible &= cursor.row + 1 != terminal.rows();
        }
        Self {
            size: terminal,
            rows,
            cursor,
        }
    }
}

/// A line of our own, in reverse video, as wide as the terminal.
fn notice_row(text: &str, cols: u16) -> Arc<Row> {
    let style = Style {
        attrs: Attrs::INVERSE,
        ..Style::PLAIN
    };
    let width = usize::from(cols);
    let text: String = text
        .chars()
        .map(|c| if c.is_ascii_graphic() { c } else { ' ' })
        .take(width.saturating_sub(1))
        .collect();
    let mut builder = RowBuilder::default();
    builder.simple(&format!(" {text:<0$}", width - 1), style, &None);
    Arc::new(builder.finish(false))
}

/// The one line that says that rows were left out of the native scrollback.
pub(crate) fn gap_row(skipped: u64, cols: u16) -> Arc<Row> {
    let text = format!("[{skipped} lines skipped]");
    let style = Style {
        attrs: Attrs::DIM,
        ..Style::PLAIN
    };
    let mut builder = RowBuilder::default();
    builder.simple(&text[..text.len().min(usize::from(cols))], style, &None);
    Arc::new(builder.finish(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_moves_as_little_as_shows_the_cursor() {
        let check = |start, length, at, expected| assert_eq!(reach(start, length, at), expected);
        check(0, 10, 0, 0);
        check(0, 10, 9, 0);
        check(0, 10, 10, 1);
        check(5, 10, 3, 3);
        check(5, 10, 14, 5);
        check(5, 1, 999, 999);
    }

    #[test]
    fn notices_fill_their_row_and_nothing_more() {
        for cols in [1, 2, 10, 300] {
            assert_eq!(notice_row("200x50, driven by desk", cols).cells(), cols);
            assert!(gap_row(12_345, cols).cells() <= cols);
        }
    }
}
