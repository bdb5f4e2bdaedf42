//! The presented state of a synchronized update: a copy of what was visible at its begin.

use crate::cell::Cell;
use crate::grid::Grid;
use crate::line::Line;
use crate::save::lines;
use crate::view::View;
use abide_protocol::{Book, Revision, Row, Size};
use minicbor::{Decode, Encode};

/// A [`Held`] with a view, saved.
#[derive(Encode, Decode)]
pub(crate) struct SavedHeld {
    #[n(0)]
    view: View,
    #[cbor(n(1), with = "minicbor::bytes")]
    lines: Vec<u8>,
}

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

    /// The cells that are presented or may be. Without a view there are none that count: a copy
    /// is used again only where the grid has the same cells.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &Cell> {
        let lines = self.view.as_ref().map_or(&[][..], |_| &self.lines[..]);
        lines.iter().flat_map(Line::used_cells)
    }

    /// What is presented, if anything is held. Copies that only might be used again are left out.
    pub(crate) fn save(&self) -> Option<SavedHeld> {
        let view = self.view.clone()?;
        let lines = lines::save(self.lines.iter());
        Some(SavedHeld { view, lines })
    }

    pub(crate) fn load(saved: SavedHeld, size: Size) -> Result<Self, String> {
        Ok(Self {
            view: Some(saved.view),
            lines: lines::load(&saved.lines, size.cols(), size.rows())?,
            ..Self::default()
        })
    }

    pub(crate) fn check(&self, size: Size) -> Result<(), String> {
        let Some(view) = &self.view else {
            return Ok(());
        };
        if view.size != size || self.lines.len() != usize::from(size.rows()) {
            return Err("what is held has another size".into());
        }
        self.lines
            .iter()
            .try_for_each(|line| line.check(size.cols()))?;
        let frame = view.snapshot(vec![Row::blank(); self.lines.len()], Revision::default());
        frame.check().map_err(str::to_owned)
    }
}
