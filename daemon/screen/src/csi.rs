//! Control sequences (CSI).

use std::sync::Arc;

use vte::Params;

use abide_protocol::CursorShape;

use crate::level::{self, Level};
use crate::limits::MAX_TITLES;
use crate::rectangle::Extent;
use crate::tabs::Tabs;
use crate::terminal::{Margins, Terminal};

/// Parameters as numbers; a missing one is 0.
pub(crate) struct Numbers<'a>(pub(crate) &'a Params);

impl Numbers<'_> {
    /// Parameter `index`; 0 if missing.
    pub(crate) fn get(&self, index: usize) -> u16 {
        let param = self.0.iter().nth(index);
        param.and_then(|parts| parts.first().copied()).unwrap_or(0)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().count()
    }

    /// Parameter `index` as a count or an address from 1: 0 and missing are 1.
    pub(crate) fn count(&self, index: usize) -> u16 {
        self.get(index).max(1)
    }

    /// An address from 0.
    fn address(&self, index: usize) -> u16 {
        self.count(index) - 1
    }
}

impl Terminal {
    pub(crate) fn csi(&mut self, params: &Params, intermediates: &[u8], action: char) {
        let n = Numbers(params);
        if self.level < level::of_sequence(intermediates, action) {
            return;
        }
        match (intermediates, action) {
            ([], 'm') => self.sgr(params.iter()),
            ([], _) => self.csi_plain(&n, action),
            ([b'?'], _) => self.csi_private(&n, action),
            ([b'>'], _) => self.csi_greater(&n, action),
            ([b'='], 'u') => {
                let how = if n.0.len() < 2 { 1 } else { n.get(1) };
                self.shown.keyboard.set(n.get(0), how);
                self.modes.kitty = self.shown.keyboard.flags();
            }
            ([b'='], 'c') => self.reply("\x1bP!|00000000\x1b\\"),
            ([b'<'], 'u') => {
                self.shown.keyboard.pop(n.count(0));
                self.modes.kitty = self.shown.keyboard.flags();
            }
            ([b'!'], 'p') => self.soft_reset(),
            ([b' '], 'q') => self.set_cursor_style(n.get(0)),
            ([b' '], '@') => self.scroll_sideways(n.count(0), false),
            ([b' '], 'A') => self.scroll_sideways(n.count(0), true),
            ([b'"'], 'p') => self.set_level(n.get(0)),
            ([b'"'], 'q') => match n.get(0) {
                0 | 2 => self.protect = false,
                1 => {
                    self.protect = true;
                    self.guarded = false;
                }
                _ => {}
            },
            ([b'\''], '}') => self.shift_columns(n.count(0), true),
            ([b'\''], '~') => self.shift_columns(n.count(0), false),
            ([b'"'], 'v') => self.report_displayed_extent(),
            ([b'#'], _) => self.csi_hash(&n, action),
            ([b'$'], _) => self.csi_dollar(&n, action),
            ([b'*'], 'x') => {
                if let Some(extent) = Extent::of(n.get(0)) {
                    self.extent = extent;
                }
            }
            ([b'*'], 'y') => self.report_checksum(&n),
            ([b'?', b'$'], 'p') => self.report_private_mode(n.get(0)),
            _ => {}
        }
    }

    fn csi_dollar(&mut self, n: &Numbers<'_>, action: char) {
        match action {
            'p' => self.report_ansi_mode(n.get(0)),
            'r' => self.mark_rectangle(n, false),
            't' => self.mark_rectangle(n, true),
            'v' => self.copy_rectangle(n),
            'w' => self.report_presentation(n),
            'x' => self.fill_rectangle(n),
            'z' => self.erase_rectangle(n),
            '{' => self.erase_rectangle_selectively(n),
            _ => {}
        }
    }

    fn csi_hash(&mut self, n: &Numbers<'_>, action: char) {
        match action {
            'y' => self.checksum_bits = n.get(0).min(0x1f) as u8,
            '{' | 'p' => self.pens_aside.push(self.pen, n.0.iter().map(first)),
            '}' | 'q' => {
                let pen = self.pens_aside.pop(self.pen);
                self.set_pen(|now| *now = pen);
            }
            '|' => self.report_look(n),
            'P' => {
                for place in n.0.iter().map(first) {
                    self.palettes.push(&self.palette, place);
                }
            }
            'Q' => {
                for place in n.0.iter().map(first) {
                    if let Some(colors) = self.palettes.pop(place) {
                        self.palette = Arc::new(colors.clone());
                    }
                }
            }
            'R' => {
                let (next, most) = self.palettes.report();
                self.reply(format!("\x1b[?{next};{most}#Q"));
            }
            'S' => {
                let titles = self.titles.len();
                self.reply(format!("\x1b[{titles};{MAX_TITLES}#S"));
            }
            _ => {}
        }
    }

    fn csi_plain(&mut self, n: &Numbers<'_>, action: char) {
        match action {
            '@' => self.insert_characters(n.count(0)),
            'A' => self.up(n.count(0)),
            'B' => self.down(n.count(0)),
            'C' => self.forward(n.count(0)),
            'D' => self.back(n.count(0)),
            'E' => {
                self.down(n.count(0));
                self.carriage_return();
            }
            'F' => {
                self.up(n.count(0));
                self.carriage_return();
            }
            'G' | '`' => self.go_to_column(n.address(0)),
            'H' | 'f' => self.go_to(n.address(0), n.address(1)),
            'I' => self.tab(n.count(0)),
            'J' => self.erase_in_display(n.get(0), false),
            'K' => self.erase_in_line(n.get(0), false),
            'L' => self.insert_lines(n.count(0)),
            'M' => self.delete_lines(n.count(0)),
            'P' => self.delete_characters(n.count(0)),
            'S' => self.scroll_up(n.count(0)),
            // With five parameters it is mouse highlighting, which nobody has.
            'T' if n.0.len() < 2 => self.scroll_down(n.count(0)),
            '^' => self.scroll_down(n.count(0)),
            'X' => self.erase_characters(n.count(0)),
            'Z' => self.back_tab(n.count(0)),
            'a' => self.go_right(n.count(0)),
            'b' => self.repeat(n.count(0)),
            'c' if n.get(0) == 0 => self.primary_attributes(),
            'd' => self.go_to_row(n.address(0)),
            'e' => self.go_down(n.count(0)),
            'g' => match n.get(0) {
                0 => self.tabs.set(self.at.column, false),
                3 => self.tabs.clear(),
                _ => {}
            },
            'h' => self.set_ansi_modes(n, true),
            'l' => self.set_ansi_modes(n, false),
            'n' => self.status_report(n.get(0)),
            'r' => self.set_rows(n),
            's' if self.flags.side_margins => self.set_columns(n),
            's' => self.save_cursor(),
            't' => self.window(n),
            'u' => self.restore_cursor(),
            _ => {}
        }
    }

    fn csi_private(&mut self, n: &Numbers<'_>, action: char) {
        match action {
            'J' => self.erase_in_display(n.get(0), true),
            'K' => self.erase_in_line(n.get(0), true),
            'h' | 'l' => {
                for mode in n.0 {
                    self.set_private_mode(first(mode), action == 'h');
                }
            }
            's' => n.0.iter().for_each(|mode| self.save_mode(first(mode))),
            'r' => n.0.iter().for_each(|mode| self.restore_mode(first(mode))),
            'n' => self.private_status_report(n),
            'u' => {
                let flags = self.shown.keyboard.flags();
                self.reply(format!("\x1b[?{flags}u"));
            }
            'm' => {
                for resource in n.0.iter().map(first) {
                    if let Some(value) = self.modified_keys(resource) {
                        self.reply(format!("\x1b[>{resource};{value}m"));
                    }
                }
            }
            'W' if n.get(0) == 5 => self.tabs = Tabs::new(),
            _ => {}
        }
    }

    fn csi_greater(&mut self, n: &Numbers<'_>, action: char) {
        match action {
            'c' if n.get(0) == 0 => self.secondary_attributes(),
            'q' if n.get(0) == 0 => {
                let version = self.version;
                self.reply(format!("\x1bP>|{version}\x1b\\"));
            }
            'u' => {
                self.shown.keyboard.push(n.get(0));
                self.modes.kitty = self.shown.keyboard.flags();
            }
            // Only resource 4 can be changed; without a value it goes back to its default, and so it
            // does without a resource.
            'm' if n.get(0) == 4 || (n.get(0) == 0 && n.len() == 1) => {
                self.modes.modify_other_keys = n.get(1).min(2) as u8;
            }
            'n' if n.get(0) == 4 => self.modes.modify_other_keys = 0,
            _ => {}
        }
    }

    /// DECSCL: the level, after a soft reset. Controls always come in seven bits.
    fn set_level(&mut self, number: u16) {
        if let Some(level) = Level::of(number) {
            self.soft_reset();
            self.level = level;
        }
    }

    /// XTQMODKEYS: how keys with modifiers are told, by resource. Only modifyOtherKeys (4) changes.
    pub(crate) fn modified_keys(&self, resource: u16) -> Option<u8> {
        match resource {
            // The keyboard as a whole, the keypad, modifiers alone, special keys: as without.
            0 | 3 | 6 | 7 => Some(0),
            // Cursor and function keys: as the second parameter.
            1 | 2 => Some(2),
            4 => Some(self.modes.modify_other_keys),
            _ => None,
        }
    }

    /// DECSCUSR.
    fn set_cursor_style(&mut self, style: u16) {
        self.cursor_shape = match style {
            0 => CursorShape::Default,
            1 | 2 => CursorShape::Block,
            3 | 4 => CursorShape::Underline,
            5 | 6 => CursorShape::Bar,
            _ => return,
        };
        self.flags.cursor_blink = style % 2 == 1;
    }

    /// DECSTBM. A region of fewer than two rows is refused, unless the screen has but one.
    fn set_rows(&mut self, n: &Numbers<'_>) {
        let rows = self.rows();
        let top = n.count(0);
        let bottom = match n.get(1) {
            0 => rows,
            bottom => bottom.min(rows),
        };
        if top < bottom {
            self.margins.top = top - 1;
            self.margins.bottom = bottom - 1;
            self.home();
        }
    }

    /// DECSLRM.
    fn set_columns(&mut self, n: &Numbers<'_>) {
        let cols = self.cols();
        let left = n.count(0);
        let right = match n.get(1) {
            0 => cols,
            right => right.min(cols),
        };
        if left < right {
            self.margins.left = left - 1;
            self.margins.right = right - 1;
            self.home();
        }
    }

    pub(crate) fn reset_side_margins(&mut self) {
        let full = Margins::full(self.size);
        self.margins.left = full.left;
        self.margins.right = full.right;
    }
}

pub(crate) fn first(param: &[u16]) -> u16 {
    param.first().copied().unwrap_or(0)
}
