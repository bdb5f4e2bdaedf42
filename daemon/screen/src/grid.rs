//! A grid: the lines of one screen. Scrolling rotates an order of line numbers; lines stay where
//! they are in memory.

use crate::cell::Cell;
use crate::line::Line;

#[derive(Clone)]
pub(crate) struct Grid {
    lines: Vec<Line>,
    /// Line number by row, top to bottom.
    order: Vec<u16>,
    cols: u16,
}

impl Grid {
    pub(crate) fn new(cols: u16, rows: u16) -> Self {
        Self {
            lines: (0..rows).map(|_| Line::new(cols)).collect(),
            order: (0..rows).collect(),
            cols,
        }
    }

    /// A grid of these lines, top to bottom.
    pub(crate) fn of(lines: Vec<Line>, cols: u16) -> Self {
        Self {
            order: (0..lines.len() as u16).collect(),
            lines,
            cols,
        }
    }

    pub(crate) fn rows(&self) -> u16 {
        self.order.len() as u16
    }

    pub(crate) fn cols(&self) -> u16 {
        self.cols
    }

    /// The line at `row`, which must be on the screen.
    #[inline]
    pub(crate) fn line(&self, row: u16) -> &Line {
        &self.lines[usize::from(self.order[usize::from(row)])]
    }

    #[inline]
    pub(crate) fn line_mut(&mut self, row: u16) -> &mut Line {
        &mut self.lines[usize::from(self.order[usize::from(row)])]
    }

    /// Where the line of `row` is in memory: the same number, the same line.
    pub(crate) fn place(&self, row: u16) -> u16 {
        self.order[usize::from(row)]
    }

    /// Lines top to bottom.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.order
            .iter()
            .map(|place| &self.lines[usize::from(*place)])
    }

    pub(crate) fn into_lines(mut self) -> Vec<Line> {
        let order = std::mem::take(&mut self.order);
        let take =
            |place: u16| std::mem::replace(&mut self.lines[usize::from(place)], Line::new(0));
        order.into_iter().map(take).collect()
    }

    /// Rows `[top, bottom]` move up by `count` (at most the region's height); new ones are `blank`.
    #[inline]
    pub(crate) fn scroll_up(&mut self, top: u16, bottom: u16, count: u16, blank: Cell) {
        let count = usize::from(count.min(bottom - top + 1));
        let region = &mut self.order[usize::from(top)..=usize::from(bottom)];
        if count == 1 {
            let first = region[0];
            region.copy_within(1.., 0);
            if let Some(last) = region.last_mut() {
                *last = first;
            }
            self.lines[usize::from(first)].clear(blank);
            return;
        }
        region.rotate_left(count);
        for row in usize::from(bottom) + 1 - count..=usize::from(bottom) {
            self.line_mut(row as u16).clear(blank);
        }
    }

    /// Rows `[top, bottom]` move down by `count`; new ones are `blank`.
    pub(crate) fn scroll_down(&mut self, top: u16, bottom: u16, count: u16, blank: Cell) {
        let count = count.min(bottom - top + 1);
        let region = &mut self.order[usize::from(top)..=usize::from(bottom)];
        region.rotate_right(usize::from(count));
        for row in top..top + count {
            self.line_mut(row).clear(blank);
        }
    }

    /// Copies columns `[left, right]` of row `from` to row `to`.
    pub(crate) fn copy_columns(&mut self, from: u16, to: u16, left: u16, right: u16) {
        self.line_mut(from).part(left);
        self.line_mut(from).part(right + 1);
        let cells = self.line(from).cells()[usize::from(left)..=usize::from(right)].to_vec();
        let line = self.line_mut(to);
        line.part(left);
        line.part(right + 1);
        line.write(left, right + 1).copy_from_slice(&cells);
    }

    /// Cuts or pads: columns at the right, rows at the bottom.
    pub(crate) fn crop(&mut self, cols: u16, rows: u16) {
        let mut lines = std::mem::replace(self, Self::new(0, 0)).into_lines();
        lines.truncate(usize::from(rows));
        for line in &mut lines {
            line.resize(cols);
        }
        lines.resize_with(usize::from(rows), || Line::new(cols));
        *self = Self::of(lines, cols);
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.lines.iter().flat_map(Line::used_cells)
    }

    pub(crate) fn check(&self, cols: u16, rows: u16) -> Result<(), String> {
        if self.rows() != rows || self.lines.len() != usize::from(rows) || self.cols != cols {
            return Err(format!("a grid of {}x{}", self.cols, self.rows()));
        }
        let mut seen = vec![false; self.lines.len()];
        for place in &self.order {
            match seen.get_mut(usize::from(*place)) {
                Some(seen) if !*seen => *seen = true,
                _ => return Err("the order of lines is broken".into()),
            }
        }
        self.iter().try_for_each(|line| line.check(cols))
    }
}
