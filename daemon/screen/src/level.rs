//! The level of conformance (DECSCL): which of DEC's terminals this one is like, 1 for a VT100 to 4
//! for a VT420. Functions of a higher level are ignored.

use minicbor::{Decode, Encode};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Level(#[n(0)] pub(crate) u8);

impl Level {
    pub(crate) const LEAST: Self = Self(1);
    pub(crate) const MOST: Self = Self(4);

    /// By the first parameter of DECSCL. A level that this terminal does not reach is refused.
    pub(crate) fn of(number: u16) -> Option<Self> {
        let level = number
            .checked_sub(60)
            .and_then(|level| u8::try_from(level).ok());
        level.map(Self).filter(|level| level.is_legal())
    }

    pub(crate) fn is_legal(self) -> bool {
        (Self::LEAST..=Self::MOST).contains(&self)
    }
}

impl Default for Level {
    fn default() -> Self {
        Self::MOST
    }
}

/// The least level that has a control sequence.
pub(crate) fn of_sequence(intermediates: &[u8], action: char) -> Level {
    Level(match (intermediates, action) {
        // DECRQM, and the status line.
        ([b'$'], 'p' | '}' | '~') => 1,
        // DECRQPSR, DECRQDE.
        ([b'$'], 'w') | ([b'"'], 'v') => 3,
        // Rectangles, DECIC, DECDC.
        ([b'$' | b'*'], _) | ([b'\''], '}' | '~') | ([b'#'], 'y') => 4,
        _ => 1,
    })
}

/// The least level that has a private mode.
pub(crate) fn of_mode(mode: u16) -> Level {
    Level(match mode {
        42 => 2,
        69 => 4,
        _ => 1,
    })
}

/// The least level that answers a DSR with `?`.
pub(crate) fn of_report(what: u16) -> Level {
    Level(match what {
        15 | 25 | 26 => 2,
        53 | 55 | 56 => 3,
        62 | 63 | 75 | 85 => 4,
        _ => 1,
    })
}
