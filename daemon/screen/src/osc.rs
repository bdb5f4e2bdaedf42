//! Operating system commands (OSC).

use std::sync::Arc;

use abide_protocol::message::Event;
use abide_protocol::{Mark, MarkKind, Progress, Rgb, limits};
use minicbor::{Decode, Encode};

use crate::limits::MAX_COLORS;
use crate::palette;
use crate::terminal::Terminal;

/// What a dynamic colour is for: OSC 10, 11, 12.
#[derive(Clone, Copy)]
enum Dynamic {
    Foreground,
    Background,
    Cursor,
}

/// A notification whose parts are still coming (OSC 99).
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub(crate) struct Note {
    #[n(0)]
    id: String,
    #[n(1)]
    title: String,
    #[n(2)]
    body: String,
}

impl Note {
    pub(crate) fn check(&self) -> Result<(), String> {
        let bound = limits::MAX_NOTIFICATION;
        let texts = [&self.title, &self.body, &self.id];
        let legal = |text: &&String| text.len() <= bound && clean(text, bound) == **text;
        if texts.iter().all(legal) && self.id.len() <= limits::MAX_LINK_ID {
            Ok(())
        } else {
            Err("a notification is too long or holds control characters".into())
        }
    }
}

const DYNAMIC: [Dynamic; 3] = [Dynamic::Foreground, Dynamic::Background, Dynamic::Cursor];

impl Terminal {
    /// One whole command. `bell`: it ended with BEL, and so must the answer.
    pub(crate) fn osc(&mut self, bytes: &[u8], bell: bool) {
        let text = String::from_utf8_lossy(bytes);
        let (code, rest) = match text.split_once(';') {
            Some((code, rest)) => (code, Some(rest)),
            None => (&*text, None),
        };
        let body = rest.unwrap_or("");
        match code {
            "0" | "2" => self.set_title(body),
            "4" => self.indexed_colors(body, bell),
            "7" => self.set_directory(body),
            "8" => self.open_link(body),
            "9" => self.nine(body),
            "10" => self.dynamic_colors(0, body, bell),
            "11" => self.dynamic_colors(1, body, bell),
            "12" => self.dynamic_colors(2, body, bell),
            "52" => self.copy(body),
            "99" => self.notify_kitty(body),
            "104" => self.reset_colors(body),
            "110" => *self.dynamic(Dynamic::Foreground) = None,
            "111" => *self.dynamic(Dynamic::Background) = None,
            "112" => *self.dynamic(Dynamic::Cursor) = None,
            "133" => self.shell_mark(body),
            "777" => self.notify_urxvt(body),
            _ => {}
        }
    }

    fn set_title(&mut self, text: &str) {
        let title = clean(text, limits::MAX_TITLE);
        if *self.title != *title {
            self.title = title.into();
        }
    }

    /// OSC 7: `file://host/path`, percent-encoded.
    fn set_directory(&mut self, uri: &str) {
        let Some(rest) = uri.strip_prefix("file://") else {
            return;
        };
        let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("");
        let Ok(path) = String::from_utf8(percent_decoded(path)) else {
            return;
        };
        let bad = path.is_empty() || path.len() > limits::MAX_DIRECTORY;
        if !bad && !path.chars().any(char::is_control) && *self.directory != *path {
            self.directory = path.into();
        }
    }

    /// OSC 8: `key=value:key=value;uri`.
    fn open_link(&mut self, body: &str) {
        let (params, uri) = body.split_once(';').unwrap_or((body, ""));
        let id = params
            .split(':')
            .find_map(|param| param.strip_prefix("id="))
            .unwrap_or("");
        let too_long = uri.len() > limits::MAX_URI || id.len() > limits::MAX_LINK_ID;
        let bad = |text: &str| text.chars().any(char::is_control);
        let link = if uri.is_empty() || too_long || bad(uri) || bad(id) {
            0
        } else {
            self.collect_if_due();
            self.tables.links.intern(id, uri)
        };
        self.set_pen(|pen| pen.set_link(link));
    }

    /// OSC 4: pairs of index and colour; `?` asks.
    fn indexed_colors(&mut self, body: &str, bell: bool) {
        let mut parts = body.split(';').take(MAX_COLORS);
        while let (Some(index), Some(spec)) = (parts.next(), parts.next()) {
            let Ok(index) = index.parse::<u8>() else {
                continue;
            };
            if spec == "?" {
                let color = palette::get(&self.palette, index)
                    .or_else(|| palette::get(&self.look.palette, index))
                    .unwrap_or_else(|| palette::default(index));
                self.answer(&format!("4;{index};{}", palette::text(color)), bell);
            } else if let Some(color) = palette::parse(spec) {
                palette::set(Arc::make_mut(&mut self.palette), index, Some(color));
            }
        }
    }

    /// OSC 104: all, or those named.
    fn reset_colors(&mut self, body: &str) {
        if self.palette.indexed.is_empty() {
            return;
        }
        let palette = Arc::make_mut(&mut self.palette);
        if body.is_empty() {
            return palette.indexed.clear();
        }
        for index in body
            .split(';')
            .take(MAX_COLORS)
            .filter_map(|index| index.parse().ok())
        {
            palette::set(palette, index, None);
        }
    }

    fn dynamic(&mut self, which: Dynamic) -> &mut Option<Rgb> {
        let palette = Arc::make_mut(&mut self.palette);
        match which {
            Dynamic::Foreground => &mut palette.foreground,
            Dynamic::Background => &mut palette.background,
            Dynamic::Cursor => &mut palette.cursor,
        }
    }

    /// OSC 10, 11, 12: a colour for the first, further ones for those after it; `?` asks.
    fn dynamic_colors(&mut self, start: usize, body: &str, bell: bool) {
        for (index, spec) in body.split(';').enumerate().take(DYNAMIC.len()) {
            let Some(which) = DYNAMIC.get(start + index).copied() else {
                return;
            };
            if spec == "?" {
                let color = self.dynamic_color(which);
                let code = 10 + start + index;
                self.answer(&format!("{code};{}", palette::text(color)), bell);
            } else if let Some(color) = palette::parse(spec) {
                *self.dynamic(which) = Some(color);
            }
        }
    }

    fn dynamic_color(&self, which: Dynamic) -> Rgb {
        let (program, look) = (&*self.palette, &self.look.palette);
        let foreground = program
            .foreground
            .or(look.foreground)
            .unwrap_or(palette::FOREGROUND);
        match which {
            Dynamic::Foreground => foreground,
            Dynamic::Background => program
                .background
                .or(look.background)
                .unwrap_or(palette::BACKGROUND),
            Dynamic::Cursor => program.cursor.or(look.cursor).unwrap_or(foreground),
        }
    }

    /// An answer, ended as the question was.
    fn answer(&mut self, body: &str, bell: bool) {
        let end = if bell { "\x07" } else { "\x1b\\" };
        self.reply(format!("\x1b]{body}{end}"));
    }

    /// OSC 52: copying is an event; reading the clipboard is refused by silence.
    fn copy(&mut self, body: &str) {
        let Some((selection, data)) = body.split_once(';') else {
            return;
        };
        let known = |c: char| matches!(c, 'c' | 'p' | 'q' | 's' | '0'..='7');
        if data == "?" || !selection.chars().all(known) || selection.len() > 16 {
            return;
        }
        let Some(content) = base64(data) else {
            return;
        };
        if content.len() > limits::MAX_CLIPBOARD {
            let bytes = content.len();
            let bound = limits::MAX_CLIPBOARD;
            return self.event(Event::Notice(format!(
                "a copy of {bytes} bytes was dropped: the limit is {bound}"
            )));
        }
        let selection = if selection.is_empty() { "c" } else { selection };
        self.event(Event::Clipboard {
            selection: selection.into(),
            content,
        });
    }

    /// OSC 9: `4;state;percent` is progress, all else a notification.
    fn nine(&mut self, body: &str) {
        let mut parts = body.split(';');
        if parts.next() != Some("4") || body.len() == 1 {
            return self.notify("", body);
        }
        let state = parts.next().unwrap_or("");
        let percent = parts.next().and_then(|text| text.parse::<u32>().ok());
        let percent = percent.map(|percent| percent.min(100) as u8);
        let kept = match self.progress {
            Progress::Normal(kept) | Progress::Error(kept) | Progress::Paused(kept) => kept,
            Progress::None | Progress::Indeterminate => 0,
        };
        self.progress = match state {
            "0" | "" => Progress::None,
            "1" => Progress::Normal(percent.unwrap_or(0)),
            "2" => Progress::Error(percent.unwrap_or(kept)),
            "3" => Progress::Indeterminate,
            "4" => Progress::Paused(percent.unwrap_or(kept)),
            _ => return,
        };
    }

    /// OSC 777: `notify;title;body`.
    fn notify_urxvt(&mut self, body: &str) {
        if let Some(rest) = body.strip_prefix("notify;") {
            let (title, body) = rest.split_once(';').unwrap_or((rest, ""));
            self.notify(title, body);
        }
    }

    /// OSC 99: `key=value:...;text`. A notification may come in parts, `d=0` on all but the last;
    /// only the newest is put together. Questions about what is supported are not answered.
    fn notify_kitty(&mut self, body: &str) {
        let Some((meta, text)) = body.split_once(';') else {
            return;
        };
        let value = |key: &str| meta.split(':').find_map(|part| part.strip_prefix(key));
        let text = match value("e=") {
            Some("1") => base64(text).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            _ => Some(text.to_owned()),
        };
        let id = value("i=").unwrap_or("");
        if self.note.id != id {
            self.note = Note {
                id: clean(id, limits::MAX_LINK_ID),
                ..Note::default()
            };
        }
        let part = match value("p=") {
            None | Some("title") => &mut self.note.title,
            Some("body") => &mut self.note.body,
            Some(_) => return,
        };
        let room = limits::MAX_NOTIFICATION.saturating_sub(part.len());
        part.push_str(&clean(&text.unwrap_or_default(), room));
        if value("d=") != Some("0") {
            let note = std::mem::take(&mut self.note);
            self.notify(&note.title, &note.body);
        }
    }

    fn notify(&mut self, title: &str, body: &str) {
        let title = clean(title, limits::MAX_NOTIFICATION / 4);
        let body = clean(body, limits::MAX_NOTIFICATION - title.len());
        if !title.is_empty() || !body.is_empty() {
            self.event(Event::Notification { title, body });
        }
    }

    /// OSC 133.
    fn shell_mark(&mut self, body: &str) {
        let mut parts = body.split(';');
        let kind = match parts.next() {
            Some("A") => MarkKind::Prompt,
            Some("B") => MarkKind::Command,
            Some("C") => MarkKind::Output,
            Some("D") => MarkKind::End(parts.next().and_then(|code| code.parse().ok())),
            _ => return,
        };
        let column = self.at.column;
        self.shown
            .grid
            .line_mut(self.at.row)
            .mark(Mark { column, kind });
    }
}

/// Text for people: no control characters, no bidi controls, cut at a character.
fn clean(text: &str, bound: usize) -> String {
    let mut clean = String::new();
    let shown = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    for c in text.chars().filter(shown) {
        if clean.len() + c.len_utf8() > bound {
            break;
        }
        clean.push(c);
    }
    clean
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if *first == b'%' => {
                decoded.push(byte);
                rest = after.get(2..).unwrap_or(&[]);
            }
            _ => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    decoded
}

/// Base64 with or without padding; blanks are skipped. `None` if it is none.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for byte in text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
    {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push((bits >> count) as u8);
        }
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_with_and_without_padding() {
        let cases: [(&str, Option<&[u8]>); 5] = [
            ("aGVsbG8=", Some(b"hello")),
            ("aGVsbG8", Some(b"hello")),
            ("", Some(b"")),
            ("aGV\nsbG8=", Some(b"hello")),
            ("a*b", None),
        ];
        for (given, expected) in cases {
            assert_eq!(base64(given).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn directories_are_percent_decoded() {
        let cases = [
            ("/a%20b", "/a b"),
            ("/a%2", "/a%2"),
            ("/%zz", "/%zz"),
            ("/%C3%A9", "/é"),
        ];
        for (given, expected) in cases {
            assert_eq!(percent_decoded(given), expected.as_bytes(), "{given}");
        }
    }
}
