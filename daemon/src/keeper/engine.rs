//! The screen, fed under `catch_unwind`: a fault of the engine costs the picture, which the
//! program is made to repaint, and neither the session nor its history.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use abide_protocol::message::{Event, LostRows, TerminalLook};
use abide_protocol::{Book, Cursor, LineNo, Modes, Row, Size, Snapshot};
use abide_screen::{Options, Reader, Screen, Sealed, Usage};

/// How much history there is.
pub(crate) struct Extent {
    pub(crate) rows: u64,
    /// Bytes in memory, and on the disk.
    pub(crate) memory: u64,
    pub(crate) stored: u64,
}

/// The screen and the number of its faults.
pub(crate) struct Engine {
    screen: Screen,
    look: TerminalLook,
    rebuilt: u32,
    /// A fault has not been told yet.
    fault: bool,
    /// Where the next look at history begins.
    unseen: LineNo,
}

impl Engine {
    pub(crate) fn new(options: Options) -> Self {
        let look = options.look.clone();
        Self {
            screen: Screen::new(options),
            look,
            rebuilt: 0,
            fault: false,
            unseen: LineNo(0),
        }
    }

    /// Feeds bytes, answers how many were used; see [`Screen::feed`]. After a fault all of them
    /// count as used: what one of them did once it would do again.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> usize {
        let fed = self.guarded(|screen| screen.feed(bytes));
        fed.filter(|used| *used > 0).unwrap_or(bytes.len())
    }

    pub(crate) fn resize(&mut self, size: Size) {
        if self.guarded(|screen| screen.resize(size)).is_none() {
            let _ = self.guarded(|screen| screen.resize(size));
        }
    }

    pub(crate) fn set_look(&mut self, look: TerminalLook) {
        self.look = look.clone();
        let _ = self.guarded(|screen| screen.set_look(look));
    }

    pub(crate) fn end_hold(&mut self) {
        let _ = self.guarded(Screen::end_hold);
    }

    pub(crate) fn clear_history(&mut self) {
        let _ = self.guarded(Screen::clear_history);
    }

    /// The presented state.
    pub(crate) fn snapshot(&mut self) -> Arc<Snapshot> {
        match self.guarded(Screen::snapshot) {
            Some(snapshot) => snapshot,
            None => self.screen.snapshot(),
        }
    }

    pub(crate) fn take_replies(&mut self) -> Vec<u8> {
        self.screen.take_replies()
    }

    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        self.screen.take_events()
    }

    pub(crate) fn rows(&self, book: Book, from: LineNo, count: u64) -> (LineNo, Vec<Arc<Row>>) {
        let rows = catch_unwind(AssertUnwindSafe(|| self.screen.rows(book, from, count)));
        rows.unwrap_or((from, Vec::new()))
    }

    /// Which of these rows could not be read.
    pub(crate) fn lost(&self, book: Book, from: LineNo, count: u64) -> LostRows {
        let lost = catch_unwind(AssertUnwindSafe(|| self.screen.lost(book, from, count)));
        lost.unwrap_or_default()
    }

    /// Sees whether the next `bytes` of stored history can still be read.
    pub(crate) fn look_at_history(&mut self, bytes: u64) {
        self.unseen = self.screen.look_at_history(self.unseen, bytes);
    }

    /// Which of all rows of history could not be read by those who wanted them.
    pub(crate) fn all_lost(&self) -> LostRows {
        self.screen.all_lost()
    }

    /// History and the presented main screen as they are now.
    pub(crate) fn reader(&mut self) -> Reader {
        match self.guarded(Screen::reader) {
            Some(reader) => reader,
            None => self.screen.reader(),
        }
    }

    /// The main screen behind the alternate one that `shown` shows.
    pub(crate) fn main_behind(&mut self, shown: &Snapshot) -> Snapshot {
        let reader = self.reader();
        let (top, rows) = reader.rows(reader.top(), shown.size.rows().into());
        Snapshot {
            book: Book::Main,
            rows,
            cursor: Cursor::default(),
            top,
            sealed: top,
            first: reader.first(),
            floor: reader.floor(),
            ..shown.clone()
        }
    }

    /// Main-screen rows from here on are in memory as they were written.
    pub(crate) fn packed_below(&self) -> LineNo {
        self.screen.packed_below()
    }

    /// Blocks of history that have been sealed since the last call.
    pub(crate) fn take_sealed(&mut self) -> Vec<Arc<Sealed>> {
        self.screen.take_sealed()
    }

    pub(crate) fn trim_history(&mut self, bytes: u64) {
        let _ = self.guarded(|screen| screen.trim_history(bytes));
    }

    pub(crate) fn usage(&self) -> Arc<Usage> {
        self.screen.usage()
    }

    pub(crate) fn changed(&self) -> bool {
        self.screen.changed()
    }

    pub(crate) fn synchronized(&self) -> bool {
        self.screen.synchronized()
    }

    pub(crate) fn modes(&self) -> Modes {
        self.screen.modes()
    }

    pub(crate) fn top(&self, book: Book) -> LineNo {
        self.screen.top(book)
    }

    pub(crate) fn first(&self, book: Book) -> LineNo {
        self.screen.first(book)
    }

    pub(crate) fn history(&self) -> Extent {
        Extent {
            rows: self.screen.history_rows(),
            memory: self.screen.history_bytes() as u64,
            stored: self.screen.usage().stored(),
        }
    }

    /// Pixels of one cell, as far as the driver's terminal told.
    pub(crate) fn cell(&self) -> Option<(u16, u16)> {
        self.look.cell
    }

    pub(crate) fn rebuilt(&self) -> u32 {
        self.rebuilt
    }

    /// Whether there was a fault since the last call.
    pub(crate) fn take_fault(&mut self) -> bool {
        std::mem::take(&mut self.fault)
    }

    fn guarded<T>(&mut self, act: impl FnOnce(&mut Screen) -> T) -> Option<T> {
        let done = catch_unwind(AssertUnwindSafe(|| act(&mut self.screen)));
        if done.is_err() {
            tracing::error!("a fault in the screen; it is rebuilt");
            self.rebuilt = self.rebuilt.saturating_add(1);
            self.fault = true;
            self.screen.rebuild();
        }
        done.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_costs_the_picture_and_not_the_history() {
        let mut engine = Engine::new(Options {
            size: Size::clamped(20, 3),
            look: TerminalLook::default(),
            incarnation: 1,
            version: "",
            history_bytes: 1 << 20,
            allow_checksum: false,
        });
        let lines = "line\r\n".repeat(50);
        let mut rest = lines.as_bytes();
        while !rest.is_empty() {
            rest = &rest[engine.feed(rest)..];
        }
        let before = engine.snapshot();
        let history = engine.rows(Book::Main, LineNo(0), 100);
        assert_eq!(engine.guarded(|_| panic!("a fault")), None::<()>);
        assert_eq!(
            (engine.rebuilt(), engine.take_fault(), engine.take_fault()),
            (1, true, false)
        );
        let after = engine.snapshot();
        assert_eq!(engine.rows(Book::Main, LineNo(0), 100), history);
        assert_eq!((after.size, after.top), (before.size, before.top));
        assert!(after.rows.iter().all(|row| row.text().is_empty()));
        assert!(after.revision.counter > before.revision.counter);
        assert_eq!(engine.feed(b"goes on"), 7);
        assert_eq!(engine.snapshot().rows[0].text(), "goes on");
    }
}
