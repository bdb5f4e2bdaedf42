//! Long reads of a session's rows. They go on on other threads, over the rows as they were when
//! they were asked for, so that the program never waits for them.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use abide_protocol::limits::ROWS_PER_REQUEST;
use abide_protocol::message::{Answer, FailKind, LostRows, Search, ToClient};
use abide_protocol::{Book, LineNo, RequestId, Row, Snapshot, wire};
use abide_screen::Reader;
use tokio::task::JoinHandle;

use super::{Session, failure};
use crate::keeper::search::Query;

/// Rows that are answered at once when they are in memory as they were written.
const FEW: u64 = 256;
/// Rows that are read between two looks at whether somebody still wants them.
const STEP: u64 = 2000;
/// Reads of one link under way at most.
const WORKS: usize = 16;
/// How long a read works at a stretch, and rests then: who waits for its processor, such as an echo,
/// gets it at once, where the scheduler's own turns take milliseconds.
const STRETCH: Duration = Duration::from_micros(150);
const REST: Duration = Duration::from_micros(50);

/// What a link has asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Rows,
    /// One at a time: a later one takes its place.
    Capture,
    /// The same.
    Search,
}

/// A read under way on another thread. It ends soon after this is dropped.
pub(crate) struct Work {
    id: RequestId,
    kind: Kind,
    unwanted: Arc<AtomicBool>,
    /// Gives the message to send; empty when it was not wanted any more.
    bytes: JoinHandle<Vec<u8>>,
}

/// Tells a read whether to go on, and lets others have the processor between.
struct Wanted {
    unwanted: Arc<AtomicBool>,
    /// Since when the read has worked at a stretch.
    since: Cell<Instant>,
}

impl Wanted {
    fn still(&self) -> bool {
        if self.since.get().elapsed() >= STRETCH {
            std::thread::sleep(REST);
            self.since.set(Instant::now());
        }
        !self.unwanted.load(Ordering::Relaxed)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.unwanted.store(true, Ordering::Relaxed);
    }
}

impl Work {
    /// Begins a read. `None` from it: it was not wanted any more.
    fn begin(
        id: RequestId,
        kind: Kind,
        read: impl FnOnce(&Wanted) -> Option<Answer> + Send + 'static,
    ) -> Self {
        let unwanted = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&unwanted);
        let bytes = tokio::task::spawn_blocking(move || {
            let wanted = Wanted {
                unwanted: asked,
                since: Cell::new(Instant::now()),
            };
            let mut bytes = Vec::new();
            if let Some(answer) = read(&wanted) {
                wire::encode_to_client(&ToClient::Answer { id, answer }, &mut bytes);
            }
            bytes
        });
        Self {
            id,
            kind,
            unwanted,
            bytes,
        }
    }

    /// Ready with the bytes to send; a read that failed says so.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Vec<u8>> {
        Pin::new(&mut self.bytes).poll(cx).map(|bytes| {
            bytes.unwrap_or_else(|_| {
                let line = "the rows could not be read; see: abide doctor".into();
                let answer = Answer::Failed(failure(FailKind::Internal, line));
                let mut bytes = Vec::new();
                let message = ToClient::Answer {
                    id: self.id,
                    answer,
                };
                wire::encode_to_client(&message, &mut bytes);
                bytes
            })
        })
    }
}

impl Session {
    /// Reads `count` rows from `from`; `None`: the answer comes later.
    pub(super) fn history(
        &mut self,
        index: usize,
        id: RequestId,
        (book, from, count): (Book, LineNo, u64),
        now: Instant,
    ) -> Option<Answer> {
        let floor = self.limits(index).floor.unwrap_or_default();
        let end = from.plus(count.min(ROWS_PER_REQUEST));
        let start = from.max(floor);
        let count = end.since(start);
        // The main screen is in no snapshot then, and counts as history.
        let hidden = self.snapshot(now).book == Book::Alternate;
        let at_hand = !hidden && self.engine.packed_below() <= start && count <= FEW;
        if book == Book::Alternate || at_hand {
            let (from, rows) = self.engine.rows(book, start, count);
            let lost = self.engine.lost(book, from, rows.len() as u64).some();
            return Some(Answer::Rows { from, rows, lost });
        }
        self.work(index, id, Kind::Rows, move |reader, _| {
            let end = if hidden {
                reader.written()
            } else {
                reader.top()
            };
            let start = start.min(end);
            let (from, rows) = reader.rows(start, end.since(start).min(count));
            let lost = reader.lost(from, from.plus(rows.len() as u64)).some();
            Some(Answer::Rows { from, rows, lost })
        })
    }

    /// Reads the screen and `history` rows above it; `None`: the answer comes later.
    pub(super) fn capture(
        &mut self,
        index: usize,
        id: RequestId,
        history: u64,
        now: Instant,
    ) -> Option<Answer> {
        let snapshot = self.snapshot(now);
        // The main screen is in no snapshot then, and counts as history.
        let hidden = snapshot.book == Book::Alternate;
        if history == 0 || (!hidden && snapshot.floor == snapshot.top) {
            return Some(captured(&snapshot, Vec::new(), LostRows::default()));
        }
        let floor = self.limits(index).floor.unwrap_or_default();
        self.work(index, id, Kind::Capture, move |reader, wanted| {
            let top = if hidden {
                reader.written()
            } else {
                snapshot.top
            };
            let start = LineNo(top.0.saturating_sub(history));
            let start = start.max(floor).max(reader.floor()).min(top);
            let mut next = start;
            let mut history = Vec::new();
            while next < top && wanted.still() {
                let (_, rows) = reader.rows(next, top.since(next).min(STEP));
                next = next.plus(rows.len() as u64);
                if rows.is_empty() {
                    break;
                }
                history.extend(rows);
            }
            let lost = reader.lost(start, next);
            wanted.still().then(|| captured(&snapshot, history, lost))
        })
    }

    /// Looks for a pattern; `None`: the answer comes later.
    pub(super) fn search(
        &mut self,
        index: usize,
        id: RequestId,
        search: &Search,
    ) -> Option<Answer> {
        let query = match Query::new(search) {
            Ok(query) => query,
            Err(why) => return Some(Answer::Failed(why)),
        };
        let floor = self.limits(index).floor.unwrap_or_default();
        self.work(index, id, Kind::Search, move |reader, wanted| {
            query.run(reader, floor, &|| wanted.still())
        })
    }

    /// Begins a read for a link; `None`: the answer comes later.
    fn work(
        &mut self,
        index: usize,
        id: RequestId,
        kind: Kind,
        read: impl FnOnce(&Reader, &Wanted) -> Option<Answer> + Send + 'static,
    ) -> Option<Answer> {
        let reader = self.engine.reader();
        let link = self.links.get_mut(index)?;
        let old = link.works.iter().position(|work| work.kind == kind);
        if kind != Kind::Rows
            && let Some(old) = old
        {
            let old = link.works.remove(old);
            let line = "a later request took its place".into();
            link.answer(old.id, Answer::Failed(failure(FailKind::State, line)));
        }
        if link.works.len() >= WORKS {
            let line = "this link has asked for too much at once".into();
            return Some(Answer::Failed(failure(FailKind::Exhausted, line)));
        }
        link.works
            .push(Work::begin(id, kind, move |wanted| read(&reader, wanted)));
        None
    }
}

fn captured(snapshot: &Snapshot, history: Vec<Arc<Row>>, lost: LostRows) -> Answer {
    Answer::Captured {
        history,
        snapshot: Box::new(snapshot.clone()),
        lost: lost.some(),
    }
}
