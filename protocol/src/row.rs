//! A row: one line of a screen or of history, as an immutable value.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::style::{LinkRef, Style};

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
#[derive(Clone, Debug)]
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

    #[must_use]
    pub fn run_count(&self) -> usize {
        self.runs.len()
    }

    /// The runs with their texts, left to right.
    pub fn runs(&self) -> impl Iterator<Item = (&Run, &str)> {
        let mut rest = &*self.text;
        self.runs.iter().map(move |run| {
            let (text, after) = rest
                .split_at_checked(index(run.bytes))
                .unwrap_or((rest, ""));
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

    /// Hash of the whole content. Local to a process; never sent.
    #[must_use]
    pub fn content_hash(&self) -> u64 {
        self.hash
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

/// Bytes of a run as an index; a text never reaches 4 GiB.
fn index(bytes: u32) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// Builds a row left to right and brings it into canonical form.
#[derive(Default, Debug)]
pub struct RowBuilder {
    text: String,
    runs: Vec<Run>,
    marks: Vec<Mark>,
}

impl RowBuilder {
    /// Empties the builder, keeping its buffers.
    pub fn clear(&mut self) {
        self.text.clear();
        self.runs.clear();
        self.marks.clear();
    }

    /// Text of which every `char` is one column.
    pub fn simple(&mut self, text: &str, style: Style, link: &LinkRef) {
        let cells = u16::try_from(text.chars().count()).unwrap_or(u16::MAX);
        if cells == 0 {
            return;
        }
        self.text.push_str(text);
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        match self.runs.last_mut() {
            Some(run) if run.shape == Shape::Simple && run.style == style && run.link == *link => {
                run.bytes += bytes;
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
        self.runs.push(Run {
            bytes,
            cells,
            shape: Shape::Cluster,
            style,
            link: link.clone(),
        });
    }

    pub fn mark(&mut self, mark: Mark) {
        self.marks.push(mark);
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
        if last.shape != Shape::Simple || last.style != Style::PLAIN || last.link.is_some() {
            return;
        }
        let start = self.text.len().saturating_sub(index(last.bytes));
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
