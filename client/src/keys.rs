//! What the user's terminal sends, as typed values: keys, pastes, mouse, focus, replies.
//!
//! Pure: bytes and `now` in, values out. [`Decoder`] understands every encoding at every moment,
//! whatever the terminal was asked for, so that a change of modes with keys under way loses none.
//! A terminal's own replies come out as [`FromTerminal::Reply`] or not at all, for the whole life
//! of an attachment: nothing a terminal emits by itself may reach a program.

mod csi;
mod decoder;
mod key;
mod lex;
mod mouse;
pub mod names;
mod paste;
pub mod prefix;
mod reply;

pub use decoder::Decoder;

use abide_protocol::Rgb;
use abide_protocol::input::{KeyEvent, MouseEvent};
use std::time::Duration;

/// What the terminal sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FromTerminal {
    Key(KeyEvent),
    /// A bracketed paste with `\n` as line ends. A paste above
    /// [`MAX_PASTE`](abide_protocol::limits::MAX_PASTE) arrives in several pieces, in order.
    Paste(String),
    /// In cells of the terminal, 0-based; the caller adds its pan.
    Mouse(MouseEvent),
    /// The terminal gained (`true`) or lost the focus.
    Focus(bool),
    /// An answer of the terminal. For the start-up probe; never forwarded.
    Reply(Reply),
    /// Bytes that no rule names, whole sequences only; never a reply.
    Raw(Vec<u8>),
}

/// An answer or report of the terminal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// DA1, `CSI ? .. c`: the parameters.
    PrimaryAttributes(Vec<u32>),
    /// DA2, `CSI > .. c`: the parameters.
    SecondaryAttributes(Vec<u32>),
    /// XTVERSION, `DCS > | .. ST`: name and version, printable ASCII.
    Version(String),
    /// DECRQSS of DECSCUSR: the style number.
    CursorStyle(u8),
    /// DECRPM: 0 unknown, 1 set, 2 reset, 3 always set, 4 always reset.
    Mode {
        private: bool,
        mode: u32,
        state: u32,
    },
    /// `CSI ? flags u`.
    KittyFlags(u8),
    /// `CSI > 4 ; level m`.
    ModifyOtherKeys(u8),
    /// OSC 10 and 11, 12 for the cursor.
    Foreground(Rgb),
    Background(Rgb),
    CursorColor(Rgb),
    /// OSC 4.
    Indexed(u8, Rgb),
    /// `CSI 6 ; height ; width t`, as (width, height) in pixels.
    CellPixels(u16, u16),
    /// `CSI 4 ; height ; width t`, as (width, height) in pixels.
    WindowPixels(u16, u16),
    /// `CSI 8 ; rows ; columns t`, as (columns, rows).
    WindowCells(u16, u16),
    /// CPR, 1-based as the terminal says it.
    CursorPosition {
        row: u16,
        column: u16,
    },
    /// `CSI ? 997 ; 1 n` is dark, 2 is light.
    ColorScheme {
        dark: bool,
    },
    /// Anything else a terminal says by itself.
    Other,
}

/// How the terminal was asked to send keys. Only decides what a lone ESC and an absent text mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Outer {
    /// As terminals always did: a lone ESC is the key after [`ESC_WAIT`].
    #[default]
    Legacy,
    /// xterm's modifyOtherKeys; a lone ESC is the key here too.
    ModifyOtherKeys,
    /// The kitty protocol with these flags (bit 1 at least): ESC always starts a sequence.
    Kitty(u8),
}

/// How long a lone ESC may be the start of a sequence.
pub const ESC_WAIT: Duration = Duration::from_millis(25);

/// How long an unfinished paste may be silent before what has come of it is given out.
pub const PASTE_WAIT: Duration = Duration::from_secs(1);

/// How long after [`ESC_WAIT`] made a key of an ESC the rest of a reply is still known as such.
const RECALL: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests;
