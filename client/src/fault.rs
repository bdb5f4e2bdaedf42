//! How commands fail, and the exit code each failure has.

use std::io;

use abide_protocol::message::{ExitStatus, FailKind, Failure};

use crate::link::LinkError;

/// The request failed.
pub const FAILED: u8 = 1;
/// The command line is wrong.
pub const USAGE: u8 = 2;
/// No such session, or the name fits several.
pub const NOT_FOUND: u8 = 3;
/// The session's state or name does not allow it.
pub const CONFLICT: u8 = 4;
/// Something is used up.
pub const EXHAUSTED: u8 = 5;
/// Rows of history cannot be read; the others were.
pub const DAMAGED: u8 = 6;
/// `wait --timeout` ran out; as `timeout(1)` has it.
pub const TIMED_OUT: u8 = 124;

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("{}", .0.line)]
    Failure(Failure),
    #[error("{0}")]
    Usage(String),
    /// Whoever read our output left; not worth a word.
    #[error("standard output is closed")]
    Pipe,
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<LinkError> for Fault {
    fn from(error: LinkError) -> Self {
        Self::Failure(error.into())
    }
}

/// Only writing to standard output makes bare IO errors.
impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Pipe,
            _ => Self::Output(error),
        }
    }
}

impl Fault {
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Failure(failure) => code_of(failure.kind),
            Self::Usage(_) => USAGE,
            Self::Pipe => 0,
            Self::Output(_) => FAILED,
        }
    }
}

/// A failure of this kind.
pub fn failure(kind: FailKind, line: impl Into<String>) -> Failure {
    Failure {
        kind,
        line: line.into(),
    }
}

/// The exit code for a failed request.
#[must_use]
pub fn code_of(kind: FailKind) -> u8 {
    match kind {
        FailKind::NotFound | FailKind::Ambiguous => NOT_FOUND,
        FailKind::NameTaken | FailKind::State => CONFLICT,
        FailKind::Exhausted => EXHAUSTED,
        FailKind::Invalid | FailKind::Forbidden | FailKind::Unsupported | FailKind::Internal => {
            FAILED
        }
    }
}

/// The exit code that a program's end is passed on with, as shells do it.
#[must_use]
pub fn code_of_program(status: ExitStatus) -> u8 {
    match status {
        ExitStatus::Code(code) => u8::try_from(code & 0xff).unwrap_or(FAILED),
        ExitStatus::Signal(signal) => u8::try_from(128 + (signal & 0x7f)).unwrap_or(FAILED),
        ExitStatus::Lost => FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_pass_their_codes_on() {
        let check = |status, expected| assert_eq!(code_of_program(status), expected);
        check(ExitStatus::Code(0), 0);
        check(ExitStatus::Code(7), 7);
        check(ExitStatus::Code(256), 0);
        check(ExitStatus::Code(-1), 255);
        check(ExitStatus::Signal(9), 137);
        check(ExitStatus::Signal(64), 192);
        check(ExitStatus::Lost, 1);
    }
}
