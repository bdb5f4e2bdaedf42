//! The signals that concern an attachment.

use std::io;

use tokio::signal::unix::{Signal as Source, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Signal {
    /// The terminal has another size.
    Resized,
    /// End, with this number.
    End(i32),
    /// The terminal is gone.
    HangUp,
    Suspend,
    Continued,
}

/// All of them, from the moment this is made.
pub(super) struct Signals {
    resized: Source,
    terminate: Source,
    interrupt: Source,
    quit: Source,
    hang_up: Source,
    suspend: Source,
    continued: Source,
}

impl Signals {
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self {
            resized: signal(SignalKind::window_change())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hang_up: signal(SignalKind::hangup())?,
            suspend: signal(SignalKind::from_raw(libc_numbers::SIGTSTP))?,
            continued: signal(SignalKind::from_raw(libc_numbers::SIGCONT))?,
        })
    }

    /// The next one. Cancel safe.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.hang_up.recv() => Signal::HangUp,
            _ = self.terminate.recv() => Signal::End(SignalKind::terminate().as_raw_value()),
            _ = self.interrupt.recv() => Signal::End(SignalKind::interrupt().as_raw_value()),
            _ = self.quit.recv() => Signal::End(SignalKind::quit().as_raw_value()),
            _ = self.suspend.recv() => Signal::Suspend,
            _ = self.continued.recv() => Signal::Continued,
            _ = self.resized.recv() => Signal::Resized,
        }
    }
}

/// Numbers that tokio has no names for.
mod libc_numbers {
    use rustix::process::Signal;

    pub(super) const SIGTSTP: i32 = Signal::TSTP.as_raw();
    pub(super) const SIGCONT: i32 = Signal::CONT.as_raw();
}
