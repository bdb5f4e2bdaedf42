//! The ends of what devices were granted. Whose time is over stays paired, and is not let in: a clock
//! that was wrong loses nobody.

use std::time::Instant;

use abide_protocol::DeviceId;
use abide_protocol::channel::End;
use abide_protocol::message::{FailKind, Failure};

use super::links::Parting;
use super::{Devices, Inner, clock, local};
use crate::daemon::desk;
use crate::daemon::roster::failure;

/// A device whose time is over, and whose links have been told.
pub(in crate::daemon) struct Expired {
    pub(in crate::daemon) name: String,
    /// From which epoch on keepers may admit it again.
    pub(in crate::daemon) epoch: u64,
    pub(in crate::daemon) parting: Parting,
    /// No daemon before this one knew of it.
    pub(in crate::daemon) news: bool,
}

impl Devices {
    /// When the first grant ends whose end was not told.
    pub(in crate::daemon) fn first_end(&self) -> Option<u64> {
        let inner = self.lock();
        let ahead = inner.paired.values().filter(|device| !device.over);
        ahead.filter_map(|device| device.entry.grant.expires).min()
    }

    /// The time by which grants end.
    pub(in crate::daemon) fn now(&self) -> u64 {
        self.lock().now()
    }

    /// When what is granted now for so many milliseconds ends.
    pub(in crate::daemon) fn end_after(&self, lasts: Option<u64>) -> Result<Option<u64>, Failure> {
        let mut inner = self.lock();
        lasts.map(|lasts| inner.end_after(lasts)).transpose()
    }

    /// Devices whose time is over, which is to be told.
    pub(in crate::daemon) fn over(&self) -> Vec<DeviceId> {
        let mut inner = self.lock();
        let now = inner.now();
        inner.over_at(now).collect()
    }

    /// Tells the device's links that its time is over. What keepers still hold is for the caller.
    pub(in crate::daemon) fn expire(&self, id: DeviceId) -> Option<Expired> {
        let mut inner = self.lock();
        let now = inner.now();
        let recorded = inner.recorded;
        let device = inner.paired.get_mut(&id)?;
        let news = device.entry.grant.holds_at(recorded);
        if news {
            device.entry.epoch += 1;
        }
        let (entry, durable) = (device.entry.clone(), device.durable);
        let deed = local("expired", &entry.name, "");
        if news && !(durable && inner.ledger.put(&entry, &deed, desk::now()).is_ok()) {
            inner.note(deed);
        }
        let device = inner.paired.get_mut(&id)?;
        device.over = true;
        let parting = device.links.end(End::Expired);
        if inner.over_at(now).next().is_none() {
            // If there is no room, the next daemon tells it once more.
            let _ = inner.ledger.mark(now);
        }
        drop(inner);
        self.rows.send_modify(|rows| *rows += 1);
        Some(Expired {
            name: entry.name,
            epoch: entry.epoch,
            parting,
            news,
        })
    }

    /// What to tell everybody when the system's clock has been set back, once.
    pub(in crate::daemon) fn set_back(&self) -> Option<String> {
        let mut inner = self.lock();
        let behind = inner.behind();
        if std::mem::replace(&mut inner.set_back, behind.is_some()) {
            return None;
        }
        let line = format!("set back by {}", span(behind?));
        inner.note(local("clock", "daemon", &line));
        drop(inner);
        self.rows.send_modify(|rows| *rows += 1);
        Some(format!("the clock was {line}; see: abide doctor"))
    }

    /// The system's clock is right although it is behind: ends count by it from now on. None was given
    /// while it was behind.
    pub(in crate::daemon) fn trust_clock(&self) -> Result<(), Failure> {
        let mut inner = self.lock();
        let system = desk::now();
        let Some(behind) = inner.clock.behind(system) else {
            let line = "the clock was not set back since the latest time that was seen";
            return Err(failure(FailKind::State, line));
        };
        let detail = format!("set back by {}, and trusted", span(behind));
        let deed = local("clock", "daemon", &detail);
        let kept = inner.ledger.reset(system, &deed);
        kept.map_err(|error| super::DevicesError::from(error).refusal("trust the clock"))?;
        inner.clock = clock::Clock::after(system, Instant::now());
        inner.recorded = system;
        for device in inner.paired.values_mut() {
            device.over = !device.entry.read || !device.entry.grant.holds_at(system);
        }
        drop(inner);
        self.rows.send_modify(|rows| *rows += 1);
        Ok(())
    }
}

impl Inner {
    pub(super) fn now(&mut self) -> u64 {
        let now = self.clock.now(desk::now(), Instant::now());
        let ends = |device: &super::Device| device.entry.grant.expires.is_some();
        if self.paired.values().any(ends)
            && self.over_at(now).next().is_none()
            && let Some(mark) = self.clock.mark()
        {
            // On a full disk it is in memory only, until the next mark.
            let _ = self.ledger.mark(mark);
        }
        now
    }

    fn over_at(&self, now: u64) -> impl Iterator<Item = DeviceId> {
        let untold = self.paired.values().filter(|device| !device.over);
        let over = untold.filter(move |device| !device.entry.grant.holds_at(now));
        over.map(|device| device.entry.id)
    }

    /// How far the system's clock was set back, as far as that matters to a device.
    pub(super) fn behind(&self) -> Option<u64> {
        let mut paired = self.paired.values();
        let matters =
            paired.any(|device| device.entry.read && device.entry.grant.expires.is_some());
        self.clock.behind(desk::now()).filter(|_| matters)
    }

    /// While the clock is behind, an end would be one by another clock than the others'.
    pub(super) fn end_after(&mut self, lasts: u64) -> Result<u64, Failure> {
        let now = self.now();
        if let Some(behind) = self.clock.behind(desk::now()) {
            let line = format!(
                "the clock was set back by {}, so an end cannot be told; if it is right now, say so \
                 first: abide devices trust-clock",
                span(behind)
            );
            return Err(failure(FailKind::State, line));
        }
        Ok(now.saturating_add(lasts))
    }
}

/// A time in words.
pub(super) fn span(ms: u64) -> String {
    const HOUR: u64 = 60 * 60 * 1000;
    match ms {
        0..HOUR => format!("{} minutes", ms / (HOUR / 60)),
        _ if ms < 48 * HOUR => format!("{} hours", ms / HOUR),
        _ => format!("{} days", ms / (24 * HOUR)),
    }
}
