//! The gate: what becomes of each message of a device. Pure, and the only place that decides it.
//!
//! What a message says of its sender counts for nothing: who it is and what it may do comes from
//! the daemon's table. A message that is not named here does not compile; one that a later build
//! invented is not passed on.

use abide_protocol::channel::End;
use abide_protocol::message::{
    Answer, Attach, Behalf, FailKind, Failure, InputRefusal, Limits, Request, SessionInfo,
    SizeWish, ToClient, ToServer,
};
use abide_protocol::{Grant, RequestId, Role, SessionId};

use super::devices::Standing;
use super::roster::{failure, unknown};

/// What becomes of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// The daemon does this and answers.
    Ask(RequestId, Request),
    /// A viewer is opened, as it is written here.
    Open(Box<Attach>),
    /// The viewer's keeper gets this.
    Relay(ToServer),
    /// The viewer is closed.
    Leave,
    /// This is said, and nothing else happens.
    Say(ToClient),
    /// Nothing.
    Skip,
    /// The device has no rights any more: its link ends.
    Over(End),
    /// The peer broke the protocol: its link ends.
    Broken,
}

/// Judges a message of a device that watches `viewing`, if anything.
pub(super) fn judge(who: &Standing, viewing: Option<SessionId>, message: ToServer) -> Verdict {
    let grant = match &who.grant {
        Ok(grant) => grant,
        Err(why) => return Verdict::Over(*why),
    };
    let watches = viewing.is_some_and(|session| grant.covers(session));
    let types = watches && grant.role >= Role::Type;
    let relay = |allowed, message| {
        if allowed {
            Verdict::Relay(message)
        } else {
            Verdict::Skip
        }
    };
    match message {
        // Only the daemon says for whom a link is, and to keepers.
        ToServer::Hello(_) | ToServer::Behalf(_) => Verdict::Broken,
        ToServer::Request { id, request } => match may_ask(grant, &request) {
            Ok(()) => Verdict::Ask(id, request),
            Err(why) => {
                let answer = Answer::Failed(why);
                Verdict::Say(ToClient::Answer { id, answer })
            }
        },
        ToServer::Attach(attach) => open(who, grant, *attach),
        ToServer::Detach => Verdict::Leave,
        ToServer::Input { .. } if types => Verdict::Relay(message),
        ToServer::Input { stream, seq, .. } => Verdict::Say(ToClient::Refused {
            stream,
            seq,
            why: InputRefusal::Forbidden,
        }),
        ToServer::Ack { .. } | ToServer::Resync => relay(watches, message),
        // Of a viewer that only watches, nothing reaches the session.
        ToServer::Resize { .. }
        | ToServer::Drive { .. }
        | ToServer::Focus { .. }
        | ToServer::Look(_) => relay(types, message),
        ToServer::Printed { .. } => relay(watches && grant.may_read_history(), message),
        ToServer::Unknown => Verdict::Skip,
    }
}

/// Whether a device with this grant may ask this.
fn may_ask(grant: &Grant, request: &Request) -> Result<(), Failure> {
    match request {
        // Of the sessions that it covers.
        Request::List => Ok(()),
        Request::Info { session } | Request::Wait { session } => covered(grant, *session),
        Request::Capture { session, range } => {
            covered(grant, *session)?;
            history(grant, range.history > 0)
        }
        Request::Rows { session, .. } | Request::Search { session, .. } => {
            covered(grant, *session)?;
            history(grant, true)
        }
        Request::New { .. } | Request::Directories { .. } => manages(grant),
        Request::End { session, .. } | Request::Rename { session, .. } => {
            covered(grant, *session)?;
            manages(grant)
        }
        Request::Remove { .. }
        | Request::Clear { .. }
        | Request::Status
        | Request::Shutdown
        | Request::Subscribe
        | Request::Cut { .. }
        | Request::LoginEnvironment
        | Request::Trust { .. }
        | Request::Share { .. }
        | Request::Pair { .. }
        | Request::AwaitPairing { .. }
        | Request::EnterCode { .. }
        | Request::Devices
        | Request::EditDevice { .. }
        | Request::Revoke { .. }
        | Request::Audit { .. }
        | Request::TrustClock
        | Request::Notify { .. } => Err(forbidden(
            "this is done on the session's machine only, not over a device's link",
        )),
        Request::Unknown => Err(failure(
            FailKind::Unsupported,
            format!(
                "the daemon ({}) does not know this request; update it",
                env!("CARGO_PKG_VERSION")
            ),
        )),
    }
}

/// A session that a device has nothing to do with is one that it has not heard of.
fn covered(grant: &Grant, session: SessionId) -> Result<(), Failure> {
    if grant.covers(session) {
        Ok(())
    } else {
        Err(unknown(session))
    }
}

fn history(grant: &Grant, wanted: bool) -> Result<(), Failure> {
    if !wanted || grant.may_read_history() {
        return Ok(());
    }
    Err(forbidden(
        "this device may see live screens, not their history; its owner may change that with: \
         abide devices role",
    ))
}

fn manages(grant: &Grant) -> Result<(), Failure> {
    if grant.role >= Role::Manage {
        return Ok(());
    }
    Err(forbidden(
        "this device may not manage sessions; its owner may change that with: abide devices role",
    ))
}

fn forbidden(line: &str) -> Failure {
    failure(FailKind::Forbidden, line)
}

/// The attachment as the keeper gets it: everything about rights is the daemon's word.
fn open(who: &Standing, grant: &Grant, asked: Attach) -> Verdict {
    if !grant.covers(asked.session) {
        return Verdict::Say(ToClient::Closed(unknown(asked.session)));
    }
    let (types, reads) = (grant.role >= Role::Type, grant.may_read_history());
    let wish = if types { asked.wish } else { SizeWish::Watch };
    Verdict::Open(Box::new(Attach {
        wish,
        name: who.name.clone(),
        // Events of before are history too.
        event: asked.event.filter(|_| reads),
        printed: asked.printed.filter(|_| reads),
        history: if reads { asked.history } else { 0 },
        device: Some(who.device),
        epoch: Some(who.epoch),
        limits: limits(grant),
        ssh_auth_sock: None,
        ..asked
    }))
}

/// What a keeper enforces again.
fn limits(grant: &Grant) -> Limits {
    let types = grant.role >= Role::Type;
    Limits {
        see: true,
        type_: types,
        size: types,
        floor: (!grant.may_read_history()).then_some(Limits::NO_HISTORY),
    }
}

/// For whom a keeper answers the requests of a device with this grant.
pub(super) fn behalf(who: &Standing, grant: &Grant) -> Behalf {
    Behalf {
        device: who.device,
        epoch: who.epoch,
        limits: limits(grant),
        manages: grant.role >= Role::Manage,
    }
}

/// An answer as far as it is for this device. What only owners ask for is never an answer to one.
pub(super) fn shown(grant: &Grant, answer: Answer) -> Answer {
    let covered = |info: &SessionInfo| grant.covers(info.id);
    match answer {
        Answer::Sessions(mut sessions) => {
            sessions.retain(covered);
            Answer::Sessions(sessions)
        }
        Answer::Session(info) if !covered(&info) => Answer::Failed(unknown(info.id)),
        Answer::Done
        | Answer::Failed(_)
        | Answer::Session(_)
        | Answer::Captured { .. }
        | Answer::Rows { .. }
        | Answer::Exited(_)
        | Answer::Found { .. }
        | Answer::Directories(_)
        | Answer::Unknown => answer,
        Answer::Status(_)
        | Answer::Environment(_)
        | Answer::Share(_)
        | Answer::Ticket(_)
        | Answer::Pairing { .. }
        | Answer::Code(_)
        | Answer::Devices(_)
        | Answer::Revoked(_)
        | Answer::Audit(_) => Answer::Failed(failure(
            FailKind::Internal,
            "the answer was not one for a device",
        )),
    }
}

#[cfg(test)]
mod tests;
