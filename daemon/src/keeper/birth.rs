//! How a keeper comes to life: the daemon starts `abide-keeper` with one end of a socket pair
//! as standard input, and sends it a [`Birth`]; the keeper answers once the program runs, or could
//! not be started.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use abide_protocol::SessionId;
use abide_protocol::message::{FailKind, Failure, SessionInfo, Spec};
use minicbor::{Decode, Encode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::executable::{self, Executable};
use super::{pty, session};
use crate::guard::armour;

/// Bytes of one record at most: an environment of the largest size that Linux can start a program
/// with, and then some.
const RECORD: u32 = 8 << 20;
/// Starting a program takes milliseconds; a keeper that takes this long is stuck.
const PATIENCE: Duration = Duration::from_secs(20);
/// Threads that make long answers at most: a search does not keep a capture waiting.
const READERS: usize = 4;
/// They are gone this long after them.
const HELPER: Duration = Duration::from_millis(50);
/// Lets glibc give back the memory that a burst took: without a bound it raises its own. For the
/// keeper alone, never for programs in sessions.
pub(super) const HEAP: (&str, &str) = ("MALLOC_TRIM_THRESHOLD_", "131072");

/// Everything a keeper has to know.
#[derive(Clone, Debug)]
pub struct Birth {
    pub id: SessionId,
    pub name: String,
    pub spec: Spec,
    /// The state directory (`Paths::state`).
    pub state: PathBuf,
}

#[derive(Encode, Decode)]
struct Record {
    #[n(0)]
    id: SessionId,
    #[n(1)]
    name: String,
    #[cbor(n(2), with = "minicbor::bytes")]
    state: Vec<u8>,
    #[n(3)]
    spec: Spec,
}

#[derive(Encode, Decode)]
enum Outcome {
    #[n(0)]
    Runs(#[n(0)] Box<SessionInfo>),
    #[n(1)]
    Failed(#[n(0)] Failure),
}

/// Starts a keeper, detached from this process, and waits until its program runs.
pub async fn spawn(executable: &Executable, birth: &Birth) -> Result<SessionInfo, Failure> {
    let (ours, theirs) = UnixStream::pair().map_err(internal)?;
    ours.set_nonblocking(true).map_err(internal)?;
    let mut link = tokio::net::UnixStream::from_std(ours).map_err(internal)?;
    let child = tokio::process::Command::new(executable.path())
        .arg0(executable::NAME)
        .env(HEAP.0, HEAP.1)
        .current_dir("/")
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(internal)?;
    // The runtime reaps the keeper when it ends; nothing ends it with this process.
    drop(child);
    let exchange = async {
        link.write_all(&encode(birth)?).await?;
        let length = link.read_u32_le().await?;
        let mut record = vec![0; checked(length)?];
        link.read_exact(&mut record).await?;
        minicbor::decode(&record).map_err(io::Error::other)
    };
    match tokio::time::timeout(PATIENCE, exchange).await {
        Ok(Ok(Outcome::Runs(info))) => Ok(*info),
        Ok(Ok(Outcome::Failed(failure))) => Err(failure),
        Ok(Err(error)) => Err(internal(error)),
        Err(_) => Err(internal("it does not answer")),
    }
}

/// All of the program that [`spawn`] starts.
#[must_use]
pub fn run() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn start() -> io::Result<()> {
    let core_limit = armour::put_on()?;
    pty::close_inherited()?;
    // Started through a descriptor, it would be called by its number in lists of processes.
    rustix::thread::set_name(c"abide-keeper")?;
    let mut link = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    pty::silence()?;
    // Fails only for a leader of a process group, which is detached already.
    let _ = rustix::process::setsid();
    std::env::set_current_dir("/")?;
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    link.set_read_timeout(Some(PATIENCE))?;
    let mut birth = receive(&mut link)?;
    core_limit.give(&mut birth.spec);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(READERS)
        .thread_keep_alive(HELPER)
        .build()?;
    runtime.block_on(async {
        match session::begin(birth) {
            Ok(mut session) => {
                // The daemon may be gone: the session lives on, and is found by its socket.
                let info = session.info(std::time::Instant::now());
                let _ = answer(&mut link, &Outcome::Runs(Box::new(info)));
                drop(link);
                session.run().await;
                Ok(())
            }
            Err(failure) => answer(&mut link, &Outcome::Failed(failure)),
        }
    })
}

fn encode(birth: &Birth) -> io::Result<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt;
    let record = Record {
        id: birth.id,
        name: birth.name.clone(),
        state: birth.state.as_os_str().as_bytes().into(),
        spec: birth.spec.clone(),
    };
    framed(&record)
}

fn receive(link: &mut UnixStream) -> io::Result<Birth> {
    use std::os::unix::ffi::OsStringExt;
    let mut length = [0; 4];
    link.read_exact(&mut length)?;
    let mut record = vec![0; checked(u32::from_le_bytes(length))?];
    link.read_exact(&mut record)?;
    let record: Record = minicbor::decode(&record).map_err(io::Error::other)?;
    Ok(Birth {
        id: record.id,
        name: record.name,
        spec: record.spec,
        state: std::ffi::OsString::from_vec(record.state).into(),
    })
}

fn answer(link: &mut UnixStream, outcome: &Outcome) -> io::Result<()> {
    link.write_all(&framed(outcome)?)
}

/// A record with its length (u32, little-endian) in front.
fn framed(record: &impl Encode<()>) -> io::Result<Vec<u8>> {
    let body = minicbor::to_vec(record).map_err(io::Error::other)?;
    let length = u32::try_from(body.len())
        .ok()
        .filter(|length| *length <= RECORD);
    let length = length.ok_or_else(|| io::Error::other("the environment is too large"))?;
    Ok([&length.to_le_bytes()[..], &body].concat())
}

fn checked(length: u32) -> io::Result<usize> {
    let length = (length <= RECORD).then_some(length as usize);
    length.ok_or_else(|| io::Error::other("a record is too large"))
}

fn internal(cause: impl std::fmt::Display) -> Failure {
    Failure {
        kind: FailKind::Internal,
        line: format!("cannot start a keeper: {cause}"),
    }
}
