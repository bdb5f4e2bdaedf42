//! Sessions on other machines. A link there is an ordinary [`Link`](crate::link::Link) over a socket
//! pair, whose other end something carries on: an encrypted channel to a daemon that knows this
//! machine as a device, or `ssh` with `abide stdio` at its far end.

pub mod backoff;
mod carrier;
mod device;
mod frames;
pub mod host;
pub mod join;

pub mod machines;
mod pulse;
mod pump;
mod ssh;
pub mod stdio;
mod tls;

use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use abide_protocol::message::{FailKind, SessionInfo};
use abide_protocol::paths::Paths;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use crate::fault::failure;
use crate::link::{LastWords, Link, LinkError, Outage};
use crate::sessions;
use host::Host;
use machines::Machines;

/// The way to another machine and the first answer from there take no longer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Which machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// One that knows this machine as a device, by its petname.
    Paired(String),
    /// One that `ssh` reaches.
    Ssh(Host),
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Paired(name) => write!(f, "{name}"),
            Self::Ssh(host) => write!(f, "ssh://{host}"),
        }
    }
}

impl Target {
    /// How people and programs write one of its sessions.
    #[must_use]
    pub fn session(&self, name: &str) -> String {
        match self {
            Self::Paired(machine) => format!("{machine}:{name}"),
            Self::Ssh(host) => format!("ssh://{host}/{name}"),
        }
    }
}

/// Another machine, and what is needed to reach it.
pub struct Remote {
    target: Target,
    paths: Paths,
    /// A link that was used for questions and is free again.
    free: Mutex<Option<Link>>,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Remote").field(&self.target).finish()
    }
}

impl Remote {
    #[must_use]
    pub fn new(target: Target, paths: Paths) -> Self {
        let free = Mutex::new(None);
        Self {
            target,
            paths,
            free,
        }
    }

    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The link that is free, else a new one.
    pub async fn link(&self) -> Result<Link, LinkError> {
        let free = self
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(link) = free {
            return Ok(link);
        }
        let rail = sessions::may_reach_out(&self.paths).await;
        rail.map_err(LinkError::Refused)?;
        self.connect(ssh::Prompts::Allowed).await
    }

    /// A new link, without asking the user for anything.
    pub async fn again(&self) -> Result<Link, LinkError> {
        self.connect(ssh::Prompts::None).await
    }

    /// Keeps the names of its sessions for completion, if it is a machine that was paired.
    pub fn saw(&self, sessions: &[SessionInfo]) {
        if let Target::Paired(name) = &self.target {
            Machines::of(&self.paths).saw(name, sessions);
        }
    }

    /// Gives back a link whose last question is answered.
    pub fn give_back(&self, link: Link) {
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) = Some(link);
    }

    async fn connect(&self, prompts: ssh::Prompts) -> Result<Link, LinkError> {
        let (ours, theirs) = pair()?;
        let last_words = LastWords::default();
        let patience = match (&self.target, prompts) {
            // The user may have to type a password.
            (Target::Ssh(_), ssh::Prompts::Allowed) => ssh::TYPING_PATIENCE,
            _ => PATIENCE,
        };
        match &self.target {
            Target::Paired(name) => {
                let device = device::Device::open(&Machines::of(&self.paths), name)
                    .map_err(LinkError::from)?;
                pump::start(device, theirs, last_words.clone())?;
            }
            Target::Ssh(host) => ssh::start(host, prompts, theirs, last_words.clone())?,
        }
        Link::carried(ours, last_words, patience).await
    }
}

/// Our end, which does not block, and the carrier's, which may.
fn pair() -> Result<(OwnedFd, OwnedFd), LinkError> {
    let flags = SocketFlags::CLOEXEC;
    let pair = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None);
    let (ours, theirs) = pair.map_err(std::io::Error::from)?;
    rustix::io::ioctl_fionbio(&ours, true).map_err(std::io::Error::from)?;
    Ok((ours, theirs))
}

/// The way does not work now; it may later.
fn down(line: impl Into<String>) -> Outage {
    let failure = failure(FailKind::Internal, line);
    Outage {
        failure,
        lasting: false,
    }
}

/// The way will not work again.
fn lasting(kind: FailKind, line: impl Into<String>) -> Outage {
    let failure = failure(kind, line);
    Outage {
        failure,
        lasting: true,
    }
}
