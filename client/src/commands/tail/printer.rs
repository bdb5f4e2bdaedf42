//! Rows as lines on standard output, each once and in order.

use std::io::{self, Write};
use std::sync::Arc;

use abide_protocol::{LineNo, Row};

use crate::ansi;
use crate::fault::Fault;
use crate::output::Out;
use crate::rows::Reader;
use crate::sessions::Located;

pub(super) struct Printer<'a> {
    of: &'a Located,
    out: Out,
    ansi: bool,
    /// Rows below this number have been printed, or never will be.
    next: LineNo,
    /// The last row goes on in the next.
    open: bool,
    code: u8,
}

impl<'a> Printer<'a> {
    pub(super) fn new(of: &'a Located, next: LineNo, ansi: bool) -> Self {
        Self {
            of,
            out: Out::open(),
            ansi,
            next,
            open: false,
            code: 0,
        }
    }

    /// The exit code, by what could be read.
    pub(super) fn code(&self) -> u8 {
        self.code
    }

    /// Prints history up to `top`. What was dropped before it could be read, or cannot be read, is
    /// told.
    pub(super) async fn history(&mut self, reader: &mut Reader, top: LineNo) -> Result<(), Fault> {
        while self.next < top {
            let (first, rows) = reader.rows(self.next, top).await?;
            self.skipped(first.since(self.next))?;
            self.next = first.max(self.next);
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                self.row(row)?;
            }
            self.out.flush()?;
        }
        let lost = reader.take_lost();
        if lost.rows > 0 {
            self.end()?;
            self.code = super::super::damage(self.of, lost);
        }
        Ok(())
    }

    /// Prints the first `count` rows of the screen, whose first has number `top`.
    pub(super) fn screen(
        &mut self,
        top: LineNo,
        rows: &[Arc<Row>],
        count: u64,
    ) -> Result<(), Fault> {
        if self.next >= top {
            let known = self.next.since(top);
            let rows = rows.iter().take(count as usize).skip(known as usize);
            for row in rows {
                self.row(row)?;
            }
        }
        Ok(self.out.flush()?)
    }

    /// Nothing more comes.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        if std::mem::take(&mut self.open) {
            self.out.write_all(b"\n")?;
        }
        Ok(self.out.flush()?)
    }

    fn skipped(&mut self, count: u64) -> Result<(), Fault> {
        if count > 0 {
            self.end()?;
            super::super::note(&format!(
                "{count} rows were skipped: the session has dropped them from its history"
            ));
        }
        Ok(())
    }

    /// A line is written as its rows come: it may be longer than memory.
    fn row(&mut self, row: &Row) -> io::Result<()> {
        self.next = self.next.plus(1);
        self.open = row.wrapped();
        let text = if self.ansi {
            ansi::row(row)
        } else if self.open {
            row.text().as_bytes().to_vec()
        } else {
            row.text().trim_end_matches(' ').as_bytes().to_vec()
        };
        self.out.write_all(&text)?;
        if self.open {
            Ok(())
        } else {
            self.out.write_all(b"\n")
        }
    }
}
