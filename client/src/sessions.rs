//! Which sessions there are, and which one the user means.
//!
//! The daemon knows all of them. While it is down, the keepers of the living ones are asked, one
//! by one: listing and attaching do not depend on the daemon. Of another machine, its daemon is
//! asked.

pub mod complete;
mod daemon;
mod place;
mod resolve;

use std::path::PathBuf;

use abide_protocol::SessionId;
use abide_protocol::message::{Answer, FailKind, Failure, Request, SessionInfo, SessionState};
use abide_protocol::paths::{self, PathEnv, Paths};

use crate::fault::failure;
use crate::link::{Link, LinkError};
pub use daemon::{
    connect as connect_daemon, connect_or_start as connect_or_start_daemon,
    program as daemon_program,
};
pub use place::{Place, at};
pub use resolve::resolve;

/// Where this user's files are.
pub fn paths() -> Result<Paths, Failure> {
    Paths::resolve(&PathEnv::read(|name| std::env::var_os(name))).ok_or_else(|| {
        let line = "cannot tell where sessions are: HOME is not set; set HOME or ABIDE_HOME";
        failure(FailKind::Invalid, line)
    })
}

/// All sessions that can be found.
#[derive(Debug)]
pub struct Listing {
    pub sessions: Vec<SessionInfo>,
    /// Why the daemon could not be asked; ended sessions are missing then.
    pub daemon_down: Option<Failure>,
}

/// A session, and where it is.
#[derive(Clone, Debug)]
pub struct Located {
    pub place: Place,
    pub info: SessionInfo,
}

impl Located {
    /// How this session is written on a command line.
    #[must_use]
    pub fn address(&self) -> String {
        self.place.session(&self.info.name)
    }
}

/// Lists all sessions of a place, starting the daemon if none runs here.
pub async fn list(place: &Place) -> Listing {
    match (ask_daemon(place, Request::List).await, place) {
        (Ok(Answer::Sessions(sessions)), place) => {
            if let Place::Away(remote) = place {
                remote.saw(&sessions);
            }
            Listing {
                sessions,
                daemon_down: None,
            }
        }
        (other, place) => Listing {
            sessions: match place {
                Place::Here(paths) => ask_keepers(paths).await,
                Place::Away(_) => Vec::new(),
            },
            daemon_down: Some(other.err().unwrap_or_else(|| unexpected("the daemon"))),
        },
    }
}

/// Lists what can be found here without starting anything.
pub async fn peek(paths: &Paths) -> Vec<SessionInfo> {
    if let Ok(mut link) = connect_daemon(paths).await
        && let Ok(Answer::Sessions(sessions)) = link.request(Request::List).await
    {
        return sessions;
    }
    ask_keepers(paths).await
}

/// Finds the session that `word` means: a name, an id or the beginning of one, with a machine in
/// front of it if it is on another one; `None` means the one most recently used here.
pub async fn find(word: Option<&str>) -> Result<Located, Failure> {
    let (place, name) = Place::split(word)?;
    match find_in(&place, name).await {
        Ok(info) => Ok(Located { place, info }),
        Err(unknown) => Err(place.unknown(unknown, word)),
    }
}

/// Finds the session of this place that `name` means.
pub async fn find_in(place: &Place, name: Option<&str>) -> Result<SessionInfo, Failure> {
    let listing = list(place).await;
    match (resolve(&listing.sessions, name), listing.daemon_down) {
        (Ok(info), _) => Ok(info.clone()),
        (Err(_), Some(down)) if listing.sessions.is_empty() => Err(down),
        (Err(unknown), _) => Err(unknown),
    }
}

/// Connects to who has a session's viewers and answers for it: its keeper, or the daemon of another
/// machine.
pub async fn connect_keeper(place: &Place, id: SessionId) -> Result<Link, LinkError> {
    match place {
        Place::Here(paths) => Link::connect(keeper_path(paths, id)).await,
        Place::Away(remote) => remote.link().await,
    }
}

/// Connects to the daemon of a place, starting it if none runs here.
pub async fn connect_daemon_of(place: &Place) -> Result<Link, Failure> {
    match place {
        Place::Here(paths) => connect_or_start_daemon(paths).await,
        Place::Away(remote) => Ok(remote.link().await?),
    }
}

/// Has a request about one session answered: by its keeper if it has one, else by the daemon.
pub async fn ask(found: &Located, request: Request) -> Result<Answer, Failure> {
    match &found.place {
        Place::Here(paths) => match Link::connect(keeper_path(paths, found.info.id)).await {
            Ok(mut link) => link.request(request).await,
            Err(error) if error.nobody() => ask_daemon(&found.place, request).await,
            Err(error) => Err(error.into()),
        },
        Place::Away(_) => ask_daemon(&found.place, request).await,
    }
}

/// Has the daemon of a place answer, starting it if none runs here.
pub async fn ask_daemon(place: &Place, request: Request) -> Result<Answer, Failure> {
    match place {
        Place::Here(paths) => connect_or_start_daemon(paths).await?.request(request).await,
        Place::Away(remote) => {
            let mut link = remote.link().await?;
            let answer = link.request(request).await;
            remote.give_back(link);
            answer
        }
    }
}

/// A program in a session reaches other machines no more than other sessions here. As everywhere a
/// guard rail, not a boundary: the keys are its user's. The daemon says so, or any keeper, which
/// classifies who asks by the same notices; where nobody lives there is no session to be in.
pub async fn may_reach_out(paths: &Paths) -> Result<(), Failure> {
    let keepers = keepers(paths).into_iter();
    let keepers = keepers.map(|id| keeper_path(paths, id));
    let daemon = paths.run().join(paths::DAEMON_SOCKET);
    let mut silent = None;
    for socket in std::iter::once(daemon).chain(keepers) {
        let answer = match Link::connect(socket).await {
            Ok(mut link) => link.request(Request::Status).await,
            Err(error) if error.nobody() => continue,
            Err(error) => Err(error.into()),
        };
        match answer {
            Ok(_) => return Ok(()),
            Err(failure) => match failure.kind {
                FailKind::Forbidden => return Err(failure),
                // A keeper's answer to whom it would answer.
                FailKind::Unsupported => return Ok(()),
                _ => silent = Some(failure),
            },
        }
    }
    silent.map_or(Ok(()), Err)
}

/// Has a daemon run here.
pub async fn start_daemon(paths: &Paths) -> Result<(), Failure> {
    connect_or_start_daemon(paths).await.map(drop)
}

/// A session has no keeper to attach to.
#[must_use]
pub fn not_running(id: SessionId) -> Failure {
    let line = format!("session {id} is not running any more; see: abide list --all");
    failure(FailKind::NotFound, line)
}

/// The answer that was not one to the question.
#[must_use]
pub fn unexpected(who: &str) -> Failure {
    let line = format!("{who} gave an answer to another question; see: abide doctor");
    failure(FailKind::Internal, line)
}

/// The session's program has ended.
#[must_use]
pub fn has_ended(info: &SessionInfo) -> bool {
    matches!(info.state, SessionState::Ended(_))
}

fn keeper_path(paths: &Paths, id: SessionId) -> PathBuf {
    paths.run().join(paths::keeper_socket(id))
}

/// The sessions whose keeper has a socket.
fn keepers(paths: &Paths) -> Vec<SessionId> {
    let entries = std::fs::read_dir(paths.run())
        .into_iter()
        .flatten()
        .flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter_map(|name| paths::session_of_socket(&name))
        .collect()
}

/// Asks every keeper that has a socket; those that do not answer are left out.
async fn ask_keepers(paths: &Paths) -> Vec<SessionInfo> {
    let mut asked = tokio::task::JoinSet::new();
    for id in keepers(paths) {
        let path = keeper_path(paths, id);
        asked.spawn(async move {
            let mut link = Link::connect(path).await.ok()?;
            match link.request(Request::List).await {
                Ok(Answer::Sessions(own)) => own.into_iter().find(|info| info.id == id),
                _ => None,
            }
        });
    }
    let mut sessions: Vec<_> = asked.join_all().await.into_iter().flatten().collect();
    sessions.sort_by_key(|info| info.id);
    sessions
}
