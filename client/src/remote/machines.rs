//! The machines that know this one as a device: one file each, mode 0600, in a directory of the
//! user's own.
//!
//! A pairing that is not sure yet is a file of its own, `NAME.joining`. It takes the place of
//! `NAME.machine` once the daemon has been heard to know the device, and is deleted if it does not:
//! whoever is killed on the way leaves a machine that works, or none.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use abide_protocol::channel::address::Address;
use abide_protocol::channel::{Psk, PublicKey, StaticKey};
use abide_protocol::grant::Role;
use abide_protocol::message::{FailKind, Failure, SessionInfo};
use abide_protocol::paths::Paths;
use base64ct::{Base64UrlUnpadded, Encoding};
use rustix::fs::Mode;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::fault::failure;
use crate::json;
use crate::sessions::has_ended;

/// Characters of a petname at most.
const MAX_PETNAME: usize = 64;
/// Bytes of a machine's file at most.
const MAX_FILE: u64 = 16 << 10;
const SURE: &str = "machine";
const UNSURE: &str = "joining";
/// Names of its sessions as they were last seen, for completion.
const SEEN: &str = "sessions";
/// Sessions of a machine whose names are kept at most.
const MAX_SEEN: usize = 256;

/// A machine as its file has it. Not to be printed: it has keys.
#[derive(Clone)]
pub struct Machine {
    pub address: Address,
    /// By which the daemon there is known.
    pub daemon: PublicKey,
    /// This device's own.
    pub key: StaticKey,
    pub psk: Psk,
    pub role: Role,
    /// Milliseconds since the Unix epoch; `None`: no end was set.
    pub expires: Option<u64>,
    /// What the daemon calls this device.
    pub device: String,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Machine({})", self.address)
    }
}

/// A machine that was read, and whether its pairing is sure.
#[derive(Clone, Debug)]
pub struct Known {
    pub machine: Machine,
    pub sure: bool,
}

/// A session of a machine as it was last seen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seen {
    pub name: String,
    pub ended: bool,
}

/// All of them.
#[derive(Clone, Debug)]
pub struct Machines {
    directory: PathBuf,
}

/// Why a word cannot name a machine; `None` if it can.
#[must_use]
pub fn fault(name: &str) -> Option<&'static str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.is_empty() || name.len() > MAX_PETNAME {
        Some("it has 1 to 64 characters")
    } else if !name.chars().all(fits) {
        Some("it is made of letters, digits, '.', '_' and '-'")
    } else if name.starts_with(['-', '.']) {
        Some("it begins with a letter, a digit or '_'")
    } else {
        None
    }
}

impl Machines {
    #[must_use]
    pub fn of(paths: &Paths) -> Self {
        let directory = paths.state.join("machines");
        Self { directory }
    }

    fn file(&self, name: &str, extension: &str) -> PathBuf {
        self.directory.join(format!("{name}.{extension}"))
    }

    /// Whether there is one of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        fault(name).is_none()
            && [UNSURE, SURE]
                .iter()
                .any(|extension| self.file(name, extension).exists())
    }

    /// Their names, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.directory)
            .into_iter()
            .flatten()
            .flatten();
        let name = |entry: fs::DirEntry| {
            let file = entry.file_name().into_string().ok()?;
            let (name, extension) = file.rsplit_once('.')?;
            let ours = [SURE, UNSURE].contains(&extension) && fault(name).is_none();
            ours.then(|| name.to_owned())
        };
        let mut names: Vec<_> = entries.filter_map(name).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Reads one; a pairing that is not sure yet comes before the machine that it would replace.
    pub fn load(&self, name: &str) -> Result<Known, Failure> {
        for (extension, sure) in [(UNSURE, false), (SURE, true)] {
            match read(&self.file(name, extension)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                read => {
                    let machine = read.map_err(|error| cannot("read", name, &error))?;
                    return Ok(Known { machine, sure });
                }
            }
        }
        let line = format!("no machine is called \"{name}\"; see: abide machines");
        Err(failure(FailKind::NotFound, line))
    }

    /// Keeps a machine that may turn out not to know this device, and reads it back.
    pub fn provide(&self, name: &str, machine: &Machine) -> Result<(), Failure> {
        let path = self.file(name, UNSURE);
        self.make_directory()
            .and_then(|()| self.write(&path, machine))
            .and_then(|()| read(&path))
            .and_then(|back| {
                let same = back.key.private() == machine.key.private() && back.psk == machine.psk;
                if same {
                    Ok(())
                } else {
                    Err(io::Error::other("it reads back otherwise"))
                }
            })
            .map_err(|error| cannot("keep", name, &error))
    }

    /// The machine does know this device.
    pub fn settle(&self, name: &str) -> Result<(), Failure> {
        fs::rename(self.file(name, UNSURE), self.file(name, SURE))
            .and_then(|()| self.sync())
            .map_err(|error| cannot("keep", name, &error))
    }

    /// The machine does not know this device: what was not sure is forgotten.
    pub fn give_up(&self, name: &str) {
        // If it stays, it is tried and given up again.
        let _ = fs::remove_file(self.file(name, UNSURE));
    }

    /// Forgets a machine with its keys.
    pub fn forget(&self, name: &str) -> Result<(), Failure> {
        if !self.has(name) {
            return self.load(name).map(drop);
        }
        for extension in [UNSURE, SURE, SEEN] {
            match fs::remove_file(self.file(name, extension)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(cannot("forget", name, &error));
                }
                _ => {}
            }
        }
        self.sync().map_err(|error| cannot("forget", name, &error))
    }

    /// Keeps the names of a machine's sessions. Nobody relies on it: what cannot be written is not
    /// kept.
    pub fn saw(&self, name: &str, sessions: &[SessionInfo]) {
        let seen = sessions.iter().take(MAX_SEEN).map(|info| Seen {
            name: info.name.clone(),
            ended: has_ended(info),
        });
        let seen: Vec<_> = seen.collect();
        if let Ok(text) = serde_json::to_string(&seen) {
            let _ = self.replace(&self.file(name, SEEN), text.as_bytes());
        }
    }

    /// The sessions of a machine as they were last seen.
    #[must_use]
    pub fn seen(&self, name: &str) -> Vec<Seen> {
        let text = fs::read(self.file(name, SEEN)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    fn make_directory(&self) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.directory)?;
        private(&fs::metadata(&self.directory)?)
    }

    fn write(&self, path: &Path, machine: &Machine) -> io::Result<()> {
        let text = Zeroizing::new(toml::to_string(&Record::of(machine)).map_err(io::Error::other)?);
        self.replace(path, text.as_bytes())
    }

    /// All of the file or nothing of it is there afterwards, also after a power cut.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let unfinished = path.with_extension(format!("{}.new", std::process::id()));
        let options = &mut OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        let kept = written.and_then(|()| fs::rename(&unfinished, path));
        if kept.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        kept.and_then(|()| self.sync())
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }
}

fn cannot(what: &str, name: &str, error: &io::Error) -> Failure {
    let line = format!("cannot {what} the machine \"{name}\": {error}");
    failure(FailKind::Internal, line)
}

/// Keys are for their owner's eyes.
fn private(metadata: &fs::Metadata) -> io::Result<()> {
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    let others = Mode::RWXG.union(Mode::RWXO);
    if ours && !Mode::from_raw_mode(metadata.mode()).intersects(others) {
        return Ok(());
    }
    let line =
        "its file or directory is another user's, or others may read it; run: chmod -R go= on it";
    Err(io::Error::other(line))
}

fn read(path: &Path) -> io::Result<Machine> {
    let file = File::open(path)?;
    private(&file.metadata()?)?;
    let mut text = Zeroizing::new(String::with_capacity(MAX_FILE as usize));
    file.take(MAX_FILE).read_to_string(&mut text)?;
    // The parser's own message would quote the line, which may be a key.
    let record: Record = toml::from_str(&text).map_err(|_| damaged())?;
    record.machine().ok_or_else(damaged)
}

fn damaged() -> io::Error {
    io::Error::other("its file is damaged; forget it and join again")
}

#[derive(Serialize, Deserialize)]
struct Record {
    address: String,
    daemon: String,
    key: Zeroizing<String>,
    psk: Zeroizing<String>,
    role: String,
    expires: Option<u64>,
    device: String,
}

impl Record {
    fn of(machine: &Machine) -> Self {
        Self {
            address: machine.address.to_string(),
            daemon: Base64UrlUnpadded::encode_string(&machine.daemon.0),
            key: Zeroizing::new(Base64UrlUnpadded::encode_string(machine.key.private())),
            psk: Zeroizing::new(Base64UrlUnpadded::encode_string(machine.psk.as_bytes())),
            role: json::role(machine.role).into(),
            expires: machine.expires,
            device: machine.device.clone(),
        }
    }

    fn machine(&self) -> Option<Machine> {
        Some(Machine {
            address: self.address.parse().ok()?,
            daemon: PublicKey(*bytes(&self.daemon)?),
            key: StaticKey::from_private(&*bytes(&self.key)?).ok()?,
            psk: Psk::from_bytes(&*bytes(&self.psk)?),
            role: ROLES
                .into_iter()
                .find(|role| json::role(*role) == self.role)?,
            expires: self.expires,
            device: self.device.clone(),
        })
    }
}

const ROLES: [Role; 3] = [Role::View, Role::Type, Role::Manage];

fn bytes(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    let decoded = Base64UrlUnpadded::decode(text, bytes.as_mut()).ok()?;
    (decoded.len() == 32).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use abide_protocol::channel::SystemEntropy;

    use super::*;

    struct Place(PathBuf);

    impl Place {
        fn new() -> Self {
            let path =
                std::env::temp_dir().join(format!("abide-machines-{}", uuid::Uuid::new_v4()));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn machines(&self) -> Machines {
            Machines {
                directory: self.0.join("machines"),
            }
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    fn machine(address: &str) -> Machine {
        let key = StaticKey::generate(&SystemEntropy).unwrap();
        Machine {
            address: address.parse().unwrap(),
            daemon: key.public(),
            psk: Psk::random(&SystemEntropy).unwrap(),
            key,
            role: Role::Type,
            expires: Some(7),
            device: "a \"laptop\"".into(),
        }
    }

    #[test]
    fn a_machine_survives_its_file() {
        let place = Place::new();
        let machines = place.machines();
        let machine = machine("abide://desk:7000");
        machines.provide("desk", &machine).unwrap();
        let known = machines.load("desk").unwrap();
        assert!(!known.sure);
        machines.settle("desk").unwrap();
        let known = machines.load("desk").unwrap();
        assert!(known.sure);
        let back = known.machine;
        assert_eq!(back.address, machine.address);
        assert_eq!(back.daemon, machine.daemon);
        assert_eq!(back.key.private(), machine.key.private());
        assert_eq!(back.psk, machine.psk);
        assert_eq!((back.role, back.expires), (machine.role, machine.expires));
        assert_eq!(back.device, machine.device);
        assert_eq!(machines.names(), ["desk"]);
        let files: Vec<_> = fs::read_dir(&machines.directory)
            .unwrap()
            .flatten()
            .collect();
        assert_eq!(files.len(), 1);
        let mode = files[0].metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_is_not_sure_replaces_nothing() {
        let place = Place::new();
        let machines = place.machines();
        let (old, new) = (machine("abide://old:1"), machine("abide://new:1"));
        machines.provide("desk", &old).unwrap();
        machines.settle("desk").unwrap();
        machines.provide("desk", &new).unwrap();
        assert_eq!(machines.load("desk").unwrap().machine.address, new.address);
        machines.give_up("desk");
        assert_eq!(machines.load("desk").unwrap().machine.address, old.address);
        machines.forget("desk").unwrap();
        assert!(!machines.has("desk"));
        assert_eq!(
            machines.forget("desk").unwrap_err().kind,
            FailKind::NotFound
        );
    }

    #[test]
    fn files_that_others_may_read_are_not_used() {
        let place = Place::new();
        let machines = place.machines();
        machines
            .provide("desk", &machine("abide://desk:1"))
            .unwrap();
        let file = machines.file("desk", UNSURE);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let line = machines.load("desk").unwrap_err().line;
        assert!(line.contains("others may read it"), "{line}");
    }

    #[test]
    fn a_damaged_file_gives_nothing_away() {
        let place = Place::new();
        let machines = place.machines();
        machines
            .provide("desk", &machine("abide://desk:1"))
            .unwrap();
        let file = machines.file("desk", UNSURE);
        let text = fs::read_to_string(&file).unwrap();
        for (from, to) in [
            ("key = \"", "key = \"!"),
            ("psk", "p k"),
            ("abide://", "abide:/"),
        ] {
            fs::write(&file, text.replacen(from, to, 1)).unwrap();
            let line = machines.load("desk").unwrap_err().line;
            assert!(
                line.ends_with("its file is damaged; forget it and join again"),
                "{line}"
            );
        }
    }

    #[test]
    fn petnames_are_words() {
        for name in ["desk", "a.b", "_x", "10.0.0.1", "A-1"] {
            assert_eq!(fault(name), None, "{name}");
        }
        let long = "x".repeat(65);
        for name in ["", "-x", ".x", "a b", "a:b", "a/b", "é", "../x", &long] {
            assert!(fault(name).is_some(), "{name}");
        }
    }
}
