//! Answers to what programs ask of their terminal.

use abide_protocol::Rgb;

use crate::csi::Numbers;
use crate::level::{self, Level};
use crate::palette;
use crate::terminal::Terminal;

/// Pixels of a cell (width, height) when the viewer's terminal did not say.
const CELL: (u16, u16) = (8, 16);

impl Terminal {
    /// DA1: VT420 level with selective erasure (6), horizontal scrolling (21), colour (22),
    /// rectangular editing (28) and clipboard (52).
    pub(crate) fn primary_attributes(&mut self) {
        self.reply("\x1b[?64;6;21;22;28;52c");
    }

    /// DA2: a VT420; 0 is the firmware.
    pub(crate) fn secondary_attributes(&mut self) {
        self.reply("\x1b[>41;0;0c");
    }

    /// DSR.
    pub(crate) fn status_report(&mut self, what: u16) {
        match what {
            5 => self.reply("\x1b[0n"),
            6 => {
                let (row, column) = self.reported_position();
                self.reply(format!("\x1b[{row};{column}R"));
            }
            _ => {}
        }
    }

    fn reported_position(&self) -> (u16, u16) {
        let (row, column) = (self.at.row + 1, self.at.column + 1);
        if self.flags.origin {
            let top = self.margins.top.min(self.at.row);
            let left = self.margins.left.min(self.at.column);
            return (row - top, column - left);
        }
        (row, column)
    }

    /// DECRQDE: the whole screen is shown, from row and column 1 of page 1.
    pub(crate) fn report_displayed_extent(&mut self) {
        let (rows, cols) = (self.rows(), self.cols());
        self.reply(format!("\x1b[{rows};{cols};1;1;1\"w"));
    }

    /// DSR with `?`.
    pub(crate) fn private_status_report(&mut self, n: &Numbers<'_>) {
        if self.level < level::of_report(n.get(0)) {
            return;
        }
        match n.get(0) {
            6 => {
                let (row, column) = self.reported_position();
                let page = if self.level >= Level(3) { ";1" } else { "" };
                self.reply(format!("\x1b[?{row};{column}{page}R"));
            }
            // No printer, no locator, keys not locked.
            15 => self.reply("\x1b[?13n"),
            25 => self.reply("\x1b[?20n"),
            // North American; from level 3 on ready, and from 4 on of which kind.
            26 => {
                let more = ";0".repeat(usize::from(self.level.0) - 2);
                self.reply(format!("\x1b[?27;1{more}n"));
            }
            53 | 55 => self.reply("\x1b[?50n"),
            56 => self.reply("\x1b[?57;0n"),
            // No room for macros, and so their checksum; no fault; no second session.
            62 => self.reply("\x1b[0*{"),
            63 => {
                let id = n.get(1);
                self.reply(format!("\x1bP{id}!~0000\x1b\\"));
            }
            75 => self.reply("\x1b[?70n"),
            85 => self.reply("\x1b[?83n"),
            996 => self.report_scheme(),
            _ => {}
        }
    }

    /// Colour scheme: 1 dark, 2 light.
    pub(crate) fn report_scheme(&mut self) {
        let scheme = if self.dark() { 1 } else { 2 };
        self.reply(format!("\x1b[?997;{scheme}n"));
    }

    /// What the viewer's terminal said, else what its background suggests.
    pub(crate) fn dark(&self) -> bool {
        self.look.dark.unwrap_or_else(|| {
            let Rgb { r, g, b } = self.look.palette.background.unwrap_or(palette::BACKGROUND);
            u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114 < 127_500
        })
    }

    pub(crate) fn cell_pixels(&self) -> (u32, u32) {
        let (width, height) = self.look.cell.unwrap_or(CELL);
        (width.into(), height.into())
    }

    /// XTWINOPS: sizes are told, titles kept on a stack; nothing else is done.
    pub(crate) fn window(&mut self, n: &Numbers<'_>) {
        let (width, height) = self.cell_pixels();
        let (cols, rows) = (u32::from(self.cols()), u32::from(self.rows()));
        match n.get(0) {
            11 => self.reply("\x1b[1t"),
            14 => self.reply(format!("\x1b[4;{};{}t", rows * height, cols * width)),
            15 => self.reply(format!("\x1b[5;{};{}t", rows * height, cols * width)),
            16 => self.reply(format!("\x1b[6;{height};{width}t")),
            18 => self.reply(format!("\x1b[8;{rows};{cols}t")),
            19 => self.reply(format!("\x1b[9;{rows};{cols}t")),
            // Titles are never sent back: they could be typed into a shell.
            20 => self.reply("\x1b]L\x1b\\"),
            21 => self.reply("\x1b]l\x1b\\"),
            // 1 is the icon's name, which we have none of.
            22 if n.get(1) != 1 => self.push_title(),
            23 if n.get(1) != 1 => self.pop_title(),
            _ => {}
        }
    }

    /// In-band size report (2048).
    pub(crate) fn report_size_if_wanted(&mut self) {
        if self.flags.size_reports {
            let (width, height) = self.cell_pixels();
            let (cols, rows) = (u32::from(self.cols()), u32::from(self.rows()));
            let (high, wide) = (rows * height, cols * width);
            self.reply(format!("\x1b[48;{rows};{cols};{high};{wide}t"));
        }
    }
}
