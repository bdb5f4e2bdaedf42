//! What text may hold when it comes from a program or a peer and is shown to a person.

use std::borrow::Cow;

/// C0, DEL or C1: what could make a terminal do something.
#[must_use]
pub fn has_controls(text: &str) -> bool {
    if text.is_ascii() {
        return text.bytes().any(|byte| byte < 0x20 || byte == 0x7f);
    }
    text.chars().any(char::is_control)
}

/// Characters that reorder the text around them, so that a name could look like another one.
#[must_use]
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text without bidi controls.
#[must_use]
pub fn without_bidi(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(is_bidi_control) {
        return Cow::Borrowed(text);
    }
    text.replace(is_bidi_control, "").into()
}

/// One harmless line: every control character becomes a space, bidi controls go.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    if has_controls(text) {
        return without_bidi(text).replace(char::is_control, " ").into();
    }
    without_bidi(text)
}

/// Harmless lines: as [`line`], but line feeds stay.
#[must_use]
pub fn prose(text: &str) -> Cow<'_, str> {
    if has_controls(text) {
        let control = |c: char| c.is_control() && c != '\n';
        return without_bidi(text).replace(control, " ").into();
    }
    without_bidi(text)
}

/// The longest start of `text` of at most `max` bytes that ends at a character.
#[must_use]
pub fn cut(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let end = (0..=max).rev().find(|&end| text.is_char_boundary(end));
    end.and_then(|end| text.get(..end)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_what_could_act() {
        for (input, expected) in [
            ("plain", "plain"),
            ("a\u{1b}[31mb", "a [31mb"),
            ("a\u{9b}b\u{7f}", "a b "),
            ("abc\u{202e}txt.exe", "abctxt.exe"),
            ("\u{2066}ü\n", "ü "),
        ] {
            assert_eq!(line(input), expected, "{input:?}");
        }
        assert_eq!(prose("a\nb\r\u{200f}c"), "a\nb c");
    }

    #[test]
    fn a_cut_ends_at_a_character() {
        for (input, max, expected) in [("aö", 2, "a"), ("aö", 3, "aö"), ("ö", 1, ""), ("", 0, "")]
        {
            assert_eq!(cut(input, max), expected);
        }
    }
}
