//! The keepers' program.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

/// What it is called, and where the daemon's program is, there it is.
pub const NAME: &str = "abide-keeper";

/// The program as it was when the daemon started: keepers and their daemon are of one build, also
/// after the files were replaced by an upgrade.
pub struct Executable(OwnedFd);

impl Executable {
    /// That beside the running program.
    pub fn beside_us() -> anyhow::Result<Self> {
        let path = std::env::current_exe()?.with_file_name(OsStr::new(NAME));
        Self::open(&path).map_err(|error| {
            anyhow::anyhow!(
                "cannot open {}: {error}; install Abide again",
                path.display()
            )
        })
    }

    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        Ok(Self(rustix::fs::open(path, flags, Mode::empty())?))
    }

    /// A path by which this process's children find it.
    pub(super) fn path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.0.as_raw_fd()).into()
    }
}
