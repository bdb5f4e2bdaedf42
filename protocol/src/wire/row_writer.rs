//! Writes rows, and the pens that they use for the first time.

use minicbor::encode::{self, Encode, Encoder, Write};
use std::collections::HashMap;
use std::sync::Arc;

use super::lists::count;
use super::rows::{Pen, RGB};
use crate::row::{Mark, MarkKind, Row, Shape};
use crate::style::{Attrs, Color, Link, LinkRef, Style, Underline};

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
