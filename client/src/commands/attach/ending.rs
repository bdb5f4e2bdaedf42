//! How an attachment ends: its exit code and the line that says what happened.

use abide_protocol::message::{ExitStatus, Failure};

use crate::fault::code_of_program;

/// The link to the session was lost.
const LOST: u8 = 254;
/// There was no attachment at all.
const NOT_ATTACHED: u8 = 255;

/// Why the loop was left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    Detached,
    /// The program has ended.
    Program(ExitStatus),
    /// The keeper is gone or talks nonsense.
    Lost(String),
    /// The link came back, and the session is not running any more.
    Vanished(String),
    /// The attach was refused.
    Refused(Failure),
    /// This process was told to end, by this signal.
    Signal(i32),
    /// The user's terminal is gone: there is nobody to tell.
    TerminalGone,
}

impl Ending {
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Detached => 0,
            Self::Program(status) => code_of_program(*status),
            Self::Lost(_) | Self::Vanished(_) => LOST,
            Self::Refused(_) => NOT_ATTACHED,
            Self::Signal(signal) => 128 + u8::try_from(*signal & 0x7f).unwrap_or(0),
            Self::TerminalGone => 128 + 1,
        }
    }

    /// One line for the user of the session `name`.
    pub(super) fn line(&self, name: &str) -> Option<String> {
        match self {
            Self::Detached => Some(format!(
                "detached from \"{name}\", which goes on; abide attach {name} comes back"
            )),
            Self::Program(ExitStatus::Code(0)) => Some(format!("\"{name}\" has ended")),
            Self::Program(ExitStatus::Code(code)) => {
                Some(format!("\"{name}\" has ended with code {code}"))
            }
            Self::Program(ExitStatus::Signal(signal)) => {
                Some(format!("\"{name}\" was ended by signal {signal}"))
            }
            Self::Program(ExitStatus::Lost) => {
                Some(format!("\"{name}\" is lost: nobody saw how it ended"))
            }
            Self::Lost(why) | Self::Vanished(why) => Some(format!(
                "lost the link to \"{name}\": {why}; abide list shows what is still there"
            )),
            Self::Refused(failure) => {
                Some(format!("could not attach to \"{name}\": {}", failure.line))
            }
            Self::Signal(_) => Some(format!("told to end; \"{name}\" goes on")),
            Self::TerminalGone => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_protocol::message::FailKind;

    #[test]
    fn exit_codes_are_as_documented() {
        let check = |ending: Ending, code| assert_eq!(ending.code(), code);
        check(Ending::Detached, 0);
        check(Ending::Program(ExitStatus::Code(7)), 7);
        check(Ending::Program(ExitStatus::Signal(9)), 137);
        check(Ending::Lost("x".into()), 254);
        let failure = Failure {
            kind: FailKind::Exhausted,
            line: "full".into(),
        };
        check(Ending::Refused(failure), 255);
        check(Ending::Signal(15), 143);
        check(Ending::TerminalGone, 129);
    }
}
