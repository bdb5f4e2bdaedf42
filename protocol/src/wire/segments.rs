//! The segments of an update. One table of pens serves them all.

use minicbor::decode::{self, Decode, Decoder};
use minicbor::encode::{self, Encoder, Write};

use super::lists::{count, each};
use super::rows::{Finish, PenReader, PenWriter, read_rows, write_rows};
use crate::limits;
use crate::update::Segment;

const COPY: u32 = 0;
const ROWS: u32 = 1;
const PATCH: u32 = 2;
const UNKNOWN: u32 = 65_535;

pub(crate) fn encode<Ctx, W: Write>(
    segments: &[Segment],
    e: &mut Encoder<W>,
    _: &mut Ctx,
) -> Result<(), encode::Error<W::Error>> {
    let mut pens = PenWriter::default();
    e.array(count(segments))?;
    for segment in segments {
        match segment {
            Segment::Copy { from, count } => {
                e.array(3)?.u32(COPY)?.u16(*from)?.u16(*count)?;
            }
            Segment::Rows(rows) => {
                e.array(2)?.u32(ROWS)?;
                write_rows(rows, &mut pens, e)?;
            }
            Segment::Patch {
                from,
                column,
                tail,
                patch,
            } => {
                e.array(5)?
                    .u32(PATCH)?
                    .u16(*from)?
                    .u16(*column)?
                    .bool(*tail)?;
                pens.row(patch, e)?;
            }
            Segment::Unknown => {
                e.array(1)?.u32(UNKNOWN)?;
            }
        }
    }
    Ok(())
}

pub(crate) fn decode<Ctx>(d: &mut Decoder<'_>, _: &mut Ctx) -> Result<Vec<Segment>, decode::Error> {
    let mut pens = PenReader::default();
    let mut segments = Vec::new();
    each(d, |d| {
        // A segment yields at least one row, so there are never more of them than rows.
        if segments.len() >= usize::from(limits::MAX_SIDE) {
            return Err(decode::Error::message("more segments than rows"));
        }
        segments.push(segment(d, &mut pens)?);
        Ok(())
    })?;
    Ok(segments)
}

fn segment(d: &mut Decoder<'_>, pens: &mut PenReader) -> Result<Segment, decode::Error> {
    let Some(fields) = d.array()? else {
        return Err(decode::Error::message("an array of indefinite length"));
    };
    let (known, segment) = match (d.u32()?, fields) {
        (COPY, 3..) => {
            let (from, count) = (d.u16()?, d.u16()?);
            (3, Segment::Copy { from, count })
        }
        (ROWS, 2..) => (2, Segment::Rows(read_rows(pens, d)?)),
        (PATCH, 5..) => {
            let (from, column) = (d.u16()?, d.u16()?);
            let tail = bool::decode(d, &mut ())?;
            let patch = pens.row(d, Finish::Patch)?;
            let patch = Segment::Patch {
                from,
                column,
                tail,
                patch,
            };
            (5, patch)
        }
        (COPY | ROWS | PATCH, _) => {
            return Err(decode::Error::message("a segment lacks fields"));
        }
        _ => (1, Segment::Unknown),
    };
    for _ in known..fields {
        d.skip()?;
    }
    Ok(segment)
}
