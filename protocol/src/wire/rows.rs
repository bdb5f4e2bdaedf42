//! Rows on the wire. Within one list of rows, a *pen* (style and link) is written out where it
//! first occurs and named by its number after that; tables exist only while a message is encoded
//! or decoded.

use minicbor::decode::{self, Decoder};
use minicbor::encode::{self, Encoder, Write};
use std::sync::Arc;

use super::lists::{count, each};
pub(crate) use super::row_reader::{Finish, PenReader};
pub(crate) use super::row_writer::PenWriter;
use crate::row::Row;
use crate::style::{LinkRef, Style};

pub(super) type Pen = (Style, LinkRef);

/// Colour numbers from here on are `RGB + 0xRRGGBB`; below are indices.
pub(super) const RGB: u32 = 256;

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
