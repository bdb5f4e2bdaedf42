//! Which key does what.

use abide_protocol::input::{Key, KeyAction, KeyEvent, Keypad, Mods};

use super::motion::Motion;
use super::seek::Target;
use super::selection::Kind;
use crate::keys::prefix::typed;

/// A count at most.
const MAX_COUNT: u32 = 1_000_000;

/// What a key asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Act {
    /// The motion, and how often; 0: no count was given.
    Move(Motion, u32),
    /// Scrolls by rows.
    Lines(i64),
    Select(Kind),
    /// The cursor goes to the selection's other end.
    OtherEnd,
    Copy,
    Search {
        backwards: bool,
    },
    /// The next match.
    Next {
        reverse: bool,
    },
    /// Backwards or not, and how many of them.
    Seek(Target, bool, u32),
    /// Ends the selection, else the mode.
    Escape,
    Leave,
    /// Part of a command.
    Pending,
    Nothing,
}

/// Commands of several keys.
#[derive(Default)]
pub(super) struct Keys {
    count: u32,
    /// `g` was pressed.
    go: bool,
}

impl Keys {
    pub(super) fn act(&mut self, event: &KeyEvent) -> Act {
        if event.action == KeyAction::Release {
            return Act::Nothing;
        }
        let count = self.count;
        let go = std::mem::take(&mut self.go);
        if !go
            && let Some(digit) = typed(event).and_then(|c| c.to_digit(10))
            && (digit > 0 || count > 0)
        {
            self.count = (count * 10 + digit).min(MAX_COUNT);
            return Act::Pending;
        }
        let act = match typed(event) {
            Some('g') if go => Act::Move(Motion::Line, count.max(1)),
            Some('g') => {
                self.go = true;
                return Act::Pending;
            }
            Some(c) => character(c, count),
            None => named(event, count),
        };
        if act != Act::Nothing {
            self.count = 0;
        }
        act
    }
}

fn character(c: char, count: u32) -> Act {
    let motion = match c {
        'h' => Motion::Left,
        'j' => Motion::Down,
        'k' => Motion::Up,
        'l' | ' ' => Motion::Right,
        'w' => Motion::Word,
        'b' => Motion::Back,
        'e' => Motion::WordEnd,
        '0' => Motion::Start,
        '^' => Motion::Text,
        '$' => Motion::End,
        'H' => Motion::High,
        'M' => Motion::Middle,
        'L' => Motion::Low,
        'G' if count > 0 => Motion::Line,
        'G' => Motion::Last,
        _ => return command(c, count),
    };
    Act::Move(motion, count)
}

fn command(c: char, count: u32) -> Act {
    match c {
        'v' => Act::Select(Kind::Characters),
        'V' => Act::Select(Kind::Lines),
        'o' => Act::OtherEnd,
        'y' => Act::Copy,
        '/' => Act::Search { backwards: false },
        '?' => Act::Search { backwards: true },
        'n' => Act::Next { reverse: false },
        'N' => Act::Next { reverse: true },
        '{' => Act::Seek(Target::Paragraph, true, count),
        '}' => Act::Seek(Target::Paragraph, false, count),
        '[' => Act::Seek(Target::Prompt, true, count),
        ']' => Act::Seek(Target::Prompt, false, count),
        'q' => Act::Leave,
        _ => Act::Nothing,
    }
}

/// Keys without a character of their own, or with Ctrl.
fn named(event: &KeyEvent, count: u32) -> Act {
    let mods = event
        .mods
        .without(Mods(Mods::CAPS_LOCK.0 | Mods::NUM_LOCK.0));
    if mods == Mods::CTRL {
        let motion = match event.key {
            Key::Char('u') => Motion::HalfUp,
            Key::Char('d') => Motion::HalfDown,
            Key::Char('b') => Motion::PageUp,
            Key::Char('f') => Motion::PageDown,
            Key::Char('v') => return Act::Select(Kind::Block),
            Key::Char('y') => return Act::Lines(-i64::from(count.max(1))),
            Key::Char('e') => return Act::Lines(i64::from(count.max(1))),
            Key::Char('c') => return Act::Leave,
            Key::Char('[') => return Act::Escape,
            Key::Home => Motion::First,
            Key::End => Motion::Last,
            _ => return Act::Nothing,
        };
        return Act::Move(motion, count);
    }
    if mods.without(Mods::SHIFT) != Mods::default() {
        return Act::Nothing;
    }
    let motion = match event.key {
        Key::Up | Key::Keypad(Keypad::Up) => Motion::Up,
        Key::Down | Key::Keypad(Keypad::Down) => Motion::Down,
        Key::Left | Key::Keypad(Keypad::Left) | Key::Backspace => Motion::Left,
        Key::Right | Key::Keypad(Keypad::Right) => Motion::Right,
        Key::PageUp | Key::Keypad(Keypad::PageUp) => Motion::PageUp,
        Key::PageDown | Key::Keypad(Keypad::PageDown) => Motion::PageDown,
        Key::Home | Key::Keypad(Keypad::Home) => Motion::Start,
        Key::End | Key::Keypad(Keypad::End) => Motion::End,
        Key::Enter | Key::Keypad(Keypad::Enter) => return Act::Copy,
        Key::Escape => return Act::Escape,
        _ => return Act::Nothing,
    };
    Act::Move(motion, count)
}

/// What a key does to the search that is being typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Edit {
    Text(String),
    Erase,
    Clear,
    Accept,
    GiveUp,
    Nothing,
}

pub(super) fn prompt(event: &KeyEvent) -> Edit {
    if event.action == KeyAction::Release {
        return Edit::Nothing;
    }
    match event.key {
        Key::Enter | Key::Keypad(Keypad::Enter) => return Edit::Accept,
        Key::Escape => return Edit::GiveUp,
        Key::Backspace => return Edit::Erase,
        _ => {}
    }
    if event.mods.has(Mods::CTRL) {
        return match event.key {
            Key::Char('c' | '[') => Edit::GiveUp,
            Key::Char('u') => Edit::Clear,
            Key::Char('h') => Edit::Erase,
            _ => Edit::Nothing,
        };
    }
    if event.mods.has(Mods::ALT) {
        return Edit::Nothing;
    }
    let text = event.text.clone();
    match text.or_else(|| typed(event).map(String::from)) {
        Some(text) if !text.chars().any(char::is_control) => Edit::Text(text),
        _ => Edit::Nothing,
    }
}
