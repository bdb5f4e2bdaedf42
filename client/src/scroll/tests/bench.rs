//! A session of the real engine, and a small keeper that answers at once.

use abide_protocol::Row;
use abide_protocol::message::{Hit, TerminalLook};
use abide_screen::{Options, Screen};

use super::super::*;
use crate::keys::names;

/// A session, somebody who reads its history, and what came of it.
pub(super) struct Bench {
    pub(super) screen: Screen,
    pub(super) scroll: Scroll,
    pub(super) copied: Vec<String>,
    pub(super) left: bool,
    /// Questions that were asked.
    pub(super) asked: Vec<Ask>,
}

pub(super) fn engine(columns: u16, rows: u16) -> Screen {
    Screen::new(Options {
        size: Size::clamped(columns, rows),
        look: TerminalLook::default(),
        incarnation: 1,
        version: "",
        history_bytes: 8 << 20,
        allow_checksum: false,
    })
}

pub(super) fn feed(screen: &mut Screen, text: &str) {
    let mut bytes = text.as_bytes();
    while !bytes.is_empty() {
        let used = screen.feed(bytes);
        bytes = &bytes[used..];
    }
}

/// All rows of the main screen and its history.
pub(super) fn all_rows(screen: &mut Screen) -> (LineNo, Vec<std::sync::Arc<Row>>) {
    let snapshot = screen.snapshot();
    let (first, mut rows) = screen.rows(Book::Main, LineNo(0), u64::MAX);
    if snapshot.book == Book::Main {
        rows.extend(snapshot.rows.iter().cloned());
    }
    (first, rows)
}

/// Finds a text, row by row.
fn search(screen: &mut Screen, query: &Search) -> Answer {
    if query.pattern == "(" {
        return Answer::Failed(Failure {
            kind: FailKind::Invalid,
            line: "the pattern cannot be used".into(),
        });
    }
    let (first, rows) = all_rows(screen);
    let fold = |text: &str| {
        if query.ignore_case {
            text.to_lowercase()
        } else {
            text.to_owned()
        }
    };
    let pattern = fold(&query.pattern);
    let mut hits = Vec::new();
    for (line, row) in (first.0..).map(LineNo).zip(&rows) {
        let text = fold(row.text());
        hits.extend(text.match_indices(&pattern).map(|(at, _)| {
            let column = text[..at].chars().count() as u16;
            Hit {
                start: line,
                column,
                end: line,
                end_column: column + pattern.chars().count() as u16,
                line: row.text().into(),
                before: at as u32,
                length: pattern.len() as u32,
            }
        }));
    }
    let from = query.from.unwrap();
    hits.retain(|hit| {
        if query.backwards {
            hit.start <= from
        } else {
            hit.start >= from
        }
    });
    if query.backwards {
        hits.reverse();
    }
    // A tiny limit, so that searches have to go on.
    let next = hits.get(2).map(|hit| hit.start);
    if let Some(next) = next.filter(|next| *next != from) {
        hits.retain(|hit| {
            if query.backwards {
                hit.start > next
            } else {
                hit.start < next
            }
        });
    }
    Answer::Found {
        hits,
        next: next.filter(|next| *next != from),
        searched: 0,
        lost: None,
    }
}

impl Bench {
    pub(super) fn new(columns: u16, rows: u16, text: &str) -> Self {
        let mut screen = engine(columns, rows);
        feed(&mut screen, text);
        let snapshot = screen.snapshot();
        let scroll = Scroll::new(&snapshot, Size::clamped(columns, rows), "Ctrl-\\");
        let mut bench = Self {
            screen,
            scroll,
            copied: Vec::new(),
            left: false,
            asked: Vec::new(),
        };
        bench.settle();
        bench
    }

    pub(super) fn feed(&mut self, text: &str) {
        feed(&mut self.screen, text);
        let snapshot = self.screen.snapshot();
        self.scroll.screen(&snapshot);
        self.settle();
    }

    pub(super) fn settle(&mut self) {
        for _ in 0..20_000 {
            let effects = self.scroll.take_effects();
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                match effect {
                    Effect::Copy(text) => self.copied.push(text),
                    Effect::Leave => self.left = true,
                    Effect::Ask(ask) => self.reply(&ask),
                }
            }
        }
        panic!("it asks for ever: {:?}", self.asked.last());
    }

    fn reply(&mut self, ask: &Ask) {
        self.asked.push(ask.clone());
        let answer = match ask {
            Ask::Rows { from, count } => {
                let (from, rows) = self.screen.rows(Book::Main, *from, *count);
                Answer::Rows {
                    from,
                    rows,
                    lost: None,
                }
            }
            Ask::Search(query) => search(&mut self.screen, query),
        };
        let answer = match answer {
            Answer::Failed(failure) => Err(failure),
            answer => Ok(answer),
        };
        self.scroll.answer(ask, answer);
    }

    /// Keys by name, apart by blanks; `'text` types a text.
    pub(super) fn keys(&mut self, keys: &str) {
        for name in keys.split(' ').filter(|name| !name.is_empty()) {
            match name.strip_prefix('\'') {
                Some(text) if !text.is_empty() => {
                    for c in text.chars() {
                        self.key(&c.to_string());
                    }
                }
                _ => self.key(name),
            }
        }
    }

    pub(super) fn key(&mut self, name: &str) {
        let event = names::parse(name).unwrap();
        self.scroll.key(&event);
        self.settle();
    }

    pub(super) fn at(&self) -> (u64, u16) {
        (self.scroll.cursor.line.0, self.scroll.cursor.column)
    }

    /// The rows in view, without the status line.
    pub(super) fn shown(&self) -> Vec<String> {
        let view = self.scroll.view(None);
        let rows = view.rows.iter().take(view.rows.len() - 1);
        rows.map(|row| row.text().trim_end().to_owned()).collect()
    }

    pub(super) fn status(&self) -> String {
        let view = self.scroll.view(None);
        view.rows.last().unwrap().text().trim().to_owned()
    }
}

pub(super) fn numbered(count: u32) -> String {
    let numbers: Vec<_> = (1..=count).map(|n| n.to_string()).collect();
    numbers.join("\r\n")
}
