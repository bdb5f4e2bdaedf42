//! A snapshot: the visible state of a session at one revision, as a value.

use minicbor::{Decode, Encode};
use std::sync::Arc;

use crate::ids::{Book, LineNo, Revision, Size};
use crate::limits;
use crate::row::Row;
use crate::style::Rgb;
use crate::text;

/// The shape of the cursor (DECSCUSR).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum CursorShape {
    /// What the user's terminal has by default (DECSCUSR 0).
    #[default]
    #[n(0)]
    Default,
    #[n(1)]
    Block,
    #[n(2)]
    Underline,
    #[n(3)]
    Bar,
}

/// Where the cursor is and how it looks. 0-based, always inside the screen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode)]
pub struct Cursor {
    #[n(0)]
    pub row: u16,
    #[n(1)]
    pub column: u16,
    #[n(2)]
    pub visible: bool,
    #[n(3)]
    pub shape: CursorShape,
    #[n(4)]
    pub blink: bool,
}

/// Which mouse events the program asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum MouseTracking {
    #[default]
    #[n(0)]
    Off,
    /// Mode 9: presses only.
    #[n(1)]
    X10,
    /// Mode 1000: presses and releases.
    #[n(2)]
    Normal,
    /// Mode 1002: also motion while a button is down.
    #[n(3)]
    Button,
    /// Mode 1003: all motion.
    #[n(4)]
    Any,
}

/// How the program wants mouse events written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum MouseEncoding {
    #[default]
    #[n(0)]
    X10,
    /// Mode 1005.
    #[n(1)]
    Utf8,
    /// Mode 1006.
    #[n(2)]
    Sgr,
    /// Mode 1015.
    #[n(3)]
    Urxvt,
    /// Mode 1016.
    #[n(4)]
    SgrPixels,
}

/// The modes that matter to a viewer: what to mirror, how input is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode)]
pub struct Modes {
    /// 2004.
    #[n(0)]
    pub bracketed_paste: bool,
    #[n(1)]
    pub mouse: MouseTracking,
    #[n(2)]
    pub mouse_encoding: MouseEncoding,
    /// 1004.
    #[n(3)]
    pub focus: bool,
    /// DECCKM.
    #[n(4)]
    pub application_cursor: bool,
    /// DECNKM / DECKPAM.
    #[n(5)]
    pub application_keypad: bool,
    /// Kitty keyboard flags in force, 0 to 31.
    #[n(6)]
    pub kitty: u8,
    /// modifyOtherKeys: 0, 1 or 2.
    #[n(7)]
    pub modify_other_keys: u8,
    /// 1007: on the alternate screen the wheel becomes arrow keys.
    #[n(8)]
    pub alternate_scroll: bool,
    /// DECSCNM: the whole screen in reverse video.
    #[n(9)]
    pub reverse_video: bool,
    /// LNM: Enter sends CR LF.
    #[n(10)]
    pub newline: bool,
    /// DECBKM (67): Backspace sends BS instead of DEL.
    #[n(11)]
    pub backarrow: bool,
}

/// Progress of OSC 9;4.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode)]
pub enum Progress {
    #[default]
    #[n(0)]
    None,
    /// Percent, 0 to 100.
    #[n(1)]
    Normal(#[n(0)] u8),
    #[n(2)]
    Error(#[n(0)] u8),
    #[n(3)]
    Indeterminate,
    #[n(4)]
    Paused(#[n(0)] u8),
}

/// Colours that the program changed (OSC 4, 10, 11, 12), as differences from the viewer's own.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Encode, Decode)]
pub struct Palette {
    #[n(0)]
    pub foreground: Option<Rgb>,
    #[n(1)]
    pub background: Option<Rgb>,
    #[n(2)]
    pub cursor: Option<Rgb>,
    /// By index, ascending, each index once.
    #[cbor(n(3), with = "crate::wire::lists::indexed")]
    pub indexed: Vec<(u8, Rgb)>,
}

/// The visible state of a session at one revision.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Snapshot {
    #[n(0)]
    pub revision: Revision,
    #[n(1)]
    pub size: Size,
    /// Which screen is shown.
    #[n(2)]
    pub book: Book,
    /// Exactly `size.rows()` rows, top to bottom; none wider than `size.cols()`.
    #[cbor(n(3), with = "crate::wire::rows")]
    pub rows: Vec<Arc<Row>>,
    #[n(4)]
    pub cursor: Cursor,
    #[n(5)]
    pub modes: Modes,
    /// OSC 0/2; no control characters, at most [`crate::limits::MAX_TITLE`] bytes.
    #[cbor(n(6), with = "crate::wire::texts::title")]
    pub title: Arc<str>,
    /// OSC 7 as a path on the session's machine; empty if the program never said.
    #[cbor(n(7), with = "crate::wire::texts::directory")]
    pub directory: Arc<str>,
    #[n(8)]
    pub progress: Progress,
    #[cbor(n(9), with = "crate::wire::fields::palette")]
    pub palette: Arc<Palette>,
    /// Number of the first visible row in `book`.
    #[n(10)]
    pub top: LineNo,
    /// Rows of `book` below this number never change again.
    #[n(11)]
    pub sealed: LineNo,
    /// Oldest row of `book` still kept.
    #[n(12)]
    pub first: LineNo,
    /// Where views of history begin: `CSI 3 J` raises it to `top`.
    #[n(13)]
    pub floor: LineNo,
}

impl Snapshot {
    /// Every invariant of a snapshot; the error says which one is broken.
    ///
    /// # Errors
    /// A sentence for people who debug.
    pub fn check(&self) -> Result<(), &'static str> {
        self.check_frame()?;
        self.rows.iter().try_for_each(|row| row.check())
    }

    /// As [`Self::check`], for rows that are known to be legal.
    pub(crate) fn check_frame(&self) -> Result<(), &'static str> {
        if self.rows.len() != usize::from(self.size.rows()) {
            return Err("the number of rows is not the height");
        }
        if self.rows.iter().any(|row| row.cells() > self.size.cols()) {
            return Err("a row is wider than the screen");
        }
        if self.cursor.row >= self.size.rows() || self.cursor.column >= self.size.cols() {
            return Err("the cursor is outside the screen");
        }
        if self.title.len() > limits::MAX_TITLE
            || text::has_controls(&self.title)
            || self.title.contains(text::is_bidi_control)
        {
            return Err("the title is too long or holds control characters");
        }
        if self.directory.len() > limits::MAX_DIRECTORY || text::has_controls(&self.directory) {
            return Err("the directory is too long or holds control characters");
        }
        if !self.palette.indexed.is_sorted_by(|a, b| a.0 < b.0) {
            return Err("palette indices do not ascend");
        }
        Ok(())
    }
}
