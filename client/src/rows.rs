//! A session's rows as commands read them: in blocks, over a link of their own.

use std::sync::Arc;

use abide_protocol::limits::ROWS_PER_REQUEST;
use abide_protocol::message::{Answer, CaptureRange, Failure, Hit, LostRows, Request, Search};
use abide_protocol::{Book, LineNo, Row, SessionId, Snapshot};

use crate::link::Link;
use crate::sessions::{self, Located, unexpected};

/// Where the rows of the main screen are: history is `[first, top)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Oldest row kept.
    pub first: LineNo,
    /// Where views begin.
    pub floor: LineNo,
    /// First row on the screen.
    pub top: LineNo,
}

impl Extent {
    /// Oldest row of a view.
    #[must_use]
    pub fn begin(&self) -> LineNo {
        self.first.max(self.floor)
    }
}

/// What a search found, and where another one goes on.
#[derive(Debug)]
pub struct Found {
    pub hits: Vec<Hit>,
    pub next: Option<LineNo>,
}

/// Reads one session: a living one from its keeper, an ended one from the daemon.
pub struct Reader {
    link: Link,
    session: SessionId,
    lost: LostRows,
}

impl Reader {
    pub async fn open(found: &Located) -> Result<Self, Failure> {
        let session = found.info.id;
        let link = match sessions::connect_keeper(&found.place, session).await {
            Ok(link) => link,
            Err(error) if error.nobody() => sessions::connect_daemon_of(&found.place).await?,
            Err(error) => return Err(error.into()),
        };
        Ok(Self {
            link,
            session,
            lost: LostRows::default(),
        })
    }

    /// The presented screen, with `history` rows before it.
    pub async fn capture(
        &mut self,
        history: u64,
    ) -> Result<(Vec<Arc<Row>>, Box<Snapshot>), Failure> {
        let request = Request::Capture {
            session: self.session,
            range: CaptureRange { history },
        };
        match self.link.request(request).await? {
            Answer::Captured {
                history,
                snapshot,
                lost,
            } => {
                self.lose(lost);
                Ok((history, snapshot))
            }
            _ => Err(unexpected("the session")),
        }
    }

    /// Rows of history `[from, end)`, cut to what is kept and to one request, and the number of
    /// the first.
    pub async fn rows(
        &mut self,
        from: LineNo,
        end: LineNo,
    ) -> Result<(LineNo, Vec<Arc<Row>>), Failure> {
        let request = Request::Rows {
            session: self.session,
            book: Book::Main,
            from,
            count: end.since(from).min(ROWS_PER_REQUEST),
        };
        match self.link.request(request).await? {
            Answer::Rows { from, rows, lost } => {
                self.lose(lost);
                Ok((from, rows))
            }
            _ => Err(unexpected("the session")),
        }
    }

    /// Where the main screen's rows are, whichever screen `snapshot` shows.
    pub async fn extent(&mut self, snapshot: &Snapshot) -> Result<Extent, Failure> {
        if snapshot.book == Book::Main {
            return Ok(Extent {
                first: snapshot.first,
                floor: snapshot.floor,
                top: snapshot.top,
            });
        }
        let (first, _) = self.rows(LineNo(0), LineNo(0)).await?;
        let (top, _) = self.rows(LineNo(u64::MAX), LineNo(u64::MAX)).await?;
        Ok(Extent {
            first,
            floor: first,
            top: top.max(first),
        })
    }

    /// Rows `[from, end)` of history and of the main screen, as far as they are there, and the
    /// number of the first. For short stretches: they are all held.
    pub async fn span(
        &mut self,
        from: LineNo,
        end: LineNo,
    ) -> Result<(LineNo, Vec<Arc<Row>>), Failure> {
        let (first, mut rows) = self.rows(from, end).await?;
        // There is no history from there on.
        let first = if rows.is_empty() { from } else { first };
        let mut next = first.plus(rows.len() as u64);
        while next < end {
            let (at, more) = self.rows(next, end).await?;
            if at != next || more.is_empty() {
                break;
            }
            next = next.plus(more.len() as u64);
            rows.extend(more);
        }
        if next < end {
            let (_, snapshot) = self.capture(0).await?;
            if snapshot.top <= next {
                let shown = used(on_screen(&snapshot)).iter();
                let shown = shown.skip(next.since(snapshot.top) as usize);
                rows.extend(shown.take(end.since(next) as usize).cloned());
            }
        }
        Ok((first, rows))
    }

    fn lose(&mut self, lost: Option<LostRows>) {
        let lost = lost.unwrap_or_default();
        // What was read twice is lost once.
        if lost.from >= self.lost.end || lost.end <= self.lost.from {
            self.lost.add(lost);
        }
    }

    /// Which of the rows that were read are blank because they cannot be read.
    #[must_use]
    pub fn lost(&self) -> LostRows {
        self.lost
    }

    /// The same, since the last call.
    pub fn take_lost(&mut self) -> LostRows {
        std::mem::take(&mut self.lost)
    }

    pub async fn search(&mut self, query: Search) -> Result<Found, Failure> {
        let request = Request::Search {
            session: self.session,
            query,
        };
        match self.link.request(request).await? {
            Answer::Found {
                hits, next, lost, ..
            } => {
                self.lose(lost);
                Ok(Found { hits, next })
            }
            _ => Err(unexpected("the session")),
        }
    }
}

/// The rows of the main screen that a snapshot shows: none while the alternate screen is shown.
#[must_use]
pub fn on_screen(snapshot: &Snapshot) -> &[Arc<Row>] {
    match snapshot.book {
        Book::Main => &snapshot.rows,
        Book::Alternate => &[],
    }
}

/// The rows down to the last that shows something or is marked.
#[must_use]
pub fn used(rows: &[Arc<Row>]) -> &[Arc<Row>] {
    let end = rows.iter().rposition(|row| row.is_used());
    rows.get(..end.map_or(0, |last| last + 1)).unwrap_or(&[])
}

/// `20 rows (1 to 20)`, as people count them.
#[must_use]
pub fn lost_rows(lost: LostRows) -> String {
    let LostRows { rows, from, end } = lost;
    let first = line_number(from);
    match (rows, end.since(from)) {
        (1, _) => format!("1 row ({first})"),
        (rows, all) if rows == all => format!("{rows} rows ({first} to {})", end.0),
        (rows, _) => format!("{rows} rows (between {first} and {})", end.0),
    }
}

/// How people and programs count rows: from 1, the first row that the session ever showed.
#[must_use]
pub fn line_number(line: LineNo) -> u64 {
    line.0.saturating_add(1)
}
