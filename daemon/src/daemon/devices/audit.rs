//! The rows of the audit: what gives rights has its row first or does not happen, what takes them
//! happens, and its row waits for room.

use std::net::IpAddr;

use abide_protocol::message::{AuditRow, Failure};
use tokio::sync::watch;

use super::ledger::{Deed, STRANGER};
use super::{Devices, DevicesError, Inner};
use crate::daemon::desk;
use crate::daemon::web::Neighbourhood;

/// Rows that wait for room on the disk at most; the oldest go, those of strangers first.
pub(super) const UNWRITTEN: usize = 1000;

impl Devices {
    /// Writes a row, or remembers it until there is room.
    pub(in crate::daemon) fn note(&self, deed: Deed) {
        self.lock().note(deed);
        self.rows.send_modify(|rows| *rows += 1);
    }

    /// Writes a row, or nothing that it is about may happen: for what gives rights.
    pub(in crate::daemon) fn record(&self, deed: &Deed, what: &str) -> Result<(), Failure> {
        let mut inner = self.lock();
        inner.write_waiting();
        let written = inner.ledger.note(deed, desk::now());
        drop(inner);
        written.map_err(|error| DevicesError::from(error).refusal(what))?;
        self.rows.send_modify(|rows| *rows += 1);
        Ok(())
    }

    /// Somebody failed to prove who he is.
    pub(in crate::daemon) fn stranger(&self, from: IpAddr) {
        let mut inner = self.lock();
        let now = inner.now();
        let Some(before) = inner.strangers.failed(from, now) else {
            return;
        };
        let told = [
            (before.here, "more since the row before"),
            (before.elsewhere, "from other addresses without a row"),
        ];
        let told = told.iter().filter(|(count, _)| *count > 0);
        let told: Vec<_> = told
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        inner.note(Deed {
            actor: Neighbourhood::of(from).to_string(),
            action: STRANGER,
            target: "daemon".into(),
            detail: told.join(", "),
        });
        drop(inner);
        self.rows.send_modify(|rows| *rows += 1);
    }

    pub(in crate::daemon) fn audit(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditRow>, Failure> {
        let rows = self.lock().ledger.audit(after, limit);
        rows.map_err(|error| DevicesError::from(error).refusal("read the audit"))
    }

    /// As [`Self::audit`], but of many the first: who goes on from there misses none.
    pub(in crate::daemon) fn audit_next(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditRow>, Failure> {
        let rows = self.lock().ledger.audit_next(after, limit);
        rows.map_err(|error| DevicesError::from(error).refusal("read the audit"))
    }

    /// Changes whenever the audit gets a row.
    pub(in crate::daemon) fn rows(&self) -> watch::Receiver<u64> {
        self.rows.subscribe()
    }

    /// Rows of the audit for which there was no room yet.
    pub(in crate::daemon) fn unwritten(&self) -> usize {
        self.lock().unwritten.len()
    }
}

impl Inner {
    pub(super) fn note(&mut self, deed: Deed) {
        self.unwritten.push_back((deed, desk::now()));
        self.write_waiting();
        while self.unwritten.len() > UNWRITTEN {
            let mut waiting = self.unwritten.iter();
            let strangers = waiting.position(|(deed, _)| deed.action == STRANGER);
            self.unwritten.remove(strangers.unwrap_or(0));
        }
    }

    fn write_waiting(&mut self) {
        while let Some((deed, time)) = self.unwritten.front() {
            if let Err(error) = self.ledger.note(deed, *time) {
                tracing::warn!("the audit was not written: {error}");
                break;
            }
            self.unwritten.pop_front();
        }
    }
}

/// What was done on this machine itself.
pub(in crate::daemon) fn local(action: &'static str, target: &str, detail: &str) -> Deed {
    Deed {
        actor: "local".into(),
        action,
        target: target.into(),
        detail: detail.into(),
    }
}
