//! What the mode looks like: rows with marks on them, and a status line below.

use std::sync::Arc;

use abide_protocol::{Attrs, Color, Cursor, CursorShape, LineNo, Row, RowBuilder, Style};
use unicode_width::UnicodeWidthChar;

use super::Scroll;
use super::place::Place;
use super::selection::Area;
use crate::paint::{Cell, View, expand};
use crate::rows::line_number;

/// Matches, and the one at the cursor.
const MATCH: (Color, Color) = (Color::Indexed(0), Color::Indexed(3));
const THIS_MATCH: (Color, Color) = (Color::Indexed(0), Color::Indexed(11));

impl Scroll {
    /// The picture; `notice` covers the status line.
    #[must_use]
    pub fn view(&self, notice: Option<&str>) -> View {
        let columns = self.terminal.cols();
        let text_rows = self.terminal.rows().saturating_sub(1);
        let area = self.selection.as_ref().map(|s| s.area(self.cursor));
        let end = self.view.plus(text_rows.into());
        let hits: Vec<_> = if self.finder.idle() {
            Vec::new()
        } else {
            self.finder.hits(self.view, end).collect()
        };
        let mut rows = Vec::with_capacity(usize::from(self.terminal.rows()));
        for line in (self.view.0..end.0).map(LineNo) {
            let row = match self.document.row(line) {
                Some(row) if line < self.document.end() => {
                    self.row(line, row, area.as_ref(), &hits)
                }
                _ => Row::blank(),
            };
            rows.push(row);
        }
        let status = match notice {
            Some(notice) => status_row(notice, "", columns),
            None => self.status(columns),
        };
        rows.push(status);
        View {
            size: self.terminal,
            rows,
            cursor: self.shown_cursor(columns, text_rows),
        }
    }

    fn shown_cursor(&self, columns: u16, text_rows: u16) -> Cursor {
        let (row, column) = match &self.prompt {
            Some(prompt) => {
                let width: usize = prompt.text.chars().filter_map(char::width).sum();
                (text_rows, u16::try_from(width + 2).unwrap_or(u16::MAX))
            }
            None => (
                u16::try_from(self.cursor.line.since(self.view)).unwrap_or(u16::MAX),
                self.cursor.column.saturating_sub(self.left),
            ),
        };
        Cursor {
            row: row.min(text_rows),
            column: column.min(columns - 1),
            visible: true,
            shape: CursorShape::Block,
            blink: false,
        }
    }

    fn row(
        &self,
        line: LineNo,
        row: &Arc<Row>,
        area: Option<&Area>,
        hits: &[(Place, Place)],
    ) -> Arc<Row> {
        let columns = self.terminal.cols();
        let selected = area.and_then(|area| area.columns(line));
        let mut here = hits
            .iter()
            .filter(|(start, end)| (start.line..=end.line).contains(&line))
            .peekable();
        let plain = self.left == 0 && row.cells() <= columns && !row.wrapped();
        if plain && selected.is_none() && here.peek().is_none() {
            return Arc::clone(row);
        }
        let width = row.cells().min(self.left.saturating_add(columns));
        let mut cells = expand(row, width.max(self.left));
        for (start, end) in here {
            let from = if start.line == line { start.column } else { 0 };
            let to = if end.line == line {
                end.column
            } else {
                u16::MAX
            };
            let (fg, bg) = if *start <= self.cursor && self.cursor < *end {
                THIS_MATCH
            } else {
                MATCH
            };
            restyle(&mut cells, from, to, |style| Style { fg, bg, ..style });
        }
        if let Some(selected) = selected {
            if cells.is_empty() {
                cells.push(Cell::BLANK);
            }
            restyle(&mut cells, selected.start, selected.end, |style| Style {
                attrs: Attrs(style.attrs.0 ^ Attrs::INVERSE.0),
                ..style
            });
        }
        build(&cells, usize::from(self.left))
    }

    fn status(&self, columns: u16) -> Arc<Row> {
        if let Some(prompt) = &self.prompt {
            let sign = if prompt.backwards { '?' } else { '/' };
            let said = self.message.as_deref().unwrap_or("");
            return status_row(&format!("{sign}{}", prompt.text), said, columns);
        }
        let (begin, last) = (self.document.begin(), self.document.last());
        let percent = match last.since(begin) {
            0 => 100,
            rows => self.cursor.line.since(begin).saturating_mul(100) / rows,
        };
        let mut place = format!(
            "scroll {}/{} {percent}%",
            line_number(self.cursor.line),
            line_number(last)
        );
        if let Some(selection) = &self.selection {
            place += match selection.kind {
                super::Kind::Characters => "  select",
                super::Kind::Lines => "  select lines",
                super::Kind::Block => "  select block",
            };
        }
        let said = match &self.message {
            Some(message) => message.clone(),
            None if self.seek.is_some() || self.jump.is_some() => "searching ...".into(),
            None if self.gather.is_some() => "copying ...".into(),
            None => match self.document.end().since(self.seen) {
                0 => {
                    // The position matters more.
                    let room = usize::from(columns) > place.len() + self.hint.len() + 3;
                    if room {
                        self.hint.clone()
                    } else {
                        String::new()
                    }
                }
                1 => "1 new line below".into(),
                new => format!("{new} new lines below"),
            },
        };
        status_row(&place, &said, columns)
    }
}

fn restyle(cells: &mut [Cell<'_>], from: u16, to: u16, change: impl Fn(Style) -> Style) {
    let to = usize::from(to).min(cells.len());
    for cell in cells.iter_mut().take(to).skip(from.into()) {
        cell.style = change(cell.style);
    }
}

/// A row of the cells from `left` on; half a cluster becomes a blank.
fn build(cells: &[Cell<'_>], left: usize) -> Arc<Row> {
    let mut builder = RowBuilder::default();
    for (column, cell) in cells.iter().enumerate().skip(left) {
        match cell.width {
            0 if column == left => builder.simple(" ", cell.style, &None),
            0 => {}
            1 if cell.certain => builder.simple(cell.text, cell.style, cell.link),
            width => builder.cluster(cell.text, u16::from(width), cell.style, cell.link),
        }
    }
    Arc::new(builder.finish(false))
}

/// A line in reverse video: `left` at its beginning, `right` at its end if there is room.
fn status_row(left: &str, right: &str, columns: u16) -> Arc<Row> {
    let style = Style {
        attrs: Attrs::INVERSE,
        ..Style::PLAIN
    };
    let columns = usize::from(columns);
    let width = |text: &str| -> usize { text.chars().filter_map(char::width).sum() };
    let mut builder = RowBuilder::default();
    let mut used = 0;
    let mut put = |text: &str, used: &mut usize| {
        for c in text.chars() {
            let wide = c.width().unwrap_or(0);
            if wide == 0 || *used + wide > columns {
                continue;
            }
            let mut buffer = [0; 4];
            let text = c.encode_utf8(&mut buffer);
            if wide == 1 {
                builder.simple(text, style, &None);
            } else {
                builder.cluster(text, 2, style, &None);
            }
            *used += wide;
        }
    };
    put(" ", &mut used);
    put(left, &mut used);
    let free = columns.saturating_sub(used);
    let wanted = width(right) + 1;
    if wanted < free {
        put(&" ".repeat(free - wanted), &mut used);
        put(right, &mut used);
    } else if !right.is_empty() && left.starts_with("scroll") {
        // What is said matters more than the position.
        return status_row(right, "", columns as u16);
    }
    put(&" ".repeat(columns), &mut used);
    Arc::new(builder.finish(false))
}
