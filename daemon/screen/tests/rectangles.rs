//! Functions on rectangles, and checksums of them. What decides: for which cells they touch and
//! what margins do, xterm; for what an erased or filled cell looks like, DEC's VT510 reference,
//! because xterm keeps old colours when the pen has none.

mod support;

use abide_protocol::{Attrs, Color, Style, Underline};
use support::{after, feed, shown, style_at};

/// Four rows of five, in a screen of ten columns.
const FULL: &str = "abcde\r\nfghij\r\nklmno\r\npqrst";

fn check(bytes: &str, rows: &str) {
    let mut screen = after(10, 4, format!("{FULL}\x1b[2;3H{bytes}"));
    assert_eq!(shown(&mut screen), rows, "rows after {bytes:?}");
    let cursor = screen.snapshot().cursor;
    // None of them moves the cursor.
    if !bytes.contains(['H', 'r', 's', 'h']) {
        assert_eq!(
            (cursor.row, cursor.column),
            (1, 2),
            "cursor after {bytes:?}"
        );
    }
}

#[test]
fn copying() {
    check("\x1b[1;1;2;2;1;3;4;1$v", "abcde|fghij|klmab|pqrfg");
    // The target's page is the only one there is.
    check("\x1b[1;1;2;2;9;3;4;9$v", "abcde|fghij|klmab|pqrfg");
    // Source and target may overlap, either way.
    check("\x1b[1;1;2;2;1;2;2;1$v", "abcde|fabij|kfgno|pqrst");
    check("\x1b[2;2;3;3;1;1;1;1$v", "ghcde|lmhij|klmno|pqrst");
    // The screen's edges cut what does not fit.
    check("\x1b[1;1;3;5;1;4;9;1$v", "abcde|fghij|klmno|pqrst   ab");
    // All that is missing is the first or the last.
    check("\x1b[;;;;;2;6$v", "abcde|fghijabcde|klmnofghij|pqrstklmno");
    check("\x1b[3;3;2;5;1;1;1;1$v", "abcde|fghij|klmno|pqrst");
    check("\x1b[1;3;2;2;1;1;1;1$v", "abcde|fghij|klmno|pqrst");
    check("\x1b[99;99;99;99;1;1;1;1$v", " bcde|fghij|klmno|pqrst");
    // Margins do not cut; with DECOM addresses count from them.
    check("\x1b[2;3r\x1b[1;1;1;2;1;4;4;1$v", "abcde|fghij|klmno|pqrab");
    check(
        "\x1b[?69h\x1b[2;4s\x1b[2;3r\x1b[?6h\x1b[1;1;1;2;1;3;1;1$v",
        "abcde|fghij|klmno|pghst",
    );
}

#[test]
fn filling_and_erasing() {
    check("\x1b[88;2;2;3;3$x", "abcde|fXXij|kXXno|pqrst");
    check("\x1b[;2;2;3;3$x", "abcde|f  ij|k  no|pqrst");
    check("\x1b[88$x", "XXXXXXXXXX|XXXXXXXXXX|XXXXXXXXXX|XXXXXXXXXX");
    check("\x1b[88;4;5;99;99$x", "abcde|fghij|klmno|pqrsXXXXXX");
    check("\x1b[2;2;3;3$z", "abcde|f  ij|k  no|pqrst");
    check("\x1b[$z", "|||");
    check("\x1b[3;2;2;3$z", "abcde|fghij|klmno|pqrst");
    check("\x1b[2;2;3;3${", "abcde|f  ij|k  no|pqrst");
    // Controls and what is not one column wide fill nothing (DEC STD 070: a printable character).
    for code in [7, 27, 127, 155, 768, 26085] {
        check(&format!("\x1b[{code};2;2;3;3$x"), "abcde|fghij|klmno|pqrst");
    }
    check("\x1b[233;1;1;1;1$x", "ébcde|fghij|klmno|pqrst");
    check("\x1b[9472;1;1;1;1$x", "─bcde|fghij|klmno|pqrst");
    // The character goes through the set that is in use.
    check("\x1b(0\x1b[113;1;1;1;1$x", "─bcde|fghij|klmno|pqrst");
    check(
        "\x1b[2;3r\x1b[?6h\x1b[88;1;1;1;1$x",
        "abcde|Xghij|klmno|pqrst",
    );
    check("\x1b[2;3r\x1b[88;4;1;4;1$x", "abcde|fghij|klmno|Xqrst");
    check("\x1b[2;3r\x1b[?6h\x1b[$z", "abcde|||");
}

#[test]
fn protection_stops_only_selective_erasure() {
    let text = "a\x1b[1\"qbc\x1b[0\"qd\x1b[H";
    for (bytes, rows) in [
        ("\x1b[1;1;1;4${", " bc"),
        ("\x1b[1;1;1;4$z", ""),
        ("\x1b[88;1;1;1;4$x", "XXXX"),
        ("\x1b[1;4;1;4;1;1;2;1$v", "adcd"),
    ] {
        let mut screen = after(6, 1, format!("{text}{bytes}"));
        assert_eq!(shown(&mut screen), rows, "{bytes:?}");
    }
    // What is filled while protection is on is protected.
    let mut screen = after(6, 1, "\x1b[1\"q\x1b[88;1;2;1;3$x\x1b[0\"qa\x1b[?2K");
    assert_eq!(shown(&mut screen), " XX");
}

#[test]
fn wide_cells_at_the_edges_lose_both_halves() {
    let text = "日本語x";
    for (bytes, rows) in [
        ("\x1b[1;2;1;3$z", "    語x"),
        ("\x1b[1;2;1;3${", "    語x"),
        ("\x1b[88;1;2;1;3$x", " XX 語x"),
        ("\x1b[88;1;3;1;4$x", "日XX語x"),
        ("\x1b[1;1;1;2;1;1;4;1$v", "日 日 x"),
        ("\x1b[1;2;1;5;1;1;4;1$v", "日  本"),
        ("\x1b[1;7;1;7;1;1;2;1$v", " x本語x"),
    ] {
        let mut screen = after(8, 1, format!("{text}{bytes}"));
        assert_eq!(shown(&mut screen), rows, "{bytes:?}");
    }
    // A protected one stays whole.
    let mut screen = after(8, 1, "\x1b[1\"q日\x1b[0\"q本\x1b[1;2;1;3${");
    assert_eq!(shown(&mut screen), "日");
}

/// Feeds `bytes` after `FULL` in red and compares the attributes and underlines of the first cells of
/// each row: one letter for each cell.
fn check_looks(bytes: &str, expected: [&str; 4]) {
    let mut screen = after(10, 4, format!("\x1b[31m{FULL}\x1b[m{bytes}"));
    let snapshot = screen.snapshot();
    for (row, expected) in expected.iter().enumerate() {
        let found: String = (0..6)
            .map(|column| letter(style_at(&snapshot, row, column)))
            .collect();
        assert_eq!(found, *expected, "row {row} after {bytes:?}");
    }
    assert_eq!(style_at(&snapshot, 1, 1).fg, Color::Indexed(1), "{bytes:?}");
}

fn letter(style: Style) -> char {
    let underlined = style.underline != Underline::None;
    match style.attrs {
        Attrs(0) if underlined => 'u',
        Attrs(0) => '.',
        attrs if attrs == Attrs::BOLD => 'b',
        attrs if attrs == Attrs::BLINK => 'k',
        attrs if attrs == Attrs::INVERSE => 'i',
        attrs if attrs == Attrs::CONCEAL => 'c',
        _ => '*',
    }
}

#[test]
fn attributes_in_a_stream_or_a_rectangle() {
    // A stream flows from the first position to the last and leaves alone what was never drawn.
    check_looks("\x1b[2;3;3;4;1$r", ["......", "..bbb.", "bbbb..", "......"]);
    check_looks(
        "\x1b[1*x\x1b[2;3;3;4;1$r",
        ["......", "..bbb.", "bbbb..", "......"],
    );
    check_looks("\x1b[2;2;3;4;1$r", ["......", ".bbbb.", "bbbb..", "......"]);
    check_looks(
        "\x1b[2*x\x1b[2;2;3;3;1$r",
        ["......", ".bb...", ".bb...", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;5;3;6;1$r",
        ["......", "....bb", "....bb", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;2;2;3;4$r",
        ["......", ".uu...", "......", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;2;2;3;5$r",
        ["......", ".kk...", "......", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;2;2;3;7$r",
        ["......", ".ii...", "......", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;2;2;3;8$r",
        ["......", ".cc...", "......", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;2;2;3;1;7$r",
        ["......", ".**...", "......", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;2;2;5;1;7$r\x1b[2;3;2;4;22$r",
        ["......", ".*ii*.", "......", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;2;2;5;1$r\x1b[2;3;2;4;0$r",
        ["......", ".b..b.", "......", "......"],
    );
    // 0 leaves concealment (xterm: it is no part of what SGR 0 undoes here).
    check_looks(
        "\x1b[2*x\x1b[2;2;2;5;8$r\x1b[2;3;2;4;0$r",
        ["......", ".cccc.", "......", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;2;2;5;8$r\x1b[2;3;2;4;28$r",
        ["......", ".c..c.", "......", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;2;2;5;4$r\x1b[2;3;2;4;24$r",
        ["......", ".u..u.", "......", "......"],
    );
    // Left of its left is nothing, even in a stream (xterm).
    check_looks("\x1b[2;3;3;2;1$r", ["......", "......", "......", "......"]);
    // Nothing is named, nothing changes; an unknown extent changes nothing either.
    check_looks("\x1b[2;2;3;3$r", ["......", "......", "......", "......"]);
    check_looks(
        "\x1b[2*x\x1b[9*x\x1b[2;2;2;3;1$r",
        ["......", ".bb...", "......", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[3;2;2;3;1$r",
        ["......", "......", "......", "......"],
    );
}

#[test]
fn attributes_are_reversed() {
    check_looks(
        "\x1b[2*x\x1b[2;2;2;3;1$t",
        ["......", ".bb...", "......", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;2;2;4;1$t\x1b[2;3;2;3;1$t",
        ["......", ".b.b..", "......", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;2;2;4;4$t\x1b[2;3;2;3;4$t",
        ["......", ".u.u..", "......", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;2;2;4;8$t\x1b[2;3;2;3;8$t",
        ["......", ".c.c..", "......", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;2;2;4;0$t\x1b[2;3;2;3;0$t",
        ["......", ".*.*..", "......", "......"],
    );
    check_looks(
        "\x1b[2*x\x1b[2;2;2;4;22$t",
        ["......", "......", "......", "......"],
    );
    check_looks("\x1b[2;3;3;4;7$t", ["......", "..iii.", "iiii..", "......"]);
}

#[test]
fn looks_of_what_is_filled_and_erased() {
    let style = |bytes: &str| {
        let mut screen = after(4, 1, format!("\x1b[31mabcd\x1b[m{bytes}"));
        style_at(&screen.snapshot(), 0, 1)
    };
    let red = Style {
        fg: Color::Indexed(1),
        ..Style::PLAIN
    };
    // VT510 reference, DECFRA: the look that SGR has set; colours are part of it here.
    let green_bold = Style {
        fg: Color::Indexed(2),
        attrs: Attrs::BOLD,
        ..Style::PLAIN
    };
    assert_eq!(style("\x1b[1;32m\x1b[88;1;1;1;3$x"), green_bold);
    assert_eq!(style("\x1b[88;1;1;1;3$x"), Style::PLAIN);
    // DECERA: looks go as well; the background is that of every erasure (BCE).
    let on_blue = Style {
        bg: Color::Indexed(4),
        ..Style::PLAIN
    };
    assert_eq!(style("\x1b[1;4;44m\x1b[1;1;1;3$z"), on_blue);
    // DECSERA: looks stay.
    assert_eq!(style("\x1b[44m\x1b[1;1;1;3${"), red);
}

#[test]
fn a_changed_look_breaks_no_soft_wrap() {
    let mut screen = after(5, 3, "abcdefg\x1b[2*x\x1b[1;1;2;5;1$r");
    assert_eq!(shown(&mut screen), "abcde\\|fg|");
    feed(&mut screen, "\x1b[1;5;1;5$z");
    assert_eq!(shown(&mut screen), "abcd|fg|");
}

fn check_sum(bytes: &str, expected: &str) {
    let mut screen = after(10, 4, bytes);
    let reply = String::from_utf8(screen.take_replies());
    assert_eq!(reply.as_deref(), Ok(expected), "{bytes:?}");
}

/// A checksum in xterm's default: minus the sum of what was drawn, with what it looks like.
#[test]
fn checksums() {
    let sum = |id: u16, value: i32| format!("\x1bP{id}!~{:04X}\x1b\\", value & 0xffff);
    let ask = "\x1b[7;1;1;1;1;4*y";
    for (text, value) in [
        ("a", -0x61),
        ("ab", -0x61 - 0x62),
        // Drawn blanks count, erased ones do not.
        ("a ", -0x61 - 0x20),
        ("a\x1b[3C", -0x61),
        ("ab\x1b[D\x1b[K", -0x61),
        ("a\x1b[1;2;1;3$z", -0x61 - 2 * 0x20),
        ("\x1b[1ma", -0x61 - 0x80),
        ("\x1b[4ma", -0x61 - 0x10),
        ("\x1b[5ma", -0x61 - 0x40),
        ("\x1b[7ma", -0x61 - 0x20),
        ("\x1b[8ma", -0x61 - 0x8),
        ("\x1b[1\"qa", -0x61 - 0x4),
        ("é", -0xe9),
        // What has no place in eight bits counts as ESC; the second column of a wide cell not.
        ("─", -0x1b),
        ("日", -0x1b),
        ("e\u{301}", -0x65),
    ] {
        check_sum(&format!("{text}{ask}"), &sum(7, value));
    }
    check_sum("\x1b[m\x1b[H\x1b[*y", &sum(0, 0));
    check_sum("a\r\nb\x1b[1;1*y", &sum(1, -0x61 - 0x62));
    check_sum("a\r\nb\x1b[1;1;2;1;2;1*y", &sum(1, -0x62));
    check_sum("a\x1b[1;1;3;1;2;1*y", &sum(1, 0));
    check_sum("a\r\nb\x1b[2;3r\x1b[?6h\x1b[1;1;1;1;1;1*y", &sum(1, -0x62));
    // XTCHECKSUM: not negated, without looks, blanks as spaces, whole codes.
    check_sum(&format!("\x1b[1#y\x1b[1ma{ask}"), &sum(7, 0x61 + 0x80));
    check_sum(&format!("\x1b[3#y\x1b[1ma{ask}"), &sum(7, 0x61));
    check_sum(&format!("\x1b[15#y\x1b[1ma{ask}"), &sum(7, 0x61 + 3 * 0x20));
    check_sum(&format!("\x1b[17#y─{ask}"), &sum(7, 0x2500));
    check_sum(&format!("\x1b[1#y\x1b[!pa{ask}"), &sum(7, -0x61));
}

#[test]
fn a_checksum_needs_leave() {
    let mut screen = support::without_checksums(10, 4);
    feed(&mut screen, "a\x1b[1;1;1;1;1;1*y");
    assert_eq!(screen.take_replies(), b"");
}
