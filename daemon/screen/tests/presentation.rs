//! What DEC's terminals of levels 1 to 4 tell and take back, and what xterm puts aside: levels,
//! character sets, presentation reports, stacks of pens and colours.
#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use std::fmt::Write;

use support::{after, cursor, feed, shown};

fn check_reply(bytes: &str, expected: &str) {
    let mut screen = after(80, 24, bytes);
    let replies = String::from_utf8(screen.take_replies()).unwrap();
    assert_eq!(replies, expected, "{bytes:?}");
}

fn check_shown(bytes: &str, expected: &str) {
    let mut screen = after(20, 1, bytes);
    assert_eq!(shown(&mut screen), expected, "{bytes:?}");
}

/// The answer to DECRQSS of the pen.
fn check_pen(bytes: &str, expected: &str) {
    check_reply(
        &format!("{bytes}\x1bP$qm\x1b\\"),
        &format!("\x1bP1$r{expected}m\x1b\\"),
    );
}

#[test]
fn levels() {
    let asked = "\x1bP$q\"p\x1b\\";
    for (set, level) in [
        ("", 64),
        ("\x1b[61\"p", 61),
        ("\x1b[62\"p", 62),
        // 8-bit controls are never in use.
        ("\x1b[63;0\"p", 63),
        ("\x1b[62;1\"p\x1b[64;2\"p", 64),
        // This is no VT510, and others there are not.
        ("\x1b[65\"p", 64),
        ("\x1b[62\"p\x1b[65\"p", 62),
        ("\x1b[62\"p\x1b[60\"p\x1b[\"p\x1b[321\"p", 62),
        ("\x1b[62\"p\x1b[!p", 62),
        ("\x1b[62\"p\x1bc", 64),
    ] {
        check_reply(
            &format!("{set}{asked}"),
            &format!("\x1bP1$r{level};1\"p\x1b\\").replace("61;1", "61"),
        );
    }
    // A soft reset, the cursor where it was.
    check_reply(
        "\x1b[1;31m\x1b[?1;6h\x1b[4h\x1b[5;5H\x1b[64\"p\x1bP$qm\x1b\\\x1b[?1$p\x1b[4$p\x1b[6n",
        "\x1bP1$r0m\x1b\\\x1b[?1;2$y\x1b[4;2$y\x1b[5;5R",
    );
    // A level refused resets nothing.
    check_pen("\x1b[1m\x1b[65\"p", "0;1");
    // Rectangles, margins at the sides, DECIC, DECDC, DECBI, DECFI, checksums: from level 4 on.
    for bytes in [
        "ab\x1b[1;1;1;1$z",
        "ab\x1b[88;1;1;1;1$x",
        "ab\x1b[1;1;1;1;1;1;2;1$v",
        "ab\x1b[1;1;1;1;7$r",
        "ab\x1b[1;1H\x1b['}",
        "ab\x1b[1;1H\x1b['~",
        "ab\x1b[1;1H\x1b6",
        "abcdefghijklmnopqrst\x1b9",
    ] {
        let text = bytes.split('\x1b').next().unwrap();
        check_shown(&format!("\x1b[63\"p{bytes}"), text);
    }
    check_reply(
        "\x1b[63\"p\x1b[?69h\x1b[?69$p\x1b[1;1;1;1;1;1*y\x1bP$qs\x1b\\",
        "\x1b[?69;0$y\x1bP0$r\x1b\\",
    );
    check_reply(
        "\x1b[63\"p\x1b[2$w\x1b[\"v",
        "\x1bP2$u9/17/25/33/41/49/57/65/73\x1b\\\x1b[24;80;1;1;1\"w",
    );
    check_reply("\x1b[62\"p\x1b[2$w\x1b[1$w\x1b[\"v", "");
    let reports = "\x1b[?6n\x1b[?15n\x1b[?26n\x1b[?55n\x1b[?75n";
    for (level, answers) in [
        (61, "\x1b[?1;1R"),
        (62, "\x1b[?1;1R\x1b[?13n\x1b[?27;1n"),
        (63, "\x1b[?1;1;1R\x1b[?13n\x1b[?27;1;0n\x1b[?50n"),
        (64, "\x1b[?1;1;1R\x1b[?13n\x1b[?27;1;0;0n\x1b[?50n\x1b[?70n"),
    ] {
        check_reply(&format!("\x1b[{level}\"p{reports}"), answers);
    }
}

#[test]
fn character_sets() {
    check_shown("\x1b(A#\x1b(B#", "£#");
    check_shown("\x1b(0lqk\x1b(Blqk", "┌─┐lqk");
    // 96 characters: Latin 1, which is not the United Kingdom's set.
    for slot in ["-A\x0e", ".A\x1bn", "/A\x1bo"] {
        check_shown(&format!("\x1b{slot}#Di`~\x0f#"), "£Äéàþ#");
    }
    check_shown("\x1b.A\x1bND \x1bNDD", "Ä ÄD");
    check_shown("\x1b-A\x0ea b", "á\u{a0}â");
    check_shown("\x1b-Z\x0e#D", "#D");
    check_shown("\x1b(>!<oDS~", "⎷≤∂ΔΣ↓");
    check_shown("\x1b(>189RT", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}");
    check_shown("\x1b(%5(WD_]P", "¤ŒÄßŸ\u{fffd}");
    // National sets are there while their mode is set, when they are designated.
    check_shown("\x1b(K[\\]{|}~", "[\\]{|}~");
    check_shown("\x1b[?42h\x1b(K[\\]{|}~@\x1b[?42l[\x1b(K[", "ÄÖÜäöüß§Ä[");
    for (name, text) in [
        ("4", "£¾ĳ½|^_`¨ƒ¼´"),
        ("C", "#@ÄÖÅÜ_éäöåü"),
        ("R", "£à°ç§^_`éùè¨"),
        ("9", "#àâçêî_ôéùèû"),
        ("Y", "£§°çé^_ùàòèì"),
        ("E", "#ÄÆØÅÜ_äæøåü"),
        ("Z", "£§¡Ñ¿^_`°ñç~"),
        ("H", "#ÉÄÖÅÜ_éäöåü"),
        ("=", "ùàéçêîèôäöüû"),
        ("%6", "#@ÃÇÕ^_`ãçõ~"),
    ] {
        check_shown(&format!("\x1b[?42h\x1b({name}#@[\\]^_`{{|}}~"), text);
    }
    // What is beyond ASCII is no matter of theirs.
    check_shown("\x1b[?42h\x1b(Ké[日", "éÄ日");
    check_reply(
        "\x1b[?42$p\x1b[?42h\x1b[?42$p\x1b[!p\x1b[?42$p\x1bc\x1b[?42$p",
        "\x1b[?42;2$y\x1b[?42;1$y\x1b[?42;1$y\x1b[?42;2$y",
    );
    check_reply("\x1b[61\"p\x1b[?42h\x1b[?42$p", "\x1b[?42;0$y");
    check_shown("\x1b[62\"p\x1b(>!\x1b-A\x0e#", "!#");
}

#[test]
fn the_cursor_is_told_and_taken_back() {
    let told = |bytes: &str, report: &str| {
        check_reply(
            &format!("{bytes}\x1b[1$w"),
            &format!("\x1bP1$u{report}\x1b\\"),
        );
        // And back, from anything else.
        let other = "\x1b[?42h\x1b[2;2H\x1b[7;5;4m\x1b[1\"q\x1b(0\x1b)K\x1bo\x1b[?6h";
        let national = if bytes.contains("?42h") {
            ""
        } else {
            "\x1b[?42l"
        };
        check_reply(
            &format!("{other}{national}\x1bP1$t{report}\x1b\\\x1b[1$w"),
            &format!("\x1bP1$u{report}\x1b\\"),
        );
    };
    told("", "1;1;1;@;@;@;0;2;@;BBBB");
    told("\x1b[3;7H\x1b[1;4;5;7m", "3;7;1;O;@;@;0;2;@;BBBB");
    told("\x1b[1\"q\x1b[5;20r\x1b[?6h", "5;1;1;@;A;A;0;2;@;BBBB");
    told("\x1b[1;80Hx", "1;80;1;@;@;H;0;2;@;BBBB");
    told(
        "\x1b[?42h\x1b(0\x1b)K\x1b.A\x1b+%5\x0e\x1bN",
        "1;1;1;@;@;B;1;2;D;0KA%5",
    );
    told("\x1b*>\x1bO", "1;1;1;@;@;D;0;2;@;BB>B");
    // SPA is not DECSCA.
    told("\x1bV", "1;1;1;@;@;@;0;2;@;BBBB");

    let rest = ";1;H;A;A;3;2;@;000A";
    // Wrong parts and all after them are left out.
    for (report, place, pen) in [
        (format!("3;9{rest}"), "3;9", "0;7"),
        (format!("25;9{rest}"), "1;1", "0"),
        (format!("3;81{rest}"), "3;1", "0"),
        (format!("3;0{rest}"), "3;1", "0"),
        ("3;9;2;H;A;A;3;2;@;000A".into(), "3;9", "0"),
        ("3;9;1;X;A;A;3;2;@;000A".into(), "3;9", "0"),
        ("3;9;1;HH;A;A;3;2;@;000A".into(), "3;9", "0"),
        ("3;9;1".into(), "3;9", "0"),
        ("3;9;1;I;C;A;3;2;@;000A".into(), "3;9", "0;1;7"),
        ("99999;9".into(), "1;1", "0"),
        (String::new(), "1;1", "0"),
    ] {
        check_reply(
            &format!("\x1bP1$t{report}\x1b\\\x1b[6n"),
            &format!("\x1b[{place}R"),
        );
        check_pen(&format!("\x1bP1$t{report}\x1b\\"), pen);
    }
    // Colours and other looks stay, also which line is below.
    check_pen(
        "\x1b[31;3;4:3m\x1bP1$t1;1;1;C;@;@;0;2;@;BBBB\x1b\\",
        "0;1;3;4:3;31",
    );
    // The wrap is only pending where text has ended.
    let mut screen = after(5, 2, "abcde\x1bP1$t1;2;1;@;@;H;0;2;@;BBBB\x1b\\x");
    assert_eq!(
        (shown(&mut screen).as_str(), cursor(&mut screen)),
        ("axcde|", (0, 2))
    );
    let mut screen = after(5, 2, "abcde\x1b[H\x1bP1$t1;5;1;@;@;H;0;2;@;BBBB\x1b\\x");
    assert_eq!(shown(&mut screen), "abcde\\|x");
    check_reply(
        "\x1b[62\"p\x1bP1$t3;9;1;@;@;@;0;2;@;BBBB\x1b\\\x1b[6n",
        "\x1b[1;1R",
    );
}

#[test]
fn tab_stops_are_told_and_taken_back() {
    check_reply(
        "\x1b[3g\x1b[5G\x1bH\x1b[80G\x1bH\x1b[2$w",
        "\x1bP2$u5/80\x1b\\",
    );
    check_reply(
        "\x1bP2$t3/17/80/81/0\x1b\\\x1b[2$w",
        "\x1bP2$u3/17/80\x1b\\",
    );
    check_reply("\x1bP2$t3/x/17\x1b\\\x1b[2$w", "\x1bP2$u3\x1b\\");
    check_reply("\x1bP2$t\x1b\\\x1b[2$w\x1b[0$w\x1b[3$w", "\x1bP2$u\x1b\\");
    check_reply(
        "\x1bP3$t1\x1b\\\x1b[2$w",
        "\x1bP2$u9/17/25/33/41/49/57/65/73\x1b\\",
    );
}

#[test]
fn pens_are_put_aside() {
    for (push, pop) in [("{", "}"), ("p", "q")] {
        check_pen(
            &format!("\x1b[1;31m\x1b[#{push}\x1b[0;4m\x1b[#{pop}"),
            "0;1;31",
        );
        check_pen(
            &format!("\x1b[1;31m\x1b[1#{push}\x1b[0;4;32m\x1b[#{pop}"),
            "0;1;4;32",
        );
    }
    let all = "\x1b[1;2;3;4:3;5;7;8;9;53;31;42;58:5:9m";
    let whole = "0;1;2;3;5;7;8;9;53;4:3;31;42;58:5:9";
    check_pen(&format!("{all}\x1b[#{{\x1b[m\x1b[#}}"), whole);
    for (code, part) in [
        (1, "0;1"),
        (2, "0;2"),
        (3, "0;3"),
        (4, "0;4:3;58:5:9"),
        (5, "0;5"),
        (6, "0"),
        (7, "0;7"),
        (8, "0;8"),
        (9, "0;9"),
        (10, "0;31"),
        (11, "0;42"),
        (21, "0;4:3;58:5:9"),
        (30, "0;31"),
        (31, "0;42"),
        (32, "0"),
        (65535, "0"),
    ] {
        check_pen(&format!("{all}\x1b[{code}#{{\x1b[m\x1b[#}}"), part);
    }
    check_pen(&format!("{all}\x1b[1;30;99#{{\x1b[m\x1b[#}}"), "0;1;31");
    // What was clear is cleared again, and no more.
    check_pen("\x1b[1#{\x1b[1;3;31m\x1b[#}", "0;3;31");
    // Nothing put aside, nothing comes.
    check_pen("\x1b[1m\x1b[#}", "0;1");
    // Ten are kept; those beyond are counted.
    let mut bytes = String::new();
    for color in 0..12 {
        write!(bytes, "\x1b[38;5;{}m\x1b[#{{", 100 + color).unwrap();
    }
    for (pops, color) in [(1, 111), (2, 111), (3, 109), (12, 100), (13, 100)] {
        let pops = "\x1b[#}".repeat(pops);
        check_pen(&format!("{bytes}{pops}"), &format!("0;38:5:{color}"));
    }
    check_pen("\x1b[1m\x1b[#{\x1b[!p\x1b[#}", "0;1");
    check_pen("\x1b[1m\x1b[#{\x1bc\x1b[#}", "0");
    // A link is no part of a pen's look.
    let mut screen = after(20, 1, "\x1b]8;;http://x\x07\x1b[#{\x1b]8;;\x07\x1b[#}x");
    let snapshot = screen.snapshot();
    assert!(snapshot.rows[0].runs().next().unwrap().0.link.is_none());
}

#[test]
fn looks_are_told() {
    let text = "\x1b[1;31mab\x1b[4mcd\x1b[m";
    for (area, look) in [
        ("1;1;1;2", "0;1;31"),
        ("1;3;1;4", "0;1;4;31"),
        ("1;1;1;4", "0;1;31"),
        ("1;1;1;5", "0"),
        ("1;1;2;1", "0"),
        ("", "0"),
        ("1;9;1;3", "0"),
        ("1;1;1", "0"),
    ] {
        check_reply(&format!("{text}\x1b[{area}#|"), &format!("\x1b[{look}m"));
    }
    check_reply("\x1b[44m\x1b[2J\x1b[1;31mx\x1b[#|", "\x1b[0;44m");
}

#[test]
fn colours_are_put_aside() {
    let ask = "\x1b]4;1;?\x07\x1b]11;?\x07";
    let answer = |one: &str, back: &str| format!("\x1b]4;1;rgb:{one}\x07\x1b]11;rgb:{back}\x07");
    let (red, black) = ("cdcd/0000/0000", "0000/0000/0000");
    let set = "\x1b]4;1;#010203\x07\x1b]11;#040506\x07";
    let (one, back) = ("0101/0202/0303", "0404/0505/0606");
    check_reply(&format!("{set}{ask}"), &answer(one, back));
    check_reply(&format!("\x1b[#P{set}\x1b[#Q{ask}"), &answer(red, black));
    check_reply(
        &format!("{set}\x1b[#P\x1b]104\x07\x1b]111\x07\x1b[#Q{ask}"),
        &answer(one, back),
    );
    check_reply(&format!("{set}\x1b[#Q{ask}"), &answer(one, back));
    check_reply(
        "\x1b[#R\x1b[#P\x1b[#P\x1b[#R\x1b[#Q\x1b[#R",
        "\x1b[?0;0#Q\x1b[?2;2#Q\x1b[?1;2#Q",
    );
    // By number; 10 are kept.
    check_reply(
        &format!("{set}\x1b[3#P\x1b]104\x07\x1b[#R\x1b[3#Q{ask}\x1b[#R"),
        &format!("\x1b[?3;3#Q{}\x1b[?2;3#Q", answer(one, back)),
    );
    check_reply(
        &format!("{}\x1b[#R\x1b[11#P\x1b[#R\x1b[99#Q", "\x1b[#P".repeat(12)),
        "\x1b[?10;10#Q\x1b[?10;10#Q",
    );
    check_reply(&format!("{set}\x1b[#P\x1bc\x1b[#Q\x1b[#R"), "\x1b[?0;0#Q");
}

#[test]
fn keys_with_modifiers_are_told() {
    check_reply(
        "\x1b[?0m\x1b[?1m\x1b[?2;3m\x1b[?6;7m",
        "\x1b[>0;0m\x1b[>1;2m\x1b[>2;2m\x1b[>3;0m\x1b[>6;0m\x1b[>7;0m",
    );
    check_reply(
        "\x1b[>4;2m\x1b[?4m\x1b[>m\x1b[?4m\x1b[?9m",
        "\x1b[>4;2m\x1b[>4;0m",
    );
    // Only those of other keys can be changed.
    check_reply("\x1b[>1;3m\x1b[?1m", "\x1b[>1;2m");
    check_reply(
        "\x1b[>4;1m\x1bP$q>4m\x1b\\\x1bP$q>1m\x1b\\\x1bP$q>9m\x1b\\",
        "\x1bP1$r>4;1m\x1b\\\x1bP1$r>1;2m\x1b\\\x1bP0$r\x1b\\",
    );
}

/// There is none: asking says so, and what is meant for it is shown, as in xterm when no type of one
/// was chosen.
#[test]
fn status_lines() {
    check_reply(
        "\x1b[2$~\x1b[1$}\x1bP$q$~\x1b\\\x1bP$q$}\x1b\\",
        "\x1bP1$r0$~\x1b\\\x1bP1$r0$}\x1b\\",
    );
    check_shown("a\x1b[1$}b\x1b[0$}c", "abc");
}

#[test]
fn the_stack_of_titles_is_told() {
    check_reply(
        "\x1b[#S\x1b[22t\x1b[22t\x1b[#S\x1b[23t\x1b[#S",
        "\x1b[0;10#S\x1b[2;10#S\x1b[1;10#S",
    );
}

/// A keyboard is never locked, so that no program shuts its user out.
#[test]
fn keyboards_stay_open() {
    check_reply("\x1b[2h\x1b[2$p", "\x1b[2;4$y");
}

/// All of it is kept while a screen is saved.
#[test]
fn what_is_put_aside_is_saved() {
    let bytes =
        "\x1b[1;31m\x1b[#{\x1b[m\x1b]4;1;red\x07\x1b[#P\x1b]104\x07\x1b[?42h\x1b)K\x1b[63\"p\x1b)>";
    let screen = after(20, 2, bytes);
    let mut loaded = abide_screen::Screen::load(&screen.save(), &support::options(1, 1)).unwrap();
    feed(
        &mut loaded,
        "\x1b[#}\x1bP$qm\x1b\\\x1b[#Q\x1b]4;1;?\x07\x1bP$q\"p\x1b\\\x0eD",
    );
    assert_eq!(
        String::from_utf8(loaded.take_replies()).unwrap(),
        "\x1bP1$r0;1;31m\x1b\\\x1b]4;1;rgb:ffff/0000/0000\x07\x1bP1$r63;1\"p\x1b\\"
    );
    assert_eq!(shown(&mut loaded), "Δ|");
}
