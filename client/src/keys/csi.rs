//! Control sequences: what each means.

use super::key::{self, press};
use super::{Outer, Reply, mouse, reply};
use abide_protocol::input::{Key, KeyAction, KeyEvent, Mods};
use abide_protocol::keymap;

/// What a control sequence is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    Key(KeyEvent),
    Mouse(mouse::Report),
    Focus(bool),
    Reply(Reply),
    CursorPosition {
        row: u16,
        column: u16,
    },
    PasteBegin,
    /// The end of a paste that never began.
    PasteEnd,
    /// No rule names it.
    Unknown,
}

/// A control sequence taken apart. Absent numbers are `None`.
pub(super) struct Csi<'a> {
    /// One of `< = > ?` before the parameters.
    pub(super) private: Option<u8>,
    /// Fields between `;`, each of numbers between `:`.
    pub(super) fields: Vec<Vec<Option<u32>>>,
    pub(super) intermediates: &'a [u8],
    pub(super) last: u8,
}

impl<'a> Csi<'a> {
    /// `None` if `body` is not parameters, intermediates and a final byte.
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let (last, body) = body.split_last()?;
        let private = body.first().copied().filter(|byte| b"<=>?".contains(byte));
        let body = &body[usize::from(private.is_some())..];
        let end = body
            .iter()
            .position(|byte| *byte < 0x30)
            .unwrap_or(body.len());
        let (parameters, intermediates) = body.split_at(end);
        let fields = match parameters {
            [] => Vec::new(),
            _ => parameters
                .split(|byte| *byte == b';')
                .map(field)
                .collect::<Option<_>>()?,
        };
        Some(Self {
            private,
            fields,
            intermediates,
            last: *last,
        })
    }

    /// The number at `sub` of the field at `index`.
    pub(super) fn number(&self, index: usize, sub: usize) -> Option<u32> {
        self.fields.get(index)?.get(sub).copied().flatten()
    }

    /// The first number of each field, 0 where absent.
    pub(super) fn firsts(&self) -> Vec<u32> {
        (0..self.fields.len())
            .map(|index| self.number(index, 0).unwrap_or(0))
            .collect()
    }
}

/// `None` unless digits and colons only. Numbers are cut at a size no meaning has.
fn field(bytes: &[u8]) -> Option<Vec<Option<u32>>> {
    let number = |digits: &[u8]| {
        digits.iter().try_fold(None, |number, digit| {
            let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
            let number: u32 = number.unwrap_or(0);
            Some(Some(number.saturating_mul(10).saturating_add(digit.into())))
        })
    };
    bytes.split(|byte| *byte == b':').map(number).collect()
}

/// What the sequence means that `body` is (all after `CSI`). `cursor_expected`: a cursor report
/// was asked for, so `CSI 1 ; 5 R` is one, and not Ctrl+F3.
pub(super) fn meaning(body: &[u8], outer: Outer, cursor_expected: bool) -> Meaning {
    let Some(csi) = Csi::parse(body) else {
        return Meaning::Reply(Reply::Other);
    };
    if csi.private == Some(b'<') && matches!(csi.last, b'M' | b'm') {
        return match mouse::sgr(&csi) {
            Some(report) => Meaning::Mouse(report),
            None => Meaning::Reply(Reply::Other),
        };
    }
    if csi.private.is_some() || !csi.intermediates.is_empty() {
        return Meaning::Reply(reply::sequence(&csi));
    }
    let key = match csi.last {
        b'u' => unicode(&csi, outer),
        b'~' => match csi.number(0, 0) {
            Some(200) => return Meaning::PasteBegin,
            Some(201) => return Meaning::PasteEnd,
            Some(27) if csi.fields.len() == 3 => other_key(&csi),
            _ => numbered(&csi),
        },
        b'$' | b'^' | b'@' => rxvt(&csi),
        b'a' | b'b' | b'd' => rxvt_arrow(&csi),
        b'R' if cursor_expected && csi.fields.len() == 2 => return cursor_position(&csi),
        b'A'..=b'F' | b'H' | b'P'..=b'S' if is_key(&csi) => lettered(&csi),
        b'R' => return cursor_position(&csi),
        b'Z' => modifiers(&csi).map(|(mods, action)| KeyEvent {
            action,
            ..press(Key::Tab, mods.with(Mods::SHIFT))
        }),
        b'I' | b'O' if csi.fields.is_empty() => return Meaning::Focus(csi.last == b'I'),
        b'M' if csi.fields.len() == 3 => {
            return mouse::urxvt(&csi).map_or(Meaning::Reply(Reply::Other), Meaning::Mouse);
        }
        b'c' | b'n' | b't' | b'x' | b'y' => return Meaning::Reply(reply::sequence(&csi)),
        _ => None,
    };
    key.map_or(Meaning::Unknown, Meaning::Key)
}

/// Modifiers and event type from the second field; `None` if they are out of range.
fn modifiers(csi: &Csi<'_>) -> Option<(Mods, KeyAction)> {
    let action = match csi.number(1, 1) {
        None | Some(0 | 1) => KeyAction::Press,
        Some(2) => KeyAction::Repeat,
        Some(3) => KeyAction::Release,
        Some(_) => return None,
    };
    Some((mods(csi.number(1, 0))?, action))
}

fn mods(number: Option<u32>) -> Option<Mods> {
    let bits = number.unwrap_or(1).saturating_sub(1);
    u8::try_from(bits).ok().map(Mods)
}

/// Whether `CSI .. letter` is a key: `1 ; mods`, `mods` alone, or nothing.
fn is_key(csi: &Csi<'_>) -> bool {
    match csi.fields.len() {
        0 => true,
        1 => csi.last != b'R' && csi.number(0, 0).is_none_or(|n| n <= 16),
        2 | 3 => {
            let cursor =
                csi.last == b'R' && csi.number(1, 0).is_none_or(|n| !(2..=16).contains(&n));
            csi.number(0, 0).is_none_or(|n| n == 1) && !cursor
        }
        _ => false,
    }
}

/// `CSI 1 ; mods : event A`.
fn lettered(csi: &Csi<'_>) -> Option<KeyEvent> {
    let (mods, action) = match csi.fields.len() {
        1 => (mods(csi.number(0, 0))?, KeyAction::Press),
        _ => modifiers(csi)?,
    };
    Some(KeyEvent {
        action,
        ..press(key::letter(csi.last)?, mods)
    })
}

/// `CSI number ; mods : event ~`.
fn numbered(csi: &Csi<'_>) -> Option<KeyEvent> {
    let (mods, action) = modifiers(csi)?;
    let key = key::tilde(csi.number(0, 0)?).filter(|_| csi.fields.len() <= 3)?;
    Some(KeyEvent {
        action,
        ..press(key, mods)
    })
}

/// `CSI 27 ; mods ; character ~`: the character has its Shift already.
fn other_key(csi: &Csi<'_>) -> Option<KeyEvent> {
    let mods = mods(csi.number(1, 0))?;
    Some(match keymap::key(csi.number(2, 0)?)? {
        Key::Char(c) => with_shift_applied(c, mods),
        key => press(key, mods),
    })
}

/// A character as xterm tells it, with Shift applied: `A` for Shift+a, `!` for Shift+1.
fn with_shift_applied(c: char, mods: Mods) -> KeyEvent {
    let shift = mods.has(Mods::SHIFT);
    let plain = if shift {
        keymap::unshifted(c)
    } else {
        keymap::small(c)
    };
    let types = mods.without(Mods::SHIFT).without(LOCKS) == Mods::default();
    KeyEvent {
        text: types.then(|| c.to_string()),
        shifted: shift.then_some(c),
        ..press(Key::Char(plain.unwrap_or(c)), mods)
    }
}

const LOCKS: Mods = Mods(Mods::CAPS_LOCK.0 | Mods::NUM_LOCK.0);

/// `CSI code : shifted : base ; mods : event ; text u`.
fn unicode(csi: &Csi<'_>, outer: Outer) -> Option<KeyEvent> {
    let (mods, action) = modifiers(csi)?;
    let text = text(csi);
    let key = match csi.number(0, 0)? {
        0 => Key::Char(text.as_deref()?.chars().next()?),
        number => keymap::key(number)?,
    };
    let character = |sub| {
        let c = csi.number(0, sub).and_then(char::from_u32);
        c.filter(|c| !c.is_control())
    };
    let mut event = KeyEvent {
        action,
        text,
        shifted: character(1),
        base: character(2),
        ..press(key, mods)
    };
    if let Key::Char(c) = key {
        // xterm's formatOtherKeys: the kitty protocol never names a capital.
        if let Some(small) = keymap::small(c) {
            event.key = Key::Char(small);
            event.shifted = event.shifted.or(mods.has(Mods::SHIFT).then_some(c));
        }
        if mods.has(Mods::SHIFT) && event.shifted.is_none() && c.is_alphabetic() {
            event.shifted = keymap::shifted(c);
        }
        if event.text.is_none() && !tells_text(outer) {
            event.text = implied_text(&event);
        }
    }
    Some(event)
}

/// The third field as text; `None` if it is empty or holds anything but printable characters.
fn text(csi: &Csi<'_>) -> Option<String> {
    let points = csi.fields.get(2)?;
    let printable = |point: &Option<u32>| {
        let c = point.and_then(char::from_u32);
        c.filter(|c| !c.is_control())
    };
    points.iter().map(printable).collect::<Option<String>>()
}

/// A terminal that tells the text of keys means it when it tells none (a dead key).
fn tells_text(outer: Outer) -> bool {
    matches!(outer, Outer::Kitty(flags) if flags & 0b1_0000 != 0)
}

/// What a character key types when its terminal tells keys but no text.
fn implied_text(event: &KeyEvent) -> Option<String> {
    let Key::Char(c) = event.key else { return None };
    let bare = event.mods.without(Mods::SHIFT).without(LOCKS) == Mods::default();
    if !bare || event.action == KeyAction::Release {
        return None;
    }
    let shift = event.mods.has(Mods::SHIFT);
    let caps = event.mods.has(Mods::CAPS_LOCK) && c.is_alphabetic();
    let typed = if shift == caps {
        Some(c)
    } else {
        event.shifted.or_else(|| keymap::shifted(c))
    };
    Some(typed.unwrap_or(c).to_string())
}

/// `CSI number $`, `^`, `@`: Shift, Ctrl, both.
fn rxvt(csi: &Csi<'_>) -> Option<KeyEvent> {
    let mods = match csi.last {
        b'$' => Mods::SHIFT,
        b'^' => Mods::CTRL,
        _ => Mods::CTRL.with(Mods::SHIFT),
    };
    let key = key::tilde(csi.number(0, 0)?).filter(|_| csi.fields.len() == 1)?;
    Some(press(key, mods))
}

/// Shift with Up, Down, Left; rxvt's Shift with Right looks like a reply and is none of ours.
fn rxvt_arrow(csi: &Csi<'_>) -> Option<KeyEvent> {
    let key = match csi.last {
        b'a' => Key::Up,
        b'b' => Key::Down,
        _ => Key::Left,
    };
    csi.fields.is_empty().then(|| press(key, Mods::SHIFT))
}

fn cursor_position(csi: &Csi<'_>) -> Meaning {
    let number = |index| {
        let number = csi.number(index, 0).unwrap_or(1);
        u16::try_from(number).unwrap_or(u16::MAX)
    };
    Meaning::CursorPosition {
        row: number(0),
        column: number(1),
    }
}
