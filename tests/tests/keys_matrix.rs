//! A key on its way from any terminal to any program.
//!
//! The client decodes what the user's terminal sends, the keeper encodes it for the program:
//! together they must give the program what a terminal in the program's modes would have sent.

use abide::keys::{Decoder, ESC_WAIT, FromTerminal, Outer};
use abide_protocol::input::{Key, KeyAction, KeyEvent, Keypad, Mods};
use abide_protocol::keymap;
use abide_protocol::snapshot::Modes;
use abided::keeper::encode::encode_key;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{option, prop_assert, prop_assert_eq, proptest, sample};
use std::time::Instant;

/// Terminals: kitty with flag 1, kitty with all flags, xterm with modifyOtherKeys 2, xterm.
const OUTERS: [Outer; 4] = [
    Outer::Kitty(1),
    Outer::Kitty(31),
    Outer::ModifyOtherKeys,
    Outer::Legacy,
];

/// Programs: plain, DECCKM, modifyOtherKeys 1 and 2, kitty 1, 5 and 7.
fn programs() -> [Modes; 7] {
    let plain = Modes::default();
    let other = |modify_other_keys| Modes {
        modify_other_keys,
        ..plain
    };
    let kitty = |kitty| Modes { kitty, ..plain };
    let cursor = Modes {
        application_cursor: true,
        ..plain
    };
    [
        plain,
        cursor,
        other(1),
        other(2),
        kitty(1),
        kitty(5),
        kitty(7),
    ]
}

/// A key: what each of [`OUTERS`] sends, and what each of [`programs`] must get.
///
/// A terminal sends the bytes alone, or `bytes=key` where it cannot tell the key from another one,
/// whose row then says what the programs get; `-` where it has no such key, or does not tell what
/// some program asks for.
struct Row {
    key: &'static str,
    outers: [&'static str; 4],
    programs: [&'static str; 7],
}

const fn row(key: &'static str, outers: [&'static str; 4], programs: [&'static str; 7]) -> Row {
    Row {
        key,
        outers,
        programs,
    }
}

/// A key that all terminals and all programs write alike.
const fn same(key: &'static str, bytes: &'static str) -> Row {
    row(key, [bytes; 4], [bytes; 7])
}

/// A key that is `legacy` for all but kitty, which writes `kitty`.
const fn two(key: &'static str, kitty: &'static str, legacy: &'static str) -> Row {
    row(
        key,
        [kitty, kitty, legacy, legacy],
        [legacy, legacy, legacy, legacy, kitty, kitty, kitty],
    )
}

/// A cursor key without modifiers: DECCKM matters.
const fn cursor(key: &'static str, csi: &'static str, ss3: &'static str) -> Row {
    row(key, [csi; 4], [csi, ss3, csi, csi, csi, csi, csi])
}

/// Text, which only kitty's flag 8 writes otherwise.
const fn text(key: &'static str, all_keys: &'static str) -> Row {
    row(key, [key, all_keys, key, key], [key; 7])
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    text("a", "\x1b[97;;97u"),
    text("A", "\x1b[97:65;2;65u"),
    text("!", "\x1b[49:33;2;33u"),
    text("ö", "\x1b[246;;246u"),
    text("中", "\x1b[0;;20013u"),
    text(" ", "\x1b[32;;32u"),

    row("enter", ["\r", "\x1b[13u", "\r", "\r"], ["\r"; 7]),
    row("shift+enter", ["\x1b[13;2u", "\x1b[13;2u", "\x1b[27;2;13~", "\r=enter"],
        ["\r", "\r", "\x1b[27;2;13~", "\x1b[27;2;13~", "\x1b[13;2u", "\x1b[13;2u", "\x1b[13;2u"]),
    row("ctrl+enter", ["\x1b[13;5u", "\x1b[13;5u", "\x1b[27;5;13~", "\r=enter"],
        ["\r", "\r", "\x1b[27;5;13~", "\x1b[27;5;13~", "\x1b[13;5u", "\x1b[13;5u", "\x1b[13;5u"]),
    row("alt+enter", ["\x1b[13;3u", "\x1b[13;3u", "\x1b[27;3;13~", "\x1b\r"],
        ["\x1b\r", "\x1b\r", "\x1b[27;3;13~", "\x1b[27;3;13~", "\x1b[13;3u", "\x1b[13;3u", "\x1b[13;3u"]),
    row("ctrl+m", ["\x1b[109;5u", "\x1b[109;5u", "\x1b[27;5;109~", "\r=enter"],
        ["\r", "\r", "\r", "\x1b[27;5;109~", "\x1b[109;5u", "\x1b[109;5u", "\x1b[109;5u"]),
    row("ctrl+j", ["\x1b[106;5u", "\x1b[106;5u", "\x1b[27;5;106~", "\n"],
        ["\n", "\n", "\n", "\x1b[27;5;106~", "\x1b[106;5u", "\x1b[106;5u", "\x1b[106;5u"]),

    row("tab", ["\t", "\x1b[9u", "\t", "\t"], ["\t"; 7]),
    two("shift+tab", "\x1b[9;2u", "\x1b[Z"),
    row("ctrl+tab", ["\x1b[9;5u", "\x1b[9;5u", "\x1b[27;5;9~", "\t=tab"],
        ["\t", "\t", "\x1b[27;5;9~", "\x1b[27;5;9~", "\x1b[9;5u", "\x1b[9;5u", "\x1b[9;5u"]),
    row("ctrl+i", ["\x1b[105;5u", "\x1b[105;5u", "\x1b[27;5;105~", "\t=tab"],
        ["\t", "\t", "\t", "\x1b[27;5;105~", "\x1b[105;5u", "\x1b[105;5u", "\x1b[105;5u"]),

    row("esc", ["\x1b[27u", "\x1b[27u", "\x1b", "\x1b"],
        ["\x1b", "\x1b", "\x1b", "\x1b", "\x1b[27u", "\x1b[27u", "\x1b[27u"]),
    row("ctrl+[", ["\x1b[91;5u", "\x1b[91;5u", "\x1b[27;5;91~", "\x1b=esc"],
        ["\x1b", "\x1b", "\x1b", "\x1b[27;5;91~", "\x1b[91;5u", "\x1b[91;5u", "\x1b[91;5u"]),

    row("backspace", ["\x7f", "\x1b[127u", "\x7f", "\x7f"], ["\x7f"; 7]),
    row("ctrl+backspace", ["\x1b[127;5u", "\x1b[127;5u", "\x08=ctrl+h", "\x08=ctrl+h"],
        ["\x08", "\x08", "\x08", "\x08", "\x1b[127;5u", "\x1b[127;5u", "\x1b[127;5u"]),
    row("alt+backspace", ["\x1b[127;3u", "\x1b[127;3u", "\x1b[27;3;127~", "\x1b\x7f"],
        ["\x1b\x7f", "\x1b\x7f", "\x1b\x7f", "\x1b[27;3;127~", "\x1b[127;3u", "\x1b[127;3u", "\x1b[127;3u"]),
    row("ctrl+h", ["\x1b[104;5u", "\x1b[104;5u", "\x1b[27;5;104~", "\x08"],
        ["\x08", "\x08", "\x08", "\x1b[27;5;104~", "\x1b[104;5u", "\x1b[104;5u", "\x1b[104;5u"]),

    row("ctrl+c", ["\x1b[99;5u", "\x1b[99;5u", "\x1b[27;5;99~", "\x03"],
        ["\x03", "\x03", "\x03", "\x1b[27;5;99~", "\x1b[99;5u", "\x1b[99;5u", "\x1b[99;5u"]),
    row("ctrl+a", ["\x1b[97;5u", "\x1b[97;5u", "\x1b[27;5;97~", "\x01"],
        ["\x01", "\x01", "\x01", "\x1b[27;5;97~", "\x1b[97;5u", "\x1b[97;5u", "\x1b[97;5u"]),
    row("ctrl+shift+a", ["\x1b[97;6u", "\x1b[97:65;6u", "\x1b[27;6;65~", "\x01=ctrl+a"],
        ["\x01", "\x01", "\x1b[27;6;65~", "\x1b[27;6;65~", "\x1b[97;6u", "\x1b[97:65;6u", "\x1b[97:65;6u"]),
    row("ctrl+alt+a", ["\x1b[97;7u", "\x1b[97;7u", "\x1b[27;7;97~", "\x1b\x01"],
        ["\x1b\x01", "\x1b\x01", "\x1b\x01", "\x1b[27;7;97~", "\x1b[97;7u", "\x1b[97;7u", "\x1b[97;7u"]),
    row("alt+x", ["\x1b[120;3u", "\x1b[120;3u", "\x1b[27;3;120~", "\x1bx"],
        ["\x1bx", "\x1bx", "\x1bx", "\x1b[27;3;120~", "\x1b[120;3u", "\x1b[120;3u", "\x1b[120;3u"]),
    row("alt+shift+a", ["\x1b[97;4u", "\x1b[97:65;4u", "\x1b[27;4;65~", "\x1bA"],
        ["\x1bA", "\x1bA", "\x1bA", "\x1b[27;4;65~", "\x1b[97;4u", "\x1b[97:65;4u", "\x1b[97:65;4u"]),
    row("alt+[", ["\x1b[91;3u", "\x1b[91;3u", "\x1b[27;3;91~", "\x1b["],
        ["\x1b[", "\x1b[", "\x1b[", "\x1b[27;3;91~", "\x1b[91;3u", "\x1b[91;3u", "\x1b[91;3u"]),
    row("ctrl+space", ["\x1b[32;5u", "\x1b[32;5u", "\x1b[27;5;32~", "\0"],
        ["\0", "\0", "\0", "\x1b[27;5;32~", "\x1b[32;5u", "\x1b[32;5u", "\x1b[32;5u"]),
    row("ctrl+\\", ["\x1b[92;5u", "\x1b[92;5u", "\x1b[27;5;92~", "\x1c"],
        ["\x1c", "\x1c", "\x1c", "\x1b[27;5;92~", "\x1b[92;5u", "\x1b[92;5u", "\x1b[92;5u"]),
    row("ctrl+_", ["-", "-", "-", "\x1f"],
        ["\x1f", "\x1f", "\x1f", "\x1b[27;5;95~", "\x1b[95;5u", "\x1b[95;5u", "\x1b[95;5u"]),
    row("ctrl+/", ["\x1b[47;5u", "\x1b[47;5u", "\x1b[27;5;47~", "\x1f=ctrl+_"],
        ["\x1f", "\x1f", "\x1f", "\x1b[27;5;47~", "\x1b[47;5u", "\x1b[47;5u", "\x1b[47;5u"]),
    row("ctrl+shift+-", ["-", "\x1b[45:95;6u", "\x1b[27;6;95~", "\x1f=ctrl+_"],
        ["\x1f", "\x1f", "\x1b[27;6;95~", "\x1b[27;6;95~", "\x1b[45;6u", "\x1b[45:95;6u", "\x1b[45:95;6u"]),
    row("ctrl+1", ["\x1b[49;5u", "\x1b[49;5u", "\x1b[27;5;49~", "-"],
        ["1", "1", "\x1b[27;5;49~", "\x1b[27;5;49~", "\x1b[49;5u", "\x1b[49;5u", "\x1b[49;5u"]),

    cursor("up", "\x1b[A", "\x1bOA"),
    cursor("down", "\x1b[B", "\x1bOB"),
    cursor("right", "\x1b[C", "\x1bOC"),
    cursor("left", "\x1b[D", "\x1bOD"),
    cursor("home", "\x1b[H", "\x1bOH"),
    cursor("end", "\x1b[F", "\x1bOF"),
    same("shift+up", "\x1b[1;2A"),
    same("alt+down", "\x1b[1;3B"),
    same("ctrl+right", "\x1b[1;5C"),
    same("ctrl+alt+left", "\x1b[1;7D"),
    same("ctrl+shift+home", "\x1b[1;6H"),
    same("insert", "\x1b[2~"),
    same("delete", "\x1b[3~"),
    same("pageup", "\x1b[5~"),
    same("ctrl+pagedown", "\x1b[6;5~"),

    two("f1", "\x1b[P", "\x1bOP"),
    two("f2", "\x1b[Q", "\x1bOQ"),
    two("f3", "\x1b[13~", "\x1bOR"),
    two("f4", "\x1b[S", "\x1bOS"),
    same("f5", "\x1b[15~"),
    same("f6", "\x1b[17~"),
    same("f7", "\x1b[18~"),
    same("f8", "\x1b[19~"),
    same("f9", "\x1b[20~"),
    same("f10", "\x1b[21~"),
    same("f11", "\x1b[23~"),
    same("f12", "\x1b[24~"),
    same("shift+f1", "\x1b[1;2P"),
    two("ctrl+f3", "\x1b[13;5~", "\x1b[1;5R"),
    same("alt+f12", "\x1b[24;3~"),
    two("f13", "\x1b[57376u", "\x1b[25~"),

    row("kp enter", ["\x1b[57414u", "\x1b[57414u", "\r=enter", "\r=enter"],
        ["\r", "\r", "\r", "\r", "\x1b[57414u", "\x1b[57414u", "\x1b[57414u"]),
    row("kp left", ["\x1b[57417u", "\x1b[57417u", "\x1b[D=left", "\x1b[D=left"],
        ["\x1b[D", "\x1bOD", "\x1b[D", "\x1b[D", "\x1b[57417u", "\x1b[57417u", "\x1b[57417u"]),
    row("kp 5 with num lock", ["5", "\x1b[57404;129;53u", "5", "5"], ["5"; 7]),
    row("kp 5 of a terminal in application mode", ["-", "-", "\x1bOu", "\x1bOu"],
        ["5", "5", "5", "5", "\x1b[57404u", "\x1b[57404u", "\x1b[57404u"]),
    cursor("kp begin", "\x1b[E", "\x1bOE"),
];

/// The key events of `bytes`, with as much silence after them as a terminal's timer needs.
fn decode(decoder: &mut Decoder, bytes: &[u8]) -> Vec<KeyEvent> {
    let now = Instant::now();
    let mut values = decoder.feed(bytes, now);
    values.extend(decoder.timeout(now + ESC_WAIT));
    let events = values.into_iter().map(|value| match value {
        FromTerminal::Key(event) => event,
        other => panic!("{other:?} from {}", bytes.escape_ascii()),
    });
    events.collect()
}

fn encode(events: &[KeyEvent], modes: &Modes) -> Vec<u8> {
    let mut out = Vec::new();
    for event in events {
        encode_key(event, modes, &mut out);
    }
    out
}

/// What `outer` sends for the row's key, and the row that says what programs get for it.
fn sent(row: &'static Row, outer: usize) -> Option<(&'static str, &'static Row)> {
    match row.outers[outer] {
        "-" => None,
        cell => match cell.split_once('=').filter(|_| cell.len() > 1) {
            None => Some((cell, row)),
            Some((bytes, key)) => {
                let alike = ROWS.iter().find(|row| row.key == key);
                Some((bytes, alike.expect("a row for the key")))
            }
        },
    }
}

#[test]
fn every_terminal_reaches_every_program() {
    let mut wrong = Vec::new();
    for row in ROWS {
        for (index, outer) in OUTERS.into_iter().enumerate() {
            let Some((bytes, alike)) = sent(row, index) else {
                continue;
            };
            let events = decode(&mut Decoder::new(outer), bytes.as_bytes());
            for (modes, expected) in programs().iter().zip(alike.programs) {
                let got = encode(&events, modes);
                if got != expected.as_bytes() {
                    let (got, expected) = (got.escape_ascii(), expected.escape_debug());
                    let key = row.key;
                    wrong.push(format!(
                        "{key} of {outer:?} as {events:?}: {got}, not {expected}, in {modes:?}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// While a terminal changes its encoding, keys come in the old one: no decoder setting may make
/// them other keys.
#[test]
fn keys_under_way_survive_a_change_of_the_terminals_encoding() {
    for row in ROWS {
        for (index, outer) in OUTERS.into_iter().enumerate() {
            let Some((bytes, _)) = sent(row, index) else {
                continue;
            };
            for program in programs() {
                let expected = encode(
                    &decode(&mut Decoder::new(outer), bytes.as_bytes()),
                    &program,
                );
                for other in [Outer::Legacy, Outer::ModifyOtherKeys] {
                    let mut decoder = Decoder::new(outer);
                    let (first, second) = bytes.as_bytes().split_at(bytes.len() / 2);
                    let early = decoder.feed(first, Instant::now());
                    decoder.set_outer(other);
                    let mut events: Vec<_> = early.into_iter().filter_map(key).collect();
                    events.extend(decode(&mut decoder, second));
                    let got = encode(&events, &program);
                    assert_eq!(got, expected, "{} of {outer:?} read in {other:?}", row.key);
                }
            }
        }
    }
}

fn key(value: FromTerminal) -> Option<KeyEvent> {
    match value {
        FromTerminal::Key(event) => Some(event),
        _ => None,
    }
}

/// A program may change its modes while a key is held: it gets what the modes of each moment ask.
#[test]
fn a_program_that_changes_its_modes_gets_no_event_it_does_not_know() {
    let [plain, _, other, _, kitty, _, kitty_events] = programs();
    let held = |bytes: &str| decode(&mut Decoder::new(Outer::Kitty(31)), bytes.as_bytes());
    let (press, release) = (held("\x1b[99;5u"), held("\x1b[99;5:3u"));
    for (before, after, expected) in [
        (plain, plain, "\x03|"),
        (kitty_events, kitty_events, "\x1b[99;5u|\x1b[99;5:3u"),
        (kitty_events, kitty, "\x1b[99;5u|"),
        (kitty_events, plain, "\x1b[99;5u|"),
        (kitty_events, other, "\x1b[99;5u|"),
        (plain, kitty_events, "\x03|\x1b[99;5:3u"),
    ] {
        let got = [
            encode(&press, &before),
            vec![b'|'],
            encode(&release, &after),
        ]
        .concat();
        assert_eq!(got, expected.as_bytes(), "{before:?} then {after:?}");
    }
}

fn any_key() -> impl Strategy<Value = Key> {
    let keypad = [
        Keypad::Decimal,
        Keypad::Divide,
        Keypad::Multiply,
        Keypad::Subtract,
        Keypad::Add,
        Keypad::Enter,
        Keypad::Equal,
        Keypad::Separator,
        Keypad::Left,
        Keypad::Right,
        Keypad::Up,
        Keypad::Down,
        Keypad::PageUp,
        Keypad::PageDown,
        Keypad::Home,
        Keypad::End,
        Keypad::Insert,
        Keypad::Delete,
        Keypad::Begin,
    ];
    let named = [
        Key::Enter,
        Key::Tab,
        Key::Backspace,
        Key::Escape,
        Key::Up,
        Key::Down,
        Key::Right,
        Key::Left,
        Key::Home,
        Key::End,
        Key::PageUp,
        Key::PageDown,
        Key::Insert,
        Key::Delete,
    ];
    let characters: Vec<char> = (' '..='~').chain("ößяñ中あ€".chars()).collect();
    let small = characters
        .into_iter()
        .filter(|c| keymap::small(*c).is_none());
    prop_oneof![
        4 => sample::select(small.collect::<Vec<_>>()).prop_map(Key::Char),
        2 => sample::select(named.to_vec()),
        1 => (1_u8..=35).prop_map(Key::Function),
        1 => sample::select(keypad.to_vec()).prop_map(Key::Keypad),
        1 => (0_u8..10).prop_map(|n| Key::Keypad(Keypad::Digit(n))),
        1 => prop_oneof![57358_u32..=57363, 57428_u32..=57454].prop_map(Key::Functional),
    ]
}

const NO_TEXT: u8 = Mods::ALT.0 | Mods::CTRL.0 | Mods::SUPER.0 | Mods::HYPER.0 | Mods::META.0;

/// Key events as a keyboard makes them: text where no modifier forbids it, the capital of a letter
/// while Shift is held, nothing of the kind for keys without characters.
fn any_event(mods: impl Strategy<Value = u8>) -> impl Strategy<Value = KeyEvent> {
    let action = prop_oneof![
        3 => Just(KeyAction::Press),
        1 => Just(KeyAction::Repeat),
        1 => Just(KeyAction::Release),
    ];
    let text = "[ -~éöя中😀]{1,3}";
    let shifted = sample::select(vec!['!', '"', '§', '/', '?', 'é']);
    let base = option::of(sample::select(vec!['q', ';', '[']));
    (any_key(), mods, action, text, shifted, base).prop_map(
        |(key, mods, action, text, shifted, base)| {
            let mods = Mods(mods);
            let character = match key {
                Key::Char(c) => Some(c),
                _ => None,
            };
            let types =
                character.is_some() && mods.0 & NO_TEXT == 0 && action != KeyAction::Release;
            let capital = character
                .filter(|c| c.is_alphabetic())
                .and_then(keymap::shifted);
            KeyEvent {
                key,
                mods,
                action,
                text: types.then_some(text),
                shifted: character
                    .filter(|_| mods.has(Mods::SHIFT))
                    .map(|_| capital.unwrap_or(shifted))
                    .filter(|shifted| character != Some(*shifted)),
                base: base.filter(|base| character.is_some_and(|c| c != *base)),
            }
        },
    )
}

/// Modes in which no two keys are the same bytes by design, and the terminal that has them.
fn any_modes() -> impl Strategy<Value = (Modes, Outer)> {
    let kitty = sample::select(
        (1..32_u8)
            .filter(|flags| flags & 0b1001 != 0)
            .collect::<Vec<_>>(),
    );
    let encoding = prop_oneof![
        kitty.prop_map(|flags| (flags, 0, Outer::Kitty(flags))),
        Just((0, 2, Outer::ModifyOtherKeys)),
        Just((0, 0, Outer::Legacy)),
    ];
    (encoding, any::<bool>(), any::<bool>()).prop_map(|((kitty, other, outer), cursor, keypad)| {
        let modes = Modes {
            kitty,
            modify_other_keys: other,
            application_cursor: cursor,
            application_keypad: keypad,
            ..Modes::default()
        };
        (modes, outer)
    })
}

proptest! {
    /// `decode(encode(e)) == e` for every key event, where the protocol tells everything.
    #[test]
    fn kitty_tells_everything(event in any_event(any::<u8>())) {
        let modes = Modes { kitty: 31, ..Modes::default() };
        let bytes = encode(std::slice::from_ref(&event), &modes);
        let mut decoder = Decoder::new(Outer::Kitty(31));
        prop_assert_eq!(decode(&mut decoder, &bytes), [event], "{}", bytes.escape_ascii());
    }

    /// A session inside of a session changes no byte: what a program in some modes gets, read by
    /// a client in a terminal of these modes, gives a program in these modes the same bytes.
    #[test]
    fn a_session_inside_of_a_session_is_transparent(
        event in any_event(sample::select((0_u8..16).flat_map(|held| [held, held | 64, held | 128]).collect::<Vec<_>>())),
        (modes, outer) in any_modes(),
    ) {
        // xterm keeps the legacy form of these on level 2, which is another key's too.
        let held = event.mods.0 & (NO_TEXT | Mods::SHIFT.0) != 0;
        let ambiguous = match event.key {
            Key::Backspace => event.mods.has(Mods::CTRL),
            Key::Keypad(_) => held,
            _ => false,
        } && modes.modify_other_keys == 2;
        if !ambiguous {
            let bytes = encode(std::slice::from_ref(&event), &modes);
            let events = decode(&mut Decoder::new(outer), &bytes);
            let again = encode(&events, &modes);
            prop_assert_eq!(&again, &bytes, "{} then {}", bytes.escape_ascii(), again.escape_ascii());
        }
    }

    /// No event in any modes makes bytes that a client would take for anything but keys.
    #[test]
    fn keys_are_written_as_keys(event in any_event(any::<u8>()), (modes, outer) in any_modes()) {
        let bytes = encode(&[event], &modes);
        let mut decoder = Decoder::new(outer);
        let now = Instant::now();
        let mut values = decoder.feed(&bytes, now);
        values.extend(decoder.timeout(now + ESC_WAIT));
        let cursor = |value: &FromTerminal| matches!(value, FromTerminal::Reply(abide::keys::Reply::CursorPosition { .. }));
        let keys = values.iter().all(|value| matches!(value, FromTerminal::Key(_)) || cursor(value));
        prop_assert!(keys, "{values:?} from {}", bytes.escape_ascii());
    }
}
