//! What viewers are sent: whole states, updates, and headers alone.

use std::sync::Arc;
use std::time::Instant;

use abide_protocol::limits::{TAIL_AFTER_GAP, TAIL_BYTES, TAIL_BYTES_AFTER_GAP, TAIL_ROWS};
use abide_protocol::message::{self, ToClient, ViewerHeader};
use abide_protocol::{Book, LineNo, Row, Snapshot};

use super::Session;
use crate::keeper::tail::Extent;
use crate::keeper::viewer::{Need, Viewer};

/// Bytes that a run adds to a row on the wire, roughly.
const RUN: usize = 8;

impl Session {
    /// Sends every viewer what is due.
    pub(super) fn frames(&mut self, now: Instant) {
        for index in 0..self.links.len() {
            self.frame(index, now);
        }
        // Equal viewers are not always due in the same turn.
        let waits = |index| {
            self.viewer(index)
                .is_some_and(|viewer| viewer.frames && viewer.pacing.waits())
        };
        if !(0..self.links.len()).any(waits) {
            self.bodies.clear();
        }
    }

    fn frame(&mut self, index: usize, now: Instant) {
        let Some(viewer) = self.viewer(index) else {
            return;
        };
        match viewer.need {
            _ if !viewer.frames => self.send_header(index, now),
            Need::Snapshot => self.send_snapshot(index, now),
            Need::Update => self.send_update(index, now),
            Need::Paced => match viewer.pacing.due(now, self.drained, self.top, &self.grid) {
                Some(due) if due <= now => self.send_update(index, now),
                Some(_) => {}
                None => self.send_header(index, now),
            },
        }
    }

    /// When the clock has something to do for viewers.
    pub(super) fn frames_deadline(&self, now: Instant) -> Option<Instant> {
        let of = |index| {
            let viewer = self.viewer(index)?;
            let due = viewer.pacing.due(now, self.drained, self.top, &self.grid);
            due.filter(|_| viewer.frames).or_else(|| {
                let idle = self
                    .links
                    .get(index)
                    .is_some_and(|link| link.unwritten() == 0);
                let tail = viewer.tail.as_ref().filter(|_| idle)?;
                tail.deadline(&self.extent(viewer))
            })
        };
        (0..self.links.len()).filter_map(of).min()
    }

    fn send_snapshot(&mut self, index: usize, now: Instant) {
        let snapshot = self.snapshot(now);
        let Some(header) = self.header(index, &snapshot, now) else {
            return;
        };
        let Some(link) = self.links.get_mut(index) else {
            return;
        };
        let before = link.queued();
        link.send(&ToClient::Snapshot {
            header: Box::new(header),
            snapshot: Box::new(Snapshot::clone(&snapshot)),
        });
        let bytes = link.queued() - before;
        self.sent(index, &snapshot, bytes, now);
    }

    fn send_update(&mut self, index: usize, now: Instant) {
        let snapshot = self.snapshot(now);
        let Some(viewer) = self.viewer(index) else {
            return;
        };
        let Some(base) = viewer.pacing.base().cloned() else {
            return self.send_snapshot(index, now);
        };
        if base.revision == snapshot.revision && viewer.need == Need::Paced {
            if let Some(viewer) = self.viewer_mut(index) {
                viewer.pacing.settled();
            }
            return self.send_header(index, now);
        }
        let body = self.bodies.body(&base, &snapshot);
        let Some(header) = self.header(index, &snapshot, now) else {
            return;
        };
        let Some(link) = self.links.get_mut(index) else {
            return;
        };
        let bytes = link.update(&header, &body);
        self.sent(index, &snapshot, bytes, now);
    }

    fn sent(&mut self, index: usize, snapshot: &Arc<Snapshot>, bytes: usize, now: Instant) {
        self.grid.sent(now);
        if let Some(viewer) = self.viewer_mut(index) {
            viewer.need = Need::Paced;
            viewer.pacing.sent(now, snapshot, bytes);
        }
    }

    /// Sends what a viewer gets without a new state, once it has taken what was sent before.
    fn send_header(&mut self, index: usize, now: Instant) {
        if self
            .links
            .get(index)
            .is_none_or(|link| link.unwritten() > 0)
        {
            return;
        }
        let Some(header) = self.viewer(index).and_then(|viewer| {
            let stream = viewer.stream;
            let news = self.visible(viewer) > viewer.applied
                || (viewer.limits.see && !self.events.after(viewer.event, stream).is_empty())
                || viewer
                    .tail
                    .as_ref()
                    .is_some_and(|tail| tail.behind(&self.extent(viewer)));
            news.then_some(index)
        }) else {
            return;
        };
        let header = self.plain_header(header, now);
        let empty = header.tail.is_none() && header.events.is_empty();
        let Some(link) = self.links.get_mut(index) else {
            return;
        };
        let Some(viewer) = &mut link.viewer else {
            return;
        };
        if empty && header.applied <= viewer.applied {
            return;
        }
        viewer.applied = header.applied;
        link.send(&ToClient::Header(Box::new(header)));
    }

    /// Sends the history that a fresh viewer asked for, ahead of its first state.
    pub(super) fn send_history(&mut self, index: usize, now: Instant) {
        while let Some(tail) = self.take_tail(index, true, now) {
            if let Some(link) = self.links.get_mut(index) {
                link.send(&ToClient::Header(Box::new(ViewerHeader {
                    applied: link
                        .viewer
                        .as_ref()
                        .map(|viewer| viewer.applied)
                        .unwrap_or_default(),
                    tail: Some(tail),
                    events: Vec::new(),
                })));
            }
        }
    }

    /// The header that goes with a state.
    fn header(&mut self, index: usize, snapshot: &Snapshot, now: Instant) -> Option<ViewerHeader> {
        if let Some(viewer) = self
            .viewer_mut(index)
            .filter(|_| snapshot.book == Book::Main)
        {
            viewer.top = snapshot.top;
        }
        let header = self.plain_header(index, now);
        let viewer = self.viewer_mut(index)?;
        viewer.applied = header.applied.max(viewer.applied);
        Some(header)
    }

    fn plain_header(&mut self, index: usize, now: Instant) -> ViewerHeader {
        let tail = self.take_tail(index, false, now);
        let Some(viewer) = self.viewer(index) else {
            return ViewerHeader::default();
        };
        let events = if viewer.limits.see {
            self.events.after(viewer.event, viewer.stream)
        } else {
            Vec::new()
        };
        let applied = self.visible(viewer);
        let last = self.events.last();
        if let Some(viewer) = self.viewer_mut(index) {
            viewer.event = last;
        }
        ViewerHeader {
            applied,
            tail,
            events,
        }
    }

    fn visible(&self, viewer: &Viewer) -> abide_protocol::InputSeq {
        let applied = if viewer.frames {
            self.streams.visible(viewer.stream)
        } else {
            self.streams.applied(viewer.stream)
        };
        applied.max(viewer.applied)
    }

    /// The next rows for a viewer's native scrollback; `at_once` without waiting for quiet.
    fn take_tail(&mut self, index: usize, at_once: bool, now: Instant) -> Option<message::Tail> {
        let mut extent = self.extent(self.viewer(index)?);
        if at_once {
            extent.moved = None;
        } else if self.viewer(index)?.tail.as_ref()?.wants_floor(&extent, now) {
            let floor = self.affordable(&extent);
            let tail = self.viewer_mut(index)?.tail.as_mut()?;
            tail.set_floor(floor, &extent);
        }
        let viewer = self.viewer_mut(index)?;
        let tail = viewer.tail.as_mut()?;
        let stretch = tail.next(&extent, now)?;
        let (from, mut rows) = self.engine.rows(Book::Main, stretch.from, stretch.count);
        let tail = self.viewer_mut(index)?.tail.as_mut()?;
        if rows.is_empty() {
            tail.sent(extent.top);
            return None;
        }
        let fit = fitting(&rows);
        if fit < rows.len() && !at_once && !tail.in_burst() {
            tail.postpone();
            return None;
        }
        rows.truncate(fit);
        tail.sent(from.plus(rows.len() as u64));
        Some(message::Tail {
            from,
            skipped: stretch.skipped + from.since(stretch.from),
            rows,
        })
    }

    /// The oldest row from which all newer ones are at most [`TAIL_BYTES_AFTER_GAP`]. Reads no
    /// more rows than that, and [`TAIL_AFTER_GAP`], need.
    fn affordable(&self, extent: &Extent) -> LineNo {
        let oldest = LineNo(extent.top.0.saturating_sub(TAIL_AFTER_GAP)).max(extent.first);
        let (mut from, mut left) = (extent.top, TAIL_BYTES_AFTER_GAP);
        while from > oldest {
            let count = from.since(oldest).min(TAIL_ROWS);
            let (_, rows) = self.engine.rows(Book::Main, LineNo(from.0 - count), count);
            if rows.is_empty() {
                return from;
            }
            for row in rows.iter().rev() {
                let Some(less) = left.checked_sub(weight(row)) else {
                    return from;
                };
                left = less;
                from = LineNo(from.0 - 1);
            }
        }
        from
    }

    fn extent(&self, viewer: &Viewer) -> Extent {
        let first = self.engine.first(Book::Main);
        Extent {
            first: viewer.limits.floor.map_or(first, |floor| floor.max(first)),
            top: viewer.top,
            moved: self.moved,
        }
    }

    pub(super) fn viewer(&self, index: usize) -> Option<&Viewer> {
        self.links.get(index)?.viewer.as_ref()
    }

    fn viewer_mut(&mut self, index: usize) -> Option<&mut Viewer> {
        self.links.get_mut(index)?.viewer.as_mut()
    }
}

/// Bytes of a row on the wire, roughly.
fn weight(row: &Row) -> usize {
    row.text().len() + RUN * (1 + row.runs().count())
}

/// How many of the rows fit into one frame; at least one.
fn fitting(rows: &[Arc<Row>]) -> usize {
    let mut bytes = 0;
    let fit = rows.iter().take_while(|row| {
        bytes += weight(row);
        bytes <= TAIL_BYTES
    });
    fit.count().max(1)
}
