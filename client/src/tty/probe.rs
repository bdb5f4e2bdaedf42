//! What the terminal is asked at start-up, and what its answers mean. Pure.
//!
//! Nothing waits for the answers: until they come the environment decides, and answers that come
//! late are taken in just the same. DA1 is asked last, since every terminal answers it and all
//! answer in order.

use std::collections::BTreeMap;

use abide_protocol::message::TerminalLook;

use crate::keys::Reply;
use crate::paint::{ASKED, Caps};

/// What the terminal said about itself.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Name and version.
    pub name: Option<String>,
    /// It has the kitty keyboard protocol.
    pub kitty: bool,
    /// Its present level of modifyOtherKeys.
    pub modify_other_keys: Option<u8>,
    /// DECRPM states by mode number.
    pub modes: BTreeMap<u32, u32>,
    pub look: TerminalLook,
    /// DECSCUSR number of its cursor.
    pub cursor_style: Option<u8>,
}

impl Findings {
    /// The terminal knows this mode and can change it.
    #[must_use]
    pub fn has(&self, mode: u32) -> bool {
        matches!(self.modes.get(&mode), Some(1 | 2))
    }

    /// Modes that were set or reset, by number.
    #[must_use]
    pub fn set(&self) -> BTreeMap<u32, bool> {
        let known = self.modes.iter().filter(|(_, state)| **state != 0);
        known
            .map(|(mode, state)| (*mode, matches!(state, 1 | 3)))
            .collect()
    }
}

/// One terminal being asked.
#[derive(Debug, Default)]
pub struct Probe {
    pub findings: Findings,
    /// DA1 questions without an answer.
    open: u32,
    /// DA1 was answered at least once.
    answers: bool,
}

impl Probe {
    /// The questions of the start-up.
    #[must_use]
    pub fn questions(&mut self, caps: Caps, program: &str) -> Vec<u8> {
        let mut out = Vec::new();
        // Terminals without OSC are too simple for the rest; macOS's Terminal prints DECRQM.
        if caps.osc {
            out.extend_from_slice(b"\x1b[?u\x1b[>0q\x1b[?4m");
            if program != "Apple_Terminal" {
                for mode in ASKED {
                    out.extend(format!("\x1b[?{mode}$p").bytes());
                }
            }
            out.extend_from_slice(b"\x1b]12;?\x1b\\\x1b[16t\x1bP$q q\x1b\\");
            out.extend_from_slice(COLOURS);
        }
        out.extend(self.sentinel());
        out
    }

    /// Asks for the colours again.
    #[must_use]
    pub fn colours(&mut self) -> Vec<u8> {
        let mut out = COLOURS.to_vec();
        out.extend(self.sentinel());
        out
    }

    /// A question of which the answer says that all before it are answered.
    #[must_use]
    pub fn sentinel(&mut self) -> Vec<u8> {
        self.open += 1;
        b"\x1b[c".to_vec()
    }

    /// Answers are on their way.
    #[must_use]
    pub fn open(&self) -> bool {
        self.open > 0
    }

    /// The terminal is known to answer.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.answers
    }

    /// Takes an answer; true when it was the last one expected.
    pub fn hear(&mut self, reply: &Reply) -> bool {
        let found = &mut self.findings;
        match reply {
            Reply::PrimaryAttributes(_) => {
                self.answers = true;
                let was = self.open;
                self.open = self.open.saturating_sub(1);
                return was == 1;
            }
            Reply::Version(name) => found.name = Some(name.clone()),
            Reply::Mode {
                private: true,
                mode,
                state,
            } => {
                // Only what was true before we changed it counts.
                found.modes.entry(*mode).or_insert(*state);
            }
            Reply::KittyFlags(_) => found.kitty = true,
            Reply::ModifyOtherKeys(level) => {
                found.modify_other_keys.get_or_insert(*level);
            }
            Reply::Foreground(rgb) => found.look.palette.foreground = Some(*rgb),
            Reply::Background(rgb) => found.look.palette.background = Some(*rgb),
            Reply::CursorColor(rgb) => found.look.palette.cursor = Some(*rgb),
            Reply::CellPixels(width, height) => found.look.cell = Some((*width, *height)),
            Reply::ColorScheme { dark } => found.look.dark = Some(*dark),
            Reply::CursorStyle(style) => {
                found.cursor_style.get_or_insert(*style);
            }
            Reply::SecondaryAttributes(_)
            | Reply::Mode { .. }
            | Reply::Indexed(..)
            | Reply::WindowPixels(..)
            | Reply::WindowCells(..)
            | Reply::CursorPosition { .. }
            | Reply::Other => {}
        }
        false
    }

    /// What the session is told of this terminal.
    #[must_use]
    pub fn look(&self) -> TerminalLook {
        let mut look = self.findings.look.clone();
        if let (None, Some(background)) = (look.dark, look.palette.background) {
            let sum =
                u32::from(background.r) * 2 + u32::from(background.g) * 4 + u32::from(background.b);
            look.dark = Some(sum < 7 * 128);
        }
        look
    }
}

const COLOURS: &[u8] = b"\x1b]10;?\x1b\\\x1b]11;?\x1b\\";

#[cfg(test)]
mod tests {
    use super::*;
    use abide_protocol::Rgb;

    #[test]
    fn the_sentinel_ends_the_questions() {
        let mut probe = Probe::default();
        let questions = probe.questions(Caps::FULL, "");
        assert!(questions.ends_with(b"\x1b[c"));
        assert!(!probe.hear(&Reply::KittyFlags(0)));
        assert!(probe.findings.kitty && probe.open());
        assert!(probe.hear(&Reply::PrimaryAttributes(vec![62])));
        assert!(!probe.open() && probe.answers());
    }

    #[test]
    fn only_the_first_answer_about_a_mode_tells_what_was_before() {
        let mut probe = Probe::default();
        let mode = |state| Reply::Mode {
            private: true,
            mode: 2004,
            state,
        };
        probe.hear(&mode(2));
        probe.hear(&mode(1));
        assert_eq!(probe.findings.set(), [(2004, false)].into());
        assert!(probe.findings.has(2004) && !probe.findings.has(2026));
    }

    #[test]
    fn the_scheme_follows_the_background_unless_told() {
        let check = |rgb: (u8, u8, u8), told, expected| {
            let mut probe = Probe::default();
            let (r, g, b) = rgb;
            probe.hear(&Reply::Background(Rgb { r, g, b }));
            if let Some(dark) = told {
                probe.hear(&Reply::ColorScheme { dark });
            }
            assert_eq!(probe.look().dark, Some(expected));
        };
        check((0, 0, 0), None, true);
        check((255, 255, 255), None, false);
        check((40, 44, 52), None, true);
        check((255, 255, 255), Some(true), true);
    }

    #[test]
    fn simple_terminals_are_asked_for_nothing_they_might_print() {
        let mut probe = Probe::default();
        let caps = Caps {
            osc: false,
            ..Caps::FULL
        };
        assert_eq!(probe.questions(caps, ""), b"\x1b[c");
    }
}
