//! Waiting for the end of a session.

use abide_protocol::RequestId;
use abide_protocol::message::{Answer, ExitStatus, FailKind, Request, ToClient, ToServer};

use super::list::clean;
use crate::fault::{Fault, failure};
use crate::link::Link;
use crate::sessions::{self, Located};

/// The only request on its link.
const WAIT: RequestId = RequestId(1);

/// The end of a session, which has been asked for.
pub(super) struct End<'a> {
    of: &'a Located,
    /// `None`: there is no keeper any more.
    keeper: Option<Link>,
}

impl<'a> End<'a> {
    /// Asks the session's keeper to tell when it has ended.
    pub(super) async fn await_of(of: &'a Located) -> Result<Self, Fault> {
        let session = of.info.id;
        let keeper = match sessions::connect_keeper(&of.place, session).await {
            Ok(mut link) => {
                let request = Request::Wait { session };
                let asked = link.send(&ToServer::Request { id: WAIT, request }).await;
                asked.is_ok().then_some(link)
            }
            Err(error) if error.nobody() => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { of, keeper })
    }

    /// Waits until it has come.
    pub(super) async fn seen(mut self) -> Result<ExitStatus, Fault> {
        let told = match &mut self.keeper {
            Some(link) => told(link).await,
            None => None,
        };
        let status = match told {
            Some(status) => status,
            // The keeper left without a word, or was killed: the daemon knows what became of it.
            None => self.ask_daemon().await?,
        };
        match status {
            ExitStatus::Lost => {
                let line = format!(
                    "\"{}\" is lost: its keeper or the machine went down, \
                     and nobody saw how it ended",
                    clean(&self.of.address())
                );
                Err(failure(FailKind::Internal, line).into())
            }
            ExitStatus::Code(_) | ExitStatus::Signal(_) => Ok(status),
        }
    }

    async fn ask_daemon(&self) -> Result<ExitStatus, Fault> {
        let session = self.of.info.id;
        match sessions::ask_daemon(&self.of.place, Request::Wait { session }).await? {
            Answer::Exited(status) => Ok(status),
            _ => Err(sessions::unexpected("the daemon").into()),
        }
    }
}

async fn told(keeper: &mut Link) -> Option<ExitStatus> {
    loop {
        match keeper.next().await {
            Ok(Some(ToClient::Answer {
                id: WAIT,
                answer: Answer::Exited(status),
            })) => {
                return Some(status);
            }
            Ok(Some(ToClient::Answer { id: WAIT, .. }) | None) | Err(_) => return None,
            Ok(Some(_)) => {}
        }
    }
}
