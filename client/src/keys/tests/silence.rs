//! The timer: what silence makes of the start of a sequence.

use super::super::*;
use super::words;
use std::time::Instant;

/// Feeds `first`, lets the timer run, feeds `second`.
fn check_silence(first: &[u8], second: &[u8], expected: &[&str]) {
    let mut decoder = Decoder::default();
    let begin = Instant::now();
    let mut values = decoder.feed(first, begin);
    assert_eq!(
        decoder.deadline(),
        Some(begin + ESC_WAIT),
        "{}",
        first.escape_ascii()
    );
    assert_eq!(decoder.timeout(begin), []);
    values.extend(decoder.timeout(begin + ESC_WAIT));
    assert_eq!(decoder.deadline(), None);
    values.extend(decoder.feed(second, begin + ESC_WAIT));
    assert_eq!(
        words(&values),
        expected,
        "{} | {}",
        first.escape_ascii(),
        second.escape_ascii()
    );
}

#[test]
fn silence_makes_keys_of_what_looks_like_a_sequence() {
    check_silence(b"\x1b", b"[A", &["escape", "[ \"[\"", "shift+a \"A\" ^A"]);
    check_silence(b"\x1b\x1b", b"x", &["escape", "escape", "x \"x\""]);
    check_silence(b"\x1b[", b"x", &["alt+[", "x \"x\""]);
    check_silence(b"\x1b", b"[c", &["escape", "[ \"[\"", "c \"c\""]);
    check_silence(b"\x1bO", b"", &["shift+alt+o ^O"]);
    check_silence(b"\x1b]", b"", &["alt+]"]);
    check_silence(b"\x1bP", b"", &["shift+alt+p ^P"]);
    check_silence(b"\x1bO5", b"", &["shift+alt+o ^O", "5 \"5\""]);
    check_silence(b"\xc3", b"x", &["raw \\xc3", "x \"x\""]);
    // A key while a string's end is missing.
    check_silence(b"\x1b]11;rgb\x1b", b"x", &["escape", "x \"x\""]);
}

#[test]
fn silence_inside_of_a_reply_does_not_make_text_of_it() {
    check_silence(
        b"\x1b",
        b"[?1;2cx",
        &["escape", "PrimaryAttributes([1, 2])", "x \"x\""],
    );
    check_silence(
        b"\x1b[",
        b"?997;2n",
        &["alt+[", "ColorScheme { dark: false }"],
    );
    check_silence(b"\x1b", b"]52;c;QQ==\x07x", &["escape", "x \"x\""]);
    check_silence(b"\x1b", b"[<0;1;1M", &["escape", "Press Left 0 0"]);
    check_silence(b"\x1b", b"[200~a\x1b[201~", &["escape", "paste \"a\""]);
}

#[test]
fn only_what_may_be_a_key_has_a_timer() {
    let begin = Instant::now();
    for (outer, bytes) in [
        (Outer::Kitty(1), &b"\x1b"[..]),
        (Outer::Kitty(1), b"\x1b["),
        (Outer::Legacy, b"\x1b[1"),
        (Outer::Legacy, b"\x1b[?1;2"),
        (Outer::Legacy, b"\x1b]11;rgb"),
        (Outer::Legacy, b"x"),
    ] {
        let mut decoder = Decoder::new(outer);
        let _ = decoder.feed(bytes, begin);
        assert_eq!(
            decoder.deadline(),
            None,
            "{} in {outer:?}",
            bytes.escape_ascii()
        );
    }
    let mut xterm = Decoder::new(Outer::ModifyOtherKeys);
    let _ = xterm.feed(b"\x1b", begin);
    assert_eq!(words(&xterm.timeout(begin + ESC_WAIT)), ["escape"]);
}
