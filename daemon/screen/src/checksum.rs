//! DECRQCRA: a checksum of a rectangle, so that a test suite can read the screen.

use abide_protocol::{Attrs, Underline};

use crate::cell::Cell;
use crate::csi::Numbers;
use crate::rectangle::Rectangle;
use crate::terminal::Terminal;

/// Bits of XTCHECKSUM; none is what DEC's terminals do.
const NOT_NEGATED: u8 = 1;
const WITHOUT_LOOK: u8 = 1 << 1;
/// What was never drawn counts as a space.
const WITH_BLANKS: u8 = 1 << 2 | 1 << 3;
/// Characters count by their code, not in eight bits.
const WHOLE_CODES: u8 = 1 << 4;

/// What counts for a character that has no place in eight bits.
const FOREIGN: u32 = 0x1b;

/// What looks add to a character.
const LOOKS: [(Attrs, u32); 4] = [
    (Attrs::CONCEAL, 0x8),
    (Attrs::INVERSE, 0x20),
    (Attrs::BLINK, 0x40),
    (Attrs::BOLD, 0x80),
];

impl Terminal {
    /// DECRQCRA: a number to tell answers apart, the page, and the rectangle. Silence unless the
    /// session allows it: what a program reads back of its screen could be typed into a shell.
    pub(crate) fn report_checksum(&mut self, n: &Numbers<'_>) {
        if !self.allow_checksum {
            return;
        }
        let sum = self.rectangle(n, 2).map_or(0, |area| self.checksum(area));
        let sum = if self.checksum_bits & NOT_NEGATED != 0 {
            sum
        } else {
            sum.wrapping_neg()
        };
        let (id, sum) = (n.get(0), sum & 0xffff);
        self.reply(format!("\x1bP{id}!~{sum:04X}\x1b\\"));
    }

    fn checksum(&self, area: Rectangle) -> u32 {
        let mut sum = 0u32;
        for row in area.top..=area.bottom {
            let cells = self.shown.grid.line(row).cells();
            let cells = cells.get(usize::from(area.left)..=usize::from(area.right));
            for cell in cells.unwrap_or(&[]) {
                sum = sum.wrapping_add(self.weight(*cell));
            }
        }
        sum
    }

    fn weight(&self, cell: Cell) -> u32 {
        let bits = self.checksum_bits;
        if !cell.glyph.is_drawn() {
            return if bits & WITH_BLANKS != 0 { 0x20 } else { 0 };
        }
        if cell.glyph.is_tail() {
            return 0;
        }
        let cluster = cell.glyph.cluster_id();
        let text = cluster.map_or("", |id| self.tables.clusters.text(id));
        let code = u32::from(text.chars().next().unwrap_or(cell.glyph.as_char()));
        let mut weight = match code {
            _ if bits & WHOLE_CODES != 0 => code,
            0x20..=0xff => code,
            _ => FOREIGN,
        };
        if bits & WITHOUT_LOOK == 0 {
            let style = self.tables.styles.pen(cell.style).style();
            let looks = LOOKS.iter().filter(|(attr, _)| style.attrs.has(*attr));
            weight += looks.map(|(_, value)| value).sum::<u32>();
            weight += 0x4 * u32::from(cell.glyph.is_protected());
            weight += 0x10 * u32::from(style.underline != Underline::None);
        }
        weight
    }
}
