//! The crate's face: one session's terminal.

use std::sync::Arc;

use abide_protocol::message::{Event, LostRows, TerminalLook};
use abide_protocol::{Book, LineNo, Modes, Revision, Row, Size, Snapshot};

use crate::history::{History, Reader, Sealed, Usage};
use crate::line::Line;
use crate::parser::Parser;
use crate::terminal::Terminal;
use crate::view::{RowMaker, View};

/// What a screen is made with.
#[derive(Clone, Debug)]
pub struct Options {
    pub size: Size,
    /// Colours and cell pixels that programs are told.
    pub look: TerminalLook,
    /// Makes this screen's revisions unlike those of any other.
    pub incarnation: u64,
    /// Answer to XTVERSION: `abide 0.1.0`.
    pub version: &'static str,
    /// Bytes of packed history at most; the oldest rows go first.
    pub history_bytes: usize,
    /// The program may read its screen as checksums (DECRQCRA), as conformance suites do.
    pub allow_checksum: bool,
}

/// A terminal: fed by a program's output, read as snapshots.
pub struct Screen {
    pub(crate) parser: Parser,
    pub(crate) terminal: Terminal,
    pub(crate) maker: RowMaker,
    pub(crate) last: Option<Arc<Snapshot>>,
    pub(crate) revision: Revision,
}

impl Screen {
    #[must_use]
    pub fn new(options: Options) -> Self {
        let incarnation = options.incarnation;
        Self {
            parser: Parser::new(),
            terminal: Terminal::new(options),
            maker: RowMaker::default(),
            last: None,
            revision: Revision {
                incarnation,
                counter: 0,
            },
        }
    }

    /// Feeds bytes; returns how many were used. Stops early only right before a synchronized
    /// update begins (mode 2026), when something was fed since, and right after one ends, so that
    /// the caller can show each state. Call again with the rest.
    pub fn feed(&mut self, bytes: &[u8]) -> usize {
        self.parser.feed(&mut self.terminal, bytes)
    }

    /// Changes the size: the main screen's lines are wrapped anew, the alternate screen is cropped
    /// or padded. Ends a synchronized update.
    pub fn resize(&mut self, size: Size) {
        self.terminal.resize(size);
    }

    /// The presented state. The same `Arc` while nothing changed, a new revision when something
    /// did.
    pub fn snapshot(&mut self) -> Arc<Snapshot> {
        let terminal = &mut self.terminal;
        let (maker, tables) = (&mut self.maker, &terminal.tables);
        let (view, rows): (View, Vec<Arc<Row>>) = if let Some(view) = &terminal.held.view {
            let view = view.clone();
            let lines = terminal.held.lines.iter_mut();
            (view, lines.map(|line| maker.row(line, tables)).collect())
        } else {
            let grid = &mut terminal.shown.grid;
            let rows = 0..grid.rows();
            let rows = rows
                .map(|row| maker.row(grid.line_mut(row), tables))
                .collect();
            (View::of(terminal), rows)
        };
        if let Some(last) = &self.last
            && view.is_shown_by(last)
            && same(&rows, &last.rows)
        {
            return Arc::clone(last);
        }
        self.revision.counter += 1;
        let snapshot = Arc::new(view.snapshot(rows, self.revision));
        Arc::clone(self.last.insert(snapshot))
    }

    /// A snapshot now would have a new revision. May be true as well when what was written since
    /// made the same picture again.
    #[must_use]
    pub fn changed(&self) -> bool {
        let Some(last) = &self.last else {
            return true;
        };
        let terminal = &self.terminal;
        if let Some(view) = &terminal.held.view {
            return !view.is_shown_by(last) || terminal.held.lines.iter().any(Line::is_stale);
        }
        !View::of(terminal).is_shown_by(last) || terminal.shown.grid.iter().any(Line::is_stale)
    }

    /// The live modes, for the encoding of input.
    #[must_use]
    pub fn modes(&self) -> Modes {
        self.terminal.modes
    }

    /// A synchronized update is under way and what viewers see is held.
    #[must_use]
    pub fn synchronized(&self) -> bool {
        self.terminal.held.view.is_some()
    }

    /// The hold took too long: the live state is presented until the next begin.
    pub fn end_hold(&mut self) {
        self.terminal.held.view = None;
    }

    /// Bytes for the PTY.
    pub fn take_replies(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.terminal.replies)
    }

    /// What happened since the last call; bounded, further events are dropped.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.terminal.event_bytes = 0;
        std::mem::take(&mut self.terminal.events)
    }

    /// The driver's terminal looks like this now. May queue reports of the colour scheme and, when
    /// the pixels of a cell are others, of the size.
    pub fn set_look(&mut self, look: TerminalLook) {
        let (before, pixels) = (self.terminal.dark(), self.terminal.cell_pixels());
        self.terminal.look = look;
        if self.terminal.cell_pixels() != pixels {
            self.terminal.report_size_if_wanted();
        }
        if self.terminal.flags.scheme_reports && self.terminal.dark() != before {
            self.terminal.report_scheme();
        }
    }

    /// Rows of history, `[from, from + count)`, cut to what is kept, and the number of the first.
    /// What is on the screen is not among them. The alternate screen has none.
    #[must_use]
    pub fn rows(&self, book: Book, from: LineNo, count: u64) -> (LineNo, Vec<Arc<Row>>) {
        match book {
            Book::Main => {
                let (first, rows) = self.terminal.history.rows(from.0, count);
                (LineNo(first), rows)
            }
            Book::Alternate => (LineNo(0), Vec::new()),
        }
    }

    /// Which of these rows could not be read when they were last wanted, and are blank.
    #[must_use]
    pub fn lost(&self, book: Book, from: LineNo, count: u64) -> LostRows {
        match book {
            Book::Main => self.terminal.history.lost(from.0, count),
            Book::Alternate => LostRows::default(),
        }
    }

    /// Sees whether stored rows can still be read, so that [`Self::all_lost`] knows it: from `from`
    /// on, about so many `bytes`, at the end again from the oldest. Answers where the next look goes
    /// on.
    #[must_use]
    pub fn look_at_history(&self, from: LineNo, bytes: u64) -> LineNo {
        LineNo(self.terminal.history.look(from.0, bytes))
    }

    /// Which of all rows of history could not be read when they were last wanted. Quick: rows that
    /// only repeat such rows are not counted.
    #[must_use]
    pub fn all_lost(&self) -> LostRows {
        self.terminal.history.all_lost()
    }

    /// History and the presented main screen as they are now, for another thread. What happens to
    /// the screen later does not show in it.
    #[must_use]
    pub fn reader(&mut self) -> Reader {
        let terminal = &mut self.terminal;
        let (maker, tables) = (&mut self.maker, &terminal.tables);
        let held = terminal.held.view.as_ref();
        if let Some(view) = held.filter(|view| view.book == Book::Main) {
            let lines = terminal.held.lines.iter_mut();
            let rows = lines.map(|line| maker.row(line, tables)).collect();
            return terminal.history.reader(view.top, rows);
        }
        let grid = match terminal.book {
            Book::Main => &mut terminal.shown.grid,
            Book::Alternate => &mut terminal.hidden.grid,
        };
        let rows = (0..grid.rows()).map(|row| maker.row(grid.line_mut(row), tables));
        let rows = rows.collect();
        terminal.history.reader(terminal.history.top(), rows)
    }

    /// Drops the oldest rows until all that is kept, wherever it is, takes no more than `bytes`. A
    /// row that could still be taken back stays.
    pub fn trim_history(&mut self, bytes: u64) {
        self.terminal.history.trim(bytes);
    }

    /// Rows of history from here on are at hand, neither compressed nor stored.
    #[must_use]
    pub fn packed_below(&self) -> LineNo {
        LineNo(self.terminal.history.packed_below())
    }

    /// Blocks of history that will never change again and were not handed out yet, oldest first.
    pub fn take_sealed(&mut self) -> Vec<Arc<Sealed>> {
        self.terminal.history.take_sealed()
    }

    /// Blocks of a loaded history whose bytes were in a store when it was saved: who has the store
    /// owes each a [`Sealed::move_to`]. Until then their rows are blank.
    #[must_use]
    pub fn absent(&self) -> Vec<Arc<Sealed>> {
        self.terminal.history.absent()
    }

    /// What sealed blocks take, and how much of them may be in a store.
    #[must_use]
    pub fn usage(&self) -> Arc<Usage> {
        Arc::clone(self.terminal.history.usage())
    }

    /// Number of the first row on the screen of `book`.
    #[must_use]
    pub fn top(&self, book: Book) -> LineNo {
        match book {
            Book::Main => LineNo(self.terminal.history.top()),
            Book::Alternate => LineNo(0),
        }
    }

    /// Oldest row kept.
    #[must_use]
    pub fn first(&self, book: Book) -> LineNo {
        match book {
            Book::Main => LineNo(self.terminal.history.first()),
            Book::Alternate => LineNo(0),
        }
    }

    /// Bytes that history takes in memory.
    #[must_use]
    pub fn history_bytes(&self) -> usize {
        self.terminal.history.bytes()
    }

    /// Rows of history kept.
    #[must_use]
    pub fn history_rows(&self) -> u64 {
        self.terminal.history.top() - self.terminal.history.first()
    }

    /// Deletes all rows above the screen.
    pub fn clear_history(&mut self) {
        self.terminal.history.clear();
    }

    /// After a fault in one of the other methods: an empty screen of the same size. History and
    /// revisions go on, unless the fault has left the history in disorder.
    pub fn rebuild(&mut self) {
        let old = &mut self.terminal;
        let mut fresh = Terminal::new(Options {
            size: old.size,
            look: old.look.clone(),
            incarnation: self.revision.incarnation,
            version: old.version,
            history_bytes: old.history.max_bytes(),
            allow_checksum: old.allow_checksum,
        });
        fresh.history = match old.history.check() {
            Ok(()) => std::mem::replace(&mut old.history, History::new(0)),
            Err(_) => old.history.emptied(),
        };
        self.terminal = fresh;
        self.parser = Parser::new();
        self.maker = RowMaker::default();
        self.last = None;
    }

    /// Checks every invariant; for tests and for after a fault.
    pub fn check(&self) -> Result<(), String> {
        self.terminal.check()?;
        let Some(last) = &self.last else {
            return Ok(());
        };
        if last.revision != self.revision {
            return Err("the last snapshot is not of the last revision".into());
        }
        last.check().map_err(|fault| format!("snapshot: {fault}"))
    }
}

fn same(rows: &[Arc<Row>], others: &[Arc<Row>]) -> bool {
    rows.len() == others.len()
        && rows
            .iter()
            .zip(others)
            .all(|(row, other)| Arc::ptr_eq(row, other) || row == other)
}
