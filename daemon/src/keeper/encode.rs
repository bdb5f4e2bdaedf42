//! Input events as bytes for the program, in the modes the program has set.
//!
//! Pure. The mirror image of the client's decoder: what a terminal in these modes would have sent
//! for the same key.

use abide_protocol::input::{KeyEvent, MouseEvent};
use abide_protocol::snapshot::Modes;
use abide_protocol::{Book, Size};

/// Appends what the program gets for a key event; nothing for what its modes do not report.
pub fn encode_key(_event: &KeyEvent, _modes: &Modes, _out: &mut Vec<u8>) {}

/// Where a mouse event happens: what its encoding needs besides the modes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MousePlace {
    pub size: Size,
    /// Pixels of one cell (width, height), as the screen answers them to the program.
    pub cell: (u16, u16),
    /// Which screen is shown: on the alternate one the wheel may become arrow keys (1007).
    pub book: Book,
}

/// Appends what the program gets for a mouse event; nothing if it asked for none, or if the event
/// lies outside of the screen.
pub fn encode_mouse(_event: &MouseEvent, _modes: &Modes, _place: &MousePlace, _out: &mut Vec<u8>) {}

/// Appends a paste: C0 except tab and newline, DEL and C1 removed, newline as CR, in brackets if
/// `bracketed`.
pub fn encode_paste(_text: &str, _bracketed: bool, _out: &mut Vec<u8>) {}

/// Appends a focus report if the program asked for them.
pub fn encode_focus(_focused: bool, _modes: &Modes, _out: &mut Vec<u8>) {}

/// Whether submitting `text` needs the user's word: it has several lines, and a program without
/// bracketed paste would run each at once.
#[must_use]
pub fn needs_confirm(text: &str, modes: &Modes) -> bool {
    !modes.bracketed_paste && text.contains(['\n', '\r'])
}
