//! A block of history: packed rows one after another, and where each begins.
//!
//! One row is: flags, length of its text, the text in UTF-8, then, unless the row is plain, its
//! runs and marks. Styles are written out in the run, so a block needs no table but that of links
//! and can be compressed, written and read alone.

use std::sync::Arc;

use abide_protocol::{
    Attrs, Color, Link, LinkRef, Mark, MarkKind, Rgb, Row, RowBuilder, Style, Underline,
};

use crate::cell::Cell;
use crate::limits::{BLOCK_BYTES, BLOCK_ROWS};
use crate::line::Line;
use crate::pen::Pen;
use crate::tables::Tables;

const WRAPPED: u8 = 1;
/// Runs follow; else all text is narrow and plain.
const RUNS: u8 = 1 << 1;
const MARKS: u8 = 1 << 2;

#[derive(Default)]
pub(crate) struct Block {
    start: u64,
    data: Vec<u8>,
    /// Where each row begins in `data`.
    offsets: Vec<u32>,
    links: Vec<Arc<Link>>,
    link_bytes: usize,
}

impl Block {
    /// An empty block whose first row will be `start`.
    pub(crate) fn begin(&mut self, start: u64) {
        self.start = start;
    }

    /// Empties the block, keeping its memory.
    pub(crate) fn recycle(&mut self) {
        self.data.clear();
        self.offsets.clear();
        self.links.clear();
        self.link_bytes = 0;
    }

    /// No row will be added: gives back memory that was reserved.
    pub(crate) fn finish(&mut self) {
        if self.offsets.capacity() > self.offsets.len() * 2 {
            self.offsets.shrink_to_fit();
        }
    }

    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    pub(crate) fn end(&self) -> u64 {
        self.start + self.offsets.len() as u64
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    pub(crate) fn full(&self) -> bool {
        self.data.len() + self.link_bytes >= BLOCK_BYTES || self.offsets.len() >= BLOCK_ROWS
    }

    pub(crate) fn bytes(&self) -> usize {
        self.data.len() + self.offsets.len() * size_of::<u32>() + self.link_bytes
    }

    #[inline]
    pub(crate) fn push(&mut self, line: &Line, tables: &Tables) {
        self.offsets.push(self.data.len() as u32);
        let cells = packed_cells(line);
        if line.marks().is_empty() && is_plain(cells) {
            self.data.push(if line.wrapped() { WRAPPED } else { 0 });
            put_number(&mut self.data, cells.len() as u64);
            let ascii = cells.iter().map(|cell| cell.glyph.bits() as u8);
            self.data.extend(ascii);
        } else {
            self.push_styled(line, cells, tables);
        }
    }

    fn push_styled(&mut self, line: &Line, cells: &[Cell], tables: &Tables) {
        let mut flags = RUNS;
        if line.wrapped() {
            flags |= WRAPPED;
        }
        if !line.marks().is_empty() {
            flags |= MARKS;
        }
        self.data.push(flags);
        let length_at = self.data.len();
        self.data.extend_from_slice(&[0; 3]);
        let mut runs = Runs::default();
        for cell in cells {
            if !cell.glyph.is_tail() {
                runs.add(&mut self.data, *cell, tables);
            }
        }
        runs.end();
        let length = self.data.len() - length_at - 3;
        // The length has three bytes here, so that the text need not move.
        self.data[length_at] = (length & 0x7f) as u8 | 0x80;
        self.data[length_at + 1] = (length >> 7 & 0x7f) as u8 | 0x80;
        self.data[length_at + 2] = (length >> 14 & 0x7f) as u8;
        self.put_runs(&runs, tables);
        if flags & MARKS != 0 {
            put_marks(&mut self.data, line.marks());
        }
    }

    fn put_runs(&mut self, runs: &Runs, tables: &Tables) {
        put_number(&mut self.data, runs.list.len() as u64);
        for run in &runs.list {
            let pen = tables.styles.pen(run.style);
            let kind = run.width.map_or(0, u64::from);
            put_number(&mut self.data, u64::from(run.bytes) << 2 | kind);
            put_style(&mut self.data, pen.style(), pen.link() != 0);
            if let Some(link) = tables.link_of(pen) {
                let number = self.link_number(link);
                put_number(&mut self.data, number);
            }
        }
    }

    fn link_number(&mut self, link: &Arc<Link>) -> u64 {
        // A link is used by neighbours: the newest are tried, older ones are written again.
        const TRIED: usize = 8;
        let known = self
            .links
            .iter()
            .rev()
            .take(TRIED)
            .position(|known| known == link);
        if let Some(back) = known {
            return (self.links.len() - 1 - back) as u64;
        }
        self.link_bytes += link.id.len() + link.uri.len() + 64;
        self.links.push(Arc::clone(link));
        (self.links.len() - 1) as u64
    }

    pub(crate) fn pop(&mut self) -> Option<Arc<Row>> {
        let row = self.row(self.end().checked_sub(1)?);
        let offset = self.offsets.pop()?;
        self.data.truncate(offset as usize);
        row
    }

    pub(crate) fn row(&self, number: u64) -> Option<Arc<Row>> {
        let mut rows = Vec::with_capacity(1);
        self.rows(number, number + 1, &mut rows);
        rows.pop()
    }

    /// Appends rows `[from, to)`, cut to what the block has.
    pub(crate) fn rows(&self, from: u64, to: u64, rows: &mut Vec<Arc<Row>>) {
        let mut builder = RowBuilder::default();
        let begin = from.saturating_sub(self.start) as usize;
        let end = (to.saturating_sub(self.start) as usize).min(self.offsets.len());
        for offset in self.offsets.get(begin..end).unwrap_or(&[]) {
            let packed = self.data.get(*offset as usize..).unwrap_or(&[]);
            let row = unpack(packed, &self.links, &mut builder);
            // A packed row is ours and whole; an empty one would only keep the numbers right.
            rows.push(row.map_or_else(Row::blank, Arc::new));
        }
    }
}

/// The cells worth keeping: all of a wrapped row but its hole, else up to the last that shows.
fn packed_cells(line: &Line) -> &[Cell] {
    if line.wrapped() {
        let cells = line.cells();
        return match cells.split_last() {
            Some((last, rest)) if last.glyph.is_hole() => rest,
            _ => cells,
        };
    }
    let cells = line.used_cells();
    let kept = cells.iter().rposition(|cell| *cell != Cell::BLANK);
    cells.get(..kept.map_or(0, |last| last + 1)).unwrap_or(&[])
}

/// All cells are ASCII in plain style.
fn is_plain(cells: &[Cell]) -> bool {
    let bits = cells.iter().fold(0, |bits, cell| {
        bits | cell.style | (cell.glyph.bits() & !0x7f)
    });
    bits == 0
}

#[derive(Default)]
struct Runs {
    list: Vec<PackedRun>,
    open: Option<PackedRun>,
}

#[derive(Clone, Copy)]
struct PackedRun {
    bytes: u32,
    style: u32,
    /// `None` for narrow `char`s, else the columns of the one cluster.
    width: Option<u8>,
}

impl Runs {
    fn add(&mut self, data: &mut Vec<u8>, cell: Cell, tables: &Tables) {
        let before = data.len();
        let glyph = cell.glyph;
        if let Some(id) = glyph.cluster_id() {
            data.extend_from_slice(tables.clusters.text(id).as_bytes());
        } else {
            let mut buffer = [0; 4];
            data.extend_from_slice(glyph.as_char().encode_utf8(&mut buffer).as_bytes());
        }
        let bytes = (data.len() - before) as u32;
        let style = cell.style;
        if glyph.is_wide() || glyph.cluster_id().is_some() {
            self.end();
            let width = Some(if glyph.is_wide() { 2 } else { 1 });
            self.list.push(PackedRun {
                bytes,
                style,
                width,
            });
            return;
        }
        match &mut self.open {
            Some(run) if run.style == style => run.bytes += bytes,
            _ => {
                self.end();
                self.open = Some(PackedRun {
                    bytes,
                    style,
                    width: None,
                });
            }
        }
    }

    fn end(&mut self) {
        self.list.extend(self.open.take());
    }
}

fn put_number(data: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        data.push(number as u8 | 0x80);
        number >>= 7;
    }
    data.push(number as u8);
}

const FG: u8 = 1;
const BG: u8 = 1 << 1;
const UNDERLINE_COLOR: u8 = 1 << 2;
const UNDERLINE: u8 = 1 << 3;
const ATTRS: u8 = 1 << 4;
const LINK: u8 = 1 << 5;

/// A byte that says what differs from plain, then just that.
fn put_style(data: &mut Vec<u8>, style: Style, link: bool) {
    let at = data.len();
    data.push(if link { LINK } else { 0 });
    for (flag, color) in [
        (FG, style.fg),
        (BG, style.bg),
        (UNDERLINE_COLOR, style.underline_color),
    ] {
        if color != Color::Default {
            data[at] |= flag;
            put_color(data, color);
        }
    }
    if style.underline != Underline::None {
        data[at] |= UNDERLINE;
        let mut pen = Pen::PLAIN;
        pen.set_underline(style.underline);
        data.push(pen.underline_bits());
    }
    if style.attrs != Attrs(0) {
        data[at] |= ATTRS;
        data.push(style.attrs.0);
    }
}

fn put_color(data: &mut Vec<u8>, color: Color) {
    match color {
        Color::Default => {}
        Color::Indexed(index) => data.extend_from_slice(&[0, index]),
        Color::Rgb(Rgb { r, g, b }) => data.extend_from_slice(&[1, r, g, b]),
    }
}

fn put_marks(data: &mut Vec<u8>, marks: &[Mark]) {
    put_number(data, marks.len() as u64);
    for mark in marks {
        put_number(data, u64::from(mark.column));
        match mark.kind {
            MarkKind::Prompt => data.push(0),
            MarkKind::Command => data.push(1),
            MarkKind::Output => data.push(2),
            MarkKind::End(None) => data.push(3),
            MarkKind::End(Some(code)) => {
                data.push(4);
                data.extend_from_slice(&code.to_le_bytes());
            }
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn color(&mut self) -> Option<Color> {
        if self.byte()? == 0 {
            return Some(Color::Indexed(self.byte()?));
        }
        Some(Color::Rgb(Rgb {
            r: self.byte()?,
            g: self.byte()?,
            b: self.byte()?,
        }))
    }

    fn style(&mut self, links: &[Arc<Link>]) -> Option<(Style, LinkRef)> {
        let flags = self.byte()?;
        let mut style = Style::PLAIN;
        if flags & FG != 0 {
            style.fg = self.color()?;
        }
        if flags & BG != 0 {
            style.bg = self.color()?;
        }
        if flags & UNDERLINE_COLOR != 0 {
            style.underline_color = self.color()?;
        }
        if flags & UNDERLINE != 0 {
            style.underline = Pen::of_underline_bits(self.byte()?).style().underline;
        }
        if flags & ATTRS != 0 {
            style.attrs = Attrs(self.byte()?);
        }
        let link = if flags & LINK != 0 {
            links.get(self.number()? as usize).cloned()
        } else {
            None
        };
        Some((style, link))
    }

    fn mark(&mut self) -> Option<Mark> {
        let column = self.number()? as u16;
        let kind = match self.byte()? {
            0 => MarkKind::Prompt,
            1 => MarkKind::Command,
            2 => MarkKind::Output,
            3 => MarkKind::End(None),
            _ => MarkKind::End(Some(i32::from_le_bytes(self.take(4)?.try_into().ok()?))),
        };
        Some(Mark { column, kind })
    }
}

fn unpack(packed: &[u8], links: &[Arc<Link>], builder: &mut RowBuilder) -> Option<Row> {
    let mut reader = Reader(packed);
    let flags = reader.byte()?;
    let length = reader.number()? as usize;
    let mut text = std::str::from_utf8(reader.take(length)?).ok()?;
    builder.clear();
    if flags & RUNS == 0 {
        builder.simple(text, Style::PLAIN, &None);
        return Some(builder.finish(flags & WRAPPED != 0));
    }
    for _ in 0..reader.number()? {
        let head = reader.number()?;
        let (style, link) = reader.style(links)?;
        let (run, rest) = text.split_at_checked((head >> 2) as usize)?;
        text = rest;
        match head & 3 {
            0 => builder.simple(run, style, &link),
            width => builder.cluster(run, width as u16, style, &link),
        }
    }
    if flags & MARKS != 0 {
        for _ in 0..reader.number()? {
            builder.mark(reader.mark()?);
        }
    }
    Some(builder.finish(flags & WRAPPED != 0))
}
