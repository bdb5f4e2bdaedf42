//! The daemon: one process per user that knows every session. It holds no terminal; its death ends
//! no session.

mod connection;
mod cuts;
mod desk;
mod devices;
mod gate;
mod keepers;
mod link;
mod log;
mod login;
mod names;
mod notices;
mod owner;
mod pairing;
mod place;
mod records;
mod registry;
mod remote;
mod requests;
mod revocation;
mod roster;
mod warnings;
mod web;

use std::process::ExitCode;
use std::sync::Arc;

use abide_protocol::channel::address::Address;
use abide_protocol::message::{DaemonStatus, EnvVar, Failure, SessionInfo};
use abide_protocol::paths::{PathEnv, Paths};
use abide_protocol::{DeviceId, SessionId};
use sd_notify::NotifyState;
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, OnceCell, Semaphore};

use crate::guard::armour::{self, CoreLimit};
use crate::guard::{self, Role};
use crate::keeper::ended;
use crate::keeper::executable::Executable;
use cuts::Cuts;
use desk::Desk;
use devices::Devices;
use keepers::Keepers;
use pairing::Pairings;
use place::{Place, PlaceError};
use registry::{Registry, RegistryError};
use roster::Roster;
use web::{Descriptors, Share};

/// Clients connected at once at most; beyond, a connection is refused with a line.
const MAX_CONNECTIONS: usize = 256;
/// Exit code of a daemon that found another one running.
const EXIT_TAKEN: u8 = 4;

/// What all of the daemon's tasks share. Nothing in it changes but by the desk, and devices and
/// pairings behind locks of their own.
struct Daemon {
    place: Place,
    desk: Desk,
    devices: Arc<Devices>,
    pairings: Pairings,
    keepers: Keepers,
    cuts: Cuts,
    keeper_program: Executable,
    login: OnceCell<Vec<EnvVar>>,
    connections: Arc<Semaphore>,
    leave: Notify,
    started: u64,
    core_limit: CoreLimit,
    descriptors: Descriptors,
    share: Share,
}

/// Runs until a signal or a client says to stop. `foreground`: log to standard error.
#[must_use]
pub fn run(foreground: bool) -> ExitCode {
    // A daemon that a command started must not get that terminal's signals. It is no group leader
    // then; one that a shell started is, and stays in its group.
    let _ = rustix::process::setsid();
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    match start(foreground) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            let taken = matches!(error.downcast_ref(), Some(PlaceError::Taken(_)));
            ExitCode::from(if taken { EXIT_TAKEN } else { 1 })
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "whoever started the daemon reads why it did not start"
)]
fn complain(error: &anyhow::Error) {
    eprintln!("abided: {error:#}");
}

fn start(foreground: bool) -> anyhow::Result<()> {
    let core_limit = armour::put_on()?;
    let mut place = Place::take(Paths::resolve(&PathEnv::read(|name| {
        std::env::var_os(name)
    })))?;
    outside(&place)?;
    log::open(&place.paths, foreground)?;
    let (registry, rebuilt) = Registry::open(&place.paths.registry()).map_err(|error| {
        let next = match error {
            RegistryError::Full => "free some space and try again",
            RegistryError::Newer { .. } => "update Abide",
            RegistryError::Sql(_) => "see: abide doctor",
        };
        anyhow::anyhow!("{error}; {next}")
    })?;
    let mut roster = Roster::load(registry, rebuilt)?;
    if let Some(line) = place.warning.take() {
        roster.warnings().raise("place", line);
    }
    let db = Registry::again(&place.paths.registry())?;
    let (devices, revoked) = Devices::open(&place.paths.state, db)?;
    let keeper_program = Executable::beside_us()?;
    std::env::set_current_dir("/")?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(serve(
            place,
            roster,
            (devices, revoked),
            core_limit,
            keeper_program,
        ))
}

/// Keepers would take a daemon that an agent has started for an agent.
fn outside(place: &Place) -> anyhow::Result<()> {
    match guard::own(&place.run) {
        Role::Outside | Role::Trusted => Ok(()),
        Role::Unknown => anyhow::bail!("cannot tell whether this is inside a session"),
        Role::Agent { name, .. } => anyhow::bail!(
            "the daemon is not started from inside a session (\"{name}\"); start it in a \
             terminal outside: abide daemon start"
        ),
    }
}

async fn serve(
    place: Place,
    roster: Roster,
    (devices, revoked): (Devices, Vec<DeviceId>),
    core_limit: CoreLimit,
    keeper_program: Executable,
) -> anyhow::Result<()> {
    let mut stop = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let (keepers, announced) = Keepers::channel();
    let daemon = Arc::new(Daemon {
        descriptors: Descriptors::open(),
        share: Share::closed(&place.paths),
        place,
        desk: Desk::open(roster),
        devices: Arc::new(devices),
        pairings: Pairings::default(),
        keepers,
        cuts: Cuts::default(),
        keeper_program,
        login: OnceCell::new(),
        connections: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        leave: Notify::new(),
        started: desk::now(),
        core_limit,
    });
    let watching = tokio::spawn(keepers::adopt(&daemon, announced).await);
    daemon.expire().await;
    tokio::spawn(revocation::finish(Arc::clone(&daemon), revoked));
    tokio::spawn(revocation::mind_time(Arc::clone(&daemon)));
    let listener = UnixListener::from_std(daemon.place.listen()?)?;
    daemon.share.begin(&daemon).await;
    let _ = sd_notify::notify(&[NotifyState::Ready]);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "serving");
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connection::open(&daemon, stream);
                    daemon.descriptors.refill();
                }
                // Out of descriptors, most likely: the reserve serves one more.
                Err(_) if daemon.descriptors.lend() => {}
                Err(error) => {
                    tracing::warn!("accept: {error}");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            },
            _ = stop.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => {}
            () = daemon.leave.notified() => break,
        }
    }
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
    watching.abort();
    revocation::part_for_now(&daemon).await;
    let _ = daemon.desk.ask(Roster::flush).await;
    let _ = daemon
        .place
        .run
        .remove(abide_protocol::paths::DAEMON_SOCKET);
    tracing::info!("left; sessions go on");
    Ok(())
}

impl Daemon {
    /// The environment of the user's login shell, asked once; the daemon's own if that fails.
    async fn login_environment(&self) -> &[EnvVar] {
        self.login
            .get_or_init(|| async {
                match login::environment(&login::shell()).await {
                    Ok(variables) => variables,
                    Err(line) => {
                        let line = format!(
                            "{line}; sessions made without a terminal get the daemon's environment"
                        );
                        self.desk
                            .tell(|roster, _| roster.warnings().raise("login", line))
                            .await;
                        login::own()
                    }
                }
            })
            .await
    }

    /// Where devices reach this machine, if they do.
    fn address(&self) -> Option<Address> {
        self.share.address()
    }

    /// How it ended, by the same record.
    fn ended_info(&self, id: SessionId) -> Option<SessionInfo> {
        let directory = self.place.paths.sessions().join(id.to_string());
        ended::read_info(&directory).ok()
    }

    /// Deletes what an ended session left behind.
    async fn delete_record(&self, id: SessionId) {
        let directory = self.place.paths.sessions().join(id.to_string());
        let deleted = tokio::task::spawn_blocking(move || ended::delete(&directory));
        if let Ok(Err(error)) = deleted.await
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(session = %id, "record not deleted: {error}");
        }
    }

    /// Forgets what ended too long ago.
    async fn expire(&self) {
        for id in self.desk.ask(Roster::expire).await.unwrap_or_default() {
            self.delete_record(id).await;
        }
    }

    async fn status(&self) -> Result<DaemonStatus, Failure> {
        let (living, ended, mut warnings) = self
            .desk
            .ask(|roster, _| {
                let (living, ended) = roster.counts();
                (living, ended, roster.warnings().lines())
            })
            .await?;
        warnings.extend(self.devices.warnings());
        let silent = revocation::names(self, self.cuts.silent()).await;
        if !silent.is_empty() {
            warnings.push(format!(
                "rights that were taken back are not confirmed in: {}; what was typed before may \
                 still arrive there",
                silent.join(", ")
            ));
        }
        Ok(DaemonStatus {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").into(),
            started: self.started,
            living,
            ended,
            warnings,
        })
    }
}
