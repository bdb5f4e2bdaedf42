//! Reaching the daemon, and starting it when none runs.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use abide_protocol::message::{FailKind, Failure};
use abide_protocol::paths::{DAEMON_SOCKET, Paths};

use crate::fault::failure;
use crate::link::{Link, LinkError};
use crate::unit;

/// A daemon that does not listen by then will not.
const START_PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at a daemon that is starting.
const START_POLL: Duration = Duration::from_millis(10);
/// Between two attempts to start a daemon while another one holds the lock.
const START_AGAIN: Duration = Duration::from_millis(50);
/// File name of the daemon's program.
const PROGRAM: &str = "abided";
/// Exit code of a daemon that found another one running.
const EXIT_TAKEN: i32 = 4;
/// Bytes of a failed daemon's complaint that are passed on at most.
const MAX_COMPLAINT: u64 = 4096;

/// Connects to the daemon that runs.
pub async fn connect(paths: &Paths) -> Result<Link, LinkError> {
    Link::connect(paths.run().join(DAEMON_SOCKET)).await
}

/// Connects to the daemon; starts one if none runs. Any number of clients may do this at once: one
/// of their daemons gets the lock, the others leave, and all clients find the one.
pub async fn connect_or_start(paths: &Paths) -> Result<Link, Failure> {
    match connect(paths).await {
        Err(error) if error.nobody() => {}
        other => return other.map_err(Failure::from),
    }
    // A daemon of systemd's is not part of this login, and is kept running.
    if unit::start()
        && let Ok(link) = connect(paths).await
    {
        return Ok(link);
    }
    let mut daemon = start()?;
    let began = Instant::now();
    let mut started = began;
    loop {
        match connect(paths).await {
            Err(error) if error.nobody() => {}
            other => return other.map_err(Failure::from),
        }
        if let Ok(Some(status)) = daemon.try_wait() {
            if status.code() != Some(EXIT_TAKEN) {
                return Err(complaint(&mut daemon));
            }
            // The one that holds the lock is about to listen, or is a dead one that the system
            // has not buried yet.
            if started.elapsed() > START_AGAIN {
                daemon = start()?;
                started = Instant::now();
            }
        }
        if began.elapsed() > START_PATIENCE {
            let line = format!(
                "cannot start the daemon: it does not listen after {} s; see: abide doctor",
                START_PATIENCE.as_secs()
            );
            return Err(failure(FailKind::Internal, line));
        }
        tokio::time::sleep(START_POLL).await;
    }
}

/// The daemon's program: beside our own, else in the search path.
#[must_use]
pub fn program() -> Option<PathBuf> {
    let ours = std::env::current_exe().ok();
    let beside = ours
        .as_deref()
        .and_then(Path::parent)
        .map(Path::to_path_buf);
    let path = std::env::var_os("PATH").unwrap_or_default();
    beside
        .into_iter()
        .chain(std::env::split_paths(&path))
        .map(|directory| directory.join(PROGRAM))
        .find(|program| program.is_file())
}

fn start() -> Result<Child, Failure> {
    let program = program().ok_or_else(|| {
        let line = format!(
            "cannot start the daemon: `{PROGRAM}` is neither beside `abide` nor in PATH; \
             install it there"
        );
        failure(FailKind::Internal, line)
    })?;
    Command::new(&program)
        .arg("run")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| {
            let line = format!("cannot start the daemon: {}: {error}", program.display());
            failure(FailKind::Internal, line)
        })
}

/// What a daemon said that left before it listened.
fn complaint(child: &mut Child) -> Failure {
    let mut said = String::new();
    if let Some(stderr) = child.stderr.take() {
        let _ = stderr.take(MAX_COMPLAINT).read_to_string(&mut said);
    }
    let said = said
        .lines()
        .last()
        .unwrap_or("it said nothing; see: abide doctor");
    let said = said.strip_prefix("abided: ").unwrap_or(said);
    failure(
        FailKind::Internal,
        format!("cannot start the daemon: {said}"),
    )
}
