//! What a user does, as events. The keeper encodes them for the modes the program has set.

use minicbor::{Decode, Encode};

/// A key that has no character of its own, or `Char`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub enum Key {
    /// The key's unshifted character in the current layout (`a`, not `A`; `ö`; `/`).
    #[n(0)]
    Char(#[n(0)] char),
    #[n(1)]
    Enter,
    #[n(2)]
    Tab,
    #[n(3)]
    Backspace,
    #[n(4)]
    Escape,
    #[n(5)]
    Up,
    #[n(6)]
    Down,
    #[n(7)]
    Right,
    #[n(8)]
    Left,
    #[n(9)]
    Home,
    #[n(10)]
    End,
    #[n(11)]
    PageUp,
    #[n(12)]
    PageDown,
    #[n(13)]
    Insert,
    #[n(14)]
    Delete,
    /// F1 to F35.
    #[n(15)]
    Function(#[n(0)] u8),
    #[n(16)]
    Keypad(#[n(0)] Keypad),
    /// Modifiers, locks and media keys: a code point of the kitty protocol's private area
    /// (57358 to 57454); sent only to programs whose kitty flags ask for it.
    #[n(17)]
    Functional(#[n(0)] u32),
}

/// A key of the numeric keypad.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub enum Keypad {
    #[n(0)]
    Digit(#[n(0)] u8),
    #[n(1)]
    Decimal,
    #[n(2)]
    Divide,
    #[n(3)]
    Multiply,
    #[n(4)]
    Subtract,
    #[n(5)]
    Add,
    #[n(6)]
    Enter,
    #[n(7)]
    Equal,
    #[n(8)]
    Separator,
    #[n(9)]
    Left,
    #[n(10)]
    Right,
    #[n(11)]
    Up,
    #[n(12)]
    Down,
    #[n(13)]
    PageUp,
    #[n(14)]
    PageDown,
    #[n(15)]
    Home,
    #[n(16)]
    End,
    #[n(17)]
    Insert,
    #[n(18)]
    Delete,
    #[n(19)]
    Begin,
}

/// A set of modifiers, the bits of the kitty protocol (its number minus 1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Mods(#[n(0)] pub u8);

impl Mods {
    pub const SHIFT: Self = Self(1);
    pub const ALT: Self = Self(1 << 1);
    pub const CTRL: Self = Self(1 << 2);
    pub const SUPER: Self = Self(1 << 3);
    pub const HYPER: Self = Self(1 << 4);
    pub const META: Self = Self(1 << 5);
    pub const CAPS_LOCK: Self = Self(1 << 6);
    pub const NUM_LOCK: Self = Self(1 << 7);

    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// Whether a key went down, repeats, or went up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum KeyAction {
    #[default]
    #[n(0)]
    Press,
    #[n(1)]
    Repeat,
    #[n(2)]
    Release,
}

/// A key event. A client that knows only text sends `Char` with `text`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct KeyEvent {
    #[n(0)]
    pub key: Key,
    #[n(1)]
    pub mods: Mods,
    #[n(2)]
    pub action: KeyAction,
    /// The text that the key types in the client's layout, if any (`A` for Shift+a).
    #[n(3)]
    pub text: Option<String>,
    /// The shifted character, where the client knows it.
    #[n(4)]
    pub shifted: Option<char>,
    /// The character of this key in the standard (US) layout, where the client knows it.
    #[n(5)]
    pub base: Option<char>,
}

impl KeyEvent {
    /// A press without modifiers, with the text a `Char` types.
    #[must_use]
    pub fn press(key: Key, mods: Mods) -> Self {
        let text = match key {
            Key::Char(c) if mods.without(Mods::SHIFT) == Mods::default() => {
                Some(if mods.has(Mods::SHIFT) {
                    c.to_uppercase().to_string()
                } else {
                    c.into()
                })
            }
            _ => None,
        };
        Self {
            key,
            mods,
            action: KeyAction::Press,
            text,
            shifted: None,
            base: None,
        }
    }
}

/// What a mouse did.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum MouseAction {
    #[n(0)]
    Press,
    #[n(1)]
    Release,
    #[n(2)]
    Motion,
}

/// Which mouse button; `None` for motion without one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum MouseButton {
    #[n(0)]
    None,
    #[n(1)]
    Left,
    #[n(2)]
    Middle,
    #[n(3)]
    Right,
    #[n(4)]
    WheelUp,
    #[n(5)]
    WheelDown,
    #[n(6)]
    WheelLeft,
    #[n(7)]
    WheelRight,
    #[n(8)]
    Back,
    #[n(9)]
    Forward,
}

/// A mouse event in cells of the session's screen, 0-based: the client has added its pan.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct MouseEvent {
    #[n(0)]
    pub action: MouseAction,
    #[n(1)]
    pub button: MouseButton,
    #[n(2)]
    pub column: u16,
    #[n(3)]
    pub row: u16,
    #[n(4)]
    pub mods: Mods,
}

/// One numbered input of a stream, applied as a unit.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum InputEvent {
    #[n(0)]
    Key(#[n(0)] KeyEvent),
    /// Several keys that arrived together, in order.
    #[n(1)]
    Keys(#[cbor(n(0), with = "crate::wire::lists::list")] Vec<KeyEvent>),
    /// Text to be encoded as a paste; above [`crate::limits::MAX_PASTE`] bytes it is refused.
    #[n(2)]
    Paste(#[n(0)] String),
    /// Paste, a short pause, Enter; nobody else's input in between.
    #[n(3)]
    Submit {
        #[n(0)]
        text: String,
        /// Send multi-line text although the program has no bracketed paste.
        #[n(1)]
        confirmed: bool,
    },
    #[n(4)]
    Mouse(#[n(0)] MouseEvent),
    /// Bytes of the user's terminal that the client did not understand, never a terminal's reply.
    #[n(5)]
    Raw(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// A kind this build does not know; it counts as applied and writes nothing.
    #[n(65535)]
    Unknown,
}
