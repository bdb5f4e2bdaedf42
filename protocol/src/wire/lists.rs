//! Lists on the wire: bounded, and never allocated from the peer's count. Each module is named by a
//! `#[cbor(with = "..")]` attribute.
#![allow(
    clippy::wildcard_imports,
    reason = "each module is one field's encoding"
)]

use minicbor::data::Type;
use minicbor::decode::{self, Decode, Decoder};
use minicbor::encode::{self, Encode, Encoder, Write};

use super::fields::or_unknown;
use super::texts::line;
use crate::limits;

/// Calls `read` for each element of an array, definite or not.
pub(crate) fn each<'b>(
    d: &mut Decoder<'b>,
    mut read: impl FnMut(&mut Decoder<'b>) -> Result<(), decode::Error>,
) -> Result<(), decode::Error> {
    let Some(count) = d.array()? else {
        return Err(decode::Error::message("an array of indefinite length"));
    };
    for _ in 0..count {
        read(d)?;
    }
    Ok(())
}

/// The length of an array.
pub(crate) fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

fn next_of<T>(list: &mut Vec<T>, item: T) -> Result<(), decode::Error> {
    if list.len() >= limits::MAX_LIST {
        return Err(decode::Error::message("a list is longer than its bound"));
    }
    list.push(item);
    Ok(())
}

/// What a list may be held in.
pub(crate) trait List: Sized {
    type Item;
    fn of(items: Vec<Self::Item>) -> Self;
    fn get(&self) -> Option<&[Self::Item]>;
    fn absent() -> Option<Self> {
        None
    }
}

impl<T> List for Vec<T> {
    type Item = T;
    fn of(items: Vec<T>) -> Self {
        items
    }
    fn get(&self) -> Option<&[T]> {
        Some(self)
    }
}

impl<T> List for Option<Vec<T>> {
    type Item = T;
    fn of(items: Vec<T>) -> Self {
        Some(items)
    }
    fn get(&self) -> Option<&[T]> {
        self.as_deref()
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// A list of at most [`limits::MAX_LIST`] items.
pub(crate) mod list {
    use super::*;

    pub(crate) fn encode<Ctx, L: List, W: Write>(
        list: &L,
        e: &mut Encoder<W>,
        ctx: &mut Ctx,
    ) -> Result<(), encode::Error<W::Error>>
    where
        L::Item: Encode<Ctx>,
    {
        match list.get() {
            Some(items) => items.encode(e, ctx),
            None => e.null()?.ok(),
        }
    }

    pub(crate) fn decode<'b, Ctx, L: List>(
        d: &mut Decoder<'b>,
        ctx: &mut Ctx,
    ) -> Result<L, decode::Error>
    where
        L::Item: Decode<'b, Ctx>,
    {
        if let Some(absent) = L::absent()
            && d.datatype()? == Type::Null
        {
            d.null()?;
            return Ok(absent);
        }
        let mut items = Vec::new();
        each(d, |d| next_of(&mut items, L::Item::decode(d, ctx)?))?;
        Ok(L::of(items))
    }

    pub(crate) fn nil<L: List>() -> Option<L> {
        L::absent()
    }

    pub(crate) fn is_nil<L: List>(list: &L) -> bool {
        list.get().is_none()
    }
}

/// Lines for people, each as [`line`].
pub(crate) mod lines {
    use super::*;

    pub(crate) fn encode<Ctx, W: Write>(
        lines: &[String],
        e: &mut Encoder<W>,
        ctx: &mut Ctx,
    ) -> Result<(), encode::Error<W::Error>> {
        e.array(count(lines))?;
        lines.iter().try_for_each(|text| line::encode(text, e, ctx))
    }

    pub(crate) fn decode<Ctx>(
        d: &mut Decoder<'_>,
        ctx: &mut Ctx,
    ) -> Result<Vec<String>, decode::Error> {
        let mut lines = Vec::new();
        each(d, |d| next_of(&mut lines, line::decode(d, ctx)?))?;
        Ok(lines)
    }
}

/// A command line: byte strings.
pub(crate) mod arguments {
    use super::*;

    pub(crate) fn encode<Ctx, W: Write>(
        arguments: &[Vec<u8>],
        e: &mut Encoder<W>,
        _: &mut Ctx,
    ) -> Result<(), encode::Error<W::Error>> {
        e.array(count(arguments))?;
        for argument in arguments {
            e.bytes(argument)?;
        }
        Ok(())
    }

    pub(crate) fn decode<Ctx>(
        d: &mut Decoder<'_>,
        _: &mut Ctx,
    ) -> Result<Vec<Vec<u8>>, decode::Error> {
        let mut arguments = Vec::new();
        each(d, |d| next_of(&mut arguments, d.bytes()?.to_vec()))?;
        Ok(arguments)
    }
}

/// Changed colours by index: ascending, each once.
pub(crate) mod indexed {
    use super::*;
    use crate::style::Rgb;

    pub(crate) fn encode<Ctx, W: Write>(
        colors: &[(u8, Rgb)],
        e: &mut Encoder<W>,
        ctx: &mut Ctx,
    ) -> Result<(), encode::Error<W::Error>> {
        colors.encode(e, ctx)
    }

    pub(crate) fn decode<Ctx>(
        d: &mut Decoder<'_>,
        ctx: &mut Ctx,
    ) -> Result<Vec<(u8, Rgb)>, decode::Error> {
        let mut colors: Vec<(u8, Rgb)> = Vec::new();
        each(d, |d| {
            let color = <(u8, Rgb)>::decode(d, ctx)?;
            if colors.last().is_some_and(|last| last.0 >= color.0) {
                return Err(decode::Error::message("palette indices do not ascend"));
            }
            next_of(&mut colors, color)
        })?;
        Ok(colors)
    }
}

/// Events, of which a later build may send kinds that this one does not know.
pub(crate) mod events {
    use super::*;
    use crate::ids::EventNo;
    use crate::message::Event;

    pub(crate) fn encode<Ctx, W: Write>(
        events: &[(EventNo, Event)],
        e: &mut Encoder<W>,
        ctx: &mut Ctx,
    ) -> Result<(), encode::Error<W::Error>> {
        events.encode(e, ctx)
    }

    pub(crate) fn decode<Ctx>(
        d: &mut Decoder<'_>,
        ctx: &mut Ctx,
    ) -> Result<Vec<(EventNo, Event)>, decode::Error> {
        let mut events = Vec::new();
        each(d, |d| {
            if d.array()? != Some(2) {
                return Err(decode::Error::message("an event is a pair"));
            }
            let number = EventNo::decode(d, ctx)?;
            next_of(&mut events, (number, or_unknown(d, ctx, Event::Unknown)?))
        })?;
        Ok(events)
    }
}
