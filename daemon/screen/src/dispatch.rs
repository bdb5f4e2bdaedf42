//! Control functions by their code.

use vte::{Params, Perform};

use crate::charset::Charset;
use crate::level::Level;
use crate::terminal::Terminal;
use abide_protocol::message::Event;

impl Perform for Terminal {
    fn execute(&mut self, byte: u8) {
        Self::execute(self, byte);
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        if !ignore {
            self.csi(params, intermediates, action);
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], ignore: bool, byte: u8) {
        if !ignore {
            self.esc(intermediates, byte);
        }
    }
}

impl Terminal {
    /// C0 controls.
    #[inline]
    pub(crate) fn execute(&mut self, byte: u8) {
        self.control();
        match byte {
            0x07 => self.event(Event::Bell),
            0x08 => self.back(1),
            0x09 => self.tab(1),
            0x0a..=0x0c => self.line_feed(),
            0x0d => self.carriage_return(),
            0x0e => self.charsets.shift(1),
            0x0f => self.charsets.shift(0),
            _ => {}
        }
    }

    fn esc(&mut self, intermediates: &[u8], byte: u8) {
        match (intermediates, byte) {
            ([], b'7') => self.save_cursor(),
            ([], b'8') => self.restore_cursor(),
            ([], b'D') => {
                self.at.pending = false;
                self.index();
            }
            ([], b'E') => {
                self.at.pending = false;
                self.index();
                self.carriage_return();
            }
            ([], b'H') => self.tabs.set(self.at.column, true),
            ([], b'M') => self.reverse_index(),
            ([], b'N') if self.level > Level::LEAST => self.charsets.single_shift(Some(2)),
            ([], b'O') if self.level > Level::LEAST => self.charsets.single_shift(Some(3)),
            // SPA and EPA.
            ([], b'V') => {
                self.protect = true;
                self.guarded = true;
            }
            ([], b'W') => self.protect = false,
            ([], b'Z') => self.primary_attributes(),
            ([], b'c') => self.reset(),
            ([], b'n') => self.charsets.shift(2),
            ([], b'o') => self.charsets.shift(3),
            ([], b'6') if self.level == Level::MOST => self.back_index(),
            ([], b'9') if self.level == Level::MOST => self.forward_index(),
            ([], b'=') => self.modes.application_keypad = true,
            ([], b'>') => self.modes.application_keypad = false,
            ([b'#'], b'8') => self.align(),
            // UTF-8 stays; leaving it (ESC % @) is refused.
            ([slot @ b'('..=b'+', prefix @ ..], last) => {
                let set = Charset::of_94(prefix, last, self.level, self.flags.national);
                self.charsets.designate(usize::from(slot - b'('), set);
            }
            ([slot @ b'-'..=b'/'], last) if self.level >= Level(3) => {
                let set = Charset::of_96(last);
                self.charsets.designate(usize::from(slot - b','), set);
            }
            _ => {}
        }
    }

    /// DECBI: left one column; at the left margin the region moves right.
    fn back_index(&mut self) {
        if self.at.column == self.margins.left {
            self.scroll_sideways(1, true);
        } else {
            self.back(1);
        }
    }

    /// DECFI: right one column; at the right margin the region moves left.
    fn forward_index(&mut self) {
        if self.at.column == self.margins.right {
            self.scroll_sideways(1, false);
        } else {
            self.forward(1);
        }
    }
}
