//! What daemon and keepers do for themselves when they start: no other process of the user may
//! look into them, they leave no memory on the disk, and they never run with borrowed rights.

use std::io;

use abide_protocol::message::{ResourceLimit, Spec};
use rustix::process::{DumpableBehavior, Resource, Rlimit};

/// Says why this process must not run: it would have more rights than whoever started it.
#[must_use]
pub fn borrowed_rights() -> Option<&'static str> {
    use rustix::process::{getegid, geteuid, getgid, getuid};
    let users = (getuid().as_raw(), geteuid().as_raw());
    let groups = (getgid().as_raw(), getegid().as_raw());
    refusal(users, groups)
}

/// `(real, effective)` of each.
fn refusal(users: (u32, u32), groups: (u32, u32)) -> Option<&'static str> {
    if users.0 != users.1 {
        return Some("this program must not be setuid; run: chmod u-s on its file");
    }
    (groups.0 != groups.1).then_some("this program must not be setgid; run: chmod g-s on its file")
}

/// The limit on core dumps that this process was started with. Its own is 0, which what it starts
/// would inherit.
#[derive(Clone, Copy, Debug)]
pub struct CoreLimit(Rlimit);

/// Puts it on.
pub fn put_on() -> io::Result<CoreLimit> {
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let before = rustix::process::getrlimit(Resource::Core);
    // The hard limit stays: a process without privileges could never give it back to a program.
    let none = Rlimit {
        current: Some(0),
        ..before
    };
    rustix::process::setrlimit(Resource::Core, none)?;
    Ok(CoreLimit(before))
}

impl CoreLimit {
    /// Lets the session's program have the limit, unless its user asked for another.
    pub fn give(self, spec: &mut Spec) {
        let resource = Resource::Core as u32;
        let asked = |limit: &ResourceLimit| limit.resource == resource;
        if spec.resource_limits.iter().any(asked) {
            return;
        }
        spec.resource_limits.push(ResourceLimit {
            resource,
            soft: self.0.current.unwrap_or(u64::MAX),
            hard: self.0.maximum.unwrap_or(u64::MAX),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borrowed_rights_are_refused() {
        let check = |users, groups, said: Option<&str>| {
            let found = refusal(users, groups);
            assert_eq!(found.is_some(), said.is_some(), "{users:?} {groups:?}");
            assert!(found.unwrap_or_default().contains(said.unwrap_or_default()));
        };
        check((1, 1), (2, 2), None);
        check((0, 0), (0, 0), None);
        check((1, 0), (2, 2), Some("setuid"));
        check((0, 1), (2, 2), Some("setuid"));
        check((1, 1), (2, 0), Some("setgid"));
    }

    #[test]
    fn programs_get_the_users_limit_on_core_dumps() {
        let own = CoreLimit(Rlimit {
            current: Some(4096),
            maximum: None,
        });
        let mut spec = Spec::default();
        own.give(&mut spec);
        let given = ResourceLimit {
            resource: 4,
            soft: 4096,
            hard: u64::MAX,
        };
        assert_eq!(spec.resource_limits, [given]);
        let asked = ResourceLimit {
            resource: 4,
            soft: 1,
            hard: 2,
        };
        spec.resource_limits = vec![asked.clone()];
        own.give(&mut spec);
        assert_eq!(spec.resource_limits, [asked]);
    }
}
