//! The roster: what the daemon knows of every session, living and ended.
//!
//! Decisions only: no task, no clock, no socket; `now` is milliseconds since the Unix epoch. What
//! keepers say always wins over what was known before, so every order of adoption, summaries and
//! births leads to one entry per session.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use abide_protocol::message::{ExitStatus, FailKind, Failure, SessionInfo, SessionState, Spec};
use abide_protocol::{SessionId, Size, name};

use super::names;
use super::registry::{Registry, RegistryError};
use super::warnings::Warnings;

/// Milliseconds for which an ended session is kept: 30 days.
pub(super) const RETENTION: u64 = 30 * 24 * 60 * 60 * 1000;
/// Ended sessions kept at most; beyond, the oldest go early.
const MAX_ENDED: usize = 10_000;
/// Living sessions at most; a user has at most this many PTYs in practice.
const MAX_LIVING: usize = 1000;
/// Milliseconds after which the registry's copy of a living session is refreshed by its next
/// summary. It is read only if the session vanishes with the machine.
const REFRESH: u64 = 60 * 1000;

const LOST: SessionState = SessionState::Ended(ExitStatus::Lost);

/// Every session by id, and the registry behind it.
pub(super) struct Roster {
    sessions: BTreeMap<SessionId, SessionInfo>,
    /// Names promised to renames under way.
    promised: HashMap<SessionId, String>,
    /// When each living session's row was last written.
    written: HashMap<SessionId, u64>,
    /// Those whose row could not be written; it is tried again with the next.
    unwritten: BTreeSet<SessionId>,
    /// Removed while their keeper was still there to serve a last viewer.
    removed: BTreeSet<SessionId>,
    registry: Registry,
    warnings: Warnings,
}

impl Roster {
    /// Takes over what the registry remembers. Whatever it calls living is unconfirmed until a
    /// keeper answers or [`Self::gone`] says that none does.
    pub(super) fn load(registry: Registry, rebuilt: Option<String>) -> Result<Self, RegistryError> {
        let (infos, unread) = registry.all()?;
        let mut warnings = Warnings::default();
        if let Some(line) = rebuilt {
            warnings.raise("rebuilt", line);
        }
        if unread > 0 {
            let line = format!("{unread} sessions of the registry cannot be read by this version");
            warnings.raise("unread", line);
        }
        Ok(Self {
            sessions: infos.into_iter().map(|info| (info.id, info)).collect(),
            promised: HashMap::new(),
            written: HashMap::new(),
            unwritten: BTreeSet::new(),
            removed: BTreeSet::new(),
            registry,
            warnings,
        })
    }

    /// All sessions, oldest first.
    pub(super) fn list(&self) -> Vec<SessionInfo> {
        self.sessions.values().cloned().collect()
    }

    pub(super) fn get(&self, id: SessionId) -> Option<&SessionInfo> {
        self.sessions.get(&id)
    }

    /// Sessions that are not known to have ended.
    pub(super) fn unended(&self) -> BTreeSet<SessionId> {
        let living = self.sessions.values().filter(|info| !has_ended(info));
        living.map(|info| info.id).collect()
    }

    /// Admits a new session before its keeper is started: finds its name and writes its row, so
    /// that whoever dies next, the session is known.
    pub(super) fn admit(
        &mut self,
        id: SessionId,
        spec: &Spec,
        shell: &str,
        now: u64,
    ) -> Result<SessionInfo, Failure> {
        if self.unended().len() >= MAX_LIVING {
            let line = format!(
                "cannot create a session: {MAX_LIVING} are living already; end one with `abide stop`"
            );
            return Err(failure(FailKind::Exhausted, line));
        }
        let name = match &spec.name {
            Some(name) => {
                self.check_name(id, name)?;
                name.clone()
            }
            None => names::make_up(&spec.command, shell, |name| self.holder(name).is_some()),
        };
        let info = starting(id, name, spec, shell, now);
        self.registry
            .put(&info)
            .map_err(|error| unwritten("create the session", &error))?;
        self.sessions.insert(id, info.clone());
        Ok(info)
    }

    /// The keeper of an admitted session could not start its program.
    pub(super) fn stillborn(&mut self, id: SessionId) {
        self.forget(id);
    }

    /// A keeper told how its session stands.
    pub(super) fn seen(&mut self, mut info: SessionInfo, now: u64) {
        let id = info.id;
        if self.removed.contains(&id) {
            return;
        }
        if let Some(old) = self.sessions.get(&id).filter(|old| has_ended(old)) {
            // What runs after its end was said before it and came late; but who was taken for lost
            // may turn up again.
            if !has_ended(&info) && old.state != LOST {
                return;
            }
            info.name.clone_from(&old.name);
        }
        let news = self.sessions.get(&id).is_none_or(|old| {
            old.state != info.state || old.name != info.name || old.ended != info.ended
        });
        let due = self
            .written
            .get(&id)
            .is_none_or(|at| now.saturating_sub(*at) >= REFRESH);
        if self.promised.get(&id) == Some(&info.name) {
            self.promised.remove(&id);
        }
        let ended = has_ended(&info);
        if news || due {
            self.save(&info, now);
        }
        if ended {
            self.written.remove(&id);
        }
        self.sessions.insert(id, info);
        if ended && news {
            self.trim();
        }
    }

    /// A keeper told that its session's program has ended; the details follow.
    pub(super) fn exited(&mut self, id: SessionId, status: ExitStatus, now: u64) {
        let known = self.sessions.get(&id).filter(|info| !has_ended(info));
        if let Some(known) = known {
            let ended = SessionInfo {
                state: SessionState::Ended(status),
                ended: Some(now),
                ..known.clone()
            };
            self.seen(ended, now);
        }
    }

    /// No keeper answers for this session any more. `record` is what its keeper left behind.
    pub(super) fn gone(&mut self, id: SessionId, record: Option<SessionInfo>, now: u64) {
        if self.removed.remove(&id) {
            return;
        }
        let Some(known) = self.sessions.get(&id) else {
            if let Some(record) = record {
                self.seen(record, now);
            }
            return;
        };
        if has_ended(known) {
            return;
        }
        match record {
            Some(record) => self.seen(record, now),
            None if known.state == SessionState::Starting => self.forget(id),
            None => {
                let lost = SessionInfo {
                    state: LOST,
                    ended: Some(now),
                    driver: None,
                    viewers: 0,
                    pid: None,
                    keeper: None,
                    ..known.clone()
                };
                self.seen(lost, now);
            }
        }
    }

    /// Promises a living session a new name while its keeper is being told.
    pub(super) fn promise(&mut self, id: SessionId, name: &str) -> Result<(), Failure> {
        self.check_name(id, name)?;
        self.promised.insert(id, name.into());
        Ok(())
    }

    /// The keeper took the promised name, or refused it.
    pub(super) fn renamed(&mut self, id: SessionId, taken: bool, now: u64) {
        let Some(name) = self.promised.remove(&id) else {
            return;
        };
        if let Some(known) = self.sessions.get(&id).filter(|_| taken) {
            let info = SessionInfo {
                name,
                ..known.clone()
            };
            self.seen(info, now);
        }
    }

    /// Renames a session that has ended; nobody but the registry knows its name.
    pub(super) fn rename_ended(&mut self, id: SessionId, name: &str) -> Result<(), Failure> {
        self.check_name(id, name)?;
        let info = self.sessions.get_mut(&id).ok_or_else(|| unknown(id))?;
        let renamed = SessionInfo {
            name: name.into(),
            ..info.clone()
        };
        self.registry
            .put(&renamed)
            .map_err(|error| unwritten("rename the session", &error))?;
        *info = renamed;
        Ok(())
    }

    /// Forgets a session that has ended. `kept`: its keeper is still there.
    pub(super) fn remove(&mut self, id: SessionId, kept: bool) -> Result<(), Failure> {
        let info = self.sessions.get(&id).ok_or_else(|| unknown(id))?;
        if !has_ended(info) {
            let line = format!(
                "cannot remove \"{}\": it has not ended; end it with: abide stop {}",
                info.name,
                id.as_uuid().simple()
            );
            return Err(failure(FailKind::State, line));
        }
        self.registry
            .delete(id)
            .map_err(|error| unwritten("remove the session", &error))?;
        self.sessions.remove(&id);
        if kept {
            self.removed.insert(id);
        }
        Ok(())
    }

    /// Sessions that ended too long ago, already forgotten here; the caller deletes their records.
    pub(super) fn expire(&mut self, now: u64) -> Vec<SessionId> {
        let then = now.saturating_sub(RETENTION);
        let old = |info: &&SessionInfo| info.ended.is_some_and(|at| at < then);
        let ids: Vec<_> = self
            .sessions
            .values()
            .filter(old)
            .map(|info| info.id)
            .collect();
        for id in &ids {
            self.forget(*id);
        }
        ids
    }

    /// Writes what is known of the living, for the case that they vanish with the machine.
    pub(super) fn flush(&mut self, now: u64) {
        let living: Vec<_> = self
            .sessions
            .values()
            .filter(|i| !has_ended(i))
            .cloned()
            .collect();
        for info in living {
            self.save(&info, now);
        }
    }

    pub(super) fn counts(&self) -> (u32, u32) {
        let living = self.unended().len();
        (living as u32, (self.sessions.len() - living) as u32)
    }

    pub(super) fn warnings(&mut self) -> &mut Warnings {
        &mut self.warnings
    }

    /// Who has this name or was promised it, among those that have not ended.
    fn holder(&self, name: &str) -> Option<SessionId> {
        let living = self.sessions.values().filter(|info| !has_ended(info));
        let mut named = living.filter(|info| info.name == name).map(|info| info.id);
        let mut promised = self.promised.iter().filter(|(_, n)| *n == name);
        named.next().or_else(|| promised.next().map(|(id, _)| *id))
    }

    fn check_name(&self, id: SessionId, name: &str) -> Result<(), Failure> {
        if let Some(fault) = name::fault(name) {
            let line = format!("cannot use this name: {fault}; choose another");
            return Err(failure(FailKind::Invalid, line));
        }
        match self.holder(name) {
            Some(holder) if holder != id => Err(failure(
                FailKind::NameTaken,
                format!(
                    "a session named \"{name}\" is running already; \
                     choose another name or attach to it with: abide attach {name}"
                ),
            )),
            _ => Ok(()),
        }
    }

    fn save(&mut self, info: &SessionInfo, now: u64) {
        let late = std::mem::take(&mut self.unwritten);
        let late = late.iter().filter_map(|id| self.sessions.get(id));
        let rows: Vec<_> = late.chain([info]).cloned().collect();
        for row in rows {
            match self.registry.put(&row) {
                Ok(()) => {
                    self.written.insert(row.id, now);
                }
                Err(error) => {
                    self.unwritten.insert(row.id);
                    self.complain(&error);
                }
            }
        }
        if self.unwritten.is_empty() {
            self.warnings.settle("registry");
        }
    }

    fn forget(&mut self, id: SessionId) {
        self.sessions.remove(&id);
        self.written.remove(&id);
        self.promised.remove(&id);
        if let Err(error) = self.registry.delete(id) {
            self.complain(&error);
        }
    }

    fn complain(&mut self, error: &RegistryError) {
        let line = format!("{error}; the list of ended sessions is incomplete after a restart");
        self.warnings.raise("registry", line);
    }

    fn trim(&mut self) {
        let mut ended: Vec<_> = self
            .sessions
            .values()
            .filter(|info| has_ended(info))
            .collect();
        if ended.len() <= MAX_ENDED {
            return;
        }
        ended.sort_by_key(|info| info.ended);
        let oldest: Vec<_> = ended
            .iter()
            .take(ended.len() - MAX_ENDED)
            .map(|i| i.id)
            .collect();
        for id in oldest {
            self.forget(id);
        }
    }
}

pub(super) fn has_ended(info: &SessionInfo) -> bool {
    matches!(info.state, SessionState::Ended(_))
}

pub(super) fn failure(kind: FailKind, line: impl Into<String>) -> Failure {
    Failure {
        kind,
        line: line.into(),
    }
}

pub(super) fn unknown(id: SessionId) -> Failure {
    let line = format!("no session has the id {id}; see: abide list");
    failure(FailKind::NotFound, line)
}

fn unwritten(what: &str, error: &RegistryError) -> Failure {
    match error {
        RegistryError::Full => failure(
            FailKind::Exhausted,
            format!("cannot {what}: {error}; free some space and try again"),
        ),
        _ => failure(
            FailKind::Internal,
            format!("cannot {what}: {error}; see: abide doctor"),
        ),
    }
}

/// What is known of a session before its keeper has said anything.
fn starting(id: SessionId, name: String, spec: &Spec, shell: &str, now: u64) -> SessionInfo {
    let words: Vec<_> = spec
        .command
        .iter()
        .map(|w| String::from_utf8_lossy(w))
        .collect();
    SessionInfo {
        command: if words.is_empty() {
            shell.into()
        } else {
            words.join(" ")
        },
        directory: String::from_utf8_lossy(&spec.directory).into(),
        size: spec.size.unwrap_or(Size::DEFAULT),
        created: now,
        active: now,
        used: now,
        ..SessionInfo::named(id, name)
    }
}

#[cfg(test)]
mod tests;
