//! Paired devices: who they are, what each may do, and its links at this moment.
//!
//! Everything is behind one lock that is never held across a wait, so that what one call changes
//! counts for whatever comes after it. A device is real if the registry has its row and the vault
//! its key; either alone is a pairing or a revocation that did not come to its end.

mod audit;
mod changes;
mod clock;
mod device;
mod ledger;
mod links;
mod quota;
mod strangers;
#[cfg(test)]
mod tests;
mod time;
mod vault;
mod words;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use abide_protocol::channel::daemon::Door;
use abide_protocol::channel::{End, Psk, PublicKey, SystemEntropy};
use abide_protocol::message::{DeviceInfo, FailKind, Failure};
use abide_protocol::{DeviceId, Grant};
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::desk;
use super::registry::RegistryError;
use super::roster::failure;
pub(super) use audit::local;
pub(super) use changes::Withdrawn;
use clock::Clock;
use device::Device;
pub(super) use ledger::Deed;
use ledger::Ledger;
pub(super) use links::{Member, Membership, Parting};
pub(super) use quota::Excess;
use quota::LINKS;
use strangers::Strangers;
use vault::{Vault, VaultError};
pub(super) use words::rights;

/// Milliseconds between two notes of when a device was last here.
const TOUCH_EVERY: u64 = 60 * 1000;

/// Why there are no devices to be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum DevicesError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl DevicesError {
    /// As an answer to whoever wanted `what`.
    fn refusal(&self, what: &str) -> Failure {
        let full = match self {
            Self::Registry(error) => matches!(error, RegistryError::Full),
            Self::Vault(error) => error.is_full(),
        };
        let (kind, next) = if full {
            (FailKind::Exhausted, "free some space and try again")
        } else {
            (FailKind::Internal, "see: abide doctor")
        };
        failure(kind, format!("cannot {what}: {self}; {next}"))
    }
}

/// What the gate has to know of a device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Standing {
    pub(super) device: DeviceId,
    pub(super) name: String,
    pub(super) epoch: u64,
    /// Or why it has none any more.
    pub(super) grant: Result<Grant, End>,
}

struct Inner {
    vault: Vault,
    ledger: Ledger,
    door: Option<Arc<Door>>,
    paired: BTreeMap<DeviceId, Device>,
    clock: Clock,
    /// Ends up to this time were told by a daemon before.
    recorded: u64,
    /// That the system's clock was set back was told.
    set_back: bool,
    strangers: Strangers,
    /// Rows for which there was no room.
    unwritten: VecDeque<(Deed, u64)>,
}

/// All paired devices, and the audit.
pub(super) struct Devices {
    inner: Mutex<Inner>,
    /// Counts the rows of the audit.
    rows: watch::Sender<u64>,
}

impl Devices {
    /// Reads who is paired; `now` is the system's time. Answers also who was revoked and may still
    /// have input in keepers: see [`Self::buried`].
    pub(super) fn open(
        state: &Path,
        db: Connection,
        now: u64,
    ) -> Result<(Self, Vec<DeviceId>), DevicesError> {
        let (vault, ledger) = (Vault::open(state)?, Ledger::new(db));
        let recorded = ledger.latest()?;
        let mut clock = Clock::after(recorded, Instant::now());
        clock.now(now, Instant::now());
        let (mut paired, mut revoked) = (BTreeMap::new(), Vec::new());
        for entry in ledger.devices()? {
            let psk = match vault.find(entry.id) {
                Ok(None) => {
                    revoked.push(entry.id);
                    continue;
                }
                Ok(Some(psk)) => Ok(psk),
                Err(error) => Err(error.to_string()),
            };
            paired.insert(entry.id, Device::new(entry, psk, true));
        }
        for device in paired.values() {
            if let Some(fault) = device.fault(0, false) {
                tracing::warn!(
                    "the device \"{}\" is not let in: {fault}",
                    device.entry.name
                );
            }
        }
        // A pairing that was cut short before its row was written.
        for id in vault.all().iter().filter(|id| !paired.contains_key(id)) {
            vault.forget(*id)?;
        }
        let inner = Inner {
            vault,
            ledger,
            door: None,
            paired,
            clock,
            recorded,
            set_back: false,
            strangers: Strangers::default(),
            unwritten: VecDeque::new(),
        };
        let devices = Self {
            inner: Mutex::new(inner),
            rows: watch::Sender::new(0),
        };
        Ok((devices, revoked))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What every handshake needs. The daemon's key is made when it is first asked for.
    pub(super) fn door(&self) -> Result<Arc<Door>, Failure> {
        let mut inner = self.lock();
        if let Some(door) = &inner.door {
            return Ok(Arc::clone(door));
        }
        let key = inner.vault.daemon_key();
        let key = key.map_err(|error| DevicesError::from(error).refusal("use the daemon's key"))?;
        let door = Arc::new(Door::new(key, Arc::new(SystemEntropy)));
        inner.door = Some(Arc::clone(&door));
        Ok(door)
    }

    /// The device with this static key, if it may come.
    pub(super) fn known(&self, key: PublicKey) -> Option<(DeviceId, Psk)> {
        let mut inner = self.lock();
        let now = inner.now();
        let Inner { paired, vault, .. } = &mut *inner;
        let mut paired = paired.values_mut();
        let device = paired.find(|device| device.entry.key == key)?;
        if device.psk.is_err()
            && let Ok(Some(mended)) = vault.find(device.entry.id)
        {
            device.psk = Ok(mended);
        }
        let holds = device.entry.grant.holds_at(now);
        let psk = device.psk.as_ref().ok().filter(|_| holds)?;
        Some((device.entry.id, psk.clone()))
    }

    /// What the device may do at this moment.
    pub(super) fn standing(&self, id: DeviceId) -> Standing {
        let mut inner = self.lock();
        let now = inner.now();
        let entry = inner.paired.get(&id).map(|device| &device.entry);
        Standing {
            device: id,
            name: entry.map(|entry| entry.name.clone()).unwrap_or_default(),
            epoch: entry.map_or(0, |entry| entry.epoch),
            grant: match entry {
                None => Err(End::Revoked),
                Some(entry) if !entry.grant.holds_at(now) => Err(End::Expired),
                Some(entry) => Ok(entry.grant.clone()),
            },
        }
    }

    /// A link of the device, which counts until it is dropped. `None`: it is paired no more.
    pub(super) fn join(
        self: &Arc<Self>,
        id: DeviceId,
        from: IpAddr,
    ) -> Option<Result<Member, Excess>> {
        let mut inner = self.lock();
        let now = inner.now();
        let Inner { paired, ledger, .. } = &mut *inner;
        let device = paired.get_mut(&id)?;
        if !device.entry.grant.holds_at(now) {
            return None;
        }
        if device.links.count() >= LINKS {
            return Some(Err(Excess::Links));
        }
        let (from, seen) = (from.to_string(), device.entry.seen.unwrap_or_default());
        // Only people read it.
        let now = desk::now();
        let due = seen.saturating_add(TOUCH_EVERY) <= now;
        if due || device.entry.from.as_ref() != Some(&from) {
            let _ = ledger.touch(id, now, &from);
            (device.entry.seen, device.entry.from) = (Some(now), Some(from));
        }
        Some(Ok(device.links.join(self, id)))
    }

    fn left(&self, id: DeviceId, number: u64) {
        if let Some(device) = self.lock().paired.get_mut(&id) {
            device.links.left(number);
        }
    }

    /// A place for one request of the device.
    pub(super) fn place(&self, id: DeviceId) -> Result<OwnedSemaphorePermit, Excess> {
        match self.lock().paired.get(&id) {
            Some(device) => device.quota.request(),
            None => Err(Excess::Requests),
        }
    }

    /// A place for one viewer of the device.
    pub(super) fn viewer(&self, id: DeviceId) -> Result<OwnedSemaphorePermit, Excess> {
        match self.lock().paired.get(&id) {
            Some(device) => device.quota.viewer(),
            None => Err(Excess::Viewers),
        }
    }

    /// The device may begin a search.
    pub(super) fn search(&self, id: DeviceId) -> Result<(), Excess> {
        match self.lock().paired.get_mut(&id) {
            Some(device) => device.quota.search(Instant::now()),
            None => Err(Excess::Searches),
        }
    }

    pub(super) fn list(&self) -> Vec<DeviceInfo> {
        let mut inner = self.lock();
        let now = inner.now();
        let set_back = inner.behind().is_some();
        let paired = inner.paired.values();
        paired.map(|device| device.info(now, set_back)).collect()
    }

    /// What a person should know, one line each.
    pub(super) fn warnings(&self) -> Vec<String> {
        let inner = self.lock();
        let behind = inner.behind().map(|behind| {
            format!(
                "the clock was set back by {}; what devices were granted ends by the latest time that \
                 was seen; if the clock is right now: abide devices trust-clock",
                time::span(behind)
            )
        });
        // That a time is over is no fault.
        let shut = inner.paired.values().filter_map(|device| {
            let fault = device.fault(0, false)?;
            let name = &device.entry.name;
            Some(format!("the device \"{name}\" is not let in: {fault}"))
        });
        let unwritten = (!inner.unwritten.is_empty()).then(|| {
            format!(
                "the disk has no room for {} rows of the audit; free some space",
                inner.unwritten.len()
            )
        });
        behind.into_iter().chain(shut).chain(unwritten).collect()
    }

    /// Ends all links of all devices, which are told why. Answers the links, until they are gone.
    pub(super) fn end_links(&self, why: End) -> Vec<Parting> {
        let mut inner = self.lock();
        let paired = inner.paired.values_mut();
        paired.map(|device| device.links.end(why)).collect()
    }

    /// A device that is in memory only, and has no link.
    pub(super) fn is_adrift(&self, id: DeviceId) -> bool {
        let inner = self.lock();
        let device = inner.paired.get(&id);
        device.is_some_and(|device| !device.durable && device.links.count() == 0)
    }

    /// Tells all links without a viewer.
    pub(super) fn tell(&self, line: &str) {
        for device in self.lock().paired.values_mut() {
            device.links.tell(line);
        }
    }
}
