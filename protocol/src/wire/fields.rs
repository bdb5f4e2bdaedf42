//! How single fields are written where the derived form is not enough: texts that are checked,
//! lists that are bounded, values that a later build may have more kinds of.
//!
//! Each module here is named by a `#[cbor(with = "..")]` attribute.

use minicbor::decode::{self, Decode, Decoder};
use minicbor::encode::{self, Encode, Encoder, Write};
use std::borrow::Cow;
use std::sync::Arc;

use crate::limits;
use crate::text;

/// What a checked text may be held in.
pub(crate) trait Text: Sized {
    fn of(text: &str) -> Self;
    /// `None` is written as null.
    fn get(&self) -> Option<&str>;
    /// What null means; `None`: null is an error.
    fn absent() -> Option<Self> {
        None
    }
}

impl Text for String {
    fn of(text: &str) -> Self {
        text.to_owned()
    }
    fn get(&self) -> Option<&str> {
        Some(self)
    }
}

impl Text for Arc<str> {
    fn of(text: &str) -> Self {
        text.into()
    }
    fn get(&self) -> Option<&str> {
        Some(self)
    }
}

impl<T: Text> Text for Option<T> {
    fn of(text: &str) -> Self {
        Some(T::of(text))
    }
    fn get(&self) -> Option<&str> {
        self.as_ref().and_then(T::get)
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
}

type Rule = fn(&str) -> Result<Cow<'_, str>, &'static str>;

fn decode_text<T: Text>(d: &mut Decoder<'_>, rule: Rule) -> Result<T, decode::Error> {
    if let Some(absent) = T::absent()
        && d.datatype()? == minicbor::data::Type::Null
    {
        d.null()?;
        return Ok(absent);
    }
    let at = d.position();
    let text = rule(d.str()?).map_err(|why| decode::Error::message(why).at(at))?;
    Ok(T::of(&text))
}

fn encode_text<T: Text, W: Write>(
    text: &T,
    e: &mut Encoder<W>,
    rule: Rule,
) -> Result<(), encode::Error<W::Error>> {
    match text.get() {
        // What the peer would refuse is not sent: it would close the link over a title.
        Some(text) => e.str(&rule(text).unwrap_or_else(|_| text::line(text)))?,
        None => e.null()?,
    };
    Ok(())
}

fn bounded(text: &str, max: usize) -> Result<&str, &'static str> {
    if text.len() > max {
        return Err("a text is longer than its bound");
    }
    Ok(text)
}

fn strict(text: &str, max: usize) -> Result<&str, &'static str> {
    if text::has_controls(text) {
        return Err("a text holds control characters");
    }
    bounded(text, max)
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $rule:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) mod $name {
            use super::*;

            const RULE: Rule = $rule;

            pub(crate) fn encode<Ctx, T: Text, W: Write>(
                text: &T,
                e: &mut Encoder<W>,
                _: &mut Ctx,
            ) -> Result<(), encode::Error<W::Error>> {
                encode_text(text, e, RULE)
            }

            pub(crate) fn decode<Ctx, T: Text>(
                d: &mut Decoder<'_>,
                _: &mut Ctx,
            ) -> Result<T, decode::Error> {
                decode_text(d, RULE)
            }

            #[allow(dead_code, reason = "only optional fields ask for it")]
            pub(crate) fn nil<T: Text>() -> Option<T> {
                T::absent()
            }

            #[allow(dead_code, reason = "only optional fields ask for it")]
            pub(crate) fn is_nil<T: Text>(text: &T) -> bool {
                text.get().is_none()
            }
        }
    )*};
}

texts! {
    /// A name: control characters are an error, bidi controls go. Whether it is short enough for
    /// a session is the daemon's to say, in words.
    name = |text| Ok(text::without_bidi(strict(text, limits::MAX_LINE)?));
    /// As [`name`], at most [`limits::MAX_TITLE`] bytes.
    title = |text| Ok(text::without_bidi(strict(text, limits::MAX_TITLE)?));
    /// A path: control characters are an error; everything else belongs to it.
    directory = |text| Ok(Cow::Borrowed(strict(text, limits::MAX_DIRECTORY)?));
    /// One line for people: what could act on a terminal is made harmless.
    line = |text| Ok(text::line(bounded(text, limits::MAX_PROSE)?));
    /// Several lines for people.
    prose = |text| Ok(text::prose(bounded(text, limits::MAX_PROSE)?));
    /// Text for the program: its bytes are checked where they are encoded for it.
    paste = |text| Ok(Cow::Borrowed(bounded(text, limits::MAX_PASTE)?));
}

fn next_of<T>(list: &mut Vec<T>, item: T) -> Result<(), decode::Error> {
    if list.len() >= limits::MAX_LIST {
        return Err(decode::Error::message("a list is longer than its bound"));
    }
    list.push(item);
    Ok(())
}

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
            && d.datatype()? == minicbor::data::Type::Null
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
        e.array(u64::try_from(lines.len()).unwrap_or(u64::MAX))?;
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
        e.array(u64::try_from(arguments.len()).unwrap_or(u64::MAX))?;
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

/// A value that must hold together as a whole.
pub(crate) mod checked {
    use super::*;
    use crate::snapshot::Snapshot;

    pub(crate) fn encode<Ctx, W: Write>(
        snapshot: &Snapshot,
        e: &mut Encoder<W>,
        ctx: &mut Ctx,
    ) -> Result<(), encode::Error<W::Error>> {
        snapshot.encode(e, ctx)
    }

    pub(crate) fn decode<Ctx>(
        d: &mut Decoder<'_>,
        ctx: &mut Ctx,
    ) -> Result<Box<Snapshot>, decode::Error> {
        let snapshot = Box::<Snapshot>::decode(d, ctx)?;
        snapshot.check().map_err(decode::Error::message)?;
        Ok(snapshot)
    }
}

/// A palette behind an `Arc`, optional in updates.
pub(crate) mod palette {
    use super::*;
    use crate::snapshot::Palette;

    pub(crate) fn encode<Ctx, W: Write>(
        palette: &Arc<Palette>,
        e: &mut Encoder<W>,
        ctx: &mut Ctx,
    ) -> Result<(), encode::Error<W::Error>> {
        palette.as_ref().encode(e, ctx)
    }

    pub(crate) fn decode<Ctx>(
        d: &mut Decoder<'_>,
        ctx: &mut Ctx,
    ) -> Result<Arc<Palette>, decode::Error> {
        Palette::decode(d, ctx).map(Arc::new)
    }
}

/// As [`palette`], where null says that nothing changed.
pub(crate) mod new_palette {
    use super::*;
    use crate::snapshot::Palette;

    pub(crate) fn encode<Ctx, W: Write>(
        palette: &Option<Arc<Palette>>,
        e: &mut Encoder<W>,
        ctx: &mut Ctx,
    ) -> Result<(), encode::Error<W::Error>> {
        palette.as_deref().encode(e, ctx)
    }

    pub(crate) fn decode<Ctx>(
        d: &mut Decoder<'_>,
        ctx: &mut Ctx,
    ) -> Result<Option<Arc<Palette>>, decode::Error> {
        Ok(Option::<Palette>::decode(d, ctx)?.map(Arc::new))
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "the shape that the derive asks for"
    )]
    pub(crate) fn nil() -> Option<Option<Arc<Palette>>> {
        Some(None)
    }

    pub(crate) fn is_nil(palette: &Option<Arc<Palette>>) -> bool {
        palette.is_none()
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

/// Why something failed; a reason that a later build invented counts as `Internal`.
pub(crate) mod fail_kind {
    use super::*;
    use crate::message::FailKind;

    pub(crate) fn encode<Ctx, W: Write>(
        kind: &FailKind,
        e: &mut Encoder<W>,
        ctx: &mut Ctx,
    ) -> Result<(), encode::Error<W::Error>> {
        kind.encode(e, ctx)
    }

    pub(crate) fn decode<Ctx>(
        d: &mut Decoder<'_>,
        ctx: &mut Ctx,
    ) -> Result<FailKind, decode::Error> {
        or_unknown(d, ctx, FailKind::Internal)
    }
}

/// The value, or `unknown` where it is, or holds, a variant that this build does not know.
pub(crate) fn or_unknown<'b, Ctx, T: Decode<'b, Ctx>>(
    d: &mut Decoder<'b>,
    ctx: &mut Ctx,
    unknown: T,
) -> Result<T, decode::Error> {
    let start = d.position();
    match T::decode(d, ctx) {
        Err(error) if error.is_unknown_variant() => {
            d.set_position(start);
            d.skip()?;
            Ok(unknown)
        }
        result => result,
    }
}
