//! Secrets in files of their own: the daemon's key, and of each device the key that it shares with
//! the daemon.
//!
//! A device whose file is gone is paired no more, whatever the registry says: to delete a file needs
//! no room on the disk, and cannot be undone by an old copy of the registry.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use abide_protocol::DeviceId;
use abide_protocol::channel::{Psk, StaticKey, SystemEntropy};
use uuid::Uuid;

use crate::private_dir::{DirError, PrivateDir};

/// Bytes of every secret.
const LENGTH: usize = 32;

/// Why a secret could not be read or kept; one line for a person.
#[derive(Debug, thiserror::Error)]
pub(in crate::daemon) enum VaultError {
    #[error(transparent)]
    Dir(#[from] DirError),
    #[error("cannot use {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "the daemon's key {path} is damaged; delete it, and pair all devices again: its successor \
         is another daemon to them"
    )]
    Damaged { path: PathBuf },
    #[error("{path} can be read by others; run: chmod 600 {path}")]
    Open { path: PathBuf },
    #[error("there are no random bytes to be had")]
    Crypto,
}

impl VaultError {
    pub(super) fn is_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull)
    }
}

/// The directory of the devices' keys, and the daemon's key beside it.
pub(super) struct Vault {
    devices: PathBuf,
    daemon: PathBuf,
}

impl Vault {
    pub(super) fn open(state: &Path) -> Result<Self, VaultError> {
        let devices = state.join("devices");
        PrivateDir::create(&devices)?;
        let daemon = state.join("daemon.key");
        Ok(Self { devices, daemon })
    }

    /// The daemon's key, made when it is needed for the first time.
    pub(super) fn daemon_key(&self) -> Result<StaticKey, VaultError> {
        match read(&self.daemon)? {
            Some(bytes) => StaticKey::from_private(&bytes).map_err(|_| VaultError::Crypto),
            None => self.renew_daemon_key(),
        }
    }

    /// Another key for the daemon. If it cannot be kept the old one is gone nevertheless.
    pub(super) fn renew_daemon_key(&self) -> Result<StaticKey, VaultError> {
        let key = StaticKey::generate(&SystemEntropy).map_err(|_| VaultError::Crypto)?;
        let kept = write(&self.daemon, key.private());
        if kept.is_err() {
            self.forget_daemon_key()?;
        }
        kept.map(|()| key)
    }

    fn forget_daemon_key(&self) -> Result<(), VaultError> {
        remove(&self.daemon)
    }

    pub(super) fn keep(&self, device: DeviceId, psk: &Psk) -> Result<(), VaultError> {
        write(&self.path(device), psk.as_bytes())
    }

    /// `None`: the device is paired no more.
    pub(super) fn find(&self, device: DeviceId) -> Result<Option<Psk>, VaultError> {
        match read(&self.path(device)) {
            Ok(bytes) => Ok(bytes.map(|bytes| Psk::from_bytes(&bytes))),
            Err(VaultError::Damaged { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns when it is gone for good.
    pub(super) fn forget(&self, device: DeviceId) -> Result<(), VaultError> {
        remove(&self.path(device))
    }

    /// The devices that have a file.
    pub(super) fn all(&self) -> Vec<DeviceId> {
        let entries = fs::read_dir(&self.devices).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names
            .filter_map(|name| Uuid::try_parse(&name).ok())
            .map(|uuid| DeviceId(*uuid.as_bytes()))
            .collect()
    }

    fn path(&self, device: DeviceId) -> PathBuf {
        let name = Uuid::from_bytes(device.0).simple().to_string();
        self.devices.join(name)
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> VaultError {
    let path = path.into();
    move |source| VaultError::Io { path, source }
}

fn read(path: &Path) -> Result<Option<[u8; LENGTH]>, VaultError> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(failed(path))?,
    };
    let mode = file.metadata().map_err(failed(path))?.mode();
    if mode & 0o077 != 0 {
        return Err(VaultError::Open { path: path.into() });
    }
    let mut bytes = [0; LENGTH];
    let whole = file.read_exact(&mut bytes).is_ok() && matches!(file.read(&mut [0]), Ok(0));
    if whole {
        Ok(Some(bytes))
    } else {
        Err(VaultError::Damaged { path: path.into() })
    }
}

/// Whole or not at all, whenever the machine goes down.
fn write(path: &Path, bytes: &[u8; LENGTH]) -> Result<(), VaultError> {
    let aside = path.with_extension("new");
    let write = || -> io::Result<()> {
        let _ = fs::remove_file(&aside);
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&aside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&aside, path)?;
        sync_directory(path)
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written.map_err(failed(path))
}

fn remove(path: &Path) -> Result<(), VaultError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path)(error)),
        _ => sync_directory(path).map_err(failed(path)),
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(path))?.sync_all()
}
