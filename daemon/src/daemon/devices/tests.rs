//! Who is paired, across starts, full disks, clocks set back and moments of death.

mod audit;
mod time;

use std::path::{Path, PathBuf};

use abide_protocol::channel::StaticKey;
use abide_protocol::channel::tickets::NewDevice;
use abide_protocol::message::DeviceKind;
use abide_protocol::{Role, SessionId};

use super::*;
use crate::daemon::registry::Registry;
use crate::private_dir::tests::{Scratch, scratch};

struct Home {
    scratch: Scratch,
}

impl Home {
    fn new(name: &str) -> Self {
        let scratch = scratch(&format!("devices-{name}"));
        crate::private_dir::PrivateDir::create(scratch.path()).unwrap();
        Self { scratch }
    }

    fn path(&self) -> &Path {
        self.scratch.path()
    }

    fn registry(&self) -> PathBuf {
        self.path().join("abide.db")
    }

    /// As a daemon that starts.
    fn open(&self) -> (Arc<Devices>, Vec<DeviceId>) {
        self.open_at(desk::now())
    }

    /// As one whose system says that it is then.
    fn open_at(&self, now: u64) -> (Arc<Devices>, Vec<DeviceId>) {
        let _ = Registry::open(&self.registry()).unwrap();
        let db = Registry::again(&self.registry()).unwrap();
        let (devices, revoked) = Devices::open(self.path(), db, now).unwrap();
        (Arc::new(devices), revoked)
    }

    fn key_file(&self, n: u8) -> PathBuf {
        let name = uuid::Uuid::from_bytes([n; 16]).simple().to_string();
        self.path().join("devices").join(name)
    }
}

fn from() -> IpAddr {
    "192.0.2.7".parse().unwrap()
}

fn new(n: u8, expires: Option<u64>) -> NewDevice {
    NewDevice {
        id: DeviceId([n; 16]),
        key: key(n),
        psk: Psk::from_bytes(&[n; 32]),
        grant: Grant {
            role: Role::Type,
            sessions: Some(vec![SessionId([1; 16])]),
            history: false,
            expires,
        },
        name: "phone".into(),
        kind: DeviceKind::Native,
        durable: true,
    }
}

fn key(n: u8) -> PublicKey {
    StaticKey::from_private(&[n; 32]).unwrap().public()
}

fn names(devices: &Devices) -> Vec<String> {
    devices.list().into_iter().map(|info| info.name).collect()
}

fn actions(devices: &Devices) -> Vec<String> {
    let rows = devices.audit(0, 100).unwrap();
    rows.into_iter().map(|row| row.action).collect()
}

/// No room in the registry from now on, or room again.
fn fill(devices: &Devices, full: bool) {
    let pages = if full { 1 } else { 1 << 30 };
    devices.lock().ledger.set_pages(pages);
}

#[test]
fn a_device_outlasts_the_daemon_and_its_secret_is_not_in_the_registry() {
    let home = Home::new("outlast");
    let (devices, _) = home.open();
    let door = devices.door().unwrap().key();
    let info = devices.keep(new(1, None), from()).unwrap();
    drop(devices);
    let (devices, revoked) = home.open();
    assert_eq!(revoked, []);
    assert_eq!(devices.list(), [info]);
    assert_eq!(devices.door().unwrap().key(), door);
    let known = devices.known(key(1)).unwrap();
    assert_eq!(known, (DeviceId([1; 16]), Psk::from_bytes(&[1; 32])));
    assert_eq!(devices.known(key(2)), None);
    for file in ["abide.db", "abide.db-wal"] {
        let bytes = std::fs::read(home.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(32).any(|window| window == [1; 32]), "{file}");
    }
}

#[test]
fn names_are_told_apart() {
    let home = Home::new("names");
    let (devices, _) = home.open();
    for n in 1..=3 {
        devices.keep(new(n, None), from()).unwrap();
    }
    assert_eq!(names(&devices), ["phone", "phone 2", "phone 3"]);
    let taken = devices.rename(DeviceId([1; 16]), "phone 2").unwrap_err();
    assert_eq!(taken.kind, FailKind::NameTaken);
    devices.rename(DeviceId([1; 16]), "desk").unwrap();
    drop(devices);
    assert_eq!(names(&home.open().0), ["desk", "phone 2", "phone 3"]);
}

#[test]
fn a_revoked_device_never_returns() {
    let home = Home::new("never");
    let (devices, _) = home.open();
    devices.keep(new(1, None), from()).unwrap();
    let copy = std::fs::read(home.registry()).unwrap();
    let wal = std::fs::read(home.path().join("abide.db-wal")).unwrap();
    let withdrawn = devices.withdraw(DeviceId([1; 16]), End::Revoked).unwrap();
    assert_eq!(withdrawn.warning, None);
    assert_eq!(devices.known(key(1)), None);
    assert_eq!(devices.standing(DeviceId([1; 16])).grant, Err(End::Revoked));
    drop(devices);
    // The daemon died before keepers had confirmed it: it is done again.
    let (devices, revoked) = home.open();
    assert_eq!(
        (names(&devices).len(), revoked),
        (0, vec![DeviceId([1; 16])])
    );
    devices.buried(DeviceId([1; 16]));
    drop(devices);
    assert_eq!(home.open().1, []);
    // Nor with an old copy of the registry.
    std::fs::write(home.registry(), copy).unwrap();
    std::fs::write(home.path().join("abide.db-wal"), wal).unwrap();
    let (devices, revoked) = home.open();
    assert_eq!((names(&devices).len(), revoked.len()), (0, 1));
}

#[test]
fn with_a_full_disk_rights_are_taken_and_none_are_given() {
    let home = Home::new("full");
    let (devices, _) = home.open();
    devices.keep(new(1, None), from()).unwrap();
    devices.keep(new(2, None), from()).unwrap();
    fill(&devices, true);
    // Rows that fit no page any more.
    let mut long = new(3, None);
    long.grant.sessions = Some(vec![SessionId([1; 16]); 1000]);
    let refused = devices.keep(long.clone(), from()).unwrap_err();
    assert_eq!(refused.kind, FailKind::Exhausted, "{}", refused.line);
    assert!(!home.key_file(3).exists() && devices.known(key(3)).is_none());
    let refused = devices.regrant(DeviceId([1; 16]), long.grant, None);
    assert_eq!(refused.err().unwrap().kind, FailKind::Exhausted);
    let standing = devices.standing(DeviceId([1; 16]));
    assert_eq!(standing.grant, Ok(new(1, None).grant));

    for _ in 0..200 {
        devices.note(local("filled", "disk", &"x".repeat(100)));
    }
    assert!(devices.unwritten() > 0);
    devices.withdraw(DeviceId([1; 16]), End::Revoked).unwrap();
    assert!(!home.key_file(1).exists());
    drop(devices);
    let (devices, _) = home.open();
    assert_eq!(names(&devices), ["phone 2"]);
}

/// Killed between the two halves of a pairing, it leaves a device or none.
#[test]
fn half_a_pairing_is_none() {
    let home = Home::new("half");
    let (devices, _) = home.open();
    devices.keep(new(1, None), from()).unwrap();
    devices
        .lock()
        .vault
        .keep(DeviceId([2; 16]), &new(2, None).psk)
        .unwrap();
    drop(devices);
    let (devices, revoked) = home.open();
    assert_eq!((names(&devices).len(), revoked), (1, vec![]));
    assert!(!home.key_file(2).exists());
    // A key file that is cut short is no key.
    std::fs::write(home.key_file(1), [1; 31]).unwrap();
    drop(devices);
    let (devices, revoked) = home.open();
    assert_eq!((names(&devices).len(), revoked.len()), (0, 1));
}

#[test]
fn a_key_that_others_can_read_shuts_out_its_device_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new("modes");
    let (devices, _) = home.open();
    devices.keep(new(1, None), from()).unwrap();
    devices.keep(new(2, None), from()).unwrap();
    drop(devices);
    let set = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(home.key_file(1), permissions).unwrap();
    };
    set(0o644);
    let (devices, revoked) = home.open();
    assert_eq!(revoked, []);
    assert!(devices.known(key(1)).is_none() && devices.known(key(2)).is_some());
    let fault = devices.list()[0].fault.clone().unwrap();
    assert!(fault.contains("chmod 600"), "{fault}");
    let warnings = devices.warnings();
    assert!(warnings.len() == 1 && warnings[0].contains(&fault));
    set(0o600);
    assert!(devices.known(key(1)).is_some() && devices.warnings().is_empty());
}

#[test]
fn rights_of_a_later_build_give_none_and_are_kept() {
    let home = Home::new("later");
    let (devices, _) = home.open();
    let id = DeviceId([1; 16]);
    devices.keep(new(1, None), from()).unwrap();
    drop(devices);
    let db = Registry::again(&home.registry()).unwrap();
    let rights = || -> Vec<u8> {
        let select = "SELECT rights FROM device";
        db.query_row(select, [], |row| row.get(0)).unwrap()
    };
    db.execute("UPDATE device SET rights = x'8309f6f4'", [])
        .unwrap();
    for _ in 0..2 {
        let (devices, revoked) = home.open();
        assert_eq!((revoked, devices.over()), (vec![], vec![]));
        assert_eq!(devices.known(key(1)), None);
        let warnings = devices.warnings();
        assert!(warnings[0].contains("later Abide"), "{warnings:?}");
        assert_eq!(devices.rename(id, "x").unwrap_err().kind, FailKind::State);
        assert!(home.key_file(1).exists());
        assert_eq!(rights(), [0x83, 9, 0xf6, 0xf4]);
    }
    let (devices, _) = home.open();
    devices.regrant(id, new(1, None).grant, None).unwrap();
    assert!(devices.known(key(1)).is_some() && devices.warnings().is_empty());
    devices.withdraw(id, End::Revoked).unwrap();
    assert!(!home.key_file(1).exists());
}

#[test]
fn a_registry_that_was_damaged_revives_nobody() {
    let home = Home::new("damaged");
    let (devices, _) = home.open();
    let door = devices.door().unwrap().key();
    devices.keep(new(1, None), from()).unwrap();
    drop(devices);
    for rest in ["abide.db-wal", "abide.db-shm"] {
        let _ = std::fs::remove_file(home.path().join(rest));
    }
    std::fs::write(home.registry(), vec![7; 5000]).unwrap();
    let (_, warning) = Registry::open(&home.registry()).unwrap();
    assert!(warning.unwrap().contains("devices have to be paired again"));
    let (devices, _) = home.open();
    assert_eq!(names(&devices), Vec::<String>::new());
    assert!(!home.key_file(1).exists() && devices.known(key(1)).is_none());
    assert_eq!(devices.door().unwrap().key(), door);
}

#[test]
fn another_key_makes_another_daemon() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new("key");
    let (devices, _) = home.open();
    let first = devices.door().unwrap().key();
    let file = home.path().join("daemon.key");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    devices.renew_key().unwrap();
    let second = devices.door().unwrap().key();
    assert_ne!(first, second);
    drop(devices);
    assert_eq!(home.open().0.door().unwrap().key(), second);
    // A damaged key is named, and never replaced behind the owner's back.
    std::fs::write(&file, [1; 5]).unwrap();
    let refused = home.open().0.door().err().unwrap();
    assert!(
        refused.line.contains("daemon.key is damaged"),
        "{}",
        refused.line
    );
    std::fs::write(&file, [1; 32]).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = home.open().0.door().err().unwrap();
    assert!(refused.line.contains("chmod 600"), "{}", refused.line);
}

#[tokio::test]
async fn links_are_told_and_waited_for() {
    let home = Home::new("links");
    let (devices, _) = home.open();
    let id = DeviceId([1; 16]);
    devices.keep(new(1, None), from()).unwrap();
    let mut members: Vec<_> = (0..LINKS)
        .map(|_| devices.join(id, from()).unwrap().unwrap())
        .collect();
    let full = devices.join(id, from()).unwrap();
    assert_eq!(full.err(), Some(Excess::Links));
    members.pop();
    members.push(devices.join(id, from()).unwrap().unwrap());
    devices.tell("hello");
    assert_eq!(members[0].notices.recv().await.unwrap(), "hello");

    let withdrawn = devices.withdraw(id, End::Revoked).unwrap();
    let mut parting = Box::pin(withdrawn.parting.gone());
    let begun = members[0].membership.presence();
    for member in members {
        let still = futures_util::future::poll_immediate(&mut parting).await;
        assert!(still.is_none(), "a link is left");
        assert_eq!(member.end.await, Ok(End::Revoked));
    }
    let still = futures_util::future::poll_immediate(&mut parting).await;
    assert!(still.is_none(), "a change is under way");
    drop(begun);
    parting.await;
    assert!(devices.join(id, from()).is_none());
}

#[test]
fn other_rights_count_from_the_next_epoch_on() {
    let home = Home::new("rights");
    let (devices, _) = home.open();
    let id = DeviceId([1; 16]);
    devices.keep(new(1, None), from()).unwrap();
    let manage = Grant {
        role: Role::Manage,
        ..new(1, None).grant
    };
    let wider = devices.regrant(id, manage.clone(), None).unwrap();
    assert!(wider.widened && wider.epoch == 1);
    let narrower = devices.regrant(id, new(1, None).grant, None).unwrap();
    assert!(!narrower.widened && narrower.epoch == 2);
    drop(devices);
    let standing = home.open().0.standing(id);
    assert_eq!(standing.epoch, 2);
    assert_eq!(standing.grant, Ok(new(1, None).grant));
}
