//! The presented state of a synchronized update: a copy of what was visible at its begin.

use crate::cell::Cell;
use crate::grid::Grid;
use crate::line::Line;
use crate::view::View;
use abide_protocol::Book;

#[derive(Default)]
pub(crate) struct Held {
    /// `None`: nothing is held, the live state is presented.
    pub(crate) view: Option<View>,
    pub(crate) lines: Vec<Line>,
    /// Where each line was in the grid's memory; the same place and no write since means that the
    /// copy is still good.
    places: Vec<u16>,
    book: Book,
}

impl Held {
    /// Copies what is visible, but not again what was copied by an earlier begin.
    pub(crate) fn begin(&mut self, view: View, grid: &mut Grid) {
        if self.book != view.book {
            self.book = view.book;
            self.places.clear();
        }
        let rows = usize::from(grid.rows());
        let known = self.places.len().min(rows);
        self.lines.resize_with(rows, || Line::new(grid.cols()));
        self.places.resize(rows, 0);
        for (row, held) in self.lines.iter_mut().enumerate() {
            let place = grid.place(row as u16);
            let line = grid.line_mut(row as u16);
            if row < known && self.places.get(row) == Some(&place) && line.is_held() {
                continue;
            }
            held.copy_from(line);
            line.set_held();
            if let Some(kept) = self.places.get_mut(row) {
                *kept = place;
            }
        }
        self.view = Some(view);
    }

    /// The copies no longer belong to the grid: its size changed.
    pub(crate) fn forget(&mut self) {
        self.places.clear();
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.lines.iter().flat_map(Line::used_cells)
    }
}
