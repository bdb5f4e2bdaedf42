//! The registry: one `SQLite` file that remembers sessions across daemons and reboots.
//!
//! Keepers are the authority for living sessions, so a registry that is lost or damaged costs
//! nothing but the list of ended ones and the paired devices, none of which comes back without being
//! paired again: it is moved aside and filled again by adoption.

use std::path::{Path, PathBuf};

use abide_protocol::message::{SessionInfo, SessionState};
use abide_protocol::{SessionId, record};
use rusqlite::{Connection, ErrorCode, params};

/// Steps from each version of the schema to the next; `user_version` counts those done.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE session (
        id     BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
        -- 0 starting, 1 living, 2 ended
        phase  INTEGER NOT NULL CHECK (phase BETWEEN 0 AND 2),
        -- milliseconds since the epoch; what retention goes by
        ended  INTEGER,
        -- CBOR of SessionInfo
        info   BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX session_ended ON session (ended) WHERE ended IS NOT NULL;
",
    "
    CREATE TABLE device (
        id      BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
        key     BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
        name    TEXT NOT NULL,
        -- 0 native, 1 browser, 65535 unknown
        kind    INTEGER NOT NULL,
        -- CBOR of Grant
        rights  BLOB NOT NULL,
        epoch   INTEGER NOT NULL CHECK (epoch >= 0),
        -- milliseconds since the epoch
        paired  INTEGER NOT NULL,
        seen    INTEGER,
        came    TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE audit (
        number  INTEGER PRIMARY KEY AUTOINCREMENT,
        time    INTEGER NOT NULL,
        actor   TEXT NOT NULL,
        action  TEXT NOT NULL,
        target  TEXT NOT NULL,
        detail  TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER audit_does_not_change BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit rows do not change'); END;
    -- Bounded: only what is older than that many rows may go.
    CREATE TRIGGER audit_stays BEFORE DELETE ON audit
    WHEN OLD.number > (SELECT max(number) FROM audit) - 100000
    BEGIN SELECT RAISE(ABORT, 'audit rows stay'); END;
    -- The latest time that was seen.
    CREATE TABLE clock (
        one     INTEGER PRIMARY KEY CHECK (one = 0),
        seen    INTEGER NOT NULL
    ) STRICT;
",
    "
    CREATE INDEX audit_strangers ON audit ((action = 'stranger'), number);
    DROP TRIGGER audit_stays;
    -- Bounded, each kind by itself: only what is older than that many rows may go.
    CREATE TRIGGER audit_stays BEFORE DELETE ON audit
    WHEN OLD.number >= coalesce((
        SELECT number FROM audit WHERE (action = 'stranger') = (OLD.action = 'stranger')
        ORDER BY number DESC
        LIMIT 1 OFFSET iif(OLD.action = 'stranger', 10000, 100000) - 1), 0)
    BEGIN SELECT RAISE(ABORT, 'audit rows stay'); END;
",
];

/// Why the registry could not do something.
#[derive(Debug, thiserror::Error)]
pub(super) enum RegistryError {
    #[error("the disk that holds the registry is full")]
    Full,
    #[error("the registry is of a newer Abide (schema {found}, this one knows {known})")]
    Newer { found: u32, known: usize },
    #[error("the registry failed: {0}")]
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for RegistryError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Sql(error),
        }
    }
}

impl RegistryError {
    /// The file is not a healthy database; another one may take its place.
    fn damaged(&self) -> bool {
        let Self::Sql(error) = self else { return false };
        matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        )
    }
}

/// The open registry. Only the daemon that holds the lock has one.
pub(super) struct Registry {
    db: Connection,
}

impl Registry {
    /// Opens the registry. A damaged one is moved aside, and the line for a person that says so
    /// comes back with the new one.
    pub(super) fn open(path: &Path) -> Result<(Self, Option<String>), RegistryError> {
        match Self::open_sound(path) {
            Err(error) if error.damaged() => {
                let aside = move_aside(path);
                let registry = Self::open_sound(path)?;
                let line = format!(
                    "the registry was damaged ({error}) and has been rebuilt from the living \
                     sessions; devices have to be paired again; the old one is {}",
                    aside.display()
                );
                Ok((registry, Some(line)))
            }
            other => other.map(|registry| (registry, None)),
        }
    }

    fn open_sound(path: &Path) -> Result<Self, RegistryError> {
        let db = Connection::open(path)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "journal_size_limit", 1 << 20)?;
        let health: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if health != "ok" {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
            return Err(rusqlite::Error::SqliteFailure(code, Some(health)).into());
        }
        let mut registry = Self { db };
        registry.migrate()?;
        Ok(registry)
    }

    /// The same database once more, for the devices. Both are used by one thread, and none holds a
    /// transaction open.
    pub(super) fn again(path: &Path) -> Result<Connection, RegistryError> {
        let db = Connection::open(path)?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.busy_timeout(std::time::Duration::from_secs(5))?;
        Ok(db)
    }

    fn migrate(&mut self) -> Result<(), RegistryError> {
        let step = self.db.transaction()?;
        let done: u32 = step.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let Some(missing) = MIGRATIONS.get(done as usize..) else {
            return Err(RegistryError::Newer {
                found: done,
                known: MIGRATIONS.len(),
            });
        };
        for sql in missing {
            step.execute_batch(sql)?;
        }
        step.pragma_update(None, "user_version", MIGRATIONS.len() as u32)?;
        Ok(step.commit()?)
    }

    /// Writes a session's row, new or not.
    pub(super) fn put(&self, info: &SessionInfo) -> Result<(), RegistryError> {
        let phase = match info.state {
            SessionState::Starting => 0,
            SessionState::Running => 1,
            SessionState::Ended(_) => 2,
        };
        let ended = info.ended.map(|at| i64::try_from(at).unwrap_or(i64::MAX));
        self.db
            .prepare_cached(
                "INSERT INTO session (id, phase, ended, info) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET phase = ?2, ended = ?3, info = ?4",
            )?
            .execute(params![info.id.0, phase, ended, record::encode_info(info)])?;
        Ok(())
    }

    /// Every session, oldest first. Rows that this build cannot read are left out and counted.
    pub(super) fn all(&self) -> Result<(Vec<SessionInfo>, usize), RegistryError> {
        let mut select = self
            .db
            .prepare_cached("SELECT info FROM session ORDER BY id")?;
        let rows: Vec<Vec<u8>> = select
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let infos: Vec<_> = rows
            .iter()
            .filter_map(|bytes| record::decode_info(bytes).ok())
            .collect();
        let unread = rows.len() - infos.len();
        Ok((infos, unread))
    }

    /// Forgets a session.
    pub(super) fn delete(&self, id: SessionId) -> Result<(), RegistryError> {
        self.db
            .prepare_cached("DELETE FROM session WHERE id = ?1")?
            .execute([id.0])?;
        Ok(())
    }
}

/// Moves the file and what `SQLite` keeps beside it to a name that is free.
fn move_aside(path: &Path) -> PathBuf {
    let named = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let aside = (1..=u32::MAX)
        .map(|n| named(&format!(".damaged-{n}")))
        .find(|free| !free.exists())
        .unwrap_or_default();
    let _ = std::fs::rename(path, &aside);
    for rest in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(named(rest));
    }
    aside
}

#[cfg(test)]
impl Registry {
    pub(super) fn in_memory() -> Result<Self, RegistryError> {
        let mut registry = Self {
            db: Connection::open_in_memory()?,
        };
        registry.migrate()?;
        Ok(registry)
    }

    /// A disk that is full from now on, or has room again.
    pub(super) fn fill(&self, full: bool) {
        let pages = if full { 1 } else { 1 << 30 };
        self.db
            .pragma_update(None, "max_page_count", pages)
            .unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let unique = format!("abide-registry-{}-{name}", std::process::id());
            let directory = std::env::temp_dir().join(unique);
            let _ = std::fs::remove_dir_all(&directory);
            std::fs::create_dir(&directory).unwrap();
            Self(directory)
        }

        fn path(&self) -> PathBuf {
            self.0.join("abide.db")
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn info(n: u8) -> SessionInfo {
        SessionInfo {
            state: SessionState::Running,
            title: "t".into(),
            pid: Some(9),
            trusted: Some(false),
            confined: Some(true),
            ..SessionInfo::named(SessionId([n; 16]), format!("s{n}"))
        }
    }

    #[test]
    fn sessions_outlast_the_daemon() {
        let scratch = Scratch::new("outlast");
        let (registry, warning) = Registry::open(&scratch.path()).unwrap();
        assert_eq!(warning, None);
        for n in [2, 1, 3] {
            registry.put(&info(n)).unwrap();
        }
        let renamed = SessionInfo {
            name: "new".into(),
            ..info(2)
        };
        registry.put(&renamed).unwrap();
        registry.delete(info(3).id).unwrap();
        drop(registry);
        let (registry, _) = Registry::open(&scratch.path()).unwrap();
        assert_eq!(registry.all().unwrap(), (vec![info(1), renamed], 0));
    }

    #[test]
    fn a_damaged_registry_is_moved_aside() {
        for (case, bytes) in [("garbage", vec![7_u8; 5000]), ("torn", torn())] {
            let scratch = Scratch::new(case);
            std::fs::write(scratch.path(), &bytes).unwrap();
            let (registry, warning) = Registry::open(&scratch.path()).unwrap();
            assert_eq!(registry.all().unwrap(), (Vec::new(), 0), "{case}");
            let warning = warning.unwrap();
            assert!(warning.contains("abide.db.damaged-1"), "{warning}");
            let aside = std::fs::read(scratch.0.join("abide.db.damaged-1")).unwrap();
            assert_eq!(aside.len(), bytes.len(), "{case}");
            registry.put(&info(1)).unwrap();
        }
    }

    /// A registry whose pages are overwritten behind a sound head.
    fn torn() -> Vec<u8> {
        let scratch = Scratch::new("whole");
        let (registry, _) = Registry::open(&scratch.path()).unwrap();
        for n in 0..200 {
            registry.put(&info(n)).unwrap();
        }
        drop(registry);
        let mut bytes = std::fs::read(scratch.path()).unwrap();
        bytes[4096..12288].fill(0xa5);
        bytes
    }

    #[test]
    fn a_newer_registry_is_left_alone() {
        let scratch = Scratch::new("newer");
        let (registry, _) = Registry::open(&scratch.path()).unwrap();
        registry.db.pragma_update(None, "user_version", 99).unwrap();
        drop(registry);
        let error = Registry::open(&scratch.path()).err().unwrap();
        assert!(
            matches!(error, RegistryError::Newer { found: 99, .. }),
            "{error}"
        );
        assert!(!scratch.0.join("abide.db.damaged-1").exists());
    }

    #[test]
    fn a_row_that_cannot_be_read_is_counted() {
        let registry = Registry::in_memory().unwrap();
        registry.put(&info(1)).unwrap();
        let put = "INSERT INTO session (id, phase, info) VALUES (zeroblob(16), 1, x'ff')";
        registry.db.execute(put, []).unwrap();
        assert_eq!(registry.all().unwrap(), (vec![info(1)], 1));
    }
}
