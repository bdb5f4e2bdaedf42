//! The prefix key: what of the user's keys is for us.

use abide_protocol::input::{Key, KeyAction, KeyEvent, Keypad, Mods};
use abide_protocol::keymap;

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
    /// Read the history.
    Scroll,
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
    /// Belongs to a key that was for us (its release, its repeats); nothing to do.
    Nothing,
}

/// Keys held at once whose presses were for us; the oldest is forgotten.
const MAX_TAKEN: usize = 8;

/// The automaton. No timer: a pending prefix waits.
#[derive(Debug)]
pub struct Prefix {
    chord: Option<Chord>,
    pending: bool,
    /// Keys whose press was for us and whose release has not come, with the pan they repeat.
    taken: Vec<(Key, Option<Direction>)>,
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

impl Prefix {
    /// `None`: no prefix, every key is sent.
    #[must_use]
    pub fn new(chord: Option<Chord>) -> Self {
        Self {
            chord,
            pending: false,
            taken: Vec::new(),
        }
    }

    /// The prefix was pressed and its second key has not come.
    #[must_use]
    pub fn pending(&self) -> bool {
        self.pending
    }

    /// Forget a pending prefix (a paste came, the link was lost).
    pub fn cancel(&mut self) {
        self.pending = false;
    }

    /// This key's press is for us after all: so are its repeats and its release.
    pub fn claim(&mut self, key: Key) {
        self.take(key, None);
    }

    #[must_use]
    pub fn on(&mut self, event: KeyEvent) -> PrefixOut {
        match event.action {
            KeyAction::Press => self.press(event),
            KeyAction::Repeat => self.repeat(event),
            KeyAction::Release => self.release(event),
        }
    }

    fn press(&mut self, event: KeyEvent) -> PrefixOut {
        let prefix = self.chord.is_some_and(|chord| chord.is(&event));
        if self.pending {
            if is_modifier(event.key) {
                return PrefixOut::Forward(event);
            }
            self.pending = false;
            if prefix {
                return self.forward(event);
            }
            return self.second(&event);
        }
        if prefix {
            self.pending = true;
            self.take(event.key, None);
            return PrefixOut::Pending;
        }
        self.forward(event)
    }

    /// The key after the prefix.
    fn second(&mut self, event: &KeyEvent) -> PrefixOut {
        let command = command(event);
        let pan = match command {
            Some(Command::Pan(direction)) => Some(direction),
            _ => None,
        };
        self.take(event.key, pan);
        command.map_or(PrefixOut::Help, PrefixOut::Command)
    }

    /// A held pan key pans on; any other key of ours does nothing more.
    fn repeat(&mut self, event: KeyEvent) -> PrefixOut {
        match self.taken.iter().find(|(key, _)| *key == event.key) {
            Some((_, Some(direction))) => PrefixOut::Command(Command::Pan(*direction)),
            Some((_, None)) => PrefixOut::Nothing,
            None => PrefixOut::Forward(event),
        }
    }

    fn release(&mut self, event: KeyEvent) -> PrefixOut {
        match self.taken.iter().position(|(key, _)| *key == event.key) {
            Some(at) => {
                self.taken.remove(at);
                PrefixOut::Nothing
            }
            None => PrefixOut::Forward(event),
        }
    }

    /// Terminals may stop telling releases at any time: a press that is sent sends its release.
    fn forward(&mut self, event: KeyEvent) -> PrefixOut {
        self.taken.retain(|(key, _)| *key != event.key);
        PrefixOut::Forward(event)
    }

    fn take(&mut self, key: Key, pan: Option<Direction>) {
        self.taken.retain(|(taken, _)| *taken != key);
        if self.taken.len() == MAX_TAKEN {
            self.taken.remove(0);
        }
        self.taken.push((key, pan));
    }
}

impl Chord {
    /// Whether `event` is this key: by itself, by what Shift makes of it, or by its place on the
    /// keyboard where the layout's own character is of another script.
    fn is(self, event: &KeyEvent) -> bool {
        let mods = event.mods.without(LOCKS);
        let direct = event.key == self.key && mods == self.mods;
        let shifted = event.shifted.is_some_and(|c| Key::Char(c) == self.key)
            && mods.without(Mods::SHIFT) == self.mods;
        let placed = latin(event).is_some_and(|c| Key::Char(c) == self.key) && mods == self.mods;
        direct || shifted || placed
    }
}

const LOCKS: Mods = Mods(Mods::CAPS_LOCK.0 | Mods::NUM_LOCK.0);

/// The character in this key's place in the US layout, for a key of another script.
fn latin(event: &KeyEvent) -> Option<char> {
    match event.key {
        Key::Char(c) if !c.is_ascii() => event.base,
        _ => None,
    }
}

/// Shift, Ctrl and their like, pressed on the way to a second key.
fn is_modifier(key: Key) -> bool {
    matches!(key, Key::Functional(57358..=57360 | 57441..=57454))
}

fn command(event: &KeyEvent) -> Option<Command> {
    let mods = event.mods.without(LOCKS);
    let direction = match event.key {
        Key::Up | Key::Keypad(Keypad::Up) => Some(Direction::Up),
        Key::Down | Key::Keypad(Keypad::Down) => Some(Direction::Down),
        Key::Left | Key::Keypad(Keypad::Left) => Some(Direction::Left),
        Key::Right | Key::Keypad(Keypad::Right) => Some(Direction::Right),
        _ => None,
    };
    if let Some(direction) = direction {
        return (mods == Mods::default()).then_some(Command::Pan(direction));
    }
    match typed(event)? {
        'd' => Some(Command::Detach),
        't' => Some(Command::Size),
        '[' => Some(Command::Scroll),
        _ => None,
    }
}

/// The character that this press types, with nothing but Shift held.
pub(crate) fn typed(event: &KeyEvent) -> Option<char> {
    let mods = event.mods.without(LOCKS);
    let Key::Char(key) = event.key else {
        return None;
    };
    let key = latin(event).unwrap_or(key);
    if mods == Mods::SHIFT {
        event.shifted.or_else(|| keymap::shifted(key))
    } else {
        (mods == Mods::default()).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::super::names;
    use super::*;

    fn event(name: &str, action: KeyAction) -> KeyEvent {
        KeyEvent {
            action,
            ..names::parse(name).unwrap()
        }
    }

    /// Steps are `name`, `name*` for a repeat, `name-` for a release; answers are `>name` for a
    /// forward of the same event, or the short names below.
    fn check(prefix: &mut Prefix, steps: &[(&str, &str)]) {
        for (step, expected) in steps {
            let (name, action) = match step.as_bytes() {
                [_, .., b'*'] => (&step[..step.len() - 1], KeyAction::Repeat),
                [_, .., b'-'] => (&step[..step.len() - 1], KeyAction::Release),
                _ => (*step, KeyAction::Press),
            };
            let event = event(name, action);
            let found = match prefix.on(event.clone()) {
                PrefixOut::Forward(forwarded) => {
                    assert_eq!(forwarded, event);
                    "forward"
                }
                PrefixOut::Command(Command::Detach) => "detach",
                PrefixOut::Command(Command::Size) => "size",
                PrefixOut::Command(Command::Scroll) => "scroll",
                PrefixOut::Command(Command::Pan(Direction::Up)) => "up",
                PrefixOut::Command(Command::Pan(Direction::Left)) => "left",
                PrefixOut::Command(Command::Pan(_)) => "pan",
                PrefixOut::Pending => "pending",
                PrefixOut::Help => "help",
                PrefixOut::Nothing => "nothing",
            };
            assert_eq!(found, *expected, "{step} in {steps:?}");
        }
    }

    #[test]
    fn second_keys() {
        let prefix = &mut Prefix::default();
        let plain: &[(&str, &str)] = &[("a", "forward"), ("ctrl+c", "forward"), ("d", "forward")];
        check(prefix, plain);
        for (second, expected) in [
            ("d", "detach"),
            ("t", "size"),
            ("up", "up"),
            ("left", "left"),
            ("?", "help"),
            ("[", "scroll"),
            ("x", "help"),
            ("D", "help"),
            ("enter", "help"),
            ("esc", "help"),
            ("ctrl+d", "help"),
            ("shift+up", "help"),
            ("ctrl+\\", "forward"),
        ] {
            check(prefix, &[("ctrl+\\", "pending"), (second, expected)]);
            check(prefix, plain);
        }
    }

    #[test]
    fn releases_go_where_their_presses_went() {
        check(
            &mut Prefix::default(),
            &[
                ("ctrl+\\", "pending"),
                ("ctrl+\\*", "nothing"),
                ("ctrl+\\-", "nothing"),
                ("t", "size"),
                ("t*", "nothing"),
                ("t-", "nothing"),
                ("t", "forward"),
                ("t-", "forward"),
                ("ctrl+\\", "pending"),
                // Ctrl went up first.
                ("\\-", "nothing"),
                ("ctrl+\\", "forward"),
                ("ctrl+\\-", "forward"),
                ("ctrl+\\", "pending"),
                ("left", "left"),
                ("left*", "left"),
                ("left-", "nothing"),
                ("left", "forward"),
                // A release that never came.
                ("ctrl+\\", "pending"),
                ("d", "detach"),
                ("d", "forward"),
                ("d-", "forward"),
            ],
        );
    }

    #[test]
    fn a_pending_prefix_can_be_forgotten() {
        let prefix = &mut Prefix::default();
        check(prefix, &[("ctrl+\\", "pending")]);
        prefix.cancel();
        check(prefix, &[("d", "forward")]);
        check(&mut Prefix::new(None), &[("ctrl+\\", "forward")]);
    }

    #[test]
    fn the_prefix_is_known_in_every_spelling() {
        let press = |key, mods: u8, shifted, base| KeyEvent {
            shifted,
            base,
            ..KeyEvent::press(Key::Char(key), Mods(mods))
        };
        let at = |name| Prefix::new(names::parse_prefix(name).unwrap());
        for (mut prefix, event) in [
            (at("ctrl+\\"), press('\\', 4, None, None)),
            (at("ctrl+\\"), press('\\', 4 | 64 | 128, None, None)),
            (at("ctrl+^"), press('6', 5, Some('^'), None)),
            (at("ctrl+b"), press('и', 4, None, Some('b'))),
        ] {
            assert_eq!(prefix.on(event.clone()), PrefixOut::Pending, "{event:?}");
        }
        for event in [press('\\', 0, None, None), press('\\', 6, None, None)] {
            let out = Prefix::default().on(event.clone());
            assert_eq!(out, PrefixOut::Forward(event));
        }
    }

    #[test]
    fn modifiers_on_the_way_to_the_second_key_are_sent() {
        let mut prefix = Prefix::default();
        let shift = KeyEvent::press(Key::Functional(57441), Mods::SHIFT);
        let _ = prefix.on(event("ctrl+\\", KeyAction::Press));
        assert_eq!(prefix.on(shift.clone()), PrefixOut::Forward(shift));
        assert!(prefix.pending());
    }
}
