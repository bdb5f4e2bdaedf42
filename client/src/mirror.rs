//! The session's screen as this client has it: snapshots replace it, updates change it.
//!
//! Law: what the mirror shows at a revision equals what the keeper presented at it. An update that
//! does not fit is never painted; the keeper is asked for a whole snapshot, once.

use std::sync::Arc;

use abide_protocol::apply::{self, ApplyError};
use abide_protocol::{Revision, Snapshot, Update};

/// What an update did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// There is a new state to paint.
    Changed,
    /// It did not fit: ask for a snapshot.
    Resync,
    /// Nothing: the snapshot that was asked for is on its way.
    Skipped,
}

/// Updates keep not fitting: client and keeper do not mean the same.
#[derive(Debug, thiserror::Error)]
#[error(
    "the session's updates do not fit what this client shows ({0}); client and keeper may be of versions that do not go together"
)]
pub struct MirrorError(#[from] ApplyError);

/// The last state that was received.
#[derive(Debug, Default)]
pub struct Mirror {
    snapshot: Option<Arc<Snapshot>>,
    /// A snapshot was asked for and has not come.
    waiting: bool,
    /// The last snapshot was asked for because of a misfit, and nothing has fitted since.
    doubted: bool,
}

impl Mirror {
    #[must_use]
    pub fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.snapshot.as_ref()
    }

    #[must_use]
    pub fn revision(&self) -> Option<Revision> {
        self.snapshot.as_ref().map(|snapshot| snapshot.revision)
    }

    /// The keeper is to send what follows over another link: the revision to go on from, if any.
    pub fn resume(&mut self) -> Option<Revision> {
        // A snapshot that was asked for over the old link will not come.
        let lost = std::mem::take(&mut self.waiting);
        self.doubted = false;
        self.revision().filter(|_| !lost)
    }

    /// Takes a whole state.
    pub fn replace(&mut self, snapshot: Snapshot) {
        self.snapshot = Some(Arc::new(snapshot));
        self.waiting = false;
    }

    /// Takes an update.
    pub fn update(&mut self, update: &Update) -> Result<Step, MirrorError> {
        if self.waiting {
            return Ok(Step::Skipped);
        }
        let Some(old) = &self.snapshot else {
            self.waiting = true;
            return Ok(Step::Resync);
        };
        match apply::apply(old, update) {
            Ok(new) => {
                self.snapshot = Some(Arc::new(new));
                self.doubted = false;
                Ok(Step::Changed)
            }
            Err(error) if self.doubted => Err(error.into()),
            Err(_) => {
                self.waiting = true;
                self.doubted = true;
                Ok(Step::Resync)
            }
        }
    }
}
