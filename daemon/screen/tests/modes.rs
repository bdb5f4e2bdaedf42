//! Every mode: what DECRQM says of it at the start, set and reset, and what XTSAVE keeps.
#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use std::collections::HashMap;

use abide_protocol::Book;
use support::after;

/// What a mode does when it is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// It can be changed, and is reset at first.
    Reset,
    /// It can be changed, and is set at first.
    Set,
    /// It stays what it is, whatever is done to it.
    AlwaysSet,
    AlwaysReset,
}

/// All private modes that are known; any other is answered with 0.
const PRIVATE: [(Kind, &[u16]); 4] = [
    (
        Kind::Reset,
        &[
            1, 5, 6, 9, 12, 42, 45, 47, 66, 67, 69, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016,
            1042, 1043, 1045, 1047, 1048, 1049, 2004, 2026, 2031, 2048,
        ],
    ),
    (Kind::Set, &[7, 25, 1007, 2027]),
    (Kind::AlwaysSet, &[2, 8, 1036, 1039, 1041, 1046]),
    (
        Kind::AlwaysReset,
        &[
            3, 4, 11, 16, 18, 19, 38, 40, 41, 44, 53, 59, 60, 61, 64, 68, 73, 80, 81, 1001, 1010,
            1011, 1034, 1035, 1037, 1040, 1044, 1050, 1051, 1052, 1053, 1060, 1061,
        ],
    ),
];

const ANSI: [(Kind, &[u16]); 4] = [
    (Kind::Reset, &[4, 20]),
    (Kind::Set, &[12]),
    (Kind::AlwaysSet, &[]),
    (
        Kind::AlwaysReset,
        &[1, 2, 3, 5, 7, 10, 11, 13, 14, 15, 16, 17, 18, 19],
    ),
];

/// Greater than any mode of ours.
const BEYOND: u16 = 3000;

/// DECRQM's answer after `bytes`.
fn asked(bytes: &str, private: &str, mode: u16) -> u16 {
    let mut screen = after(80, 24, bytes);
    screen.take_replies();
    support::feed(&mut screen, format!("\x1b[{private}{mode}$p"));
    let answer = String::from_utf8(screen.take_replies()).unwrap();
    let value = answer.strip_prefix(&format!("\x1b[{private}{mode};"));
    value.unwrap().strip_suffix("$y").unwrap().parse().unwrap()
}

fn check_kinds(private: &str, table: &[(Kind, &[u16])]) {
    let pairs = table
        .iter()
        .flat_map(|(kind, modes)| modes.iter().map(|mode| (*mode, *kind)));
    let kinds: HashMap<u16, Kind> = pairs.collect();
    let count: usize = table.iter().map(|(_, modes)| modes.len()).sum();
    assert_eq!(kinds.len(), count, "a mode is listed twice");
    for mode in 0..BEYOND {
        let set = format!("\x1b[{private}{mode}h");
        let reset = format!("\x1b[{private}{mode}l");
        let after = |bytes: &str| asked(bytes, private, mode);
        let answers = [after(""), after(&set), after(&format!("{set}{reset}"))];
        let expected = match kinds.get(&mode) {
            None => [0; 3],
            // The cursor stays saved when it is restored.
            Some(Kind::Reset) if private == "?" && mode == 1048 => [2, 1, 1],
            Some(Kind::Reset) => [2, 1, 2],
            Some(Kind::Set) => [1, 1, 2],
            Some(Kind::AlwaysSet) => [3; 3],
            Some(Kind::AlwaysReset) => [4; 3],
        };
        assert_eq!(answers, expected, "mode {private}{mode}");
        // A full reset brings all of them back.
        assert_eq!(
            after(&format!("{set}\x1bc")),
            expected[0],
            "mode {private}{mode} after RIS"
        );
        assert_eq!(
            after(&format!("{reset}\x1bc")),
            expected[0],
            "mode {private}{mode} after RIS"
        );
    }
}

#[test]
fn every_private_mode_is_reported_truthfully() {
    check_kinds("?", &PRIVATE);
}

#[test]
fn every_ansi_mode_is_reported_truthfully() {
    check_kinds("", &ANSI);
}

/// The size is told when the mode is set, not when it is reset.
#[test]
fn sizes_are_told_in_band() {
    check_reply("\x1b[?2048h\x1b[?2048l", "\x1b[48;24;80;384;640t");
}

/// Of one kind of settings, one is set at a time.
#[test]
fn mouse_modes_exclude_each_other() {
    check_reply(
        "\x1b[?1000;1003h\x1b[?1000$p\x1b[?1003$p",
        "\x1b[?1000;2$y\x1b[?1003;1$y",
    );
    check_reply(
        "\x1b[?1006;1015h\x1b[?1006$p\x1b[?1015$p",
        "\x1b[?1006;2$y\x1b[?1015;1$y",
    );
    check_reply(
        "\x1b[?47h\x1b[?1047$p\x1b[?1049$p",
        "\x1b[?1047;1$y\x1b[?1049;1$y",
    );
}

fn check_reply(bytes: &str, expected: &str) {
    let mut screen = after(80, 24, bytes);
    let replies = String::from_utf8(screen.take_replies()).unwrap();
    assert_eq!(replies, expected, "{bytes:?}");
}

#[test]
fn modes_are_saved_and_restored() {
    check_reply(
        "\x1b[?2004h\x1b[?2004s\x1b[?2004l\x1b[?2004r\x1b[?2004$p",
        "\x1b[?2004;1$y",
    );
    check_reply(
        "\x1b[?1;7s\x1b[?1h\x1b[?7l\x1b[?1;7r\x1b[?1$p\x1b[?7$p",
        "\x1b[?1;2$y\x1b[?7;1$y",
    );
    // What was not saved stays.
    check_reply("\x1b[?2004h\x1b[?2004r\x1b[?2004$p", "\x1b[?2004;1$y");
    // Mouse modes are one setting, and so are their encodings (xterm).
    for (save, restore) in [(1002, 1002), (1000, 1000), (1002, 1003)] {
        check_reply(
            &format!("\x1b[?1002h\x1b[?{save}s\x1b[?1003h\x1b[?{restore}r\x1b[?1002$p\x1b[?1003$p"),
            "\x1b[?1002;1$y\x1b[?1003;2$y",
        );
    }
    check_reply(
        "\x1b[?1000s\x1b[?1003h\x1b[?1000r\x1b[?1003$p",
        "\x1b[?1003;2$y",
    );
    check_reply(
        "\x1b[?1006h\x1b[?1006s\x1b[?1015h\x1b[?1006r\x1b[?1006$p",
        "\x1b[?1006;1$y",
    );
    check_reply(
        "\x1b[?1002h\x1b[?1001s\x1b[?1002l\x1b[?1001r\x1b[?1002$p",
        "\x1b[?1002;1$y",
    );
    // X10's mouse is kept apart, and with it whatever mode the mouse has.
    check_reply(
        "\x1b[?1002h\x1b[?9s\x1b[?1003h\x1b[?1000r\x1b[?1003$p\x1b[?9r\x1b[?1002$p",
        "\x1b[?1003;1$y\x1b[?1002;1$y",
    );
    check_reply(
        "\x1b[?9h\x1b[?9s\x1b[?1000s\x1b[?1003h\x1b[?1000r\x1b[?9$p\x1b[?9l\x1b[?9r\x1b[?9$p",
        "\x1b[?9;1$y\x1b[?9;1$y",
    );
    check_reply("\x1b[?9s\x1b[?9h\x1b[?9r\x1b[?9$p", "\x1b[?9;2$y");
    check_reply("\x1b[?9h\x1b[?9r\x1b[?9$p", "\x1b[?9;1$y");
    // All ways to the alternate screen are one setting.
    for save in [47, 1047, 1049] {
        for restore in [47, 1047, 1049] {
            let bytes = format!("\x1b[?{save}s\x1b[?1049h\x1b[?{restore}r");
            assert_eq!(after(5, 1, bytes).snapshot().book, Book::Main);
            let bytes = format!("\x1b[?47h\x1b[?{save}s\x1b[?47l\x1b[?{restore}r");
            assert_eq!(after(5, 1, bytes).snapshot().book, Book::Alternate);
        }
    }
    // The newest save counts, whatever its number.
    let bytes = "\x1b[?47h\x1b[?47s\x1b[?47l\x1b[?1049s\x1b[?47h\x1b[?47r";
    assert_eq!(after(5, 1, bytes).snapshot().book, Book::Main);
    // A restored screen is only shown: neither cleared nor the cursor moved.
    let mut screen = after(5, 1, "\x1b[?1049hab\x1b[?1049s\x1b[?1047l\x1b[?1049r");
    assert_eq!(screen.snapshot().book, Book::Alternate);
    check_reply("\x1b[4;5H\x1b[?1048s\x1b[H\x1b[?1048r\x1b[6n", "\x1b[4;5R");
}
