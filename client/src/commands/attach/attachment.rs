//! One attachment: the loop between the user's terminal and the keeper.

use std::time::{Duration, Instant};

use abide_protocol::message::{Event, ToClient, ToServer, ViewerHeader};
use abide_protocol::{EventNo, Grant, Revision, Role};

use super::ending::Ending;
use super::events::{self, Shown};
use super::line::{Heard, Line};
use super::opening::Opening;
use super::outgoing::Outgoing;
use super::picture::Picture;
use super::scrolling::{Asked, Over};
use super::signals::{Signal, Signals};
use crate::keys::prefix::Prefix;
use crate::keys::{Decoder, FromTerminal, Outer};
use crate::paint::Keyboard;
use crate::tty::{Probe, Tty, Turn};

/// Bytes read from the terminal at once.
pub(super) const CHUNK: usize = 16 << 10;
/// Messages taken in before the picture is painted, at most.
const BATCH: usize = 64;
/// The first paint waits this long for a terminal that answers at once, so that it need not be
/// painted again in more colours.
const PROBE_PATIENCE: Duration = Duration::from_millis(8);

/// What the user may do here.
pub(super) struct Manners {
    /// Keys are for the prefix only.
    pub(super) watch: bool,
    /// The prefix key for people.
    pub(super) prefix_name: String,
    /// What was typed longer before the loss of the link is held.
    pub(super) resend_after: Duration,
}

/// The attachment and everything it owns.
pub(super) struct Attachment {
    pub(super) line: Line,
    pub(super) opening: Opening,
    pub(super) tty: Tty,
    pub(super) signals: Signals,
    pub(super) picture: Picture,
    pub(super) decoder: Decoder,
    /// What the user typed before this began.
    pub(super) typed: Vec<FromTerminal>,
    pub(super) prefix: Prefix,
    pub(super) outgoing: Outgoing,
    pub(super) probe: Probe,
    pub(super) manners: Manners,
    /// Questions of the scroll mode under way.
    pub(super) asked: Asked,
    pub(super) over: Option<Over>,
    /// What a machine lets this device do.
    pub(super) role: Option<Role>,
    /// The keeper has opened the viewer.
    pub(super) attached: bool,
    /// It has, over this link or an earlier one.
    pub(super) ever_attached: bool,
    /// Last event shown.
    pub(super) event: EventNo,
    /// Revision that is painted once the terminal has taken everything.
    pub(super) painting: Option<Revision>,
    pub(super) began: Instant,
}

/// What woke the loop.
enum Wake {
    Signal(Signal),
    Terminal(std::io::Result<Turn>),
    Link(Heard),
    Clock,
}

/// The loop goes on, or it is left.
pub(super) type Flow = Result<(), Ending>;

impl Attachment {
    /// Runs until there is a reason to end, then gives the terminal back.
    pub(super) async fn run(mut self) -> Ending {
        let mut buffer = vec![0; CHUNK];
        let typed = std::mem::take(&mut self.typed);
        let mut begun = self.typed(typed, Instant::now());
        let ending = loop {
            if let Err(ending) = std::mem::replace(&mut begun, Ok(())) {
                break ending;
            }
            let now = Instant::now();
            if let Err(ending) = self.scroll_effects(now).and_then(|()| self.show(now)) {
                break ending;
            }
            let wake = self.wake(&mut buffer).await;
            if let Err(ending) = self.dispatch(wake, &buffer) {
                break ending;
            }
        };
        self.end(&ending).await;
        ending
    }

    async fn wake(&mut self, buffer: &mut [u8]) -> Wake {
        let deadline = self.deadline();
        let listen = !self.outgoing.full();
        let hear = !self.tty.congested();
        let clock = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            signal = self.signals.next() => Wake::Signal(signal),
            turn = self.tty.turn(buffer, listen) => Wake::Terminal(turn),
            heard = self.line.next(), if hear => Wake::Link(heard),
            () = clock => Wake::Clock,
        }
    }

    fn dispatch(&mut self, wake: Wake, buffer: &[u8]) -> Flow {
        let now = Instant::now();
        match wake {
            Wake::Signal(signal) => self.signal(signal, now),
            Wake::Terminal(Ok(Turn::Written)) => self.written(),
            Wake::Terminal(Ok(Turn::Read(0)) | Err(_)) => Err(Ending::TerminalGone),
            Wake::Terminal(Ok(Turn::Read(count))) => {
                let typed = self.decoder.feed(&buffer[..count], now);
                self.typed(typed, now)
            }
            Wake::Link(heard) => self.heard(heard, now),
            Wake::Clock => self.clock(now),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let patience = self.began + PROBE_PATIENCE;
        let patient = self.probe.open() && Instant::now() < patience;
        [
            self.decoder.deadline(),
            self.outgoing.deadline(),
            self.picture.deadline(),
            patient.then_some(patience),
            self.over.and_then(|over| over.until),
            self.line.deadline(Instant::now()),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn clock(&mut self, now: Instant) -> Flow {
        if self
            .decoder
            .deadline()
            .is_some_and(|deadline| now >= deadline)
        {
            let typed = self.decoder.timeout(now);
            self.typed(typed, now)?;
        }
        if self.line.is_down() {
            self.tell_standing(now);
        }
        for message in self.outgoing.due(now) {
            self.send(&message)?;
        }
        for message in self.picture.tick(now) {
            self.send(&message)?;
        }
        Ok(())
    }

    pub(super) fn send(&mut self, message: &ToServer) -> Flow {
        self.line
            .post(message)
            .map_err(|error| Ending::Lost(error.to_string()))
    }

    /// Paints if there is something new and the terminal keeps up.
    fn show(&mut self, now: Instant) -> Flow {
        let early = self.probe.open() && now < self.began + PROBE_PATIENCE;
        if self.tty.congested() || early && self.painting.is_none() {
            return Ok(());
        }
        let revision = self.picture.snapshot().map(|snapshot| snapshot.revision);
        if self.picture.waits() {
            // Unacknowledged, the keeper would not send what is waited for.
            self.painting = revision;
            return self.write();
        }
        let Some(bytes) = self.picture.paint(now) else {
            return Ok(());
        };
        self.painting = revision;
        if self.picture.outfit.keyboard() == Keyboard::Kitty {
            let flags = self.picture.outfit.kitty_flags();
            self.decoder.set_outer(Outer::Kitty(flags));
        }
        self.tty.undo_by(self.picture.undo());
        self.tty.post(&bytes);
        self.write()
    }

    pub(super) fn write(&mut self) -> Flow {
        self.tty.write_some().map_err(|_| Ending::TerminalGone)?;
        if self.tty.pending() {
            Ok(())
        } else {
            self.written()
        }
    }

    /// The terminal has everything: what it shows is acknowledged.
    fn written(&mut self) -> Flow {
        match self.painting.take() {
            Some(revision) => self.send(&ToServer::Ack { revision }),
            None => Ok(()),
        }
    }

    /// Takes in what has come, then everything that is here already.
    fn heard(&mut self, first: Heard, now: Instant) -> Flow {
        let mut next = first;
        for _ in 0..BATCH {
            match next {
                Heard::Message(message) => self.message(*message, now)?,
                Heard::Back => return self.back(now),
                Heard::Down | Heard::Lost(_) if self.over.is_some() => return self.passed_away(),
                Heard::Down => {
                    self.down(now);
                    return Ok(());
                }
                Heard::Lost(why) => return Err(Ending::Lost(why)),
            }
            if self.picture.full() {
                break;
            }
            match self.line.try_next() {
                Some(heard) => next = heard,
                None => break,
            }
        }
        Ok(())
    }

    fn message(&mut self, message: ToClient, now: Instant) -> Flow {
        match message {
            ToClient::Attached { event, applied, .. } => {
                self.attached = true;
                let again = std::mem::replace(&mut self.ever_attached, true);
                self.event = self.event.max(event);
                if again || self.line.is_down() {
                    self.returned(applied, now)?;
                }
                self.outgoing.applied(applied);
            }
            ToClient::Snapshot { header, snapshot } => {
                let tail = self.header(*header, now)?;
                let messages = self.picture.replace(*snapshot, tail, now);
                self.send_all(&messages)?;
            }
            ToClient::Update { header, update } => {
                let tail = self.header(*header, now)?;
                let messages = self.picture.update(&update, tail, now);
                self.send_all(&messages.map_err(|error| Ending::Lost(error.to_string()))?)?;
            }
            ToClient::Header(header) => {
                let tail = self.header(*header, now)?;
                let messages = self.picture.arrived(tail, now);
                self.send_all(&messages)?;
            }
            ToClient::Driver(driver) => {
                self.picture.driver(&driver, now);
                if driver.you && self.probe.answers() {
                    // Only the driver's terminal counts for colours.
                    self.send(&ToServer::Look(self.probe.look()))?;
                }
            }
            ToClient::Refused { seq, why, .. } => {
                if let Some(line) = self.outgoing.refused(seq, why, now) {
                    self.picture.say(line.into(), now);
                }
            }
            ToClient::Ended { status } => self.program_ended(status, now)?,
            ToClient::Answer { id, answer } => self.scroll_answer(id, answer),
            ToClient::Closed(failure) if self.line.is_down() => {
                return Err(Ending::Vanished(failure.line));
            }
            ToClient::Closed(failure) if self.ever_attached => {
                return Err(Ending::Lost(failure.line));
            }
            ToClient::Closed(failure) => return Err(Ending::Refused(failure)),
            ToClient::Notice(line) => self.picture.say(line, now),
            ToClient::Granted(grant) => self.granted(&grant, now),
            ToClient::Hello(_)
            | ToClient::Summary(_)
            | ToClient::PageEnds(_)
            | ToClient::Unknown => {}
        }
        Ok(())
    }

    /// Said when it is another role than before.
    fn granted(&mut self, grant: &Grant, now: Instant) {
        let before = self.role.replace(grant.role);
        if before.is_some_and(|role| role != grant.role) {
            let line = match grant.role {
                Role::View => "this device may only watch now",
                Role::Type => "this device may type now, in the sessions it was given",
                Role::Manage => "this device may type and manage sessions now",
            };
            self.picture.say(line.into(), now);
        }
    }

    pub(super) fn send_all(&mut self, messages: &[ToServer]) -> Flow {
        messages.iter().try_for_each(|message| self.send(message))
    }

    /// Takes what belongs to this viewer; the rows for the scrollback are left over.
    fn header(
        &mut self,
        header: ViewerHeader,
        now: Instant,
    ) -> Result<Option<abide_protocol::message::Tail>, Ending> {
        self.outgoing.applied(header.applied);
        for (number, event) in header.events {
            if number > self.event {
                self.event = number;
                self.event(&event, now)?;
            }
        }
        Ok(header.tail)
    }

    fn event(&mut self, event: &Event, now: Instant) -> Flow {
        match events::show(event, self.picture.painter.caps()) {
            Shown::Bytes(bytes) => {
                self.tty.post(&bytes);
                self.write()
            }
            Shown::Line(line) => {
                self.picture.say(line, now);
                Ok(())
            }
        }
    }
}
