//! From bytes to control functions.
//!
//! Text is taken a run at a time and never seen by `vte`, which gets one escape or control
//! sequence after another. Strings (OSC, DCS and the like) are collected here, so that they have a
//! bound. All state between two calls is in this struct and in `vte`, so any split of the bytes
//! has the same effect.

mod saved;

use crate::limits::{MAX_DCS, MAX_OSC};
use crate::terminal::Terminal;
use crate::underway::Underway;
use crate::width;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Ground,
    /// After ESC, possibly with intermediates.
    Escape,
    /// After ESC with an intermediate.
    EscapeIntermediate,
    Csi,
    Osc,
    Dcs,
    /// SOS, PM, APC: skipped.
    Skip,
}

pub(crate) struct Parser {
    vte: vte::Parser,
    state: State,
    /// Bytes of a UTF-8 sequence that is not complete.
    partial: [u8; 4],
    partial_len: usize,
    string: Vec<u8>,
    /// The string is longer than its bound and will be dropped.
    overlong: bool,
    /// What `vte` has seen of a sequence that is not complete; kept up at the end of each feed.
    underway: Underway,
    /// Bytes at the end of those being fed that were not looked at for whole lines.
    unseen: usize,
}

impl Parser {
    pub(crate) fn new() -> Self {
        Self {
            vte: vte::Parser::new(),
            state: State::Ground,
            partial: [0; 4],
            partial_len: 0,
            string: Vec::new(),
            overlong: false,
            underway: Underway::default(),
            unseen: 0,
        }
    }

    /// Feeds bytes until all are used or `terminal` must be looked at: right before a synchronized
    /// update begins, unless it is the first thing in `bytes`, and right after it ends.
    pub(crate) fn feed(&mut self, terminal: &mut Terminal, bytes: &[u8]) -> usize {
        self.unseen = bytes.len();
        let used = self.run(terminal, bytes);
        self.remember(bytes.get(..used).unwrap_or(bytes));
        used
    }

    /// Keeps what the next call, or a parser made anew, needs of an incomplete sequence.
    fn remember(&mut self, bytes: &[u8]) {
        if !matches!(
            self.state,
            State::Escape | State::EscapeIntermediate | State::Csi
        ) {
            return self.underway.clear();
        }
        // Whatever was under way, an ESC began anew.
        let begin = bytes.iter().rposition(|byte| *byte == ESC);
        self.underway
            .add(bytes.get(begin.unwrap_or(0)..).unwrap_or(&[]));
    }

    fn run(&mut self, terminal: &mut Terminal, bytes: &[u8]) -> usize {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            at += match self.state {
                State::Ground if rest[0] == ESC && self.partial_len == 0 => {
                    if at > 0 && terminal.held.view.is_none() && begins_synchronized(rest) {
                        return at;
                    }
                    self.sequence(terminal, rest)
                }
                State::Ground => self.ground(terminal, rest),
                State::Escape | State::EscapeIntermediate => self.escape(terminal, rest),
                State::Csi => self.csi(terminal, rest),
                State::Osc | State::Dcs | State::Skip => self.string(terminal, rest),
            };
            if std::mem::take(&mut terminal.sync_ended) {
                return at;
            }
        }
        at
    }

    /// Text and C0 controls, up to the next ESC.
    fn ground(&mut self, terminal: &mut Terminal, bytes: &[u8]) -> usize {
        if self.partial_len > 0 {
            return self.complete(terminal, bytes);
        }
        let mut at = 0;
        while let Some((first, _)) = bytes.get(at..).and_then(<[u8]>::split_first) {
            let rest = &bytes[at..];
            at += match *first {
                ESC => break,
                0x20..=0x7e => match self.rush(terminal, rest) {
                    0 => {
                        let length = printable(rest);
                        terminal.print_ascii(&rest[..length]);
                        length
                    }
                    length => length,
                },
                b'\r' if rest.get(1) == Some(&b'\n') => {
                    terminal.new_line();
                    2
                }
                control @ 0..=0x1f => {
                    terminal.execute(control);
                    1
                }
                0x7f => 1,
                0x80.. => match terminal.print_run(rest) {
                    0 => self.character(terminal, rest),
                    length => length,
                },
            };
        }
        at
    }

    /// Whole lines that scroll away within `bytes`, past the screen; returns their length.
    #[inline]
    fn rush(&mut self, terminal: &mut Terminal, bytes: &[u8]) -> usize {
        if bytes.len() > self.unseen || !terminal.may_rush() {
            return 0;
        }
        let (used, seen) = terminal.rush(bytes);
        self.unseen = bytes.len() - seen;
        used
    }

    /// What begins with ESC: all of it if it is a whole SGR, else its first byte or two.
    fn sequence(&mut self, terminal: &mut Terminal, bytes: &[u8]) -> usize {
        if bytes.get(1) != Some(&b'[') {
            terminal.control();
            self.dispatch(terminal, &bytes[..1]);
            self.state = State::Escape;
            return 1;
        }
        let mut numbers = [0; SGR_NUMBERS];
        if let Some((count, length)) = sgr_numbers(&bytes[2..], &mut numbers) {
            terminal.control();
            terminal.sgr(numbers[..count].chunks(1));
            return length + 2;
        }
        terminal.control();
        let length = csi_length(&bytes[2..]).map_or(bytes.len(), |length| length + 2);
        self.state = match bytes[length - 1] {
            _ if length == 2 => State::Csi,
            ESC => State::Escape,
            CAN | SUB | 0x40..=0x7e => State::Ground,
            _ => State::Csi,
        };
        self.dispatch(terminal, &bytes[..length]);
        length
    }

    /// A character beyond ASCII; an incomplete one is kept for the next call.
    fn character(&mut self, terminal: &mut Terminal, bytes: &[u8]) -> usize {
        match decode(bytes) {
            Decoded::Char(c, length) => {
                // C1 controls in UTF-8 are not characters, and 8-bit controls we have none.
                if !matches!(c, '\u{80}'..='\u{9f}') {
                    terminal.print(c);
                }
                length
            }
            Decoded::Invalid(length) => {
                terminal.print(char::REPLACEMENT_CHARACTER);
                length
            }
            Decoded::Incomplete => {
                let length = bytes.len();
                self.partial[..length].copy_from_slice(bytes);
                self.partial_len = length;
                length
            }
        }
    }

    /// Adds bytes to the incomplete character.
    fn complete(&mut self, terminal: &mut Terminal, bytes: &[u8]) -> usize {
        let old = self.partial_len;
        let added = bytes.len().min(4 - old);
        let mut whole = self.partial;
        whole[old..old + added].copy_from_slice(&bytes[..added]);
        self.partial_len = 0;
        // What was kept is a valid beginning, so at least that much is used now.
        let used = self.character(terminal, &whole[..old + added]);
        used.saturating_sub(old)
    }

    fn escape(&mut self, terminal: &mut Terminal, bytes: &[u8]) -> usize {
        let byte = bytes[0];
        let plain = self.state == State::Escape;
        self.state = match byte {
            CAN | SUB => State::Ground,
            ESC => State::Escape,
            0x20..=0x2f => State::EscapeIntermediate,
            b'[' if plain => State::Csi,
            b']' | b'P' | b'X' | b'^' | b'_' if plain => {
                return self.begin_string(terminal, byte);
            }
            0x30..=0x7e => State::Ground,
            _ => self.state,
        };
        if self.state == State::Csi {
            self.dispatch(terminal, b"[");
            // The whole sequence in one piece.
            return 1;
        }
        if byte < 0x80 {
            self.dispatch(terminal, &bytes[..1]);
        }
        1
    }

    fn csi(&mut self, terminal: &mut Terminal, bytes: &[u8]) -> usize {
        let Some(length) = csi_length(bytes) else {
            self.dispatch(terminal, bytes);
            return bytes.len();
        };
        self.state = if bytes[length - 1] == ESC {
            State::Escape
        } else {
            State::Ground
        };
        self.dispatch(terminal, &bytes[..length]);
        length
    }

    fn dispatch(&mut self, terminal: &mut Terminal, bytes: &[u8]) {
        self.vte.advance(terminal, bytes);
    }

    /// `vte` forgets the escape (CAN does nothing else); the string is ours.
    fn begin_string(&mut self, terminal: &mut Terminal, byte: u8) -> usize {
        self.dispatch(terminal, &[CAN]);
        self.string.clear();
        self.overlong = false;
        self.state = match byte {
            b']' => State::Osc,
            b'P' => State::Dcs,
            _ => State::Skip,
        };
        1
    }

    fn string(&mut self, terminal: &mut Terminal, bytes: &[u8]) -> usize {
        let bell_ends = self.state == State::Osc;
        let ends = |byte: &u8| matches!(*byte, ESC | CAN | SUB) || (bell_ends && *byte == BEL);
        let end = bytes.iter().position(ends);
        let text = &bytes[..end.unwrap_or(bytes.len())];
        let bound = match self.state {
            State::Osc => MAX_OSC,
            State::Dcs => MAX_DCS,
            _ => 0,
        };
        if self.string.len() + text.len() > bound {
            self.overlong = true;
            self.string = Vec::new();
        } else if !self.overlong {
            self.string.extend_from_slice(text);
        }
        let Some(end) = end else {
            return bytes.len();
        };
        let state = std::mem::replace(&mut self.state, State::Ground);
        let terminator = bytes[end];
        if terminator == ESC {
            self.dispatch(terminal, &[ESC]);
            self.state = State::Escape;
        }
        if !self.overlong && !matches!(terminator, CAN | SUB) {
            match state {
                State::Osc => terminal.osc(&self.string, terminator == BEL),
                State::Dcs => terminal.dcs(&self.string),
                _ => {}
            }
        }
        self.string.clear();
        if self.string.capacity() > MAX_DCS {
            self.string = Vec::new();
        }
        end + 1
    }
}

/// Length of the printable ASCII that `bytes` begins with.
#[inline]
pub(crate) fn printable(bytes: &[u8]) -> usize {
    const STEP: usize = 16;
    let mut length = 0;
    for chunk in bytes.chunks_exact(STEP) {
        // Without an early exit the compiler compares all at once.
        let others = chunk
            .iter()
            .fold(false, |any, byte| any | (byte.wrapping_sub(0x20) > 0x5e));
        if others {
            break;
        }
        length += STEP;
    }
    let rest = bytes.get(length..).unwrap_or(&[]);
    let end = rest.iter().position(|byte| byte.wrapping_sub(0x20) > 0x5e);
    length + end.unwrap_or(rest.len())
}

/// Bytes of a control sequence up to and with its last one, if that is there.
fn csi_length(bytes: &[u8]) -> Option<usize> {
    let ends = |byte: &u8| matches!(*byte, 0x40..=0x7e | CAN | SUB | ESC);
    bytes.iter().position(ends).map(|end| end + 1)
}

/// Parameters of an SGR that is read without `vte`, which keeps 32.
const SGR_NUMBERS: usize = 16;

/// Reads the numbers of a whole SGR without parts (`:`): how many, and their length in bytes with
/// the final `m`. `None` for anything else.
#[inline]
fn sgr_numbers(bytes: &[u8], numbers: &mut [u16; SGR_NUMBERS]) -> Option<(usize, usize)> {
    let (mut count, mut number) = (0, 0u16);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                number = number
                    .saturating_mul(10)
                    .saturating_add(u16::from(byte - b'0'));
            }
            b';' | b'm' => {
                *numbers.get_mut(count)? = number;
                (count, number) = (count + 1, 0);
                if *byte == b'm' {
                    return Some((count, at + 1));
                }
            }
            _ => return None,
        }
    }
    None
}

enum Decoded {
    Char(char, usize),
    /// So many bytes are no character: one U+FFFD.
    Invalid(usize),
    Incomplete,
}

#[inline]
fn decode(bytes: &[u8]) -> Decoded {
    match width::decode_short(bytes) {
        Some((c, length)) => Decoded::Char(c, length),
        None => decode_any(bytes),
    }
}

fn decode_any(bytes: &[u8]) -> Decoded {
    let window = bytes.get(..4).unwrap_or(bytes);
    let (valid, error) = match std::str::from_utf8(window) {
        Ok(text) => (text, None),
        Err(error) => {
            let valid = window.get(..error.valid_up_to()).unwrap_or(&[]);
            (std::str::from_utf8(valid).unwrap_or(""), error.error_len())
        }
    };
    match (valid.chars().next(), error) {
        (Some(c), _) => Decoded::Char(c, c.len_utf8()),
        (None, Some(length)) => Decoded::Invalid(length),
        (None, None) => Decoded::Incomplete,
    }
}

/// `bytes` begin with a complete DECSET that has 2026 among its modes.
fn begins_synchronized(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"\x1b[?") else {
        return false;
    };
    let end = rest
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b';'));
    end.is_some_and(|end| {
        rest.get(end) == Some(&b'h')
            && rest[..end]
                .split(|byte| *byte == b';')
                .any(|mode| mode == b"2026")
    })
}
