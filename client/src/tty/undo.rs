//! The way back for the terminal, kept where the panic hook finds it.

use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, Termios, tcsetattr};

/// A terminal that takes nothing for this long is left as it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// How to bring one terminal back.
pub(super) struct Undo {
    pub(super) fd: OwnedFd,
    pub(super) termios: Termios,
    pub(super) bytes: Vec<u8>,
}

/// One process has one terminal. Locked for moments only, never while waiting.
static UNDO: Mutex<Option<Undo>> = Mutex::new(None);

fn undo() -> MutexGuard<'static, Option<Undo>> {
    UNDO.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on the terminal has to be given back.
pub(super) fn arm(new: Undo) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            run();
            before(info);
        }));
    });
    *undo() = Some(new);
}

/// Replaces what has to be written.
pub(super) fn set(bytes: Vec<u8>) {
    if let Some(undo) = undo().as_mut() {
        undo.bytes = bytes;
    }
}

/// Gives the terminal back; nothing if that has been done.
pub(super) fn run() {
    let Some(undo) = undo().take() else {
        return;
    };
    let deadline = Instant::now() + PATIENCE;
    let mut rest = &undo.bytes[..];
    while !rest.is_empty() {
        match rustix::io::write(&undo.fd, rest) {
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) if wait(&undo.fd, deadline) => {}
            Err(_) => break,
        }
    }
    // A terminal that is gone needs no settings.
    let _ = tcsetattr(&undo.fd, OptionalActions::Now, &undo.termios);
}

/// Waits for room until the deadline.
fn wait(fd: &OwnedFd, deadline: Instant) -> bool {
    let left = deadline.saturating_duration_since(Instant::now());
    let Ok(left) = Timespec::try_from(left) else {
        return false;
    };
    let mut fds = [PollFd::new(fd, PollFlags::OUT)];
    poll(&mut fds, Some(&left)).is_ok_and(|ready| ready > 0)
}
