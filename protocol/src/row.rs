//! A row: one line of a screen or of history, as an immutable value.

use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::limits;
use crate::style::{Link, LinkRef, Style};
use crate::text;

/// How the text of a run maps to columns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Shape {
    /// Every `char` is one column.
    Simple,
    /// The text is one grapheme cluster, `cells` columns wide.
    Cluster,
}

/// Neighbouring cells that share style and link.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Run {
    /// Length of this run's text in bytes.
    pub bytes: u32,
    /// Columns; at least 1. For [`Shape::Cluster`] 1 or 2.
    pub cells: u16,
    pub shape: Shape,
    pub style: Style,
    pub link: LinkRef,
}

impl Run {
    /// Bytes as an index; a text never reaches 4 GiB.
    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX)
    }

    /// Simple, without style or link.
    pub(crate) fn is_plain(&self) -> bool {
        self.shape == Shape::Simple && self.style == Style::PLAIN && self.link.is_none()
    }

    fn merges_with(&self, next: &Self) -> bool {
        let simple = self.shape == Shape::Simple && next.shape == Shape::Simple;
        simple && self.style == next.style && self.link == next.link
    }

    fn check(&self, text: &str) -> Result<(), &'static str> {
        let chars = text.chars().count();
        let fits = match self.shape {
            Shape::Simple => chars > 0 && chars == usize::from(self.cells),
            Shape::Cluster => {
                let cells = if chars == 1 { 2..=2 } else { 1..=2 };
                (1..=limits::MAX_CLUSTER).contains(&text.len()) && cells.contains(&self.cells)
            }
        };
        if !fits {
            return Err("a run's width does not fit its text");
        }
        if let Some(link) = &self.link
            && !link.is_legal()
        {
            return Err("a link is too long or holds control characters");
        }
        Ok(())
    }
}

/// What a shell said about a place in a row (OSC 133).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MarkKind {
    /// `A`: a prompt begins.
    Prompt,
    /// `B`: the prompt ends, the command line begins.
    Command,
    /// `C`: the command's output begins.
    Output,
    /// `D`: the command has ended, with this code if the shell gave one.
    End(Option<i32>),
}

/// A mark at a column, 0-based.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mark {
    pub column: u16,
    pub kind: MarkKind,
}

/// One line as a value, in canonical form, so that equal pictures are equal values:
/// simple runs of equal style and link are merged; where the row is not `wrapped`, trailing
/// blanks of plain style are absent. A `wrapped` row goes on in the next one and is exactly as
/// wide as its text (a column left free because a wide cluster did not fit is absent).
#[derive(Clone)]
pub struct Row {
    text: Box<str>,
    runs: Box<[Run]>,
    marks: Box<[Mark]>,
    wrapped: bool,
    hash: u64,
}

impl Row {
    /// The row without any text.
    #[must_use]
    pub fn blank() -> Arc<Self> {
        static BLANK: std::sync::OnceLock<Arc<Row>> = std::sync::OnceLock::new();
        Arc::clone(BLANK.get_or_init(|| Arc::new(RowBuilder::default().finish(false))))
    }

    /// The text of the runs, joined.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// It shows something, or a shell has marked a place in it.
    #[must_use]
    pub fn is_used(&self) -> bool {
        !self.marks.is_empty() || !self.text.trim_end_matches(' ').is_empty()
    }

    #[must_use]
    pub fn run_count(&self) -> usize {
        self.runs.len()
    }

    pub(crate) fn run_slice(&self) -> &[Run] {
        &self.runs
    }

    /// The runs with their texts, left to right.
    pub fn runs(&self) -> impl Iterator<Item = (&Run, &str)> {
        let mut rest = &*self.text;
        self.runs.iter().map(move |run| {
            let (text, after) = rest.split_at_checked(run.len()).unwrap_or((rest, ""));
            rest = after;
            (run, text)
        })
    }

    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The row goes on in the next one (soft wrap).
    #[must_use]
    pub fn wrapped(&self) -> bool {
        self.wrapped
    }

    /// Columns that the runs cover; what follows is blank.
    #[must_use]
    pub fn cells(&self) -> u16 {
        self.runs
            .iter()
            .fold(0, |sum, run| sum.saturating_add(run.cells))
    }

    /// Every invariant of a row; the error says which one is broken.
    ///
    /// # Errors
    /// A sentence for people who debug.
    pub fn check(&self) -> Result<(), &'static str> {
        if text::has_controls(&self.text) {
            return Err("a row holds control characters");
        }
        if self.marks.len() > limits::MAX_MARKS {
            return Err("a row has too many marks");
        }
        let mut cells = 0_usize;
        let mut rest = self.text.len();
        let mut before: Option<&Run> = None;
        for (run, text) in self.runs() {
            if text.len() != run.len() {
                return Err("a run is longer than its row's text");
            }
            run.check(text)?;
            if before.is_some_and(|before| before.merges_with(run)) {
                return Err("two neighbouring runs are one");
            }
            cells = cells.saturating_add(run.cells.into());
            rest = rest.saturating_sub(run.len());
            before = Some(run);
        }
        if rest > 0 {
            return Err("runs do not cover the text of their row");
        }
        if cells > limits::MAX_SIDE.into() {
            return Err("a row is wider than any screen");
        }
        if !self.wrapped && before.is_some_and(Run::is_plain) && self.text.ends_with(' ') {
            return Err("a row ends in plain blanks");
        }
        Ok(())
    }

    /// Hash of the whole content. Local to a process; never sent.
    #[must_use]
    pub fn content_hash(&self) -> u64 {
        self.hash
    }
}

/// Without the hash, which says nothing to people.
#[expect(
    clippy::missing_fields_in_debug,
    reason = "the hash follows from the rest"
)]
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("text", &self.text)
            .field("runs", &self.runs)
            .field("marks", &self.marks)
            .field("wrapped", &self.wrapped)
            .finish()
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
            && self.wrapped == other.wrapped
            && self.text == other.text
            && self.runs == other.runs
            && self.marks == other.marks
    }
}

impl Eq for Row {}

/// Builds a row left to right and brings it into canonical form.
#[derive(Default, Debug)]
pub struct RowBuilder {
    text: String,
    runs: Vec<Run>,
    marks: Vec<Mark>,
    /// The different links so far, and their bytes.
    links: HashSet<Arc<Link>, rapidhash::fast::RandomState>,
    link_bytes: usize,
}

impl RowBuilder {
    /// Empties the builder, keeping its buffers.
    pub fn clear(&mut self) {
        self.text.clear();
        self.runs.clear();
        self.marks.clear();
        self.links.clear();
        self.link_bytes = 0;
    }

    /// Text of which every `char` is one column.
    pub fn simple(&mut self, text: &str, style: Style, link: &LinkRef) {
        let cells = u16::try_from(text.chars().count()).unwrap_or(u16::MAX);
        if cells == 0 {
            return;
        }
        self.text.push_str(text);
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let link = if self.admits(link) { link } else { &None };
        match self.runs.last_mut() {
            Some(run) if run.shape == Shape::Simple && run.style == style && run.link == *link => {
                run.bytes = run.bytes.saturating_add(bytes);
                run.cells = run.cells.saturating_add(cells);
            }
            _ => self.runs.push(Run {
                bytes,
                cells,
                shape: Shape::Simple,
                style,
                link: link.clone(),
            }),
        }
    }

    /// One grapheme cluster, `cells` (1 or 2) columns wide. A single `char` of one column becomes
    /// simple text, which is its canonical form.
    pub fn cluster(&mut self, text: &str, cells: u16, style: Style, link: &LinkRef) {
        let mut chars = text.chars();
        if cells == 1 && chars.next().is_some() && chars.next().is_none() {
            return self.simple(text, style, link);
        }
        self.text.push_str(text);
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let link = if self.admits(link) { link } else { &None };
        self.runs.push(Run {
            bytes,
            cells,
            shape: Shape::Cluster,
            style,
            link: link.clone(),
        });
    }

    /// Whether the row has room for this link: see [`limits::MAX_ROW_LINKS`].
    fn admits(&mut self, link: &LinkRef) -> bool {
        let Some(link) = link else { return true };
        let last = self.runs.last().and_then(|run| run.link.as_ref());
        if last == Some(link) || self.links.contains(link) {
            return true;
        }
        let bytes = self
            .link_bytes
            .saturating_add(link.id.len() + link.uri.len());
        if bytes > limits::MAX_ROW_LINKS {
            return false;
        }
        self.link_bytes = bytes;
        self.links.insert(Arc::clone(link));
        true
    }

    /// Adds a mark; beyond [`limits::MAX_MARKS`] it is dropped.
    pub fn mark(&mut self, mark: Mark) {
        if self.marks.len() < limits::MAX_MARKS {
            self.marks.push(mark);
        }
    }

    /// Nothing has been added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.marks.is_empty()
    }

    /// The row; the builder is empty afterwards and may be used again.
    #[must_use]
    pub fn finish(&mut self, wrapped: bool) -> Row {
        if !wrapped {
            self.trim();
        }
        self.finish_patch(wrapped)
    }

    /// As [`Self::finish`], but trailing blanks stay: for the patch of an update, which replaces
    /// cells inside a row.
    #[must_use]
    pub fn finish_patch(&mut self, wrapped: bool) -> Row {
        let mut hasher = rapidhash::fast::RapidHasher::default();
        self.text.hash(&mut hasher);
        self.runs.hash(&mut hasher);
        self.marks.hash(&mut hasher);
        wrapped.hash(&mut hasher);
        let row = Row {
            text: self.text.as_str().into(),
            runs: self.runs.as_slice().into(),
            marks: self.marks.as_slice().into(),
            wrapped,
            hash: hasher.finish(),
        };
        self.clear();
        row
    }

    fn trim(&mut self) {
        let Some(last) = self.runs.last_mut() else {
            return;
        };
        if !last.is_plain() {
            return;
        }
        let start = self.text.len().saturating_sub(last.len());
        let run = self.text.get(start..).unwrap_or_default();
        let blanks = run.len() - run.trim_end_matches(' ').len();
        self.text.truncate(self.text.len() - blanks);
        last.bytes = last
            .bytes
            .saturating_sub(u32::try_from(blanks).unwrap_or(u32::MAX));
        last.cells = last
            .cells
            .saturating_sub(u16::try_from(blanks).unwrap_or(u16::MAX));
        if last.cells == 0 {
            self.runs.pop();
        }
    }
}
