//! One input of each kind, with fixed values.

use abide_protocol::input::{
    InputEvent, Key, KeyAction, KeyEvent, Keypad, Mods, MouseAction, MouseButton, MouseEvent,
};

fn key(key: Key, mods: Mods) -> KeyEvent {
    KeyEvent::press(key, mods)
}

pub(super) fn inputs() -> Vec<(&'static str, InputEvent)> {
    let release = KeyEvent {
        key: Key::Char('ö'),
        mods: Mods::SHIFT.with(Mods::CAPS_LOCK),
        action: KeyAction::Release,
        text: Some("Ö".into()),
        shifted: Some('Ö'),
        base: Some(';'),
    };
    let keys = [
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
        Key::Function(35),
        Key::Keypad(Keypad::Digit(9)),
        Key::Keypad(Keypad::Begin),
        Key::Functional(57_358),
    ];
    vec![
        (
            "a character",
            InputEvent::Key(key(Key::Char('a'), Mods::default())),
        ),
        ("a release", InputEvent::Key(release)),
        (
            "keys",
            InputEvent::Keys(keys.map(|k| key(k, Mods::CTRL)).to_vec()),
        ),
        ("a paste", InputEvent::Paste("one\ntwo\u{1b}".into())),
        (
            "a submitted text",
            InputEvent::Submit {
                text: "go on".into(),
                confirmed: true,
            },
        ),
        (
            "a mouse event",
            InputEvent::Mouse(MouseEvent {
                action: MouseAction::Press,
                button: MouseButton::WheelUp,
                column: 999,
                row: 0,
                mods: Mods::ALT,
            }),
        ),
        ("raw bytes", InputEvent::Raw(vec![0x1b, b'[', b'1', b'y'])),
    ]
}
