//! xterm's modifyOtherKeys: modified keys as `CSI 27 ; mods ; character ~`.
//!
//! Level 1 does so where the legacy form would lose the modifiers, level 2 also where it would
//! not. What differs from xterm: Shift with a character alone stays text on both levels (xterm
//! writes Shift with a capital as a sequence on level 2), as other terminals do, since every
//! program understands it.

use super::{LOCKS, SYSTEM, any, legacy, text};
use abide_protocol::input::{Key, KeyEvent, Mods};
use abide_protocol::snapshot::Modes;

/// Appends the sequence of a press or repeat; false if the key keeps its legacy form.
pub(super) fn encode(event: &KeyEvent, modes: &Modes, out: &mut Vec<u8>) -> bool {
    let mods = event.mods.without(LOCKS);
    if mods == Mods::default() || text(event).is_some() {
        return false;
    }
    let all = modes.modify_other_keys >= 2;
    let character = match event.key {
        Key::Char(_) => legacy::typed(event).filter(|c| character_applies(*c, mods, all)),
        Key::Enter => Some('\r'),
        Key::Tab if mods == Mods::SHIFT => None,
        Key::Tab => Some('\t'),
        Key::Escape => all.then_some('\x1b'),
        Key::Backspace if all && mods.without(Mods::CTRL) != Mods::default() => {
            Some(if modes.backarrow { '\x08' } else { '\x7f' })
        }
        _ => None,
    };
    let Some(c) = character else { return false };
    let sequence = format!("\x1b[27;{};{}~", u16::from(mods.0) + 1, u32::from(c));
    out.extend_from_slice(sequence.as_bytes());
    true
}

fn character_applies(c: char, mods: Mods, all: bool) -> bool {
    if mods == Mods::SHIFT {
        return false;
    }
    if all || any(mods, SYSTEM) {
        return true;
    }
    if !mods.has(Mods::CTRL) {
        return false;
    }
    let letter = ('@'..='\x7f').contains(&c);
    if letter {
        mods.has(Mods::SHIFT)
    } else {
        legacy::control(c).is_none()
    }
}
