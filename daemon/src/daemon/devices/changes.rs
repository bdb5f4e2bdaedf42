//! What changes who is paired and what each may do. Each change is written down with its row in the
//! audit, or is none.

use std::net::IpAddr;

use abide_protocol::channel::tickets::NewDevice;
use abide_protocol::channel::{End, Psk};
use abide_protocol::message::{DeviceInfo, FailKind, Failure};
use abide_protocol::{DeviceId, Grant, limits, name, text};

use super::audit::local;
use super::device::Device;
use super::ledger::{Deed, Entry};
use super::links::Parting;
use super::words::{in_full, rights};
use super::{Devices, DevicesError, Inner};
use crate::daemon::desk;
use crate::daemon::roster::failure;

/// Devices at most; a person has a few.
const DEVICES: usize = 1000;

/// A device that is paired no more, and whose links have been told.
pub(in crate::daemon) struct Withdrawn {
    pub(in crate::daemon) id: DeviceId,
    pub(in crate::daemon) name: String,
    /// Its links, until the last one is gone.
    pub(in crate::daemon) parting: Parting,
    /// What could not be made to last.
    pub(in crate::daemon) warning: Option<String>,
}

/// A device whose rights have changed.
pub(in crate::daemon) struct Regranted {
    pub(in crate::daemon) name: String,
    /// What it may do now.
    pub(in crate::daemon) words: String,
    pub(in crate::daemon) epoch: u64,
    pub(in crate::daemon) widened: bool,
    pub(in crate::daemon) parting: Parting,
}

impl Devices {
    /// A new device is real when this returns, and has a row in the audit.
    pub(in crate::daemon) fn keep(
        &self,
        new: NewDevice,
        from: IpAddr,
    ) -> Result<DeviceInfo, Failure> {
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

    pub(in crate::daemon) fn rename(&self, id: DeviceId, to: &str) -> Result<(), Failure> {
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
    pub(in crate::daemon) fn regrant(
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

    /// From now on the device is paired no more. Its links have been told why; what they and
    /// keepers still hold is for the caller. `None`: there is no such device.
    pub(in crate::daemon) fn withdraw(&self, id: DeviceId, why: End) -> Option<Withdrawn> {
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
    pub(in crate::daemon) fn buried(&self, id: DeviceId) {
        // A row that stays is one of a device without a key: it is tried again at the next start.
        let _ = self.lock().ledger.delete(id);
    }

    /// The daemon is another one to all devices from now on.
    pub(in crate::daemon) fn renew_key(&self) -> Result<(), Failure> {
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
