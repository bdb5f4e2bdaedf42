//! Values in files: the same encodings as on the wire, behind a version.

use minicbor::decode::{self, Decoder};
use minicbor::encode::{Encode, Encoder};
use std::sync::Arc;

use crate::message::{SessionInfo, Spec};
use crate::row::Row;
use crate::snapshot::Snapshot;
use crate::wire::fields::checked;
use crate::wire::{WireError, rows};

/// What stands first in every record. A later build reads all earlier versions.
const VERSION: u32 = 1;

#[must_use]
pub fn encode_rows(rows: &[Arc<Row>]) -> Vec<u8> {
    write(|e| rows::encode(rows, e, &mut ()))
}

/// # Errors
/// The record is damaged.
pub fn decode_rows(bytes: &[u8]) -> Result<Vec<Arc<Row>>, WireError> {
    read(bytes, |d| rows::decode(d, &mut ()))
}

#[must_use]
pub fn encode_snapshot(snapshot: &Snapshot) -> Vec<u8> {
    write(|e| snapshot.encode(e, &mut ()))
}

/// # Errors
/// The record is damaged.
pub fn decode_snapshot(bytes: &[u8]) -> Result<Snapshot, WireError> {
    read(bytes, |d| checked::decode(d, &mut ())).map(|snapshot| *snapshot)
}

#[must_use]
pub fn encode_spec(spec: &Spec) -> Vec<u8> {
    write(|e| spec.encode(e, &mut ()))
}

/// # Errors
/// The record is damaged.
pub fn decode_spec(bytes: &[u8]) -> Result<Spec, WireError> {
    read(bytes, Decoder::decode)
}

#[must_use]
pub fn encode_info(info: &SessionInfo) -> Vec<u8> {
    write(|e| info.encode(e, &mut ()))
}

/// # Errors
/// The record is damaged.
pub fn decode_info(bytes: &[u8]) -> Result<SessionInfo, WireError> {
    read(bytes, Decoder::decode)
}

type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn write(value: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Written) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut e = Encoder::new(&mut bytes);
    let result = e.array(2).and_then(|e| e.u32(VERSION)).map(|_| ());
    let result = result.and_then(|()| value(&mut e));
    debug_assert!(result.is_ok());
    bytes
}

fn read<'b, T>(
    bytes: &'b [u8],
    value: impl FnOnce(&mut Decoder<'b>) -> Result<T, decode::Error>,
) -> Result<T, WireError> {
    let mut d = Decoder::new(bytes);
    let whole = d.array().and_then(|fields| {
        if fields != Some(2) || d.u32()? != VERSION {
            return Err(decode::Error::message("made by another version"));
        }
        let value = value(&mut d)?;
        if d.position() == bytes.len() {
            Ok(value)
        } else {
            Err(decode::Error::message("bytes follow its end"))
        }
    });
    whole.map_err(|error| WireError::Record(error.to_string()))
}
