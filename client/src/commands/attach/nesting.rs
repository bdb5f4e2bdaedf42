//! Whether this terminal is itself a session: attaching there would show it inside itself.

use abide_protocol::message::{SessionInfo, SessionState};

use crate::tty;

/// The living session whose terminal this process uses, found by comparing devices: variables are
/// inherited by processes that have long moved elsewhere.
pub(in crate::commands) fn around_us(sessions: &[SessionInfo]) -> Option<&SessionInfo> {
    let devices = tty::devices();
    sessions.iter().find(|info| {
        let living = !matches!(info.state, SessionState::Ended(_));
        let device = info.tty.as_ref().filter(|_| living).and_then(tty::device);
        device.is_some_and(|device| devices.contains(&device))
    })
}
