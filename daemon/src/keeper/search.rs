//! Searching a session's rows for a pattern. Runs over a [`Reader`], on a thread that may take its
//! time; somebody who no longer wants the answer stops it.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::ops::Range;

use abide_protocol::LineNo;
use abide_protocol::limits::{MAX_HIT_LINE, MAX_PATTERN, SEARCH_HITS};
use abide_protocol::message::{Answer, FailKind, Failure, Hit, Search};
use abide_screen::{Cluster, Reader, RowText};
use regex::{Regex, RegexBuilder};

/// Bytes of a compiled pattern at most.
const PROGRAM: usize = 1 << 20;
/// Bytes of the automaton that a search builds as it goes at most.
const AUTOMATON: usize = 2 << 20;
/// Bytes of rows that are joined to a logical line at most; what is longer is searched in pieces.
const JOINED: usize = 256 << 10;
/// Rows that are looked back over for the beginning of a logical line at most.
const LOOK_BACK: u64 = 4096;
/// Rows that a search backwards takes at a time: at first, and at most while it finds too few.
const STRETCH: u64 = 64;
const MAX_STRETCH: u64 = 16 << 10;
/// Rows between two looks at whether the answer is still wanted.
const PATIENCE: u64 = 256;

/// A pattern that can be searched for.
pub(crate) struct Query {
    regex: Regex,
    from: Option<LineNo>,
    backwards: bool,
    limit: usize,
}

impl Query {
    /// Refuses a pattern that is too long or none.
    pub(crate) fn new(search: &Search) -> Result<Self, Failure> {
        if search.pattern.len() > MAX_PATTERN {
            let line = format!("the pattern is longer than {MAX_PATTERN} bytes; shorten it");
            return Err(refused(line));
        }
        let regex = RegexBuilder::new(&search.pattern)
            .case_insensitive(search.ignore_case)
            .size_limit(PROGRAM)
            .dfa_size_limit(AUTOMATON)
            .build()
            .map_err(|error| refused(format!("the pattern cannot be used: {}", reason(&error))))?;
        Ok(Self {
            regex,
            from: search.from,
            backwards: search.backwards,
            limit: search.limit.clamp(1, SEARCH_HITS) as usize,
        })
    }

    /// Looks through the rows from `floor` on, and from where views begin unless the search begins
    /// above. `None`: not `wanted` any more.
    pub(crate) fn run(
        &self,
        reader: &Reader,
        floor: LineNo,
        wanted: &dyn Fn() -> bool,
    ) -> Option<Answer> {
        let above = self.from.is_some_and(|from| from < reader.floor());
        let views = if above {
            reader.first()
        } else {
            reader.floor()
        };
        let first = views.max(floor).min(reader.end());
        let mut search = Running {
            query: self,
            reader,
            wanted,
            hits: VecDeque::new(),
            searched: 0,
        };
        let (next, lost) = if self.backwards {
            let end = self.from.map_or(reader.end(), |from| from.plus(1));
            let end = end.min(reader.end());
            let next = search.backwards(first, end)?;
            (
                next,
                reader.lost(next.map_or(first, |next| next.plus(1)), end),
            )
        } else {
            let from = self.from.unwrap_or(first).clamp(first, reader.end());
            let next = search.forwards(from, reader.end())?;
            (next, reader.lost(from, next.unwrap_or(reader.end())))
        };
        Some(Answer::Found {
            hits: search.hits.into(),
            next,
            searched: search.searched,
            lost: lost.some(),
        })
    }
}

/// What the regex crate says, which is a picture of several lines, in one.
fn reason(error: &regex::Error) -> String {
    let said = error.to_string();
    let last = said.lines().last().unwrap_or_default();
    last.trim().trim_start_matches("error: ").to_owned()
}

fn refused(line: String) -> Failure {
    Failure {
        kind: FailKind::Invalid,
        line,
    }
}

/// A search under way.
struct Running<'a> {
    query: &'a Query,
    reader: &'a Reader,
    wanted: &'a dyn Fn() -> bool,
    /// In the order of the search.
    hits: VecDeque<Hit>,
    searched: u64,
}

/// Where another search goes on, if there is more to find; `None`: this one is not wanted any more.
type Next = Option<Option<LineNo>>;

impl Running<'_> {
    /// Rows `[from, end)`, oldest first.
    fn forwards(&mut self, from: LineNo, end: LineNo) -> Next {
        self.hits = self.look(from, end, self.query.limit + 1, Keep::Oldest)?;
        let cut = self.cut();
        Some(cut.map(|(row, all)| if all { row.plus(1) } else { row }))
    }

    /// Rows `[first, end)`, newest first.
    fn backwards(&mut self, first: LineNo, mut end: LineNo) -> Next {
        let most = self.query.limit + 1;
        let mut stretch = STRETCH;
        while end > first {
            let from = LineNo(end.0.saturating_sub(stretch)).max(first);
            let hits = self.look(from, end, most - self.hits.len(), Keep::Newest)?;
            self.hits.extend(hits.into_iter().rev());
            if let Some((row, all)) = self.cut() {
                let below = row.0.checked_sub(1).map(LineNo);
                return Some(if all { below } else { Some(row) });
            }
            end = from;
            stretch = (stretch * 2).min(MAX_STRETCH);
        }
        Some(None)
    }

    /// Cuts the hits to the limit, between two rows. Answers the first row that was left out, and
    /// whether only some of its hits were, because the limit does not reach beyond it.
    fn cut(&mut self) -> Option<(LineNo, bool)> {
        let row = self.hits.get(self.query.limit)?.start;
        let kept = self.hits.iter().position(|hit| hit.start == row);
        match kept {
            Some(kept) if kept > 0 => {
                self.hits.truncate(kept);
                Some((row, false))
            }
            _ => {
                self.hits.truncate(self.query.limit);
                Some((row, true))
            }
        }
    }

    /// Hits that begin in rows `[from, end)`, oldest first, `most` of them at most. Lines are joined
    /// beyond both ends.
    fn look(
        &mut self,
        from: LineNo,
        end: LineNo,
        most: usize,
        keep: Keep,
    ) -> Option<VecDeque<Hit>> {
        let regex = &self.query.regex;
        let mut hits = VecDeque::new();
        let mut line = Line::default();
        let mut put = |line: &Line| {
            for hit in line
                .hits(regex)
                .filter(|hit| (from..end).contains(&hit.start))
            {
                if hits.len() == most {
                    match keep {
                        Keep::Oldest => return false,
                        Keep::Newest => hits.pop_front(),
                    };
                }
                hits.push_back(hit);
            }
            true
        };
        let mut wanted = true;
        let mut seen = from;
        self.reader.scan(line_start(self.reader, from), &mut |row| {
            if line.is_empty() && row.number() >= end {
                return false;
            }
            seen = row.number().plus(1);
            wanted = !row.number().0.is_multiple_of(PATIENCE) || (self.wanted)();
            if !wanted {
                return false;
            }
            let goes_on = row.wrapped() && line.text.len() < JOINED;
            if line.is_empty() && !goes_on && !regex.is_match(row.text()) {
                return true;
            }
            line.add(&row);
            if goes_on {
                return true;
            }
            let more = put(&line);
            line.clear();
            more
        });
        put(&line);
        self.searched += seen.min(end).since(from);
        wanted.then_some(hits)
    }
}

/// Which hits are kept when there are too many.
#[derive(Clone, Copy)]
enum Keep {
    Oldest,
    Newest,
}

/// The row with which the logical line begins that `row` is in.
fn line_start(reader: &Reader, row: LineNo) -> LineNo {
    let mut start = row;
    while start > reader.first() && row.since(start) < LOOK_BACK {
        let from = LineNo(start.0.saturating_sub(STRETCH)).max(reader.first());
        let (_, rows) = reader.rows(from, start.since(from));
        match rows.iter().rposition(|row| !row.wrapped()) {
            Some(end) => return from.plus(end as u64 + 1),
            None => start = from,
        }
    }
    start
}

/// A logical line: rows joined where they are soft-wrapped.
#[derive(Default)]
struct Line {
    text: String,
    parts: Vec<Part>,
}

/// What one row gave to a line.
struct Part {
    row: LineNo,
    /// Where its text begins in the line's.
    at: usize,
    clusters: Vec<Cluster>,
}

impl Line {
    fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    fn clear(&mut self) {
        self.text.clear();
        self.parts.clear();
    }

    fn add(&mut self, row: &RowText<'_>) {
        self.parts.push(Part {
            row: row.number(),
            at: self.text.len(),
            clusters: row.clusters(),
        });
        self.text.push_str(row.text());
    }

    fn hits(&self, regex: &Regex) -> impl Iterator<Item = Hit> {
        let found = regex.find_iter(&self.text);
        let found = found.filter(|found| !found.is_empty());
        found.map(|found| self.hit(found.range()))
    }

    fn hit(&self, found: Range<usize>) -> Hit {
        let (start, column) = self.place(found.start, Edge::Left);
        let (end, end_column) = self.place(found.end, Edge::Right);
        let shown = shown(&self.text, &found);
        let line = self.text.get(shown.clone()).unwrap_or_default();
        Hit {
            start,
            column,
            end,
            end_column,
            line: line.to_owned(),
            before: (found.start - shown.start) as u32,
            length: (found.end.min(shown.end) - found.start) as u32,
        }
    }

    /// Row and column of an edge of a match.
    fn place(&self, at: usize, edge: Edge) -> (LineNo, u16) {
        // A match ends in the row that has its last character.
        let inside = match edge {
            Edge::Left => at,
            Edge::Right => at.saturating_sub(1),
        };
        let part = self.parts.partition_point(|part| part.at <= inside);
        let Some(part) = part.checked_sub(1).and_then(|part| self.parts.get(part)) else {
            return (LineNo(0), 0);
        };
        let text = self.text.get(part.at..).unwrap_or_default();
        (part.row, part.column(text, at - part.at, edge))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Left,
    Right,
}

impl Part {
    /// Column of the byte `at` of this row's `text`. A cluster that it is inside of belongs to the
    /// match whole.
    fn column(&self, text: &str, at: usize, edge: Edge) -> u16 {
        let mut column = 0;
        let mut from = 0;
        let narrow = |range: Range<usize>| text.get(range).map_or(0, |text| text.chars().count());
        for cluster in self.clusters.iter().take_while(|cluster| cluster.at < at) {
            let end = cluster.at + cluster.bytes;
            column += narrow(from..cluster.at);
            from = end;
            if at < end && edge == Edge::Left {
                return column as u16;
            }
            column += usize::from(cluster.cells);
        }
        (column + narrow(from..at.max(from))) as u16
    }
}

/// What a hit shows of its line: all, or what is around the match.
fn shown(text: &str, found: &Range<usize>) -> Range<usize> {
    if text.len() <= MAX_HIT_LINE {
        return 0..text.len();
    }
    let around = MAX_HIT_LINE.saturating_sub(found.len());
    let start = text.ceil_char_boundary(found.start.saturating_sub(around / 2));
    let start = start.min(found.start);
    let end = text.floor_char_boundary((start + MAX_HIT_LINE).min(text.len()));
    start..end
}
