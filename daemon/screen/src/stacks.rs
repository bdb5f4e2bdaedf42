//! What programs put aside and take back: pens (XTPUSHSGR) and colours (XTPUSHCOLORS).

use abide_protocol::Palette;
use minicbor::{Decode, Encode};

use crate::invariants::ensure;
use crate::limits::MAX_STACK;
use crate::pen::Pen;

/// A pen put aside, and the parts of it that come back, a bit for each code of XTPUSHSGR.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
struct KeptPen {
    #[n(0)]
    pen: Pen,
    #[n(1)]
    codes: u32,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub(crate) struct Pens {
    #[n(0)]
    kept: Vec<KeptPen>,
    /// Pushes beyond the bound: as many pops bring nothing back.
    #[n(1)]
    beyond: u32,
}

/// All parts of a pen.
const ALL: u32 = u32::MAX;

impl Pens {
    /// XTPUSHSGR. Without a code all comes back.
    pub(crate) fn push(&mut self, pen: Pen, codes: impl Iterator<Item = u16>) {
        if self.kept.len() >= MAX_STACK {
            self.beyond = self.beyond.saturating_add(1);
            return;
        }
        let mut wanted = None;
        for code in codes.filter(|code| *code != 0) {
            let bit = 1u32.checked_shl(code.into()).unwrap_or(0);
            wanted = Some(wanted.unwrap_or(0) | bit);
        }
        self.kept.push(KeptPen {
            pen: pen.without_link(),
            codes: wanted.unwrap_or(ALL),
        });
    }

    /// XTPOPSGR: `pen` with what comes back.
    pub(crate) fn pop(&mut self, pen: Pen) -> Pen {
        if self.beyond > 0 {
            self.beyond -= 1;
            return pen;
        }
        let Some(KeptPen { pen: kept, codes }) = self.kept.pop() else {
            return pen;
        };
        if codes == ALL {
            return pen.with_all_of(kept);
        }
        let codes = (0..32u16).filter(|code| codes & 1 << code != 0);
        codes.fold(pen, |pen, code| pen.with_part_of(kept, code))
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let linked = self.kept.iter().any(|kept| kept.pen.link() != 0);
        ensure(
            self.kept.len() <= MAX_STACK && !linked,
            "pens put aside are too many or have links",
        )
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub(crate) struct Palettes {
    /// By number, as far as any was used.
    #[n(0)]
    kept: Vec<Option<Palette>>,
    /// Where the next push goes.
    #[n(1)]
    next: u16,
    /// The greatest that this was.
    #[n(2)]
    most: u16,
}

impl Palettes {
    /// XTPUSHCOLORS: into the next place, or with a number of 1 or more into that one. What finds
    /// no place is not put aside.
    pub(crate) fn push(&mut self, colors: &Palette, number: u16) {
        let next = if number == 0 { self.next + 1 } else { number };
        let place = usize::from(next - 1);
        if place >= MAX_STACK {
            return;
        }
        if place >= self.kept.len() {
            self.kept.resize(place + 1, None);
        }
        self.kept[place] = Some(colors.clone());
        self.next = next;
        self.most = self.most.max(next);
    }

    /// XTPOPCOLORS: the colours put aside last, or those with this number, which stay.
    pub(crate) fn pop(&mut self, number: u16) -> Option<&Palette> {
        let number = if number == 0 { self.next } else { number };
        let place = number.checked_sub(1)?;
        let colors = self.kept.get(usize::from(place))?.as_ref()?;
        self.next = place;
        Some(colors)
    }

    /// Where the next push goes, and the greatest that this was.
    pub(crate) fn report(&self) -> (u16, u16) {
        (self.next, self.most)
    }

    pub(crate) fn kept(&self) -> impl Iterator<Item = &Palette> {
        self.kept.iter().flatten()
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let bound = MAX_STACK as u16;
        ensure(
            self.kept.len() <= MAX_STACK && self.next <= self.most && self.most <= bound,
            "colours put aside are too many or miscounted",
        )
    }
}
