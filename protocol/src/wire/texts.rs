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

/// What a text may be.
struct Rule {
    /// Bytes.
    max: usize,
    /// Control characters are an error.
    strict: bool,
    /// Makes the text harmless.
    tame: fn(&str) -> Cow<'_, str>,
}

fn decode_text<T: Text>(d: &mut Decoder<'_>, rule: &Rule) -> Result<T, decode::Error> {
    if let Some(absent) = T::absent()
        && d.datatype()? == Type::Null
    {
        d.null()?;
        return Ok(absent);
    }
    let at = d.position();
    let text = d.str()?;
    if text.len() > rule.max {
        return Err(decode::Error::message("a text is longer than its bound").at(at));
    }
    if rule.strict && text::has_controls(text) {
        return Err(decode::Error::message("a text holds control characters").at(at));
    }
    Ok(T::of(&(rule.tame)(text)))
}

/// Writes what the peer accepts: it would else close the link over a title.
fn encode_text<T: Text, W: Write>(
    text: &T,
    e: &mut Encoder<W>,
    rule: &Rule,
) -> Result<(), encode::Error<W::Error>> {
    let Some(text) = text.get() else {
        return e.null()?.ok();
    };
    let text = if rule.strict && text::has_controls(text) {
        text::line(text)
    } else {
        (rule.tame)(text)
    };
    e.str(text::cut(&text, rule.max))?.ok()
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $max:expr, $strict:expr, $tame:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) mod $name {
            use super::*;

            const RULE: Rule = Rule {
                max: $max,
                strict: $strict,
                tame: $tame,
            };

            pub(crate) fn encode<Ctx, T: Text, W: Write>(
                text: &T,
                e: &mut Encoder<W>,
                _: &mut Ctx,
            ) -> Result<(), encode::Error<W::Error>> {
                encode_text(text, e, &RULE)
            }

            pub(crate) fn decode<Ctx, T: Text>(
                d: &mut Decoder<'_>,
                _: &mut Ctx,
            ) -> Result<T, decode::Error> {
                decode_text(d, &RULE)
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
    name = limits::MAX_LINE, true, text::without_bidi;
    /// What a device or a daemon is called, and what it runs: as [`name`], shorter.
    device = limits::MAX_NAME, true, text::without_bidi;
    /// A web page's origin: as [`name`], of the length that a host name makes.
    origin = limits::MAX_ORIGIN, true, text::without_bidi;
    /// As [`name`], with its own bound.
    title = limits::MAX_TITLE, true, text::without_bidi;
    /// A path: control characters are an error; everything else belongs to it.
    directory = limits::MAX_DIRECTORY, true, |text| Cow::Borrowed(text);
    /// One line for people: what could act on a terminal is made harmless.
    line = limits::MAX_PROSE, false, text::line;
    /// A pattern to search for, taken as it is. Whether it is short enough is the keeper's to say.
    pattern = limits::MAX_LINE, false, |text| Cow::Borrowed(text);
    /// The text of rows, which hold no control characters; everything else belongs to it.
    hit_line = limits::MAX_HIT_LINE, true, |text| Cow::Borrowed(text);
    /// Several lines for people.
    prose = limits::MAX_PROSE, false, text::prose;
}
