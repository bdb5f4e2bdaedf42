//! One line of the grid: mutable cells, and the immutable row last made from them.

use std::sync::Arc;

use abide_protocol::{Mark, Row, limits};

use crate::cell::{Cell, Glyph};

/// The cached row shows these cells.
const CACHED: u8 = 1;
/// The held copy shows these cells.
const HELD: u8 = 1 << 1;

#[derive(Clone)]
pub(crate) struct Line {
    cells: Vec<Cell>,
    /// Cells from here on are [`Cell::BLANK`].
    used: u16,
    wrapped: bool,
    /// What is known to be unchanged since the last write.
    fresh: u8,
    marks: Vec<Mark>,
    cached: Option<Arc<Row>>,
}

impl Line {
    pub(crate) fn new(cols: u16) -> Self {
        Self {
            cells: vec![Cell::BLANK; usize::from(cols)],
            used: 0,
            wrapped: false,
            fresh: 0,
            marks: Vec::new(),
            cached: None,
        }
    }

    /// A line of these cells, cut or padded to `cols`; they hold no broken wide cell.
    pub(crate) fn of(mut cells: Vec<Cell>, cols: u16, wrapped: bool, marks: Vec<Mark>) -> Self {
        let used = cells
            .iter()
            .rposition(|cell| *cell != Cell::BLANK)
            .map_or(0, |last| last + 1);
        cells.resize(usize::from(cols), Cell::BLANK);
        Self {
            cells,
            used: used as u16,
            wrapped,
            fresh: 0,
            marks,
            cached: None,
        }
    }

    /// A line of which these cells were written, at most `cols`.
    pub(crate) fn of_used(
        mut cells: Vec<Cell>,
        cols: u16,
        wrapped: bool,
        marks: Vec<Mark>,
    ) -> Self {
        let used = cells.len() as u16;
        cells.resize(usize::from(cols), Cell::BLANK);
        Self {
            cells,
            used,
            wrapped,
            fresh: 0,
            marks,
            cached: None,
        }
    }

    pub(crate) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Cells to be printed into: [`Self::wrote`] says how far. The caller keeps wide cells whole.
    #[inline]
    pub(crate) fn cells_mut(&mut self) -> &mut [Cell] {
        &mut self.cells
    }

    pub(crate) fn used(&self) -> u16 {
        self.used
    }

    /// The cells that were written.
    pub(crate) fn used_cells(&self) -> &[Cell] {
        self.cells.get(..usize::from(self.used)).unwrap_or(&[])
    }

    pub(crate) fn cell(&self, column: u16) -> Cell {
        let cell = self.cells.get(usize::from(column));
        cell.copied().unwrap_or(Cell::BLANK)
    }

    pub(crate) fn cols(&self) -> u16 {
        self.cells.len() as u16
    }

    pub(crate) fn wrapped(&self) -> bool {
        self.wrapped
    }

    pub(crate) fn set_wrapped(&mut self, wrapped: bool) {
        if self.wrapped != wrapped {
            self.wrapped = wrapped;
            self.fresh = 0;
        }
    }

    pub(crate) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Adds a mark; beyond [`limits::MAX_MARKS`] it is dropped.
    pub(crate) fn mark(&mut self, mark: Mark) {
        if self.marks.len() < limits::MAX_MARKS && !self.marks.contains(&mark) {
            self.marks.push(mark);
            self.marks.sort_by_key(|mark| mark.column);
            self.fresh = 0;
        }
    }

    /// Mutable cells `[from, to)`, which count as written from now on. Reaching the last column
    /// ends a soft wrap. The caller keeps wide cells whole (see [`Self::part`]).
    #[inline]
    pub(crate) fn write(&mut self, from: u16, to: u16) -> &mut [Cell] {
        self.fresh = 0;
        let to = usize::from(to).min(self.cells.len());
        let from = usize::from(from).min(to);
        self.used = self.used.max(to as u16);
        if to == self.cells.len() && from < to {
            self.wrapped = false;
        }
        self.cells.get_mut(from..to).unwrap_or(&mut [])
    }

    /// Cells up to column `end` were printed, each of them or some. Reaching the last column ends a
    /// soft wrap.
    #[inline]
    pub(crate) fn wrote(&mut self, end: u16) {
        self.fresh = 0;
        self.used = self.used.max(end);
        if end == self.cols() {
            self.wrapped = false;
        }
    }

    /// Parts wide cells at the left edge of column `at`: if a wide cell reaches across it, both
    /// its halves become spaces.
    #[inline]
    pub(crate) fn part(&mut self, at: u16) {
        let at = usize::from(at);
        if at > 0 && self.cells.get(at).is_some_and(|cell| cell.glyph.is_tail()) {
            self.fresh = 0;
            for cell in self.cells.iter_mut().skip(at - 1).take(2) {
                cell.glyph = Glyph::SPACE;
            }
        }
    }

    /// Sets `[from, to)` to `blank`, parting wide cells at both edges.
    pub(crate) fn erase(&mut self, from: u16, to: u16, blank: Cell) {
        let to = to.min(self.cols());
        if from >= to {
            return;
        }
        self.part(from);
        self.part(to);
        let plain = blank == Cell::BLANK;
        let used = self.used;
        // Beyond `used` everything is blank already.
        let end = if plain { to.min(used.max(from)) } else { to };
        self.write(from, end).fill(blank);
        self.used = used.max(if plain { 0 } else { to });
        if plain && to >= used {
            self.used = used.min(from);
        }
        if to == self.cols() {
            self.wrapped = false;
        }
    }

    /// Makes the line as if new, in `blank`.
    #[inline]
    pub(crate) fn clear(&mut self, blank: Cell) {
        self.fresh = 0;
        self.wrapped = false;
        if blank == Cell::BLANK {
            let used = usize::from(self.used);
            if let Some(cells) = self.cells.get_mut(..used) {
                cells.fill(Cell::BLANK);
            }
            self.used = 0;
        } else {
            self.cells.fill(blank);
            self.used = self.cols();
        }
        if !self.marks.is_empty() {
            self.marks.clear();
        }
    }

    /// Moves `[at, right)` by `count` to the right; what passes `right` is lost.
    pub(crate) fn insert(&mut self, at: u16, right: u16, count: u16, blank: Cell) {
        let right = right.min(self.cols());
        if at >= right || count == 0 {
            return;
        }
        let count = count.min(right - at);
        self.part(at);
        self.part(right);
        self.part(right - count);
        let cells = self.write(at, right);
        let kept = cells.len() - usize::from(count);
        cells.copy_within(..kept, usize::from(count));
        cells[..usize::from(count)].fill(blank);
    }

    /// Removes `count` cells at `at`; `[at + count, right)` moves to the left.
    pub(crate) fn delete(&mut self, at: u16, right: u16, count: u16, blank: Cell) {
        let right = right.min(self.cols());
        if at >= right || count == 0 {
            return;
        }
        let count = count.min(right - at);
        self.part(at);
        self.part(at + count);
        self.part(right);
        let cells = self.write(at, right);
        let kept = cells.len() - usize::from(count);
        cells.copy_within(usize::from(count).., 0);
        cells[kept..].fill(blank);
    }

    /// Cuts or pads to `cols`.
    pub(crate) fn resize(&mut self, cols: u16) {
        if cols == self.cols() {
            return;
        }
        if cols < self.cols() {
            self.part(cols);
        }
        self.cells.resize(usize::from(cols), Cell::BLANK);
        self.used = self.used.min(cols);
        self.wrapped = false;
        self.marks.retain(|mark| mark.column < cols);
        self.fresh = 0;
    }

    /// The row made from these cells, if nothing was written since.
    pub(crate) fn cached(&self) -> Option<&Arc<Row>> {
        self.cached.as_ref().filter(|_| self.fresh & CACHED != 0)
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.fresh & CACHED == 0
    }

    /// Keeps `row` as what these cells show; an equal earlier one stays in its place.
    pub(crate) fn cache(&mut self, row: Row) -> Arc<Row> {
        self.fresh |= CACHED;
        match &self.cached {
            Some(cached) if **cached == row => Arc::clone(cached),
            _ => Arc::clone(self.cached.insert(Arc::new(row))),
        }
    }

    pub(crate) fn is_held(&self) -> bool {
        self.fresh & HELD != 0
    }

    pub(crate) fn set_held(&mut self) {
        self.fresh |= HELD;
    }

    /// Becomes a copy of `other`, reusing this line's memory.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        let common = usize::from(self.used.max(other.used));
        if self.cells.len() == other.cells.len() {
            self.cells[..common].copy_from_slice(&other.cells[..common]);
        } else {
            self.cells.clone_from(&other.cells);
        }
        self.used = other.used;
        self.wrapped = other.wrapped;
        self.fresh = other.fresh & CACHED;
        self.marks.clone_from(&other.marks);
        self.cached.clone_from(&other.cached);
    }

    pub(crate) fn check(&self, cols: u16) -> Result<(), String> {
        if self.cells.len() != usize::from(cols) {
            return Err(format!("{} cells in {cols} columns", self.cells.len()));
        }
        let rest = self.cells.get(usize::from(self.used)..);
        if rest.is_none_or(|rest| rest.iter().any(|cell| *cell != Cell::BLANK)) {
            return Err(format!("cells beyond {} are not blank", self.used));
        }
        let mut after_wide = false;
        for (column, cell) in self.cells.iter().enumerate() {
            if cell.glyph.is_tail() != after_wide {
                return Err(format!("a wide cell is broken at column {column}"));
            }
            after_wide = cell.glyph.is_wide();
        }
        if after_wide {
            return Err("a wide cell in the last column".into());
        }
        if self.marks.iter().any(|mark| mark.column >= cols) {
            return Err("a mark outside the line".into());
        }
        if self.marks.len() > limits::MAX_MARKS || !self.marks.is_sorted_by_key(|mark| mark.column)
        {
            return Err("marks are too many or not in order".into());
        }
        if self.fresh & CACHED != 0 && self.cached.is_none() {
            return Err("a line has no row that it says it has".into());
        }
        Ok(())
    }
}
