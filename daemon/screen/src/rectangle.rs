//! Rectangles of cells: copying, filling, erasing, and changing what cells look like.

use abide_protocol::{Attrs, Underline};
use minicbor::{Decode, Encode};

use crate::cell::{Cell, Glyph};
use crate::csi::Numbers;
use crate::pen::Pen;
use crate::sgr;
use crate::terminal::Terminal;
use crate::width;

/// Rows and columns, inclusive, 0-based; at least one cell, all on the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rectangle {
    pub(crate) top: u16,
    pub(crate) left: u16,
    pub(crate) bottom: u16,
    pub(crate) right: u16,
}

/// What DECCARA and DECRARA change (DECSACE).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Extent {
    /// From the first to the last position, as text flows; what was never drawn is left alone.
    #[default]
    #[n(0)]
    Stream,
    /// As [`Self::Stream`], but asked for by its number.
    #[n(1)]
    NumberedStream,
    #[n(2)]
    Rectangle,
}

impl Extent {
    /// DECSACE; other numbers are refused.
    pub(crate) fn of(number: u16) -> Option<Self> {
        Some(match number {
            0 => Self::Stream,
            1 => Self::NumberedStream,
            2 => Self::Rectangle,
            _ => return None,
        })
    }

    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Stream => 0,
            Self::NumberedStream => 1,
            Self::Rectangle => 2,
        }
    }
}

/// What DECCARA and DECRARA can change; neither touches colours.
const MARKED: [(u16, Attrs); 4] = [
    (1, Attrs::BOLD),
    (5, Attrs::BLINK),
    (7, Attrs::INVERSE),
    (8, Attrs::CONCEAL),
];

impl Terminal {
    /// The rectangle whose top, left, bottom and right are the parameters from `first` on. They
    /// count from the margins under DECOM, but margins cut nothing.
    pub(crate) fn rectangle(&self, n: &Numbers<'_>, first: usize) -> Option<Rectangle> {
        let (top, left) = self.corner(n.count(first), n.count(first + 1));
        let or_last = |number: u16| if number == 0 { u16::MAX } else { number };
        let (bottom, right) = self.corner(or_last(n.get(first + 2)), or_last(n.get(first + 3)));
        let rectangle = Rectangle {
            top,
            left,
            bottom,
            right,
        };
        (top <= bottom && left <= right).then_some(rectangle)
    }

    /// A position counted from 1, moved onto the screen.
    fn corner(&self, row: u16, column: u16) -> (u16, u16) {
        let (above, before) = if self.flags.origin {
            (self.margins.top, self.margins.left)
        } else {
            (0, 0)
        };
        (
            (row - 1).saturating_add(above).min(self.rows() - 1),
            (column - 1).saturating_add(before).min(self.cols() - 1),
        )
    }

    /// DECCRA: source, its page, then row and column of the target, which the screen's edges cut.
    pub(crate) fn copy_rectangle(&mut self, n: &Numbers<'_>) {
        let Some(source) = self.rectangle(n, 0) else {
            return;
        };
        let (top, left) = self.corner(n.count(5), n.count(6));
        let rows = (source.bottom - source.top + 1).min(self.rows() - top);
        let columns = (source.right - source.left + 1).min(self.cols() - left);
        let taken = (0..rows).map(|row| {
            let line = self.shown.grid.line(source.top + row);
            let from = usize::from(source.left);
            let cells = line.cells().get(from..from + usize::from(columns));
            let mut cells = cells.unwrap_or(&[]).to_vec();
            make_whole(&mut cells);
            cells
        });
        let taken: Vec<Vec<Cell>> = taken.collect();
        for (row, cells) in (top..).zip(taken) {
            let line = self.shown.grid.line_mut(row);
            line.part(left);
            line.part(left + columns);
            line.write(left, left + columns).copy_from_slice(&cells);
        }
    }

    /// DECFRA: a character of one column, then the rectangle.
    pub(crate) fn fill_rectangle(&mut self, n: &Numbers<'_>) {
        let code = n.get(0);
        let c = char::from_u32(if code == 0 { 32 } else { code.into() });
        let Some(c) = c.filter(|c| width::of_char(*c) == 1) else {
            return;
        };
        let Some(rectangle) = self.rectangle(n, 1) else {
            return;
        };
        let glyph = Glyph::char(self.charsets.shown(c)).protected(self.protect);
        let style = self.style();
        self.fill(rectangle, Cell { glyph, style });
    }

    /// DECERA.
    pub(crate) fn erase_rectangle(&mut self, n: &Numbers<'_>) {
        if let Some(rectangle) = self.rectangle(n, 0) {
            let glyph = Glyph::SPACE;
            let blank = self.blank();
            self.fill(rectangle, Cell { glyph, ..blank });
        }
    }

    fn fill(&mut self, rectangle: Rectangle, cell: Cell) {
        let Rectangle { left, right, .. } = rectangle;
        for row in rectangle.top..=rectangle.bottom {
            let line = self.shown.grid.line_mut(row);
            line.part(left);
            line.part(right + 1);
            line.write(left, right + 1).fill(cell);
        }
    }

    /// DECSERA: what is not protected becomes a space and keeps its look.
    pub(crate) fn erase_rectangle_selectively(&mut self, n: &Numbers<'_>) {
        let Some(Rectangle {
            top,
            left,
            bottom,
            right,
        }) = self.rectangle(n, 0)
        else {
            return;
        };
        for row in top..=bottom {
            let line = self.shown.grid.line_mut(row);
            // A wide cell that the edge cuts loses both halves, unless it is protected.
            for edge in [left, right + 1] {
                if !line.cell(edge).glyph.is_protected() {
                    line.part(edge);
                }
            }
            for cell in line.write(left, right + 1) {
                if !cell.glyph.is_protected() {
                    cell.glyph = Glyph::SPACE;
                }
            }
        }
    }

    /// XTREPORTSGR: what all cells of the rectangle have in common.
    pub(crate) fn report_look(&mut self, n: &Numbers<'_>) {
        let area = self.rectangle(n, 0);
        let common = area.and_then(|area| self.common_pen(area));
        let codes = sgr::codes(common.unwrap_or(Pen::PLAIN).style());
        self.reply(format!("\x1b[{codes}m"));
    }

    fn common_pen(&self, area: Rectangle) -> Option<Pen> {
        let columns = usize::from(area.left)..=usize::from(area.right);
        let rows = (area.top..=area.bottom).map(|row| self.shown.grid.line(row).cells());
        let cells = rows.flat_map(|cells| cells.get(columns.clone()).unwrap_or(&[]));
        let pens = cells.map(|cell| self.tables.styles.pen(cell.style).without_link());
        pens.reduce(Pen::common)
    }

    /// DECCARA, and DECRARA if `reverse`.
    pub(crate) fn mark_rectangle(&mut self, n: &Numbers<'_>, reverse: bool) {
        let Some(rectangle) = self.rectangle(n, 0) else {
            return;
        };
        self.collect_if_due();
        let exact = self.extent == Extent::Rectangle;
        let last = self.cols() - 1;
        let codes: Vec<u16> = (4..n.len()).map(|index| n.get(index)).collect();
        let (styles, grid) = (&mut self.tables.styles, &mut self.shown.grid);
        // Neighbours mostly look the same.
        let mut known = (None, 0);
        for row in rectangle.top..=rectangle.bottom {
            let whole = |edge: bool| !exact && !edge;
            let left = if whole(row == rectangle.top) {
                0
            } else {
                rectangle.left
            };
            let right = if whole(row == rectangle.bottom) {
                last
            } else {
                rectangle.right
            };
            let line = grid.line_mut(row);
            let wrapped = line.wrapped();
            // Both halves of a wide cell look like the first.
            let first = left + u16::from(line.cell(left).glyph.is_tail());
            let end = (right + 1 + u16::from(line.cell(right).glyph.is_wide())).min(last + 1);
            let end = if exact {
                end
            } else {
                end.min(line.used().max(first))
            };
            for cell in line.write(first, end) {
                if !cell.glyph.is_drawn() {
                    if !exact {
                        continue;
                    }
                    cell.glyph = Glyph::SPACE.protected(cell.glyph.is_protected());
                }
                if known.0 != Some(cell.style) {
                    let old = styles.pen(cell.style);
                    let new = codes
                        .iter()
                        .fold(old, |pen, code| marked(pen, *code, reverse));
                    known = (Some(cell.style), styles.intern(new));
                }
                cell.style = known.1;
            }
            line.set_wrapped(wrapped);
        }
    }
}

/// The pen after one of DECCARA's codes, or DECRARA's.
fn marked(mut pen: Pen, code: u16, reverse: bool) -> Pen {
    let style = pen.style();
    let underlined = style.underline != Underline::None;
    let underline = |on: bool| {
        if on {
            Underline::Single
        } else {
            Underline::None
        }
    };
    for (number, attr) in MARKED {
        // 0 stands for all but concealment.
        let all = code == 0 && attr != Attrs::CONCEAL;
        if reverse {
            let on = style.attrs.has(attr) != (all || code == number);
            pen.set_attr(attr, on);
        } else if all || code == number || code == number + 20 + u16::from(number == 1) {
            pen.set_attr(attr, code == number);
        }
    }
    match code {
        0 | 4 if reverse => pen.set_underline(underline(!underlined)),
        _ if reverse => {}
        4 if !underlined => pen.set_underline(Underline::Single),
        0 | 24 => pen.set_underline(Underline::None),
        _ => {}
    }
    pen
}

/// Halves of wide cells whose other half is not among `cells` become spaces.
fn make_whole(cells: &mut [Cell]) {
    if let Some(first) = cells.first_mut().filter(|cell| cell.glyph.is_tail()) {
        first.glyph = Glyph::SPACE;
    }
    if let Some(last) = cells.last_mut().filter(|cell| cell.glyph.is_wide()) {
        last.glyph = Glyph::SPACE;
    }
    for cell in cells.iter_mut().filter(|cell| cell.glyph.is_hole()) {
        cell.glyph = Glyph::SPACE;
    }
}
