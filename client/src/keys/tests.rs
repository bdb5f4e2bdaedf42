mod laws;
mod paste;
mod silence;

use super::prefix::Chord;
use super::*;
use abide_protocol::input::{Key, KeyAction, Mods};
use std::time::Instant;

/// One value in one word: `ctrl+a`, with `*` for a repeat, `-` for a release, then what it types,
/// its shifted and its base character.
fn word(value: &FromTerminal) -> String {
    match value {
        FromTerminal::Key(event) => key_word(event),
        FromTerminal::Raw(bytes) => format!("raw {}", bytes.escape_ascii()),
        FromTerminal::Focus(gained) => format!("focus {gained}"),
        FromTerminal::Paste(text) => format!("paste {text:?}"),
        FromTerminal::Mouse(event) => {
            let mods = if event.mods == Mods::default() {
                ""
            } else {
                " mods"
            };
            let MouseEvent {
                action,
                button,
                column,
                row,
                ..
            } = event;
            format!("{action:?} {button:?} {column} {row}{mods}")
        }
        FromTerminal::Reply(reply) => format!("{reply:?}"),
    }
}

fn key_word(event: &KeyEvent) -> String {
    let names = [
        "shift", "alt", "ctrl", "super", "hyper", "meta", "caps", "num",
    ];
    let held = names
        .iter()
        .enumerate()
        .filter(|(bit, _)| event.mods.0 & (1 << bit) != 0);
    let key = match event.key {
        Key::Char(c) => c.to_string(),
        Key::Keypad(key) => format!("kp{key:?}"),
        key => format!("{key:?}").to_lowercase(),
    };
    let parts: Vec<_> = held.map(|(_, name)| *name).chain([key.as_str()]).collect();
    let mut word = parts.join("+");
    word += match event.action {
        KeyAction::Press => "",
        KeyAction::Repeat => "*",
        KeyAction::Release => "-",
    };
    let parts = [
        event.text.clone().map(|text| format!(" {text:?}")),
        event.shifted.map(|c| format!(" ^{c}")),
        event.base.map(|c| format!(" _{c}")),
    ];
    parts
        .into_iter()
        .flatten()
        .fold(word, |word, part| word + &part)
}

fn words(values: &[FromTerminal]) -> Vec<String> {
    values.iter().map(word).collect()
}

/// Feeds `bytes` at once and byte by byte; both must give `expected`.
fn check_in(outer: Outer, bytes: &[u8], expected: &[&str]) {
    let now = Instant::now();
    let whole = Decoder::new(outer).feed(bytes, now);
    assert_eq!(
        words(&whole),
        expected,
        "{} in {outer:?}",
        bytes.escape_ascii()
    );
    let mut decoder = Decoder::new(outer);
    let single: Vec<_> = bytes
        .chunks(1)
        .flat_map(|byte| decoder.feed(byte, now))
        .collect();
    assert_eq!(
        words(&single),
        expected,
        "{} byte by byte",
        bytes.escape_ascii()
    );
}

fn check(table: &[(&str, &[&str])]) {
    for outer in [Outer::Legacy, Outer::ModifyOtherKeys, Outer::Kitty(1)] {
        for (bytes, expected) in table {
            check_in(outer, bytes.as_bytes(), expected);
        }
    }
}

#[test]
fn text_and_control_characters() {
    check(&[
        ("aB", &["a \"a\"", "shift+b \"B\" ^B"]),
        ("!", &["! \"!\""]),
        ("öÖ中", &["ö \"ö\"", "shift+ö \"Ö\" ^Ö", "中 \"中\""]),
        ("\t\r\n\x7f", &["tab", "enter", "ctrl+j", "backspace"]),
        ("\0\x01\x08\x1a", &["ctrl+ ", "ctrl+a", "ctrl+h", "ctrl+z"]),
        (
            "\x1c\x1d\x1e\x1f",
            &["ctrl+\\", "ctrl+]", "ctrl+^", "ctrl+_"],
        ),
        ("\x1bx\x1bA", &["alt+x", "shift+alt+a ^A"]),
        ("\x1bö", &["alt+ö"]),
        (
            "\x1b\r\x1b\x7f\x1b\x01",
            &["alt+enter", "alt+backspace", "alt+ctrl+a"],
        ),
        ("\x1b\x1bx", &["escape", "alt+x"]),
        // Held down, Alt+Shift+p begins a string again and again.
        (
            "\x1bP\x1bP\r",
            &["shift+alt+p ^P", "shift+alt+p ^P", "enter"],
        ),
    ]);
}

#[test]
fn cursor_and_function_keys() {
    check(&[
        ("\x1b[A\x1bOB", &["up", "down"]),
        (
            "\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[7~\x1b[8~",
            &["home", "end", "home", "end", "home", "end"],
        ),
        (
            "\x1b[2~\x1b[3~\x1b[5~\x1b[6~",
            &["insert", "delete", "pageup", "pagedown"],
        ),
        (
            "\x1b[1;2A\x1b[1;5D\x1b[5C",
            &["shift+up", "ctrl+left", "ctrl+right"],
        ),
        ("\x1b[3;3~", &["alt+delete"]),
        (
            "\x1b[Z\x1b\x1b[Z\x1b[1;5Z",
            &["shift+tab", "shift+alt+tab", "shift+ctrl+tab"],
        ),
        (
            "\x1bOP\x1b[Q\x1b[R\x1b[1;5R\x1b[13;2~",
            &[
                "function(1)",
                "function(2)",
                "function(3)",
                "ctrl+function(3)",
                "shift+function(3)",
            ],
        ),
        (
            "\x1b[11~\x1b[15~\x1b[17~\x1b[24~\x1b[25~\x1b[34~",
            &[
                "function(1)",
                "function(5)",
                "function(6)",
                "function(12)",
                "function(13)",
                "function(20)",
            ],
        ),
        ("\x1b[[A\x1b[[E", &["function(1)", "function(5)"]),
        (
            "\x1b[a\x1bOc\x1b[3$\x1b[5^\x1b[6@",
            &[
                "shift+up",
                "ctrl+right",
                "shift+delete",
                "ctrl+pageup",
                "shift+ctrl+pagedown",
            ],
        ),
        ("\x1b\x1b[A\x1b\x1bOB", &["alt+up", "alt+down"]),
        ("\x1bO5P", &["ctrl+function(1)"]),
        (
            "\x1bOM\x1bOp\x1bOk\x1b[E",
            &["kpEnter", "kpDigit(0)", "kpAdd", "kpBegin"],
        ),
    ]);
}

#[test]
fn modify_other_keys() {
    check(&[
        ("\x1b[27;5;105~\x1b[27;2;13~", &["ctrl+i", "shift+enter"]),
        ("\x1b[27;6;65~", &["shift+ctrl+a ^A"]),
        ("\x1b[27;2;65~", &["shift+a \"A\" ^A"]),
        ("\x1b[27;6;33~", &["shift+ctrl+1 ^!"]),
        (
            "\x1b[27;5;9~\x1b[27;3;27~\x1b[27;2;8~",
            &["ctrl+tab", "alt+escape", "shift+backspace"],
        ),
        ("\x1b[27;2;32~", &["shift+  \" \" ^ "]),
        ("\x1b[105;5u\x1b[65;6u", &["ctrl+i", "shift+ctrl+a ^A"]),
    ]);
}

#[test]
fn kitty() {
    check(&[
        (
            "\x1b[27u\x1b[13;2u\x1b[9;5u",
            &["escape", "shift+enter", "ctrl+tab"],
        ),
        (
            "\x1b[97;5:1u\x1b[97;5:2u\x1b[97;5:3u",
            &["ctrl+a", "ctrl+a*", "ctrl+a-"],
        ),
        ("\x1b[1;1:3A\x1b[3;5:2~", &["up-", "ctrl+delete*"]),
        ("\x1b[61:43:93;6u", &["shift+ctrl+= ^+ _]"]),
        ("\x1b[1089::99;5u", &["ctrl+с _c"]),
        ("\x1b[97;;229u", &["a \"å\""]),
    ]);
    check(&[
        ("\x1b[0;;26085:26412u", &["日 \"日本\""]),
        (
            "\x1b[57399u\x1b[57414;1:3u\x1b[57376u",
            &["kpDigit(0)", "kpEnter-", "function(13)"],
        ),
        (
            "\x1b[57441;2u\x1b[57428u",
            &["shift+functional(57441)", "functional(57428)"],
        ),
        ("\x1b[1;129A\x1b[99;69u", &["num+up", "ctrl+caps+c"]),
        ("\x1b[99;9u", &["super+c"]),
    ]);
    // With flag 16 a terminal tells the text of keys; without, a key implies it.
    for (outer, dead) in [(Outer::Kitty(31), "a"), (Outer::Kitty(9), "a \"a\"")] {
        check_in(outer, b"\x1b[97u", &[dead]);
        check_in(outer, b"\x1b[97;1:3u", &["a-"]);
    }
    check_in(
        Outer::Kitty(9),
        b"\x1b[97;2u\x1b[97;65u",
        &["shift+a \"A\" ^A", "caps+a \"A\""],
    );
}

#[test]
fn backspace_is_what_the_tty_erases_with() {
    let mut decoder = Decoder::default();
    decoder.set_erase(8);
    let now = Instant::now();
    assert_eq!(words(&decoder.feed(b"\x08", now)), ["backspace"]);
    decoder.set_erase(0x7f);
    assert_eq!(
        words(&decoder.feed(b"\x08\x7f", now)),
        ["ctrl+h", "backspace"]
    );
}

/// The prefix in every encoding a terminal may send it in.
#[test]
fn the_prefix_is_one_key() {
    let prefix = Chord {
        key: Key::Char('\\'),
        mods: Mods::CTRL,
    };
    for bytes in [
        "\x1c",
        "\x1b[92;5u",
        "\x1b[92::92;5:1u",
        "\x1b[27;5;92~",
        "\x1b[92;133u",
    ] {
        let mut decoder = Decoder::default();
        let values = decoder.feed(bytes.as_bytes(), Instant::now());
        let [FromTerminal::Key(event)] = &values[..] else {
            panic!("{values:?}")
        };
        let out = prefix::Prefix::new(Some(prefix)).on(event.clone());
        assert_eq!(out, prefix::PrefixOut::Pending, "{bytes:?}");
    }
}

#[test]
fn replies_are_replies() {
    let version = "Version(\"XTerm(390)\")";
    check(&[
        ("\x1b[?62;22c", &["PrimaryAttributes([62, 22])"]),
        ("\x1b[>41;390;0c", &["SecondaryAttributes([41, 390, 0])"]),
        ("\x1bP>|XTerm(390)\x1b\\", &[version]),
        (
            "\x1b[?2026;2$y",
            &["Mode { private: true, mode: 2026, state: 2 }"],
        ),
        (
            "\x1b[20;3$y",
            &["Mode { private: false, mode: 20, state: 3 }"],
        ),
        ("\x1b[?5u", &["KittyFlags(5)"]),
        ("\x1b[>4;2m", &["ModifyOtherKeys(2)"]),
        (
            "\x1b]11;rgb:ffff/8080/0000\x07",
            &["Background(Rgb { r: 255, g: 128, b: 0 })"],
        ),
        (
            "\x1b]10;#102030\x1b\\",
            &["Foreground(Rgb { r: 16, g: 32, b: 48 })"],
        ),
        (
            "\x1b]4;9;rgb:f/0/8\x1b\\",
            &["Indexed(9, Rgb { r: 255, g: 0, b: 136 })"],
        ),
        (
            "\x1b]12;rgba:00/ff/00/ff\x07",
            &["CursorColor(Rgb { r: 0, g: 255, b: 0 })"],
        ),
        (
            "\x1b[6;18;9t\x1b[4;900;1440t",
            &["CellPixels(9, 18)", "WindowPixels(1440, 900)"],
        ),
        ("\x1b[8;24;80t", &["WindowCells(80, 24)"]),
        ("\x1b[?997;1n", &["ColorScheme { dark: true }"]),
        ("\x1b[24;80R", &["CursorPosition { row: 24, column: 80 }"]),
        ("\x1b]52;c;aGk=\x07\x1b_Gi=1;OK\x1b\\", &["Other", "Other"]),
        (
            "\x1b[0n\x1b[c\x1b[5y\x1b[1;2x\x1b[?1;2R\x1b[1;2&w",
            &["Other"; 6],
        ),
        ("\u{9b}?1;2c", &["PrimaryAttributes([1, 2])"]),
        (
            "\u{9d}11;rgb:00/00/00\u{9c}",
            &["Background(Rgb { r: 0, g: 0, b: 0 })"],
        ),
        // The Escape key right before a reply stays a key.
        ("\x1b\x1b[?1;2c", &["escape", "PrimaryAttributes([1, 2])"]),
        // What cannot be part of a string ends it and is a key.
        ("\x1b]11;rgb\x03x", &["ctrl+c", "x \"x\""]),
        ("\x1b]11;rgb\x1b[A", &["up"]),
    ]);
    check_in(Outer::Legacy, b"\x9b?1;2c", &["PrimaryAttributes([1, 2])"]);
}

#[test]
fn a_cursor_report_that_was_asked_for_is_no_key() {
    let now = Instant::now();
    let mut decoder = Decoder::default();
    decoder.expect_cursor_report();
    let asked = decoder.feed(b"\x1b[1;5R\x1b[1;5R", now);
    let expected = ["CursorPosition { row: 1, column: 5 }", "ctrl+function(3)"];
    assert_eq!(words(&asked), expected);
}

#[test]
fn mouse_and_focus() {
    check(&[
        (
            "\x1b[<0;3;2M\x1b[<0;3;2m",
            &["Press Left 2 1", "Release Left 2 1"],
        ),
        (
            "\x1b[<35;3;2M\x1b[<32;1;1M",
            &["Motion None 2 1", "Motion Left 0 0"],
        ),
        (
            "\x1b[<64;1;1M\x1b[<81;1;1M",
            &["Press WheelUp 0 0", "Press WheelDown 0 0 mods"],
        ),
        ("\x1b[<128;500;2M", &["Press Back 499 1"]),
        (
            "\x1b[M #\"\x1b[M##\"",
            &["Press Left 2 1", "Release Left 2 1"],
        ),
        (
            "\x1b[33;3;2M\x1b[35;3;2M",
            &["Press Middle 2 1", "Release Middle 2 1"],
        ),
        ("\x1b[I\x1b[O", &["focus true", "focus false"]),
        ("\x1b\x1b[<0;1;1M", &["escape", "Press Left 0 0"]),
    ]);
    check_in(Outer::Legacy, b"\x1b[M \xff\xff", &["Press Left 222 222"]);
}

#[test]
fn what_nothing_names_is_raw() {
    check(&[
        (
            "\x1b[99~\x1b[1;2;3;4A",
            &["raw \\x1b[99~", "raw \\x1b[1;2;3;4A"],
        ),
        ("\x1bOz", &["raw \\x1bOz"]),
        ("\x1b[1;\x03", &["ctrl+c"]),
        ("\x1b[\x03", &["alt+[", "ctrl+c"]),
    ]);
    check_in(Outer::Legacy, b"\xe9x", &["raw \\xe9", "x \"x\""]);
    check_in(Outer::Legacy, b"\xe2\x82x", &["raw \\xe2\\x82", "x \"x\""]);
    let long = [&b"\x1b["[..], &b"1;".repeat(4000), b"cx"].concat();
    check_in(Outer::Legacy, &long, &["x \"x\""]);
}
