//! Descriptors: how many there may be, and a few that are kept back for the user's own clients.

use std::fs::File;
use std::sync::{Mutex, PoisonError};

use abide_protocol::message::{ResourceLimit, Spec};
use rustix::process::{Resource, Rlimit};

use super::limits::RESERVE;

/// The limit, as it was, and the reserve.
pub(in crate::daemon) struct Descriptors {
    before: Rlimit,
    /// Each holds one descriptor. Fewer than [`RESERVE`]: they are lent.
    reserve: Mutex<Vec<File>>,
}

impl Descriptors {
    pub(in crate::daemon) fn open() -> Self {
        let descriptors = Self {
            before: rustix::process::getrlimit(Resource::Nofile),
            reserve: Mutex::default(),
        };
        descriptors.refill();
        descriptors
    }

    /// Allows as many as the system lets us have, and says how many.
    pub(super) fn raise(&self) -> usize {
        let most = Rlimit {
            current: self.before.maximum,
            ..self.before
        };
        let allowed = match rustix::process::setrlimit(Resource::Nofile, most) {
            Ok(()) => most.current,
            Err(_) => self.before.current,
        };
        allowed.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX))
    }

    /// Lets a session's program have the limit that the daemon was started with, unless its user
    /// asked for another: some programs look at each descriptor that there could be.
    pub(in crate::daemon) fn give(&self, spec: &mut Spec) {
        let resource = Resource::Nofile as u32;
        let asked = |limit: &ResourceLimit| limit.resource == resource;
        if !spec.resource_limits.iter().any(asked) {
            spec.resource_limits.push(ResourceLimit {
                resource,
                soft: self.before.current.unwrap_or(u64::MAX),
                hard: self.before.maximum.unwrap_or(u64::MAX),
            });
        }
    }

    /// None is left: gives up the reserve, so that one of the user's clients can be served. Says
    /// whether there was any.
    pub(in crate::daemon) fn lend(&self) -> bool {
        let lent = std::mem::take(&mut *self.lock());
        !lent.is_empty()
    }

    /// Whether the reserve is there, or back: else strangers get none.
    pub(super) fn spare(&self) -> bool {
        self.refill();
        self.lock().len() >= RESERVE
    }

    /// Takes the reserve back once there are as many again for others.
    pub(in crate::daemon) fn refill(&self) {
        let mut reserve = self.lock();
        if reserve.len() < RESERVE {
            let found = (0..2 * RESERVE).map(|_| File::open("/dev/null"));
            if let Ok(mut found) = found.collect::<Result<Vec<_>, _>>() {
                found.truncate(RESERVE);
                *reserve = found;
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<File>> {
        self.reserve.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_lent_once_and_comes_back() {
        let descriptors = Descriptors::open();
        assert!(descriptors.lend());
        assert!(!descriptors.lend());
        assert!(descriptors.spare());
        assert!(descriptors.lend());
    }

    #[test]
    fn programs_get_the_limit_from_before() {
        let descriptors = Descriptors {
            before: Rlimit {
                current: Some(1024),
                maximum: None,
            },
            reserve: Mutex::default(),
        };
        let mut spec = Spec::default();
        descriptors.give(&mut spec);
        descriptors.give(&mut spec);
        let given = ResourceLimit {
            resource: 7,
            soft: 1024,
            hard: u64::MAX,
        };
        assert_eq!(spec.resource_limits, [given]);
    }
}
