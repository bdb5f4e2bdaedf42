//! The end: of the program, of its terminal, and of the keeper.

use std::time::{Duration, Instant};

use abide_protocol::Book;
use abide_protocol::message::{Answer, Event, ExitStatus, ToClient};

use super::Session;
use crate::keeper::link::{Link, Phase};
use crate::keeper::pty::Signal;
use crate::keeper::viewer::Need;

/// What the leader left running may write this long after its exit.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Between the steps of a stop.
const STEP: Duration = Duration::from_secs(5);
/// The keeper leaves this long after its last viewer.
const LINGER: Duration = Duration::from_secs(10);
/// Links that do not take their last messages are given up after this long.
const FAREWELL: Duration = Duration::from_secs(1);

/// How far the session has come.
#[derive(Clone, Copy, Debug)]
pub(super) enum Life {
    Running,
    Stopping(Stop),
    /// The leader is gone; what it wrote is still being read.
    Exited {
        status: ExitStatus,
        since: Instant,
    },
    /// Everything is written down. `alone`: since when there is no viewer.
    Ended {
        status: ExitStatus,
        since: Instant,
        alone: Option<Instant>,
    },
}

/// The next step of a stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    signal: Signal,
    at: Instant,
}

impl Life {
    /// The leader has not been reaped.
    pub(super) fn runs(&self) -> bool {
        matches!(self, Self::Running | Self::Stopping(_))
    }

    /// When the clock has something to do; only times to come count once the session has ended.
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        match self {
            Self::Running => None,
            Self::Stopping(stop) => Some(stop.at),
            Self::Exited { since, .. } => Some(*since + LAST_WORDS),
            Self::Ended { since, alone, .. } => {
                let times = [
                    Some(*since + FAREWELL),
                    Some(*since + LINGER),
                    alone.map(|alone| alone + LINGER),
                ];
                times.into_iter().flatten().filter(|at| *at > now).min()
            }
        }
    }
}

impl Session {
    /// Asks the program to end: hang-up, then terminate, then kill, five seconds apart.
    pub(super) fn stop(&mut self, now: Instant) {
        if matches!(self.life, Life::Running) {
            self.signal(Signal::HUP);
            self.life = Life::Stopping(Stop {
                signal: Signal::TERM,
                at: now + STEP,
            });
        }
    }

    pub(super) fn kill(&mut self) {
        self.signal(Signal::KILL);
    }

    fn signal(&mut self, signal: Signal) {
        if self.life.runs() {
            let foreground = self.master.foreground();
            self.leader.signal(signal, foreground);
            // A stopped program hears nothing until it continues.
            self.leader.signal(Signal::CONT, foreground);
        }
    }

    /// The leader has exited.
    pub(super) fn exited(&mut self, now: Instant) {
        let Some(status) = self.leader.reap() else {
            return;
        };
        self.life = Life::Exited { status, since: now };
        self.master.let_close();
        if !self.open {
            self.finish(status, now);
        }
    }

    /// Nobody has the terminal open any more.
    pub(super) fn closed(&mut self, now: Instant) {
        self.open = false;
        self.blocked = false;
        if let Life::Exited { status, .. } = self.life {
            self.finish(status, now);
        }
    }

    /// What the clock makes of it.
    pub(super) fn proceed(&mut self, now: Instant) {
        if self.repaint.is_some_and(|at| now >= at) {
            self.repaint = None;
            let _ = self.master.resize(self.wheel.size(), self.engine.cell());
        }
        if self
            .life
            .deadline(now)
            .is_none_or(|deadline| now < deadline)
        {
            return;
        }
        match self.life {
            Life::Running | Life::Ended { .. } => {}
            Life::Stopping(stop) => {
                self.signal(stop.signal);
                self.life = Life::Stopping(Stop {
                    signal: Signal::KILL,
                    at: now + STEP,
                });
            }
            Life::Exited { status, .. } => {
                self.output(now);
                self.open = false;
                if !matches!(self.life, Life::Ended { .. }) {
                    self.finish(status, now);
                }
            }
        }
    }

    /// Shows the last state, writes everything down, and tells everybody.
    fn finish(&mut self, status: ExitStatus, now: Instant) {
        self.engine.end_hold();
        self.hold.end();
        self.status.ended(now);
        self.life = Life::Ended {
            status,
            since: now,
            alone: None,
        };
        for index in 0..self.links.len() {
            self.send_history(index, now);
            let viewer = self
                .links
                .get_mut(index)
                .and_then(|link| link.viewer.as_mut());
            if let Some(viewer) = viewer.filter(|viewer| viewer.need == Need::Paced) {
                viewer.need = Need::Update;
            }
        }
        if let Err(error) = self.write_down(now) {
            tracing::error!(%error, "cannot keep the ended session");
            let line = format!("the ended session could not be kept: {error}");
            self.events.push(Event::Notice(line), None);
        }
        self.frames(now);
        for link in &mut self.links {
            for id in std::mem::take(&mut link.waits) {
                link.answer(id, Answer::Exited(status));
            }
        }
        self.tell_end(status);
        if !self.links.iter().any(|link| link.viewer.is_some()) {
            let alone = now.checked_sub(LINGER);
            self.life = Life::Ended {
                status,
                since: now,
                alone,
            };
        }
        tracing::info!(id = %self.identity.id, ?status, "session ended");
    }

    fn write_down(&mut self, now: Instant) -> std::io::Result<()> {
        self.pack();
        self.packer.fit(&mut self.engine);
        let first = self.engine.first(Book::Main);
        let written = self.write_last(now);
        if let Err(error) = self.packer.complete(&mut self.engine) {
            tracing::error!(%error, "cannot keep the history of the ended session");
            let line = format!("the history of the ended session could not be kept: {error}");
            self.events.push(Event::Notice(line), None);
        }
        // On a full disk the history has made room by now.
        if written.is_err() || self.engine.first(Book::Main) != first {
            self.write_last(now)?;
        }
        self.identity.place.record.finish()
    }

    /// Writes down the last state. It says where the history begins that is kept with it.
    fn write_last(&mut self, now: Instant) -> std::io::Result<()> {
        let mut info = self.info(now);
        let mut last = self.snapshot(now).as_ref().clone();
        let mut main = (last.book == Book::Alternate).then(|| self.engine.main_behind(&last));
        let shown = main.as_mut().unwrap_or(&mut last);
        shown.first = self.engine.first(Book::Main);
        if self.packer.forgets() {
            shown.first = shown.top;
            info.history_rows = 0;
        }
        shown.floor = shown.floor.max(shown.first);
        self.identity
            .place
            .record
            .write(&info, &last, main.as_ref())
    }

    /// Tells viewers that have not heard it, after their last frame.
    pub(super) fn tell_end(&mut self, status: ExitStatus) {
        for link in &mut self.links {
            let Some(viewer) = link.viewer.as_mut().filter(|viewer| !viewer.ended) else {
                continue;
            };
            viewer.ended = true;
            link.send(&ToClient::Ended { status });
        }
    }

    /// Whether the keeper may leave.
    pub(super) fn over(&mut self, now: Instant) -> bool {
        let Life::Ended {
            status,
            since,
            alone,
        } = &mut self.life
        else {
            return false;
        };
        let (status, since) = (*status, *since);
        let lonely = !self.links.iter().any(|link| link.viewer.is_some());
        *alone = lonely.then(|| alone.unwrap_or(now));
        let left = alone.is_some_and(|alone| now >= alone + LINGER);
        self.tell_end(status);
        if now >= since + LINGER {
            for link in self.links.iter_mut().filter(|link| link.unwritten() > 0) {
                link.phase = Phase::Closed;
            }
        }
        left && (now >= since + FAREWELL || self.links.iter().all(Link::idle))
    }

    /// Lets go of everything; what still runs in the terminal is hung up by that.
    pub(super) fn leave(self) {
        tracing::info!(id = %self.identity.id, "keeper leaves");
    }
}
