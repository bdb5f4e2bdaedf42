//! Going to the next blank row or prompt, through rows that may have to be fetched first.

use abide_protocol::{LineNo, MarkKind, Row};

use super::Effect;
use super::document::Document;
use super::place::Place;

/// What is sought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Target {
    /// A row without text, after one with text.
    Paragraph,
    /// A row where a shell's prompt begins (OSC 133).
    Prompt,
}

/// Under way.
pub(super) struct Seek {
    target: Target,
    backwards: bool,
    /// How many of them are to be passed still.
    count: u32,
    /// The row to look at next.
    next: Option<LineNo>,
    /// A row with text has been passed.
    text: bool,
}

impl Seek {
    pub(super) fn new(target: Target, backwards: bool, count: u32, from: LineNo) -> Self {
        let next = match (target, backwards) {
            // Whether there is text here decides what comes next.
            (Target::Paragraph, _) => Some(from),
            (Target::Prompt, false) => Some(from.plus(1)),
            (Target::Prompt, true) => from.0.checked_sub(1).map(LineNo),
        };
        Self {
            target,
            backwards,
            count: count.max(1),
            next,
            text: false,
        }
    }

    fn step(&self, line: LineNo) -> Option<LineNo> {
        if self.backwards {
            line.0.checked_sub(1).map(LineNo)
        } else {
            Some(line.plus(1))
        }
    }

    /// Looks on; `None`: rows have to come first. A paragraph's end is also the end of everything.
    pub(super) fn advance(
        &mut self,
        document: &mut Document,
        effects: &mut Vec<Effect>,
    ) -> Option<Result<Place, &'static str>> {
        loop {
            let inside = |line: &LineNo| (document.begin()..document.end()).contains(line);
            let Some(line) = self.next.filter(inside) else {
                return Some(self.end(document));
            };
            let Some(row) = document.fetch(line, effects) else {
                if document.lacks(line) {
                    return Some(self.end(document));
                }
                return None;
            };
            if let Some(column) = self.hit(&row) {
                self.count -= 1;
                if self.count == 0 {
                    return Some(Ok(Place { line, column }));
                }
            }
            self.next = self.step(line);
        }
    }

    fn hit(&mut self, row: &Row) -> Option<u16> {
        match self.target {
            Target::Prompt => {
                let mut marks = row.marks().iter();
                let prompt = marks.find(|mark| mark.kind == MarkKind::Prompt)?;
                Some(prompt.column)
            }
            Target::Paragraph => {
                let blank = row.text().trim_end_matches(' ').is_empty();
                let hit = blank && self.text;
                self.text = !blank;
                hit.then_some(0)
            }
        }
    }

    fn end(&self, document: &Document) -> Result<Place, &'static str> {
        let line = if self.backwards {
            document.begin()
        } else {
            document.last()
        };
        match (self.target, self.backwards) {
            (Target::Paragraph, _) => Ok(Place { line, column: 0 }),
            (Target::Prompt, true) => {
                Err("no prompt is marked above; the shell has to send OSC 133")
            }
            (Target::Prompt, false) => Err("no prompt is marked below"),
        }
    }
}
