//! `abide capture`.

mod commands;
mod lines;

use std::io::Write;
use std::sync::Arc;

use abide_protocol::Row;

use crate::cli;
use crate::fault::Fault;
use crate::output::Out;
use crate::rows::Reader;
use crate::sessions::Located;
use crate::{ansi, json, sessions};

pub(super) async fn run(args: cli::Capture) -> Result<u8, Fault> {
    let found = sessions::find(args.target.session.as_deref()).await?;
    let mut reader = Reader::open(&found).await?;
    if let Some(range) = args.lines {
        lines::print(&mut reader, range, &args).await?;
    } else if args.commands {
        commands::print(&mut reader, args.json).await?;
    } else {
        screen(&found, &mut reader, &args).await?;
    }
    Ok(super::damage(&found, reader.take_lost()))
}

/// Prints the screen, and the history before it that is asked for.
async fn screen(found: &Located, reader: &mut Reader, args: &cli::Capture) -> Result<(), Fault> {
    let history = if args.all { u64::MAX } else { args.history };
    let (history, snapshot) = reader.capture(history).await?;
    let mut out = Out::open();
    if args.json {
        json::print(
            &mut out,
            &json::Capture::new(&found.info, &history, &snapshot, reader.lost()),
        )?;
    } else {
        let rows: Vec<_> = history.into_iter().chain(snapshot.rows).collect();
        print(&mut out, &rows, args.ansi)?;
    }
    Ok(out.flush()?)
}

/// Rows down to the last that is not blank.
fn print(out: &mut impl Write, rows: &[Arc<Row>], ansi: bool) -> std::io::Result<()> {
    let blank =
        |row: &Arc<Row>| row.text().trim_end_matches(' ').is_empty() && (!ansi || row.cells() == 0);
    let end = rows
        .iter()
        .rposition(|row| !blank(row))
        .map_or(0, |last| last + 1);
    rows.iter()
        .take(end)
        .try_for_each(|row| print_row(out, row, ansi))
}

fn print_row(out: &mut impl Write, row: &Row, ansi: bool) -> std::io::Result<()> {
    if ansi {
        out.write_all(&ansi::row(row))?;
        out.write_all(b"\n")
    } else {
        writeln!(out, "{}", row.text().trim_end_matches(' '))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_protocol::{Attrs, RowBuilder, Style};

    #[test]
    fn trailing_blanks_are_not_printed() {
        let row = |text: &str, style: Style| {
            let mut row = RowBuilder::default();
            row.simple(text, style, &None);
            Arc::new(row.finish(false))
        };
        let bold = Style {
            attrs: Attrs::BOLD,
            ..Style::PLAIN
        };
        let rows = [
            row("a  ", bold),
            row("", bold),
            row("b", Style::PLAIN),
            row("  ", Style::PLAIN),
        ];
        let printed = |ansi| {
            let mut out = Vec::new();
            print(&mut out, &rows, ansi).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(printed(false), "a\n\nb\n");
        assert_eq!(printed(true), "\x1b[1ma  \x1b[m\n\nb\n");
    }
}
