//! What each request to the daemon does. What is about a living session goes to its keeper; what
//! is about an ended one is answered from its record.

use std::sync::Arc;
use std::time::Duration;

use abide_protocol::message::{
    Answer, Behalf, FailKind, Failure, Request, SessionInfo, SessionState, Spec,
};
use abide_protocol::{SessionId, paths};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::devices::local;
use super::link::{KeeperLink, LinkError};
use super::roster::{failure, has_ended, unknown};
use super::{Daemon, directories, login, owner, records, revocation};
use crate::guard::notice;
use crate::keeper::birth::{self, Birth};

/// Keepers that a list asks at most, the youngest first.
const MAX_ASKED: usize = 100;
/// Nobody waits longer to hear how a session stands.
const ASK_PATIENCE: Duration = Duration::from_millis(200);

/// Answers one request; a failure is an answer too. `behalf`: of a device, which the gate has let
/// pass and the session's keeper judges again.
pub(super) async fn answer(
    daemon: &Arc<Daemon>,
    request: Request,
    behalf: Option<&Behalf>,
) -> Result<Answer, Failure> {
    match request {
        Request::List => Ok(Answer::Sessions(list(daemon).await?)),
        Request::Info { session } => Ok(Answer::Session(Box::new(info(daemon, session).await?))),
        Request::New { spec } => new(daemon, *spec).await,
        Request::Capture { session, .. }
        | Request::Rows { session, .. }
        | Request::Search { session, .. }
        | Request::Wait { session }
        | Request::End { session, .. }
        | Request::Clear { session } => relay(daemon, session, request, behalf).await,
        Request::Trust { session, trusted } => trust(daemon, session, trusted).await,
        Request::Rename { session, name } => rename(daemon, session, name, behalf).await,
        Request::Remove { session } => remove(daemon, session).await,
        Request::Status => Ok(Answer::Status(daemon.status().await?)),
        Request::Shutdown => {
            daemon.leave.notify_one();
            Ok(Answer::Done)
        }
        Request::LoginEnvironment => Ok(Answer::Environment(
            daemon.login_environment().await.to_vec(),
        )),
        Request::Share { change: None } => Ok(Answer::Share(Box::new(daemon.share.info().await))),
        Request::Share {
            change: Some(change),
        } => owner::share(daemon, &change).await,
        Request::AwaitPairing { pairing, seen } => owner::stage(daemon, pairing, seen).await,
        Request::EnterCode { pairing, code } => owner::code(daemon, pairing, &code),
        Request::Devices => Ok(Answer::Devices(daemon.devices.list())),
        Request::EditDevice { device, edit } => owner::edit(daemon, device, edit).await,
        Request::Revoke { device } => revocation::revoke(daemon, device).await,
        Request::Audit { after, limit, wait } => owner::audit(daemon, after, limit, wait).await,
        Request::TrustClock => owner::trust_clock(daemon),
        Request::Directories { typed } => directories::beginning(typed).await,
        Request::Pair { .. } => Err(failure(
            FailKind::Internal,
            "a pairing belongs to the link that began it",
        )),
        Request::Subscribe | Request::Cut { .. } | Request::Notify { .. } => Err(failure(
            FailKind::Unsupported,
            "only keepers answer this request",
        )),
        Request::Unknown => Err(failure(
            FailKind::Unsupported,
            format!(
                "the daemon ({}) does not know this request; update it and run: abide daemon restart",
                env!("CARGO_PKG_VERSION")
            ),
        )),
    }
}

/// All sessions. The living are asked how they stand: their summaries may be a second old.
async fn list(daemon: &Arc<Daemon>) -> Result<Vec<SessionInfo>, Failure> {
    let living = daemon.desk.ask(|roster, _| roster.unended()).await?;
    let mut asked = JoinSet::new();
    for id in living.into_iter().rev().take(MAX_ASKED) {
        let daemon = Arc::clone(daemon);
        asked.spawn(async move { refresh(&daemon, id).await });
    }
    let all_told = async { while asked.join_next().await.is_some() {} };
    // Those that are too busy to answer are listed as last heard of.
    let _ = tokio::time::timeout(ASK_PATIENCE, all_told).await;
    daemon.desk.ask(|roster, _| roster.list()).await
}

/// One session, as it stands now.
async fn info(daemon: &Daemon, id: SessionId) -> Result<SessionInfo, Failure> {
    let info = find(daemon, id).await?;
    if has_ended(&info) {
        return Ok(records::survey(daemon, info).await);
    }
    let _ = tokio::time::timeout(ASK_PATIENCE, refresh(daemon, id)).await;
    find(daemon, id).await
}

/// Has the roster learn how a session stands: its keeper says so, or the record of one that has
/// left.
async fn refresh(daemon: &Daemon, id: SessionId) {
    let info = match ask_keeper(daemon, id, Request::Info { session: id }, None).await {
        Ok(Answer::Session(info)) => Some(*info),
        Ok(_) => None,
        Err(_) => daemon.ended_info(id),
    };
    if let Some(info) = info.filter(|info| info.id == id) {
        daemon.desk.tell(|roster, now| roster.seen(info, now)).await;
    }
}

async fn find(daemon: &Daemon, id: SessionId) -> Result<SessionInfo, Failure> {
    let found = daemon
        .desk
        .ask(move |roster, _| roster.get(id).cloned())
        .await?;
    found.ok_or_else(|| unknown(id))
}

/// Makes a session. Once admitted it is no longer the client's: it is made even if the client
/// leaves.
async fn new(daemon: &Arc<Daemon>, mut spec: Spec) -> Result<Answer, Failure> {
    if spec.environment.is_none() {
        spec.environment = Some(daemon.login_environment().await.to_vec());
    }
    if spec.directory.is_empty() {
        let home = std::env::var_os("HOME").unwrap_or_else(|| "/".into());
        spec.directory = home.into_encoded_bytes();
    }
    let daemon = Arc::clone(daemon);
    let born = tokio::spawn(async move { bear(&daemon, spec).await }).await;
    let info =
        born.map_err(|_| failure(FailKind::Internal, "the daemon is leaving; try again"))??;
    Ok(Answer::Session(Box::new(info)))
}

async fn bear(daemon: &Daemon, mut spec: Spec) -> Result<SessionInfo, Failure> {
    daemon.core_limit.give(&mut spec);
    daemon.descriptors.give(&mut spec);
    let id = SessionId::from_uuid(Uuid::now_v7());
    let shell = login::shell().to_string_lossy().into_owned();
    let admitted = spec.clone();
    let info = daemon
        .desk
        .ask(move |roster, now| roster.admit(id, &admitted, &shell, now))
        .await??;
    tracing::info!(session = %id, "new");
    let birth = Birth {
        id,
        name: info.name,
        spec,
        state: daemon.place.paths.state.clone(),
    };
    match birth::spawn(&daemon.keeper_program, &birth).await {
        // A keeper speaks for its own session only.
        Ok(info) if info.id == id => {
            let seen = info.clone();
            daemon
                .desk
                .ask(move |roster, now| roster.seen(seen, now))
                .await?;
            daemon.keepers.watch(id).await;
            Ok(info)
        }
        other => {
            let failure = other.err().unwrap_or_else(|| {
                failure(
                    FailKind::Internal,
                    "the keeper answered for another session",
                )
            });
            tracing::info!(session = %id, "not born: {}", failure.line);
            daemon
                .desk
                .ask(move |roster, _| roster.stillborn(id))
                .await?;
            daemon.delete_record(id).await;
            Err(failure)
        }
    }
}

/// Has the session's keeper answer, or its record if it has no keeper any more.
async fn relay(
    daemon: &Daemon,
    id: SessionId,
    request: Request,
    behalf: Option<&Behalf>,
) -> Result<Answer, Failure> {
    let info = find(daemon, id).await?;
    match ask_keeper(daemon, id, request.clone(), behalf).await {
        Ok(answer) => Ok(answer),
        Err(LinkError::Nobody | LinkError::Closed) => {
            // It may have ended meanwhile; its record says so before the roster does.
            let info = match daemon.ended_info(id) {
                Some(record) if !has_ended(&info) => record,
                _ => info,
            };
            answer_ended(daemon, &info, request).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Writes down whom to trust, for connections from now on; the keeper, which cannot, shows it. Trust
/// that has no row in the audit is not given.
async fn trust(daemon: &Daemon, session: SessionId, trusted: bool) -> Result<Answer, Failure> {
    let run = &daemon.place.run;
    let info = find(daemon, session).await?;
    let deed = |what: &str| local("trust", &info.name, &format!("{what}, session {session}"));
    if !has_ended(&info) {
        if trusted {
            daemon.devices.record(&deed("given"), "trust the session")?;
        } else {
            daemon.devices.note(deed("taken back"));
        }
        notice::trust(run, session, trusted).map_err(|error| {
            let line = format!("cannot write down whom to trust: {error}; free some space");
            failure(FailKind::Exhausted, line)
        })?;
    }
    let shown = relay(daemon, session, Request::Trust { session, trusted }, None).await;
    if !matches!(shown, Ok(Answer::Done)) {
        let _ = notice::trust(run, session, false);
        if trusted && !has_ended(&info) {
            daemon.devices.note(deed("not given after all"));
        }
    }
    shown
}

async fn ask_keeper(
    daemon: &Daemon,
    id: SessionId,
    request: Request,
    behalf: Option<&Behalf>,
) -> Result<Answer, LinkError> {
    let mut link = KeeperLink::connect(&daemon.place.run, id).await?;
    if let Some(behalf) = behalf {
        link.speak_for(behalf).await?;
    }
    link.request(request).await
}

/// Answers for a session that has no keeper.
async fn answer_ended(
    daemon: &Daemon,
    info: &SessionInfo,
    request: Request,
) -> Result<Answer, Failure> {
    match (&request, info.state) {
        (Request::Wait { .. }, SessionState::Ended(status)) => Ok(Answer::Exited(status)),
        (
            Request::Capture { .. } | Request::Rows { .. } | Request::Search { .. },
            SessionState::Ended(_),
        ) => records::answer(daemon, info, request).await,
        (_, SessionState::Ended(_)) => {
            let line = format!("\"{}\" has ended already", info.name);
            Err(failure(FailKind::State, line))
        }
        (_, SessionState::Starting | SessionState::Running) => {
            let line = format!(
                "the keeper of \"{}\" does not answer; see: abide doctor",
                info.name
            );
            Err(failure(FailKind::Internal, line))
        }
    }
}

async fn rename(
    daemon: &Daemon,
    id: SessionId,
    name: String,
    behalf: Option<&Behalf>,
) -> Result<Answer, Failure> {
    let info = find(daemon, id).await?;
    if has_ended(&info) {
        daemon
            .desk
            .ask(move |roster, _| roster.rename_ended(id, &name))
            .await??;
        return Ok(Answer::Done);
    }
    let promised = name.clone();
    daemon
        .desk
        .ask(move |roster, _| roster.promise(id, &promised))
        .await??;
    let request = Request::Rename { session: id, name };
    let answer = ask_keeper(daemon, id, request, behalf).await;
    let taken = matches!(answer, Ok(Answer::Done | Answer::Session(_)));
    daemon
        .desk
        .ask(move |roster, now| roster.renamed(id, taken, now))
        .await?;
    Ok(answer?)
}

async fn remove(daemon: &Daemon, id: SessionId) -> Result<Answer, Failure> {
    let socket = paths::keeper_socket(id);
    let kept = daemon.place.run.path().join(socket).exists();
    daemon
        .desk
        .ask(move |roster, _| roster.remove(id, kept))
        .await??;
    daemon.delete_record(id).await;
    Ok(Answer::Done)
}
