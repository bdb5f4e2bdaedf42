//! Pasted text: data, never keys.

use super::push_char;
use abide_protocol::snapshot::Modes;

/// Appends a paste: C0 except tab and newline, DEL and C1 removed, so that no paste can end its
/// brackets or act as a key; line ends of any kind as CR; in brackets if the program asked.
pub fn encode_paste(text: &str, bracketed: bool, out: &mut Vec<u8>) {
    if bracketed {
        out.extend_from_slice(b"\x1b[200~");
    }
    let mut after_return = false;
    for c in text.chars() {
        match c {
            '\n' if after_return => {}
            '\n' | '\r' => out.push(b'\r'),
            '\t' => out.push(b'\t'),
            c if c.is_control() => {}
            c => push_char(c, out),
        }
        after_return = c == '\r';
    }
    if bracketed {
        out.extend_from_slice(b"\x1b[201~");
    }
}

/// Whether submitting `text` needs the user's word: it has a line end, and a program without
/// bracketed paste would act on every line as it comes.
#[must_use]
pub fn needs_confirm(text: &str, modes: &Modes) -> bool {
    !modes.bracketed_paste && text.contains(['\n', '\r'])
}
