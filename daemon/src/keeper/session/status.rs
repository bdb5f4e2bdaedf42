//! What lists and `info` show, and the summaries that the daemon gets.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use abide_protocol::message::{SessionInfo, SessionState, ToClient};
use abide_protocol::{Row, text};

use super::Session;
use super::ending::Life;

/// The daemon gets at most one summary in this time.
const SUMMARY: Duration = Duration::from_secs(1);
/// Bytes of the last line that lists show.
const LAST_LINE: usize = 400;

/// Counters and times. Times are milliseconds since the Unix epoch.
pub(super) struct Status {
    created: u64,
    active: u64,
    used: u64,
    pub(super) ended: Option<u64>,
    pub(super) bytes: u64,
    pub(super) bells: u64,
    /// Something changed that summaries tell.
    changed: bool,
    /// The next summary may go from then on.
    next: Instant,
}

impl Status {
    pub(super) fn new(begun: Instant) -> Self {
        let now = epoch_ms();
        Self {
            created: now,
            active: now,
            used: now,
            ended: None,
            bytes: 0,
            bells: 0,
            changed: false,
            next: begun,
        }
    }

    /// The program wrote something.
    pub(super) fn output(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        self.active = epoch_ms();
        self.changed = true;
    }

    /// A person attached or typed.
    pub(super) fn used(&mut self) {
        self.used = epoch_ms();
        self.changed = true;
    }

    pub(super) fn changed(&mut self) {
        self.changed = true;
    }

    /// The end is told at once.
    pub(super) fn ended(&mut self, now: Instant) {
        self.ended = Some(epoch_ms());
        self.changed = true;
        self.next = now;
    }
}

impl Session {
    /// The session as lists show it.
    pub(crate) fn info(&mut self, now: Instant) -> SessionInfo {
        let snapshot = self.snapshot(now);
        let history = self.engine.history();
        let directory = match &*snapshot.directory {
            "" => &self.identity.directory,
            directory => directory,
        };
        SessionInfo {
            id: self.identity.id,
            name: self.identity.name.clone(),
            command: self.identity.command.clone(),
            directory: text::line(directory).into_owned(),
            state: match self.life {
                Life::Running | Life::Stopping(_) | Life::Exited { .. } => SessionState::Running,
                Life::Ended { status, .. } => SessionState::Ended(status),
            },
            size: self.wheel.size(),
            driver: self.wheel.name().map(Into::into),
            viewers: self
                .links
                .iter()
                .filter(|link| link.viewer.is_some())
                .count() as u32,
            created: self.status.created,
            active: self.status.active,
            title: snapshot.title.to_string(),
            last_line: last_line(snapshot.rows.iter().map(AsRef::as_ref)),
            bells: self.status.bells,
            pid: self.life.runs().then_some(self.identity.pid),
            keeper: Some(std::process::id()),
            revision: snapshot.revision,
            rebuilt: self.engine.rebuilt(),
            history_rows: history.rows,
            history_bytes: history.memory,
            ended: self.status.ended,
            tty: Some(self.identity.tty.clone()),
            bytes: self.status.bytes,
            used: self.status.used,
            trusted: Some(self.identity.trusted()),
            confined: Some(self.identity.confined),
            history_stored: Some(history.stored),
            updates_sent: Some(self.bodies.sent()),
            updates_made: Some(self.bodies.made()),
            history_lost: Some(self.engine.all_lost()),
        }
    }

    /// Sends the daemon a summary if one is due.
    pub(super) fn summarize(&mut self, now: Instant) {
        if self.summary_deadline().is_none_or(|due| now < due) {
            return;
        }
        let summary = ToClient::Summary(Box::new(self.info(now)));
        self.status.changed = false;
        self.status.next = now + SUMMARY;
        for link in self
            .links
            .iter_mut()
            .filter(|link| link.subscribed && !link.busy())
        {
            link.send(&summary);
        }
    }

    pub(super) fn summary_deadline(&self) -> Option<Instant> {
        let wanted = self.status.changed && self.links.iter().any(|link| link.subscribed);
        wanted.then_some(self.status.next)
    }
}

/// Text of the lowest row that is not blank.
fn last_line<'a>(rows: impl DoubleEndedIterator<Item = &'a Row>) -> String {
    let line = rows
        .rev()
        .map(|row| row.text().trim())
        .find(|line| !line.is_empty());
    text::cut(line.unwrap_or_default(), LAST_LINE).to_owned()
}

fn epoch_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
