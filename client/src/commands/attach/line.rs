//! The link of an attachment. One to another machine is brought up again when it is lost; one to a
//! keeper here is lost with its keeper.

use std::pin::Pin;
use std::time::{Duration, Instant};

use abide_protocol::RequestId;
use abide_protocol::message::{FailKind, Request, ToClient, ToServer};
use uuid::Uuid;

use crate::link::{Link, LinkError};
use crate::remote::backoff::Backoff;
use crate::sessions::Place;

/// A link that comes back within this time was never said to be down.
const UNTOLD: Duration = Duration::from_secs(2);

/// What the link brings.
pub(super) enum Heard {
    Message(Box<ToClient>),
    /// There is another link; nothing is attached over it yet.
    Back,
    /// It was lost just now, or an attempt to bring it back has failed.
    Down,
    /// There is no link any more, for this reason.
    Lost(String),
}

type Dialling = Pin<Box<dyn Future<Output = Result<Link, LinkError>> + Send>>;

#[expect(
    clippy::large_enum_variant,
    reason = "there is one, and it is nearly always this variant"
)]
enum State {
    Up(Link),
    /// The next attempt begins then.
    Waiting(Instant),
    Dialling(Dialling),
    Over,
}

pub(super) struct Line {
    place: Place,
    state: State,
    /// When it was lost, and why it is not back.
    down: Option<(Instant, String)>,
    backoff: Backoff,
}

impl Line {
    pub(super) fn new(place: Place, link: Link) -> Self {
        Self {
            place,
            state: State::Up(link),
            down: None,
            backoff: Backoff::default(),
        }
    }

    /// The viewer is open again.
    pub(super) fn restored(&mut self) {
        self.down = None;
        self.backoff = Backoff::default();
    }

    /// Nothing gets through.
    pub(super) fn is_down(&self) -> bool {
        self.down.is_some()
    }

    /// The one line about a link that is down for long enough to be worth it.
    pub(super) fn notice(&self, now: Instant) -> Option<String> {
        let (since, why) = self.down.as_ref()?;
        let gone = now.saturating_duration_since(*since);
        let machine = self.place.machine().unwrap_or_default();
        (gone >= UNTOLD).then(|| {
            let seconds = gone.as_secs();
            format!("link to {machine} down for {}; {why}", in_words(seconds))
        })
    }

    /// When [`Self::notice`] changes.
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        let (since, _) = self.down.as_ref()?;
        let gone = now.saturating_duration_since(*since);
        let step = if gone < Duration::from_mins(1) { 1 } else { 60 };
        let steps = gone.as_secs() / step + 1;
        Some(*since + UNTOLD.max(Duration::from_secs(steps * step)))
    }

    /// The next thing that happens. Cancel safe.
    pub(super) async fn next(&mut self) -> Heard {
        if let State::Waiting(at) = self.state {
            tokio::time::sleep_until(at.into()).await;
            self.dial();
        }
        match &mut self.state {
            State::Up(link) => {
                let heard = link.next().await;
                self.take(heard)
            }
            State::Dialling(dialling) => match dialling.await {
                Ok(link) => {
                    self.state = State::Up(link);
                    Heard::Back
                }
                Err(error) => self.fail(&error),
            },
            State::Waiting(_) | State::Over => std::future::pending().await,
        }
    }

    /// What is here already.
    pub(super) fn try_next(&mut self) -> Option<Heard> {
        let State::Up(link) = &mut self.state else {
            return None;
        };
        match link.try_next() {
            Ok(None) => None,
            heard => Some(self.take(heard)),
        }
    }

    fn take(&mut self, heard: Result<Option<ToClient>, LinkError>) -> Heard {
        match heard {
            Ok(Some(message)) => Heard::Message(Box::new(message)),
            Ok(None) => self.fail(&LinkError::Closed),
            Err(error) => self.fail(&error),
        }
    }

    /// Sends a message; while the link is down it is dropped.
    pub(super) fn post(&mut self, message: &ToServer) -> Result<(), LinkError> {
        let State::Up(link) = &mut self.state else {
            return Ok(());
        };
        match link.post(message) {
            Err(error) => self.fallen(error),
            posted => posted,
        }
    }

    /// Asks; `None` while the link is down.
    pub(super) fn ask(&mut self, request: Request) -> Result<Option<RequestId>, LinkError> {
        let State::Up(link) = &mut self.state else {
            return Ok(None);
        };
        match link.ask(request) {
            Ok(id) => Ok(Some(id)),
            Err(error) => self.fallen(error).map(|()| None),
        }
    }

    /// The last message; waits until it is on its way.
    pub(super) async fn finish(&mut self, message: &ToServer) {
        if let State::Up(link) = &mut self.state {
            // The link may be gone already; that changes nothing here.
            let _ = link.post(message);
            let _ = link.finish().await;
        }
    }

    /// A link that cannot be written to: one to another machine is brought up again.
    fn fallen(&mut self, error: LinkError) -> Result<(), LinkError> {
        match self.fail(&error) {
            Heard::Lost(_) => Err(error),
            Heard::Message(_) | Heard::Back | Heard::Down => Ok(()),
        }
    }

    /// Tries over another link from now on.
    pub(super) fn begin_again(&mut self, why: String) {
        let now = Instant::now();
        let (since, _) = self.down.take().unwrap_or((now, String::new()));
        self.down = Some((since, why));
        let [a, b, c, d, ..] = *Uuid::new_v4().as_bytes();
        let chance = u32::from_le_bytes([a, b, c, d]);
        self.state = State::Waiting(self.backoff.next(chance, now));
    }

    fn fail(&mut self, error: &LinkError) -> Heard {
        let why = match error {
            LinkError::Closed if matches!(self.place, Place::Here(_)) => {
                "its keeper has gone".into()
            }
            error => error.to_string(),
        };
        // What is used up now, such as the links of a device, is given back in time.
        let lasting = matches!(error, LinkError::Refused(why) if why.kind != FailKind::Exhausted);
        if lasting || matches!(self.place, Place::Here(_)) {
            self.state = State::Over;
            return Heard::Lost(why);
        }
        self.begin_again(why);
        Heard::Down
    }

    fn dial(&mut self) {
        if let Place::Away(remote) = &self.place {
            let remote = std::sync::Arc::clone(remote);
            let dialling = async move { remote.again().await };
            self.state = State::Dialling(Box::pin(dialling));
        }
    }
}

fn in_words(seconds: u64) -> String {
    crate::duration::age(0, seconds.saturating_mul(1000))
}
