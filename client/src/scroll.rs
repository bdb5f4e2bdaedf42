//! The scroll mode of attach: reading, searching and copying a session's whole history while the
//! session goes on.
//!
//! Pure: keys, states of the session and answers go in; a view and wishes ([`Effect`]) come out.
//! Everything is anchored by line numbers, so what is being read stays where it is whatever the
//! program writes. Rows come in pages on demand; what needs rows that are not here yet (a jump to a
//! prompt, a copy of a long selection) waits for them, and any key gives it up.

mod document;
mod finder;
mod gather;
mod keys;
mod motion;
mod place;
mod prompt;
mod seek;
mod selection;
mod sheet;
#[cfg(test)]
mod tests;

use abide_protocol::input::{KeyEvent, MouseEvent};
use abide_protocol::limits::MAX_SIDE;
use abide_protocol::message::{Answer, FailKind, Failure, Search};
use abide_protocol::{Book, LineNo, SessionId, Size, Snapshot};

use document::Document;
use finder::{Finder, Jump};
use gather::{Gather, Gathered};
use keys::{Act, Keys};
use place::Place;
use prompt::Prompt;
use seek::Seek;
use selection::{Kind, Selection};

/// The keys in one line.
const HELP: &str = "moves as vi, [ ] prompts, / ? n N search, v V ^v select, y copies, q leaves";
/// Rows that the wheel moves.
const WHEEL: i64 = 3;

/// What is asked of the keeper.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    Rows { from: LineNo, count: u64 },
    Search(Search),
}

impl Ask {
    /// As a request about this session.
    #[must_use]
    pub fn request(&self, session: SessionId) -> abide_protocol::message::Request {
        use abide_protocol::message::Request;
        match self {
            Self::Rows { from, count } => Request::Rows {
                session,
                book: Book::Main,
                from: *from,
                count: *count,
            },
            Self::Search(query) => Request::Search {
                session,
                query: query.clone(),
            },
        }
    }
}

/// What is to be done outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    Ask(Ask),
    /// Put this into the terminal's clipboard.
    Copy(String),
    /// The mode is over.
    Leave,
}

/// The mode.
pub struct Scroll {
    document: Document,
    terminal: Size,
    /// The first row shown.
    view: LineNo,
    /// The first column shown.
    left: u16,
    cursor: Place,
    /// The column that moving up and down keeps to.
    goal: u16,
    keys: Keys,
    selection: Option<Selection>,
    prompt: Option<Prompt>,
    finder: Finder,
    jump: Option<Jump>,
    seek: Option<Seek>,
    gather: Option<Gather>,
    message: Option<String>,
    /// What the status line says when nothing else is to be said.
    hint: String,
    /// Rows below this number have been in view, or stood on the screen at the beginning.
    seen: LineNo,
    effects: Vec<Effect>,
}

impl Scroll {
    /// Begins at the screen, with the cursor where the session has its own. `prefix`: the prefix
    /// key for people.
    #[must_use]
    pub fn new(snapshot: &Snapshot, terminal: Size, prefix: &str) -> Self {
        let mut effects = Vec::new();
        let document = Document::new(snapshot, &mut effects);
        let cursor = Place {
            line: document.top().plus(u64::from(snapshot.cursor.row)),
            column: snapshot.cursor.column,
        };
        let mut scroll = Self {
            seen: document.end(),
            document,
            terminal,
            view: LineNo(0),
            left: 0,
            cursor,
            goal: cursor.column,
            keys: Keys::default(),
            selection: None,
            prompt: None,
            finder: Finder::default(),
            jump: None,
            seek: None,
            gather: None,
            message: None,
            hint: format!("q leaves, {prefix} ? helps"),
            effects,
        };
        let height = scroll.height();
        scroll.view = LineNo(scroll.document.end().0.saturating_sub(height));
        scroll.advance();
        scroll
    }

    /// Shows the keys.
    pub fn help(&mut self) {
        self.message = Some(HELP.into());
    }

    /// What is to be done by now.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Rows of text in view; the last row of the terminal is the status line.
    fn height(&self) -> u64 {
        u64::from(self.terminal.rows()).saturating_sub(1).max(1)
    }

    /// The session shows something else now.
    pub fn screen(&mut self, snapshot: &Snapshot) {
        self.document.screen(snapshot, &mut self.effects);
        self.finder.forget(self.document.top());
        self.advance();
    }

    pub fn resize(&mut self, terminal: Size) {
        self.terminal = terminal;
        self.show_cursor();
        self.advance();
    }

    pub fn answer(&mut self, ask: &Ask, answer: Result<Answer, Failure>) {
        match (ask, answer) {
            (
                Ask::Rows { from, count },
                Ok(Answer::Rows {
                    from: first, rows, ..
                }),
            ) => {
                let moved = self.document.rows(*from, *count, first, rows);
                if moved > 0 {
                    for line in [&mut self.view, &mut self.cursor.line, &mut self.seen] {
                        *line = line.plus(moved);
                    }
                    let height = self.height();
                    self.view = LineNo(self.document.end().0.saturating_sub(height));
                }
            }
            (Ask::Search(query), Ok(Answer::Found { hits, next, .. })) => {
                let limit = self.document.searchable();
                self.finder
                    .found(query, hits, next, self.document.begin(), limit);
            }
            // A later search took its place; if it is wanted again, it is asked for again.
            (Ask::Search(query), Err(failure)) if failure.kind == FailKind::State => {
                self.finder.cancelled(query);
            }
            (Ask::Search(query), Err(failure)) => {
                if self.finder.failed(query) {
                    self.jump = None;
                    self.message = Some(failure.line);
                }
            }
            (_, Err(failure)) => {
                self.seek = None;
                self.gather = None;
                self.message = Some(failure.line);
            }
            (_, Ok(_)) => {}
        }
        self.advance();
    }

    pub fn key(&mut self, event: &KeyEvent) {
        if self.prompt.is_some() {
            self.prompt_key(event);
        } else {
            let act = self.keys.act(event);
            if act != Act::Nothing {
                self.message = None;
                self.seek = None;
                self.gather = None;
                self.jump = None;
            }
            self.act(act);
        }
        self.advance();
    }

    /// A paste: into the search that is being typed, else nowhere.
    pub fn paste(&mut self, text: &str) {
        if self.prompt.is_some() {
            let line = text.lines().next().unwrap_or("");
            self.prompt_text(line);
            self.advance();
        }
    }

    /// The wheel scrolls, a click moves the cursor, dragging selects.
    pub fn mouse(&mut self, mouse: MouseEvent) {
        use abide_protocol::input::{MouseAction, MouseButton};
        match (mouse.action, mouse.button) {
            (MouseAction::Press, MouseButton::WheelUp) => self.scroll_by(-WHEEL),
            (MouseAction::Press, MouseButton::WheelDown) => self.scroll_by(WHEEL),
            (MouseAction::Press, MouseButton::Left) => {
                self.selection = None;
                self.point(mouse);
            }
            (MouseAction::Motion, MouseButton::Left) => {
                let anchor = self.cursor;
                self.selection.get_or_insert(Selection {
                    anchor,
                    kind: Kind::Characters,
                });
                self.point(mouse);
            }
            _ => {}
        }
        self.advance();
    }

    fn point(&mut self, mouse: MouseEvent) {
        if u64::from(mouse.row) < self.height() {
            let line = self.view.plus(u64::from(mouse.row));
            self.cursor.line = line.min(self.document.last());
            self.cursor.column = mouse.column.saturating_add(self.left);
            self.goal = self.cursor.column;
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Move(motion, count) => self.motion(motion, count),
            Act::Lines(by) => self.scroll_by(by),
            Act::Select(kind) => self.select(kind),
            Act::OtherEnd => {
                if let Some(selection) = &mut self.selection {
                    std::mem::swap(&mut selection.anchor, &mut self.cursor);
                    self.show_cursor();
                }
            }
            Act::Copy => self.copy(),
            Act::Search { backwards } => {
                self.prompt = Some(Prompt {
                    text: String::new(),
                    backwards,
                    origin: self.cursor,
                    view: self.view,
                    before: self.finder.clone(),
                });
            }
            Act::Next { reverse } => self.next_hit(reverse),
            Act::Seek(target, backwards, count) => {
                self.seek = Some(Seek::new(target, backwards, count, self.cursor.line));
            }
            Act::Escape => {
                if self.selection.take().is_none() {
                    self.effects.push(Effect::Leave);
                }
            }
            Act::Leave => self.effects.push(Effect::Leave),
            Act::Nothing | Act::Pending => {}
        }
    }

    fn select(&mut self, kind: Kind) {
        self.selection = match self.selection.take() {
            Some(selection) if selection.kind == kind => None,
            Some(selection) => Some(Selection { kind, ..selection }),
            None => Some(Selection {
                anchor: self.cursor,
                kind,
            }),
        };
    }

    fn copy(&mut self) {
        match self.selection.take() {
            Some(selection) => self.gather = Some(Gather::new(&selection, self.cursor)),
            None => self.message = Some("nothing is selected; v, V or Ctrl-v begins".into()),
        }
    }

    fn next_hit(&mut self, reverse: bool) {
        if self.finder.idle() {
            self.message = Some("nothing was searched for; / or ? begins".into());
            return;
        }
        let backwards = self.finder.backwards() != reverse;
        self.jump = Some(Jump::new(self.cursor, backwards));
    }

    /// Goes on with everything that waits, and asks for what it waits for.
    fn advance(&mut self) {
        self.clamp();
        self.advance_jump();
        if let Some(seek) = &mut self.seek
            && let Some(found) = seek.advance(&mut self.document, &mut self.effects)
        {
            self.seek = None;
            match found {
                Ok(place) => self.go(place),
                Err(why) => self.message = Some(why.into()),
            }
        }
        if let Some(gather) = &mut self.gather
            && let Some(gathered) = gather.advance(&mut self.document, &mut self.effects)
        {
            self.gather = None;
            self.message = Some(match gathered {
                Gathered::Text(text) => {
                    let said = gather::said(&text);
                    self.effects.push(Effect::Copy(text));
                    said
                }
                Gathered::TooMuch => gather::TOO_MUCH.into(),
            });
        }
        let bottom = self.view.plus(self.height());
        self.seen = self.seen.max(bottom.min(self.document.end()));
        let mut line = self.view;
        while line < bottom.min(self.document.end()) {
            self.document.want(line, &mut self.effects);
            line = line.plus(1);
        }
        let shown = (self.view, bottom.min(self.document.searchable()));
        if let Some(query) = self.finder.marks(shown) {
            self.effects.push(Effect::Ask(Ask::Search(query)));
        }
    }

    fn advance_jump(&mut self) {
        let Some(jump) = &mut self.jump else { return };
        let extent = (self.document.begin(), self.document.searchable());
        match self.finder.resolve(jump, extent) {
            finder::Found::Hit(place) => {
                let wrapped = jump.wrapped();
                self.jump = None;
                self.go(place);
                if wrapped {
                    self.message = Some("the search went on at the other end".into());
                }
            }
            finder::Found::Nothing => {
                self.jump = None;
                let pattern = self.finder.pattern();
                self.message = Some(format!("not found: {pattern}"));
            }
            finder::Found::Ask(query) => self.effects.push(Effect::Ask(Ask::Search(query))),
            finder::Found::Waits => {}
        }
    }

    /// Keeps view and cursor inside of what there is.
    fn clamp(&mut self) {
        let (begin, last) = (self.document.begin(), self.document.last());
        self.cursor.line = self.cursor.line.clamp(begin, last);
        let highest = LineNo(self.document.end().0.saturating_sub(self.height())).max(begin);
        self.view = self.view.max(begin).min(highest.max(self.view.min(last)));
        if let Some(selection) = &mut self.selection {
            selection.anchor.line = selection.anchor.line.clamp(begin, last);
        }
        let Some(row) = self.document.row(self.cursor.line) else {
            self.cursor.column = self.cursor.column.min(MAX_SIDE);
            return;
        };
        self.cursor.column = place::on_cell(row, self.cursor.column);
        let columns = self.terminal.cols();
        if self.cursor.column < columns {
            self.left = 0;
        } else if self.cursor.column < self.left {
            self.left = self.cursor.column;
        } else if self.cursor.column >= self.left.saturating_add(columns) {
            self.left = self.cursor.column + 1 - columns;
        }
    }

    /// Puts the cursor there; a place out of view comes to the middle.
    fn go(&mut self, place: Place) {
        self.cursor = place;
        self.goal = place.column;
        let shown = self.view..self.view.plus(self.height());
        if !shown.contains(&place.line) {
            self.view = LineNo(place.line.0.saturating_sub(self.height() / 2));
            let end = self.document.end().0.saturating_sub(self.height());
            self.view = self.view.min(LineNo(end)).max(self.document.begin());
        }
    }

    /// Moves the view by as little as shows the cursor.
    fn show_cursor(&mut self) {
        let height = self.height();
        let lowest = LineNo((self.cursor.line.0 + 1).saturating_sub(height));
        self.view = self.view.max(lowest).min(self.cursor.line);
    }

    /// Moves the view; the cursor stays in it.
    fn scroll_by(&mut self, by: i64) {
        let highest = LineNo(self.document.end().0.saturating_sub(self.height()));
        let highest = highest.max(self.document.begin());
        self.view = LineNo(self.view.0.saturating_add_signed(by))
            .min(highest.max(self.view))
            .max(self.document.begin());
        let bottom = LineNo((self.view.0 + self.height()).saturating_sub(1));
        self.cursor.line = self
            .cursor
            .line
            .clamp(self.view, bottom)
            .min(self.document.last());
        self.cursor.column = self.goal;
    }
}
