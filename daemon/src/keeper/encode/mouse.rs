//! Mouse events for the tracking mode and the encoding that the program asked for.

use super::encode_key;
use abide_protocol::input::{Key, KeyEvent, Mods, MouseAction, MouseButton, MouseEvent};
use abide_protocol::snapshot::{Modes, MouseEncoding, MouseTracking};
use abide_protocol::{Book, Size};

/// Arrow keys that one step of the wheel becomes under alternate scroll.
const WHEEL_LINES: usize = 3;

/// Where a mouse event happens: what its encoding needs besides the modes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MousePlace {
    pub size: Size,
    /// Pixels of one cell (width, height), as the screen answers them to the program.
    pub cell: (u16, u16),
    /// Which screen is shown: on the alternate one the wheel may become arrow keys (1007).
    pub book: Book,
}

/// Appends what the program gets for a mouse event; nothing if it asked for none, or if the event
/// lies outside of the screen or of what the encoding can say.
pub fn encode_mouse(event: &MouseEvent, modes: &Modes, place: &MousePlace, out: &mut Vec<u8>) {
    if event.column >= place.size.cols() || event.row >= place.size.rows() {
        return;
    }
    if modes.mouse == MouseTracking::Off {
        alternate_scroll(*event, modes, place.book, out);
    } else if wanted(*event, modes.mouse) {
        write(*event, modes, place.cell, out);
    }
}

fn alternate_scroll(event: MouseEvent, modes: &Modes, book: Book, out: &mut Vec<u8>) {
    let key = match event.button {
        MouseButton::WheelUp => Key::Up,
        MouseButton::WheelDown => Key::Down,
        _ => return,
    };
    if modes.alternate_scroll && book == Book::Alternate && event.action == MouseAction::Press {
        let press = KeyEvent::press(key, Mods::default());
        for _ in 0..WHEEL_LINES {
            encode_key(&press, modes, out);
        }
    }
}

fn wanted(event: MouseEvent, tracking: MouseTracking) -> bool {
    match event.action {
        MouseAction::Press if tracking == MouseTracking::X10 => button(event.button) < 3,
        MouseAction::Press => event.button != MouseButton::None,
        MouseAction::Release => tracking != MouseTracking::X10 && !is_wheel(event.button),
        MouseAction::Motion => match tracking {
            MouseTracking::Any => true,
            MouseTracking::Button => event.button != MouseButton::None,
            MouseTracking::Off | MouseTracking::X10 | MouseTracking::Normal => false,
        },
    }
}

fn is_wheel(button: MouseButton) -> bool {
    matches!(
        button,
        MouseButton::WheelUp
            | MouseButton::WheelDown
            | MouseButton::WheelLeft
            | MouseButton::WheelRight
    )
}

fn button(button: MouseButton) -> u32 {
    match button {
        MouseButton::Left => 0,
        MouseButton::Middle => 1,
        MouseButton::Right => 2,
        MouseButton::None => 3,
        MouseButton::WheelUp => 64,
        MouseButton::WheelDown => 65,
        MouseButton::WheelLeft => 66,
        MouseButton::WheelRight => 67,
        MouseButton::Back => 128,
        MouseButton::Forward => 129,
    }
}

/// The button with modifiers and motion; mode 9 knows neither.
fn code(event: MouseEvent, modes: &Modes, release_named: bool) -> u32 {
    let mut code = match event.action {
        MouseAction::Release if !release_named => 3,
        _ => button(event.button),
    };
    if modes.mouse == MouseTracking::X10 {
        return code;
    }
    if event.action == MouseAction::Motion {
        code += 32;
    }
    for (held, bit) in [(Mods::SHIFT, 4), (Mods::ALT, 8), (Mods::CTRL, 16)] {
        if event.mods.has(held) {
            code += bit;
        }
    }
    code
}

fn write(event: MouseEvent, modes: &Modes, cell: (u16, u16), out: &mut Vec<u8>) {
    let (column, row) = (u32::from(event.column), u32::from(event.row));
    match modes.mouse_encoding {
        MouseEncoding::X10 => {
            let bytes = [32 + code(event, modes, false), 33 + column, 33 + row];
            let bytes = bytes.map(u8::try_from);
            if let [Ok(button), Ok(column), Ok(row)] = bytes {
                out.extend_from_slice(&[0x1b, b'[', b'M', button, column, row]);
            }
        }
        MouseEncoding::Utf8 => {
            let numbers = [32 + code(event, modes, false), 33 + column, 33 + row];
            out.extend_from_slice(b"\x1b[M");
            for c in numbers.into_iter().filter_map(char::from_u32) {
                super::push_char(c, out);
            }
        }
        MouseEncoding::Urxvt => {
            let code = 32 + code(event, modes, false);
            push(&format!("\x1b[{code};{};{}M", column + 1, row + 1), out);
        }
        MouseEncoding::Sgr => sgr(event, modes, (column + 1, row + 1), out),
        MouseEncoding::SgrPixels => {
            // The middle of the cell, so that a program which divides finds this cell.
            let middle = |index: u32, pixels: u16| {
                let pixels = u32::from(pixels.max(1));
                index * pixels + pixels / 2 + 1
            };
            sgr(
                event,
                modes,
                (middle(column, cell.0), middle(row, cell.1)),
                out,
            );
        }
    }
}

fn sgr(event: MouseEvent, modes: &Modes, (x, y): (u32, u32), out: &mut Vec<u8>) {
    let code = code(event, modes, true);
    let last = if event.action == MouseAction::Release {
        'm'
    } else {
        'M'
    };
    push(&format!("\x1b[<{code};{x};{y}{last}"), out);
}

fn push(sequence: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(sequence.as_bytes());
}
