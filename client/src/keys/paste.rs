//! A bracketed paste on its way in.

use super::FromTerminal;
use abide_protocol::limits::MAX_PASTE;

/// What ends a paste.
const END: &[u8] = b"\x1b[201~";

/// The bytes of a paste whose end has not come.
#[derive(Debug, Default)]
pub(super) struct Paste {
    /// At most [`MAX_PASTE`] bytes.
    body: Vec<u8>,
    /// A piece has been given out already.
    begun: bool,
}

/// How far the bytes belong to the paste.
pub(super) enum Progress {
    /// All but the last few, which may be the start of its end.
    Used(usize),
    /// It ended; this many bytes with its end.
    Ended(usize),
}

impl Paste {
    pub(super) fn take(&mut self, bytes: &[u8], out: &mut Vec<FromTerminal>) -> Progress {
        if let Some(end) = bytes.windows(END.len()).position(|window| window == END) {
            self.push(&bytes[..end], out);
            if !self.body.is_empty() || !self.begun {
                self.give(self.body.len(), out);
            }
            return Progress::Ended(end + END.len());
        }
        let held = (1..END.len())
            .rev()
            .find(|held| bytes.ends_with(&END[..*held]))
            .unwrap_or(0);
        let used = bytes.len() - held;
        self.push(&bytes[..used], out);
        Progress::Used(used)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    /// Gives out what has come, all but the start of a character or of a CR LF.
    pub(super) fn flush(&mut self, out: &mut Vec<FromTerminal>) {
        let whole = self.whole();
        if whole > 0 {
            self.give(whole, out);
        }
    }

    fn push(&mut self, mut bytes: &[u8], out: &mut Vec<FromTerminal>) {
        while !bytes.is_empty() {
            let room = MAX_PASTE - self.body.len();
            let (fits, rest) = bytes.split_at(room.min(bytes.len()));
            self.body.extend_from_slice(fits);
            bytes = rest;
            if self.body.len() == MAX_PASTE {
                self.give(self.whole(), out);
            }
        }
    }

    /// Bytes up to the last whole character, without a CR that may have its LF to come.
    fn whole(&self) -> usize {
        let tail = self.body.len().saturating_sub(4);
        let partial = (tail..self.body.len()).find(|at| {
            let rest = std::str::from_utf8(&self.body[*at..]);
            rest.is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
        });
        let end = partial.unwrap_or(self.body.len());
        end - usize::from(end == self.body.len() && self.body.last() == Some(&b'\r'))
    }

    fn give(&mut self, length: usize, out: &mut Vec<FromTerminal>) {
        let rest = self.body.split_off(length);
        let piece = std::mem::replace(&mut self.body, rest);
        let text = String::from_utf8_lossy(&piece)
            .replace("\r\n", "\n")
            .replace('\r', "\n");
        // Bytes that are not UTF-8 become three each.
        let mut rest = &text[..];
        while rest.len() > MAX_PASTE {
            let (first, last) = rest.split_at(rest.floor_char_boundary(MAX_PASTE));
            out.push(FromTerminal::Paste(first.into()));
            rest = last;
        }
        out.push(FromTerminal::Paste(rest.into()));
        self.begun = true;
    }
}
