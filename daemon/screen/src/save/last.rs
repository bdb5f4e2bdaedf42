//! The snapshot taken last, saved: as a snapshot in which rows that are still shown are blank,
//! and the numbers of those rows.

use std::sync::Arc;

use abide_protocol::{Revision, Row, record};
use minicbor::{Decode, Encode};

use crate::screen::Screen;
use crate::view::RowMaker;

#[derive(Encode, Decode)]
pub(super) struct Last {
    #[n(0)]
    revision: Revision,
    /// A record; empty if there is none.
    #[cbor(n(1), with = "minicbor::bytes")]
    snapshot: Vec<u8>,
    /// Rows that are the presented ones, ascending.
    #[n(2)]
    same: Vec<u16>,
}

impl Last {
    pub(super) fn of(screen: &Screen) -> Self {
        let revision = screen.revision;
        let Some(last) = &screen.last else {
            return Self {
                revision,
                snapshot: Vec::new(),
                same: Vec::new(),
            };
        };
        let terminal = &screen.terminal;
        let mut maker = RowMaker::default();
        let mut kept = (**last).clone();
        let mut same = Vec::new();
        for (number, (line, row)) in terminal.presented().zip(&mut kept.rows).enumerate() {
            if maker.look(line, &terminal.tables) == *row {
                *row = Row::blank();
                same.push(number as u16);
            }
        }
        Self {
            revision,
            snapshot: record::encode_snapshot(&kept),
            same,
        }
    }

    pub(super) fn restore(self, screen: &mut Screen) -> Result<(), String> {
        if self.revision.counter > MAX_COUNTER {
            return Err("a revision beyond all that can be".into());
        }
        screen.revision = self.revision;
        if self.snapshot.is_empty() {
            return Ok(());
        }
        let snapshot = record::decode_snapshot(&self.snapshot);
        let mut snapshot = snapshot.map_err(|error| error.to_string())?;
        if snapshot.revision != self.revision {
            return Err("its revision is not the screen's".into());
        }
        if !self.same.is_sorted_by(|one, next| one < next) {
            return Err("its rows are not in order".into());
        }
        let (maker, terminal) = (&mut screen.maker, &mut screen.terminal);
        for number in self.same {
            let place = snapshot.rows.get_mut(usize::from(number));
            let line = terminal.presented_mut(number);
            let (Some(place), Some((line, tables))) = (place, line) else {
                return Err(format!("row {number} is outside the screen"));
            };
            *place = maker.row(line, tables);
        }
        snapshot.check()?;
        screen.last = Some(Arc::new(snapshot));
        Ok(())
    }
}

/// More snapshots than can be taken.
const MAX_COUNTER: u64 = 1 << 62;
