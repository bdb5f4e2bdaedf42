//! The devices' part of the registry: who is paired, what has happened, and the latest time seen.

use abide_protocol::channel::PublicKey;
use abide_protocol::message::{AuditRow, DeviceKind};
use abide_protocol::{DeviceId, Grant, Role};
use rusqlite::{Connection, Row, params};

use crate::daemon::registry::RegistryError;

/// Rows of the audit at most, but for those of strangers; the oldest go. The registry itself refuses
/// to lose younger ones.
const MAX_AUDIT: i64 = 100_000;
/// Rows of strangers at most: they push out no others.
const MAX_STRANGERS: i64 = 10_000;
/// Rows above that go with each new one: there are more in a registry of before.
const SWEPT: i64 = 2;
/// What the rows of strangers say was done.
pub(super) const STRANGER: &str = "stranger";

/// Instead of the rights in a row of a build that knew more.
const NONE: Grant = Grant {
    role: Role::View,
    sessions: Some(Vec::new()),
    history: false,
    expires: Some(0),
};

/// What the registry knows of a device; its secret is elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub(super) id: DeviceId,
    pub(super) key: PublicKey,
    pub(super) name: String,
    pub(super) kind: DeviceKind,
    pub(super) grant: Grant,
    /// If not, the grant could not be read, and none stands in its place.
    pub(super) read: bool,
    /// Counts the changes of its rights.
    pub(super) epoch: u64,
    pub(super) paired: u64,
    pub(super) seen: Option<u64>,
    pub(super) from: Option<String>,
}

/// A row that is about to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::daemon) struct Deed {
    pub(in crate::daemon) actor: String,
    pub(in crate::daemon) action: &'static str,
    pub(in crate::daemon) target: String,
    pub(in crate::daemon) detail: String,
}

pub(super) struct Ledger(Connection);

impl Ledger {
    pub(super) fn new(db: Connection) -> Self {
        Self(db)
    }

    /// All devices.
    pub(super) fn devices(&self) -> Result<Vec<Entry>, RegistryError> {
        let columns = "id, key, name, kind, rights, epoch, paired, seen, came";
        let sql = format!("SELECT {columns} FROM device ORDER BY paired, id");
        let mut select = self.0.prepare_cached(&sql)?;
        let rows = select.query_map([], entry)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes a device and what happened to it, both or none.
    pub(super) fn put(
        &mut self,
        entry: &Entry,
        deed: &Deed,
        time: u64,
    ) -> Result<(), RegistryError> {
        let step = self.0.transaction()?;
        step.execute(
            "INSERT INTO device (id, key, name, kind, rights, epoch, paired, seen, came)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (id) DO UPDATE SET name = ?3, rights = ?5, epoch = ?6",
            params![
                entry.id.0,
                entry.key.0,
                entry.name,
                kind_number(entry.kind),
                minicbor::to_vec(&entry.grant).unwrap_or_default(),
                signed(entry.epoch),
                signed(entry.paired),
                entry.seen.map(signed),
                entry.from,
            ],
        )?;
        add(&step, deed, time)?;
        Ok(step.commit()?)
    }

    pub(super) fn delete(&self, id: DeviceId) -> Result<(), RegistryError> {
        let mut delete = self.0.prepare_cached("DELETE FROM device WHERE id = ?1")?;
        delete.execute([id.0])?;
        Ok(())
    }

    pub(super) fn touch(&self, id: DeviceId, seen: u64, from: &str) -> Result<(), RegistryError> {
        let sql = "UPDATE device SET seen = ?2, came = ?3 WHERE id = ?1";
        let mut update = self.0.prepare_cached(sql)?;
        update.execute(params![id.0, signed(seen), from])?;
        Ok(())
    }

    pub(super) fn note(&mut self, deed: &Deed, time: u64) -> Result<(), RegistryError> {
        let step = self.0.transaction()?;
        add(&step, deed, time)?;
        Ok(step.commit()?)
    }

    /// The rows after `after`, oldest first; the newest if there are more than `limit`.
    pub(super) fn audit(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, RegistryError> {
        let mut rows = self.rows(
            "SELECT number, time, actor, action, target, detail FROM audit
             WHERE number > ?1 ORDER BY number DESC LIMIT ?2",
            after,
            limit,
        )?;
        rows.reverse();
        Ok(rows)
    }

    /// The rows that follow `after`, oldest first; the first of them if there are more than `limit`.
    pub(super) fn audit_next(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditRow>, RegistryError> {
        self.rows(
            "SELECT number, time, actor, action, target, detail FROM audit
             WHERE number > ?1 ORDER BY number LIMIT ?2",
            after,
            limit,
        )
    }

    fn rows(&self, sql: &str, after: u64, limit: u32) -> Result<Vec<AuditRow>, RegistryError> {
        let mut select = self.0.prepare_cached(sql)?;
        let rows = select.query_map(params![signed(after), limit], |row| {
            Ok(AuditRow {
                number: unsigned(row.get(0)?),
                time: unsigned(row.get(1)?),
                actor: row.get(2)?,
                action: row.get(3)?,
                target: row.get(4)?,
                detail: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The latest time that was marked; 0 if none was.
    pub(super) fn latest(&self) -> Result<u64, RegistryError> {
        let select = "SELECT coalesce(max(seen), 0) FROM clock";
        Ok(unsigned(self.0.query_row(select, [], |row| row.get(0))?))
    }

    pub(super) fn mark(&self, time: u64) -> Result<(), RegistryError> {
        let sql = "INSERT INTO clock (one, seen) VALUES (0, ?1)
                   ON CONFLICT (one) DO UPDATE SET seen = max(seen, ?1)";
        self.0.prepare_cached(sql)?.execute([signed(time)])?;
        Ok(())
    }

    /// Marks an earlier time, and why.
    pub(super) fn reset(&mut self, time: u64, deed: &Deed) -> Result<(), RegistryError> {
        let step = self.0.transaction()?;
        step.execute("UPDATE clock SET seen = ?1", [signed(time)])?;
        add(&step, deed, time)?;
        Ok(step.commit()?)
    }
}

#[cfg(test)]
impl Ledger {
    /// Pages that the registry may have at most.
    pub(super) fn set_pages(&self, pages: u32) {
        self.0.pragma_update(None, "max_page_count", pages).unwrap();
    }
}

fn add(db: &Connection, deed: &Deed, time: u64) -> Result<(), RegistryError> {
    db.prepare_cached(
        "INSERT INTO audit (time, actor, action, target, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        signed(time),
        deed.actor,
        deed.action,
        deed.target,
        deed.detail
    ])?;
    let (strange, most) = match deed.action {
        STRANGER => (true, MAX_STRANGERS),
        _ => (false, MAX_AUDIT),
    };
    db.prepare_cached(
        "DELETE FROM audit WHERE number IN (
             SELECT number FROM audit WHERE (action = 'stranger') = ?1
             ORDER BY number DESC LIMIT ?2 OFFSET ?3)",
    )?
    .execute(params![strange, SWEPT, most])?;
    Ok(())
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let rights: Vec<u8> = row.get(4)?;
    let grant = minicbor::decode(&rights).ok();
    Ok(Entry {
        id: DeviceId(row.get(0)?),
        key: PublicKey(row.get(1)?),
        name: row.get(2)?,
        kind: match row.get(3)? {
            0 => DeviceKind::Native,
            1 => DeviceKind::Browser,
            _ => DeviceKind::Unknown,
        },
        read: grant.is_some(),
        grant: grant.unwrap_or(NONE),
        epoch: unsigned(row.get(5)?),
        paired: unsigned(row.get(6)?),
        seen: row.get::<_, Option<i64>>(7)?.map(unsigned),
        from: row.get(8)?,
    })
}

fn kind_number(kind: DeviceKind) -> i64 {
    match kind {
        DeviceKind::Native => 0,
        DeviceKind::Browser => 1,
        DeviceKind::Unknown => 65_535,
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
