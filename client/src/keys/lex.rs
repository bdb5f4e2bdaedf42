//! The lexer: where one thing that a terminal sends ends and the next begins.

/// Bytes of one control sequence at most; what is longer is swallowed up to its end. The longest
/// real ones carry the text of an input method as code points.
pub(super) const MAX_SEQUENCE: usize = 4096;

const ESC: u8 = 0x1b;

/// The smallest thing a terminal sends. `alt`: an ESC stood before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token<'a> {
    /// A character that is no control character.
    Char { c: char, alt: bool },
    /// A C0 control character, ESC as the key included, or DEL.
    Control { byte: u8, alt: bool },
    /// What follows `CSI`: parameters, intermediates, final byte.
    Csi { body: &'a [u8], alt: bool },
    /// `SS3 x`, or `SS3 modifiers x`.
    Ss3 {
        mods: Option<u8>,
        last: u8,
        alt: bool,
    },
    /// `CSI [ x` of the Linux console.
    Linux { last: u8 },
    /// The three bytes after `CSI M`.
    Mouse { bytes: [u8; 3], alt: bool },
    /// The introducer of an OSC, DCS, APC, PM or SOS; its body follows.
    Text { kind: u8, eight_bit: bool },
    /// A control sequence above [`MAX_SEQUENCE`]; its rest follows.
    Overlong,
    /// Bytes that are not UTF-8.
    Wrong(&'a [u8]),
    /// Bytes that mean nothing: a sequence cut short by another, a lone C1 character.
    Nothing,
}

/// The first token of `bytes` and its length; `None` while more bytes may change it. With
/// `silent`, no more bytes come: then every start of a sequence is the keys it looks like.
pub(super) fn next(bytes: &[u8], silent: bool) -> Option<(Token<'_>, usize)> {
    match *bytes.first()? {
        ESC => escape(bytes, silent),
        byte @ (0..0x20 | 0x7f) => Some((Token::Control { byte, alt: false }, 1)),
        c @ 0x20..0x7f => Some((char_token(char::from(c), false), 1)),
        0x80.. => eight_bit(bytes, silent),
    }
}

/// Whether this unfinished token may be keys already: only then a timer is right. A longer start
/// of a sequence is nothing that a user types, so it waits for its end.
pub(super) fn ambiguous(bytes: &[u8]) -> bool {
    match bytes {
        [ESC]
        | [ESC, ESC | b'[' | b'O' | b']' | b'P' | b'_' | b'^' | b'X']
        | [ESC, ESC, b'[' | b'O']
        | [ESC, b'[', b'[']
        | [ESC, b'O', b'1'..=b'8'] => true,
        [ESC, rest @ ..] => partial_utf8(rest),
        _ => partial_utf8(bytes),
    }
}

fn partial_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
}

fn char_token(c: char, alt: bool) -> Token<'static> {
    Token::Char { c, alt }
}

const ESCAPE_KEY: (Token<'static>, usize) = (
    Token::Control {
        byte: ESC,
        alt: false,
    },
    1,
);

fn escape(bytes: &[u8], silent: bool) -> Option<(Token<'_>, usize)> {
    let Some(second) = bytes.get(1).copied() else {
        return silent.then_some(ESCAPE_KEY);
    };
    match second {
        b'[' => csi(bytes, Intro::Escape, silent),
        b'O' => ss3(bytes, Intro::Escape, silent),
        b']' | b'P' | b'_' | b'^' | b'X' => string(bytes, second, silent),
        ESC => match bytes.get(2) {
            // rxvt and others write Alt with a cursor key so.
            Some(b'[') => csi(bytes, Intro::AltEscape, silent),
            Some(b'O') => ss3(bytes, Intro::AltEscape, silent),
            Some(_) => Some(ESCAPE_KEY),
            None => silent.then_some(ESCAPE_KEY),
        },
        byte @ (0..0x20 | 0x7f) => Some((Token::Control { byte, alt: true }, 2)),
        c @ 0x20..0x7f => Some((char_token(char::from(c), true), 2)),
        0x80.. => match utf8(&bytes[1..]) {
            Utf8::Char(c, length) if !c.is_control() => Some((char_token(c, true), length + 1)),
            Utf8::Partial if !silent => None,
            _ => Some(ESCAPE_KEY),
        },
    }
}

/// The introducer of a string, unless it is Alt with a key: no string is empty.
fn string(bytes: &[u8], kind: u8, silent: bool) -> Option<(Token<'_>, usize)> {
    let key = (char_token(char::from(kind), true), 2);
    match bytes.get(2) {
        Some(0..0x20) => Some(key),
        Some(_) => {
            let eight_bit = false;
            Some((Token::Text { kind, eight_bit }, 2))
        }
        None => silent.then_some(key),
    }
}

fn eight_bit(bytes: &[u8], silent: bool) -> Option<(Token<'_>, usize)> {
    let (control, length) = match utf8(bytes) {
        Utf8::Char(c, length) if c.is_control() => (u32::from(c) as u8, length),
        Utf8::Char(c, length) => return Some((char_token(c, false), length)),
        Utf8::Partial if !silent => return None,
        Utf8::Partial => return Some((Token::Wrong(bytes), bytes.len())),
        Utf8::Wrong(1) => (bytes[0], 1),
        Utf8::Wrong(length) => return Some((Token::Wrong(&bytes[..length]), length)),
    };
    let text = |kind| Token::Text {
        kind,
        eight_bit: true,
    };
    match control {
        0x9b => csi(bytes, Intro::EightBit(length), silent),
        0x8f => ss3(bytes, Intro::EightBit(length), silent),
        0x90 => Some((text(b'P'), length)),
        0x98 => Some((text(b'X'), length)),
        0x9d => Some((text(b']'), length)),
        0x9e => Some((text(b'^'), length)),
        0x9f => Some((text(b'_'), length)),
        0x80..0xa0 => Some((Token::Nothing, length)),
        _ => Some((Token::Wrong(&bytes[..length]), length)),
    }
}

enum Utf8 {
    Char(char, usize),
    /// The start of a character.
    Partial,
    /// This many bytes that are none.
    Wrong(usize),
}

fn utf8(bytes: &[u8]) -> Utf8 {
    let four = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(four) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => {
            std::str::from_utf8(&four[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(error) => return error.error_len().map_or(Utf8::Partial, Utf8::Wrong),
    };
    match valid.chars().next() {
        Some(c) => Utf8::Char(c, c.len_utf8()),
        None => Utf8::Wrong(1),
    }
}

/// How a sequence began.
#[derive(Clone, Copy)]
enum Intro {
    /// `ESC [` or `ESC O`.
    Escape,
    /// The same with one more ESC before it.
    AltEscape,
    /// One C1 character of this many bytes.
    EightBit(usize),
}

impl Intro {
    fn length(self) -> usize {
        match self {
            Self::Escape => 2,
            Self::AltEscape => 3,
            Self::EightBit(length) => length,
        }
    }

    fn alt(self) -> bool {
        matches!(self, Self::AltEscape)
    }

    /// The keys that the introducer is when no sequence follows it.
    fn alone(self, second: char) -> (Token<'static>, usize) {
        match self {
            Self::Escape => (char_token(second, true), 2),
            Self::AltEscape => ESCAPE_KEY,
            Self::EightBit(length) => (Token::Nothing, length),
        }
    }
}

fn csi(bytes: &[u8], intro: Intro, silent: bool) -> Option<(Token<'_>, usize)> {
    let start = intro.length();
    let alone = || intro.alone('[');
    for (index, byte) in bytes.iter().copied().enumerate().skip(start) {
        if index - start >= MAX_SEQUENCE {
            return Some((Token::Overlong, index));
        }
        match byte {
            b'[' if index == start => return linux(bytes, intro, silent),
            b'M' if index == start => return mouse(bytes, intro, silent),
            b'$' if rxvt_number(&bytes[start..index]) => {}
            0x20..0x40 => continue,
            0x40..0x7f => {}
            _ if index == start => return Some(alone()),
            _ => return Some((Token::Nothing, index)),
        }
        let body = &bytes[start..=index];
        let alt = intro.alt();
        return Some((Token::Csi { body, alt }, index + 1));
    }
    silent.then(alone)
}

/// Whether `number $` is rxvt's Shift with a key: for any other number `$` is an intermediate.
fn rxvt_number(digits: &[u8]) -> bool {
    let number = std::str::from_utf8(digits)
        .ok()
        .and_then(|d| d.parse::<u8>().ok());
    matches!(number, Some(2 | 3 | 5..=8 | 11..=34))
}

/// `CSI [ A` to `CSI [ E`: F1 to F5 of the Linux console.
fn linux(bytes: &[u8], intro: Intro, silent: bool) -> Option<(Token<'_>, usize)> {
    let start = intro.length();
    match bytes.get(start + 1) {
        Some(last @ b'A'..=b'E') => Some((Token::Linux { last: *last }, start + 2)),
        Some(_) => Some(intro.alone('[')),
        None => silent.then(|| intro.alone('[')),
    }
}

/// `CSI M` and three bytes that are no control characters.
fn mouse(bytes: &[u8], intro: Intro, silent: bool) -> Option<(Token<'_>, usize)> {
    let start = intro.length() + 1;
    let alt = intro.alt();
    let tail = &bytes[start..bytes.len().min(start + 3)];
    if tail.iter().any(|byte| *byte < 0x20) {
        return Some((Token::Nothing, start));
    }
    match *tail {
        [button, column, row] => Some((
            Token::Mouse {
                bytes: [button, column, row],
                alt,
            },
            start + 3,
        )),
        _ => silent.then_some((Token::Nothing, start)),
    }
}

fn ss3(bytes: &[u8], intro: Intro, silent: bool) -> Option<(Token<'_>, usize)> {
    let start = intro.length();
    let alt = intro.alt();
    let token = |mods, last| Token::Ss3 { mods, last, alt };
    match (bytes.get(start), bytes.get(start + 1)) {
        (Some(digit @ b'1'..=b'8'), Some(last)) if last.is_ascii_alphabetic() => {
            Some((token(Some(digit - b'1'), *last), start + 2))
        }
        (Some(b'1'..=b'8'), None) | (None, _) => silent.then(|| intro.alone('O')),
        (Some(last @ (b' ' | b'A'..=b'Z' | b'a'..=b'z')), _) => {
            Some((token(None, *last), start + 1))
        }
        (Some(_), _) => Some(intro.alone('O')),
    }
}
