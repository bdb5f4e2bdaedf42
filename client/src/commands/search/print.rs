//! What a search found, as people and programs read it.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use abide_protocol::message::Hit;
use abide_protocol::{LineNo, Row};

use crate::columns;
use crate::fault::Fault;
use crate::json::Elements;
use crate::output::Out;
use crate::rows::{Reader, line_number};

/// Hits that are printed together at most; a stretch of rows with more is printed in parts.
const TOGETHER: usize = 4096;

/// Prints hits in the order they come in.
pub(super) struct Printer {
    out: Out,
    /// Rows around each.
    context: u64,
    json: Option<Elements>,
    /// Hits of one line, or with context of one stretch of rows.
    pending: Vec<Hit>,
    /// Rows below this number have been printed.
    printed: Option<LineNo>,
    found: bool,
}

#[derive(serde::Serialize)]
struct Match<'a> {
    line: u64,
    column: u32,
    end_line: u64,
    end_column: u32,
    text: &'a str,
    #[serde(rename = "match")]
    matched: &'a str,
    before: Vec<&'a str>,
    after: Vec<&'a str>,
}

impl Printer {
    pub(super) fn new(json: bool, context: u64) -> Self {
        Self {
            out: Out::open(),
            context,
            json: json.then(Elements::default),
            pending: Vec::new(),
            printed: None,
            found: false,
        }
    }

    pub(super) async fn take(&mut self, hits: Vec<Hit>, reader: &mut Reader) -> Result<(), Fault> {
        self.found |= !hits.is_empty();
        for hit in hits {
            if self.json.is_some() {
                self.element(&hit, reader).await?;
                continue;
            }
            let together = self.pending.last().is_some_and(|last| {
                self.pending.len() < TOGETHER
                    && if self.context == 0 {
                        same_line(last, &hit)
                    } else {
                        last.end.plus(1 + 2 * self.context) >= hit.start
                    }
            });
            if !together {
                self.flush(reader).await?;
            }
            self.pending.push(hit);
        }
        Ok(())
    }

    /// Whether anything was found.
    pub(super) async fn finish(mut self, reader: &mut Reader) -> Result<bool, Fault> {
        self.flush(reader).await?;
        if let Some(elements) = self.json.take() {
            elements.finish(&mut self.out)?;
        }
        self.out.flush()?;
        Ok(self.found)
    }

    async fn flush(&mut self, reader: &mut Reader) -> Result<(), Fault> {
        let hits = std::mem::take(&mut self.pending);
        let (Some(first), Some(last)) = (hits.first(), hits.last()) else {
            return Ok(());
        };
        if self.context == 0 {
            let ranges: Vec<_> = hits.iter().map(place_in_line).collect();
            let number = self.number(first.start, ':');
            let text = self.marked(&first.line, &ranges);
            return Ok(writeln!(self.out, "{number}{text}")?);
        }
        let begin = LineNo(first.start.0.saturating_sub(self.context));
        let begin = begin.max(self.printed.unwrap_or_default());
        let end = last.end.plus(1 + self.context);
        if self.printed.is_some_and(|printed| printed < begin) {
            writeln!(self.out, "--")?;
        }
        let (start, rows) = reader.span(begin, end).await?;
        for (number, row) in (start.0..).map(LineNo).zip(&rows) {
            self.row(number, row, &hits)?;
        }
        self.printed = Some(start.plus(rows.len() as u64));
        Ok(())
    }

    fn row(&mut self, number: LineNo, row: &Row, hits: &[Hit]) -> io::Result<()> {
        let after = hits.partition_point(|hit| hit.end < number);
        let here = hits.iter().skip(after);
        let here: Vec<_> = here
            .take_while(|hit| hit.start <= number)
            .map(|hit| {
                let from = if hit.start == number { hit.column } else { 0 };
                let to = if hit.end == number {
                    hit.end_column
                } else {
                    u16::MAX
                };
                columns::byte_of(row, from)..columns::byte_of(row, to)
            })
            .collect();
        let number = self.number(number, if here.is_empty() { '-' } else { ':' });
        let text = self.marked(row.text(), &here);
        writeln!(self.out, "{number}{text}")
    }

    fn number(&self, line: LineNo, sign: char) -> String {
        let number = self.out.paint("32", &line_number(line).to_string());
        format!("{number}{sign} ")
    }

    /// The text without trailing blanks, with these bytes of it in another colour.
    fn marked(&self, text: &str, ranges: &[Range<usize>]) -> String {
        let text = text.trim_end_matches(' ');
        let mut marked = String::new();
        let mut done = 0;
        for range in ranges {
            let end = range.end.min(text.len());
            let start = range.start.clamp(done, end.max(done));
            let (Some(before), Some(inside)) = (text.get(done..start), text.get(start..end)) else {
                continue;
            };
            marked += before;
            marked += &self.out.paint("1;31", inside);
            done = end;
        }
        marked + text.get(done..).unwrap_or("")
    }

    async fn element(&mut self, hit: &Hit, reader: &mut Reader) -> Result<(), Fault> {
        let (before, after) = if self.context == 0 {
            (Vec::new(), Vec::new())
        } else {
            let from = LineNo(hit.start.0.saturating_sub(self.context));
            let (first, rows) = reader.span(from, hit.end.plus(1 + self.context)).await?;
            let (mut before, mut after) = (Vec::new(), Vec::new());
            for (number, row) in (first.0..).map(LineNo).zip(rows) {
                if number < hit.start {
                    before.push(row);
                } else if number > hit.end {
                    after.push(row);
                }
            }
            (before, after)
        };
        let element = Match {
            line: line_number(hit.start),
            column: u32::from(hit.column) + 1,
            end_line: line_number(hit.end),
            end_column: u32::from(hit.end_column) + 1,
            text: hit.line.trim_end_matches(' '),
            matched: hit.line.get(place_in_line(hit)).unwrap_or(""),
            before: texts(&before),
            after: texts(&after),
        };
        if let Some(elements) = &mut self.json {
            elements.next(&mut self.out, &element)?;
        }
        Ok(())
    }
}

fn texts(rows: &[Arc<Row>]) -> Vec<&str> {
    rows.iter()
        .map(|row| row.text().trim_end_matches(' '))
        .collect()
}

/// Where the match is in its line's text, in bytes.
fn place_in_line(hit: &Hit) -> Range<usize> {
    let start = hit.before as usize;
    start
        ..start
            .saturating_add(hit.length as usize)
            .min(hit.line.len())
}

/// Whether a hit is another one of the same line. Hits come in order, so the first of the next
/// line stands no further right, even if both lines say the same.
fn same_line(last: &Hit, next: &Hit) -> bool {
    last.line == next.line && next.before > last.before
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(start: u64, line: &str, before: u32, length: u32) -> Hit {
        Hit {
            start: LineNo(start),
            column: before as u16,
            end: LineNo(start),
            end_column: (before + length) as u16,
            line: line.into(),
            before,
            length,
        }
    }

    #[test]
    fn hits_of_one_line_are_told_from_those_of_an_equal_one() {
        let check = |last: &Hit, next: &Hit, expected| assert_eq!(same_line(last, next), expected);
        check(&hit(0, "xx", 0, 1), &hit(0, "xx", 1, 1), true);
        check(&hit(0, "xx", 1, 1), &hit(1, "xx", 0, 1), false);
        check(&hit(0, "x", 0, 1), &hit(1, "x", 0, 1), false);
        check(&hit(0, "xa", 0, 1), &hit(1, "bx", 1, 1), false);
    }

    #[test]
    fn matches_are_marked_in_their_line() {
        let mut printer = Printer::new(false, 0);
        printer.out.color = true;
        let check = |text: &str, ranges: &[(usize, usize)], expected: &str| {
            let ranges: Vec<_> = ranges.iter().map(|(from, to)| *from..*to).collect();
            let marked = printer.marked(text, &ranges);
            assert_eq!(marked.replace('\x1b', "^"), expected);
        };
        check("a bc d  ", &[(2, 4)], "a ^[1;31mbc^[m d");
        check("abc", &[(0, 1), (1, 3)], "^[1;31ma^[m^[1;31mbc^[m");
        check("ab   ", &[(1, 4)], "a^[1;31mb^[m");
        check("ö", &[(1, 2)], "ö");
        check("ab", &[], "ab");
    }
}
