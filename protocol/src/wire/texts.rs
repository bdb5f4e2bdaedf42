//! Texts on the wire: each is checked, or made harmless, where it is decoded. Each module is named by
//! a `#[cbor(with = "..")]` attribute.

use minicbor::data::Type;
use minicbor::decode::{self, Decoder};
use minicbor::encode::{self, Encoder, Write};
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
        && d.datatype()? == Type::Null
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
