//! A screen for tests, and its contents as text.
#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "each test file uses its part"
)]

pub(crate) mod soup;

use std::sync::Arc;

use abide_protocol::message::TerminalLook;
use abide_protocol::{Book, LineNo, Row, Size, Snapshot, Style};
use abide_screen::{Options, Screen};

pub(crate) fn screen(cols: u16, rows: u16) -> Screen {
    with_history(cols, rows, 1 << 20)
}

pub(crate) fn with_history(cols: u16, rows: u16, history_bytes: usize) -> Screen {
    Screen::new(Options {
        history_bytes,
        ..options(cols, rows)
    })
}

/// A screen whose program may not read it.
pub(crate) fn without_checksums(cols: u16, rows: u16) -> Screen {
    Screen::new(Options {
        allow_checksum: false,
        ..options(cols, rows)
    })
}

pub(crate) fn options(cols: u16, rows: u16) -> Options {
    Options {
        size: Size::clamped(cols, rows),
        look: TerminalLook::default(),
        incarnation: 1,
        version: "abide test",
        history_bytes: 1 << 20,
        allow_checksum: true,
    }
}

/// Feeds all of `bytes`, going on after each early return.
pub(crate) fn feed(screen: &mut Screen, bytes: impl AsRef<[u8]>) {
    let mut bytes = bytes.as_ref();
    while !bytes.is_empty() {
        let used = screen.feed(bytes);
        assert!(used > 0, "no progress");
        bytes = &bytes[used..];
    }
    screen.check().unwrap();
}

/// The screen after `bytes`.
pub(crate) fn after(cols: u16, rows: u16, bytes: impl AsRef<[u8]>) -> Screen {
    let mut screen = screen(cols, rows);
    feed(&mut screen, bytes);
    screen
}

/// Rows joined by `|`, without blanks at the end of each; a wrapped row ends in `\`.
pub(crate) fn text(rows: &[Arc<Row>]) -> String {
    let row = |row: &Arc<Row>| {
        let wrapped = if row.wrapped() { "\\" } else { "" };
        format!(
            "{}{wrapped}",
            if row.wrapped() {
                row.text()
            } else {
                row.text().trim_end()
            }
        )
    };
    rows.iter().map(row).collect::<Vec<_>>().join("|")
}

pub(crate) fn shown(screen: &mut Screen) -> String {
    text(&screen.snapshot().rows)
}

pub(crate) fn history(screen: &Screen) -> String {
    text(&screen.rows(Book::Main, LineNo(0), u64::MAX).1)
}

/// Cursor as row, column.
pub(crate) fn cursor(screen: &mut Screen) -> (u16, u16) {
    let cursor = screen.snapshot().cursor;
    (cursor.row, cursor.column)
}

/// The style of a cell; plain beyond the row's end.
pub(crate) fn style_at(snapshot: &Snapshot, row: usize, column: u16) -> Style {
    let mut start = 0;
    for (run, _) in snapshot.rows[row].runs() {
        if (start..start + run.cells).contains(&column) {
            return run.style;
        }
        start += run.cells;
    }
    Style::PLAIN
}

/// Feeds `bytes` to a screen and compares rows (see [`text`]) and cursor (row, column).
pub(crate) fn check(size: (u16, u16), bytes: &str, rows: &str, at: (u16, u16)) {
    let mut screen = after(size.0, size.1, bytes);
    assert_eq!(shown(&mut screen), rows, "rows after {bytes:?}");
    assert_eq!(cursor(&mut screen), at, "cursor after {bytes:?}");
}
