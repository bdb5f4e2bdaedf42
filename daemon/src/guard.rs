//! The guard rail around sessions: programs in a session run as the same user as the daemon, and
//! still may do no more with Abide than report on their own session, until a person trusts them.
//!
//! It is a guard rail, not a boundary: whoever runs as the user can leave it on purpose
//! (`docs/guard-rail.md` says how, and `tests/tests/escapes.rs` shows it). It keeps an agent from
//! doing by accident, or because a text it has read says so, what it was not asked to do.
//!
//! [`armour`] is what daemon and keepers do for themselves, [`fence`] what a keeper gives up.
//! [`notice`] is how a session is known without a daemon, [`lineage`] decides whether a process is
//! in it, [`role`] what it may do then.

pub mod armour;
pub mod fence;
pub mod lineage;
pub mod notice;
pub mod role;

use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags};

use crate::private_dir::PrivateDir;
use lineage::{Lineage, Process, Processes, System};
use notice::{Notice, Said};
pub use role::Role;

/// The role of whoever connected this socket. Asked once, when the connection is accepted: what
/// happens to the process later, or to the trust in its session, counts for its next connection.
#[must_use]
pub fn peer(stream: &tokio::net::UnixStream, run: &PrivateDir) -> Role {
    let pid = stream.peer_cred().ok().and_then(|peer| peer.pid());
    let Some(pid) = pid.and_then(Pid::from_raw) else {
        return Role::Unknown;
    };
    // The number stays this process's own while we look, or we find out that it did not.
    let Ok(held) = rustix::process::pidfd_open(pid, PidfdFlags::empty()) else {
        return Role::Unknown;
    };
    let role = process(pid.as_raw_nonzero().get().unsigned_abs(), run);
    if has_exited(&held) {
        return Role::Unknown;
    }
    role
}

/// The role of this process itself.
#[must_use]
pub fn own(run: &PrivateDir) -> Role {
    process(std::process::id(), run)
}

fn process(pid: u32, run: &PrivateDir) -> Role {
    let here = Here {
        run,
        system: System,
    };
    let sessions = notice::listed(run);
    match lineage::trace(pid, &sessions, &here) {
        Lineage::Unknown => Role::Unknown,
        Lineage::Inside(found) => Role::inside(found),
    }
}

fn has_exited(process: &OwnedFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut watched = [PollFd::new(process, PollFlags::IN)];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    !matches!(poll(&mut watched, Some(&at_once)), Ok(0))
}

/// The system as it is.
struct Here<'a> {
    run: &'a PrivateDir,
    system: System,
}

impl Processes for Here<'_> {
    fn process(&self, pid: u32) -> Option<Process> {
        self.system.process(pid)
    }

    fn said(&self, notice: &Notice) -> Option<Said> {
        notice::said(self.run, notice)
    }
}
