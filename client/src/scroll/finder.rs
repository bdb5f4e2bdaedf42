//! The search: which matches are known, over which rows, and what to ask for next. The keeper
//! searches; here is only what it found.

use std::collections::BTreeMap;

use abide_protocol::LineNo;
use abide_protocol::message::{Hit, Search};

use super::place::Place;

/// Matches asked for at once.
const AT_ONCE: u32 = 256;
/// Matches known at most; beyond, only those of the last answer stay.
const KNOWN: usize = 1 << 14;

/// What is looked for and what is known of it.
#[derive(Clone, Default)]
pub(super) struct Finder {
    pattern: String,
    backwards: bool,
    /// By where they begin; where they end (its last row, the column behind).
    hits: BTreeMap<Place, Place>,
    /// All matches in these rows are known, `[from, end)`.
    covered: Option<(LineNo, LineNo)>,
    asked: Option<Search>,
    failed: bool,
}

/// The way to the next match.
pub(super) struct Jump {
    from: Place,
    backwards: bool,
    /// The place itself counts.
    inclusive: bool,
    wrapped: bool,
}

impl Jump {
    pub(super) fn new(from: Place, backwards: bool) -> Self {
        Self {
            from,
            backwards,
            inclusive: false,
            wrapped: false,
        }
    }

    /// It went on at the other end.
    pub(super) fn wrapped(&self) -> bool {
        self.wrapped
    }
}

/// What came of a jump.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    Hit(Place),
    Nothing,
    Ask(Search),
    /// The answer is on its way.
    Waits,
}

impl Finder {
    pub(super) fn new(pattern: String, backwards: bool) -> Self {
        Self {
            pattern,
            backwards,
            ..Self::default()
        }
    }

    pub(super) fn pattern(&self) -> &str {
        &self.pattern
    }

    pub(super) fn backwards(&self) -> bool {
        self.backwards
    }

    pub(super) fn turn(&mut self, backwards: bool) {
        self.backwards = backwards;
    }

    /// Nothing is looked for.
    pub(super) fn idle(&self) -> bool {
        self.pattern.is_empty() || self.failed
    }

    /// Matches that touch rows `[from, end)`, as they are known: where each begins, and its end.
    pub(super) fn hits(
        &self,
        from: LineNo,
        end: LineNo,
    ) -> impl Iterator<Item = (Place, Place)> + '_ {
        let end = Place {
            line: end,
            column: 0,
        };
        // The match before may reach into the first row.
        let first = Place {
            line: from,
            column: 0,
        };
        let before = self.hits.range(..first).next_back();
        let before = before.filter(move |(_, end)| end.line >= from);
        before
            .into_iter()
            .chain(self.hits.range(first..end.max(first)))
            .map(|(start, end)| (*start, *end))
    }

    fn query(&self, from: LineNo, backwards: bool) -> Search {
        Search {
            pattern: self.pattern.clone(),
            // Small letters find capitals too, as long as there are only small ones.
            ignore_case: !self.pattern.chars().any(char::is_uppercase),
            from: Some(from),
            backwards,
            limit: AT_ONCE,
        }
    }

    fn ask(&mut self, from: LineNo, backwards: bool) -> Search {
        let query = self.query(from, backwards);
        self.asked = Some(query.clone());
        query
    }

    /// The next match of a jump through rows `[begin, end)`.
    pub(super) fn resolve(&mut self, jump: &mut Jump, (begin, end): (LineNo, LineNo)) -> Found {
        if self.idle() {
            return Found::Nothing;
        }
        if self.asked.is_some() {
            return Found::Waits;
        }
        loop {
            let next = if jump.backwards {
                self.before(jump, begin)
            } else {
                self.after(jump, end)
            };
            match next {
                Ok(place) => return Found::Hit(place),
                Err(Some(from)) => return Found::Ask(self.ask(from, jump.backwards)),
                Err(None) if jump.wrapped => return Found::Nothing,
                Err(None) => {
                    jump.wrapped = true;
                    jump.inclusive = true;
                    let line = if jump.backwards { end } else { begin };
                    jump.from = Place { line, column: 0 };
                }
            }
        }
    }

    /// The next match; else where to search on, if anywhere.
    fn after(&self, jump: &Jump, end: LineNo) -> Result<Place, Option<LineNo>> {
        let from = jump.from;
        let Some((_, covered)) = self.covered.filter(|(begin, _)| *begin <= from.line) else {
            return Err(Some(from.line).filter(|line| *line < end));
        };
        let mut hits = self.hits.range(from..).map(|(start, _)| *start);
        let known = |start: &Place| start.line < covered && (jump.inclusive || *start > from);
        match hits.find(known) {
            Some(hit) => Ok(hit),
            None => Err(Some(covered.max(from.line)).filter(|line| *line < end)),
        }
    }

    fn before(&self, jump: &Jump, begin: LineNo) -> Result<Place, Option<LineNo>> {
        let from = jump.from;
        let last = if from.column == 0 {
            LineNo(from.line.0.saturating_sub(1))
        } else {
            from.line
        };
        let Some((covered, _)) = self.covered.filter(|(_, end)| last < *end) else {
            return Err(Some(last).filter(|line| *line >= begin && from.line > begin));
        };
        match self.hits.range(..from).next_back() {
            Some((start, _)) => Ok(*start),
            None if covered > begin => Err(Some(LineNo(covered.0.saturating_sub(1)).min(last))),
            None => Err(None),
        }
    }

    /// What to ask so that all matches in rows `[from, end)` are known.
    pub(super) fn marks(&mut self, (from, end): (LineNo, LineNo)) -> Option<Search> {
        if self.idle() || self.asked.is_some() || from >= end {
            return None;
        }
        match self.covered {
            Some((begin, covered)) if begin <= from && covered >= end => None,
            Some((begin, covered)) if (begin..=covered).contains(&from) => {
                Some(self.ask(covered, false))
            }
            _ => Some(self.ask(from, false)),
        }
    }

    /// Takes the answer to a search. `begin` and `end` are those of what can be found.
    pub(super) fn found(
        &mut self,
        query: &Search,
        hits: Vec<Hit>,
        next: Option<LineNo>,
        begin: LineNo,
        end: LineNo,
    ) {
        if self.asked.as_ref() != Some(query) {
            return;
        }
        self.asked = None;
        let from = query.from.unwrap_or(begin);
        let (first, last) = if query.backwards {
            // One that does not get on would never end.
            let next = next.filter(|next| *next < from);
            (
                next.map_or(begin.min(from), |next| next.plus(1)),
                from.plus(1),
            )
        } else {
            let next = next.filter(|next| *next > from);
            (from, next.unwrap_or(end).max(from.plus(1)))
        };
        self.covered = match self.covered {
            Some((begin, end)) if first <= end && last >= begin && self.hits.len() < KNOWN => {
                Some((begin.min(first), end.max(last)))
            }
            _ => {
                self.hits.clear();
                Some((first, last))
            }
        };
        // What was found on rows that still change may have changed.
        self.hits
            .retain(|start, _| start.line < first || start.line >= last);
        let place = |line, column| Place { line, column };
        let hits = hits.into_iter().filter(|hit| hit.start < end);
        self.hits
            .extend(hits.map(|hit| (place(hit.start, hit.column), place(hit.end, hit.end_column))));
    }

    /// Rows from `line` on may have changed. What was found there is shown until it is found anew.
    pub(super) fn forget(&mut self, line: LineNo) {
        self.covered = self
            .covered
            .map(|(begin, end)| (begin, end.min(line)))
            .filter(|(begin, end)| begin < end);
    }

    /// As it was, without what was asked for then.
    pub(super) fn resumed(self) -> Self {
        Self {
            asked: None,
            ..self
        }
    }

    pub(super) fn cancelled(&mut self, query: &Search) {
        if self.asked.as_ref() == Some(query) {
            self.asked = None;
        }
    }

    /// Whether it was the search under way that failed.
    pub(super) fn failed(&mut self, query: &Search) -> bool {
        let ours = self.asked.as_ref() == Some(query);
        if ours {
            self.asked = None;
            self.failed = true;
        }
        ours
    }
}
