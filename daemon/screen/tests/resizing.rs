//! Resizing: reflow of the main screen, rows from and to history, the alternate screen.
#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use abide_protocol::Size;
use support::{after, cursor, feed, history, shown};

/// Feeds, resizes, compares history, rows, cursor.
fn check(size: (u16, u16), bytes: &str, to: (u16, u16), expected: (&str, &str), at: (u16, u16)) {
    let mut screen = after(size.0, size.1, bytes);
    screen.resize(Size::clamped(to.0, to.1));
    screen.check().unwrap();
    let seen = (history(&screen), shown(&mut screen));
    assert_eq!(
        (seen.0.as_str(), seen.1.as_str()),
        expected,
        "{bytes:?} at {to:?}"
    );
    assert_eq!(cursor(&mut screen), at, "cursor of {bytes:?} at {to:?}");
}

#[test]
fn wrapped_lines_are_wrapped_anew() {
    check(
        (6, 4),
        "abcdefghij",
        (4, 4),
        ("", "abcd\\|efgh\\|ij|"),
        (2, 2),
    );
    check(
        (6, 4),
        "abcdefghij",
        (12, 4),
        ("", "abcdefghij|||"),
        (0, 10),
    );
    check((4, 4), "abcdefgh", (8, 4), ("", "abcdefgh|||"), (0, 7));
    check((4, 4), "ab\r\ncd", (8, 4), ("", "ab|cd||"), (1, 2));
    check((6, 3), "ab\r\n\r\ncd", (3, 3), ("", "ab||cd"), (2, 2));
    // The cursor stays on its character.
    check(
        (6, 4),
        "abcdefghij\x1b[1;4H",
        (3, 4),
        ("", "abc\\|def\\|ghi\\|j"),
        (1, 0),
    );
    check(
        (6, 4),
        "abcdefghij\x1b[2;2H",
        (4, 4),
        ("", "abcd\\|efgh\\|ij|"),
        (1, 3),
    );
    // Beyond the text it stays as far right as it can.
    check((10, 2), "ab\x1b[1;9H", (5, 2), ("", "ab|"), (0, 4));
    // A wide character is never cut; the column that stays free is not text.
    check((6, 3), "日本語", (5, 3), ("", "日本\\|語|"), (1, 2));
    check((5, 3), "日本語", (6, 3), ("", "日本語||"), (0, 5));
    check(
        (6, 3),
        "a日本語",
        (1, 3),
        ("a\\", "\u{fffd}\\|\u{fffd}\\|\u{fffd}"),
        (2, 0),
    );
}

/// zsh marks output without a newline by filling the row, and erases what follows.
#[test]
fn an_erased_row_is_no_continuation() {
    check((4, 3), "%   \x20\r\x1b[J$", (8, 3), ("", "%|$|"), (1, 1));
    check(
        (4, 3),
        "abcd\x20\r\x1b[2K$",
        (8, 3),
        ("", "abcd|$|"),
        (1, 1),
    );
}

#[test]
fn trailing_colour_makes_no_rows() {
    let mut screen = after(8, 3, "ab\x1b[41m\x1b[K\x1b[m\r\nc");
    screen.resize(Size::clamped(5, 3));
    assert_eq!(shown(&mut screen), "ab|c|");
    assert_eq!(screen.snapshot().rows[0].cells(), 5);
}

#[test]
fn rows_go_to_history_and_come_back() {
    let lines = "1\r\n2\r\n3\r\n4\r\n5";
    check((4, 5), lines, (4, 3), ("1|2", "3|4|5"), (2, 1));
    check((4, 3), lines, (4, 5), ("", "1|2|3|4|5"), (4, 1));
    check((4, 3), lines, (4, 4), ("1", "2|3|4|5"), (3, 1));
    check((4, 3), lines, (4, 9), ("", "1|2|3|4|5||||"), (4, 1));
    // Blank rows below the cursor go first.
    check((4, 5), "1\r\n2", (4, 3), ("", "1|2|"), (1, 1));
    // What was free below stays free.
    check(
        (4, 3),
        &format!("{lines}\x1b[2J\x1b[Hx"),
        (4, 5),
        ("", "1|2|x||"),
        (2, 1),
    );
    // Narrower: what no longer fits leaves at the top; wider again, it returns.
    check(
        (6, 2),
        "abcdef\r\nghijkl",
        (3, 2),
        ("abc\\|def", "ghi\\|jkl"),
        (1, 2),
    );
    let mut screen = after(6, 2, "abcdef\r\nghijkl");
    screen.resize(Size::clamped(3, 2));
    screen.resize(Size::clamped(6, 2));
    assert_eq!(
        (history(&screen).as_str(), shown(&mut screen).as_str()),
        ("", "abcdef|ghijkl")
    );
    // Pulled rows are joined and wrapped at the new width.
    check(
        (3, 2),
        "abcdefghij",
        (20, 6),
        ("", "abcdefghij|||||"),
        (0, 10),
    );
}

#[test]
fn numbers_go_down_only_in_the_unsealed_part() {
    let mut screen = after(10, 5, "x\r\n".repeat(3000));
    let before = screen.snapshot();
    assert_eq!((before.top.0, before.sealed.0), (2996, 1996));
    screen.resize(Size::clamped(10, 1000));
    let after = screen.snapshot();
    assert_eq!((after.top.0, after.sealed.0), (2001, 1996));
    screen.resize(Size::clamped(10, 5));
    assert_eq!(screen.snapshot().top.0, 2996);
    for _ in 0..20 {
        screen.resize(Size::clamped(10, 1000));
        screen.resize(Size::clamped(3, 2));
        screen.check().unwrap();
        assert!(screen.snapshot().top >= screen.snapshot().sealed);
    }
}

#[test]
fn what_was_cleared_is_not_pulled_back() {
    let mut screen = after(5, 2, "1\r\n2\r\n3\r\n4\x1b[3J\x1b[2J\x1b[Hnew");
    screen.resize(Size::clamped(5, 4));
    assert_eq!(
        (history(&screen).as_str(), shown(&mut screen).as_str()),
        ("1|2", "new|||")
    );
}

#[test]
fn the_alternate_screen_is_cropped_and_padded() {
    let draw = "\x1b[?1049h\x1b[1;1Habcdef\x1b[2;1Hghijkl\x1b[3;1Hmnopqr";
    check((6, 3), draw, (4, 2), ("", "abcd|ghij"), (1, 3));
    check((6, 3), draw, (8, 4), ("", "abcdef|ghijkl|mnopqr|"), (2, 5));
    let mut screen = after(6, 3, format!("one\r\ntwo{draw}"));
    screen.resize(Size::clamped(2, 3));
    feed(&mut screen, "\x1b[?1049l");
    assert_eq!(history(&screen), "on\\");
    assert_eq!(shown(&mut screen), "e|tw\\|o");
    assert_eq!(cursor(&mut screen), (2, 1));
}

#[test]
fn saved_cursors_move_with_their_text() {
    let mut screen = after(6, 4, "abcdefgh\x1b7\x1b[H");
    screen.resize(Size::clamped(3, 4));
    feed(&mut screen, "\x1b8X");
    assert_eq!(shown(&mut screen), "abc\\|def\\|ghX|");
}

#[test]
fn a_resize_to_the_same_size_changes_nothing() {
    let mut screen = after(6, 4, "abcdefgh\x1b[2;3r");
    let before = screen.snapshot();
    screen.resize(Size::clamped(6, 4));
    assert!(std::sync::Arc::ptr_eq(&before, &screen.snapshot()));
}

#[test]
fn tab_stops_do_not_depend_on_the_width() {
    for (before, line) in [
        ("", "                        x"),
        ("\x1b[3g", "                             x"),
        ("\x1b[20G\x1bH", "                   x"),
    ] {
        let mut screen = after(30, 1, before);
        screen.resize(Size::clamped(10, 1));
        screen.resize(Size::clamped(30, 1));
        feed(&mut screen, "\r\x1b[18G\tx");
        assert_eq!(shown(&mut screen), line, "after {before:?}");
    }
}
