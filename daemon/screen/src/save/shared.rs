//! Shared values in CBOR, for `#[cbor(with = "..")]`.

use std::sync::Arc;

use minicbor::decode::{self, Decoder};
use minicbor::encode::{self, Encoder, Write};

/// `Arc<str>` as a text.
pub(crate) mod text {
    use super::{Arc, Decoder, Encoder, Write, decode, encode};

    pub(crate) fn encode<C, W: Write>(
        value: &Arc<str>,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.str(value).map(|_| ())
    }

    pub(crate) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Arc<str>, decode::Error> {
        d.str().map(Into::into)
    }
}

/// Any other `Arc` as what it holds.
pub(crate) mod value {
    use super::{Arc, Decoder, Encoder, Write, decode, encode};

    pub(crate) fn encode<C, W: Write, T: encode::Encode<C>>(
        value: &Arc<T>,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        value.as_ref().encode(e, ctx)
    }

    pub(crate) fn decode<'b, C, T: decode::Decode<'b, C>>(
        d: &mut Decoder<'b>,
        ctx: &mut C,
    ) -> Result<Arc<T>, decode::Error> {
        T::decode(d, ctx).map(Arc::new)
    }
}
