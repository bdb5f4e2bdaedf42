mod mouse;
mod paste;

use super::*;
use abide_protocol::input::{Key, Keypad};

fn key(key: Key, mods: u8) -> KeyEvent {
    KeyEvent::press(key, Mods(mods))
}

fn with(event: KeyEvent, action: KeyAction) -> KeyEvent {
    KeyEvent { action, ..event }
}

fn encoded(event: &KeyEvent, modes: &Modes) -> String {
    let mut out = Vec::new();
    encode_key(event, modes, &mut out);
    out.escape_ascii().to_string()
}

fn check(modes: Modes, table: &[(KeyEvent, &str)]) {
    for (event, expected) in table {
        assert_eq!(encoded(event, &modes), *expected, "{event:?} in {modes:?}");
    }
}

fn kitty(flags: u8) -> Modes {
    Modes {
        kitty: flags,
        ..Modes::default()
    }
}

const SHIFT: u8 = 1;
const ALT: u8 = 2;
const CTRL: u8 = 4;
const SUPER: u8 = 8;
const CAPS: u8 = 64;
const NUM: u8 = 128;

#[test]
fn legacy() {
    use Key::{Backspace, Char, Delete, Down, End, Enter, Escape, Function, Tab, Up};
    check(
        Modes::default(),
        &[
            (key(Char('a'), 0), "a"),
            (key(Char('a'), SHIFT), "A"),
            (key(Char('ö'), 0), "\\xc3\\xb6"),
            (key(Char('a'), CTRL), "\\x01"),
            (key(Char('a'), CTRL | NUM), "\\x01"),
            (key(Char('a'), CTRL | SHIFT), "\\x01"),
            (key(Char('a'), ALT), "\\x1ba"),
            (key(Char('a'), ALT | SHIFT), "\\x1bA"),
            (key(Char('a'), ALT | CTRL), "\\x1b\\x01"),
            (key(Char(' '), CTRL), "\\x00"),
            (key(Char('2'), CTRL), "\\x00"),
            (key(Char('2'), CTRL | SHIFT), "\\x00"),
            (key(Char('/'), CTRL), "\\x1f"),
            (key(Char('-'), CTRL | SHIFT), "\\x1f"),
            (key(Char('\\'), CTRL), "\\x1c"),
            (key(Char('['), CTRL), "\\x1b"),
            (key(Char(']'), CTRL), "\\x1d"),
            (key(Char('8'), CTRL), "\\x7f"),
            (key(Char('1'), CTRL), "1"),
            (key(Char('c'), SUPER), ""),
            (key(Enter, 0), "\\r"),
            (key(Enter, SHIFT), "\\r"),
            (key(Enter, ALT), "\\x1b\\r"),
            (key(Tab, SHIFT), "\\x1b[Z"),
            (key(Tab, ALT), "\\x1b\\t"),
            (key(Tab, CTRL), "\\t"),
            (key(Backspace, 0), "\\x7f"),
            (key(Backspace, CTRL), "\\x08"),
            (key(Backspace, ALT), "\\x1b\\x7f"),
            (key(Escape, 0), "\\x1b"),
            (key(Escape, ALT), "\\x1b\\x1b"),
            (key(Up, 0), "\\x1b[A"),
            (key(Up, CAPS), "\\x1b[A"),
            (key(Down, CTRL), "\\x1b[1;5B"),
            (key(End, SHIFT), "\\x1b[1;2F"),
            (key(Delete, 0), "\\x1b[3~"),
            (key(Delete, ALT), "\\x1b[3;3~"),
            (key(Function(1), 0), "\\x1bOP"),
            (key(Function(3), CTRL), "\\x1b[1;5R"),
            (key(Function(5), 0), "\\x1b[15~"),
            (key(Function(12), SHIFT), "\\x1b[24;2~"),
            (key(Function(13), 0), "\\x1b[25~"),
            (key(Function(20), 0), "\\x1b[34~"),
            (key(Key::Functional(57363), 0), "\\x1b[29~"),
            (key(Key::Functional(57441), SHIFT), ""),
            (with(key(Char('a'), 0), KeyAction::Release), ""),
            (with(key(Up, 0), KeyAction::Repeat), "\\x1b[A"),
        ],
    );
}

#[test]
fn legacy_modes() {
    use Key::{Backspace, Enter, Function, Home, Up};
    let cursor = Modes {
        application_cursor: true,
        ..Modes::default()
    };
    check(
        cursor,
        &[
            (key(Up, 0), "\\x1bOA"),
            (key(Up, NUM), "\\x1bOA"),
            (key(Home, 0), "\\x1bOH"),
            (key(Up, SHIFT), "\\x1b[1;2A"),
            (key(Function(2), 0), "\\x1bOQ"),
            (key(Key::Keypad(Keypad::Up), 0), "\\x1bOA"),
        ],
    );
    let line = Modes {
        newline: true,
        backarrow: true,
        ..Modes::default()
    };
    check(
        line,
        &[
            (key(Enter, 0), "\\r\\n"),
            (key(Backspace, 0), "\\x08"),
            (key(Backspace, CTRL), "\\x7f"),
        ],
    );
}

#[test]
fn keypad() {
    let digit = |mods| key(Key::Keypad(Keypad::Digit(5)), mods);
    let enter = key(Key::Keypad(Keypad::Enter), 0);
    check(
        Modes::default(),
        &[
            (digit(0), "5"),
            (digit(NUM), "5"),
            (digit(ALT), "\\x1b5"),
            (enter.clone(), "\\r"),
            (key(Key::Keypad(Keypad::Begin), 0), "\\x1b[E"),
            (key(Key::Keypad(Keypad::Delete), 0), "\\x1b[3~"),
        ],
    );
    let application = Modes {
        application_keypad: true,
        ..Modes::default()
    };
    check(
        application,
        &[
            (digit(0), "\\x1bOu"),
            (digit(NUM), "5"),
            (enter.clone(), "\\x1bOM"),
            (key(Key::Keypad(Keypad::Add), 0), "\\x1bOk"),
            (key(Key::Keypad(Keypad::Left), 0), "\\x1b[D"),
        ],
    );
    check(
        kitty(1),
        &[
            (digit(0), "\\x1b[57404u"),
            (enter.clone(), "\\x1b[57414u"),
            (key(Key::Keypad(Keypad::Begin), CTRL), "\\x1b[1;5E"),
        ],
    );
    check(kitty(2), &[(digit(0), "5"), (enter, "\\r")]);
}

#[test]
fn another_script_gives_its_latin_neighbour_to_ctrl() {
    let cyrillic = KeyEvent {
        base: Some('c'),
        ..key(Key::Char('с'), CTRL)
    };
    check(Modes::default(), &[(cyrillic.clone(), "\\x03")]);
    check(kitty(1), &[(cyrillic.clone(), "\\x1b[1089;5u")]);
    check(kitty(5), &[(cyrillic, "\\x1b[1089::99;5u")]);
}

#[test]
fn modify_other_keys() {
    use Key::{Backspace, Char, Enter, Escape, Tab, Up};
    let level = |modify_other_keys| Modes {
        modify_other_keys,
        ..Modes::default()
    };
    check(
        level(1),
        &[
            (key(Enter, 0), "\\r"),
            (key(Enter, SHIFT), "\\x1b[27;2;13~"),
            (key(Tab, CTRL), "\\x1b[27;5;9~"),
            (key(Tab, SHIFT), "\\x1b[Z"),
            (key(Char('a'), SHIFT), "A"),
            (key(Char('a'), ALT), "\\x1ba"),
            (key(Char('a'), CTRL), "\\x01"),
            (key(Char('a'), CTRL | SHIFT), "\\x1b[27;6;65~"),
            (key(Char('i'), CTRL), "\\t"),
            (key(Char(' '), CTRL), "\\x00"),
            (key(Char('1'), CTRL), "\\x1b[27;5;49~"),
            (key(Char(','), CTRL), "\\x1b[27;5;44~"),
            (key(Backspace, CTRL), "\\x08"),
            (key(Escape, ALT), "\\x1b\\x1b"),
            (key(Up, CTRL), "\\x1b[1;5A"),
        ],
    );
    check(
        level(2),
        &[
            (key(Enter, 0), "\\r"),
            (key(Enter, CTRL), "\\x1b[27;5;13~"),
            (key(Escape, 0), "\\x1b"),
            (key(Escape, SHIFT), "\\x1b[27;2;27~"),
            (key(Char('a'), SHIFT), "A"),
            (key(Char('a'), ALT), "\\x1b[27;3;97~"),
            (key(Char('a'), CTRL), "\\x1b[27;5;97~"),
            (key(Char('i'), CTRL | CAPS), "\\x1b[27;5;105~"),
            (key(Char('j'), CTRL), "\\x1b[27;5;106~"),
            (key(Backspace, CTRL), "\\x08"),
            (key(Backspace, SHIFT), "\\x1b[27;2;127~"),
            (key(Tab, CTRL | SHIFT), "\\x1b[27;6;9~"),
        ],
    );
}

#[test]
fn kitty_disambiguates() {
    use Key::{Backspace, Char, Enter, Escape, Function, Tab, Up};
    let cursor = Modes {
        application_cursor: true,
        ..kitty(1)
    };
    check(
        cursor,
        &[
            (key(Char('a'), 0), "a"),
            (key(Char('a'), SHIFT), "A"),
            (key(Char('a'), CTRL), "\\x1b[97;5u"),
            (key(Char('a'), CTRL | NUM), "\\x1b[97;133u"),
            (key(Char('a'), ALT | SHIFT), "\\x1b[97;4u"),
            (key(Char('A'), CTRL | SHIFT), "\\x1b[97;6u"),
            (key(Char('c'), SUPER), "\\x1b[99;9u"),
            (key(Escape, 0), "\\x1b[27u"),
            (key(Enter, 0), "\\r"),
            (key(Enter, CAPS), "\\r"),
            (key(Enter, SHIFT), "\\x1b[13;2u"),
            (key(Tab, 0), "\\t"),
            (key(Tab, SHIFT), "\\x1b[9;2u"),
            (key(Backspace, 0), "\\x7f"),
            (key(Backspace, ALT), "\\x1b[127;3u"),
            (key(Up, 0), "\\x1b[A"),
            (key(Up, NUM), "\\x1b[1;129A"),
            (key(Function(1), 0), "\\x1b[P"),
            (key(Function(3), 0), "\\x1b[13~"),
            (key(Function(13), CTRL), "\\x1b[57376;5u"),
            (key(Key::Functional(57441), SHIFT), ""),
            (key(Key::Functional(57428), 0), "\\x1b[57428u"),
            (with(key(Up, 0), KeyAction::Repeat), "\\x1b[A"),
            (with(key(Up, 0), KeyAction::Release), ""),
        ],
    );
}

#[test]
fn kitty_reports_events() {
    use Key::{Char, Enter, Escape, Up};
    use KeyAction::{Release, Repeat};
    check(
        kitty(3),
        &[
            (key(Char('a'), 0), "a"),
            (with(key(Char('a'), 0), Repeat), "a"),
            (with(key(Char('a'), 0), Release), "\\x1b[97;1:3u"),
            (with(key(Char('a'), CTRL), Repeat), "\\x1b[97;5:2u"),
            (with(key(Enter, 0), Repeat), "\\r"),
            (with(key(Enter, 0), Release), ""),
            (with(key(Enter, SHIFT), Release), ""),
            (with(key(Up, 0), Release), "\\x1b[1;1:3A"),
            (with(key(Escape, 0), Release), "\\x1b[27;1:3u"),
        ],
    );
    check(
        kitty(2),
        &[
            (key(Char('c'), CTRL), "\\x03"),
            (with(key(Char('c'), CTRL), Release), "\\x1b[99;5:3u"),
            (key(Escape, 0), "\\x1b"),
            (key(Up, 0), "\\x1b[A"),
        ],
    );
}

#[test]
fn kitty_reports_alternates_text_and_all_keys() {
    use Key::{Char, Enter, Up};
    use KeyAction::Release;
    let plus = KeyEvent {
        shifted: Some('+'),
        base: Some(']'),
        ..key(Char('='), CTRL | SHIFT)
    };
    let shift_a = KeyEvent {
        shifted: Some('A'),
        ..key(Char('a'), SHIFT)
    };
    check(kitty(4), &[(plus.clone(), "+"), (key(Up, 0), "\\x1b[A")]);
    check(kitty(5), &[(plus, "\\x1b[61:43:93;6u")]);
    check(kitty(7), &[(shift_a.clone(), "A")]);
    check(
        kitty(8),
        &[
            (key(Char('a'), 0), "\\x1b[97u"),
            (shift_a.clone(), "\\x1b[97;2u"),
            (key(Char('a'), CAPS), "\\x1b[97;65u"),
            (key(Enter, 0), "\\x1b[13u"),
            (key(Key::Functional(57441), SHIFT), "\\x1b[57441;2u"),
        ],
    );
    check(
        kitty(31),
        &[
            (key(Char('a'), 0), "\\x1b[97;;97u"),
            (shift_a.clone(), "\\x1b[97:65;2;65u"),
            (with(shift_a, Release), "\\x1b[97:65;2:3u"),
            (with(key(Enter, 0), Release), "\\x1b[13;1:3u"),
        ],
    );
    check(kitty(16), &[(key(Char('a'), 0), "a")]);
    check(kitty(17), &[(key(Char('a'), CTRL), "\\x1b[97;5u")]);
}

#[test]
fn focus_is_told_when_asked_for() {
    let told = |focused, focus| {
        let mut out = Vec::new();
        let modes = Modes {
            focus,
            ..Modes::default()
        };
        encode_focus(focused, &modes, &mut out);
        out
    };
    assert_eq!(told(true, true), b"\x1b[I");
    assert_eq!(told(false, true), b"\x1b[O");
    assert_eq!(told(true, false), b"");
}
