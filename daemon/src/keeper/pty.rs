//! The session's pseudo-terminal and the program in it. The only place of the keeper that makes
//! system calls with safety arguments.
#![expect(unsafe_code, reason = "raw descriptors of a library and of the parent process")]

mod leader;
mod master;
mod spawn;

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

pub(crate) use leader::{Leader, Signal};
pub(crate) use master::Master;
pub(crate) use master::Read;
pub(crate) use spawn::{Program, Start, spawn};

/// Lets the runtime watch a descriptor.
fn watch(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` names one open descriptor for as long as it lives, and the `AsyncFd`
    // owns it from here on.
    Ok(unsafe { AsyncFd::register_with_interest(fd, interest) }?)
}

/// Closes every descriptor above 2. Only for a process that has just started and has opened
/// nothing itself.
pub(crate) fn close_inherited() -> io::Result<()> {
    let own = File::open("/proc/self/fd")?;
    let inherited: Vec<RawFd> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2 && *fd != own.as_raw_fd())
        .collect();
    for fd in inherited {
        // SAFETY: nothing in this process owns a descriptor above 2 yet: the caller has opened
        // nothing, `own` is left out, and the one of `read_dir` is closed already. Closing a
        // number that is free is an error that is ignored.
        unsafe { rustix::io::close(fd) };
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
