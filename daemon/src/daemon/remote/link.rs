//! A device at work: its requests, and the one session that it watches over this link.

use std::net::IpAddr;
use std::sync::Arc;

use abide_protocol::channel::End;
use abide_protocol::channel::daemon::RemoteSession;
use abide_protocol::channel::pairing::DeviceKind;
use abide_protocol::message::{
    Answer, Attach, Behalf, FailKind, Failure, Hello, Request, ToClient, ToServer,
};
use abide_protocol::wire::{self, FrameReader};
use abide_protocol::{DeviceId, RequestId};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{AbortHandle, JoinSet};

use super::kind;
use super::line::{Ending, Line};
use super::viewing::{Viewing, ViewingError};
use crate::daemon::devices::{Excess, Member, Membership};
use crate::daemon::gate::{self, Verdict};
use crate::daemon::link::LinkError;
use crate::daemon::roster::failure;
use crate::daemon::web::carrier::Carrier;
use crate::daemon::{Daemon, requests};

/// Serves a device that has proved who it is. `first` is the first part that came.
pub(super) async fn serve(
    daemon: &Arc<Daemon>,
    session: RemoteSession,
    first: &[u8],
    carrier: Carrier,
    from: IpAddr,
) {
    let device = session.device();
    let page = kind(&carrier) == DeviceKind::Browser && !carrier.peer().loopback;
    let mut line = Line::new(session, carrier);
    let Some(joined) = daemon.devices.join(device, from) else {
        return line.end(Ending::Told(End::Revoked)).await;
    };
    let member = match joined {
        Ok(member) => member,
        Err(excess) => {
            line.say(&ToClient::Closed(refusal(excess)));
            return line.end(Ending::Gone).await;
        }
    };
    let Member {
        mut end,
        mut notices,
        membership,
    } = member;
    let worn = tokio::time::sleep_until(line.worn_at());
    let mut link = Link {
        daemon: Arc::clone(daemon),
        device,
        line,
        frames: FrameReader::new(),
        greeted: false,
        page,
        ends: None,
        viewing: None,
        asked: JoinSet::new(),
        search: None,
        membership: &membership,
    };
    link.frames.push_part(first);
    let ending = tokio::select! {
        biased;
        why = &mut end => Ending::Told(why.unwrap_or(End::Revoked)),
        () = worn => Ending::Told(End::Rekeyed),
        Err(ending) = link.run(&mut notices) => ending,
    };
    // Whoever revokes waits for the link to its session and its requests, not for the farewell; a
    // daemon that leaves takes the farewell with it unless it waits for that too.
    let Link {
        line,
        viewing,
        asked,
        ..
    } = link;
    drop(asked);
    match viewing {
        Some(viewing) if matches!(ending, Ending::Left) => viewing.leave(),
        viewing => drop(viewing),
    }
    let leaving = matches!(ending, Ending::Told(End::Upgrade)).then(|| membership.presence());
    drop(membership);
    line.end(ending).await;
    drop(leaving);
}

/// An answer, and the place that its request had.
type Done = (RequestId, Answer, OwnedSemaphorePermit);

struct Link<'m> {
    daemon: Arc<Daemon>,
    device: DeviceId,
    line: Line,
    frames: FrameReader<ToServer>,
    /// Both hellos are said.
    greeted: bool,
    /// It is a page that came by TLS, and so by the certificate.
    page: bool,
    /// What was said of that certificate last.
    ends: Option<String>,
    viewing: Option<Viewing>,
    asked: JoinSet<Done>,
    /// The search under way: a later one takes its place.
    search: Option<(RequestId, AbortHandle)>,
    membership: &'m Membership,
}

impl Link<'_> {
    /// Until the link ends.
    async fn run(
        &mut self,
        notices: &mut tokio::sync::mpsc::Receiver<String>,
    ) -> Result<std::convert::Infallible, Ending> {
        loop {
            while let Some(message) = self.frames.next().map_err(|_| Ending::Gone)? {
                self.take(message).await?;
            }
            let hears = !self.viewing.as_ref().is_some_and(Viewing::is_full);
            let takes = self.line.takes();
            tokio::select! {
                part = self.line.next(hears) => if let Some(part) = part? {
                    self.frames.push_part(&part);
                },
                message = next_of(&mut self.viewing, takes) => self.pass_on(message),
                Some(done) = self.asked.join_next(), if takes => {
                    if let Ok(done) = done {
                        self.answered(done)?;
                    }
                }
                Some(line) = notices.recv(), if takes => self.notice(line),
            }
        }
    }

    async fn take(&mut self, message: ToServer) -> Result<(), Ending> {
        if !self.greeted {
            return self.greet(message);
        }
        let standing = self.daemon.devices.standing(self.device);
        let viewing = self.viewing.as_ref().map(|viewing| viewing.session);
        match gate::judge(&standing, viewing, message) {
            Verdict::Ask(id, request) => {
                let grant = standing.grant.as_ref().map_err(|why| Ending::Told(*why))?;
                self.ask(id, request, gate::behalf(&standing, grant));
                Ok(())
            }
            Verdict::Open(attach) => {
                self.watch(attach).await;
                Ok(())
            }
            Verdict::Relay(message) => {
                if let Some(viewing) = &mut self.viewing {
                    viewing.send(&message);
                }
                Ok(())
            }
            Verdict::Leave => {
                if let Some(viewing) = self.viewing.take() {
                    viewing.leave();
                }
                Ok(())
            }
            Verdict::Say(message) => {
                self.line.say(&message);
                Ok(())
            }
            Verdict::Skip => Ok(()),
            Verdict::Over(why) => Err(Ending::Told(why)),
            Verdict::Broken => Err(Ending::Gone),
        }
    }

    fn greet(&mut self, message: ToServer) -> Result<(), Ending> {
        let ToServer::Hello(theirs) = message else {
            return Err(Ending::Gone);
        };
        let ours: Hello = wire::hello();
        self.line.say(&ToClient::Hello(ours.clone()));
        if let Err(failure) = wire::agree(&ours, &theirs) {
            self.line.say(&ToClient::Closed(failure));
            return Err(Ending::Gone);
        }
        let standing = self.daemon.devices.standing(self.device);
        let grant = standing.grant.map_err(Ending::Told)?;
        self.line.say(&ToClient::Granted(grant));
        self.say_when_page_ends();
        self.greeted = true;
        Ok(())
    }

    /// Where it is another thing than was said last.
    fn say_when_page_ends(&mut self) {
        let ends = self.page.then(|| self.daemon.share.page_ends()).flatten();
        if ends != self.ends {
            self.line.say(&ToClient::PageEnds(ends.clone()));
            self.ends = ends;
        }
    }

    fn ask(&mut self, id: RequestId, request: Request, behalf: Behalf) {
        // Pages come back to it, and as often as their users look.
        if matches!(request, Request::List) {
            self.say_when_page_ends();
        }
        let place = self.daemon.devices.place(self.device);
        let place = match place.and_then(|place| self.may_search(&request).map(|()| place)) {
            Ok(place) => place,
            Err(excess) => return self.refuse(id, refusal(excess)),
        };
        let search = matches!(request, Request::Search { .. });
        if search {
            self.cancel_search();
        }
        let daemon = Arc::clone(&self.daemon);
        if changes(&request) {
            // Begun is done: whoever revokes waits for it.
            let (answer, presence) = (self.change(request, behalf), self.membership.presence());
            let doing = tokio::spawn(async move {
                let answer = answer.await;
                drop(presence);
                answer
            });
            self.asked.spawn(async move {
                let answer = doing.await.unwrap_or_else(|_| leaving());
                (id, answer, place)
            });
            return;
        }
        let handle = self.asked.spawn(async move {
            let answer = requests::answer(&daemon, request, Some(&behalf)).await;
            (id, answer.unwrap_or_else(Answer::Failed), place)
        });
        if search {
            self.search = Some((id, handle));
        }
    }

    fn may_search(&self, request: &Request) -> Result<(), Excess> {
        match request {
            Request::Search { .. } => self.daemon.devices.search(self.device),
            _ => Ok(()),
        }
    }

    fn change(
        &self,
        request: Request,
        behalf: Behalf,
    ) -> impl Future<Output = Answer> + Send + use<> {
        let daemon = Arc::clone(&self.daemon);
        async move {
            let answer = requests::answer(&daemon, request, Some(&behalf)).await;
            answer.unwrap_or_else(Answer::Failed)
        }
    }

    fn cancel_search(&mut self) {
        let Some((id, search)) = self.search.take() else {
            return;
        };
        if search.is_finished() {
            return;
        }
        search.abort();
        let line = "a later request took its place";
        self.refuse(id, failure(FailKind::State, line));
    }

    fn refuse(&mut self, id: RequestId, why: Failure) {
        let answer = Answer::Failed(why);
        self.line.say(&ToClient::Answer { id, answer });
    }

    fn answered(&mut self, (id, answer, _place): Done) -> Result<(), Ending> {
        let standing = self.daemon.devices.standing(self.device);
        let grant = standing.grant.map_err(Ending::Told)?;
        let answer = gate::shown(&grant, answer);
        self.line.say(&ToClient::Answer { id, answer });
        Ok(())
    }

    async fn watch(&mut self, attach: Box<Attach>) {
        if self.viewing.is_some() {
            let line = "this link has a viewer already; detach it first";
            return self.close(failure(FailKind::State, line));
        }
        let place = match self.daemon.devices.viewer(self.device) {
            Ok(place) => place,
            Err(excess) => return self.close(refusal(excess)),
        };
        match Viewing::open(&self.daemon.place.run, attach, place).await {
            Ok(viewing) => self.viewing = Some(viewing),
            Err(LinkError::Nobody) => {
                let line = "the session does not run any more; see: abide list";
                self.close(failure(FailKind::NotFound, line));
            }
            Err(error) => self.close(error.into()),
        }
    }

    /// What the keeper says goes on as it is.
    fn pass_on(&mut self, message: Result<Vec<u8>, ViewingError>) {
        match message {
            Ok(frames) => self.line.pass(frames),
            // The keeper has said why before, if there is a why.
            Err(ViewingError::Link(LinkError::Closed)) => {
                self.lose_viewing("the session is not shown any more");
            }
            Err(error) => self.lose_viewing(&error.to_string()),
        }
    }

    fn lose_viewing(&mut self, why: &str) {
        self.viewing = None;
        self.close(failure(FailKind::State, why));
    }

    /// There is no viewer, for this reason.
    fn close(&mut self, why: Failure) {
        self.line.say(&ToClient::Closed(why));
    }

    /// Who watches a session has the notice from its keeper.
    fn notice(&mut self, line: String) {
        if self.greeted && self.viewing.is_none() {
            self.line.say(&ToClient::Notice(line));
        }
    }
}

async fn next_of(viewing: &mut Option<Viewing>, takes: bool) -> Result<Vec<u8>, ViewingError> {
    match viewing {
        Some(viewing) => viewing.next(takes).await,
        None => std::future::pending().await,
    }
}

/// Whether something is another way afterwards.
fn changes(request: &Request) -> bool {
    matches!(
        request,
        Request::New { .. } | Request::End { .. } | Request::Rename { .. }
    )
}

fn refusal(excess: Excess) -> Failure {
    failure(FailKind::Exhausted, excess.to_string())
}

fn leaving() -> Answer {
    Answer::Failed(failure(
        FailKind::Internal,
        "the daemon is leaving; try again",
    ))
}
