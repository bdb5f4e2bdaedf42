//! Input that broke other terminal models, and input that is meant to be slow or large.

mod support;

use abide_protocol::Size;
use abide_screen::Screen;
use support::{after, feed, screen, with_history};

const WARNING: &str = "\u{26a0}\u{fe0f}";
const HEART: &str = "\u{2764}\u{fe0f}";

/// Columns, rows, bytes, and a size to go to after each part.
type Case = (u16, u16, Vec<String>, Option<(u16, u16)>);

/// Each made another model panic: bytes with resizes between.
#[test]
fn what_made_other_models_panic() {
    let letters: String = ('a'..='z').cycle().take(1840).collect();
    let cases: [Case; 14] = [
        (
            80,
            24,
            vec![format!("\x1b[24;80H{WARNING}\x1b[H{letters}")],
            None,
        ),
        (
            10,
            3,
            vec![format!(
                "\n\u{263a}3IgrVh6EVJp[.uO^bi{HEART}7;18HC07m\x1b[H2&&l_5]-;L`"
            )],
            None,
        ),
        (
            10,
            2,
            vec![format!("\x1b[2;27f\x1bm{HEART}+'cj\x1b[T[V\u{1f469}")],
            None,
        ),
        (5, 5, vec![String::new(), HEART.into()], Some((1, 24))),
        (1, 1, vec![format!("{HEART}\u{200d}")], None),
        (
            10,
            10,
            vec![String::new(), format!("l{WARNING}\x1b[@")],
            Some((1, 2)),
        ),
        (1, 2, vec!["\u{115f}".into()], None),
        (200, 50, vec!["\u{1f3fb}".into(), "s".into()], Some((1, 1))),
        (10, 10, vec!["99".into(), "\x1b[99@".into()], Some((2, 1))),
        (10, 10, vec![String::new(), "99@".into()], Some((2, 1))),
        (10, 10, vec![String::new(), "99@".into()], Some((1, 2))),
        (
            200,
            50,
            vec!["words 日本 ".repeat(9), "more\r\n".into()],
            Some((1, 50)),
        ),
        (
            20,
            5,
            vec![
                "\x1bPq~\x1b\\".into(),
                "\x1b[;5H\x1bH\x1b[9P\u{1f3fd}".into(),
            ],
            Some((3, 3)),
        ),
        (718, 1000, vec!["\x1b#8".into(), "x".into()], Some((1, 24))),
    ];
    for (cols, rows, parts, size) in cases {
        let mut screen = screen(cols, rows);
        for part in parts {
            feed(&mut screen, &part);
            screen.snapshot();
            if let Some((cols, rows)) = size {
                screen.resize(Size::clamped(cols, rows));
                screen.check().unwrap();
                screen.snapshot();
            }
        }
    }
}

/// A screen of one column, where another model grew until it was killed: what is written goes on,
/// bounded, and nothing of it is lost.
#[test]
fn one_column_is_a_width_like_any_other() {
    let budget = 256 << 10;
    let mut screen = with_history(80, 24, budget);
    feed(&mut screen, "a line of words that wraps\r\n".repeat(20));
    let letters = |screen: &mut Screen| {
        let text = format!("{}{}", support::history(screen), support::shown(screen));
        text.replace(|c: char| !c.is_alphabetic(), "")
    };
    let before = letters(&mut screen);
    for (cols, rows) in [(1, 24), (1, 1), (1, 1000), (2, 1), (1, 24), (80, 24)] {
        screen.resize(Size::clamped(cols, rows));
        screen.check().unwrap();
        screen.snapshot();
        assert!(screen.history_bytes() <= budget + (64 << 10));
    }
    assert_eq!(letters(&mut screen), before);
    for round in 0..50u16 {
        screen.resize(Size::clamped(1, 24));
        feed(
            &mut screen,
            format!("{round} 日{WARNING}\u{301} text\r\n").repeat(100),
        );
        screen.resize(Size::clamped(80, 24));
        feed(&mut screen, "\x1b[1;31mand more\x1b[m\r\n".repeat(100));
        assert!(screen.history_bytes() <= budget + (64 << 10));
    }
}

/// Every place a growing cluster can meet an edge.
#[test]
fn clusters_at_every_column() {
    for cols in 1..=6 {
        for rows in 1..=3 {
            for column in 1..=cols {
                for cluster in [
                    WARNING,
                    "\u{1f469}\u{200d}\u{1f467}",
                    "\u{231a}\u{fe0e}",
                    "日",
                ] {
                    for after in [
                        "\x1b[H1234567890123456789",
                        "\x1b[@x",
                        "\x1b[2Px",
                        "\n\x1bM",
                        "\u{fe0f}",
                    ] {
                        for mode in ["", "\x1b[?7l", "\x1b[4h", "\x1b[?2027l"] {
                            let bytes = format!("{mode}\x1b[{rows};{column}H{cluster}{after}");
                            let mut screen = support::after(cols, rows, bytes);
                            screen.resize(Size::clamped(cols / 2 + 1, rows + 1));
                            screen.check().unwrap();
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_largest_and_the_smallest_screens() {
    for (cols, rows) in [(1, 1), (1, 1000), (1000, 1), (1000, 1000)] {
        let mut screen = screen(cols, rows);
        for part in [
            "\x1b#8",
            "\x1b[65535@",
            "\x1b[65535L",
            "日本",
            "\x1b[65535b",
            "\x1b[?69h",
            "\n",
        ] {
            feed(&mut screen, part);
        }
        screen.snapshot();
        screen.resize(Size::clamped(rows, cols));
        screen.check().unwrap();
        screen.snapshot();
    }
}

#[test]
fn invalid_text_is_replaced_and_takes_linear_time() {
    let cases: [(&[u8], &str); 7] = [
        (b"a\xffb", "a\u{fffd}b"),
        (b"a\xe2\x82b", "a\u{fffd}b"),
        (b"a\xe2\x82\x1b[mb", "a\u{fffd}b"),
        (b"a\xf0\x9f\x98b", "a\u{fffd}b"),
        (b"a\xed\xa0\x80b", "a\u{fffd}\u{fffd}\u{fffd}b"),
        (b"a\xc0\xafb", "a\u{fffd}\u{fffd}b"),
        (b"a\x80\x9b31mb", "a\u{fffd}\u{fffd}31mb"),
    ];
    for (bytes, expected) in cases {
        let mut whole = after(20, 1, bytes);
        assert_eq!(support::shown(&mut whole), expected, "{bytes:?}");
        let mut split = screen(20, 1);
        for byte in bytes {
            feed(&mut split, [*byte]);
        }
        assert_eq!(support::shown(&mut split), expected, "{bytes:?} split");
    }
    feed(&mut screen(80, 24), vec![0xff; 1 << 20]);
}

/// Memory follows the screen and the budget, not what was fed.
#[test]
fn a_flood_of_everything_stays_in_bounds() {
    let budget = 512 << 10;
    let mut screen = with_history(100, 30, budget);
    for index in 0..60_000u32 {
        let (r, g, b) = (index >> 16, index >> 8 & 0xff, index & 0xff);
        let text = format!(
            "\x1b[4;38;2;{r};{g};{b}m\x1b]8;;http://x/{index}\x07{index}e\u{301}\x1b]8;;\x07 \u{26a0}\u{fe0f}\x1b[m\r\n\
             \x1b]133;A\x07\x1b[22t\x1b[>3u\x1b[6n\x1b]9;n\x07\x1b[?{}s",
            index % 3000
        );
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            rest = &rest[screen.feed(rest)..];
        }
    }
    screen.check().unwrap();
    assert!(
        screen.history_bytes() <= budget + (128 << 10),
        "{}",
        screen.history_bytes()
    );
    assert!(screen.take_replies().len() <= 64 << 10);
    assert!(screen.take_events().len() <= 64);
}

/// Links and clusters beyond their bounds lose what they add, not their text, and are found again
/// when there is room.
#[test]
fn refused_links_come_back() {
    let mut screen = screen(80, 40);
    let uri = "u".repeat(2000);
    for index in 0..3000 {
        screen.feed(format!("\x1b]8;;http://{uri}{index}\x07x").as_bytes());
    }
    feed(&mut screen, "\x1b]8;;\x07\x1b[2J\x1b[H");
    for index in 0..600 {
        let text = format!("\x1b[H\x1b]8;;http://{uri}{index}\x07x\x1b]8;;\x07");
        screen.feed(text.as_bytes());
    }
    screen.check().unwrap();
    let snapshot = screen.snapshot();
    assert!(
        snapshot.rows[0]
            .runs()
            .next()
            .is_some_and(|(run, _)| run.link.is_some())
    );
}
