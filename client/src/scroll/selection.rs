//! What is selected.

use std::ops::Range;

use abide_protocol::LineNo;

use super::place::Place;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Characters,
    Lines,
    Block,
}

/// From the anchor to the cursor, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Selection {
    pub(super) anchor: Place,
    pub(super) kind: Kind,
}

/// A selection's rows and columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Area {
    pub(super) kind: Kind,
    /// The first and the last cell in reading order.
    pub(super) start: Place,
    pub(super) end: Place,
}

impl Selection {
    pub(super) fn area(&self, cursor: Place) -> Area {
        Area {
            kind: self.kind,
            start: self.anchor.min(cursor),
            end: self.anchor.max(cursor),
        }
    }
}

impl Area {
    /// Its columns in a row.
    pub(super) fn columns(&self, line: LineNo) -> Option<Range<u16>> {
        if !(self.start.line..=self.end.line).contains(&line) {
            return None;
        }
        let (one, other) = (self.start.column, self.end.column);
        Some(match self.kind {
            Kind::Lines => 0..u16::MAX,
            Kind::Block => one.min(other)..one.max(other).saturating_add(1),
            Kind::Characters => {
                let from = if line == self.start.line { one } else { 0 };
                let to = if line == self.end.line {
                    other.saturating_add(1)
                } else {
                    u16::MAX
                };
                from..to
            }
        })
    }
}
