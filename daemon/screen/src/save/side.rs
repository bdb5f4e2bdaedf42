//! One of the two screens, saved.

use minicbor::{Decode, Encode};

use abide_protocol::Size;

use super::lines;
use crate::grid::Grid;
use crate::keyboard::Keyboard;
use crate::terminal::{Saved, Side};

#[derive(Encode, Decode)]
pub(crate) struct SavedSide {
    #[n(0)]
    cursor: Saved,
    #[n(1)]
    keyboard: Keyboard,
    #[cbor(n(2), with = "minicbor::bytes")]
    lines: Vec<u8>,
}

impl Side {
    pub(super) fn save(&self) -> SavedSide {
        let Self {
            grid,
            saved,
            keyboard,
        } = self;
        SavedSide {
            cursor: *saved,
            keyboard: keyboard.clone(),
            lines: lines::save(grid.iter()),
        }
    }
}

pub(super) fn load(saved: SavedSide, size: Size) -> Result<Side, String> {
    let lines = lines::load(&saved.lines, size.cols(), size.rows())?;
    Ok(Side {
        grid: Grid::of(lines, size.cols()),
        saved: saved.cursor,
        keyboard: saved.keyboard,
    })
}
