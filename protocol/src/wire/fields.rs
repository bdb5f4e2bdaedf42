//! How single fields are written where the derived form is not enough. Each module is named by a
//! `#[cbor(with = "..")]` attribute.
#![allow(
    clippy::wildcard_imports,
    reason = "each module is one field's encoding"
)]

use minicbor::decode::{self, Decode, Decoder};
use minicbor::encode::{self, Encode, Encoder, Write};
use std::sync::Arc;

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

/// As [`palette()`], where null says that nothing changed.
#[expect(clippy::ref_option, reason = "the shape that the derive asks for")]
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
        clippy::option_option,
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

/// Why something failed; a reason that a later build invented counts as `Internal`.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that the derive asks for"
)]
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

/// A device's kind, of which there may be more one day.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that the derive asks for"
)]
pub(crate) mod device_kind {
    use super::*;
    use crate::message::DeviceKind;

    pub(crate) fn encode<Ctx, W: Write>(
        kind: &DeviceKind,
        e: &mut Encoder<W>,
        ctx: &mut Ctx,
    ) -> Result<(), encode::Error<W::Error>> {
        kind.encode(e, ctx)
    }

    pub(crate) fn decode<Ctx>(
        d: &mut Decoder<'_>,
        ctx: &mut Ctx,
    ) -> Result<DeviceKind, decode::Error> {
        or_unknown(d, ctx, DeviceKind::Unknown)
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
