//! The text of a selection, through rows that may have to be fetched first.

use abide_protocol::LineNo;

use super::Effect;
use super::document::Document;
use super::place::Place;
use super::selection::{Area, Kind, Selection};
use crate::columns;

/// Bytes copied at most: what terminals take in one sequence.
const MAX_COPY: usize = 1 << 20;
pub(super) const TOO_MUCH: &str = "the selection is longer than 1 MiB; nothing was copied";

/// Under way.
pub(super) struct Gather {
    area: Area,
    next: LineNo,
    text: String,
}

pub(super) enum Gathered {
    Text(String),
    TooMuch,
}

impl Gather {
    pub(super) fn new(selection: &Selection, cursor: Place) -> Self {
        let area = selection.area(cursor);
        Self {
            area,
            next: area.start.line,
            text: String::new(),
        }
    }

    /// Reads on; `None`: rows have to come first. Soft wraps are joined, but not in a block.
    pub(super) fn advance(
        &mut self,
        document: &mut Document,
        effects: &mut Vec<Effect>,
    ) -> Option<Gathered> {
        while self.next <= self.area.end.line {
            let Some(row) = document.fetch(self.next, effects) else {
                if document.lacks(self.next) {
                    self.next = self.next.plus(1);
                    continue;
                }
                return None;
            };
            let columns = self.area.columns(self.next).unwrap_or(0..0);
            let text = columns::slice(&row, columns.start, columns.end);
            let last = self.next == self.area.end.line;
            if row.wrapped() && self.area.kind != Kind::Block && !last {
                self.text += text;
            } else {
                self.text += text.trim_end_matches(' ');
                if !last {
                    self.text.push('\n');
                }
            }
            if self.text.len() > MAX_COPY {
                return Some(Gathered::TooMuch);
            }
            self.next = self.next.plus(1);
        }
        Some(Gathered::Text(std::mem::take(&mut self.text)))
    }
}

/// How much was copied, for people.
pub(super) fn said(text: &str) -> String {
    let plural = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    let characters = plural(text.chars().count(), "character");
    match text.lines().count() {
        0 | 1 => format!("copied {characters}"),
        lines => format!("copied {}, {characters}", plural(lines, "line")),
    }
}
