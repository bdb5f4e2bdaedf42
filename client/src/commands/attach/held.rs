//! Input that waits for the user's word, as one line. Pure.

use abide_protocol::input::{InputEvent, Key, KeyAction, KeyEvent, Mods};

/// Characters of it that are shown at most.
const SHOWN: usize = 40;

/// What a key decides about held input: whether it is sent or dropped.
pub(super) fn decision(event: &InputEvent) -> Option<(Key, bool)> {
    let InputEvent::Key(event) = event else {
        return None;
    };
    let pressed = event.action == KeyAction::Press && event.mods == Mods::default();
    match event.key {
        Key::Enter if pressed => Some((Key::Enter, true)),
        Key::Escape if pressed => Some((Key::Escape, false)),
        _ => None,
    }
}

/// The line that asks; where it does not fit, what was typed is cut.
pub(super) fn line<'e>(events: impl IntoIterator<Item = &'e InputEvent>) -> String {
    let text = text(events);
    format!("Enter sends, Esc drops what was typed while the link was down: {text}")
}

/// What was typed, for a person: cut, with signs for keys that have no character.
pub(super) fn text<'e>(events: impl IntoIterator<Item = &'e InputEvent>) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            InputEvent::Key(key) => push_key(&mut text, key),
            InputEvent::Keys(keys) => keys.iter().for_each(|key| push_key(&mut text, key)),
            InputEvent::Paste(paste) | InputEvent::Submit { text: paste, .. } => {
                text.extend(paste.chars().take(SHOWN + 1).map(printable));
            }
            InputEvent::Raw(_) => text.push('·'),
            InputEvent::Mouse(_) | InputEvent::Unknown => {}
        }
    }
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn push_key(text: &mut String, key: &KeyEvent) {
    if key.action == KeyAction::Release {
        return;
    }
    if let Some(typed) = &key.text {
        text.extend(typed.chars().map(printable));
        return;
    }
    match key.key {
        Key::Char(c) if key.mods == Mods::CTRL => {
            text.push('^');
            text.push(printable(c.to_ascii_uppercase()));
        }
        Key::Char(c) => text.push(printable(c)),
        Key::Enter => text.push('⏎'),
        Key::Tab => text.push('⇥'),
        Key::Backspace => text.push('⌫'),
        Key::Up => text.push('↑'),
        Key::Down => text.push('↓'),
        Key::Left => text.push('←'),
        Key::Right => text.push('→'),
        _ => text.push('·'),
    }
}

fn printable(c: char) -> char {
    match c {
        '\n' | '\r' => '⏎',
        c if c.is_control() => '·',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: Key, mods: Mods) -> InputEvent {
        InputEvent::Key(KeyEvent::press(key, mods))
    }

    #[test]
    fn what_was_typed_is_shown_on_one_line() {
        let plain = Mods::default();
        let events = [
            key(Key::Char('l'), plain),
            key(Key::Char('s'), plain),
            key(Key::Enter, plain),
            key(Key::Char('c'), Mods::CTRL),
            key(Key::Function(5), plain),
            InputEvent::Paste("a\nb\x1b".into()),
        ];
        assert_eq!(text(&events), "ls⏎^C·a⏎b·");
        let long = [InputEvent::Paste("x".repeat(10_000))];
        assert_eq!(text(&long), format!("{}…", "x".repeat(SHOWN)));
    }

    #[test]
    fn only_the_bare_keys_decide() {
        let plain = Mods::default();
        assert_eq!(decision(&key(Key::Enter, plain)), Some((Key::Enter, true)));
        assert_eq!(
            decision(&key(Key::Escape, plain)),
            Some((Key::Escape, false))
        );
        assert_eq!(decision(&key(Key::Enter, Mods::CTRL)), None);
        assert_eq!(decision(&key(Key::Char('a'), plain)), None);
        assert_eq!(decision(&InputEvent::Paste("\r".into())), None);
    }
}
