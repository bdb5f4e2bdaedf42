//! Living keepers: how they are found, and the link by which each tells the daemon how its session
//! stands and hears what it is to drop.
//!
//! A keeper is found by its socket in the run directory, whoever started it. A socket that refuses
//! is a keeper that has died; one that does not answer is a keeper that is stuck, and stays listed.

use std::collections::HashSet;
use std::convert::Infallible;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use abide_protocol::message::{Answer, Request, SessionState, ToClient, ToServer};
use abide_protocol::{RequestId, SessionId, paths};
use rustix::fs::inotify;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::cuts::Unconfirmed;
use super::link::{KeeperLink, LinkError};
use super::{Daemon, roster};
use crate::guard::notice;

/// Waits between attempts to reach a socket that refuses: between a keeper's `bind` and `listen`
/// lie microseconds, unless the machine is very busy.
const LISTEN_WAITS: [Duration; 4] = [
    Duration::from_millis(5),
    Duration::from_millis(25),
    Duration::from_millis(100),
    Duration::from_millis(400),
];
/// Waits before a keeper that hangs up or says nothing is asked again; the last one repeats.
const RETRY_WAITS: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_secs(1),
    Duration::from_secs(10),
    Duration::from_mins(1),
];
/// How long a session whose birth the last daemon did not finish keeps its name without a socket.
/// A keeper that takes longer is adopted all the same when its socket appears.
const BIRTH_PATIENCE: Duration = Duration::from_secs(2);
/// The daemon begins to serve when all keepers have reported, or after this.
const ADOPTION_PATIENCE: Duration = Duration::from_secs(2);
/// Keepers that can be announced before the watching task must be waited for.
const QUEUE: usize = 64;
/// The request by which a keeper hears of the cut of number 0; lower ones are questions.
const CUTS: u64 = 16;

/// Announces keepers to the task that watches them.
#[derive(Clone)]
pub(super) struct Keepers(mpsc::Sender<SessionId>);

impl Keepers {
    pub(super) fn channel() -> (Self, mpsc::Receiver<SessionId>) {
        let (announce, announced) = mpsc::channel(QUEUE);
        (Self(announce), announced)
    }

    /// A keeper lives; watch it if nobody does yet.
    pub(super) async fn watch(&self, id: SessionId) {
        let _ = self.0.send(id).await;
    }
}

/// Adopts every living keeper, settles what became of the sessions that have none, and answers
/// with the task that goes on watching.
pub(super) async fn adopt(
    daemon: &Arc<Daemon>,
    announced: mpsc::Receiver<SessionId>,
) -> impl Future<Output = ()> + use<> {
    let inotify = watch_directory(daemon);
    let (settled, mut all_settled) = mpsc::channel(1);
    let mut watcher = Watcher {
        daemon: Arc::clone(daemon),
        watched: HashSet::new(),
        tasks: JoinSet::new(),
    };
    for id in sockets(daemon) {
        watcher.watch(id, Some(settled.clone()));
    }
    drop(settled);
    settle_orphans(daemon, &watcher.watched).await;
    let _ = tokio::time::timeout(ADOPTION_PATIENCE, all_settled.recv()).await;
    watcher.run(inotify, announced)
}

struct Watcher {
    daemon: Arc<Daemon>,
    watched: HashSet<SessionId>,
    tasks: JoinSet<SessionId>,
}

impl Watcher {
    async fn run(
        mut self,
        inotify: Option<AsyncFd<OwnedFd>>,
        mut announced: mpsc::Receiver<SessionId>,
    ) {
        loop {
            tokio::select! {
                Some(id) = announced.recv() => self.watch(id, None),
                Some(left) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    if let Ok(id) = left {
                        self.watched.remove(&id);
                    }
                }
                () = sockets_changed(inotify.as_ref()) => {
                    for id in sockets(&self.daemon) {
                        self.watch(id, None);
                    }
                }
            }
        }
    }

    fn watch(&mut self, id: SessionId, settled: Option<mpsc::Sender<()>>) {
        if self.watched.insert(id) {
            self.tasks
                .spawn(watch(Arc::clone(&self.daemon), id, settled));
        }
    }
}

/// Stays with one keeper until it is gone. `settled` is dropped as soon as the roster knows how
/// the session stands.
async fn watch(
    daemon: Arc<Daemon>,
    id: SessionId,
    mut settled: Option<mpsc::Sender<()>>,
) -> SessionId {
    let mut waits = RETRY_WAITS.into_iter();
    let mut wait = Duration::ZERO;
    let mut cuts = daemon.cuts.of(id);
    let mut met = false;
    loop {
        let link = if met {
            KeeperLink::connect(&daemon.place.run, id).await
        } else {
            reach(&daemon, id).await
        };
        met = true;
        let error = match link {
            Ok(link) => match follow(&daemon, id, link, &mut cuts, &mut settled).await {
                Err(error) => error,
                Ok(never) => match never {},
            },
            Err(LinkError::Nobody) => break,
            Err(error) => error,
        };
        tracing::debug!(session = %id, "keeper: {error}");
        wait = waits.next().unwrap_or(wait);
        tokio::select! {
            () = sleep(wait) => {}
            _ = cuts.changed() => {}
        }
    }
    let _ = daemon.place.run.remove_stale(&paths::keeper_socket(id));
    daemon.cuts.gone(id);
    notice::remove_stale(&daemon.place.run, id);
    settle(&daemon, id).await;
    id
}

/// Connects, giving a keeper that is just being born the time to listen.
async fn reach(daemon: &Daemon, id: SessionId) -> Result<KeeperLink, LinkError> {
    for wait in LISTEN_WAITS {
        match KeeperLink::connect(&daemon.place.run, id).await {
            Err(LinkError::Nobody) => sleep(wait).await,
            other => return other,
        }
    }
    KeeperLink::connect(&daemon.place.run, id).await
}

/// Tells a keeper what it is to drop, listens to it and passes on what it says; answers why that
/// ended.
async fn follow(
    daemon: &Daemon,
    id: SessionId,
    mut link: KeeperLink,
    cuts: &mut watch::Receiver<Unconfirmed>,
    settled: &mut Option<mpsc::Sender<()>>,
) -> Result<Infallible, LinkError> {
    let session = id;
    // Summaries may be a second old; the end of a session is told at once.
    let questions = [
        Request::Subscribe,
        Request::Info { session },
        Request::Wait { session },
    ];
    for (number, request) in (1..).zip(questions) {
        let id = RequestId(number);
        link.send(&ToServer::Request { id, request }).await?;
    }
    cuts.mark_changed();
    let mut told = 0;
    loop {
        tokio::select! {
            biased;
            _ = cuts.changed() => {
                let more = cuts.borrow_and_update().since(told);
                for (number, (device, epoch)) in more {
                    let id = RequestId(CUTS + number);
                    let request = Request::Cut { device, epoch: Some(epoch) };
                    link.send(&ToServer::Request { id, request }).await?;
                    told = number + 1;
                }
            }
            message = link.next() => heard(daemon, id, message?, settled).await?,
        }
    }
}

async fn heard(
    daemon: &Daemon,
    id: SessionId,
    message: ToClient,
    settled: &mut Option<mpsc::Sender<()>>,
) -> Result<(), LinkError> {
    match message {
        ToClient::Closed(failure) => return Err(LinkError::Refused(failure)),
        ToClient::Summary(info)
        | ToClient::Answer {
            answer: Answer::Session(info),
            ..
        } if info.id == id => {
            daemon
                .desk
                .tell(|roster, now| roster.seen(*info, now))
                .await;
            settled.take();
        }
        ToClient::Answer {
            answer: Answer::Exited(status),
            ..
        } => {
            daemon
                .desk
                .tell(move |roster, now| roster.exited(id, status, now))
                .await;
        }
        ToClient::Answer {
            id: RequestId(request),
            answer: Answer::Done,
        } if request >= CUTS => daemon.cuts.confirmed(id, request - CUTS),
        // A keeper speaks for its own session only.
        _ => {}
    }
    Ok(())
}

/// No keeper answers for this session: its record says how it ended, else it is lost.
async fn settle(daemon: &Daemon, id: SessionId) {
    let _ = notice::trust(&daemon.place.run, id, false);
    let record = daemon.ended_info(id);
    daemon
        .desk
        .tell(move |roster, now| roster.gone(id, record, now))
        .await;
    daemon.expire().await;
}

/// Settles sessions of the registry that have no socket, and records that the registry does not
/// know.
async fn settle_orphans(daemon: &Arc<Daemon>, watched: &HashSet<SessionId>) {
    let Ok(known) = daemon.desk.ask(|roster, _| roster.list()).await else {
        return;
    };
    let ids: HashSet<_> = known.iter().map(|info| info.id).collect();
    let mut orphans: Vec<_> = names_in(&daemon.place.paths.sessions())
        .filter_map(|name| name.parse().ok())
        .filter(|id| !ids.contains(id))
        .collect();
    for info in known.iter().filter(|info| !roster::has_ended(info)) {
        if info.state == SessionState::Starting {
            tokio::spawn(settle_unborn(Arc::clone(daemon), info.id));
        } else {
            orphans.push(info.id);
        }
    }
    for id in orphans.into_iter().filter(|id| !watched.contains(id)) {
        settle(daemon, id).await;
    }
}

/// The daemon died while this session's keeper was being started: it may be about to make its
/// socket.
async fn settle_unborn(daemon: Arc<Daemon>, id: SessionId) {
    sleep(BIRTH_PATIENCE).await;
    if !sockets(&daemon).any(|socket| socket == id) {
        settle(&daemon, id).await;
    }
}

/// The sessions that have a socket in the run directory.
pub(super) fn sockets(daemon: &Daemon) -> impl Iterator<Item = SessionId> + use<> {
    names_in(daemon.place.run.path()).filter_map(|name| paths::session_of_socket(&name))
}

fn names_in(directory: &Path) -> impl Iterator<Item = String> + use<> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

/// `None` if the kernel has no more watches to give: keepers are then found when they are born and
/// when the daemon starts, which misses only one whose birth outlasts a daemon.
#[expect(
    deprecated,
    reason = "unsound for descriptors that may be closed meanwhile; an `OwnedFd` is not"
)]
fn watch_directory(daemon: &Daemon) -> Option<AsyncFd<OwnedFd>> {
    let flags = inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC;
    let fd = inotify::init(flags).ok()?;
    let arrivals = inotify::WatchFlags::CREATE | inotify::WatchFlags::MOVED_TO;
    inotify::add_watch(&fd, daemon.place.run.path(), arrivals).ok()?;
    AsyncFd::with_interest(fd, Interest::READABLE).ok()
}

/// Waits until files arrived in the run directory. Which ones does not matter: it is read anew.
async fn sockets_changed(inotify: Option<&AsyncFd<OwnedFd>>) {
    let Some(inotify) = inotify else {
        return std::future::pending().await;
    };
    let mut bytes = [0_u8; 4096];
    let drained = inotify.async_io(Interest::READABLE, |fd| {
        rustix::io::read(fd, &mut bytes).map_err(std::io::Error::from)
    });
    if drained.await.is_err() {
        std::future::pending::<()>().await;
    }
}
