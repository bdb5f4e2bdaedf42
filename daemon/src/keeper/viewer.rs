//! One attachment as the keeper sees it. Sees snapshots, never a PTY.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use abide_protocol::limits::DEPARTED;
use abide_protocol::message::{Attach, Driver, Limits, SizeWish, TerminalLook};
use abide_protocol::wire::UpdateBody;
use abide_protocol::{
    DeviceId, EventNo, InputSeq, LineNo, Revision, Size, Snapshot, StreamId, ViewerId, diff,
};

use super::driver::Candidate;
use super::pacing::Pacing;
use super::tail::Tail;

/// A viewer that left is remembered this long.
const MEMORY: Duration = Duration::from_mins(10);

/// How the next frame has to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Need {
    /// As the pacing says.
    Paced,
    /// A whole snapshot, at once: a fresh attach or a resync.
    Snapshot,
    /// An update at once, even if nothing changed: a reconnect, or the end of the session.
    Update,
}

/// An open viewer.
pub(crate) struct Viewer {
    pub(crate) id: ViewerId,
    pub(crate) stream: StreamId,
    pub(crate) name: String,
    pub(crate) device: Option<DeviceId>,
    pub(crate) limits: Limits,
    pub(crate) size: Size,
    pub(crate) look: TerminalLook,
    pub(crate) frames: bool,
    pub(crate) pacing: Pacing,
    pub(crate) need: Need,
    pub(crate) tail: Option<Tail>,
    /// First row of the main screen in the last state it was sent.
    pub(crate) top: LineNo,
    /// Last event that it was sent, or that it does not want.
    pub(crate) event: EventNo,
    /// Last applied input that it was told of.
    pub(crate) applied: InputSeq,
    /// What it was told about the driver.
    pub(crate) driver: Option<Driver>,
    /// It was told that the program ended.
    pub(crate) ended: bool,
}

impl Viewer {
    pub(crate) fn new(id: ViewerId, attach: &Attach, applied: InputSeq, event: EventNo) -> Self {
        Self {
            id,
            stream: attach.stream,
            name: attach.name.clone(),
            device: attach.device,
            limits: attach.limits.clone(),
            size: attach.size,
            look: attach.look.clone(),
            frames: attach.frames && attach.limits.see,
            pacing: Pacing::default(),
            need: Need::Snapshot,
            tail: None,
            top: LineNo(0),
            event,
            applied,
            driver: None,
            ended: false,
        }
    }

    /// This viewer as somebody who may drive.
    pub(crate) fn candidate(&self, wish: SizeWish) -> Candidate {
        Candidate {
            stream: self.stream,
            viewer: self.id,
            name: self.name.clone(),
            size: self.size,
            wish,
            may: self.limits.size,
        }
    }
}

/// States of viewers that left, so that they come back with one update.
#[derive(Default)]
pub(crate) struct Departed {
    states: VecDeque<(Instant, Arc<Snapshot>)>,
}

impl Departed {
    pub(crate) fn remember(&mut self, viewer: &Viewer, now: Instant) {
        for state in viewer.pacing.states() {
            self.states
                .retain(|(_, known)| known.revision != state.revision);
            self.states.push_back((now, Arc::clone(state)));
        }
        while self.states.len() > DEPARTED {
            self.states.pop_front();
        }
    }

    pub(crate) fn find(&mut self, revision: Revision, now: Instant) -> Option<Arc<Snapshot>> {
        self.states
            .retain(|(left, _)| now.saturating_duration_since(*left) < MEMORY);
        let found = self
            .states
            .iter()
            .find(|(_, state)| state.revision == revision);
        found.map(|(_, state)| Arc::clone(state))
    }
}

/// Update bodies to the newest state, each encoded once for all viewers that have the same one.
#[derive(Default)]
pub(crate) struct Bodies {
    to: Revision,
    from: Vec<(Revision, UpdateBody)>,
    sent: u64,
    made: u64,
}

impl Bodies {
    pub(crate) fn body(&mut self, old: &Snapshot, new: &Snapshot) -> UpdateBody {
        self.sent += 1;
        if self.to != new.revision {
            self.to = new.revision;
            self.from.clear();
        }
        if let Some((_, body)) = self.from.iter().find(|(from, _)| *from == old.revision) {
            return body.clone();
        }
        self.made += 1;
        let body = UpdateBody::of(&diff::diff(old, new));
        self.from.push((old.revision, body.clone()));
        body
    }

    /// How often a body was asked for.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// How often two states were compared, and the difference encoded.
    pub(crate) fn made(&self) -> u64 {
        self.made
    }

    /// Nobody waits for the newest state any more.
    pub(crate) fn clear(&mut self) {
        self.from.clear();
    }
}
