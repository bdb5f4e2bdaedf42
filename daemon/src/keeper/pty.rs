//! The session's pseudo-terminal and the program in it, and the memory of a keeper at rest. The only
//! place of the keeper that makes system calls with safety arguments.
#![expect(
    unsafe_code,
    reason = "raw descriptors of a library and of the parent process, addresses of mappings"
)]

mod leader;
mod master;
mod rest;
mod spawn;

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd, RawFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

pub(crate) use leader::{Leader, Signal};
pub(crate) use master::Master;
pub(crate) use master::Read;
pub(crate) use rest::let_go;
pub(crate) use spawn::{Program, Start, spawn};

/// Lets the runtime watch a descriptor.
pub(super) fn watch(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` names one open descriptor for as long as it lives, and the `AsyncFd`
    // owns it from here on.
    Ok(unsafe { AsyncFd::register_with_interest(fd, interest) }?)
}

/// Closes every descriptor above 2. Only for a process that has just started and has opened
/// nothing itself.
pub(crate) fn close_inherited() -> io::Result<()> {
    let listed: Vec<RawFd> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .collect();
    for fd in listed {
        // The directory's own descriptor was listed and is closed by now.
        if std::fs::symlink_metadata(format!("/proc/self/fd/{fd}")).is_ok() {
            // SAFETY: the descriptor is open, and nothing in this process owns one above 2: the
            // caller has opened nothing yet, and runs on the only thread.
            unsafe { rustix::io::close(fd) };
        }
    }
    Ok(())
}

/// Points standard input, output and error at `/dev/null`.
pub(crate) fn silence() -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(null.as_fd())?;
    rustix::stdio::dup2_stdout(null.as_fd())?;
    rustix::stdio::dup2_stderr(null.as_fd())?;
    Ok(())
}
