//! Setting, resetting, saving and reporting modes.

use abide_protocol::Book;
use abide_protocol::snapshot::{MouseEncoding, MouseTracking};

use crate::csi::{Numbers, first};
use crate::level;
use crate::modes::{self, Report};
use crate::terminal::Terminal;
use crate::view::View;

/// Saved modes (XTSAVE) at most: as many as there are.
pub(crate) const MAX_SAVED: usize = 64;

impl Terminal {
    pub(crate) fn set_ansi_modes(&mut self, n: &Numbers<'_>, on: bool) {
        for mode in n.0 {
            match first(mode) {
                4 => self.flags.insert = on,
                12 => self.flags.send_receive = on,
                20 => self.modes.newline = on,
                _ => {}
            }
        }
    }

    pub(crate) fn set_private_mode(&mut self, mode: u16, on: bool) {
        if self.level < level::of_mode(mode) {
            return;
        }
        if let Some(flag) = modes::shared(&mut self.modes, mode) {
            *flag = on;
            return;
        }
        if let Some(flag) = modes::own(&mut self.flags, mode) {
            *flag = on;
            return;
        }
        if let Some(tracking) = modes::tracking(mode) {
            self.modes.mouse = if on { tracking } else { MouseTracking::Off };
            return;
        }
        if let Some(encoding) = modes::encoding(mode) {
            if on {
                self.modes.mouse_encoding = encoding;
            } else if self.modes.mouse_encoding == encoding {
                self.modes.mouse_encoding = MouseEncoding::X10;
            }
            return;
        }
        self.set_acting_mode(mode, on);
    }

    /// Modes whose switching does something.
    fn set_acting_mode(&mut self, mode: u16, on: bool) {
        match mode {
            6 => {
                self.flags.origin = on;
                self.home();
            }
            69 => {
                self.flags.side_margins = on;
                if !on {
                    self.reset_side_margins();
                }
            }
            47 => self.show(if on { Book::Alternate } else { Book::Main }),
            1047 => self.alternate_cleared(on),
            1048 if on => self.save_cursor(),
            1048 => self.restore_cursor(),
            1049 => self.alternate_saved(on),
            2026 if on => self.begin_synchronized(),
            2026 => self.end_synchronized(),
            2048 => {
                self.flags.size_reports = on;
                self.report_size_if_wanted();
            }
            _ => {}
        }
    }

    /// 1047: the alternate screen is cleared when it is left.
    fn alternate_cleared(&mut self, on: bool) {
        if !on && self.book == Book::Alternate {
            self.clear_shown();
        }
        self.show(if on { Book::Alternate } else { Book::Main });
    }

    /// 1049: the cursor is saved, the alternate screen shown and cleared; and back. The cursor is
    /// saved and restored whichever screen is shown.
    fn alternate_saved(&mut self, on: bool) {
        if !on {
            self.show(Book::Main);
            return self.restore_cursor();
        }
        self.save_cursor();
        if self.book == Book::Main {
            self.show(Book::Alternate);
            self.clear_shown();
        }
    }

    fn clear_shown(&mut self) {
        let blank = self.blank();
        for row in 0..self.rows() {
            self.shown.grid.line_mut(row).clear(blank);
        }
    }

    fn begin_synchronized(&mut self) {
        self.synchronized = true;
        if self.held.view.is_none() {
            let view = View::of(self);
            self.held.begin(view, &mut self.shown.grid);
        }
    }

    /// What DECRQM says of a private mode.
    fn private_mode(&mut self, mode: u16) -> Report {
        if self.level < level::of_mode(mode) {
            return Report::Unknown;
        }
        if let Some(flag) = modes::shared(&mut self.modes, mode) {
            return (*flag).into();
        }
        if let Some(flag) = modes::own(&mut self.flags, mode) {
            return (*flag).into();
        }
        if let Some(tracking) = modes::tracking(mode) {
            return (self.modes.mouse == tracking).into();
        }
        if let Some(encoding) = modes::encoding(mode) {
            return (self.modes.mouse_encoding == encoding).into();
        }
        match mode {
            6 => self.flags.origin.into(),
            69 => self.flags.side_margins.into(),
            47 | 1047 | 1049 => (self.book == Book::Alternate).into(),
            1048 => self.shown.saved.set.into(),
            2026 => self.synchronized.into(),
            2048 => self.flags.size_reports.into(),
            _ => modes::fixed(mode),
        }
    }

    pub(crate) fn report_private_mode(&mut self, mode: u16) {
        let report = self.private_mode(mode) as u8;
        self.reply(format!("\x1b[?{mode};{report}$y"));
    }

    pub(crate) fn report_ansi_mode(&mut self, mode: u16) {
        let report = match mode {
            4 => self.flags.insert.into(),
            12 => self.flags.send_receive.into(),
            20 => self.modes.newline.into(),
            _ => modes::fixed_ansi(mode),
        } as u8;
        self.reply(format!("\x1b[{mode};{report}$y"));
    }

    /// XTSAVE. For 1048 that is to save the cursor; 9 keeps the mouse's mode, whichever it is, apart
    /// from the others.
    pub(crate) fn save_mode(&mut self, mode: u16) {
        match mode {
            1048 => return self.save_cursor(),
            9 => return self.saved_mouse = Some(self.modes.mouse),
            _ => {}
        }
        for mode in saved_with(&mode) {
            let set = match self.private_mode(*mode) {
                Report::Set => true,
                Report::Reset => false,
                Report::Unknown | Report::AlwaysSet | Report::AlwaysReset => return,
            };
            self.saved_modes.retain(|(saved, _)| saved != mode);
            if self.saved_modes.len() < MAX_SAVED {
                self.saved_modes.push((*mode, set));
            }
        }
    }

    /// XTRESTORE. A change of screens is that and nothing else: nothing is cleared, no cursor saved.
    pub(crate) fn restore_mode(&mut self, mode: u16) {
        match (mode, self.saved_mouse) {
            (1048, _) => return self.restore_cursor(),
            (9, Some(mouse)) => return self.modes.mouse = mouse,
            (9, None) => return,
            _ => {}
        }
        // Of several that exclude each other, the one that was set comes last.
        for wanted in [false, true] {
            for mode in saved_with(&mode) {
                match (*mode, self.saved_modes.contains(&(*mode, wanted))) {
                    (_, false) => {}
                    (1049, true) if wanted => self.show(Book::Alternate),
                    (1049, true) => self.show(Book::Main),
                    (_, true) => self.set_private_mode(*mode, wanted),
                }
            }
        }
    }
}

/// The modes that are saved and restored for `mode`: several numbers may stand for one setting.
fn saved_with(mode: &u16) -> &[u16] {
    match *mode {
        47 | 1047 | 1049 => &[1049],
        1000..=1003 => &modes::TRACKINGS,
        other if modes::encoding(other).is_some() => &modes::ENCODINGS,
        _ => std::slice::from_ref(mode),
    }
}
