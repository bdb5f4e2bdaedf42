//! Packed rows, read.

use std::sync::Arc;

use abide_protocol::{Link, LinkRef, Mark, MarkKind, Row, RowBuilder, Style};

use super::block::{MARKS, NARROW, REPEAT, RUNS, WIDE, WRAPPED};
use super::row_text::Cluster;
use crate::packed_style;

pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
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

    /// A number of things of which each takes a byte at least.
    pub(super) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.count()?;
        std::str::from_utf8(self.take(length)?).ok()
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

    /// Passes over a style; whether the number of a link follows.
    fn skip_style(&mut self) -> Option<bool> {
        packed_style::read(&mut self.0).map(|(_, linked)| linked)
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

/// The `char`s of a run of wide ones, and where each begins.
fn wide_chars(run: &str) -> impl Iterator<Item = (usize, &str)> {
    run.char_indices()
        .map(|(at, c)| (at, run.get(at..at + c.len_utf8()).unwrap_or("")))
}

/// One packed row, and whatever follows it.
#[derive(Clone, Copy)]
pub(super) struct Packed<'a>(pub(super) &'a [u8]);

impl<'a> Packed<'a> {
    /// Whether the row goes on in the next one, and its text.
    pub(super) fn text(self) -> Option<(bool, &'a str)> {
        let mut fields = Fields(self.0);
        let flags = fields.byte()?;
        Some((flags & WRAPPED != 0, fields.text()?))
    }

    /// How far above the row is that this one repeats, if it does.
    pub(super) fn repeats(self) -> Option<u64> {
        self.split_repeat().map(|(distance, _)| distance)
    }

    /// The same, and the bytes that follow the row.
    pub(super) fn split_repeat(self) -> Option<(u64, &'a [u8])> {
        let mut fields = Fields(self.0);
        if fields.byte()? & REPEAT == 0 {
            return None;
        }
        Some((fields.number()?, fields.0))
    }

    pub(super) fn clusters(self) -> Option<Vec<Cluster>> {
        let mut fields = Fields(self.0);
        let flags = fields.byte()?;
        let text = fields.text()?;
        let mut clusters = Vec::new();
        if flags & RUNS == 0 {
            return Some(clusters);
        }
        let mut at = 0;
        for _ in 0..fields.number()? {
            let head = fields.number()?;
            let bytes = (head >> 2) as usize;
            if fields.skip_style()? {
                fields.number()?;
            }
            match (head & 3) as u8 {
                NARROW => {}
                WIDE => {
                    let chars = wide_chars(text.get(at..at + bytes)?);
                    clusters.extend(chars.map(|(offset, wide)| Cluster {
                        at: at + offset,
                        bytes: wide.len(),
                        cells: 2,
                    }));
                }
                cells => clusters.push(Cluster {
                    at,
                    bytes,
                    cells: cells.into(),
                }),
            }
            at += bytes;
        }
        Some(clusters)
    }

    pub(super) fn row(self, links: &[Arc<Link>], builder: &mut RowBuilder) -> Option<Row> {
        Self::read(&mut Fields(self.0), links, builder)
    }

    /// The row, and the bytes that follow it.
    pub(super) fn split(
        self,
        links: &[Arc<Link>],
        builder: &mut RowBuilder,
    ) -> Option<(Row, &'a [u8])> {
        let mut fields = Fields(self.0);
        let row = Self::read(&mut fields, links, builder)?;
        Some((row, fields.0))
    }

    fn read(fields: &mut Fields<'a>, links: &[Arc<Link>], builder: &mut RowBuilder) -> Option<Row> {
        let flags = fields.byte()?;
        if flags & REPEAT != 0 {
            return None;
        }
        let mut text = fields.text()?;
        builder.clear();
        if flags & RUNS == 0 {
            builder.simple(text, Style::PLAIN, &None);
            return Some(builder.finish(flags & WRAPPED != 0));
        }
        for _ in 0..fields.number()? {
            let head = fields.number()?;
            let (style, link) = fields.style(links)?;
            let (run, rest) = text.split_at_checked((head >> 2) as usize)?;
            text = rest;
            match (head & 3) as u8 {
                NARROW => builder.simple(run, style, &link),
                WIDE => {
                    for (_, wide) in wide_chars(run) {
                        builder.cluster(wide, 2, style, &link);
                    }
                }
                width => builder.cluster(run, width.into(), style, &link),
            }
        }
        if flags & MARKS != 0 {
            for _ in 0..fields.number()? {
                builder.mark(fields.mark()?);
            }
        }
        Some(builder.finish(flags & WRAPPED != 0))
    }
}
