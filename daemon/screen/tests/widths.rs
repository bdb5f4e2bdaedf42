//! Characters of two columns, of none, and clusters.

mod support;

use support::{after, check, cursor};

const SMALL: (u16, u16) = (10, 4);

#[test]
fn wide_and_combining() {
    check(SMALL, "日本x", "日本x|||", (0, 5));
    check((5, 2), "abcd日", "abcd\\|日", (1, 2));
    check((5, 2), "日本x\x1b[1;2Hy", " y本x|", (0, 2));
    check((5, 2), "日本x\x1b[1;1Hy", "y 本x|", (0, 1));
    check((5, 2), "日本\x1b[1;2H\x1b[K", "|", (0, 1));
    check((5, 2), "日本\x1b[1;3H\x1b[P", "日|", (0, 2));
    check((5, 2), "日本\x1b[1;2H\x1b[P", " 本|", (0, 1));
    check((5, 2), "日本x\x1b[H\x1b[@", " 日本|", (0, 0));
    check((1, 2), "日", "\u{fffd}|", (0, 0));
    check((5, 1), "\x1b[?7labcd日", "abcd\u{fffd}", (0, 4));
    check(SMALL, "e\u{301}x", "e\u{301}x|||", (0, 2));
    check(SMALL, "\u{301}x", "x|||", (0, 1));
    check((5, 2), "abcde\u{301}f", "abcde\u{301}\\|f", (1, 1));
    check(SMALL, "日\u{3099}x", "日\u{3099}x|||", (0, 3));
    check(SMALL, "a\u{200b}b", "ab|||", (0, 2));
    check(SMALL, "a\u{ad}b", "a\u{ad}b|||", (0, 3));
}

#[test]
fn clusters_take_their_columns() {
    // Text, columns with mode 2027, columns without.
    let cases = [
        ("\u{26a0}\u{fe0f}", 2, 1),
        ("\u{2764}\u{fe0f}", 2, 1),
        ("1\u{fe0f}\u{20e3}", 2, 1),
        ("\u{1f1e9}\u{1f1ea}", 2, 2),
        ("\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}", 2, 6),
        ("\u{1f44d}\u{1f3fd}", 2, 4),
        ("\u{231a}\u{fe0e}", 1, 2),
        ("\u{1100}\u{1161}\u{11a8}", 2, 2),
        ("\u{915}\u{94d}\u{937}", 2, 2),
        ("e\u{301}\u{302}", 1, 1),
        ("\u{1f600}", 2, 2),
    ];
    for (text, columns, without) in cases {
        let mut with = after(20, 1, format!("{text}|"));
        assert_eq!(cursor(&mut with).1 - 1, columns, "{text} with 2027");
        let mut wcwidth = after(20, 1, format!("\x1b[?2027l{text}|"));
        let flag = text.starts_with('\u{1f1e9}');
        let expected = if flag { 2 } else { without };
        assert_eq!(cursor(&mut wcwidth).1 - 1, expected, "{text} without 2027");
    }
}

#[test]
fn a_cluster_that_grows_at_the_edge_wraps() {
    check(
        (5, 2),
        "abcd\u{26a0}\u{fe0f}x",
        "abcd\\|\u{26a0}\u{fe0f}x",
        (1, 3),
    );
    check((5, 1), "\x1b[?7labcd\u{26a0}\u{fe0f}x", "abcdx", (0, 4));
    check((1, 1), "\u{26a0}\u{fe0f}", "\u{fffd}", (0, 0));
    check(
        (6, 1),
        "\u{26a0}bc\x1b[1;2H\u{fe0f}",
        "\u{26a0}\u{fe0f}c",
        (0, 2),
    );
    check(
        (6, 1),
        "\u{26a0}日\x1b[1;2H\u{fe0f}",
        "\u{26a0}\u{fe0f}",
        (0, 2),
    );
}

#[test]
fn marks_without_end_are_bounded() {
    let tower = format!("e{}x", "\u{301}".repeat(10_000));
    let mut screen = after(10, 1, tower);
    let snapshot = screen.snapshot();
    assert!(snapshot.rows[0].text().len() <= 70);
    assert_eq!(snapshot.cursor.column, 2);
}
