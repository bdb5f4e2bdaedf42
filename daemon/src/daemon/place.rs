//! The daemon's place in the file system: its directories, its lock, its socket.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

use abide_protocol::paths::{DAEMON_SOCKET, Paths};
use rustix::fs::FlockOperation;

use crate::private_dir::{DirError, PrivateDir};

/// File in the run directory that the one daemon of a user holds locked. It names the daemon's
/// process.
const LOCK: &str = "lock";

/// Why the daemon cannot take its place; one line for a person.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlaceError {
    #[error("neither HOME nor ABIDE_HOME says where to keep sessions; set one of them")]
    Nowhere,
    #[error("{0}")]
    Dir(#[from] DirError),
    #[error("another daemon runs already (process {0})")]
    Taken(String),
    #[error("cannot lock {path}: {source}")]
    Lock { path: String, source: io::Error },
    #[error("cannot listen on {path}: {source}")]
    Listen { path: String, source: io::Error },
}

/// Taken: no other daemon of this user runs as long as this value lives.
pub(super) struct Place {
    pub(super) paths: Paths,
    pub(super) run: PrivateDir,
    /// Said once the log is open.
    pub(super) warning: Option<String>,
    _lock: File,
}

impl Place {
    /// Makes and checks the directories and takes the lock.
    pub(super) fn take(paths: Option<Paths>) -> Result<Self, PlaceError> {
        let paths = paths.ok_or(PlaceError::Nowhere)?;
        PrivateDir::create(&paths.state)?;
        PrivateDir::create(&paths.sessions())?;
        let (run, warning) = run_dir(&paths)?;
        let lock = lock(&run)?;
        Ok(Self {
            paths,
            run,
            warning,
            _lock: lock,
        })
    }

    /// Listens for clients. A socket that a dead daemon left behind is replaced.
    pub(super) fn listen(&self) -> Result<UnixListener, PlaceError> {
        let failed = |source| PlaceError::Listen {
            path: self.run.path().join(DAEMON_SOCKET).display().to_string(),
            source,
        };
        if !self.run.remove_stale(DAEMON_SOCKET).map_err(failed)? {
            return Err(failed(io::ErrorKind::AddrInUse.into()));
        }
        let listener = self.run.bind(DAEMON_SOCKET).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        Ok(listener)
    }
}

impl Drop for Place {
    /// Nobody shall connect to a daemon that is leaving; the lock goes after the socket.
    fn drop(&mut self) {
        let _ = self.run.remove(DAEMON_SOCKET);
    }
}

/// The run directory. Where its file system refuses sockets it becomes a link into the runtime
/// directory, so that keepers and clients find it by the same path.
fn run_dir(paths: &Paths) -> Result<(PrivateDir, Option<String>), PlaceError> {
    let path = paths.run();
    if let Ok(target) = std::fs::read_link(&path) {
        let target = path.parent().unwrap_or(&path).join(target);
        PrivateDir::create(&target)?;
        return Ok((PrivateDir::open(&path)?, Some(volatile(&target))));
    }
    let run = PrivateDir::create(&path)?;
    let Some(fallback) = paths
        .runtime_fallback
        .as_ref()
        .filter(|_| refuses_sockets(&run))
    else {
        return Ok((run, None));
    };
    PrivateDir::create(fallback)?;
    std::fs::remove_dir(&path)
        .and_then(|()| std::os::unix::fs::symlink(fallback, &path))
        .map_err(|source| DirError::Io {
            path: path.clone(),
            source,
        })?;
    Ok((PrivateDir::open(&path)?, Some(volatile(fallback))))
}

fn volatile(target: &Path) -> String {
    format!(
        "the state directory's file system has no sockets, so they are in {}, \
         which may be deleted at logout",
        target.display()
    )
}

/// Tries it: file systems do not say.
fn refuses_sockets(run: &PrivateDir) -> bool {
    let probe = format!("probe{}", std::process::id());
    let refused = match run.bind(&probe) {
        Ok(_) => false,
        Err(error) => matches!(
            error.kind(),
            io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported
        ),
    };
    let _ = run.remove(&probe);
    refused
}

fn lock(run: &PrivateDir) -> Result<File, PlaceError> {
    let path = run.path().join(LOCK);
    let failed = |source| PlaceError::Lock {
        path: path.display().to_string(),
        source,
    };
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let holder = std::fs::read_to_string(&path).unwrap_or_default();
            return Err(PlaceError::Taken(holder.trim().into()));
        }
        Err(errno) => return Err(failed(errno.into())),
    }
    // Only people read it; a disk too full for it must not keep the daemon from starting.
    let _ = file
        .set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(file)
}
