//! A stretch of a row that can be shortened from both ends, without ever splitting a cluster.

use crate::row::{Row, RowBuilder, Run, Shape};

/// The cells of a row from some column to another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<'r> {
    /// The runs it touches.
    runs: &'r [Run],
    /// Their text, without what was taken.
    text: &'r str,
    /// Bytes taken from the first of `runs`.
    head: usize,
    /// Bytes taken from the last of `runs`.
    tail: usize,
}

/// The part of one run that lies in a window.
type Piece<'r> = (&'r Run, &'r str);

impl<'r> Window<'r> {
    pub(crate) fn of(row: &'r Row) -> Self {
        Self {
            runs: row.run_slice(),
            text: row.text(),
            head: 0,
            tail: 0,
        }
    }

    fn first(&self) -> Option<Piece<'r>> {
        match self.runs {
            [] => None,
            [only] => Some((only, self.text)),
            [first, ..] => {
                let end = first.len().saturating_sub(self.head);
                Some((first, self.text.get(..end)?))
            }
        }
    }

    fn last(&self) -> Option<Piece<'r>> {
        match self.runs {
            [] => None,
            [only] => Some((only, self.text)),
            [.., last] => {
                let piece = last.len().saturating_sub(self.tail);
                let start = self.text.len().saturating_sub(piece);
                Some((last, self.text.get(start..)?))
            }
        }
    }

    /// Takes `bytes` of the first piece, which must end at a character.
    fn take_first(&mut self, bytes: usize) {
        let whole = self.first().is_none_or(|(_, text)| text.len() <= bytes);
        self.text = self.text.get(bytes..).unwrap_or_default();
        self.head = self.head.saturating_add(bytes);
        if whole {
            self.runs = self.runs.split_first().map_or(&[], |(_, rest)| rest);
            self.head = 0;
        }
    }

    /// Takes `bytes` of the last piece, which must begin at a character.
    fn take_last(&mut self, bytes: usize) {
        let whole = self.last().is_none_or(|(_, text)| text.len() <= bytes);
        let end = self.text.len().saturating_sub(bytes);
        self.text = self.text.get(..end).unwrap_or_default();
        self.tail = self.tail.saturating_add(bytes);
        if whole {
            self.runs = self.runs.split_last().map_or(&[], |(_, rest)| rest);
            self.tail = 0;
        }
    }

    /// Cuts off the first `cells` columns. `None` if there are fewer, or the cut would split a
    /// cluster.
    pub(crate) fn skip(mut self, mut cells: u16) -> Option<Self> {
        while cells > 0 {
            let (taken, bytes) = self.step(cells)?;
            cells = cells.saturating_sub(taken);
            self.take_first(bytes);
        }
        Some(self)
    }

    /// Appends the first `cells` columns to `builder`. `None` as for [`Self::skip`].
    pub(crate) fn write_first(mut self, mut cells: u16, builder: &mut RowBuilder) -> Option<()> {
        while cells > 0 {
            let (taken, bytes) = self.step(cells)?;
            let (run, text) = self.first()?;
            write_piece(run, text.get(..bytes)?, builder);
            cells = cells.saturating_sub(taken);
            self.take_first(bytes);
        }
        Some(())
    }

    /// As much of the first piece as fits into `cells` columns: its columns and bytes.
    fn step(&self, cells: u16) -> Option<(u16, usize)> {
        let (run, text) = self.first()?;
        if run.shape == Shape::Cluster {
            return (run.cells <= cells).then_some((run.cells, text.len()));
        }
        let wanted = usize::from(cells);
        if text.get(..wanted).is_some_and(str::is_ascii) {
            return Some((cells, wanted));
        }
        match text.char_indices().nth(wanted) {
            Some((end, _)) => Some((cells, end)),
            None => Some((u16::try_from(text.chars().count()).ok()?, text.len())),
        }
    }

    /// Appends all of it to `builder`.
    pub(crate) fn write(mut self, builder: &mut RowBuilder) {
        while let Some((run, text)) = self.first() {
            write_piece(run, text, builder);
            self.take_first(text.len());
        }
    }
}

fn write_piece(run: &Run, text: &str, builder: &mut RowBuilder) {
    match run.shape {
        Shape::Simple => builder.simple(text, run.style, &run.link),
        Shape::Cluster => builder.cluster(text, run.cells, run.style, &run.link),
    }
}

/// Takes what `a` and `b` have in common at their left end; returns its columns.
pub(crate) fn common_prefix<'r>(a: &mut Window<'r>, b: &mut Window<'r>) -> u16 {
    take_common(a, b, Window::first, Window::take_first, prefix)
}

/// Takes what `a` and `b` have in common at their right end; returns its columns.
pub(crate) fn common_suffix<'r>(a: &mut Window<'r>, b: &mut Window<'r>) -> u16 {
    take_common(a, b, Window::last, Window::take_last, suffix)
}

fn prefix<'t>(a: &'t str, b: &str) -> &'t str {
    let pairs = a.bytes().zip(b.bytes());
    let equal = pairs.take_while(|(a, b)| a == b).count();
    // Both texts are equal up to here, so a boundary of one is a boundary of the other.
    let mut ends = (0..=equal).rev();
    ends.find_map(|end| a.get(..end)).unwrap_or("")
}

fn suffix<'t>(a: &'t str, b: &str) -> &'t str {
    let pairs = a.bytes().rev().zip(b.bytes().rev());
    let unequal = a.len() - pairs.take_while(|(a, b)| a == b).count();
    let mut starts = unequal..=a.len();
    starts.find_map(|start| a.get(start..)).unwrap_or("")
}

fn take_common<'r>(
    a: &mut Window<'r>,
    b: &mut Window<'r>,
    piece: impl Fn(&Window<'r>) -> Option<Piece<'r>>,
    take: impl Fn(&mut Window<'r>, usize),
    common: for<'t> fn(&'t str, &str) -> &'t str,
) -> u16 {
    let mut cells = 0_u16;
    while let (Some((x, old)), Some((y, new))) = (piece(a), piece(b)) {
        if x.shape != y.shape || x.style != y.style || x.link != y.link {
            break;
        }
        let (shared, columns) = match x.shape {
            Shape::Cluster if x.cells == y.cells && old == new => (old, usize::from(x.cells)),
            Shape::Cluster => break,
            Shape::Simple => {
                let shared = common(old, new);
                (shared, shared.chars().count())
            }
        };
        if shared.is_empty() {
            break;
        }
        cells = cells.saturating_add(u16::try_from(columns).unwrap_or(u16::MAX));
        take(a, shared.len());
        take(b, shared.len());
    }
    cells
}
