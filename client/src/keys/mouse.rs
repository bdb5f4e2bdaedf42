//! Mouse reports: SGR, urxvt and the three bytes of X10.

use super::csi::Csi;
use abide_protocol::input::{Mods, MouseAction, MouseButton, MouseEvent};

/// A mouse report. The older encodings do not say which button was released.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Report {
    pub(super) event: MouseEvent,
    pub(super) release_of_any: bool,
}

/// `CSI < code ; column ; row M`, `m` for a release.
pub(super) fn sgr(csi: &Csi<'_>) -> Option<Report> {
    let [code, column, row] = csi.firsts()[..] else {
        return None;
    };
    let mut event = event(code, column, row)?;
    if csi.last == b'm' {
        event.action = MouseAction::Release;
    }
    Some(Report {
        event,
        release_of_any: false,
    })
}

/// `CSI code ; column ; row M`, the code with 32 added.
pub(super) fn urxvt(csi: &Csi<'_>) -> Option<Report> {
    let [code, column, row] = csi.firsts()[..] else {
        return None;
    };
    unnamed(code.checked_sub(32)?, column, row)
}

/// Three bytes, each with 32 added.
pub(super) fn x10(bytes: [u8; 3]) -> Option<Report> {
    let [code, column, row] = bytes.map(|byte| u32::from(byte).checked_sub(32));
    unnamed(code?, column?, row?)
}

fn unnamed(code: u32, column: u32, row: u32) -> Option<Report> {
    let mut event = event(code, column, row)?;
    let release_of_any = event.button == MouseButton::None && event.action == MouseAction::Press;
    if release_of_any {
        event.action = MouseAction::Release;
    }
    Some(Report {
        event,
        release_of_any,
    })
}

fn event(code: u32, column: u32, row: u32) -> Option<MouseEvent> {
    let button = match (code & !0b1_1111, code & 3) {
        (0 | 32, 0) => MouseButton::Left,
        (0 | 32, 1) => MouseButton::Middle,
        (0 | 32, 2) => MouseButton::Right,
        (0 | 32, _) => MouseButton::None,
        (64 | 96, 0) => MouseButton::WheelUp,
        (64 | 96, 1) => MouseButton::WheelDown,
        (64 | 96, 2) => MouseButton::WheelLeft,
        (64 | 96, _) => MouseButton::WheelRight,
        (128 | 160, 0) => MouseButton::Back,
        (128 | 160, 1) => MouseButton::Forward,
        _ => return None,
    };
    let held = [(4, Mods::SHIFT), (8, Mods::ALT), (16, Mods::CTRL)];
    let mods = held.into_iter().filter(|(bit, _)| code & bit != 0);
    let cell = |number: u32| u16::try_from(number.saturating_sub(1)).unwrap_or(u16::MAX);
    Some(MouseEvent {
        action: if code & 32 == 0 {
            MouseAction::Press
        } else {
            MouseAction::Motion
        },
        button,
        column: cell(column),
        row: cell(row),
        mods: mods.fold(Mods::default(), |mods, (_, held)| mods.with(held)),
    })
}
