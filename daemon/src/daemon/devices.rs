//! Paired devices: who they are, what each may do, and its links at this moment.
//!
//! Everything is behind one lock that is never held across a wait, so that what one call changes
//! counts for whatever comes after it. A device is real if the registry has its row and the vault
//! its key; either alone is a pairing or a revocation that did not come to its end.

mod clock;
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
use abide_protocol::channel::tickets::NewDevice;
use abide_protocol::channel::{End, Psk, PublicKey, SystemEntropy};
use abide_protocol::message::{AuditRow, DeviceInfo, FailKind, Failure};
use abide_protocol::{DeviceId, Grant, limits, name, text};
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::desk;
use super::registry::RegistryError;
use super::roster::failure;
use super::web::Neighbourhood;
use clock::Clock;
pub(super) use ledger::Deed;
use ledger::{Entry, Ledger, STRANGER};
use links::Links;
pub(super) use links::{Member, Membership, Parting};
pub(super) use quota::Excess;
use quota::{LINKS, Quota};
use strangers::Strangers;
use vault::{Vault, VaultError};
use words::in_full;
pub(super) use words::rights;

/// Devices at most; a person has a few.
const DEVICES: usize = 1000;
/// Rows that wait for room on the disk at most; the oldest go, those of strangers first.
const UNWRITTEN: usize = 1000;
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

/// A device as it stands.
struct Device {
    entry: Entry,
    /// Or why it cannot be used now.
    psk: Result<Psk, String>,
    /// If not, it is in memory only.
    durable: bool,
    /// Its time is over, and that was told.
    over: bool,
    links: Links,
    quota: Quota,
}

impl Device {
    fn new(entry: Entry, psk: Result<Psk, String>, durable: bool) -> Self {
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
    fn fault(&self, now: u64, set_back: bool) -> Option<String> {
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

    fn info(&self, now: u64, set_back: bool) -> DeviceInfo {
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

/// A device that is paired no more, and whose links have been told.
pub(super) struct Withdrawn {
    pub(super) id: DeviceId,
    pub(super) name: String,
    /// Its links, until the last one is gone.
    pub(super) parting: Parting,
    /// What could not be made to last.
    pub(super) warning: Option<String>,
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

    /// A new device is real when this returns, and has a row in the audit.
    pub(super) fn keep(&self, new: NewDevice, from: IpAddr) -> Result<DeviceInfo, Failure> {
        let mut inner = self.lock();
        let now = desk::now();
        if inner.paired.len() >= DEVICES {
            let line = format!("{DEVICES} devices are paired already; see: abide devices");
            return Err(failure(FailKind::Exhausted, line));
        }
        let entry = Entry {
            id: new.id,
            key: new.key,
            name: inner.free_name(&new.name),
            kind: new.kind,
            grant: new.grant,
            read: true,
            epoch: 0,
            paired: now,
            seen: Some(now),
            from: Some(from.to_string()),
        };
        let deed = Deed {
            actor: "local".into(),
            action: "paired",
            target: entry.name.clone(),
            detail: in_full(&entry.grant),
        };
        inner
            .write(&entry, &new.psk, new.durable, &deed)
            .map_err(|error| error.refusal("pair the device"))?;
        let device = Device::new(entry, Ok(new.psk), new.durable);
        let info = device.info(now, false);
        inner.paired.insert(new.id, device);
        drop(inner);
        self.rows.send_modify(|rows| *rows += 1);
        Ok(info)
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

    pub(super) fn rename(&self, id: DeviceId, to: &str) -> Result<(), Failure> {
        if let Some(fault) = name::fault(to) {
            let line = format!("cannot use this name: {fault}; choose another");
            return Err(failure(FailKind::Invalid, line));
        }
        let mut inner = self.lock();
        if inner
            .paired
            .values()
            .any(|device| device.entry.name == to && device.entry.id != id)
        {
            let line = format!("a device is called \"{to}\" already; choose another name");
            return Err(failure(FailKind::NameTaken, line));
        }
        let was = inner.entry(id)?;
        if !was.read {
            let line = "its rights cannot be read, and would be lost; give it others first with: \
                        abide devices role";
            return Err(failure(FailKind::State, line));
        }
        let entry = Entry {
            name: to.into(),
            ..was.clone()
        };
        let deed = local("renamed", &was.name, to);
        inner.change(entry, &deed, "rename the device")?;
        drop(inner);
        self.rows.send_modify(|rows| *rows += 1);
        Ok(())
    }

    /// Gives a device other rights, for so many milliseconds if that is said. Answers its links, which
    /// have been told to come back, the epoch that holds now, and whether it has more rights than
    /// before.
    pub(super) fn regrant(
        &self,
        id: DeviceId,
        mut grant: Grant,
        lasts: Option<u64>,
    ) -> Result<Regranted, Failure> {
        let mut inner = self.lock();
        let now = inner.now();
        if let Some(lasts) = lasts {
            grant.expires = Some(inner.end_after(lasts)?);
        }
        if !grant.holds_at(now) {
            let line = "its time is over: say how long it may come from now on, with --expires";
            return Err(failure(FailKind::Invalid, line));
        }
        let was = inner.entry(id)?;
        let widened = !grant.is_within(&was.grant);
        let entry = Entry {
            grant,
            read: true,
            epoch: was.epoch + 1,
            ..was.clone()
        };
        let (name, epoch) = (entry.name.clone(), entry.epoch);
        let words = rights(&entry.grant);
        let deed = local("rights", &name, &in_full(&entry.grant));
        inner.change(entry, &deed, "change the device's rights")?;
        let parting = match inner.paired.get_mut(&id) {
            Some(device) => {
                device.over = false;
                device.links.end(End::Rekeyed)
            }
            None => Parting::default(),
        };
        drop(inner);
        self.rows.send_modify(|rows| *rows += 1);
        Ok(Regranted {
            name,
            words,
            epoch,
            widened,
            parting,
        })
    }

    /// Ends all links of all devices, which are told why. Answers the links, until they are gone.
    pub(super) fn end_links(&self, why: End) -> Vec<Parting> {
        let mut inner = self.lock();
        let paired = inner.paired.values_mut();
        paired.map(|device| device.links.end(why)).collect()
    }

    /// From now on the device is paired no more. Its links have been told why; what they and
    /// keepers still hold is for the caller. `None`: there is no such device.
    pub(super) fn withdraw(&self, id: DeviceId, why: End) -> Option<Withdrawn> {
        let mut inner = self.lock();
        let name = inner.paired.get(&id)?.entry.name.clone();
        let action = if why == End::Expired {
            "expired"
        } else {
            "revoked"
        };
        inner.note(local(action, &name, ""));
        let mut device = inner.paired.remove(&id)?;
        let parting = device.links.end(why);
        let kept = inner.vault.forget(id).err();
        drop(inner);
        self.rows.send_modify(|rows| *rows += 1);
        let warning = kept.map(|error| {
            format!("\"{name}\" is revoked until the daemon starts again only: {error}")
        });
        Some(Withdrawn {
            id,
            name,
            parting,
            warning,
        })
    }

    /// No keeper holds anything of this device any more.
    pub(super) fn buried(&self, id: DeviceId) {
        // A row that stays is one of a device without a key: it is tried again at the next start.
        let _ = self.lock().ledger.delete(id);
    }

    /// A device that is in memory only, and has no link.
    pub(super) fn is_adrift(&self, id: DeviceId) -> bool {
        let inner = self.lock();
        let device = inner.paired.get(&id);
        device.is_some_and(|device| !device.durable && device.links.count() == 0)
    }

    /// The daemon is another one to all devices from now on.
    pub(super) fn renew_key(&self) -> Result<(), Failure> {
        let mut inner = self.lock();
        inner.note(local("new key", "daemon", ""));
        inner.door = None;
        let renewed = inner.vault.renew_daemon_key();
        drop(inner);
        self.rows.send_modify(|rows| *rows += 1);
        let what = "keep another key for the daemon (the old one is not used any more)";
        let renewed = renewed.map_err(|error| DevicesError::from(error).refusal(what));
        renewed.map(|_| ())
    }

    /// Tells all links without a viewer.
    pub(super) fn tell(&self, line: &str) {
        for device in self.lock().paired.values_mut() {
            device.links.tell(line);
        }
    }

    /// Writes a row, or remembers it until there is room.
    pub(super) fn note(&self, deed: Deed) {
        self.lock().note(deed);
        self.rows.send_modify(|rows| *rows += 1);
    }

    /// Writes a row, or nothing that it is about may happen: for what gives rights.
    pub(super) fn record(&self, deed: &Deed, what: &str) -> Result<(), Failure> {
        let mut inner = self.lock();
        inner.write_waiting();
        let written = inner.ledger.note(deed, desk::now());
        drop(inner);
        written.map_err(|error| DevicesError::from(error).refusal(what))?;
        self.rows.send_modify(|rows| *rows += 1);
        Ok(())
    }

    /// Somebody failed to prove who he is.
    pub(super) fn stranger(&self, from: IpAddr) {
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

    pub(super) fn audit(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, Failure> {
        let rows = self.lock().ledger.audit(after, limit);
        rows.map_err(|error| DevicesError::from(error).refusal("read the audit"))
    }

    /// As [`Self::audit`], but of many the first: who goes on from there misses none.
    pub(super) fn audit_next(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, Failure> {
        let rows = self.lock().ledger.audit_next(after, limit);
        rows.map_err(|error| DevicesError::from(error).refusal("read the audit"))
    }

    /// Changes whenever the audit gets a row.
    pub(super) fn rows(&self) -> watch::Receiver<u64> {
        self.rows.subscribe()
    }

    /// Rows of the audit for which there was no room yet.
    pub(super) fn unwritten(&self) -> usize {
        self.lock().unwritten.len()
    }
}

/// A device whose rights have changed.
pub(super) struct Regranted {
    pub(super) name: String,
    /// What it may do now.
    pub(super) words: String,
    pub(super) epoch: u64,
    pub(super) widened: bool,
    pub(super) parting: Parting,
}

impl Inner {
    fn entry(&self, id: DeviceId) -> Result<Entry, Failure> {
        let device = self.paired.get(&id);
        let unknown = || failure(FailKind::NotFound, "no such device; see: abide devices");
        device
            .map(|device| device.entry.clone())
            .ok_or_else(unknown)
    }

    /// Changes what is written of a device, and what is known of it, or nothing.
    fn change(&mut self, entry: Entry, deed: &Deed, what: &str) -> Result<(), Failure> {
        let durable = self
            .paired
            .get(&entry.id)
            .is_some_and(|device| device.durable);
        let time = desk::now();
        let written = if durable {
            self.ledger.put(&entry, deed, time)
        } else {
            self.ledger.note(deed, time)
        };
        written.map_err(|error| DevicesError::from(error).refusal(what))?;
        if let Some(device) = self.paired.get_mut(&entry.id) {
            device.entry = entry;
        }
        Ok(())
    }

    /// The key first: a row without a key is a device that was revoked.
    fn write(
        &mut self,
        entry: &Entry,
        psk: &Psk,
        durable: bool,
        deed: &Deed,
    ) -> Result<(), DevicesError> {
        let time = desk::now();
        if !durable {
            return Ok(self.ledger.note(deed, time)?);
        }
        self.vault.keep(entry.id, psk)?;
        if let Err(error) = self.ledger.put(entry, deed, time) {
            let _ = self.vault.forget(entry.id);
            return Err(error.into());
        }
        Ok(())
    }

    fn note(&mut self, deed: Deed) {
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

    /// The name itself, or with a number behind it if a device is called so already.
    fn free_name(&self, wanted: &str) -> String {
        let base = match wanted.trim() {
            "" => "device",
            wanted => wanted,
        };
        let taken = |name: &String| self.paired.values().any(|d| d.entry.name == *name);
        let numbered = (2..=u64::MAX).map(|n| {
            let number = format!(" {n}");
            let room = limits::MAX_NAME - number.len();
            format!("{}{number}", text::cut(base, room))
        });
        let mut names = std::iter::once(base.to_owned()).chain(numbered);
        names.find(|name| !taken(name)).unwrap_or_default()
    }
}

/// What was done on this machine itself.
pub(super) fn local(action: &'static str, target: &str, detail: &str) -> Deed {
    Deed {
        actor: "local".into(),
        action,
        target: target.into(),
        detail: detail.into(),
    }
}
