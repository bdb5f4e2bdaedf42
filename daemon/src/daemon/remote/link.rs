//! A device at work: its requests, and the one session that it watches over this link.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use abide_protocol::channel::daemon::RemoteSession;
use abide_protocol::channel::{End, Opened, SealError};
use abide_protocol::message::{
    Answer, Attach, FailKind, Failure, Hello, Request, ToClient, ToServer,
};
use abide_protocol::wire::{self, FrameReader};
use abide_protocol::{DeviceId, RequestId};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::CLOSE_NORMAL;
use super::viewing::{Viewing, ViewingError};
use crate::daemon::devices::{Excess, Member, Membership};
use crate::daemon::gate::{self, Verdict};
use crate::daemon::link::LinkError;
use crate::daemon::roster::failure;
use crate::daemon::web::carrier::{Carrier, CarrierError};
use crate::daemon::{Daemon, requests};

/// A device that does not take what it is sent for this long is not there any more.
const SEND_PATIENCE: Duration = Duration::from_secs(30);
/// The last word to a device waits no longer than this.
pub(super) const FAREWELL: Duration = Duration::from_secs(1);

/// Why a link ends.
enum Ending {
    /// The device is told.
    Told(End),
    /// It left or broke the protocol, or cannot be told.
    Gone,
}

impl From<CarrierError> for Ending {
    fn from(_: CarrierError) -> Self {
        Self::Gone
    }
}

/// Serves a device that has proved who it is. `first` is the first part that came.
pub(super) async fn serve(
    daemon: &Arc<Daemon>,
    session: RemoteSession,
    first: &[u8],
    carrier: Carrier,
    from: IpAddr,
) {
    let device = session.device();
    let mut line = Line { session, carrier };
    let Some(joined) = daemon.devices.join(device, from) else {
        return line.end(Ending::Told(End::Revoked)).await;
    };
    let member = match joined {
        Ok(member) => member,
        Err(excess) => {
            let _ = line.say(&ToClient::Closed(refusal(excess))).await;
            return line.carrier.close(CLOSE_NORMAL).await;
        }
    };
    let Member {
        mut end,
        mut notices,
        membership,
    } = member;
    let worn = tokio::time::sleep_until(line.session.worn_at().into());
    let mut link = Link {
        daemon: Arc::clone(daemon),
        device,
        line,
        frames: FrameReader::new(),
        greeted: false,
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
    // Whoever revokes waits for the link to its session and its requests, not for the farewell.
    let Link { line, .. } = link;
    drop(membership);
    line.end(ending).await;
}

/// The channel and what carries it.
struct Line {
    session: RemoteSession,
    carrier: Carrier,
}

impl Line {
    async fn say(&mut self, message: &ToClient) -> Result<(), Ending> {
        let mut frames = Vec::new();
        wire::encode_to_client(message, &mut frames);
        match self.pass(&frames).await {
            // An answer that no channel carries becomes one that says so.
            Err(Unsaid::Long) => {
                let ToClient::Answer { id, .. } = message else {
                    return Err(Ending::Gone);
                };
                let line = "the answer is too long for a device: ask for less";
                let answer = Answer::Failed(failure(FailKind::Exhausted, line));
                frames.clear();
                wire::encode_to_client(&ToClient::Answer { id: *id, answer }, &mut frames);
                self.pass(&frames).await.map_err(Ending::from)
            }
            other => other.map_err(Ending::from),
        }
    }

    /// Sends one message, whose frames nobody looks into.
    async fn pass(&mut self, frames: &[u8]) -> Result<(), Unsaid> {
        for sealed in self.session.seal(frames, Instant::now())? {
            match timeout(SEND_PATIENCE, self.carrier.send(sealed)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Err(Unsaid::End(Ending::Gone)),
            }
        }
        Ok(())
    }

    async fn end(mut self, ending: Ending) {
        if let Ending::Told(why) = ending
            && let Some(last) = self.session.end(why)
        {
            let _ = timeout(FAREWELL, self.carrier.send(last)).await;
        }
        self.carrier.close(CLOSE_NORMAL).await;
    }
}

/// Why a message was not sent.
enum Unsaid {
    Long,
    End(Ending),
}

impl From<SealError> for Unsaid {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Part(_) => Self::Long,
            SealError::Worn => Self::End(Ending::Told(End::Rekeyed)),
            SealError::Closed | SealError::NoFrames => Self::End(Ending::Gone),
        }
    }
}

impl From<Unsaid> for Ending {
    fn from(unsaid: Unsaid) -> Self {
        match unsaid {
            Unsaid::Long => Self::Gone,
            Unsaid::End(ending) => ending,
        }
    }
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
            tokio::select! {
                message = self.line.carrier.next(), if hears => self.open(&message?)?,
                message = next_of(&mut self.viewing) => self.pass_on(message).await?,
                Some(done) = self.asked.join_next() => {
                    if let Ok(done) = done {
                        self.answered(done).await?;
                    }
                }
                Some(line) = notices.recv() => self.notice(line).await?,
            }
        }
    }

    fn open(&mut self, message: &[u8]) -> Result<(), Ending> {
        match self.line.session.open(message, Instant::now()) {
            Ok(Opened::Part(part)) => {
                self.frames.push_part(&part);
                Ok(())
            }
            Ok(Opened::Ended(_)) | Err(_) => Err(Ending::Gone),
        }
    }

    async fn take(&mut self, message: ToServer) -> Result<(), Ending> {
        if !self.greeted {
            return self.greet(message).await;
        }
        let standing = self.daemon.devices.standing(self.device);
        let viewing = self.viewing.as_ref().map(|viewing| viewing.session);
        match gate::judge(&standing, viewing, message) {
            Verdict::Ask(id, request) => self.ask(id, request).await,
            Verdict::Open(attach) => self.watch(attach).await,
            Verdict::Relay(message) => {
                if let Some(viewing) = &mut self.viewing {
                    viewing.send(&message);
                }
                Ok(())
            }
            Verdict::Leave => {
                self.viewing = None;
                Ok(())
            }
            Verdict::Say(message) => self.line.say(&message).await,
            Verdict::Skip => Ok(()),
            Verdict::Over(why) => Err(Ending::Told(why)),
            Verdict::Broken => Err(Ending::Gone),
        }
    }

    async fn greet(&mut self, message: ToServer) -> Result<(), Ending> {
        let ToServer::Hello(theirs) = message else {
            return Err(Ending::Gone);
        };
        let ours: Hello = wire::hello();
        self.line.say(&ToClient::Hello(ours.clone())).await?;
        if let Err(failure) = wire::agree(&ours, &theirs) {
            self.line.say(&ToClient::Closed(failure)).await?;
            return Err(Ending::Gone);
        }
        self.greeted = true;
        Ok(())
    }

    async fn ask(&mut self, id: RequestId, request: Request) -> Result<(), Ending> {
        let place = self.daemon.devices.place(self.device);
        let place = match place.and_then(|place| self.may_search(&request).map(|()| place)) {
            Ok(place) => place,
            Err(excess) => return self.refuse(id, refusal(excess)).await,
        };
        let search = matches!(request, Request::Search { .. });
        if search {
            self.cancel_search().await?;
        }
        let daemon = Arc::clone(&self.daemon);
        if changes(&request) {
            // Begun is done: whoever revokes waits for it.
            let (answer, presence) = (self.change(request), self.membership.presence());
            let doing = tokio::spawn(async move {
                let answer = answer.await;
                drop(presence);
                answer
            });
            self.asked.spawn(async move {
                let answer = doing.await.unwrap_or_else(|_| leaving());
                (id, answer, place)
            });
            return Ok(());
        }
        let handle = self.asked.spawn(async move {
            let answer = requests::answer(&daemon, request).await;
            (id, answer.unwrap_or_else(Answer::Failed), place)
        });
        if search {
            self.search = Some((id, handle));
        }
        Ok(())
    }

    fn may_search(&self, request: &Request) -> Result<(), Excess> {
        match request {
            Request::Search { .. } => self.daemon.devices.search(self.device),
            _ => Ok(()),
        }
    }

    fn change(&self, request: Request) -> impl Future<Output = Answer> + Send + use<> {
        let daemon = Arc::clone(&self.daemon);
        async move {
            let answer = requests::answer(&daemon, request).await;
            answer.unwrap_or_else(Answer::Failed)
        }
    }

    async fn cancel_search(&mut self) -> Result<(), Ending> {
        let Some((id, search)) = self.search.take() else {
            return Ok(());
        };
        if search.is_finished() {
            return Ok(());
        }
        search.abort();
        let line = "a later request took its place";
        self.refuse(id, failure(FailKind::State, line)).await
    }

    async fn refuse(&mut self, id: RequestId, why: Failure) -> Result<(), Ending> {
        let answer = Answer::Failed(why);
        self.line.say(&ToClient::Answer { id, answer }).await
    }

    async fn answered(&mut self, (id, answer, _place): Done) -> Result<(), Ending> {
        let standing = self.daemon.devices.standing(self.device);
        let grant = standing.grant.map_err(Ending::Told)?;
        let answer = gate::shown(&grant, answer);
        self.line.say(&ToClient::Answer { id, answer }).await
    }

    async fn watch(&mut self, attach: Box<Attach>) -> Result<(), Ending> {
        if self.viewing.is_some() {
            let line = "this link has a viewer already; detach it first";
            let why = failure(FailKind::State, line);
            return self.line.say(&ToClient::Closed(why)).await;
        }
        match Viewing::open(&self.daemon.place.run, attach).await {
            Ok(viewing) => {
                self.viewing = Some(viewing);
                Ok(())
            }
            Err(LinkError::Nobody) => {
                let line = "the session does not run any more; see: abide list";
                let why = failure(FailKind::NotFound, line);
                self.line.say(&ToClient::Closed(why)).await
            }
            Err(error) => self.line.say(&ToClient::Closed(error.into())).await,
        }
    }

    /// What the keeper says goes on as it is.
    async fn pass_on(&mut self, message: Result<Vec<u8>, ViewingError>) -> Result<(), Ending> {
        match message {
            Ok(frames) => match self.line.pass(&frames).await {
                Err(Unsaid::Long) => {
                    let line = super::unopened::Fault::Long.to_string();
                    self.lose_viewing(&line).await
                }
                other => other.map_err(Ending::from),
            },
            // The keeper has said why before, if there is a why.
            Err(ViewingError::Link(LinkError::Closed)) => {
                self.lose_viewing("the session is not shown any more").await
            }
            Err(error) => self.lose_viewing(&error.to_string()).await,
        }
    }

    async fn lose_viewing(&mut self, why: &str) -> Result<(), Ending> {
        self.viewing = None;
        let why = failure(FailKind::State, why);
        self.line.say(&ToClient::Closed(why)).await
    }

    /// Who watches a session has the notice from its keeper.
    async fn notice(&mut self, line: String) -> Result<(), Ending> {
        if !self.greeted || self.viewing.is_some() {
            return Ok(());
        }
        self.line.say(&ToClient::Notice(line)).await
    }
}

async fn next_of(viewing: &mut Option<Viewing>) -> Result<Vec<u8>, ViewingError> {
    match viewing {
        Some(viewing) => viewing.next().await,
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
