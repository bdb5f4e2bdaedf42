//! One client's connection: greets it, reads its requests, answers each when it is done.

use std::sync::Arc;

use abide_protocol::RequestId;
use abide_protocol::message::{
    Answer, FailKind, Failure, PairingOffer, Request, ToClient, ToServer,
};
use tokio::net::UnixStream;
use tokio::task::JoinSet;

use super::link::{ClientLink, LinkError};
use super::pairing::Held;
use super::roster::failure;
use super::{Daemon, pairing, requests};

/// Requests of one client under way at most (each `wait` is one).
const MAX_UNDER_WAY: usize = 64;

/// Serves a client that has just connected, in a task of its own.
pub(super) fn open(daemon: &Arc<Daemon>, stream: UnixStream) {
    let daemon = Arc::clone(daemon);
    let Ok(permit) = Arc::clone(&daemon.connections).try_acquire_owned() else {
        tokio::spawn(turn_away(daemon, stream));
        return;
    };
    tokio::spawn(async move {
        let error = match ClientLink::accept(stream, &daemon.place.run).await {
            Ok(link) => Connection::new(daemon, link).serve().await,
            Err(error) => error,
        };
        match error {
            LinkError::Closed => {}
            error => tracing::info!("client: {error}"),
        }
        drop(permit);
    });
}

async fn turn_away(daemon: Arc<Daemon>, stream: UnixStream) {
    if let Ok(mut link) = ClientLink::accept(stream, &daemon.place.run).await {
        let line = "the daemon has too many connections; close some and try again";
        let closed = ToClient::Closed(failure(FailKind::Exhausted, line));
        let _ = link.send(&closed).await;
    }
}

struct Connection {
    daemon: Arc<Daemon>,
    link: ClientLink,
    under_way: JoinSet<(RequestId, Answer)>,
    /// Pairings that were begun here, and end here.
    pairings: Vec<Held>,
}

impl Connection {
    fn new(daemon: Arc<Daemon>, link: ClientLink) -> Self {
        Self {
            daemon,
            link,
            under_way: JoinSet::new(),
            pairings: Vec::new(),
        }
    }

    /// Until the link ends. What is under way then ends with it, but for births.
    async fn serve(mut self) -> LinkError {
        loop {
            let done = tokio::select! {
                message = self.link.next() => match message {
                    Ok(message) => self.take(message).await,
                    Err(error) => Err(error),
                },
                Some(Ok((id, answer))) = self.under_way.join_next() => self.answer(id, answer).await,
            };
            if let Err(error) = done {
                return error;
            }
        }
    }

    async fn take(&mut self, message: ToServer) -> Result<(), LinkError> {
        match message {
            ToServer::Request { id, .. } if self.under_way.len() >= MAX_UNDER_WAY => {
                let line = "too many requests at once; wait for some to be answered";
                let busy = failure(FailKind::Exhausted, line);
                self.answer(id, Answer::Failed(busy)).await
            }
            ToServer::Request { id, request } => {
                if let Err(refusal) = self.link.role().may_ask(&request) {
                    return self.answer(id, Answer::Failed(refusal)).await;
                }
                if let Request::Pair { offer } = request {
                    let answer = self.pair(*offer);
                    return self.answer(id, answer).await;
                }
                let daemon = Arc::clone(&self.daemon);
                self.under_way.spawn(async move {
                    let answer = requests::answer(&daemon, request, None).await;
                    (id, answer.unwrap_or_else(Answer::Failed))
                });
                Ok(())
            }
            ToServer::Attach(_) => {
                let elsewhere = Failure {
                    kind: FailKind::Unsupported,
                    line: "attach goes to the session's own socket, not to the daemon".into(),
                };
                self.link.send(&ToClient::Closed(elsewhere.clone())).await?;
                Err(LinkError::Refused(elsewhere))
            }
            // Of a viewer or of a later version.
            ToServer::Hello(_)
            | ToServer::Detach
            | ToServer::Input { .. }
            | ToServer::Ack { .. }
            | ToServer::Resize { .. }
            | ToServer::Drive { .. }
            | ToServer::Focus { .. }
            | ToServer::Look(_)
            | ToServer::Printed { .. }
            | ToServer::Resync
            | ToServer::Behalf(_)
            | ToServer::Unknown => Ok(()),
        }
    }

    fn pair(&mut self, offer: PairingOffer) -> Answer {
        match pairing::begin(&self.daemon, offer) {
            Ok((ticket, held)) => {
                self.pairings.push(held);
                ticket
            }
            Err(failure) => Answer::Failed(failure),
        }
    }

    async fn answer(&mut self, id: RequestId, answer: Answer) -> Result<(), LinkError> {
        let answer = self.link.role().shown(answer);
        self.link.send(&ToClient::Answer { id, answer }).await
    }
}
