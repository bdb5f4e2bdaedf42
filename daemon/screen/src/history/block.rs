//! A block of history: packed rows one after another, and where each begins.
//!
//! One row is: flags, length of its text, the text in UTF-8, then, unless the row is plain, its
//! runs and marks. Styles are written out in the run, so a block needs no table but that of links
//! and can be compressed, written and read alone.
//!
//! A block as one piece of bytes, its *body*: the number of its rows and their lengths, its links,
//! its rows.

use std::sync::Arc;

use abide_protocol::{Link, Mark, MarkKind, Row, RowBuilder};

use super::unpack::{Fields, Packed};
use crate::cell::Cell;
use crate::limits::{BLOCK_BYTES, BLOCK_ROWS};
use crate::line::Line;
use crate::packed_style;
use crate::tables::Tables;

pub(super) const WRAPPED: u8 = 1;
/// Runs follow; else all text is narrow and plain.
pub(super) const RUNS: u8 = 1 << 1;
pub(super) const MARKS: u8 = 1 << 2;
/// Nothing but a distance follows: the row is the same as the one so many rows above.
pub(super) const REPEAT: u8 = 1 << 3;

/// Kind of a run of `char`s of one column each.
pub(super) const NARROW: u8 = 0;
/// Kind of a run of `char`s of two columns each.
pub(super) const WIDE: u8 = 3;

#[derive(Clone, Default)]
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

    pub(super) fn row_count(&self) -> u64 {
        self.offsets.len() as u64
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
            let flags = if line.wrapped() { WRAPPED } else { 0 };
            self.put_plain_head(flags, cells.len());
            put_ascii(&mut self.data, cells);
        } else {
            self.push_styled(line, cells, tables, runs);
        }
    }

    /// Adds a row of printable ASCII in plain style.
    #[inline]
    pub(crate) fn push_text(&mut self, text: &[u8]) {
        self.offsets.push(self.data.len() as u32);
        let kept = text.iter().rposition(|byte| *byte != b' ');
        let text = text.get(..kept.map_or(0, |last| last + 1)).unwrap_or(&[]);
        self.put_plain_head(0, text.len());
        self.data.extend_from_slice(text);
    }

    /// What a row without runs begins with.
    #[inline]
    fn put_plain_head(&mut self, flags: u8, length: usize) {
        if length < 0x80 {
            self.data.extend_from_slice(&[flags, length as u8]);
        } else {
            self.data.push(flags);
            put_number(&mut self.data, length as u64);
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
                u64::from(run.bytes) << 2 | u64::from(run.kind),
            );
            if run.style == 0 {
                self.data.push(packed_style::PLAIN);
                continue;
            }
            let packed = tables.styles.packed(run.style);
            self.data.extend_from_slice(packed.bytes());
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
        self.link_bytes += cost(link);
        self.links.push(Arc::clone(link));
        (self.links.len() - 1) as u64
    }

    /// Adds a row that is the same as the one `distance` above it.
    pub(super) fn push_repeat(&mut self, distance: u64) {
        self.offsets.push(self.data.len() as u32);
        self.data.push(REPEAT);
        put_number(&mut self.data, distance);
    }

    /// Takes the newest row away.
    pub(super) fn pop(&mut self) {
        if let Some(offset) = self.offsets.pop() {
            self.data.truncate(offset as usize);
        }
    }

    /// The bytes of row `number`.
    pub(super) fn bytes_of(&self, number: u64) -> Option<&[u8]> {
        let index = usize::try_from(number.checked_sub(self.start)?).ok()?;
        let from = *self.offsets.get(index)? as usize;
        let to = self.offsets.get(index + 1);
        self.data
            .get(from..to.map_or(self.data.len(), |to| *to as usize))
    }

    /// Whether row `number` is the same as the one row of `other`. Neither is a repetition.
    pub(super) fn same_row(&self, number: u64, other: &Self) -> bool {
        let (Some(one), Some(two)) = (self.bytes_of(number), other.bytes_of(other.start)) else {
            return false;
        };
        if self.links.is_empty() && other.links.is_empty() {
            return one == two;
        }
        let row = |block: &Self, bytes| block.row(Packed(bytes), &mut RowBuilder::default());
        row(self, one).is_some_and(|one| row(other, two) == Some(one))
    }

    /// A packed row of this block; `None` if it repeats another one.
    pub(super) fn row(&self, packed: Packed<'_>, builder: &mut RowBuilder) -> Option<Row> {
        packed.row(&self.links, builder)
    }

    /// Numbers between which all rows are that rows of this block repeat.
    pub(super) fn originals(&self) -> Option<(u64, u64)> {
        let rows = (self.start..).zip(self.packed(self.start, self.end()));
        let originals = rows.filter_map(|(number, packed)| number.checked_sub(packed.repeats()?));
        originals.fold(None, |range, original| {
            let (low, high) = range.unwrap_or((original, original));
            Some((low.min(original), high.max(original)))
        })
    }

    /// Rows `[from, to)` as they are packed, cut to what the block has.
    pub(super) fn packed(&self, from: u64, to: u64) -> impl DoubleEndedIterator<Item = Packed<'_>> {
        let begin = from.saturating_sub(self.start) as usize;
        let end = (to.saturating_sub(self.start) as usize).min(self.offsets.len());
        let offsets = self.offsets.get(begin..end).unwrap_or(&[]);
        offsets
            .iter()
            .map(|offset| Packed(self.data.get(*offset as usize..).unwrap_or(&[])))
    }

    /// Every row is legal and ends where the next begins, every link is legal; `end` is the
    /// number after the last row.
    pub(super) fn rows_are_whole(&self, end: u64) -> bool {
        let mut builder = RowBuilder::default();
        let begins = self.packed(self.start, end).map(|packed| packed.0.len());
        let rests = begins.skip(1).chain([0]);
        self.links.iter().all(|link| link.is_legal())
            && self
                .packed(self.start, end)
                .zip(rests)
                .zip(self.start..)
                .all(|((packed, rest), number)| {
                    if let Some((distance, after)) = packed.split_repeat() {
                        return (1..=number).contains(&distance) && after.len() == rest;
                    }
                    let row = packed.split(&self.links, &mut builder);
                    row.is_some_and(|(row, after)| after.len() == rest && row.check().is_ok())
                })
    }

    /// The whole block but its number, for [`Self::of`].
    pub(super) fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        self.put_body(&mut body);
        body
    }

    /// Appends the same.
    pub(super) fn put_body(&self, body: &mut Vec<u8>) {
        body.reserve(self.data.len() + 2 * self.offsets.len() + self.link_bytes);
        put_number(body, self.offsets.len() as u64);
        let last = self.data.len() as u32;
        let ends = self.offsets.iter().skip(1).copied().chain([last]);
        for (offset, end) in self.offsets.iter().zip(ends) {
            put_number(body, u64::from(end - offset));
        }
        put_number(body, self.links.len() as u64);
        for text in self.links.iter().flat_map(|link| [&link.id, &link.uri]) {
            put_number(body, text.len() as u64);
            body.extend_from_slice(text.as_bytes());
        }
        body.extend_from_slice(&self.data);
    }

    /// The block whose first row is `start` and whose body is this; `None` if it is none.
    pub(super) fn of(start: u64, body: &[u8]) -> Option<Self> {
        let mut fields = Fields(body);
        let rows = fields.count()?;
        let mut offsets = Vec::with_capacity(rows);
        let mut end = 0_usize;
        for _ in 0..rows {
            offsets.push(u32::try_from(end).ok()?);
            end = end.checked_add(fields.count()?)?;
        }
        let count = fields.count()?;
        let mut links = Vec::with_capacity(count);
        let mut link_bytes = 0;
        for _ in 0..count {
            let (id, uri) = (fields.text()?.into(), fields.text()?.into());
            let link = Link { id, uri };
            link_bytes += cost(&link);
            links.push(Arc::new(link));
        }
        (fields.0.len() == end).then(|| Self {
            start,
            data: fields.0.to_vec(),
            offsets,
            links,
            link_bytes,
        })
    }
}

/// Bytes that a link takes.
fn cost(link: &Link) -> usize {
    link.id.len() + link.uri.len() + 64
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
    let kept = cells.iter().rposition(|cell| !cell.looks_blank());
    cells.get(..kept.map_or(0, |last| last + 1)).unwrap_or(&[])
}

/// All cells are ASCII in plain style.
fn is_plain(cells: &[Cell]) -> bool {
    let other = |cell: &Cell| cell.style | (cell.glyph.bits() & !0x7f);
    cells.iter().fold(0, |bits, cell| bits | other(cell)) == 0
}

fn put_ascii(data: &mut Vec<u8>, cells: &[Cell]) {
    // What was never drawn is a space; everything printable is above that.
    data.extend(cells.iter().map(|cell| (cell.glyph.bits() as u8).max(b' ')));
}

/// Text in one style while it is being packed.
#[derive(Clone, Copy)]
pub(crate) struct PackedRun {
    bytes: u32,
    style: u32,
    /// [`NARROW`], [`WIDE`], else the columns of the one cluster.
    kind: u8,
}

/// Appends the text of cells of one style, and its runs.
fn put_text(data: &mut Vec<u8>, cells: &[Cell], tables: &Tables, runs: &mut Vec<PackedRun>) {
    let style = cells.first().map_or(0, |cell| cell.style);
    let run = |from: usize, to: usize, kind: u8| PackedRun {
        bytes: (to - from) as u32,
        style,
        kind,
    };
    let start = data.len();
    if cells.iter().fold(0, |bits, cell| bits | cell.glyph.bits()) < 0x80 {
        put_ascii(data, cells);
        return runs.push(run(start, data.len(), NARROW));
    }
    // Room for all of it is made at once: four bytes a cell, and on top what clusters have.
    data.resize(start + cells.len() * CHAR_BYTES, 0);
    let mut at = start;
    // The run under way: where it begins, and its kind.
    let mut under_way = (start, NARROW);
    for glyph in cells
        .iter()
        .map(|cell| cell.glyph)
        .filter(|glyph| !glyph.is_tail())
    {
        let begin = at;
        let kind = if let Some(id) = glyph.cluster_id() {
            let text = tables.clusters.text(id).as_bytes();
            data.resize(data.len() + text.len(), 0);
            if let Some(place) = data.get_mut(at..at + text.len()) {
                place.copy_from_slice(text);
            }
            at += text.len();
            1 + u8::from(glyph.is_wide())
        } else {
            if let Some(place) = data.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
                at += put_char(glyph.as_char(), place);
            }
            if glyph.is_wide() { WIDE } else { NARROW }
        };
        let (from, before) = under_way;
        if kind != before || kind != NARROW && kind != WIDE {
            if begin > from {
                runs.push(run(from, begin, before));
            }
            under_way = (begin, kind);
        }
    }
    data.truncate(at);
    let (from, kind) = under_way;
    runs.push(run(from, at, kind));
}

/// Bytes of a `char` at most.
const CHAR_BYTES: usize = 4;

/// Writes `c`, and zeros after it: quicker than as many bytes as it has. Returns its length.
#[inline]
fn put_char(c: char, place: &mut [u8; CHAR_BYTES]) -> usize {
    *place = [0; CHAR_BYTES];
    c.encode_utf8(place).len()
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
