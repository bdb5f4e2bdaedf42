//! The decoder: bytes of a terminal to values, across read boundaries.

use super::csi::{self, Meaning};
use super::lex::{self, Token};
use super::paste::{Paste, Progress};
use super::{ESC_WAIT, FromTerminal, Outer, PASTE_WAIT, RECALL, Reply, key, mouse, reply};
use abide_protocol::input::{Key, KeyEvent, Mods, MouseAction, MouseButton};
use std::mem;
use std::time::Instant;

/// Bytes of a terminal to values. Any split of the bytes gives the same values, the timer aside.
#[derive(Debug)]
pub struct Decoder {
    outer: Outer,
    /// What the user's Backspace sends.
    erase: u8,
    /// Cursor reports asked for and not come.
    cursor_reports: u8,
    /// The button that is down, for encodings which do not name it when it goes up.
    held: MouseButton,
    state: State,
    /// The start of a token: at most [`lex::MAX_SEQUENCE`] and an introducer.
    pending: Vec<u8>,
    deadline: Option<Instant>,
    /// What silence made keys of, and when: a reply may have been cut in two there.
    silenced: Option<(Vec<u8>, Instant)>,
}

#[derive(Debug)]
enum State {
    Ground,
    /// Inside of an OSC, DCS, APC, PM or SOS.
    Text(Text),
    Paste(Paste),
    /// In the rest of a control sequence that is too long.
    Overlong,
}

#[derive(Debug)]
struct Text {
    kind: u8,
    eight_bit: bool,
    /// At most [`reply::MAX_TEXT`] bytes.
    body: Vec<u8>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(Outer::Legacy)
    }
}

impl Decoder {
    #[must_use]
    pub fn new(outer: Outer) -> Self {
        Self {
            outer,
            erase: 0x7f,
            cursor_reports: 0,
            held: MouseButton::None,
            state: State::Ground,
            pending: Vec::new(),
            deadline: None,
            silenced: None,
        }
    }

    /// The terminal was asked for another encoding. Call when the request is written.
    pub fn set_outer(&mut self, outer: Outer) {
        self.outer = outer;
    }

    /// The byte that the user's tty erases with (`VERASE`): what its Backspace sends. Ignored
    /// unless it is 8, since all else is another key.
    pub fn set_erase(&mut self, erase: u8) {
        self.erase = if erase == 8 { 8 } else { 0x7f };
    }

    /// A cursor report was asked for: the next `CSI row ; column R` is that, not F3.
    pub fn expect_cursor_report(&mut self) {
        self.cursor_reports = self.cursor_reports.saturating_add(1);
    }

    /// What `bytes` complete.
    #[must_use]
    pub fn feed(&mut self, bytes: &[u8], now: Instant) -> Vec<FromTerminal> {
        let mut out = Vec::new();
        let recalled = self.recall(bytes, now, &mut out);
        self.pending.extend_from_slice(&bytes[recalled..]);
        self.run(false, &mut out);
        self.deadline = self.wait().map(|wait| now + wait);
        out
    }

    /// When [`Self::timeout`] wants to be called, if nothing arrives before. Read what is
    /// readable first: a late wake-up must not turn a sequence into an Escape key.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// What the silence up to `now` completes; nothing before the deadline.
    #[must_use]
    pub fn timeout(&mut self, now: Instant) -> Vec<FromTerminal> {
        let mut out = Vec::new();
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return out;
        }
        self.deadline = None;
        if let State::Paste(paste) = &mut self.state {
            paste.flush(&mut out);
        } else {
            self.silenced = Some((self.pending.clone(), now));
            self.run(true, &mut out);
        }
        out
    }

    fn wait(&self) -> Option<std::time::Duration> {
        match &self.state {
            State::Paste(paste) => (!paste.is_empty()).then_some(PASTE_WAIT),
            _ if matches!(self.outer, Outer::Kitty(_)) => None,
            _ => lex::ambiguous(&self.pending).then_some(ESC_WAIT),
        }
    }

    /// Takes what is pending as far as it is complete; all of it if the terminal is `silent`.
    fn run(&mut self, silent: bool, out: &mut Vec<FromTerminal>) {
        let buffer = mem::take(&mut self.pending);
        let mut rest = &buffer[..];
        while !rest.is_empty() {
            let used = match &self.state {
                State::Ground => self.ground(rest, silent, out),
                State::Text(_) => self.text(rest, silent, out),
                State::Paste(_) => self.paste(rest, out),
                State::Overlong => Some(self.overlong(rest)),
            };
            match used {
                Some(used) => rest = &rest[used..],
                None => break,
            }
        }
        self.pending = rest.to_vec();
    }

    /// Uses one token; `None` if it is incomplete.
    fn ground(&mut self, bytes: &[u8], silent: bool, out: &mut Vec<FromTerminal>) -> Option<usize> {
        let (token, used) = lex::next(bytes, silent)?;
        match token {
            Token::Char { c, alt } => out.push(FromTerminal::Key(key::character(c, alt))),
            Token::Control { byte, alt } => {
                out.push(FromTerminal::Key(key::control(byte, alt, self.erase)));
            }
            Token::Csi { body, alt } => {
                let meaning = csi::meaning(body, self.outer, self.cursor_reports > 0);
                self.sequence(meaning, body, alt, out);
            }
            Token::Ss3 { mods, last, alt } => {
                if let Some(event) = key::ss3(mods, last) {
                    push_key(event, alt, out);
                } else {
                    push_escape(alt, out);
                    let mods = mods.map(|mods| mods + b'1');
                    let raw = b"\x1bO".iter().copied().chain(mods).chain([last]);
                    out.push(FromTerminal::Raw(raw.collect()));
                }
            }
            Token::Linux { last } => {
                let function = Key::Function(last - b'A' + 1);
                out.push(FromTerminal::Key(key::press(function, Mods::default())));
            }
            Token::Mouse { bytes, alt } => {
                push_escape(alt, out);
                if let Some(report) = mouse::x10(bytes) {
                    self.mouse(report, out);
                }
            }
            Token::Text { kind, eight_bit } => {
                self.state = State::Text(Text {
                    kind,
                    eight_bit,
                    body: Vec::new(),
                });
            }
            Token::Overlong => self.state = State::Overlong,
            Token::Wrong(bytes) => out.push(FromTerminal::Raw(bytes.to_vec())),
            Token::Nothing => {}
        }
        Some(used)
    }

    /// `alt`: one more ESC stood before it, which is Alt with a key and the Escape key before
    /// anything else.
    fn sequence(&mut self, meaning: Meaning, body: &[u8], alt: bool, out: &mut Vec<FromTerminal>) {
        if let Meaning::Key(event) = meaning {
            push_key(event, alt, out);
            return;
        }
        push_escape(alt, out);
        match meaning {
            Meaning::Key(_) | Meaning::PasteEnd => {}
            Meaning::Mouse(report) => self.mouse(report, out),
            Meaning::Focus(gained) => out.push(FromTerminal::Focus(gained)),
            Meaning::Reply(reply) => out.push(FromTerminal::Reply(reply)),
            Meaning::CursorPosition { row, column } => {
                self.cursor_reports = self.cursor_reports.saturating_sub(1);
                out.push(FromTerminal::Reply(Reply::CursorPosition { row, column }));
            }
            Meaning::PasteBegin => self.state = State::Paste(Paste::default()),
            Meaning::Unknown => out.push(FromTerminal::Raw([b"\x1b[", body].concat())),
        }
    }

    fn mouse(&mut self, report: mouse::Report, out: &mut Vec<FromTerminal>) {
        let mut event = report.event;
        if report.release_of_any {
            event.button = self.held;
        }
        match (event.action, event.button) {
            (MouseAction::Press, MouseButton::Left | MouseButton::Middle | MouseButton::Right) => {
                self.held = event.button;
            }
            (MouseAction::Release, _) => self.held = MouseButton::None,
            _ => {}
        }
        out.push(FromTerminal::Mouse(event));
    }

    /// Takes the body of a string up to its end. Any control character that cannot be part of it
    /// ends it too and counts as a key, so that a lost end never swallows what the user types.
    fn text(&mut self, bytes: &[u8], silent: bool, out: &mut Vec<FromTerminal>) -> Option<usize> {
        let State::Text(text) = &mut self.state else {
            return Some(0);
        };
        let ends = |byte: &u8| *byte < 0x20 || (*byte == 0x9c && text.eight_bit);
        let at = bytes.iter().position(ends).unwrap_or(bytes.len());
        let room = reply::MAX_TEXT - text.body.len();
        text.body.extend_from_slice(&bytes[..at.min(room)]);
        let (whole, used) = match bytes[at..] {
            [] => return Some(at),
            [0x1b] if !silent => return (at > 0).then_some(at),
            [0x07 | 0x9c, ..] => (true, at + 1),
            [0x1b, b'\\', ..] => (true, at + 2),
            _ => (false, at),
        };
        if whole {
            if bytes[at] == 0x9c && text.body.last() == Some(&0xc2) {
                // The terminator as a character.
                text.body.pop();
            }
            let reply = reply::text(text.kind, &text.body);
            out.push(FromTerminal::Reply(reply));
        }
        self.state = State::Ground;
        Some(used)
    }

    fn paste(&mut self, bytes: &[u8], out: &mut Vec<FromTerminal>) -> Option<usize> {
        let State::Paste(paste) = &mut self.state else {
            return Some(0);
        };
        match paste.take(bytes, out) {
            Progress::Used(used) => (used > 0).then_some(used),
            Progress::Ended(used) => {
                self.state = State::Ground;
                Some(used)
            }
        }
    }

    fn overlong(&mut self, bytes: &[u8]) -> usize {
        let Some(end) = bytes.iter().position(|byte| !(0x20..0x40).contains(byte)) else {
            return bytes.len();
        };
        self.state = State::Ground;
        end + usize::from((0x40..0x7f).contains(&bytes[end]))
    }

    /// Whether silence cut something in two that no user types: then its second half is not text.
    /// The length of that half. The ESC itself is gone to the program as a key.
    fn recall(&mut self, bytes: &[u8], now: Instant, out: &mut Vec<FromTerminal>) -> usize {
        let Some((start, at)) = self.silenced.take() else {
            return 0;
        };
        if now.saturating_duration_since(at) > RECALL {
            return 0;
        }
        let bytes = &bytes[..bytes.len().min(lex::MAX_SEQUENCE)];
        let joined = [&start, bytes].concat();
        let end = match lex::next(&joined, false) {
            Some((Token::Csi { body, .. }, end)) if end > start.len() && is_long(body) => {
                let meaning = csi::meaning(body, self.outer, self.cursor_reports > 0);
                let typed = matches!(
                    meaning,
                    Meaning::Key(_) | Meaning::Focus(_) | Meaning::Unknown
                );
                if typed {
                    return 0;
                }
                self.sequence(meaning, body, false, out);
                end
            }
            Some((Token::Text { .. }, end)) => match terminator(&joined[end..]) {
                Some(length) => end + length,
                None => return 0,
            },
            _ => return 0,
        };
        end - start.len()
    }
}

/// Whether the sequence has parameters: shorter ones a user may type in one go after Escape.
fn is_long(body: &[u8]) -> bool {
    matches!(body, [0x30..0x40, _, ..])
}

/// Bytes of a string's body with its terminator, if it is whole.
fn terminator(bytes: &[u8]) -> Option<usize> {
    let at = bytes.iter().position(|byte| *byte < 0x20)?;
    match bytes[at..] {
        [0x07, ..] => Some(at + 1),
        [0x1b, b'\\', ..] => Some(at + 2),
        _ => None,
    }
}

fn push_key(event: KeyEvent, alt: bool, out: &mut Vec<FromTerminal>) {
    let mods = event.mods.with(key::alt_of(alt));
    out.push(FromTerminal::Key(KeyEvent { mods, ..event }));
}

fn push_escape(pressed: bool, out: &mut Vec<FromTerminal>) {
    if pressed {
        let escape = key::press(Key::Escape, Mods::default());
        out.push(FromTerminal::Key(escape));
    }
}
