//! A device's line: the channel, what carries it, and what waits to be sent. What goes out and what
//! comes in do not wait for each other.

use std::time::Duration;

use abide_protocol::channel::daemon::RemoteSession;
use abide_protocol::channel::{End, Opened, SealError};
use abide_protocol::message::{Answer, FailKind, ToClient};
use abide_protocol::wire;
use tokio::time::{Instant, sleep_until, timeout};

use super::CLOSE_NORMAL;
use super::unopened::LONGEST;
use super::waiting::{Of, Waiting};
use crate::daemon::roster::failure;
use crate::daemon::web::carrier::{Carrier, CarrierError, Turn};

/// A device that does not take what it is sent for this long is not there any more.
const SEND_PATIENCE: Duration = Duration::from_secs(30);
/// The last word to a device waits no longer than this.
pub(super) const FAREWELL: Duration = Duration::from_secs(1);

/// Why a link ends.
pub(super) enum Ending {
    /// The device is told.
    Told(End),
    /// It is not there any more or broke the protocol, or was told why in a message.
    Gone,
    /// It left for good.
    Left,
}

impl From<CarrierError> for Ending {
    fn from(error: CarrierError) -> Self {
        match error {
            CarrierError::Left => Self::Left,
            _ => Self::Gone,
        }
    }
}

impl From<SealError> for Ending {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Worn => Self::Told(End::Rekeyed),
            SealError::Closed | SealError::NoFrames | SealError::Part(_) => Self::Gone,
        }
    }
}

pub(super) struct Line {
    session: RemoteSession,
    carrier: Carrier,
    waiting: Waiting,
    /// When the device has to have taken the frame under way.
    due: Instant,
}

impl Line {
    pub(super) fn new(session: RemoteSession, carrier: Carrier) -> Self {
        Self {
            session,
            carrier,
            waiting: Waiting::default(),
            due: Instant::now(),
        }
    }

    /// When its keys have served their time.
    pub(super) fn worn_at(&self) -> Instant {
        self.session.worn_at().into()
    }

    /// Sends a message of the daemon's, during [`Self::next`].
    pub(super) fn say(&mut self, message: &ToClient) {
        let mut frames = Vec::new();
        wire::encode_to_client(message, &mut frames);
        if frames.len() > LONGEST {
            // An answer that no channel carries becomes one that says so.
            let ToClient::Answer { id, .. } = message else {
                return;
            };
            let line = "the answer is too long for a device: ask for less";
            let answer = Answer::Failed(failure(FailKind::Exhausted, line));
            frames.clear();
            wire::encode_to_client(&ToClient::Answer { id: *id, answer }, &mut frames);
        }
        self.waiting.push(Of::Daemon, frames);
    }

    /// Sends a keeper's message, whose frames nobody looks into, during [`Self::next`].
    pub(super) fn pass(&mut self, frames: Vec<u8>) {
        self.waiting.push(Of::Session, frames);
    }

    /// There is room for another message to the device.
    pub(super) fn takes(&self) -> bool {
        self.waiting.takes()
    }

    /// The next part that the device sends, if it `hears`. `None`: some of what waited is sent. May
    /// be dropped and called again without loss.
    pub(super) async fn next(&mut self, hears: bool) -> Result<Option<Vec<u8>>, Ending> {
        if !self.carrier.is_sending()
            && let Some(frame) = self.waiting.next()
        {
            for sealed in self.session.seal(&frame, std::time::Instant::now())? {
                self.carrier.begin(sealed);
            }
            self.due = Instant::now() + SEND_PATIENCE;
        }
        let stuck = self.carrier.is_sending();
        let turn = tokio::select! {
            turn = self.carrier.turn(hears && self.waiting.hears()) => turn?,
            () = sleep_until(self.due), if stuck => return Err(Ending::Gone),
        };
        let Turn::Heard(message) = turn else {
            return Ok(None);
        };
        match self.session.open(&message, std::time::Instant::now()) {
            Ok(Opened::Part(part)) => Ok(Some(part)),
            Ok(Opened::Ended(_)) | Err(_) => Err(Ending::Gone),
        }
    }

    /// Says the last word and closes. Who is told why it ends gets nothing any more of what waited.
    pub(super) async fn end(mut self, ending: Ending) {
        let _ = timeout(FAREWELL, self.last_words(&ending)).await;
        let Self {
            session,
            mut carrier,
            ..
        } = self;
        if let Ending::Told(why) = ending
            && let Some(last) = session.end(why)
        {
            let _ = timeout(FAREWELL, carrier.send(last)).await;
        }
        carrier.close(CLOSE_NORMAL).await;
    }

    /// What was said before the end, and the frame under way in any case.
    async fn last_words(&mut self, ending: &Ending) -> Result<(), Ending> {
        if matches!(ending, Ending::Told(_)) {
            self.waiting = Waiting::default();
        }
        while self.carrier.is_sending() || !self.waiting.is_empty() {
            self.next(false).await?;
        }
        Ok(())
    }
}
