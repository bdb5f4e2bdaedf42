//! Rows on the wire. Within one list of rows, a *pen* (style and link) is written out where it
//! first occurs and named by its number after that; tables exist only while a message is encoded
//! or decoded.

use minicbor::data::Type;
use minicbor::decode::{self, Decode, Decoder};
use minicbor::encode::{self, Encode, Encoder, Write};
use std::collections::HashMap;
use std::sync::Arc;

use super::fields::or_unknown;
use super::lists::{count, each};
use crate::limits;
use crate::row::{Mark, MarkKind, Row, RowBuilder, Shape};
use crate::style::{Attrs, Color, Link, LinkRef, Rgb, Style, Underline};
use crate::text;

type Pen = (Style, LinkRef);
type Table<K> = HashMap<K, u32, rapidhash::fast::RandomState>;

/// The pens and links that have been written in this list of rows.
#[derive(Default)]
pub(crate) struct PenWriter {
    pens: Table<Pen>,
    links: Table<Arc<Link>>,
    /// The pen used last: neighbouring rows mostly alternate between few pens.
    last: (Pen, u32),
}

impl PenWriter {
    pub(crate) fn row<W: Write>(
        &mut self,
        row: &Row,
        e: &mut Encoder<W>,
    ) -> Result<(), encode::Error<W::Error>> {
        if is_plain(row) {
            return e.str(row.text())?.ok();
        }
        let fields = match (row.wrapped(), row.marks()) {
            (false, []) => 2,
            (true, []) => 3,
            _ => 4,
        };
        e.array(fields)?.str(row.text())?;
        e.array(count(row.run_slice()).saturating_mul(2))?;
        for (run, text) in row.runs() {
            self.pen(run.style, &run.link, e)?;
            span(run.shape, run.cells, text, e)?;
        }
        if fields > 2 {
            e.bool(row.wrapped())?;
        }
        if fields > 3 {
            e.array(count(row.marks()))?;
            row.marks().iter().try_for_each(|mark| mark_(*mark, e))?;
        }
        Ok(())
    }

    fn pen<W: Write>(
        &mut self,
        style: Style,
        link: &LinkRef,
        e: &mut Encoder<W>,
    ) -> Result<(), encode::Error<W::Error>> {
        if self.last.0.0 == style && self.last.0.1 == *link {
            return e.u32(self.last.1)?.ok();
        }
        if style == Style::PLAIN && link.is_none() {
            return e.u32(0)?.ok();
        }
        let pen = (style, link.clone());
        if let Some(&number) = self.pens.get(&pen) {
            self.last = (pen, number);
            return e.u32(number)?.ok();
        }
        // Number 0 is the plain pen, which is never written out.
        let number = u32::try_from(self.pens.len().saturating_add(1)).unwrap_or(u32::MAX);
        self.define(&pen, e)?;
        self.pens.insert(pen.clone(), number);
        self.last = (pen, number);
        Ok(())
    }

    fn define<W: Write>(
        &mut self,
        (style, link): &Pen,
        e: &mut Encoder<W>,
    ) -> Result<(), encode::Error<W::Error>> {
        let fields = if link.is_some() {
            6
        } else if style.underline_color != Color::Default {
            5
        } else if style.underline != Underline::None {
            4
        } else if style.attrs != Attrs::default() {
            3
        } else if style.bg != Color::Default {
            2
        } else {
            1
        };
        e.array(fields)?;
        color(style.fg, e)?;
        if fields > 1 {
            color(style.bg, e)?;
        }
        if fields > 2 {
            e.u8(style.attrs.0)?;
        }
        if fields > 3 {
            style.underline.encode(e, &mut ())?;
        }
        if fields > 4 {
            color(style.underline_color, e)?;
        }
        match link {
            Some(link) => self.link(link, e),
            None => Ok(()),
        }
    }

    fn link<W: Write>(
        &mut self,
        link: &Arc<Link>,
        e: &mut Encoder<W>,
    ) -> Result<(), encode::Error<W::Error>> {
        if let Some(&number) = self.links.get(link) {
            return e.u32(number)?.ok();
        }
        let number = u32::try_from(self.links.len()).unwrap_or(u32::MAX);
        self.links.insert(Arc::clone(link), number);
        e.array(2)?.str(&link.id)?.str(&link.uri)?.ok()
    }
}

/// One run of plain text, or nothing: written as its text alone.
fn is_plain(row: &Row) -> bool {
    if row.wrapped() || !row.marks().is_empty() || row.run_count() > 1 {
        return false;
    }
    row.runs().all(|(run, _)| run.is_plain())
}

/// A simple run is its number of characters; a cluster is `-(2 * (characters - 1) + cells)`.
fn span<W: Write>(
    shape: Shape,
    cells: u16,
    text: &str,
    e: &mut Encoder<W>,
) -> Result<(), encode::Error<W::Error>> {
    match shape {
        Shape::Simple => e.u16(cells)?.ok(),
        Shape::Cluster => {
            let chars = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
            let further = chars.saturating_sub(1).saturating_mul(2);
            e.i64(-further.saturating_add(i64::from(cells)))?.ok()
        }
    }
}

fn color<W: Write>(color: Color, e: &mut Encoder<W>) -> Result<(), encode::Error<W::Error>> {
    match color {
        Color::Default => e.null()?.ok(),
        Color::Indexed(index) => e.u8(index)?.ok(),
        Color::Rgb(rgb) => e.u32(rgb.packed().saturating_add(RGB))?.ok(),
    }
}

/// Colour numbers from here on are `RGB + 0xRRGGBB`; below are indices.
const RGB: u32 = 256;

fn mark_<W: Write>(mark: Mark, e: &mut Encoder<W>) -> Result<(), encode::Error<W::Error>> {
    let (kind, code) = match mark.kind {
        MarkKind::Prompt => (0, None),
        MarkKind::Command => (1, None),
        MarkKind::Output => (2, None),
        MarkKind::End(code) => (3, code),
    };
    e.array(if code.is_some() { 3 } else { 2 })?
        .u16(mark.column)?
        .u8(kind)?;
    if let Some(code) = code {
        e.i32(code)?;
    }
    Ok(())
}

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

pub(crate) fn encode<Ctx, W: Write>(
    rows: &[Arc<Row>],
    e: &mut Encoder<W>,
    _: &mut Ctx,
) -> Result<(), encode::Error<W::Error>> {
    let mut pens = PenWriter::default();
    write_rows(rows, &mut pens, e)
}

pub(crate) fn write_rows<W: Write>(
    rows: &[Arc<Row>],
    pens: &mut PenWriter,
    e: &mut Encoder<W>,
) -> Result<(), encode::Error<W::Error>> {
    e.array(count(rows))?;
    rows.iter().try_for_each(|row| pens.row(row, e))
}

pub(crate) fn decode<Ctx>(
    d: &mut Decoder<'_>,
    _: &mut Ctx,
) -> Result<Vec<Arc<Row>>, decode::Error> {
    read_rows(&mut PenReader::default(), d)
}

pub(crate) fn read_rows(
    pens: &mut PenReader,
    d: &mut Decoder<'_>,
) -> Result<Vec<Arc<Row>>, decode::Error> {
    let mut rows = Vec::new();
    each(d, |d| {
        rows.push(pens.row(d, Finish::Row)?);
        Ok(())
    })?;
    Ok(rows)
}
