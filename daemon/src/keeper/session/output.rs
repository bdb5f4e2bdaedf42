//! From the terminal to the screen.

use std::sync::Arc;
use std::time::{Duration, Instant};

use abide_protocol::message::{Event, LostRows};
use abide_protocol::{Size, Snapshot};

use super::Session;
use crate::keeper::pty::Read;
use crate::keeper::viewer::Need;

/// One turn of reading ends after this long at the latest: viewers wait no longer for it.
const TURN: Duration = Duration::from_millis(2);
/// Bytes that one turn reads at most.
const TURN_BYTES: usize = 256 << 10;
/// A turn that has read so much, which is all that a terminal holds, expects more.
const FLOOD: usize = 4 << 10;
/// What control sequences begin with.
const ESC: u8 = 0x1b;

impl Session {
    /// Reads what the program wrote, until there is no more or the turn is over.
    pub(super) fn output(&mut self, now: Instant) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let (mut total, mut filled, mut closed) = (0, 0, false);
        self.drained = false;
        // A terminal gives some 4 KiB at a time. Plain lines are fed together: those that only pass
        // through the screen cost much less then. All else is fed while the program writes on.
        while !self.drained && total < TURN_BYTES && now.elapsed() < TURN {
            let free = buffer.get_mut(filled..).unwrap_or_default();
            let mut read = self.master.read(free);
            if read == Read::Drained && total >= FLOOD {
                read = self.master.read_soon(free);
            }
            match read {
                Read::Bytes(count) => {
                    let fresh = buffer.get(filled..filled + count);
                    let plain = fresh.is_some_and(|fresh| !fresh.contains(&ESC));
                    total += count;
                    filled += count;
                    if !plain || filled == buffer.len() {
                        self.feed(buffer.get(..filled).unwrap_or_default(), now);
                        filled = 0;
                    }
                }
                Read::Drained => self.drained = true,
                Read::Closed => (self.drained, closed) = (true, true),
            }
        }
        self.feed(buffer.get(..filled).unwrap_or_default(), now);
        if closed {
            self.closed(now);
        }
        self.buffer = buffer;
        if total > 0 {
            self.status.output(total);
            self.queue.output(now);
            if self.drained {
                self.streams.output_drained();
            }
            self.mark(now);
            self.echo();
        }
    }

    /// What the program just wrote may be the echo that a viewer waits for.
    fn echo(&mut self) {
        if self.engine.changed() {
            let viewers = self
                .links
                .iter_mut()
                .filter_map(|link| link.viewer.as_mut());
            viewers.for_each(|viewer| viewer.pacing.answered());
        }
    }

    fn feed(&mut self, mut bytes: &[u8], now: Instant) {
        while !bytes.is_empty() {
            let used = self.engine.feed(bytes);
            bytes = bytes.get(used..).unwrap_or_default();
            self.hold.observe(self.engine.synchronized(), now);
        }
        let replies = self.engine.take_replies();
        if !replies.is_empty() {
            self.queue.reply(&replies);
        }
        self.take_events();
        if self.engine.take_fault() {
            self.repaint_after_fault(now);
        }
    }

    /// Events become numbered; many bells at once are one.
    fn take_events(&mut self) {
        let mut rang = false;
        for event in self.engine.take_events() {
            self.status.changed();
            match event {
                Event::Bell => {
                    self.status.bells += 1;
                    if !std::mem::replace(&mut rang, true) {
                        self.events.push(Event::Bell, None);
                    }
                }
                Event::Clipboard { .. } => {
                    let addressee = self.typist.or_else(|| self.driving_stream());
                    if addressee.is_some() {
                        self.events.push(event, addressee);
                    }
                }
                Event::Notification { .. } | Event::Notice(_) => self.events.push(event, None),
                Event::Unknown => {}
            }
        }
    }

    fn driving_stream(&self) -> Option<abide_protocol::StreamId> {
        let index = self.link_of(self.wheel.viewer()?)?;
        let viewer = self.links.get(index)?.viewer.as_ref()?;
        Some(viewer.stream)
    }

    /// The picture is lost. A program repaints when its size changes, and again when it is back.
    fn repaint_after_fault(&mut self, now: Instant) {
        self.events.push(
            Event::Notice("the screen had to be rebuilt; the program was asked to repaint".into()),
            None,
        );
        for viewer in self
            .links
            .iter_mut()
            .filter_map(|link| link.viewer.as_mut())
        {
            viewer.pacing.forget();
            viewer.need = Need::Snapshot;
        }
        let size = self.wheel.size();
        let other = Size::clamped(size.cols(), size.rows().saturating_sub(1));
        let _ = self.master.resize(other, self.engine.cell());
        self.repaint = Some(now + REPAINT);
    }

    /// Hands over the rows of history that will not change any more.
    pub(super) fn pack(&mut self) {
        let sealed = self.engine.take_sealed();
        if sealed.is_empty() {
            self.packer.rest();
        } else {
            self.packer.take(sealed);
        }
        if let Some(error) = self.packer.take_trouble() {
            tracing::warn!(%error, "history cannot be written to the disk");
            let line = format!(
                "history cannot be written to the disk ({error}); from now on its oldest rows go \
                 earlier"
            );
            self.events.push(Event::Notice(line), None);
        }
    }

    /// Tells once that somebody wanted rows that cannot be read any more.
    pub(super) fn tell_loss(&mut self) {
        let lost = self.packer.lost() > 0;
        if std::mem::replace(&mut self.loss_told, lost) || !lost {
            return;
        }
        let LostRows { rows, from, end } = self.engine.all_lost();
        let file = self.identity.place.record.history();
        tracing::error!(id = %self.identity.id, rows, file = %file.display(), "history cannot be read");
        let line = format!(
            "{rows} rows of history ({} to {}) cannot be read: {} is damaged; the session goes on",
            from.plus(1).0,
            end.0,
            file.display()
        );
        self.events.push(Event::Notice(line), None);
        self.status.changed();
    }

    /// Viewers learn of the present state as their pacing says.
    pub(super) fn mark(&mut self, now: Instant) {
        let top = self.engine.top(abide_protocol::Book::Main);
        if top != self.top {
            self.top = top;
            self.moved = Some(now);
        }
        if !self.engine.changed() {
            return;
        }
        for viewer in self
            .links
            .iter_mut()
            .filter_map(|link| link.viewer.as_mut())
        {
            viewer.pacing.changed(now);
        }
    }

    /// The presented state. Whoever has an older one is due for an update.
    pub(super) fn snapshot(&mut self, now: Instant) -> Arc<Snapshot> {
        self.mark(now);
        self.engine.snapshot()
    }
}

/// Between the two resizes after a fault: a program must see both.
pub(super) const REPAINT: Duration = Duration::from_millis(30);
