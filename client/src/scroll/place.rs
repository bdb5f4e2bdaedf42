//! Places in a document, and the cells of its rows.

use abide_protocol::{LineNo, Row};

use crate::paint::{Cell, expand};

/// A cell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Place {
    pub(super) line: LineNo,
    pub(super) column: u16,
}

/// What words are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    Blank,
    Word,
    Other,
}

/// The cells that a row has text in.
pub(super) fn cells(row: &Row) -> Vec<Cell<'_>> {
    expand(row, row.cells())
}

impl Class {
    pub(super) fn of(cell: &Cell<'_>) -> Self {
        match cell.text.chars().next() {
            None | Some(' ') => Self::Blank,
            Some(c) if c.is_alphanumeric() || c == '_' => Self::Word,
            Some(_) => Self::Other,
        }
    }
}

/// Columns down to the last cell that is not a blank.
pub(super) fn used(row: &Row) -> u16 {
    let cells = cells(row);
    let last = cells
        .iter()
        .rposition(|cell| !cell.text.trim_end_matches(' ').is_empty() || cell.width == 0);
    last.map_or(0, |last| last as u16 + 1)
}

/// The nearest column that the cursor may stand on: the beginning of a cell that is used.
pub(super) fn on_cell(row: &Row, column: u16) -> u16 {
    let column = column.min(used(row).saturating_sub(1));
    let cells = cells(row);
    match cells.get(usize::from(column)) {
        Some(cell) if cell.width == 0 => column.saturating_sub(1),
        _ => column,
    }
}
