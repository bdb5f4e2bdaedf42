//! What is written with: knows where the terminal's cursor is and how it is set, and writes only
//! what changes that.

use std::fmt;
use std::io::Write as _;

use abide_protocol::{CursorShape, LinkRef, Style};

use super::caps::Caps;
use super::cells::Cell;
use super::pen;

/// The terminal's cursor, pen and autowrap as we left them, and the bytes written so far.
pub(crate) struct Stylus {
    pub(crate) caps: Caps,
    out: Vec<u8>,
    /// `None`: unknown, the next move is absolute.
    row: Option<u16>,
    /// `None`: unknown (after the last column, or after text of doubtful width).
    column: Option<u16>,
    /// Reduced to what the terminal shows. `None`: unknown.
    pen: Option<Style>,
    link: LinkRef,
    wrap: Option<bool>,
    visible: Option<bool>,
    shape: (CursorShape, bool),
    /// The shape was ever changed.
    shaped: bool,
    /// Cursor movements since the last [`Self::take`].
    moves: usize,
}

impl Stylus {
    pub(crate) fn new(caps: Caps) -> Self {
        Self {
            caps,
            out: Vec::new(),
            row: None,
            column: None,
            pen: None,
            link: None,
            wrap: None,
            visible: None,
            shape: (CursorShape::Default, false),
            shaped: false,
            moves: 0,
        }
    }

    /// Forgets everything about the terminal but what it can do: somebody else has used it.
    pub(crate) fn forget(&mut self) {
        self.forget_cursor();
        self.wrap = None;
        self.visible = None;
        self.shape = (CursorShape::Default, false);
    }

    /// Position and pen are unknown: the terminal restored its own.
    pub(crate) fn forget_cursor(&mut self) {
        self.row = None;
        self.column = None;
        self.pen = None;
    }

    pub(crate) fn shaped(&self) -> bool {
        self.shaped
    }

    pub(crate) fn forget_pen(&mut self) {
        self.pen = None;
    }

    /// The bytes written since the last time, and whether the cursor jumped among them.
    pub(crate) fn take(&mut self) -> (Vec<u8>, bool) {
        let jumped = std::mem::take(&mut self.moves) > 0;
        (std::mem::take(&mut self.out), jumped)
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn put(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a vector cannot fail.
        let _ = self.out.write_fmt(text);
    }

    /// Brings the cursor to a cell by the shortest way.
    pub(crate) fn go(&mut self, row: u16, column: u16) {
        if self.row == Some(row) && self.column == Some(column) {
            return;
        }
        self.moves += 1;
        if self.row == Some(row) {
            self.go_column(column);
        } else if column == 0 && row > 0 && self.row == Some(row - 1) {
            // Only ever to a row that exists, so nothing scrolls.
            self.raw(b"\r\n");
        } else {
            match (row, column) {
                (0, 0) => self.raw(b"\x1b[H"),
                (_, 0) => self.put(format_args!("\x1b[{}H", row + 1)),
                _ => self.put(format_args!("\x1b[{};{}H", row + 1, column + 1)),
            }
        }
        self.row = Some(row);
        self.column = Some(column);
    }

    fn go_column(&mut self, column: u16) {
        match self.column {
            _ if column == 0 => self.raw(b"\r"),
            Some(now) if now > column && now - column <= 3 => {
                for _ in column..now {
                    self.raw(b"\x08");
                }
            }
            Some(now) if now < column && column - now < 10 => match column - now {
                1 => self.raw(b"\x1b[C"),
                count => self.put(format_args!("\x1b[{count}C")),
            },
            _ => self.put(format_args!("\x1b[{}G", column + 1)),
        }
    }

    /// A line feed on the bottom row, with margins off: the top row leaves into the scrollback.
    pub(crate) fn feed_line(&mut self, bottom: u16) {
        self.plain();
        if self.row != Some(bottom) {
            self.go(bottom, 0);
        }
        self.raw(b"\r\n");
        self.column = Some(0);
        self.moves += 1;
    }

    /// The terminal has wrapped by itself onto `row`.
    pub(crate) fn wrapped_onto(&mut self, row: u16, column: u16, cols: u16) {
        self.row = Some(row);
        self.column = Some(column).filter(|column| *column < cols);
        self.moves += 1;
    }

    pub(crate) fn autowrap(&mut self, on: bool) {
        if self.wrap != Some(on) {
            self.raw(if on { b"\x1b[?7h" } else { b"\x1b[?7l" });
            self.wrap = Some(on);
        }
    }

    /// Sets style and link for what is written next.
    pub(crate) fn dress(&mut self, style: &Style, link: &LinkRef) {
        let style = pen::reduce(style, self.caps);
        pen::write_sgr(self.pen.as_ref(), &style, &mut self.out);
        self.pen = Some(style);
        if self.caps.links && *link != self.link {
            match link {
                Some(link) => self.put(format_args!("\x1b]8;id={};{}\x1b\\", link.id, link.uri)),
                None => self.raw(b"\x1b]8;;\x1b\\"),
            }
            self.link.clone_from(link);
        }
    }

    pub(crate) fn plain(&mut self) {
        self.dress(&Style::PLAIN, &None);
    }

    /// Whether erasing now leaves plain blanks.
    pub(crate) fn background_is_plain(&self) -> bool {
        self.pen
            .is_some_and(|pen| pen.bg == abide_protocol::Color::Default)
    }

    /// Writes text of certain width at the cursor. The caller has dressed and placed it.
    pub(crate) fn text(&mut self, text: &str, columns: u16, cols: u16) {
        self.out.extend_from_slice(text.as_bytes());
        self.column = self
            .column
            .map(|column| column + columns)
            .filter(|column| *column < cols);
    }

    /// Writes a cell of doubtful width: its columns are blanked first unless they are blank, and
    /// the cursor is unknown afterwards.
    pub(crate) fn doubtful(&mut self, cell: &Cell<'_>, row: u16, column: u16, blank: bool) {
        if !blank {
            for _ in 0..cell.width {
                self.raw(b" ");
            }
            self.column = None;
            self.go(row, column);
        }
        self.raw(cell.text.as_bytes());
        self.column = None;
    }

    /// Erases from the cursor to the end of the line, in the given style's background.
    pub(crate) fn erase_line(&mut self, style: &Style) {
        self.dress(style, &None);
        self.raw(b"\x1b[K");
    }

    pub(crate) fn erase_below(&mut self) {
        self.plain();
        self.raw(b"\x1b[J");
    }

    pub(crate) fn show_cursor(&mut self, visible: bool) {
        if self.visible != Some(visible) {
            self.raw(if visible { b"\x1b[?25h" } else { b"\x1b[?25l" });
            self.visible = Some(visible);
        }
    }

    pub(crate) fn cursor_visible(&self) -> bool {
        self.visible != Some(false)
    }

    pub(crate) fn shape_cursor(&mut self, shape: CursorShape, blink: bool) {
        let wanted = (shape, blink && shape != CursorShape::Default);
        if self.shape == wanted {
            return;
        }
        self.shape = wanted;
        self.shaped = true;
        let steady = u8::from(!blink);
        let number = match shape {
            CursorShape::Default => 0,
            CursorShape::Block => 1 + steady,
            CursorShape::Underline => 3 + steady,
            CursorShape::Bar => 5 + steady,
        };
        self.put(format_args!("\x1b[{number} q"));
    }
}
