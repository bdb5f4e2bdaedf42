//! Where keys move the cursor.

use abide_protocol::LineNo;

use super::Scroll;
use super::place::{self, Class, Place};

/// Rows that a motion by words crosses at most.
const REACH: u64 = 2000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Motion {
    Left,
    Down,
    Up,
    Right,
    Word,
    Back,
    WordEnd,
    Start,
    Text,
    End,
    High,
    Middle,
    Low,
    HalfUp,
    HalfDown,
    PageUp,
    PageDown,
    /// The oldest row.
    First,
    Last,
    /// The row of the number given.
    Line,
}

impl Scroll {
    /// `count` 0: none was given.
    pub(super) fn motion(&mut self, motion: Motion, count: u32) {
        let times = count.max(1);
        match motion {
            Motion::Down => self.down(i64::from(times)),
            Motion::Up => self.down(-i64::from(times)),
            Motion::HalfUp | Motion::HalfDown | Motion::PageUp | Motion::PageDown => {
                self.page(motion, times);
            }
            Motion::High | Motion::Middle | Motion::Low => self.in_view(motion, times),
            Motion::First => self.go_to_begin(),
            Motion::Last => self.go_to_line(self.document.last()),
            Motion::Line if count <= 1 => self.go_to_begin(),
            Motion::Line => self.go_to_line(LineNo(u64::from(count) - 1)),
            Motion::Left
            | Motion::Right
            | Motion::Word
            | Motion::Back
            | Motion::WordEnd
            | Motion::Start
            | Motion::Text
            | Motion::End => self.in_text(motion, times),
        }
    }

    fn in_text(&mut self, motion: Motion, times: u32) {
        for _ in 0..times.min(u32::from(u16::MAX)) {
            let before = self.cursor;
            match motion {
                Motion::Left => self.cursor.column = self.left_of(),
                Motion::Right => self.cursor.column = self.right_of(),
                Motion::Word => self.word(),
                Motion::Back => self.back(),
                Motion::WordEnd => self.word_end(),
                Motion::Start => self.cursor.column = 0,
                Motion::Text => self.cursor.column = self.first_text(),
                _ => self.cursor.column = u16::MAX,
            }
            if self.cursor == before {
                break;
            }
        }
        self.goal = self.cursor.column;
        self.show_cursor();
    }

    fn down(&mut self, rows: i64) {
        let line = LineNo(self.cursor.line.0.saturating_add_signed(rows));
        self.cursor.line = line.clamp(self.document.begin(), self.document.last());
        self.cursor.column = self.goal;
        self.show_cursor();
    }

    fn page(&mut self, motion: Motion, times: u32) {
        let rows = match motion {
            Motion::HalfUp | Motion::HalfDown => self.height().div_ceil(2),
            _ => self.height().saturating_sub(2).max(1),
        };
        let rows = rows.saturating_mul(times.into());
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        let by = match motion {
            Motion::HalfUp | Motion::PageUp => -rows,
            _ => rows,
        };
        // The cursor keeps its row of the terminal; at either end it goes on alone.
        let view = self.view;
        let row = self.cursor.line.since(view);
        self.scroll_by(by);
        let line = if self.view == view {
            LineNo(self.cursor.line.0.saturating_add_signed(by))
        } else {
            self.view.plus(row)
        };
        self.cursor.line = line.clamp(self.document.begin(), self.document.last());
        self.cursor.column = self.goal;
        self.show_cursor();
    }

    fn in_view(&mut self, motion: Motion, times: u32) {
        let last = self.document.last().since(self.view).min(self.height() - 1);
        let offset = u64::from(times - 1).min(last);
        let row = match motion {
            Motion::High => offset,
            Motion::Middle => last / 2,
            _ => last - offset,
        };
        self.cursor.line = self.view.plus(row);
        self.cursor.column = self.first_text();
        self.goal = self.cursor.column;
    }

    fn go_to_line(&mut self, line: LineNo) {
        let line = line.clamp(self.document.begin(), self.document.last());
        self.go(Place { line, column: 0 });
        self.show_cursor();
    }

    /// Where views begin; from there, what a program has cleared away before.
    fn go_to_begin(&mut self) {
        if self.cursor.line == self.document.begin() && self.document.reach_back() {
            self.message = Some("what the program cleared away is shown too".into());
        }
        self.go_to_line(self.document.begin());
    }

    fn left_of(&self) -> u16 {
        let column = self.cursor.column.saturating_sub(1);
        match self.document.row(self.cursor.line) {
            Some(row) => place::on_cell(row, column),
            None => column,
        }
    }

    fn right_of(&self) -> u16 {
        self.after(self.cursor)
            .filter(|next| next.line == self.cursor.line)
            .map_or(self.cursor.column, |next| next.column)
    }

    fn first_text(&self) -> u16 {
        let Some(row) = self.document.row(self.cursor.line) else {
            return 0;
        };
        let cells = place::cells(row);
        let text = cells
            .iter()
            .position(|cell| Class::of(cell) != Class::Blank);
        text.unwrap_or(0) as u16
    }

    /// The next cell with text behind it or at it; on the next row if this one ends.
    fn after(&self, at: Place) -> Option<Place> {
        let row = self.document.row(at.line)?;
        let cells = place::cells(row);
        let mut column = usize::from(at.column) + 1;
        while cells.get(column).is_some_and(|cell| cell.width == 0) {
            column += 1;
        }
        if column < usize::from(place::used(row)) {
            return Some(Place {
                line: at.line,
                column: column as u16,
            });
        }
        let line = at.line.plus(1);
        let here = line < self.document.end() && self.document.row(line).is_some();
        here.then_some(Place { line, column: 0 })
    }

    fn prior(&self, at: Place) -> Option<Place> {
        if at.column > 0 {
            let row = self.document.row(at.line)?;
            let column = place::on_cell(row, at.column - 1);
            return Some(Place {
                line: at.line,
                column,
            });
        }
        let line = LineNo(at.line.0.checked_sub(1)?);
        if line < self.document.begin() {
            return None;
        }
        let column = place::used(self.document.row(line)?).saturating_sub(1);
        Some(Place { line, column })
    }

    fn class(&self, at: Place) -> Class {
        let row = self.document.row(at.line);
        let cell = row.map(|row| place::cells(row).get(usize::from(at.column)).map(Class::of));
        cell.flatten().unwrap_or(Class::Blank)
    }

    /// Whether a word may go on from one place to the next: on one row, or over a soft wrap.
    fn joined(&self, one: Place, next: Place) -> bool {
        one.line == next.line
            || self
                .document
                .row(one.line.min(next.line))
                .is_some_and(|row| row.wrapped())
    }

    /// Steps while `more` says so of the place left and the place entered; stops where rows end.
    fn walk(
        &self,
        from: Place,
        step: impl Fn(&Self, Place) -> Option<Place>,
        more: impl Fn(&Self, Place, Place) -> bool,
    ) -> (Place, bool) {
        let mut at = from;
        while let Some(next) = step(self, at) {
            if !more(self, at, next) || next.line.0.abs_diff(from.line.0) > REACH {
                return (at, true);
            }
            at = next;
        }
        (at, false)
    }

    fn word(&mut self) {
        let class = self.class(self.cursor);
        let in_word = |scroll: &Self, at: Place, next: Place| {
            class != Class::Blank && scroll.class(next) == class && scroll.joined(at, next)
        };
        let (end, more) = self.walk(self.cursor, Self::after, in_word);
        let Some(next) = self.after(end).filter(|_| more) else {
            self.cursor = end;
            return;
        };
        self.cursor = if self.class(next) == Class::Blank {
            let blank = |scroll: &Self, _: Place, next: Place| scroll.class(next) == Class::Blank;
            let (last, more) = self.walk(next, Self::after, blank);
            self.after(last).filter(|_| more).unwrap_or(last)
        } else {
            next
        };
    }

    fn word_end(&mut self) {
        let blank = |scroll: &Self, _: Place, next: Place| scroll.class(next) == Class::Blank;
        let (before, more) = self.walk(self.cursor, Self::after, blank);
        let Some(start) = self.after(before).filter(|_| more) else {
            self.cursor = before;
            return;
        };
        let class = self.class(start);
        let in_word = |scroll: &Self, at: Place, next: Place| {
            scroll.class(next) == class && scroll.joined(at, next)
        };
        self.cursor = self.walk(start, Self::after, in_word).0;
    }

    fn back(&mut self) {
        let blank = |scroll: &Self, _: Place, next: Place| scroll.class(next) == Class::Blank;
        let (before, more) = self.walk(self.cursor, Self::prior, blank);
        let Some(end) = self.prior(before).filter(|_| more) else {
            self.cursor = before;
            return;
        };
        let class = self.class(end);
        let in_word = |scroll: &Self, at: Place, next: Place| {
            scroll.class(next) == class && scroll.joined(at, next)
        };
        self.cursor = self.walk(end, Self::prior, in_word).0;
    }
}
