//! Typing what to search for: the search follows each key, and Escape takes it all back.

use abide_protocol::LineNo;
use abide_protocol::input::KeyEvent;

use super::finder::{Finder, Jump};
use super::place::Place;
use super::{Scroll, keys};

/// The prompt of a search that is being typed.
pub(super) struct Prompt {
    pub(super) text: String,
    pub(super) backwards: bool,
    /// Where the search began: Escape goes back there.
    pub(super) origin: Place,
    pub(super) view: LineNo,
    /// What was looked for before.
    pub(super) before: Finder,
}

impl Scroll {
    pub(super) fn prompt_key(&mut self, event: &KeyEvent) {
        match keys::prompt(event) {
            keys::Edit::Text(text) => self.prompt_text(&text),
            keys::Edit::Erase => {
                let Some(prompt) = &mut self.prompt else {
                    return;
                };
                if prompt.text.pop().is_none() {
                    self.give_up_search();
                } else {
                    self.search_typed();
                }
            }
            keys::Edit::Clear => {
                if let Some(prompt) = &mut self.prompt {
                    prompt.text.clear();
                }
                self.search_typed();
            }
            keys::Edit::Accept => {
                let Some(prompt) = self.prompt.take() else {
                    return;
                };
                if prompt.text.is_empty() {
                    self.finder = prompt.before.resumed();
                    self.finder.turn(prompt.backwards);
                    self.next_hit(false);
                }
            }
            keys::Edit::GiveUp => self.give_up_search(),
            keys::Edit::Nothing => {}
        }
    }

    pub(super) fn prompt_text(&mut self, text: &str) {
        if let Some(prompt) = &mut self.prompt {
            let room = abide_protocol::limits::MAX_PATTERN - prompt.text.len();
            prompt.text += abide_protocol::text::cut(text, room);
        }
        self.search_typed();
    }

    /// The pattern has changed: looks for it from where the search began.
    fn search_typed(&mut self) {
        let Some(prompt) = &self.prompt else { return };
        self.message = None;
        self.cursor = prompt.origin;
        self.view = prompt.view;
        self.finder = Finder::new(prompt.text.clone(), prompt.backwards);
        self.jump = (!prompt.text.is_empty()).then(|| Jump::new(prompt.origin, prompt.backwards));
    }

    fn give_up_search(&mut self) {
        if let Some(prompt) = self.prompt.take() {
            self.finder = prompt.before.resumed();
            self.cursor = prompt.origin;
            self.view = prompt.view;
            self.jump = None;
            self.message = None;
        }
    }
}
