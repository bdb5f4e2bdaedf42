//! The rows of a session as one document: history in pages that are fetched on demand, and below
//! it the screen as it is presented now.

use std::collections::BTreeMap;
use std::sync::Arc;

use abide_protocol::{Book, LineNo, Row, Size, Snapshot};

use super::{Ask, Effect};

/// Rows of a page.
pub(super) const PAGE: u64 = 500;
/// Pages kept at most; those furthest from the one that came last go first.
const PAGES: usize = 40;

/// Rows from `start` on.
struct Page {
    start: LineNo,
    rows: Vec<Arc<Row>>,
    /// Where history ended when it was asked for.
    top: LineNo,
}

pub(super) struct Document {
    pages: BTreeMap<u64, Page>,
    /// Pages on their way.
    asked: Vec<u64>,
    /// Oldest row kept, and where views begin.
    first: LineNo,
    floor: LineNo,
    floor_known: bool,
    /// Rows below this number never change.
    sealed: LineNo,
    /// First row of the screen.
    top: LineNo,
    size: Size,
    screen: Vec<Arc<Row>>,
    /// Rows of the screen that are used.
    used: u64,
    /// The screen before the last scroll, until its rows come as history.
    before: (LineNo, Vec<Arc<Row>>),
    /// The program is on its alternate screen, which stands below the main screen's history.
    alternate: bool,
    /// Where the main screen's history ends is not known yet.
    unknown: bool,
}

impl Document {
    pub(super) fn new(snapshot: &Snapshot, effects: &mut Vec<Effect>) -> Self {
        let mut document = Self {
            pages: BTreeMap::new(),
            asked: Vec::new(),
            first: LineNo(0),
            floor: LineNo(0),
            floor_known: false,
            sealed: LineNo(0),
            top: LineNo(0),
            size: snapshot.size,
            screen: Vec::new(),
            used: 0,
            before: (LineNo(0), Vec::new()),
            alternate: false,
            unknown: snapshot.book == Book::Alternate,
        };
        if document.unknown {
            // A snapshot of the alternate screen does not say where the main one's history is.
            probe(LineNo(0), effects);
            probe(LineNo(u64::MAX), effects);
        }
        document.screen(snapshot, effects);
        document
    }

    /// The session shows something else now.
    pub(super) fn screen(&mut self, snapshot: &Snapshot, effects: &mut Vec<Effect>) {
        let came_back = self.alternate && snapshot.book == Book::Main;
        let resized = self.size != snapshot.size;
        self.size = snapshot.size;
        self.alternate = snapshot.book == Book::Alternate;
        if self.alternate && resized {
            self.forget_unsealed();
            probe(LineNo(u64::MAX), effects);
        }
        if !self.alternate {
            self.unknown = false;
            self.first = snapshot.first;
            let floor = if self.floor_known {
                self.floor.min(snapshot.floor)
            } else {
                snapshot.floor
            };
            self.floor = floor.max(snapshot.first);
            self.floor_known = true;
            self.sealed = self.sealed.min(snapshot.sealed);
            if came_back || resized || snapshot.top < self.top {
                // Rows came back to the screen, or were wrapped anew.
                self.forget_unsealed();
            } else if snapshot.top > self.top {
                self.before = (self.top, std::mem::take(&mut self.screen));
            }
            self.top = snapshot.top;
            self.sealed = snapshot.sealed;
        }
        self.screen.clone_from(&snapshot.rows);
        let text = self.screen.iter().rposition(|row| row.cells() > 0);
        self.used = (text.map_or(0, |last| last as u64) + 1)
            .max(u64::from(snapshot.cursor.row) + 1)
            .min(self.screen.len() as u64);
    }

    /// What is not sealed may be another row now.
    fn forget_unsealed(&mut self) {
        let sealed = self.sealed;
        self.pages
            .retain(|_, page| page.start.plus(page.rows.len() as u64) <= sealed);
        self.before = (LineNo(0), Vec::new());
    }

    /// Takes rows that were asked for as from `asked`; by how much all numbers have grown, once
    /// where history ends has become known.
    pub(super) fn rows(
        &mut self,
        asked: LineNo,
        count: u64,
        from: LineNo,
        rows: Vec<Arc<Row>>,
    ) -> u64 {
        if count == 0 {
            return self.probed(asked, from);
        }
        let number = asked.0 / PAGE;
        self.asked.retain(|page| *page != number);
        if from > asked && from.0 < asked.0 + PAGE {
            self.first = self.first.max(from);
            self.floor = self.floor.max(from);
        }
        let page = Page {
            start: from,
            rows,
            top: self.top,
        };
        self.pages.insert(number, page);
        while self.pages.len() > PAGES {
            let furthest = self.pages.keys().max_by_key(|page| page.abs_diff(number));
            let Some(furthest) = furthest.copied() else {
                break;
            };
            self.pages.remove(&furthest);
        }
        0
    }

    /// Where history begins, or ends, while the alternate screen is shown.
    fn probed(&mut self, asked: LineNo, from: LineNo) -> u64 {
        if !self.alternate || from.0 == u64::MAX {
            return 0;
        }
        if asked == LineNo(0) {
            self.first = from;
            self.floor = from;
            self.floor_known = true;
            return 0;
        }
        self.top = from;
        let unknown = std::mem::take(&mut self.unknown);
        if unknown { from.0 } else { 0 }
    }

    pub(super) fn begin(&self) -> LineNo {
        self.floor.max(self.first).min(self.top)
    }

    /// Begins with the oldest row kept; whether that is another one.
    pub(super) fn reach_back(&mut self) -> bool {
        let before = self.begin();
        self.floor = self.first;
        self.begin() < before
    }

    pub(super) fn top(&self) -> LineNo {
        self.top
    }

    /// Behind the last row that is used.
    pub(super) fn end(&self) -> LineNo {
        self.top.plus(self.used)
    }

    pub(super) fn last(&self) -> LineNo {
        LineNo(self.end().0.saturating_sub(1)).max(self.begin())
    }

    /// Behind the last row that a search can find; the alternate screen is not searched.
    pub(super) fn searchable(&self) -> LineNo {
        if self.alternate { self.top } else { self.end() }
    }

    pub(super) fn row(&self, line: LineNo) -> Option<&Arc<Row>> {
        if line >= self.top {
            return self.screen.get(line.since(self.top) as usize);
        }
        let page = self.pages.get(&(line.0 / PAGE));
        let paged = page
            .filter(|page| line >= page.start)
            .and_then(|page| page.rows.get(line.since(page.start) as usize));
        paged.or_else(|| {
            let (top, rows) = &self.before;
            rows.get(line.0.checked_sub(top.0)? as usize)
        })
    }

    /// The row if it is here; else it is asked for.
    pub(super) fn fetch(&mut self, line: LineNo, effects: &mut Vec<Effect>) -> Option<Arc<Row>> {
        self.want(line, effects);
        self.row(line).cloned()
    }

    /// Asks for the row's page unless it is here, on its way, or known not to hold the row.
    pub(super) fn want(&mut self, line: LineNo, effects: &mut Vec<Effect>) {
        let number = line.0 / PAGE;
        if line >= self.top || self.asked.contains(&number) {
            return;
        }
        if let Some(page) = self.pages.get(&number) {
            let here = line >= page.start && line < page.start.plus(page.rows.len() as u64);
            if here || page.top >= self.top {
                return;
            }
        }
        self.asked.push(number);
        effects.push(Effect::Ask(Ask::Rows {
            from: LineNo(number * PAGE),
            count: PAGE,
        }));
    }

    /// The row neither is here nor will come.
    pub(super) fn lacks(&self, line: LineNo) -> bool {
        line < self.begin()
            || line >= self.end()
            || (self.row(line).is_none() && !self.asked.contains(&(line.0 / PAGE)))
    }
}

/// Asks where history is, and for none of it.
fn probe(from: LineNo, effects: &mut Vec<Effect>) {
    effects.push(Effect::Ask(Ask::Rows { from, count: 0 }));
}
