//! Lines of a grid as bytes: flags, the number of cells written, runs of cells in one style,
//! marks.

use abide_protocol::{Mark, MarkKind};

use super::numbers::{Reader, put};
use crate::cell::{Cell, Glyph};
use crate::line::Line;

const WRAPPED: u8 = 1;

pub(crate) fn save<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<u8> {
    let mut out = Vec::new();
    for line in lines {
        save_line(&mut out, line);
    }
    out
}

fn save_line(out: &mut Vec<u8>, line: &Line) {
    out.push(if line.wrapped() { WRAPPED } else { 0 });
    put(out, line.used().into());
    let mut rest = line.used_cells();
    while let Some(first) = rest.first() {
        let other = rest.iter().position(|cell| cell.style != first.style);
        let (run, after) = rest.split_at(other.unwrap_or(rest.len()));
        rest = after;
        put(out, run.len() as u64);
        put(out, first.style.into());
        for cell in run {
            put(out, cell.glyph.bits().into());
        }
    }
    put(out, line.marks().len() as u64);
    for mark in line.marks() {
        save_mark(out, *mark);
    }
}

fn save_mark(out: &mut Vec<u8>, mark: Mark) {
    put(out, mark.column.into());
    match mark.kind {
        MarkKind::Prompt => out.push(0),
        MarkKind::Command => out.push(1),
        MarkKind::Output => out.push(2),
        MarkKind::End(None) => out.push(3),
        MarkKind::End(Some(code)) => {
            out.push(4);
            out.extend(code.to_le_bytes());
        }
    }
}

/// So many lines of `cols` columns. Each takes bytes of `saved` before it takes memory.
pub(crate) fn load(saved: &[u8], cols: u16, rows: u16) -> Result<Vec<Line>, String> {
    let mut reader = Reader(saved);
    let mut lines = Vec::new();
    for row in 0..rows {
        let line = load_line(&mut reader, cols);
        lines.push(line.ok_or_else(|| format!("row {row} is damaged"))?);
    }
    if reader.is_empty() {
        Ok(lines)
    } else {
        Err("bytes follow the last row".into())
    }
}

fn load_line(reader: &mut Reader<'_>, cols: u16) -> Option<Line> {
    let flags = reader.byte().filter(|flags| *flags <= WRAPPED)?;
    let used: usize = reader.small()?;
    if used > usize::from(cols) {
        return None;
    }
    let mut cells = Vec::with_capacity(usize::from(cols));
    while cells.len() < used {
        let count: usize = reader.small()?;
        if !(1..=used - cells.len()).contains(&count) {
            return None;
        }
        let style = reader.small()?;
        for _ in 0..count {
            let glyph = Glyph::of_bits(reader.small()?)?;
            cells.push(Cell { glyph, style });
        }
    }
    let mut marks = Vec::new();
    for _ in 0..reader.number()? {
        marks.push(load_mark(reader)?);
    }
    Some(Line::of_used(cells, cols, flags & WRAPPED != 0, marks))
}

fn load_mark(reader: &mut Reader<'_>) -> Option<Mark> {
    let column = reader.small()?;
    let kind = match reader.byte()? {
        0 => MarkKind::Prompt,
        1 => MarkKind::Command,
        2 => MarkKind::Output,
        3 => MarkKind::End(None),
        4 => MarkKind::End(Some(i32::from_le_bytes(reader.take(4)?.try_into().ok()?))),
        _ => return None,
    };
    Some(Mark { column, kind })
}
