//! Each control function: bytes in, rows and cursor out.

mod support;

use support::{after, cursor, feed, history, screen, shown, with_history};

/// Feeds `bytes` to a screen and compares rows (see `support::text`) and cursor (row, column).
fn check(size: (u16, u16), bytes: &str, rows: &str, at: (u16, u16)) {
    let mut screen = after(size.0, size.1, bytes);
    assert_eq!(shown(&mut screen), rows, "rows after {bytes:?}");
    assert_eq!(cursor(&mut screen), at, "cursor after {bytes:?}");
}

const SMALL: (u16, u16) = (10, 4);
/// Four full rows.
const FULL: &str = "aaaaa\r\nbbbbb\r\nccccc\r\nddddd";

fn check_full(bytes: &str, rows: &str, at: (u16, u16)) {
    check(SMALL, &format!("{FULL}{bytes}"), rows, at);
}

#[test]
fn text_and_c0() {
    check(SMALL, "hello", "hello|||", (0, 5));
    check(SMALL, "a\r\nb\nc", "a|b| c|", (2, 2));
    check(SMALL, "abc\rx", "xbc|||", (0, 1));
    check(SMALL, "abc\x08\x08x", "axc|||", (0, 2));
    check(SMALL, "\x08a", "a|||", (0, 1));
    check(SMALL, "a\tb", "a       b|||", (0, 9));
    check(SMALL, "a\t\t\tb", "a        b|||", (0, 9));
    check(SMALL, "a\x0bb\x0cc", "a| b|  c|", (2, 3));
    check(SMALL, "a\0\x01\x7fb", "ab|||", (0, 2));
    check(SMALL, "a\u{85}\u{9b}b", "ab|||", (0, 2));
}

#[test]
fn wrapping() {
    check((5, 3), "abcde", "abcde||", (0, 4));
    check((5, 3), "abcdef", "abcde\\|f|", (1, 1));
    check((5, 3), "abcde\r\nf", "abcde|f|", (1, 1));
    check((5, 3), "abcde\x1b[Cf", "abcdf||", (0, 4));
    check((5, 3), "abcde\x08f", "abcfe||", (0, 4));
    check((5, 3), "abcde\x1b[31mf", "abcde\\|f|", (1, 1));
    check((5, 3), "abcde\x1b7\x1b[H\x1b8f", "abcde\\|f|", (1, 1));
    check((5, 3), "abcde\x1b[Kf", "abcdf||", (0, 4));
    check((5, 3), "\x1b[?7labcdefgh", "abcdh||", (0, 4));
    check((5, 3), "\x1b[?7lab\x1b[?7hcdefgh", "abcde\\|fgh|", (1, 3));
    check((5, 3), "abcde\x1b[?7lx\x1b[?7hy", "abcdx\\|y|", (1, 1));
    check((5, 2), "abcdefghijk", "fghij\\|k", (1, 1));
    check((5, 3), "abcdef\x1b[1;5Hx", "abcdx|f|", (0, 4));
    check((1, 1), "abc", "c", (0, 0));
    // Reverse wraparound.
    check((5, 3), "abcdef\x08\x08\x08x", "abcde\\|x|", (1, 1));
    check((5, 3), "\x1b[?45habcdef\x08\x08x", "abcdx|f|", (0, 4));
}

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

#[test]
fn cursor_movement() {
    check_full("\x1b[2;3Hx", "aaaaa|bbxbb|ccccc|ddddd", (1, 3));
    check_full("\x1b[Hx", "xaaaa|bbbbb|ccccc|ddddd", (0, 1));
    check_full("\x1b[99;99Hx", "aaaaa|bbbbb|ccccc|ddddd    x", (3, 9));
    check_full("\x1b[2A\x1b[2Dx", "aaaaa|bbbxb|ccccc|ddddd", (1, 4));
    check_full("\x1b[99A\x1b[99Dx", "xaaaa|bbbbb|ccccc|ddddd", (0, 1));
    check_full("\x1b[H\x1b[B\x1b[Cx", "aaaaa|bxbbb|ccccc|ddddd", (1, 2));
    check_full("\x1b[H\x1b[2Ex", "aaaaa|bbbbb|xcccc|ddddd", (2, 1));
    check_full("\x1b[2Fx", "aaaaa|xbbbb|ccccc|ddddd", (1, 1));
    check_full("\x1b[2Gx", "aaaaa|bbbbb|ccccc|dxddd", (3, 2));
    check_full("\x1b[2`x", "aaaaa|bbbbb|ccccc|dxddd", (3, 2));
    check_full("\x1b[2dx", "aaaaa|bbbbbx|ccccc|ddddd", (1, 6));
    check_full("\x1b[H\x1b[2a\x1b[1ex", "aaaaa|bbxbb|ccccc|ddddd", (1, 3));
    check_full("\x1b[3;2fx", "aaaaa|bbbbb|cxccc|ddddd", (2, 2));
    check_full("\x1b[s\x1b[H\x1b[ux", "aaaaa|bbbbb|ccccc|dddddx", (3, 6));
    // Margins stop CUU and CUD that start inside.
    check_full(
        "\x1b[2;3r\x1b[3;1H\x1b[9Ax",
        "aaaaa|xbbbb|ccccc|ddddd",
        (1, 1),
    );
    check_full(
        "\x1b[2;3r\x1b[2;1H\x1b[9Bx",
        "aaaaa|bbbbb|xcccc|ddddd",
        (2, 1),
    );
    check_full(
        "\x1b[2;3r\x1b[4;1H\x1b[9Ax",
        "aaaaa|xbbbb|ccccc|ddddd",
        (1, 1),
    );
}

#[test]
fn tab_stops() {
    check((20, 1), "\x1b[3g\x1b[5G\x1bH\r\tx", "    x", (0, 5));
    check(
        (20, 1),
        "\t\x1b[g\r\tx",
        &format!("{}x", " ".repeat(16)),
        (0, 17),
    );
    check(
        (20, 1),
        "\x1b[2Ix",
        &format!("{}x", " ".repeat(16)),
        (0, 17),
    );
    check(
        (20, 1),
        "\x1b[20G\x1b[Zx",
        &format!("{}x", " ".repeat(16)),
        (0, 17),
    );
    check((20, 1), "\x1b[20G\x1b[2Zx", "        x", (0, 9));
    check((20, 1), "\x1b[3g\x1b[?5W\tx", "        x", (0, 9));
}

#[test]
fn erasing() {
    check_full("\x1b[2;3H\x1b[K", "aaaaa|bb|ccccc|ddddd", (1, 2));
    check_full("\x1b[2;3H\x1b[1K", "aaaaa|   bb|ccccc|ddddd", (1, 2));
    check_full("\x1b[2;3H\x1b[2K", "aaaaa||ccccc|ddddd", (1, 2));
    check_full("\x1b[2;3H\x1b[J", "aaaaa|bb||", (1, 2));
    check_full("\x1b[2;3H\x1b[1J", "|   bb|ccccc|ddddd", (1, 2));
    check_full("\x1b[2;3H\x1b[2J", "|||", (1, 2));
    check_full("\x1b[2;3H\x1b[3J", "aaaaa|bbbbb|ccccc|ddddd", (1, 2));
    check_full("\x1b[2;3H\x1b[2X", "aaaaa|bb  b|ccccc|ddddd", (1, 2));
    check_full("\x1b[2;3H\x1b[99X", "aaaaa|bb|ccccc|ddddd", (1, 2));
    check(SMALL, "ab\x1b[1\"qcd\x1b[2\"qef\x1b[?2K", "  cd|||", (0, 6));
    check(SMALL, "ab\x1b[1\"qcd\x1b[0\"qef\x1b[?2J", "  cd|||", (0, 6));
    check(SMALL, "ab\x1b[1\"qcd\x1b[2K", "|||", (0, 4));
}

#[test]
fn inserting_and_deleting() {
    check_full("\x1b[2;2H\x1b[2@", "aaaaa|b  bbbb|ccccc|ddddd", (1, 1));
    check((5, 1), "abcde\x1b[2G\x1b[2@", "a  bc", (0, 1));
    check_full("\x1b[2;2H\x1b[2P", "aaaaa|bbb|ccccc|ddddd", (1, 1));
    check_full("\x1b[2;2H\x1b[99P", "aaaaa|b|ccccc|ddddd", (1, 1));
    check_full("\x1b[2;2H\x1b[L", "aaaaa||bbbbb|ccccc", (1, 0));
    check_full("\x1b[2;2H\x1b[99L", "aaaaa|||", (1, 0));
    check_full("\x1b[2;2H\x1b[M", "aaaaa|ccccc|ddddd|", (1, 0));
    check_full("\x1b[2;3r\x1b[2;2H\x1b[M", "aaaaa|ccccc||ddddd", (1, 0));
    check_full(
        "\x1b[2;3r\x1b[1;2H\x1b[M",
        "aaaaa|bbbbb|ccccc|ddddd",
        (0, 1),
    );
    check((6, 1), "abcd\x1b[2G\x1b[4hxy\x1b[4lz", "axyzcd", (0, 4));
    check((4, 1), "abcd\x1b[2G\x1b[4hxyz", "axyz", (0, 3));
    check((5, 1), "a\x1b[4b", "aaaaa", (0, 4));
    check((5, 2), "ab\x1b[6b", "abbbb\\|bbb", (1, 3));
}

#[test]
fn scrolling() {
    check_full("\n", "bbbbb|ccccc|ddddd|", (3, 5));
    check_full("\x1b[2;3r\x1b[3;1H\nx", "aaaaa|ccccc|x|ddddd", (2, 1));
    check_full("\x1b[2;3r\x1b[4;1H\nx", "aaaaa|bbbbb|ccccc|xdddd", (3, 1));
    check_full("\x1b[2;3r\x1b[2;1H\x1bMx", "aaaaa|x|bbbbb|ddddd", (1, 1));
    check_full("\x1b[H\x1bMx", "x|aaaaa|bbbbb|ccccc", (0, 1));
    check_full("\x1b[2S", "ccccc|ddddd||", (3, 5));
    check_full("\x1b[2T", "||aaaaa|bbbbb", (3, 5));
    check_full("\x1b[99S", "|||", (3, 5));
    check_full("\x1b[2;3r\x1b[S", "aaaaa|ccccc||ddddd", (0, 0));
    check_full("\x1bDx", "bbbbb|ccccc|ddddd|     x", (3, 6));
    check_full("\x1bEx", "bbbbb|ccccc|ddddd|x", (3, 1));
    check_full(
        "\x1b[?6h\x1b[2;3r\x1b[Hx",
        "aaaaa|xbbbb|ccccc|ddddd",
        (1, 1),
    );
    check_full(
        "\x1b[2;3r\x1b[?6h\x1b[9;9Hx",
        "aaaaa|bbbbb|ccccc   x|ddddd",
        (2, 9),
    );
    check_full("\x1b[3;2r\x1b[4;1Hx", "aaaaa|bbbbb|ccccc|xdddd", (3, 1));
}

#[test]
fn side_margins() {
    let set = "\x1b[?69h\x1b[2;4s";
    check_full(
        &format!("{set}\x1b[1;2Hxyzw"),
        "axyza|bwbbb|ccccc|ddddd",
        (1, 2),
    );
    check_full(
        &format!("{set}\x1b[4;2H\n"),
        "abbba|bcccb|cdddc|d   d",
        (3, 1),
    );
    check_full(
        &format!("{set}\x1b[1;2H\x1bM"),
        "a   a|baaab|cbbbc|dcccd",
        (0, 1),
    );
    check_full(
        &format!("{set}\x1b[2;2H\x1b[P"),
        "aaaaa|bbb b|ccccc|ddddd",
        (1, 1),
    );
    check_full(
        &format!("{set}\x1b[2;3H\x1b[L"),
        "aaaaa|b   b|cbbbc|dcccd",
        (1, 1),
    );
    check_full(
        &format!("{set}\x1b[2;3H\x1b[9D"),
        "aaaaa|bbbbb|ccccc|ddddd",
        (1, 1),
    );
    check_full(
        &format!("{set}\x1b[2;3H\x1b[9C"),
        "aaaaa|bbbbb|ccccc|ddddd",
        (1, 3),
    );
    check_full(
        &format!("{set}\x1b[2;3H\rx"),
        "aaaaa|bxbbb|ccccc|ddddd",
        (1, 2),
    );
    check_full("\x1b[1;2H\x1b['}", "a aaaa|b bbbb|c cccc|d dddd", (0, 1));
    check_full("\x1b[1;2H\x1b[2'~", "aaa|bbb|ccc|ddd", (0, 1));
    check_full("\x1b[ @", "aaaa|bbbb|cccc|dddd", (3, 5));
    check_full("\x1b[2 A", "  aaaaa|  bbbbb|  ccccc|  ddddd", (3, 5));
    check_full("\x1b[1;1H\x1b6", " aaaaa| bbbbb| ccccc| ddddd", (0, 0));
}

#[test]
fn character_sets() {
    check(SMALL, "\x1b(0lqk\x1b(Bq", "┌─┐q|||", (0, 4));
    check(SMALL, "\x1b)0q\x0eq\x0fq", "q─q|||", (0, 3));
    check(SMALL, "\x1b*0q\x1bNqq", "q─q|||", (0, 3));
    check(SMALL, "\x1b(A#\x1b(B#", "£#|||", (0, 2));
    check(SMALL, "\x1b(0\x1b7\x1b(B\x1b8q", "─|||", (0, 1));
    check(SMALL, "\x1b(0q\x1b[!pq", "─q|||", (0, 2));
}

#[test]
fn screens() {
    check_full(
        "\x1b[?1049hx\x1b[?1049ly",
        "aaaaa|bbbbb|ccccc|dddddy",
        (3, 6),
    );
    check_full("\x1b[?1049hx", "|||     x", (3, 6));
    check_full("\x1b[?1049hx\x1b[?1049l\x1b[?1049h", "|||", (3, 5));
    check_full("\x1b[?47hx\x1b[?47l", "aaaaa|bbbbb|ccccc|ddddd", (3, 6));
    check_full("\x1b[?47hx\x1b[?47l\x1b[?47h", "|||     x", (3, 6));
    check_full("\x1b[?1047hx\x1b[?1047l\x1b[?1047h", "|||", (3, 6));
    check_full(
        "\x1b[?1048h\x1b[H\x1b[?1048lx",
        "aaaaa|bbbbb|ccccc|dddddx",
        (3, 6),
    );
    check_full("\x1b[?1049h\n\n\n", "|||", (3, 5));
}

#[test]
fn resets() {
    check_full("\x1bc", "|||", (0, 0));
    check_full(
        "\x1b[4h\x1b[?6h\x1b[2;3r\x1b[!p\x1b[1;1Hx",
        "xaaaa|bbbbb|ccccc|ddddd",
        (0, 1),
    );
    check((3, 2), "\x1b#8", "EEE|EEE", (0, 0));
}

#[test]
fn what_is_not_text_never_shows() {
    let cases = [
        "\x1b_Gf=100;AAAA\x1b\\",
        "\x1bPq#0;2;0;0;0#0~~@@vv\x1b\\",
        "\x1bPq ~\x1b\\",
        "\x1bXany\x1b\\",
        "\x1b^any\x07 still\x1b\\",
        "\x1b]1337;File=:AAAA\x07",
        "\x1b]999999999999999999999;x\x1b\\",
        "\x1b[38;2;1;2;3;4;5;6;7;8;9;1;2;3;4;5;6;7;8;9;1;2;3;4;5;6;7;8;9;1;2;3;4;5m",
        "\x1b[?1;2;3$z",
        "\x1b[ \u{1f600}q",
        "\x1b]0;a\x18",
        "\x1bP+q544e\x18",
    ];
    for bytes in cases {
        check(SMALL, &format!("a{bytes}b"), "ab|||", (0, 2));
    }
    // A C0 control inside a sequence acts at once.
    check(SMALL, "abc\x1b[\r1Cx", "axc|||", (0, 2));
    check(SMALL, "abc\x1b[1\x1b[Hx", "xbc|||", (0, 1));
}

#[test]
fn endless_strings_are_dropped_whole() {
    let mut screen = screen(10, 1);
    feed(&mut screen, format!("\x1b]0;{}\x07a", "t".repeat(1 << 20)));
    assert_eq!(&*screen.snapshot().title, "");
    feed(
        &mut screen,
        format!("\x1bP$q{}\x1b\\b", "m".repeat(1 << 20)),
    );
    assert_eq!(screen.take_replies(), b"");
    feed(&mut screen, format!("\x1b_{}\x1b\\c", "x".repeat(1 << 20)));
    assert_eq!(shown(&mut screen), "abc");
}

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
    let (first, rows) = screen.rows(abide_protocol::Book::Main, abide_protocol::LineNo(0), 2);
    assert_eq!(first, snapshot.first);
    assert_eq!(
        rows[0].text(),
        format!("line {} of a long history", first.0)
    );
    let (_, rows) = screen.rows(abide_protocol::Book::Main, snapshot.top, 2);
    assert!(rows.is_empty());
}

fn feed_quick(screen: &mut abide_screen::Screen, text: &str) {
    assert_eq!(screen.feed(text.as_bytes()), text.len());
}
