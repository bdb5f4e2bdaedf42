//! Requests and their answers.

use std::time::Instant;

use abide_protocol::limits::MAX_NAME;
use abide_protocol::message::{Answer, Behalf, EndHow, Event, FailKind, Failure, Limits, Request};
use abide_protocol::{RequestId, SessionId};

use super::ending::Life;
use super::{Session, failure, withdrawn};
use crate::keeper::history::LOOK;
use crate::keeper::link::WAITS;

impl Session {
    pub(super) fn request(&mut self, index: usize, id: RequestId, request: Request, now: Instant) {
        let answer = match self.allowed(index, &request) {
            Err(why) => Some(Answer::Failed(why)),
            Ok(()) => self.answer(index, id, request, now),
        };
        if let (Some(answer), Some(link)) = (answer, self.links.get_mut(index)) {
            link.answer(id, answer);
        }
    }

    /// Which session is meant, what may be asked from where, and what a device may ask: to look,
    /// never to steer the session.
    fn allowed(&self, index: usize, request: &Request) -> Result<(), Failure> {
        if let Some(link) = self.links.get(index) {
            link.role.may_ask(request)?;
        }
        if let Some(other) = session_of(request).filter(|session| *session != self.identity.id) {
            let line = format!("this is session {}, not {other}", self.identity.id);
            return Err(failure(FailKind::NotFound, line));
        }
        let link = self.links.get(index).filter(|link| link.device.is_some());
        let Some(link) = link else {
            return Ok(());
        };
        let manages = link.behalf.as_ref().is_some_and(|behalf| behalf.manages);
        if may(&self.limits(index), manages, request) {
            return Ok(());
        }
        Err(failure(
            FailKind::Forbidden,
            "this device has no right to do that".into(),
        ))
    }

    /// The link is for a device's requests from now on.
    pub(super) fn bind(&mut self, index: usize, behalf: Behalf) {
        let admitted = self.cuts.admits(behalf.device, behalf.epoch);
        let Some(link) = self.links.get_mut(index) else {
            return;
        };
        if link.device.is_some() || link.viewer.is_some() || link.subscribed {
            let line = "this link is for somebody already".into();
            return link.refuse(failure(FailKind::State, line));
        }
        if !admitted {
            return link.refuse(withdrawn());
        }
        link.device = Some(behalf.device);
        link.behalf = Some(behalf);
    }

    pub(super) fn limits(&self, index: usize) -> Limits {
        let link = self.links.get(index);
        let behalf = link.and_then(|link| link.behalf.as_ref());
        match (self.viewer(index), behalf) {
            (Some(viewer), _) => viewer.limits.clone(),
            (None, Some(behalf)) => behalf.limits.clone(),
            (None, None) if link.is_some_and(|link| link.device.is_some()) => Limits {
                see: false,
                type_: false,
                size: false,
                floor: None,
            },
            (None, None) => Limits::ALL,
        }
    }

    /// `None`: the answer comes later.
    fn answer(
        &mut self,
        index: usize,
        id: RequestId,
        request: Request,
        now: Instant,
    ) -> Option<Answer> {
        Some(match request {
            Request::List => Answer::Sessions(vec![self.shown(index, now)]),
            Request::Info { .. } => {
                self.engine.look_at_history(LOOK);
                Answer::Session(Box::new(self.shown(index, now)))
            }
            Request::Capture { range, .. } => {
                return self.capture(index, id, range.history, now);
            }
            Request::Rows {
                book, from, count, ..
            } => return self.history(index, id, (book, from, count), now),
            Request::Wait { .. } => return self.wait(index, id),
            Request::End { how, .. } => self.end(how, now),
            Request::Rename { name, .. } => self.rename(name),
            Request::Trust { trusted, .. } => self.trust(trusted),
            Request::Clear { .. } => {
                self.engine.clear_history();
                self.mark(now);
                Answer::Done
            }
            Request::Subscribe => {
                if let Some(link) = self.links.get_mut(index) {
                    link.subscribed = true;
                }
                self.status.changed();
                Answer::Done
            }
            Request::Cut { device, epoch } => {
                self.cut(device, epoch, now);
                Answer::Done
            }
            Request::Notify { line } => {
                self.events.push(Event::Notice(line), None);
                Answer::Done
            }
            Request::Remove { .. } => refused(
                FailKind::State,
                "the session is alive; end it first with `abide stop` or `abide kill`",
            ),
            Request::New { .. }
            | Request::Status
            | Request::Shutdown
            | Request::LoginEnvironment
            | Request::Share { .. }
            | Request::Pair { .. }
            | Request::AwaitPairing { .. }
            | Request::EnterCode { .. }
            | Request::Devices
            | Request::EditDevice { .. }
            | Request::Revoke { .. }
            | Request::Audit { .. }
            | Request::TrustClock
            | Request::Directories { .. } => {
                refused(FailKind::Unsupported, "that is a question for the daemon")
            }
            Request::Search { query, .. } => return self.search(index, id, &query),
            Request::Unknown => refused(
                FailKind::Unsupported,
                "this session's keeper does not know that request",
            ),
        })
    }

    fn shown(&mut self, index: usize, now: Instant) -> abide_protocol::message::SessionInfo {
        let mut info = self.info(now);
        if !self.limits(index).see {
            info.last_line = String::new();
            info.title = String::new();
        }
        info
    }

    fn wait(&mut self, index: usize, id: RequestId) -> Option<Answer> {
        if let Life::Ended { status, .. } = self.life {
            return Some(Answer::Exited(status));
        }
        let link = self.links.get_mut(index)?;
        if link.waits.len() >= WAITS {
            return Some(refused(
                FailKind::Exhausted,
                "this link waits for the end already",
            ));
        }
        link.waits.push(id);
        None
    }

    fn end(&mut self, how: EndHow, now: Instant) -> Answer {
        match (&self.life, how) {
            (Life::Ended { .. }, _) => refused(FailKind::State, "the session has ended already"),
            (_, EndHow::Stop) => {
                self.stop(now);
                Answer::Done
            }
            (_, EndHow::Kill) => {
                self.kill();
                Answer::Done
            }
        }
    }

    fn rename(&mut self, name: String) -> Answer {
        if name.is_empty() || name.len() > MAX_NAME {
            return refused(FailKind::Invalid, "a name has 1 to 64 bytes");
        }
        self.identity.name = name;
        self.status.changed();
        if let Err(error) = self.identity.tell() {
            // Only a line for people has the old name.
            tracing::warn!(%error, "cannot renew the session's notice");
        }
        Answer::Done
    }

    /// The daemon has written down whether the session is trusted; it shows from now on.
    fn trust(&mut self, trusted: bool) -> Answer {
        if !self.life.runs() {
            return refused(FailKind::State, "the session has ended already");
        }
        if self.identity.trusted() != trusted {
            return refused(FailKind::Unsupported, "that is a question for the daemon");
        }
        tracing::info!(id = %self.identity.id, trusted, "trust");
        self.status.changed();
        Answer::Done
    }
}

fn refused(kind: FailKind, line: &str) -> Answer {
    Answer::Failed(failure(kind, line.into()))
}

/// Whether a device with these rights may ask a keeper this: to look, and to steer the session only
/// if it manages.
fn may(limits: &Limits, manages: bool, request: &Request) -> bool {
    match request {
        Request::List | Request::Info { .. } | Request::Wait { .. } => true,
        Request::Capture { range, .. } => {
            limits.see && (range.history == 0 || limits.reads_history())
        }
        Request::Rows { .. } | Request::Search { .. } => limits.reads_history(),
        Request::End { .. } | Request::Rename { .. } => manages,
        // What is new is forbidden until it has a line here.
        _ => false,
    }
}

fn session_of(request: &Request) -> Option<SessionId> {
    match request {
        Request::Info { session }
        | Request::Capture { session, .. }
        | Request::Rows { session, .. }
        | Request::Search { session, .. }
        | Request::Wait { session }
        | Request::End { session, .. }
        | Request::Rename { session, .. }
        | Request::Trust { session, .. }
        | Request::Remove { session }
        | Request::Clear { session } => Some(*session),
        Request::List
        | Request::New { .. }
        | Request::Status
        | Request::Shutdown
        | Request::Subscribe
        | Request::Cut { .. }
        | Request::LoginEnvironment
        | Request::Share { .. }
        | Request::Pair { .. }
        | Request::AwaitPairing { .. }
        | Request::EnterCode { .. }
        | Request::Devices
        | Request::EditDevice { .. }
        | Request::Revoke { .. }
        | Request::Audit { .. }
        | Request::TrustClock
        | Request::Notify { .. }
        | Request::Directories { .. }
        | Request::Unknown => None,
    }
}
