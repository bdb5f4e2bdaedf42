//! Which sessions there are, and which one the user means.
//!
//! The daemon knows all of them. While it is down, the keepers of the living ones are asked, one
//! by one: listing and attaching do not depend on the daemon.

pub mod complete;
mod daemon;
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

/// Lists all sessions, starting the daemon if none runs.
pub async fn list(paths: &Paths) -> Listing {
    match ask_daemon(paths, Request::List).await {
        Ok(Answer::Sessions(sessions)) => Listing {
            sessions,
            daemon_down: None,
        },
        Ok(_) => Listing {
            sessions: ask_keepers(paths).await,
            daemon_down: Some(unexpected("the daemon")),
        },
        Err(down) => Listing {
            sessions: ask_keepers(paths).await,
            daemon_down: Some(down),
        },
    }
}

/// Lists what can be found without starting anything.
pub async fn peek(paths: &Paths) -> Vec<SessionInfo> {
    if let Ok(mut link) = connect_daemon(paths).await
        && let Ok(Answer::Sessions(sessions)) = link.request(Request::List).await
    {
        return sessions;
    }
    ask_keepers(paths).await
}

/// Finds the session that `name` means: a name, an id or the beginning of one; `None` means the
/// one most recently used.
pub async fn find(paths: &Paths, name: Option<&str>) -> Result<SessionInfo, Failure> {
    let listing = list(paths).await;
    match (resolve(&listing.sessions, name), listing.daemon_down) {
        (Ok(info), _) => Ok(info.clone()),
        (Err(_), Some(down)) if listing.sessions.is_empty() => Err(down),
        (Err(unknown), _) => Err(unknown),
    }
}

/// Connects to the keeper of a session.
pub async fn connect_keeper(paths: &Paths, id: SessionId) -> Result<Link, LinkError> {
    Link::connect(keeper_path(paths, id)).await
}

/// Has a request about one session answered: by its keeper if it has one, else by the daemon.
pub async fn ask(paths: &Paths, info: &SessionInfo, request: Request) -> Result<Answer, Failure> {
    match connect_keeper(paths, info.id).await {
        Ok(mut link) => link.request(request).await,
        Err(error) if error.nobody() => ask_daemon(paths, request).await,
        Err(error) => Err(error.into()),
    }
}

/// Has the daemon answer, starting it if none runs.
pub async fn ask_daemon(paths: &Paths, request: Request) -> Result<Answer, Failure> {
    connect_or_start_daemon(paths).await?.request(request).await
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

/// Asks every keeper that has a socket; those that do not answer are left out.
async fn ask_keepers(paths: &Paths) -> Vec<SessionInfo> {
    let entries = std::fs::read_dir(paths.run())
        .into_iter()
        .flatten()
        .flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let ids = names.filter_map(|name| paths::session_of_socket(&name));
    let mut asked = tokio::task::JoinSet::new();
    for id in ids {
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
