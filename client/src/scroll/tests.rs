//! The mode against a session of the real engine, with a small keeper that answers at once.

mod bench;
mod searching;
mod whole;

use abide_protocol::Attrs;
use abide_protocol::input::{MouseAction, MouseButton};

use super::*;
use crate::keys::names;
use bench::{Bench, engine, feed, numbered};

#[test]
fn the_cursor_moves_as_in_vi() {
    let text = "one two-three  four\r\n\r\n  indented\r\nlast 漢字 line\r\nend";
    let check = |keys: &str, expected: (u64, u16)| {
        let mut bench = Bench::new(40, 10, text);
        bench.keys("g g");
        bench.keys(keys);
        assert_eq!(bench.at(), expected, "{keys}");
    };
    for (keys, expected) in [
        ("l l", (0, 2)),
        ("h", (0, 0)),
        ("$", (0, 18)),
        ("$ l", (0, 18)),
        ("$ 0", (0, 0)),
        ("j j ^", (2, 2)),
        ("w", (0, 4)),
        ("w w", (0, 7)),
        ("w w w", (0, 8)),
        ("w w w w", (0, 15)),
        ("w w w w w", (2, 2)),
        ("4 w", (0, 15)),
        ("e", (0, 2)),
        ("e e", (0, 6)),
        ("$ b", (0, 15)),
        ("$ b b", (0, 8)),
        ("j j b", (0, 15)),
        ("G", (4, 0)),
        ("G g g", (0, 0)),
        ("3 G", (2, 0)),
        ("3 g g", (2, 0)),
        ("9 9 G", (4, 0)),
        ("$ j", (1, 0)),
        ("$ j j", (2, 9)),
        ("$ 3 j", (3, 13)),
        ("3 j 5 l", (3, 5)),
        ("3 j 6 l", (3, 7)),
        ("3 j 6 l h", (3, 5)),
        ("G k", (3, 0)),
        ("L", (4, 0)),
        ("M", (2, 2)),
        ("L H", (0, 0)),
        ("down right", (1, 0)),
        ("end", (0, 18)),
        ("end home", (0, 0)),
        ("1 0 l", (0, 10)),
        ("}", (1, 0)),
        ("} }", (4, 0)),
        ("G {", (1, 0)),
        ("G { {", (0, 0)),
        ("pagedown", (4, 0)),
        ("ctrl+f ctrl+b", (0, 0)),
        ("ctrl+d", (4, 0)),
        ("space", (0, 1)),
    ] {
        check(keys, expected);
    }
}

#[test]
fn words_go_on_over_soft_wraps_and_end_with_their_row() {
    let mut bench = Bench::new(10, 6, "start abcdefghij next\r\nabc\r\ndef");
    bench.keys("g g w");
    assert_eq!(bench.at(), (0, 6));
    bench.keys("e");
    assert_eq!(bench.at(), (1, 5));
    bench.keys("b");
    assert_eq!(bench.at(), (0, 6));
    bench.keys("w");
    assert_eq!(bench.at(), (1, 7));
    bench.keys("w");
    assert_eq!(bench.at(), (3, 0));
    bench.keys("w");
    assert_eq!(bench.at(), (4, 0));
}

#[test]
fn all_of_a_long_history_can_be_read() {
    let mut bench = Bench::new(60, 11, &numbered(30_000));
    let expected = |from: u32| (from..from + 10).map(|n| n.to_string()).collect::<Vec<_>>();
    assert_eq!(bench.shown(), expected(29_991));
    assert!(
        bench.status().starts_with("scroll 30000/30000 100%"),
        "{}",
        bench.status()
    );
    bench.keys("g g");
    assert_eq!(bench.shown(), expected(1));
    bench.keys("1 5 0 0 0 G");
    assert_eq!(bench.shown(), expected(14_995));
    bench.keys("ctrl+f");
    assert_eq!(bench.shown(), expected(15_003));
    bench.keys("ctrl+b ctrl+u");
    assert_eq!(bench.shown(), expected(14_990));
    for _ in 0..3000 {
        bench.keys("ctrl+f");
    }
    assert_eq!(bench.shown(), expected(29_991));
    // Every page was asked for about once.
    let pages = 30_000 / document::PAGE as usize;
    assert!(bench.asked.len() <= pages + 5, "{}", bench.asked.len());
}

/// What is read stays where it is while the session goes on, and nothing is missed.
#[test]
fn output_does_not_move_what_is_being_read() {
    let mut bench = Bench::new(60, 11, &numbered(100));
    bench.keys("ctrl+u ctrl+u");
    let (before, at) = (bench.shown(), bench.at());
    for n in 0..300 {
        bench.feed(&format!("\r\nnew {n}"));
        assert_eq!((bench.shown(), bench.at()), (before.clone(), at), "{n}");
    }
    assert!(
        bench.status().ends_with("300 new lines below"),
        "{}",
        bench.status()
    );
    bench.keys("G");
    assert_eq!(bench.shown().last().unwrap(), "new 299");
    assert!(!bench.status().contains("new lines"), "{}", bench.status());
    bench.keys("1 0 0 G");
    assert!(bench.shown().contains(&"100".to_owned()));
    assert!(bench.shown().contains(&"new 0".to_owned()));
}

#[test]
fn what_was_dropped_or_cleared_meanwhile_ends_the_document_there() {
    let mut bench = Bench::new(20, 6, &numbered(100));
    bench.keys("g g");
    bench.screen.clear_history();
    bench.feed("\r\nmore");
    let first = bench.screen.first(Book::Main).0;
    assert_eq!(bench.at().0, first);
    bench.keys("G g g");
    assert_eq!(bench.at().0, first);
}

#[test]
fn what_a_program_cleared_away_can_be_reached() {
    let mut bench = Bench::new(60, 6, &(numbered(50) + "\x1b[H\x1b[2J\x1b[3Jafter\r\nend"));
    bench.keys("g g");
    let begin = bench.at().0;
    assert_eq!(bench.shown()[0], "after");
    bench.keys("g g");
    assert_eq!((bench.at().0, &*bench.shown()[0]), (0, "1"));
    assert!(begin > 0 && bench.status().contains("cleared away"));
}

#[test]
fn selections_are_copied() {
    let text = "one two\r\nthree   \r\n0123456789abcdef\r\nlast";
    let check = |keys: &str, expected: &str, said: &str| {
        let mut bench = Bench::new(10, 8, text);
        bench.scroll.resize(Size::clamped(60, 8));
        bench.keys("g g");
        bench.keys(keys);
        assert_eq!(bench.copied, [expected], "{keys}");
        assert!(bench.status().contains(said), "{keys}: {}", bench.status());
        assert!(!bench.left && bench.scroll.selection.is_none());
    };
    check("v l l y", "one", "copied 3 characters");
    check("v y", "o", "copied 1 character");
    check("w v h h h enter", "ne t", "copied 4 characters");
    check("w v j y", "two\nthree", "copied 2 lines, 9 characters");
    // Rows that the terminal wrapped are one line.
    check("j j v $ j y", "0123456789abcdef", "copied 16 characters");
    check("j j V j y", "0123456789abcdef", "copied 16 characters");
    check(
        "j V j j y",
        "three\n0123456789abcdef",
        "copied 2 lines, 22 characters",
    );
    check("l ctrl+v l l j y", "ne\nhre", "copied 2 lines");
    check("v V y", "one two", "copied 7 characters");
    check("v l l o w o y", "e t", "copied 3 characters");
}

#[test]
fn nothing_selected_is_said() {
    let mut bench = Bench::new(60, 8, "text");
    bench.keys("y");
    assert!(bench.copied.is_empty() && bench.status().contains("nothing is selected"));
}

/// A copy of more rows than are kept at once.
#[test]
fn a_long_selection_is_copied_whole_or_not_at_all() {
    let mut bench = Bench::new(20, 11, &numbered(30_000));
    bench.keys("g g V G y");
    let expected: Vec<_> = (1..=30_000).map(|n| n.to_string()).collect();
    assert!(bench.copied == [expected.join("\n")]);
    let wide = (0..20_000)
        .map(|_| "x".repeat(79) + "\r\n")
        .collect::<String>();
    let mut bench = Bench::new(80, 11, &wide);
    bench.keys("g g V G y");
    assert!(bench.copied.is_empty() && bench.status().contains("longer than 1 MiB"));
}

#[test]
fn the_mode_is_left() {
    for (keys, left) in [
        ("q", true),
        ("esc", true),
        ("ctrl+c", true),
        ("v esc", false),
        ("v esc esc", true),
        ("v q", true),
        ("/ q", false),
        ("/ esc", false),
        ("/ ctrl+c", false),
        ("x", false),
        ("d", false),
    ] {
        let mut bench = Bench::new(40, 8, "text");
        bench.keys(keys);
        assert_eq!(bench.left, left, "{keys}");
    }
}

#[test]
fn wheel_and_clicks() {
    let mut bench = Bench::new(20, 11, &numbered(100));
    let mouse = |action, button, column, row| MouseEvent {
        action,
        button,
        column,
        row,
        mods: abide_protocol::input::Mods::default(),
    };
    let shown = |bench: &Bench| bench.shown()[0].clone();
    assert_eq!(shown(&bench), "91");
    bench
        .scroll
        .mouse(mouse(MouseAction::Press, MouseButton::WheelUp, 0, 0));
    bench.settle();
    assert_eq!(shown(&bench), "88");
    bench
        .scroll
        .mouse(mouse(MouseAction::Press, MouseButton::WheelDown, 0, 0));
    bench
        .scroll
        .mouse(mouse(MouseAction::Press, MouseButton::WheelDown, 0, 0));
    bench.settle();
    assert_eq!(shown(&bench), "91");
    bench
        .scroll
        .mouse(mouse(MouseAction::Press, MouseButton::Left, 0, 1));
    bench
        .scroll
        .mouse(mouse(MouseAction::Motion, MouseButton::Left, 1, 2));
    bench
        .scroll
        .mouse(mouse(MouseAction::Release, MouseButton::Left, 1, 2));
    bench.keys("y");
    assert_eq!(bench.copied, ["92\n93"]);
}

/// The alternate screen stands below the main screen's history.
#[test]
fn a_program_on_its_alternate_screen() {
    let mut bench = Bench::new(20, 6, &(numbered(50) + "\x1b[?1049h\x1b[Hfull screen"));
    assert!(
        bench.shown().contains(&"full screen".to_owned()),
        "{:?}",
        bench.shown()
    );
    bench.keys("g g");
    assert_eq!(bench.shown()[0], "1");
    bench.keys("G");
    assert_eq!(bench.shown().last().unwrap(), "full screen");
    bench.keys("k");
    assert_eq!(bench.at().0, 43);
    bench.feed("\x1b[?1049l\r\nback");
    bench.keys("G");
    assert_eq!(bench.shown().last().unwrap(), "back");
}

#[test]
fn a_narrow_terminal_follows_the_cursor() {
    let mut screen = engine(40, 6);
    feed(&mut screen, "0123456789abcdefghijklmnopqrstuvwxyz");
    let snapshot = screen.snapshot();
    let mut scroll = Scroll::new(&snapshot, Size::clamped(10, 4), "Ctrl-\\");
    let text = |scroll: &Scroll| scroll.view(None).rows[0].text().to_owned();
    let press = |scroll: &mut Scroll, name: &str| scroll.key(&names::parse(name).unwrap());
    press(&mut scroll, "0");
    assert_eq!(text(&scroll), "0123456789");
    press(&mut scroll, "$");
    assert_eq!(text(&scroll), "qrstuvwxyz");
    assert_eq!(scroll.view(None).cursor.column, 9);
}

#[test]
fn the_status_line_fits() {
    for columns in [1, 2, 7, 20, 200] {
        let mut bench = Bench::new(columns, 3, "text");
        for keys in ["v", "/ 'ab漢字", "enter", "y"] {
            bench.keys(keys);
            let view = bench.scroll.view(None);
            let status = view.rows.last().unwrap();
            assert_eq!((view.rows.len(), status.cells()), (3, columns));
            assert!(
                status
                    .runs()
                    .all(|(run, _)| run.style.attrs == Attrs::INVERSE)
            );
            assert_eq!(status.check(), Ok(()));
        }
    }
}
