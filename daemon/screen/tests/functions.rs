//! Each control function: bytes in, rows and cursor out.

mod support;

use support::{after, check, feed, screen, shown};

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
    // A wrap that is pending waits, whatever comes of its mode meanwhile (xterm).
    check((5, 3), "abcde\x1b[?7l\x1b[?7hy", "abcde\\|y|", (1, 1));
    check((5, 3), "abcde\x1b[?7lx\x1b[?7hy", "abcdx\\|y|", (1, 1));
    check((5, 2), "abcdefghijk", "fghij\\|k", (1, 1));
    check((5, 3), "abcdef\x1b[1;5Hx", "abcdx|f|", (0, 4));
    check((1, 1), "abc", "c", (0, 0));
    // Reverse wraparound.
    check((5, 3), "abcdef\x08\x08\x08x", "abcde\\|x|", (1, 1));
    check((5, 3), "\x1b[?45habcdef\x08\x08x", "abcdx|f|", (0, 4));
}

/// Reverse wraparound as xterm has it since patch 383.
#[test]
fn reverse_wraparound() {
    // 45 stays in the wrapped line, 1045 goes to any row.
    check((5, 3), "\x1b[?45hab\r\nc\x08\x08\x08", "ab|c|", (1, 0));
    check((5, 3), "\x1b[?1045hab\r\nc\x08\x08\x08", "ab|c|", (0, 3));
    check(
        (5, 3),
        "\x1b[?45habcdefghijk\x1b[99D",
        "abcde\\|fghij\\|k",
        (0, 0),
    );
    check(
        (5, 3),
        "\x1b[?45habcdefghijk\x1b[9D",
        "abcde\\|fghij\\|k",
        (0, 2),
    );
    // Neither without autowrap.
    check((5, 3), "\x1b[?45;1045h\x1b[?7l\r\n\x08", "||", (1, 0));
    // Over the last column first of all the wrap is taken back.
    check((5, 3), "\x1b[?45habcde\x08x", "abcdx||", (0, 4));
    check((5, 3), "\x1b[?1045habcde\x08x", "abcdx||", (0, 4));
    // From the top margin to the bottom one, and from anywhere left of the right margin to that.
    check((5, 4), "\x1b[?1045h\x1b[2;3r\x1b[2H\x08", "|||", (2, 4));
    check((5, 3), "\x1b[?1045h\x08", "||", (2, 4));
    check(
        (9, 4),
        "\x1b[?1045;69h\x1b[3;6s\x1b[3;3H\x08",
        "|||",
        (1, 5),
    );
    check(
        (9, 4),
        "\x1b[?1045;69h\x1b[3;6s\x1b[3;1H\x08",
        "|||",
        (1, 5),
    );
    check((5, 3), "\x1b[?1045h\x1b[65535D", "||", (0, 0));
    check((5, 3), "\x1b[?1045h\x1b[65534D", "||", (0, 1));
}

#[test]
fn relative_positions_mind_margins_only_with_origin_mode() {
    let set = "\x1b[?69h\x1b[2;4s\x1b[2;3r";
    check_full(
        &format!("{set}\x1b[2;3H\x1b[9ax"),
        "aaaaa|bbbbb    x|ccccc|ddddd",
        (1, 9),
    );
    check_full(
        &format!("{set}\x1b[2;3H\x1b[9ex"),
        "aaaaa|bbbbb|ccccc|ddxdd",
        (3, 3),
    );
    check_full(
        &format!("{set}\x1b[?6h\x1b[9ax"),
        "aaaaa|bbbxb|ccccc|ddddd",
        (1, 3),
    );
    check_full(
        &format!("{set}\x1b[?6h\x1b[9ex"),
        "aaaaa|bbbbb|cxccc|ddddd",
        (2, 2),
    );
    check_full("\x1b[2;3H\x1b[ax\x1b[ex", "aaaaa|bbbxb|ccccx|ddddd", (2, 5));
}

/// IND, NEL, RI and CR at and beyond the margins (xterm).
#[test]
fn margins_hold_what_starts_inside() {
    let set = "\x1b[?69h\x1b[2;4s\x1b[2;3r";
    for (bytes, rows, at) in [
        // At the margin's column they scroll, outside they only stop.
        ("\x1b[3;2H\x1bD", "aaaaa|bcccb|c   c|ddddd", (2, 1)),
        ("\x1b[3;1H\x1bD", "aaaaa|bbbbb|ccccc|ddddd", (2, 0)),
        ("\x1b[3;5H\x1bD", "aaaaa|bbbbb|ccccc|ddddd", (2, 4)),
        ("\x1b[4;3H\x1bD", "aaaaa|bbbbb|ccccc|ddddd", (3, 2)),
        ("\x1b[3;3H\x1bE", "aaaaa|bcccb|c   c|ddddd", (2, 1)),
        ("\x1b[3;1H\x1bE", "aaaaa|bbbbb|ccccc|ddddd", (2, 0)),
        ("\x1b[3;5H\x1bE", "aaaaa|bbbbb|ccccc|ddddd", (2, 1)),
        ("\x1b[2;4H\x1bM", "aaaaa|b   b|cbbbc|ddddd", (1, 3)),
        ("\x1b[2;1H\x1bM", "aaaaa|bbbbb|ccccc|ddddd", (1, 0)),
        ("\x1b[2;6H\x1bM", "aaaaa|bbbbb|ccccc|ddddd", (1, 5)),
        ("\x1b[1;3H\x1bM", "aaaaa|bbbbb|ccccc|ddddd", (0, 2)),
        // CR goes to the left margin from inside or right of it, else to the first column.
        ("\x1b[2;6H\r", "aaaaa|bbbbb|ccccc|ddddd", (1, 1)),
        ("\x1b[2;1H\r", "aaaaa|bbbbb|ccccc|ddddd", (1, 0)),
        ("\x1b[2;2H\x08\x08", "aaaaa|bbbbb|ccccc|ddddd", (1, 1)),
        ("\x1b[2;6H\x1b[9D", "aaaaa|bbbbb|ccccc|ddddd", (1, 1)),
        ("\x1b[2;1H\x1b[9C", "aaaaa|bbbbb|ccccc|ddddd", (1, 3)),
        ("\x1b[2;6H\x1b[9C", "aaaaa|bbbbb|ccccc|ddddd", (1, 9)),
        // A wrap that is pending at the right margin goes on at the left one, and is forgotten by BS.
        ("\x1b[2;3Hxyz", "aaaaa|bbxyb|czccc|ddddd", (2, 2)),
        ("\x1b[3;3Hxyz", "aaaaa|bcxyb|cz  c|ddddd", (2, 2)),
        ("\x1b[2;3Hxy\x08z", "aaaaa|bbzyb|ccccc|ddddd", (1, 3)),
        ("\x1b[2;3Hxy\rz", "aaaaa|bzxyb|ccccc|ddddd", (1, 2)),
        ("\x1b[2;3Hxy\nz", "aaaaa|bbxyb|ccczc|ddddd", (2, 3)),
        // Setting the mode again keeps the margins, resetting it drops them.
        ("\x1b[?69h\x1b[2;3H\r", "aaaaa|bbbbb|ccccc|ddddd", (1, 1)),
        ("\x1b[?69l\x1b[2;3H\r", "aaaaa|bbbbb|ccccc|ddddd", (1, 0)),
        // DECBI and DECFI scroll at the margin's column, if the row is inside too; else they move.
        ("\x1b[2;2H\x1b6", "aaaaa|b bbb|c ccc|ddddd", (1, 1)),
        ("\x1b[2;4H\x1b9", "aaaaa|bbb b|ccc c|ddddd", (1, 3)),
        ("\x1b[1;2H\x1b6", "aaaaa|bbbbb|ccccc|ddddd", (0, 1)),
        ("\x1b[1;4H\x1b9", "aaaaa|bbbbb|ccccc|ddddd", (0, 3)),
        (
            "\x1b[2;1H\x1b6\x1b[2;6H\x1b9",
            "aaaaa|bbbbb|ccccc|ddddd",
            (1, 6),
        ),
    ] {
        check_full(&format!("{set}{bytes}"), rows, at);
    }
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
    // A guarded area is safe from all but selective erasure (ISO 6429, as xterm has it).
    check(SMALL, "ab\x1bVcd\x1bWef\x1b[2K", "  cd|||", (0, 6));
    check(SMALL, "ab\x1bVcd\x1bWef\x1b[2J", "  cd|||", (0, 6));
    check(SMALL, "ab\x1bVcd\x1bWef\x1b[H\x1b[9X", "  cd|||", (0, 0));
    check(SMALL, "ab\x1bVcd\x1bWef\x1b[?2J", "|||", (0, 6));
    check(SMALL, "ab\x1bVcd\x1b[1\"q\x1b[2K", "|||", (0, 4));
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
    // DECALN ends margins, origin mode and the pen's look, but not the margins' mode.
    check(
        (3, 2),
        "\x1b[?69h\x1b[2;2s\x1b[1;1r\x1b[?6h\x1b#8\x1b[2;3Hx\x1b[2s\x1b[2;1H\rx",
        "EEE|xEx",
        (1, 1),
    );
}

/// DECSTR: xterm's `ReallyReset`, where DEC's VT510 reference says something else (autowrap).
#[test]
fn a_soft_reset_undoes_what_programs_leave_behind() {
    let before = "\x1b[?1;6;45;66;69;1045h\x1b[?7;25l\x1b[4h\x1b[2;3r\x1b[2;4s\x1b[1;31m\x1b[1\"q\
         \x1b(0\x0f\x1b[5 q\x1b]4;1;red\x07\x1b[>4;2m\x1b[>5u";
    let mut screen = after(10, 4, format!("{FULL}{before}\x1b[2;2H\x1b7\x1b[!p"));
    let fresh = support::screen(10, 4).snapshot();
    let snapshot = screen.snapshot();
    assert_eq!(snapshot.modes, fresh.modes);
    assert_eq!(snapshot.palette, fresh.palette);
    let at = snapshot.cursor;
    assert_eq!(
        (at.shape, at.blink, at.visible),
        (fresh.cursor.shape, false, true)
    );
    // The cursor stays; text, margins and the saved cursor are as at first.
    assert_eq!((at.row, at.column), (2, 2));
    assert_eq!(shown(&mut screen), "aaaaa|bbbbb|ccccc|ddddd");
    feed(&mut screen, "q\x1b[?2K\x1b8x\x1b[4;10Hyz");
    assert_eq!(shown(&mut screen), "bbbbb||ddddd    y\\|z");
    // What is no disorder stays: mouse, pastes, tab stops, title, new line, colours of the screen.
    let kept = "\x1b[?1000;1006;2004;5h\x1b[20h\x1b]0;t\x07\x1b]11;red\x07\x1b[3g";
    let mut kept = after(10, 4, format!("{kept}\x1b[!p\tx"));
    let snapshot = kept.snapshot();
    assert!(
        snapshot.modes.bracketed_paste && snapshot.modes.newline && snapshot.modes.reverse_video
    );
    assert_eq!(
        snapshot.modes.mouse,
        abide_protocol::snapshot::MouseTracking::Normal
    );
    assert_eq!(&*snapshot.title, "t");
    assert!(snapshot.palette.background.is_some());
    assert_eq!(shown(&mut kept), "         x|||");
}

/// DECRC under the origin mode that it restores: the margins of now hold the cursor (xterm).
#[test]
fn a_restored_cursor_stays_inside_margins() {
    check_full(
        "\x1b[?6h\x1b[4;9H\x1b7\x1b[1;2r\x1b8x",
        "aaaaa|bbbbb   x|ccccc|ddddd",
        (1, 9),
    );
    check_full(
        "\x1b[4;9H\x1b7\x1b[1;2r\x1b8x",
        "aaaaa|bbbbb|ccccc|ddddd   x",
        (3, 9),
    );
    check_full(
        "\x1b7\x1b[1;2r\x1b[?6h\x1b8\x1b[2;1Hx",
        "aaaaa|xbbbb|ccccc|ddddd",
        (1, 1),
    );
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
