//! A row as those read it who look for text: nothing is copied until they find some.

use abide_protocol::{LineNo, Row, Shape};

use super::unpack::Packed;

/// A cluster in a row's text, or whatever else is not as many columns as `char`s.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cluster {
    /// Where it begins in the row's text, and its length, in bytes.
    pub at: usize,
    pub bytes: usize,
    pub cells: u16,
}

/// The text of one row, and its number.
pub struct RowText<'a> {
    number: u64,
    wrapped: bool,
    text: &'a str,
    source: Source<'a>,
}

enum Source<'a> {
    Packed(Packed<'a>),
    Row(&'a Row),
}

impl<'a> RowText<'a> {
    pub(super) fn packed(number: u64, packed: Packed<'a>) -> Self {
        let (wrapped, text) = packed.text().unwrap_or_default();
        Self {
            number,
            wrapped,
            text,
            source: Source::Packed(packed),
        }
    }

    pub(super) fn row(number: u64, row: &'a Row) -> Self {
        Self {
            number,
            wrapped: row.wrapped(),
            text: row.text(),
            source: Source::Row(row),
        }
    }

    #[must_use]
    pub fn number(&self) -> LineNo {
        LineNo(self.number)
    }

    /// The row goes on in the next one.
    #[must_use]
    pub fn wrapped(&self) -> bool {
        self.wrapped
    }

    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The clusters of the row, left to right. All else is one column a `char`.
    #[must_use]
    pub fn clusters(&self) -> Vec<Cluster> {
        if self.text.is_ascii() {
            return Vec::new();
        }
        match self.source {
            Source::Packed(packed) => packed.clusters().unwrap_or_default(),
            Source::Row(row) => {
                let mut at = 0;
                let mut clusters = Vec::new();
                for (run, text) in row.runs() {
                    if run.shape == Shape::Cluster {
                        clusters.push(Cluster {
                            at,
                            bytes: text.len(),
                            cells: run.cells,
                        });
                    }
                    at += text.len();
                }
                clusters
            }
        }
    }
}
