//! Events of the session, as the user's terminal takes them. Pure.

use abide_protocol::message::Event;

use crate::paint::{Caps, Notify};

/// What an event becomes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Shown {
    Bytes(Vec<u8>),
    /// A line on top of the picture.
    Line(String),
}

pub(super) fn show(event: &Event, caps: Caps) -> Shown {
    match event {
        Event::Bell => Shown::Bytes(b"\x07".to_vec()),
        Event::Clipboard { selection, content } if caps.osc => {
            let selection: String = selection
                .chars()
                .filter(|c| matches!(c, 'c' | 'p' | 'q' | 's' | '0'..='7'))
                .collect();
            let bytes = format!("\x1b]52;{selection};{}\x1b\\", base64(content));
            Shown::Bytes(bytes.into_bytes())
        }
        Event::Clipboard { .. } => Shown::Line("the program copied something".into()),
        Event::Notification { title, body } => {
            let (title, body) = (printable(title), printable(body));
            let text = if title.is_empty() {
                body.clone()
            } else {
                format!("{title}: {body}")
            };
            match caps.notify {
                Notify::Osc9 => Shown::Bytes(format!("\x1b]9;{text}\x1b\\").into_bytes()),
                Notify::Osc777 => {
                    // A semicolon would end the title.
                    let title = title.replace(';', ",");
                    Shown::Bytes(format!("\x1b]777;notify;{title};{body}\x1b\\").into_bytes())
                }
                Notify::Line => Shown::Line(text),
            }
        }
        Event::Notice(line) => Shown::Line(printable(line)),
        Event::Unknown => Shown::Bytes(Vec::new()),
    }
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            let digit = ALPHABET[(word >> (18 - 6 * position) & 63) as usize];
            text.push(if position <= chunk.len() {
                digit.into()
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_in_the_rfc() {
        let check = |text: &str, expected| assert_eq!(base64(text.as_bytes()), expected);
        check("", "");
        check("f", "Zg==");
        check("fo", "Zm8=");
        check("foo", "Zm9v");
        check("foobar", "Zm9vYmFy");
    }

    #[test]
    fn nothing_in_an_event_can_end_its_sequence() {
        let notification = Event::Notification {
            title: "a\x1b\\b;c".into(),
            body: "d\x07e".into(),
        };
        let caps = Caps {
            notify: Notify::Osc777,
            ..Caps::FULL
        };
        let expected = b"\x1b]777;notify;a\\b,c;de\x1b\\".to_vec();
        assert_eq!(show(&notification, caps), Shown::Bytes(expected));
        let clipboard = Event::Clipboard {
            selection: "c;\x1b".into(),
            content: b"hi".to_vec(),
        };
        let expected = b"\x1b]52;c;aGk=\x1b\\".to_vec();
        assert_eq!(show(&clipboard, Caps::FULL), Shown::Bytes(expected));
    }

    #[test]
    fn a_terminal_without_notifications_shows_a_line() {
        let caps = Caps {
            notify: Notify::Line,
            ..Caps::FULL
        };
        let event = Event::Notification {
            title: "build".into(),
            body: "done".into(),
        };
        assert_eq!(show(&event, caps), Shown::Line("build: done".into()));
    }
}
