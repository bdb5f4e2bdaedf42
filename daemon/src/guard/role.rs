//! What a local process may ask for, by where it runs. One function decides for daemon and keepers.

use abide_protocol::SessionId;
use abide_protocol::message::{Answer, FailKind, Failure, Request, SessionInfo};

use super::notice::{Notice, Said};

/// Where whoever asks runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Role {
    /// In none of our sessions: the user.
    Outside,
    /// In a session that the user trusts.
    Trusted,
    /// In a session: an agent, or what it started, or a person who types there.
    Agent { session: SessionId, name: String },
    /// It cannot be told; treated as an agent without a session.
    Unknown,
}

impl Role {
    /// The role of a process that is in these sessions. All of them must be trusted.
    #[must_use]
    pub fn inside(sessions: Vec<(Notice, Said)>) -> Self {
        if sessions.is_empty() {
            return Self::Outside;
        }
        let agent = sessions.into_iter().find(|(_, said)| !said.trusted);
        match agent {
            None => Self::Trusted,
            Some((notice, said)) => Self::Agent {
                session: notice.session,
                name: said.name,
            },
        }
    }

    /// Whether it may ask this.
    pub fn may_ask(&self, request: &Request) -> Result<(), Failure> {
        match (self, request) {
            (
                Self::Trusted,
                Request::Trust { .. }
                | Request::Pair { .. }
                | Request::AwaitPairing { .. }
                | Request::EnterCode { .. }
                | Request::EditDevice { .. }
                | Request::TrustClock
                | Request::Share { change: Some(_) },
            ) => Err(forbidden(
                "rights are not given from inside a session; type it in a terminal outside".into(),
            )),
            // A question that nobody knows is answered as such.
            (Self::Outside | Self::Trusted, _) | (_, Request::List | Request::Unknown) => Ok(()),
            (Self::Agent { session, .. }, Request::Info { session: asked }) if session == asked => {
                Ok(())
            }
            (Self::Agent { .. } | Self::Unknown, _) => Err(self.refusal()),
        }
    }

    /// Whether it may watch and type into sessions.
    pub fn may_attach(&self) -> Result<(), Failure> {
        match self {
            Self::Outside | Self::Trusted => Ok(()),
            Self::Agent { .. } | Self::Unknown => Err(self.refusal()),
        }
    }

    /// The answer as far as it is for this role: of other sessions, an agent hears the names.
    #[must_use]
    pub fn shown(&self, answer: Answer) -> Answer {
        let own = match self {
            Self::Outside | Self::Trusted => return answer,
            Self::Agent { session, .. } => Some(*session),
            Self::Unknown => None,
        };
        match answer {
            Answer::Sessions(sessions) => Answer::Sessions(
                sessions
                    .into_iter()
                    .map(|info| {
                        if Some(info.id) == own {
                            info
                        } else {
                            name_of(info)
                        }
                    })
                    .collect(),
            ),
            other => other,
        }
    }

    /// One line: what was refused, why, and what to type where.
    fn refusal(&self) -> Failure {
        let Self::Agent { session, name } = self else {
            return forbidden(
                "cannot tell whether this was asked from inside a session: the program that asked \
                 is hidden or gone; ask from another terminal"
                    .into(),
            );
        };
        let id = session.as_uuid().simple().to_string();
        let (shown, word) = match name.as_str() {
            "" => (id.as_str(), id.as_str()),
            name => (name, name),
        };
        forbidden(format!(
            "programs in the session \"{shown}\" may only list names and ask about that session; \
             to let them do more, type outside of it: abide trust {word}"
        ))
    }
}

fn forbidden(line: String) -> Failure {
    Failure {
        kind: FailKind::Forbidden,
        line,
    }
}

/// A session's name, and whether it lives.
fn name_of(info: SessionInfo) -> SessionInfo {
    SessionInfo {
        state: info.state,
        created: info.created,
        ended: info.ended,
        ..SessionInfo::named(info.id, info.name)
    }
}

#[cfg(test)]
mod tests;
