//! `abide capture --lines`: rows by number.

use std::io::Write;
use std::sync::Arc;

use abide_protocol::{LineNo, Row};

use crate::cli;
use crate::cli::LineRange;
use crate::fault::Fault;
use crate::json::Elements;
use crate::output::Out;
use crate::rows::{Reader, line_number, on_screen, used};

#[derive(serde::Serialize)]
struct Element<'a> {
    line: u64,
    text: &'a str,
    /// It goes on in the next one.
    wrapped: bool,
}

/// Prints the rows block by block, so that memory does not grow with their number.
pub(super) async fn print(
    reader: &mut Reader,
    range: LineRange,
    args: &cli::Capture,
) -> Result<(), Fault> {
    let (_, snapshot) = reader.capture(0).await?;
    let extent = reader.extent(&snapshot).await?;
    let screen = used(on_screen(&snapshot));
    let end = extent.top.plus(screen.len() as u64);
    let end = range.end.map_or(end, |given| given.min(end));
    let mut from = range.from.max(extent.first);
    let mut printer = Printer::new(args);
    while from < end.min(extent.top) {
        let (first, rows) = reader.rows(from, end.min(extent.top)).await?;
        if rows.is_empty() {
            break;
        }
        from = first.plus(rows.len() as u64);
        printer.rows(first, &rows)?;
    }
    let above = from.since(extent.top) as usize;
    let below = end.since(extent.top) as usize;
    if let Some(rows) = screen.get(above..below) {
        printer.rows(extent.top.plus(above as u64), rows)?;
    }
    printer.finish()
}

struct Printer {
    out: Out,
    ansi: bool,
    json: Option<Elements>,
}

impl Printer {
    fn new(args: &cli::Capture) -> Self {
        Self {
            out: Out::open(),
            ansi: args.ansi,
            json: args.json.then(Elements::default),
        }
    }

    fn rows(&mut self, first: LineNo, rows: &[Arc<Row>]) -> Result<(), Fault> {
        for (number, row) in (line_number(first)..).zip(rows) {
            match &mut self.json {
                Some(elements) => {
                    let line = Element {
                        line: number,
                        text: row.text().trim_end_matches(' '),
                        wrapped: row.wrapped(),
                    };
                    elements.next(&mut self.out, &line)?;
                }
                None => super::print_row(&mut self.out, row, self.ansi)?,
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Fault> {
        if let Some(elements) = self.json {
            elements.finish(&mut self.out)?;
        }
        Ok(self.out.flush()?)
    }
}
