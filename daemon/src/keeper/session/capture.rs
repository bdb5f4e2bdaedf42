//! Captures of long histories: collected in short slices between reads of the terminal, and
//! encoded on another thread, so that a program never waits for them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use abide_protocol::message::{Answer, FailKind, ToClient};
use abide_protocol::{LineNo, RequestId, Row, Snapshot, wire};

use super::{Session, failure};
use crate::keeper::link::Work;

/// A slice ends after this long.
const SLICE: Duration = Duration::from_millis(2);
/// Rows that are read at once within a slice.
const STEP: u64 = 200;
/// Captures up to this many rows are encoded at once: less than a slice.
const SMALL: usize = 1000;

/// A capture that is being collected.
pub(crate) struct Capture {
    id: RequestId,
    snapshot: Arc<Snapshot>,
    /// The next row to read, up to the snapshot's top.
    next: LineNo,
    history: Vec<Arc<Row>>,
}

impl Session {
    /// Begins a capture of the screen and `history` rows above it. It takes the place of another
    /// one of the same link.
    pub(super) fn capture(&mut self, index: usize, id: RequestId, history: u64, now: Instant) {
        let snapshot = self.snapshot(now);
        let floor = self
            .limits(index)
            .floor
            .unwrap_or_default()
            .max(snapshot.floor);
        let next = LineNo(snapshot.top.0.saturating_sub(history)).max(floor);
        let Some(link) = self.links.get_mut(index) else {
            return;
        };
        if let Some(Work::Collecting(old)) = link.work.take() {
            let line = "a later capture took its place".into();
            link.answer(old.id, Answer::Failed(failure(FailKind::State, line)));
        }
        link.work = Some(Work::Collecting(Capture {
            id,
            snapshot,
            next,
            history: Vec::new(),
        }));
    }

    /// Goes on with the captures under way, one after the other.
    pub(super) fn collect(&mut self) {
        let begun = Instant::now();
        for index in 0..self.links.len() {
            while begun.elapsed() < SLICE {
                if !self.collect_some(index) {
                    break;
                }
            }
        }
    }

    /// Whether a capture waits for its next slice.
    pub(super) fn collects(&self) -> bool {
        let collecting = |work: &Work| matches!(work, Work::Collecting(_));
        self.links
            .iter()
            .any(|link| link.work.as_ref().is_some_and(collecting))
    }

    /// Reads some rows of a link's capture. Answers whether there is more to do.
    fn collect_some(&mut self, index: usize) -> bool {
        let Some(link) = self.links.get_mut(index) else {
            return false;
        };
        let Some(Work::Collecting(capture)) = &mut link.work else {
            return false;
        };
        let missing = capture.snapshot.top.since(capture.next);
        let (from, rows) = self
            .engine
            .rows(capture.snapshot.book, capture.next, missing.min(STEP));
        if from > capture.next {
            // Older rows were dropped meanwhile: what was read before them is no more either.
            capture.history.clear();
        }
        capture.next = from.plus(rows.len() as u64);
        let more = !rows.is_empty();
        capture.history.extend(rows);
        if !more && let Some(Work::Collecting(capture)) = link.work.take() {
            let small = capture.history.len() <= SMALL;
            let message = capture.finish();
            if small {
                link.send(&message);
            } else {
                link.work = Some(Work::Encoding(tokio::task::spawn_blocking(move || {
                    let mut bytes = Vec::new();
                    wire::encode_to_client(&message, &mut bytes);
                    bytes
                })));
            }
        }
        more
    }
}

impl Capture {
    fn finish(self) -> ToClient {
        let snapshot = Box::new(Snapshot::clone(&self.snapshot));
        ToClient::Answer {
            id: self.id,
            answer: Answer::Captured {
                history: self.history,
                snapshot,
            },
        }
    }
}
