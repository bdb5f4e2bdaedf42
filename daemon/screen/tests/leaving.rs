//! Rows that leave the top: which do, where they are, and what erasing and bounds do to them.

mod support;

use abide_protocol::{Book, LineNo};
use abide_screen::Screen;
use support::{after, feed, history, shown, with_history};

#[test]
fn rows_that_leave_the_top_are_history() {
    let mut screen = after(5, 2, "one\r\ntwo\r\nthree456\r\nfour");
    assert_eq!(history(&screen), "one|two|three\\");
    assert_eq!(shown(&mut screen), "456|four");
    feed(&mut screen, "\x1b[?1049h\r\n\r\n\r\n\x1b[?1049l");
    assert_eq!(history(&screen), "one|two|three\\");
    // Only a scroll of the whole width from the first row on.
    feed(
        &mut screen,
        "\x1b[?69h\x1b[2;3s\x1b[2;3H\n\n\x1b[?69l\x1b[1;1H\x1b[M",
    );
    assert_eq!(history(&screen), "one|two|three\\");
    feed(&mut screen, "\x1b[H\x1b[2Ja\r\nb\x1b[S");
    assert_eq!(history(&screen), "one|two|three\\|a");
    let mut screen = after(5, 3, "a\r\nb\r\nc\x1b[2;3r\x1b[3;1H\n\x1b[1;2r\x1b[2;1H\n");
    assert_eq!(history(&screen), "a");
    assert_eq!(shown(&mut screen), "c||");
}

#[test]
fn erasing_history_raises_the_floor_and_deletes_nothing() {
    let mut screen = after(5, 2, "a\r\nb\r\nc\r\nd\x1b[3J");
    let snapshot = screen.snapshot();
    assert_eq!(
        (snapshot.top.0, snapshot.floor.0, snapshot.first.0),
        (2, 2, 0)
    );
    assert_eq!(history(&screen), "a|b");
    screen.clear_history();
    assert_eq!((screen.snapshot().first.0, screen.history_rows()), (2, 0));
    assert_eq!(history(&screen), "");
}

#[test]
fn history_is_bounded_in_bytes() {
    let budget = 256 << 10;
    let mut screen = with_history(80, 5, budget);
    for line in 0..50_000 {
        feed_quick(&mut screen, &format!("line {line} of a long history\r\n"));
    }
    screen.check().unwrap();
    assert!(
        screen.history_bytes() <= budget,
        "{}",
        screen.history_bytes()
    );
    let snapshot = screen.snapshot();
    assert_eq!(snapshot.top.0, 50_000 - 4);
    assert!(snapshot.first.0 > 0 && snapshot.first <= snapshot.sealed);
    let (first, rows) = screen.rows(Book::Main, LineNo(0), 2);
    assert_eq!(first, snapshot.first);
    assert_eq!(
        rows[0].text(),
        format!("line {} of a long history", first.0)
    );
    let (_, rows) = screen.rows(Book::Main, snapshot.top, 2);
    assert!(rows.is_empty());
}

fn feed_quick(screen: &mut Screen, text: &str) {
    assert_eq!(screen.feed(text.as_bytes()), text.len());
}
