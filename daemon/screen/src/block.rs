//! A block of history: packed rows one after another, and where each begins.
//!
//! One row is: flags, length of its text, the text in UTF-8, then, unless the row is plain, its
//! runs and marks. Styles are written out in the run, so a block needs no table but that of links
//! and can be compressed, written and read alone.

use std::sync::Arc;

use abide_protocol::{Link, LinkRef, Mark, MarkKind, Row, RowBuilder, Style};

use crate::cell::Cell;
use crate::limits::{BLOCK_BYTES, BLOCK_ROWS};
use crate::line::Line;
use crate::packed_style;
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
    pub(crate) fn push(&mut self, line: &Line, tables: &Tables, runs: &mut Vec<PackedRun>) {
        self.offsets.push(self.data.len() as u32);
        let cells = packed_cells(line);
        if line.marks().is_empty() && is_plain(cells) {
            self.data.push(if line.wrapped() { WRAPPED } else { 0 });
            put_number(&mut self.data, cells.len() as u64);
            put_ascii(&mut self.data, cells);
        } else {
            self.push_styled(line, cells, tables, runs);
        }
    }

    fn push_styled(
        &mut self,
        line: &Line,
        cells: &[Cell],
        tables: &Tables,
        runs: &mut Vec<PackedRun>,
    ) {
        let mut flags = RUNS;
        if line.wrapped() {
            flags |= WRAPPED;
        }
        if !line.marks().is_empty() {
            flags |= MARKS;
        }
        // The length has three bytes here, so that the text need not move.
        self.data.extend_from_slice(&[flags, 0, 0, 0]);
        let start = self.data.len();
        runs.clear();
        let mut rest = cells;
        while let Some(first) = rest.first() {
            let other = rest.iter().position(|cell| cell.style != first.style);
            let (same, after) = rest.split_at(other.unwrap_or(rest.len()));
            put_text(&mut self.data, same, tables, runs);
            rest = after;
        }
        let length = self.data.len() - start;
        if let Some([low, middle, high]) = self.data.get_mut(start - 3..start) {
            *low = (length & 0x7f) as u8 | 0x80;
            *middle = (length >> 7 & 0x7f) as u8 | 0x80;
            *high = (length >> 14 & 0x7f) as u8;
        }
        self.put_runs(runs, tables);
        if flags & MARKS != 0 {
            put_marks(&mut self.data, line.marks());
        }
    }

    fn put_runs(&mut self, runs: &[PackedRun], tables: &Tables) {
        put_number(&mut self.data, runs.len() as u64);
        for run in runs {
            put_number(
                &mut self.data,
                u64::from(run.bytes) << 2 | u64::from(run.width),
            );
            self.data.extend_from_slice(tables.styles.packed(run.style));
            if let Some(link) = tables.link_of(tables.styles.pen(run.style)) {
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
    let other = |cell: &Cell| cell.style | (cell.glyph.bits() & !0x7f);
    cells.iter().fold(0, |bits, cell| bits | other(cell)) == 0
}

fn put_ascii(data: &mut Vec<u8>, cells: &[Cell]) {
    data.extend(cells.iter().map(|cell| cell.glyph.bits() as u8));
}

/// Text in one style while it is being packed.
#[derive(Clone, Copy)]
pub(crate) struct PackedRun {
    bytes: u32,
    style: u32,
    /// 0 for narrow `char`s, else the columns of the one cluster.
    width: u8,
}

/// Appends the text of cells of one style, and its runs.
fn put_text(data: &mut Vec<u8>, cells: &[Cell], tables: &Tables, runs: &mut Vec<PackedRun>) {
    let style = cells.first().map_or(0, |cell| cell.style);
    let run = |from: usize, to: usize, width: u8| PackedRun {
        bytes: (to - from) as u32,
        style,
        width,
    };
    // Where the simple run under way begins.
    let mut simple = data.len();
    if cells.iter().fold(0, |bits, cell| bits | cell.glyph.bits()) < 0x80 {
        put_ascii(data, cells);
        return runs.push(run(simple, data.len(), 0));
    }
    for glyph in cells
        .iter()
        .map(|cell| cell.glyph)
        .filter(|glyph| !glyph.is_tail())
    {
        let at = data.len();
        if let Some(id) = glyph.cluster_id() {
            data.extend_from_slice(tables.clusters.text(id).as_bytes());
        } else {
            let mut buffer = [0; 4];
            data.extend_from_slice(glyph.as_char().encode_utf8(&mut buffer).as_bytes());
        }
        if glyph.is_wide() || glyph.cluster_id().is_some() {
            if at > simple {
                runs.push(run(simple, at, 0));
            }
            runs.push(run(at, data.len(), 1 + u8::from(glyph.is_wide())));
            simple = data.len();
        }
    }
    if data.len() > simple {
        runs.push(run(simple, data.len(), 0));
    }
}

fn put_number(data: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        data.push(number as u8 | 0x80);
        number >>= 7;
    }
    data.push(number as u8);
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

    fn style(&mut self, links: &[Arc<Link>]) -> Option<(Style, LinkRef)> {
        let (style, linked) = packed_style::read(&mut self.0)?;
        let link = if linked {
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
