//! What belongs to the screen beside its cells, told as a string and taken back from one: the cursor
//! with its look and character sets (DECCIR), and the tab stops (DECTABSR).

use abide_protocol::{Attrs, Underline};

use crate::charset::Charset;
use crate::csi::Numbers;
use crate::terminal::{Position, Terminal};

/// What makes a letter of bits.
const LETTER: u8 = 0x40;
/// The bits of each letter: looks, attributes, flags. In VT420's reports no others are set.
const LOOKS: [(Attrs, u8); 3] = [(Attrs::BOLD, 1), (Attrs::BLINK, 4), (Attrs::INVERSE, 8)];
const UNDERLINED: u8 = 2;
const PROTECTED: u8 = 1;
const ORIGIN: u8 = 1;
const SHIFT_2: u8 = 2;
const SHIFT_3: u8 = 4;
const PENDING: u8 = 8;

impl Terminal {
    /// DECRQPSR.
    pub(crate) fn report_presentation(&mut self, n: &Numbers<'_>) {
        match n.get(0) {
            1 => self.report_cursor(),
            2 => self.report_tabs(),
            _ => {}
        }
    }

    /// DECRSPS: `what` is the kind of the report.
    pub(crate) fn restore_presentation(&mut self, what: u8, report: &[u8]) {
        match what {
            // A report that goes wrong counts up to there.
            b'1' => drop(self.take_cursor(report)),
            b'2' => self.take_tabs(report),
            _ => {}
        }
    }

    /// DECCIR.
    fn report_cursor(&mut self) {
        let bit = |on: bool, bit: u8| if on { bit } else { 0 };
        let letter = |bits: u8| char::from(LETTER | bits);
        let style = self.pen.style();
        let looks = LOOKS
            .iter()
            .map(|(attr, value)| bit(style.attrs.has(*attr), *value));
        let looks = looks.fold(
            bit(style.underline != Underline::None, UNDERLINED),
            |a, b| a | b,
        );
        let protected = bit(self.protect && !self.guarded, PROTECTED);
        let shift = match self.charsets.single() {
            Some(2) => SHIFT_2,
            Some(_) => SHIFT_3,
            None => 0,
        };
        let flags = bit(self.flags.origin, ORIGIN) | shift | bit(self.at.pending, PENDING);
        let (sizes, names) = self.charsets.names();
        let (row, column, gl) = (self.at.row + 1, self.at.column + 1, self.charsets.gl());
        let (looks, protected) = (letter(looks), letter(protected));
        let (flags, sizes) = (letter(flags), letter(sizes));
        self.reply(format!(
            "\x1bP1$u{row};{column};1;{looks};{protected};{flags};{gl};2;{sizes};{names}\x1b\\"
        ));
    }

    /// Takes a DECCIR back, part by part. `None`: a part is wrong, and so it and those after it are
    /// left out.
    fn take_cursor(&mut self, report: &[u8]) -> Option<()> {
        let mut parts = report.splitn(10, |byte| *byte == b';');
        let row = address(parts.next()?, self.rows())?;
        self.at = Position {
            row,
            pending: false,
            ..self.at
        };
        self.at.column = address(parts.next()?, self.cols())?;
        if number(parts.next()?)? != 1 {
            return None;
        }
        let looks = bits(parts.next()?, 0xf)?;
        self.set_pen(|pen| {
            for (attr, bit) in LOOKS {
                pen.set_attr(attr, looks & bit != 0);
            }
            match (looks & UNDERLINED != 0, pen.style().underline) {
                (false, _) => pen.set_underline(Underline::None),
                (true, Underline::None) => pen.set_underline(Underline::Single),
                (true, _) => {}
            }
        });
        self.protect = bits(parts.next()?, PROTECTED)? != 0;
        self.guarded = false;
        let flags = bits(parts.next()?, 0xf)?;
        self.flags.origin = flags & ORIGIN != 0;
        let last = self.at.column + 1 == self.right_limit();
        self.at.pending = last && flags & PENDING != 0;
        self.charsets
            .single_shift(match flags & (SHIFT_2 | SHIFT_3) {
                0 => None,
                SHIFT_2 => Some(2),
                _ => Some(3),
            });
        let gl = number(parts.next()?).filter(|gl| *gl < 4)?;
        self.charsets.shift(gl as u8);
        // What GR shows is not ours to change.
        number(parts.next()?).filter(|gr| *gr < 4)?;
        let sizes = bits(parts.next()?, 0xf)?;
        let mut names = parts.next()?;
        for index in 0..4 {
            let (prefix, rest) = match names {
                [b'%' | b'&' | b'"', ..] => names.split_at(1),
                _ => names.split_at(0),
            };
            let (last, rest) = rest.split_first()?;
            names = rest;
            self.charsets.designate(
                index,
                if sizes & 1 << index != 0 {
                    Charset::of_96(*last)
                } else {
                    Charset::of_94(prefix, *last, self.level, self.flags.national)
                },
            );
        }
        Some(())
    }

    /// DECTABSR.
    fn report_tabs(&mut self) {
        let stops: Vec<String> = self
            .tabs
            .columns(self.size.cols())
            .map(|stop| stop.to_string())
            .collect();
        self.reply(format!("\x1bP2$u{}\x1b\\", stops.join("/")));
    }

    /// Takes a DECTABSR back, up to what is wrong in it.
    fn take_tabs(&mut self, report: &[u8]) {
        self.tabs.clear();
        for stop in report.split(|byte| *byte == b'/').map_while(number) {
            if let Some(column) = stop.checked_sub(1) {
                self.tabs.set(column, true);
            }
        }
    }
}

fn number(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A number from 1 to `most`, as one from 0.
fn address(digits: &[u8], most: u16) -> Option<u16> {
    let number = number(digits).filter(|number| *number <= most)?;
    number.checked_sub(1)
}

/// The bits of a letter, of which no others than `known` are set.
fn bits(part: &[u8], known: u8) -> Option<u8> {
    let [letter] = part else { return None };
    (letter & !known == LETTER).then_some(letter & known)
}
