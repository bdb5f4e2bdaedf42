//! One device as it stands: what is written of it, its links, and whether it is let in.

use abide_protocol::channel::Psk;
use abide_protocol::message::DeviceInfo;

use super::ledger::Entry;
use super::links::Links;
use super::quota::Quota;

/// A device as it stands.
pub(super) struct Device {
    pub(super) entry: Entry,
    /// Or why it cannot be used now.
    pub(super) psk: Result<Psk, String>,
    /// If not, it is in memory only.
    pub(super) durable: bool,
    /// Its time is over, and that was told.
    pub(super) over: bool,
    pub(super) links: Links,
    pub(super) quota: Quota,
}

impl Device {
    pub(super) fn new(entry: Entry, psk: Result<Psk, String>, durable: bool) -> Self {
        Self {
            // What could not be read never had a time.
            over: !entry.read,
            entry,
            psk,
            durable,
            links: Links::default(),
            quota: Quota::default(),
        }
    }

    /// Why it is not let in at this time. `set_back`: the system's clock is another one.
    pub(super) fn fault(&self, now: u64, set_back: bool) -> Option<String> {
        if !self.entry.read {
            return Some(
                "its rights were written by a later Abide: update this one, or give it others with \
                 abide devices role"
                    .into(),
            );
        }
        if let Err(why) = &self.psk {
            return Some(why.clone());
        }
        if self.entry.grant.holds_at(now) {
            return None;
        }
        let over = if set_back {
            "its time is over by the latest time that was seen, and the clock was set back since: see \
             abide doctor"
        } else {
            "its time is over; abide devices role gives it more"
        };
        Some(over.into())
    }

    pub(super) fn info(&self, now: u64, set_back: bool) -> DeviceInfo {
        let entry = self.entry.clone();
        DeviceInfo {
            id: entry.id,
            name: entry.name,
            kind: entry.kind,
            grant: entry.grant,
            paired: entry.paired,
            seen: entry.seen,
            from: entry.from,
            links: u32::try_from(self.links.count()).unwrap_or(u32::MAX),
            durable: self.durable,
            fault: self.fault(now, set_back),
        }
    }
}
