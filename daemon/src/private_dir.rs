//! A directory that only its owner may enter: where the sockets, the registry and the records of
//! ended sessions are. Daemon and keepers open every such directory through this file, so that the
//! owner and mode are checked by both.

use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

/// Bytes of a socket's path that fit into `sockaddr_un`, with the closing zero.
const SUN_PATH: usize = 108;

/// Why a directory cannot be used; one line for a person.
#[derive(Debug, thiserror::Error)]
pub enum DirError {
    #[error("cannot use {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "cannot use {path}: it belongs to user {owner}, not to you ({you}); \
         remove it or set ABIDE_HOME to a directory of your own"
    )]
    Owner { path: PathBuf, owner: u32, you: u32 },
    #[error("cannot use {path}: its mode is {mode:04o}, others could enter; run: chmod 700 {path}")]
    Mode { path: PathBuf, mode: u32 },
}

/// An open directory whose owner and mode have been checked.
pub struct PrivateDir {
    fd: OwnedFd,
    path: PathBuf,
}

impl fmt::Debug for PrivateDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PrivateDir").field(&self.path).finish()
    }
}

impl PrivateDir {
    /// Opens the directory, making it (0700) and its parents if they are missing.
    pub fn create(path: &Path) -> Result<Self, DirError> {
        let failed = |source| DirError::Io {
            path: path.into(),
            source,
        };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        match std::fs::DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed(error)),
            _ => Self::open(path),
        }
    }

    /// Opens a directory that is there. Links are followed: their owner is checked by the
    /// directory above.
    pub fn open(path: &Path) -> Result<Self, DirError> {
        let failed = |errno: rustix::io::Errno| DirError::Io {
            path: path.into(),
            source: errno.into(),
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(failed)?;
        let stat = rustix::fs::fstat(&fd).map_err(failed)?;
        check(
            path,
            stat.st_uid,
            stat.st_mode,
            rustix::process::geteuid().as_raw(),
        )?;
        Ok(Self {
            fd,
            path: path.into(),
        })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Listens on a socket of this name, mode 0600. The name must be free: see
    /// [`Self::remove_stale`].
    pub fn bind(&self, name: &str) -> io::Result<UnixListener> {
        let listener = UnixListener::bind(self.reach(name))?;
        let mode = Mode::RUSR | Mode::WUSR;
        rustix::fs::chmodat(&self.fd, name, mode, rustix::fs::AtFlags::empty())?;
        Ok(listener)
    }

    /// Connects to the socket of this name; blocking only as far as its backlog is full.
    pub fn connect(&self, name: &str) -> io::Result<UnixStream> {
        UnixStream::connect(self.reach(name))
    }

    /// The path by which a socket of this name can be bound or reached. A long path goes through
    /// the open directory, which also works while it is being renamed.
    #[must_use]
    pub fn reach(&self, name: &str) -> PathBuf {
        let direct = self.path.join(name);
        if direct.as_os_str().len() < SUN_PATH {
            return direct;
        }
        PathBuf::from(format!("/proc/self/fd/{}/{name}", self.fd.as_raw_fd()))
    }

    /// Removes a socket that nobody listens on. Answers whether the name is free now; a file that
    /// is no socket is never touched.
    pub fn remove_stale(&self, name: &str) -> io::Result<bool> {
        let kind = match std::fs::symlink_metadata(self.path.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error),
            Ok(metadata) => metadata.file_type(),
        };
        if !kind.is_socket() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("{} is not a socket", self.path.join(name).display()),
            ));
        }
        match self.connect(name) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                self.remove(name)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Removes a file of this name; none there is no error.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        match rustix::fs::unlinkat(&self.fd, name, rustix::fs::AtFlags::empty()) {
            Err(rustix::io::Errno::NOENT) | Ok(()) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// The rule: ours, and nobody else may do anything with it.
fn check(path: &Path, owner: u32, mode: u32, you: u32) -> Result<(), DirError> {
    if owner != you {
        return Err(DirError::Owner {
            path: path.into(),
            owner,
            you,
        });
    }
    if mode & 0o077 != 0 {
        return Err(DirError::Mode {
            path: path.into(),
            mode: mode & 0o7777,
        });
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A place for a directory; what was made there goes with the value.
    pub(crate) struct Scratch(PathBuf);

    impl Scratch {
        pub(crate) fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            // What is left in a temporary directory harms nobody.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    pub(crate) fn scratch(name: &str) -> Scratch {
        let dir = std::env::temp_dir().join(format!("abide-dir-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        Scratch(dir)
    }

    #[test]
    fn owner_and_mode_decide() {
        let path = Path::new("/x");
        let say = |owner, mode, you| check(path, owner, mode, you).map_err(|e| e.to_string());
        assert_eq!(say(1, 0o040_700, 1), Ok(()));
        assert!(say(1, 0o040_750, 1).unwrap_err().contains("chmod 700 /x"));
        assert!(say(1, 0o040_701, 1).unwrap_err().contains("mode is 0701"));
        assert!(say(2, 0o040_700, 1).unwrap_err().contains("user 2"));
    }

    #[test]
    fn a_made_directory_is_private_and_a_widened_one_is_refused() {
        let scratch = scratch("made");
        let path = scratch.0.join("deep/er");
        PrivateDir::create(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(
            PrivateDir::create(&path),
            Err(DirError::Mode { mode: 0o755, .. })
        ));
    }

    #[test]
    fn sockets_bind_and_connect_however_long_the_path() {
        for part in ["short", &"long".repeat(40)] {
            let scratch = scratch("sock");
            let dir = PrivateDir::create(&scratch.0.join(part)).unwrap();
            let listener = dir.bind("s").unwrap();
            dir.connect("s").unwrap();
            assert!(!dir.remove_stale("s").unwrap(), "somebody listens");
            drop(listener);
            assert!(dir.remove_stale("s").unwrap());
            assert!(!dir.path().join("s").exists());
        }
    }

    #[test]
    fn a_file_in_a_sockets_place_is_left_alone() {
        let scratch = scratch("file");
        let dir = PrivateDir::create(&scratch.0).unwrap();
        std::fs::write(dir.path().join("s"), "precious").unwrap();
        assert!(dir.remove_stale("s").is_err());
        assert_eq!(std::fs::read(dir.path().join("s")).unwrap(), b"precious");
    }
}
