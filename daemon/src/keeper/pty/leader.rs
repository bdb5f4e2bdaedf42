//! The program's leader: its exit, and signals to it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll};

use abide_protocol::message::ExitStatus;
pub(crate) use rustix::process::Signal;
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions};
use tokio::io::unix::AsyncFd;

/// The leader of the program's session, a child of this process.
pub(crate) struct Leader {
    pid: Pid,
    exit: AsyncFd<OwnedFd>,
}

impl Leader {
    pub(crate) fn new(pid: Pid) -> io::Result<Self> {
        let exit = rustix::process::pidfd_open(pid, PidfdFlags::empty())?;
        Ok(Self {
            pid,
            exit: super::watch(exit, tokio::io::Interest::READABLE)?,
        })
    }

    /// Ready once the leader has exited.
    pub(crate) fn poll_exit(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.exit.poll_read_ready(cx).map(|_| ())
    }

    /// Takes the exit status of a leader that has exited; `None` if it has not.
    pub(crate) fn reap(&self) -> Option<ExitStatus> {
        let id = WaitId::PidFd(self.exit.get_ref().as_fd());
        match rustix::process::waitid(id, WaitIdOptions::EXITED | WaitIdOptions::NOHANG) {
            Ok(None) => None,
            Ok(Some(status)) => Some(match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => ExitStatus::Code(code),
                (None, Some(signal)) => ExitStatus::Signal(signal),
                (None, None) => ExitStatus::Lost,
            }),
            Err(_) => Some(ExitStatus::Lost),
        }
    }

    /// Signals the leader's process group, and the one in the foreground of its terminal if that
    /// is another. Only while the leader has not been reaped: its number is not reused before.
    pub(crate) fn signal(&self, signal: Signal, foreground: Option<Pid>) {
        for group in foreground
            .filter(|group| *group != self.pid)
            .into_iter()
            .chain([self.pid])
        {
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }
}
