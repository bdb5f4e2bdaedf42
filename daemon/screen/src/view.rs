//! Everything of a snapshot but its rows: what is cheap to copy and compare.

use std::sync::Arc;

use abide_protocol::{
    Book, Cursor, LineNo, Modes, Palette, Progress, Revision, Row, RowBuilder, Size, Snapshot,
};

use minicbor::{Decode, Encode};

use crate::line::Line;
use crate::tables::Tables;
use crate::terminal::Terminal;

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct View {
    #[n(0)]
    pub(crate) size: Size,
    #[n(1)]
    pub(crate) book: Book,
    #[n(2)]
    pub(crate) cursor: Cursor,
    #[n(3)]
    pub(crate) modes: Modes,
    #[cbor(n(4), with = "crate::save::shared::text")]
    pub(crate) title: Arc<str>,
    #[cbor(n(5), with = "crate::save::shared::text")]
    pub(crate) directory: Arc<str>,
    #[n(6)]
    pub(crate) progress: Progress,
    #[cbor(n(7), with = "crate::save::shared::value")]
    pub(crate) palette: Arc<Palette>,
    #[n(8)]
    pub(crate) top: u64,
    #[n(9)]
    pub(crate) sealed: u64,
    #[n(10)]
    pub(crate) first: u64,
    #[n(11)]
    pub(crate) floor: u64,
}

impl View {
    pub(crate) fn of(terminal: &Terminal) -> Self {
        let history = &terminal.history;
        // The alternate screen keeps no history.
        let main = terminal.book == Book::Main;
        let address = |number: u64| if main { number } else { 0 };
        Self {
            size: terminal.size,
            book: terminal.book,
            cursor: Cursor {
                row: terminal.at.row,
                column: terminal.at.column,
                visible: terminal.flags.cursor_visible,
                shape: terminal.cursor_shape,
                blink: terminal.flags.cursor_blink,
            },
            modes: terminal.modes,
            title: Arc::clone(&terminal.title),
            directory: Arc::clone(&terminal.directory),
            progress: terminal.progress,
            palette: Arc::clone(&terminal.palette),
            top: address(history.top()),
            sealed: address(history.sealed()),
            first: address(history.first()),
            floor: address(history.floor()),
        }
    }

    pub(crate) fn is_shown_by(&self, snapshot: &Snapshot) -> bool {
        self.size == snapshot.size
            && self.book == snapshot.book
            && self.cursor == snapshot.cursor
            && self.modes == snapshot.modes
            && self.title == snapshot.title
            && self.directory == snapshot.directory
            && self.progress == snapshot.progress
            && (Arc::ptr_eq(&self.palette, &snapshot.palette) || self.palette == snapshot.palette)
            && self.top == snapshot.top.0
            && self.sealed == snapshot.sealed.0
            && self.first == snapshot.first.0
            && self.floor == snapshot.floor.0
    }

    pub(crate) fn snapshot(&self, rows: Vec<Arc<Row>>, revision: Revision) -> Snapshot {
        Snapshot {
            revision,
            size: self.size,
            book: self.book,
            rows,
            cursor: self.cursor,
            modes: self.modes,
            title: Arc::clone(&self.title),
            directory: Arc::clone(&self.directory),
            progress: self.progress,
            palette: Arc::clone(&self.palette),
            top: LineNo(self.top),
            sealed: LineNo(self.sealed),
            first: LineNo(self.first),
            floor: LineNo(self.floor),
        }
    }
}

/// Makes rows of lines; its buffers are used again.
#[derive(Default)]
pub(crate) struct RowMaker {
    builder: RowBuilder,
    text: String,
}

impl RowMaker {
    /// The line's row, without keeping it.
    pub(crate) fn look(&mut self, line: &Line, tables: &Tables) -> Arc<Row> {
        match line.cached() {
            Some(row) => Arc::clone(row),
            None => Arc::new(self.make(line, tables)),
        }
    }

    /// The line's row: the one made before, unless something was written since.
    pub(crate) fn row(&mut self, line: &mut Line, tables: &Tables) -> Arc<Row> {
        if let Some(row) = line.cached() {
            return Arc::clone(row);
        }
        let row = self.make(line, tables);
        line.cache(row)
    }

    fn make(&mut self, line: &Line, tables: &Tables) -> Row {
        let mut cells = if line.wrapped() {
            line.cells()
        } else {
            line.used_cells()
        };
        if let (true, Some((last, rest))) = (line.wrapped(), cells.split_last())
            && last.glyph.is_hole()
        {
            cells = rest;
        }
        self.builder.clear();
        let mut rest = cells;
        while let Some(first) = rest.first() {
            let pen = tables.styles.pen(first.style);
            let style = pen.style();
            let link = tables.link_of(pen);
            let same = rest.iter().position(|cell| cell.style != first.style);
            let (run, after) = rest.split_at(same.unwrap_or(rest.len()));
            rest = after;
            self.text.clear();
            for cell in run {
                let glyph = cell.glyph;
                if let Some(byte) = glyph.as_ascii() {
                    self.text.push(char::from(byte));
                } else if glyph.is_wide() || glyph.cluster_id().is_some() {
                    self.builder.simple(&self.text, style, link);
                    self.text.clear();
                    tables.push_text(glyph, &mut self.text);
                    let width = if glyph.is_wide() { 2 } else { 1 };
                    self.builder.cluster(&self.text, width, style, link);
                    self.text.clear();
                } else {
                    tables.push_text(glyph, &mut self.text);
                }
            }
            self.builder.simple(&self.text, style, link);
        }
        for mark in line.marks() {
            self.builder.mark(*mark);
        }
        self.builder.finish(line.wrapped())
    }
}
