//! Input events as bytes for the program, in the modes the program has set.
//!
//! Pure. The mirror image of the client's decoder: what a terminal in these modes would have sent
//! for the same key. xterm is that terminal, except where the program asked for the kitty
//! protocol.

mod kitty;
mod legacy;
mod mouse;
mod other_keys;
mod paste;

pub use mouse::{MousePlace, encode_mouse};
pub use paste::{encode_paste, needs_confirm};

use abide_protocol::input::{KeyAction, KeyEvent, Mods};
use abide_protocol::snapshot::Modes;

/// Appends what the program gets for a key event; nothing for what its modes do not report.
pub fn encode_key(event: &KeyEvent, modes: &Modes, out: &mut Vec<u8>) {
    if modes.kitty & kitty::ALL_FLAGS != 0 {
        kitty::encode(event, modes, out);
        return;
    }
    let other = modes.modify_other_keys != 0;
    if event.action != KeyAction::Release && !(other && other_keys::encode(event, modes, out)) {
        legacy::encode(event, modes, out);
    }
}

/// Appends a focus report if the program asked for them.
pub fn encode_focus(focused: bool, modes: &Modes, out: &mut Vec<u8>) {
    if modes.focus {
        out.extend_from_slice(if focused { b"\x1b[I" } else { b"\x1b[O" });
    }
}

/// Modifiers that keep a key from typing its text.
const NO_TEXT: Mods = Mods(Mods::ALT.0 | Mods::CTRL.0 | SYSTEM.0 | Mods::META.0);

/// Modifiers that no legacy encoding of a character has.
const SYSTEM: Mods = Mods(Mods::SUPER.0 | Mods::HYPER.0);

const LOCKS: Mods = Mods(Mods::CAPS_LOCK.0 | Mods::NUM_LOCK.0);

fn any(mods: Mods, of: Mods) -> bool {
    mods.0 & of.0 != 0
}

/// The text that this event types, if it types any.
fn text(event: &KeyEvent) -> Option<&str> {
    let text = event.text.as_deref()?;
    let types = event.action != KeyAction::Release
        && !any(event.mods, NO_TEXT)
        && !text.is_empty()
        && !text.contains(char::is_control);
    types.then_some(text)
}

/// Appends `CSI number ; mods final`, both left out as far as they are 1.
fn csi(number: u32, mods: Mods, last: u8, out: &mut Vec<u8>) {
    let parameters = match (number, mods.0) {
        (1, 0) => String::new(),
        (number, 0) => number.to_string(),
        (number, mods) => format!("{number};{}", u16::from(mods) + 1),
    };
    out.extend_from_slice(b"\x1b[");
    out.extend_from_slice(parameters.as_bytes());
    out.push(last);
}

fn push_char(c: char, out: &mut Vec<u8>) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests;
