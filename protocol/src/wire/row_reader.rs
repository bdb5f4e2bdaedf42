//! Reads rows: what is built is canonical, or it is an error.

use minicbor::data::Type;
use minicbor::decode::{self, Decode, Decoder};
use std::sync::Arc;

use super::fields::or_unknown;
use super::lists::each;
use super::rows::{Pen, RGB};
use crate::limits;
use crate::row::{Mark, MarkKind, Row, RowBuilder};
use crate::style::{Attrs, Color, Link, LinkRef, Rgb, Style, Underline};
use crate::text;

/// How a row's trailing blanks are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finish {
    /// As canonical form has it.
    Row,
    /// As they are: part of a row.
    Patch,
}

/// The pens and links read so far in this list of rows, and a builder whose buffers are reused.
pub(crate) struct PenReader {
    pens: Vec<Pen>,
    links: Vec<Arc<Link>>,
    builder: RowBuilder,
}

impl Default for PenReader {
    fn default() -> Self {
        Self {
            pens: vec![(Style::PLAIN, None)],
            links: Vec::new(),
            builder: RowBuilder::default(),
        }
    }
}

fn wrong(why: &'static str) -> decode::Error {
    decode::Error::message(why)
}

impl PenReader {
    pub(crate) fn row(
        &mut self,
        d: &mut Decoder<'_>,
        finish: Finish,
    ) -> Result<Arc<Row>, decode::Error> {
        self.builder.clear();
        let mut wrapped = false;
        if d.datatype()? == Type::String {
            let text = clean(d.str()?)?;
            let cells = narrow(0, text.chars().count())?;
            if cells > 0 {
                self.builder.simple(text, Style::PLAIN, &None);
            }
        } else {
            wrapped = self.long_row(d)?;
        }
        if finish == Finish::Row && !wrapped && self.builder.is_empty() {
            return Ok(Row::blank());
        }
        Ok(Arc::new(match finish {
            Finish::Row => self.builder.finish(wrapped),
            Finish::Patch => self.builder.finish_patch(wrapped),
        }))
    }

    /// `[text, [pen, span, ..], wrapped, marks]`; says whether the row is wrapped.
    fn long_row(&mut self, d: &mut Decoder<'_>) -> Result<bool, decode::Error> {
        let fields = definite(d)?;
        if fields < 2 {
            return Err(wrong("a row without runs"));
        }
        let mut rest = clean(d.str()?)?;
        let mut cells = 0;
        let numbers = definite(d)?;
        for _ in 0..numbers / 2 {
            let pen = self.pen(d)?;
            let (text, after, wide) = take_span(d, rest)?;
            cells = narrow(
                cells,
                wide.map_or_else(|| text.chars().count(), usize::from),
            )?;
            rest = after;
            let (style, link) = self.pens.get(pen).ok_or_else(|| wrong("an unknown pen"))?;
            match wide {
                None => self.builder.simple(text, *style, link),
                Some(cells) => self.builder.cluster(text, cells, *style, link),
            }
        }
        if !rest.is_empty() || numbers % 2 != 0 {
            return Err(wrong("runs do not cover the text of their row"));
        }
        let wrapped = fields > 2 && d.bool()?;
        if fields > 3 {
            self.marks(d)?;
        }
        for _ in 4..fields {
            d.skip()?;
        }
        Ok(wrapped)
    }

    fn marks(&mut self, d: &mut Decoder<'_>) -> Result<(), decode::Error> {
        let mut left = limits::MAX_MARKS;
        each(d, |d| {
            left = left.checked_sub(1).ok_or_else(|| wrong("too many marks"))?;
            if let Some(mark) = read_mark(d)? {
                self.builder.mark(mark);
            }
            Ok(())
        })
    }

    /// The index of the pen, which is valid unless the peer made it up.
    fn pen(&mut self, d: &mut Decoder<'_>) -> Result<usize, decode::Error> {
        if d.datatype()? != Type::Array {
            return usize::try_from(d.u32()?).map_err(|_| wrong("an unknown pen"));
        }
        let fields = definite(d)?;
        let mut style = Style::PLAIN;
        if fields > 0 {
            style.fg = read_color(d)?;
        }
        if fields > 1 {
            style.bg = read_color(d)?;
        }
        if fields > 2 {
            style.attrs = Attrs(d.u8()?);
        }
        if fields > 3 {
            style.underline = or_unknown(d, &mut (), Underline::Single)?;
        }
        if fields > 4 {
            style.underline_color = read_color(d)?;
        }
        let link = if fields > 5 { self.link(d)? } else { None };
        for _ in 6..fields {
            d.skip()?;
        }
        self.pens.push((style, link));
        Ok(self.pens.len().saturating_sub(1))
    }

    fn link(&mut self, d: &mut Decoder<'_>) -> Result<LinkRef, decode::Error> {
        match d.datatype()? {
            Type::Null => {
                d.null()?;
                Ok(None)
            }
            Type::Array => {
                let fields = definite(d)?;
                if fields < 2 {
                    return Err(wrong("a link without URI"));
                }
                let (id, uri) = (d.str()?.into(), d.str()?.into());
                let link = Arc::new(Link { id, uri });
                if !link.is_legal() {
                    return Err(wrong("a link is too long or holds control characters"));
                }
                for _ in 2..fields {
                    d.skip()?;
                }
                self.links.push(Arc::clone(&link));
                Ok(Some(link))
            }
            _ => {
                let number = usize::try_from(d.u32()?).ok();
                let link = number.and_then(|number| self.links.get(number));
                link.cloned()
                    .map(Some)
                    .ok_or_else(|| wrong("an unknown link"))
            }
        }
    }
}

fn definite(d: &mut Decoder<'_>) -> Result<u64, decode::Error> {
    d.array()?
        .ok_or_else(|| wrong("an array of indefinite length"))
}

fn clean(text: &str) -> Result<&str, decode::Error> {
    if text::has_controls(text) {
        return Err(wrong("a row or link holds control characters"));
    }
    Ok(text)
}

/// `cells` more columns, if that is a legal width.
fn narrow(cells: usize, more: usize) -> Result<usize, decode::Error> {
    let sum = cells.saturating_add(more);
    if sum > usize::from(limits::MAX_SIDE) {
        return Err(wrong("a row is wider than any screen"));
    }
    Ok(sum)
}

/// The next run's text, what follows it, and its width if it is a cluster.
fn take_span<'t>(
    d: &mut Decoder<'_>,
    rest: &'t str,
) -> Result<(&'t str, &'t str, Option<u16>), decode::Error> {
    let number = d.i64()?;
    let (chars, wide) = if let Ok(chars) = usize::try_from(number) {
        (chars, None)
    } else {
        let code = usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX);
        let last = code.saturating_sub(1);
        (last / 2 + 1, Some(if last % 2 == 0 { 1 } else { 2 }))
    };
    if chars == 0 {
        return Err(wrong("an empty run"));
    }
    let end = end_of(rest, chars).ok_or_else(|| wrong("a run is longer than its row's text"))?;
    if wide.is_some() && end > limits::MAX_CLUSTER {
        return Err(wrong("a cluster is longer than its bound"));
    }
    let (text, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    Ok((text, after, wide))
}

/// Bytes of the first `chars` characters; `None` if there are fewer.
fn end_of(text: &str, chars: usize) -> Option<usize> {
    if text.get(..chars).is_some_and(str::is_ascii) {
        return Some(chars);
    }
    let mut starts = text.char_indices().map(|(start, _)| start);
    starts.nth(chars).or_else(|| {
        let exact = text.chars().count() == chars;
        exact.then_some(text.len())
    })
}

fn read_color(d: &mut Decoder<'_>) -> Result<Color, decode::Error> {
    if d.datatype()? == Type::Null {
        d.null()?;
        return Ok(Color::Default);
    }
    let number = d.u32()?;
    if let Ok(index) = u8::try_from(number) {
        return Ok(Color::Indexed(index));
    }
    Rgb::unpacked(number.saturating_sub(RGB))
        .map(Color::Rgb)
        .ok_or_else(|| wrong("a colour above 24 bits"))
}

/// `None` for a kind of mark that this build does not know.
fn read_mark(d: &mut Decoder<'_>) -> Result<Option<Mark>, decode::Error> {
    let fields = definite(d)?;
    if fields < 2 {
        return Err(wrong("a mark without kind"));
    }
    let column = d.u16()?;
    if column > limits::MAX_SIDE {
        return Err(wrong("a mark outside any screen"));
    }
    let kind = d.u32()?;
    let code = match fields {
        2 => None,
        _ if kind == 3 => Option::<i32>::decode(d, &mut ())?,
        _ => {
            d.skip()?;
            None
        }
    };
    for _ in 3..fields {
        d.skip()?;
    }
    let kind = match kind {
        0 => MarkKind::Prompt,
        1 => MarkKind::Command,
        2 => MarkKind::Output,
        3 => MarkKind::End(code),
        _ => return Ok(None),
    };
    Ok(Some(Mark { column, kind }))
}
