//! Synchronized updates (mode 2026): what is presented, and where `feed` returns.

mod support;

use abide_protocol::Size;
use support::{screen, shown, text};

const BEGIN: &str = "\x1b[?2026h";
const END: &str = "\x1b[?2026l";

#[test]
fn feed_returns_at_the_borders() {
    let bytes = format!("ab{BEGIN}cd{END}ef{BEGIN}gh{END}{BEGIN}i{END}");
    let mut rest = bytes.as_str();
    let mut screen = screen(20, 1);
    let mut parts = Vec::new();
    let mut states = Vec::new();
    while !rest.is_empty() {
        let used = screen.feed(rest.as_bytes());
        parts.push(rest[..used].to_owned());
        states.push(shown(&mut screen));
        rest = &rest[used..];
    }
    let expected = [
        "ab".to_owned(),
        format!("{BEGIN}cd{END}"),
        "ef".to_owned(),
        format!("{BEGIN}gh{END}"),
        format!("{BEGIN}i{END}"),
    ];
    assert_eq!(parts, expected);
    assert_eq!(states, ["ab", "abcd", "abcdef", "abcdefgh", "abcdefghi"]);
}

#[test]
fn nothing_of_an_update_is_seen_before_its_end() {
    let mut screen = screen(10, 3);
    support::feed(&mut screen, "one\r\ntwo");
    let before = screen.snapshot();
    for part in [
        BEGIN,
        "\x1b[2J",
        "\x1b[Hx\r\n\n\n\n\n",
        "\x1b]0;t\x07\x1b[?25l",
        "\x1b[?1049h",
    ] {
        support::feed(&mut screen, part);
        assert!(screen.synchronized() && !screen.changed());
        assert!(std::sync::Arc::ptr_eq(&before, &screen.snapshot()));
    }
    // Input is encoded for the live modes all the same.
    support::feed(&mut screen, "\x1b[?2004h");
    assert!(screen.modes().bracketed_paste && !screen.snapshot().modes.bracketed_paste);
    support::feed(&mut screen, END);
    assert!(!screen.synchronized() && screen.changed());
    let after = screen.snapshot();
    assert_eq!((text(&after.rows).as_str(), &*after.title), ("||", "t"));
}

#[test]
fn a_hold_that_is_ended_shows_the_live_state_until_the_next_begin() {
    let mut screen = screen(10, 1);
    support::feed(&mut screen, format!("a{BEGIN}b"));
    assert_eq!(shown(&mut screen), "a");
    screen.end_hold();
    assert_eq!(shown(&mut screen), "ab");
    support::feed(&mut screen, "c");
    assert_eq!(shown(&mut screen), "abc");
    support::feed(&mut screen, format!("{BEGIN}d"));
    assert_eq!(shown(&mut screen), "abc");
    support::feed(&mut screen, format!("{END}e"));
    assert_eq!(shown(&mut screen), "abcde");
}

#[test]
fn copies_are_right_however_rows_move_between_updates() {
    let mut held = screen(12, 4);
    let mut plain = screen(12, 4);
    for step in 0..200 {
        let change = match step % 7 {
            0 => format!("\x1b[{};1Hrow {step}", step % 4 + 1),
            1 => "\x1b[4;1H\n".to_owned(),
            2 => "\x1b[2;3r\x1b[2;1H\x1bM\x1b[r".to_owned(),
            3 => format!("\x1b[{};1H\x1b[L", step % 3 + 1),
            4 => format!("\x1b[?1049{}", if step % 2 == 0 { 'h' } else { 'l' }),
            5 => "\x1b[1;1H\x1b[3P".to_owned(),
            _ => format!("\x1b[{};5H\x1b[41m \x1b[m", step % 4 + 1),
        };
        support::feed(&mut plain, &change);
        support::feed(&mut held, &change);
        let expected = plain.snapshot();
        // What comes while it is held does not show.
        support::feed(
            &mut held,
            format!("{BEGIN}\x1b7\x1b[Hgarbage\x1b[2;1H\x1b[M"),
        );
        let seen = held.snapshot();
        assert_eq!(text(&seen.rows), text(&expected.rows), "step {step}");
        support::feed(&mut held, END);
        held.snapshot();
        // Both go on from the same state.
        support::feed(&mut plain, "\x1b7\x1b[Hgarbage\x1b[2;1H\x1b[M");
        if step == 100 {
            held.resize(Size::clamped(9, 5));
            plain.resize(Size::clamped(9, 5));
        }
    }
}

#[test]
fn a_resize_ends_it() {
    let mut screen = screen(10, 2);
    support::feed(&mut screen, format!("a{BEGIN}b"));
    screen.resize(Size::clamped(5, 2));
    assert!(!screen.synchronized());
    assert_eq!(shown(&mut screen), "ab|");
}
