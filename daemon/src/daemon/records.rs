//! What is asked about a session that has no keeper any more is answered from its record.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use abide_protocol::message::{
    Answer, ExitStatus, FailKind, Failure, LostRows, Request, SessionInfo, SessionState,
};
use abide_protocol::{Book, LineNo, Row, Snapshot, limits};
use abide_screen::Reader;

use super::Daemon;
use super::roster::failure;
use crate::keeper::ended::{self, Ended};
use crate::keeper::search::Query;

const LOST: SessionState = SessionState::Ended(ExitStatus::Lost);
/// Bytes of stored history that are looked at for an info, oldest first.
const LOOK: u64 = 64 << 20;
/// Rows that are read at once.
const STEP: u64 = 2000;

/// Lets a search know that nobody waits for it any more.
struct Unwanted(Arc<AtomicBool>);

impl Drop for Unwanted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Answers a request for rows of an ended session. Records may be large and patterns slow: this goes
/// on beside the runtime.
pub(super) async fn answer(
    daemon: &Daemon,
    info: &SessionInfo,
    request: Request,
) -> Result<Answer, Failure> {
    let directory = daemon.place.paths.sessions().join(info.id.to_string());
    let info = info.clone();
    let unwanted = Arc::new(AtomicBool::new(false));
    let _guard = Unwanted(Arc::clone(&unwanted));
    let read = tokio::task::spawn_blocking(move || {
        let id = info.id;
        let record = read(&directory, info).map_err(|error| {
            let line =
                format!("nothing is kept of the session's screen: {error}; see: abide info {id}");
            failure(FailKind::State, line)
        })?;
        from_record(record, &request, &|| !unwanted.load(Ordering::Relaxed))
    });
    read.await.unwrap_or_else(|_| {
        Err(failure(
            FailKind::Internal,
            "the record of the session cannot be read; see: abide doctor",
        ))
    })
}

/// The info of an ended session, with what its record has of the history.
pub(super) async fn survey(daemon: &Daemon, info: SessionInfo) -> SessionInfo {
    let directory = daemon.place.paths.sessions().join(info.id.to_string());
    let told = info.clone();
    let survey = tokio::task::spawn_blocking(move || {
        let Ok(record) = read(&directory, info.clone()) else {
            return info;
        };
        let lost = info.state == LOST;
        match record.rows {
            Ok(rows) if lost => SessionInfo {
                history_rows: rows.top().since(rows.first()),
                ..info
            },
            Ok(rows) => {
                rows.look(LOOK);
                SessionInfo {
                    history_lost: Some(rows.lost(rows.first(), rows.top())),
                    ..info
                }
            }
            Err(_) => {
                let Snapshot { first, top, .. } = record.snapshot;
                SessionInfo {
                    history_lost: Some(LostRows::all(first, top)),
                    ..info
                }
            }
        }
    });
    survey.await.unwrap_or(told)
}

fn read(directory: &Path, info: SessionInfo) -> std::io::Result<Ended> {
    let lost = info.state == LOST;
    match ended::read(directory) {
        Err(error) if lost && error.kind() == std::io::ErrorKind::NotFound => {
            ended::read_lost(directory, info)
        }
        other => other,
    }
}

fn from_record(
    record: Ended,
    request: &Request,
    wanted: &dyn Fn() -> bool,
) -> Result<Answer, Failure> {
    let rows = record.rows;
    let reader = |rows: Result<Reader, String>| {
        rows.map_err(|line| failure(FailKind::State, format!("{line}; its last screen is kept")))
    };
    match request {
        Request::Capture { range, .. } => {
            let (history, lost) = match range.history {
                0 => (Vec::new(), LostRows::default()),
                count => newest(&reader(rows)?, count),
            };
            Ok(Answer::Captured {
                history,
                snapshot: Box::new(record.snapshot),
                lost: lost.some(),
            })
        }
        Request::Rows {
            book, from, count, ..
        } => Ok(above(&reader(rows)?, *book, *from, *count)),
        Request::Search { query, .. } => {
            let query = Query::new(query)?;
            let answer = query.run(&reader(rows)?, LineNo(0), wanted);
            answer.ok_or_else(|| failure(FailKind::State, "the search was given up"))
        }
        _ => Err(failure(FailKind::Unsupported, "the session has ended")),
    }
}

/// The newest `count` rows above the screen, and which of them cannot be read.
fn newest(reader: &Reader, count: u64) -> (Vec<Arc<Row>>, LostRows) {
    let top = reader.top();
    let from = LineNo(top.0.saturating_sub(count)).max(reader.floor());
    let mut next = from;
    let mut history = Vec::new();
    while next < top {
        let (_, rows) = reader.rows(next, top.since(next).min(STEP));
        if rows.is_empty() {
            break;
        }
        next = next.plus(rows.len() as u64);
        history.extend(rows);
    }
    (history, reader.lost(from, next))
}

/// Rows above the screen. The alternate screen has none.
fn above(reader: &Reader, book: Book, from: LineNo, count: u64) -> Answer {
    let count = match book {
        Book::Main => count.min(limits::ROWS_PER_REQUEST),
        Book::Alternate => 0,
    };
    let from = from.clamp(reader.first(), reader.top());
    let (from, rows) = reader.rows(from, count.min(reader.top().since(from)));
    let lost = reader.lost(from, from.plus(rows.len() as u64)).some();
    Answer::Rows { from, rows, lost }
}
