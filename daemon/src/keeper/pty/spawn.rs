//! Opens a terminal and starts the program in it, as leader of a session of its own.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use abide_protocol::Size;
use abide_protocol::message::{FailKind, Failure, ResourceLimit};
use portable_pty::{CommandBuilder, PtyPair, PtySize};
use rustix::fs::Access;
use rustix::process::{Pid, Resource, Rlimit};
use rustix::termios::{InputModes, OptionalActions};

/// A program that runs in a terminal of its own. What is left of the library that started it is
/// a descriptor, a number and a path.
pub(crate) struct Program {
    pub(crate) master: OwnedFd,
    pub(crate) leader: Pid,
    pub(crate) tty: String,
}

/// What to start, ready for the system.
pub(crate) struct Start<'a> {
    /// Empty: the login shell.
    pub(crate) command: &'a [Vec<u8>],
    pub(crate) directory: &'a Path,
    pub(crate) environment: &'a [(OsString, OsString)],
    pub(crate) umask: Option<u32>,
    pub(crate) limits: &'a [ResourceLimit],
    pub(crate) size: Size,
    pub(crate) cell: Option<(u16, u16)>,
}

/// Starts the program, or says in one line why not; then nothing is left behind.
pub(crate) fn spawn(start: &Start<'_>) -> Result<Program, Failure> {
    check_directory(start.directory)?;
    let command = command(start)?;
    let pair = open(start.size, start.cell)?;
    let master = pair
        .master
        .as_raw_fd()
        .ok_or_else(|| internal("no descriptor"))?;
    // SAFETY: `pair.master` owns the descriptor and lives until the end of this function.
    let master = unsafe { BorrowedFd::borrow_raw(master) };
    set_utf8(master).map_err(internal)?;
    let master = master.try_clone_to_owned().map_err(internal)?;
    let tty = pair
        .master
        .tty_name()
        .map(|path| path.display().to_string())
        .unwrap_or_default();
    let limits = limits(start.limits);
    let child = {
        let _lent = Lent::borrow(&limits);
        pair.slave
            .spawn_command(command)
            .map_err(|error| invalid(format!("cannot start: {error:#}")))?
    };
    let leader = child
        .process_id()
        .and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?))
        .ok_or_else(|| internal("the program has no process id"))?;
    for (resource, limit) in limits {
        let _ = rustix::process::prlimit(Some(leader), resource, limit);
    }
    Ok(Program {
        master,
        leader,
        tty,
    })
}

fn command(start: &Start<'_>) -> Result<CommandBuilder, Failure> {
    let mut command = if start.command.is_empty() {
        CommandBuilder::new_default_prog()
    } else {
        find(start)?;
        let arguments = start
            .command
            .iter()
            .map(|part| OsStr::from_bytes(part).into());
        CommandBuilder::from_argv(arguments.collect())
    };
    command.env_clear();
    for (name, value) in start.environment {
        command.env(name, value);
    }
    command.cwd(start.directory);
    command.umask(start.umask);
    Ok(command)
}

fn check_directory(directory: &Path) -> Result<(), Failure> {
    let shown = directory.display();
    if !directory.is_absolute() {
        return Err(invalid(format!("the directory {shown} is not absolute")));
    }
    match std::fs::metadata(directory) {
        Err(error) => Err(invalid(format!("cannot start in {shown}: {error}"))),
        Ok(metadata) if !metadata.is_dir() => Err(invalid(format!(
            "cannot start in {shown}: it is not a directory"
        ))),
        Ok(_) => rustix::fs::access(directory, Access::EXEC_OK)
            .map_err(|errno| invalid(format!("cannot start in {shown}: {errno}"))),
    }
}

/// Finds the program as the library will, so that its absence is said in one line.
fn find(start: &Start<'_>) -> Result<(), Failure> {
    let name = start
        .command
        .first()
        .map_or(OsStr::new(""), |name| OsStr::from_bytes(name));
    let shown = name.display();
    let runs = |path: &Path| path.is_file() && rustix::fs::access(path, Access::EXEC_OK).is_ok();
    if name.as_bytes().contains(&b'/') {
        let path = start.directory.join(name);
        return match path.exists() {
            _ if runs(&path) => Ok(()),
            true => Err(invalid(format!(
                "cannot run {shown}: it is not an executable file"
            ))),
            false => Err(invalid(format!(
                "cannot run {shown}: there is no such file"
            ))),
        };
    }
    let path = start.environment.iter().find(|(name, _)| name == "PATH");
    let path = path.map(|(_, value)| value.clone()).unwrap_or_default();
    let mut places = std::env::split_paths(&path);
    if places.any(|place| runs(&start.directory.join::<PathBuf>(place).join(name))) {
        return Ok(());
    }
    Err(invalid(format!(
        "cannot find the program {shown}; PATH is {}",
        path.display()
    )))
}

fn open(size: Size, cell: Option<(u16, u16)>) -> Result<PtyPair, Failure> {
    let (width, height) = cell.unwrap_or_default();
    let size = PtySize {
        rows: size.rows(),
        cols: size.cols(),
        pixel_width: size.cols().saturating_mul(width),
        pixel_height: size.rows().saturating_mul(height),
    };
    portable_pty::native_pty_system()
        .openpty(size)
        .map_err(|_| Failure {
            kind: FailKind::Exhausted,
            line: "no pseudo-terminal is free; end some sessions, or raise kernel.pty.max".into(),
        })
}

/// Tells the line discipline that input is UTF-8, so that Backspace erases whole characters.
fn set_utf8(tty: BorrowedFd<'_>) -> io::Result<()> {
    let mut termios = rustix::termios::tcgetattr(tty)?;
    termios.input_modes |= InputModes::IUTF8;
    Ok(rustix::termios::tcsetattr(
        tty,
        OptionalActions::Now,
        &termios,
    )?)
}

const RESOURCES: [Resource; 16] = [
    Resource::Cpu,
    Resource::Fsize,
    Resource::Data,
    Resource::Stack,
    Resource::Core,
    Resource::Rss,
    Resource::Nproc,
    Resource::Nofile,
    Resource::Memlock,
    Resource::As,
    Resource::Locks,
    Resource::Sigpending,
    Resource::Msgqueue,
    Resource::Nice,
    Resource::Rtprio,
    Resource::Rttime,
];

/// The wanted limits as far as they can be had: nobody gets more than this process may give.
fn limits(wanted: &[ResourceLimit]) -> Vec<(Resource, Rlimit)> {
    let finite = |value: u64| (value != u64::MAX).then_some(value);
    let least = |a: Option<u64>, b: Option<u64>| match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    wanted
        .iter()
        .filter_map(|limit| {
            let resource = RESOURCES
                .into_iter()
                .find(|known| *known as u32 == limit.resource)?;
            let maximum = least(
                finite(limit.hard),
                rustix::process::getrlimit(resource).maximum,
            );
            let current = least(finite(limit.soft), maximum);
            Some((resource, Rlimit { current, maximum }))
        })
        .collect()
}

/// Soft limits that this process has only while it starts the program, which inherits them. The
/// hard ones are set from outside: this process could never raise its own again.
struct Lent(Vec<(Resource, Rlimit)>);

impl Lent {
    fn borrow(limits: &[(Resource, Rlimit)]) -> Self {
        let own = limits.iter().map(|(resource, limit)| {
            let own = rustix::process::getrlimit(*resource);
            let lent = Rlimit {
                current: limit.current,
                maximum: own.maximum,
            };
            let _ = rustix::process::setrlimit(*resource, lent);
            (*resource, own)
        });
        Self(own.collect())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        for (resource, own) in &self.0 {
            let _ = rustix::process::setrlimit(*resource, *own);
        }
    }
}

fn invalid(line: String) -> Failure {
    Failure {
        kind: FailKind::Invalid,
        line,
    }
}

fn internal(cause: impl std::fmt::Display) -> Failure {
    Failure {
        kind: FailKind::Internal,
        line: format!("cannot set up the pseudo-terminal: {cause}"),
    }
}
