//! The prefix key: what of the user's keys is for us.

use abide_protocol::input::{Key, KeyEvent, Mods};

/// A key and its modifiers, as configured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chord {
    pub key: Key,
    pub mods: Mods,
}

/// Where to pan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    Up,
    Down,
    Left,
    Right,
}

/// What the user asks attach to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    Detach,
    /// Take the size, or give it back.
    Size,
    Pan(Direction),
}

/// What becomes of a key event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PrefixOut {
    /// Send it.
    Forward(KeyEvent),
    Command(Command),
    /// The prefix was pressed: the next key is for us.
    Pending,
    /// Show the help line; nothing is sent.
    Help,
    /// Belongs to a key that was for us (its release); nothing to do.
    Nothing,
}

/// The automaton. No timer: a pending prefix waits.
#[derive(Debug)]
pub struct Prefix {
    chord: Option<Chord>,
}

impl Prefix {
    /// `None`: no prefix, every key is sent.
    #[must_use]
    pub fn new(chord: Option<Chord>) -> Self {
        Self { chord }
    }

    #[must_use]
    pub fn on(&mut self, event: KeyEvent) -> PrefixOut {
        PrefixOut::Forward(event)
    }

    /// The prefix was pressed and its second key has not come.
    #[must_use]
    pub fn pending(&self) -> bool {
        false
    }

    /// Forget a pending prefix (a paste came, the link was lost).
    pub fn cancel(&mut self) {}
}

impl Default for Prefix {
    /// `Ctrl-\`.
    fn default() -> Self {
        Self::new(Some(Chord {
            key: Key::Char('\\'),
            mods: Mods::CTRL,
        }))
    }
}
