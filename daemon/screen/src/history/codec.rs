//! How packed blocks are compressed.

use super::block::Block;
use crate::limits::MAX_BLOCK_BODY;

/// The fastest level of zstd, measured on what agents and builds write: ARCHITECTURE.md.
const LEVEL: i32 = 1;

/// Bytes that are no block of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damaged;

impl std::fmt::Display for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a block of history is damaged")
    }
}

impl std::error::Error for Damaged {}

/// What compressing works with; some hundred kilobytes, worth keeping from block to block.
pub struct Codec {
    compressor: Option<zstd::bulk::Compressor<'static>>,
    /// The block that is compressed, in one piece.
    body: Vec<u8>,
    /// The block that was compressed last.
    packed: Vec<u8>,
}

impl Default for Codec {
    fn default() -> Self {
        Self {
            compressor: zstd::bulk::Compressor::new(LEVEL).ok(),
            body: Vec::new(),
            packed: Vec::new(),
        }
    }
}

impl Codec {
    /// `None`: there is no memory for it.
    pub(super) fn compress(&mut self, block: &Block) -> Option<&[u8]> {
        self.body.clear();
        block.put_body(&mut self.body);
        self.packed.clear();
        self.packed
            .reserve(zstd::zstd_safe::compress_bound(self.body.len()));
        let compressor = self.compressor.as_mut()?;
        let compressed = compressor.compress_to_buffer(&self.body, &mut self.packed);
        compressed.ok().map(|_| self.packed.as_slice())
    }
}

pub(crate) fn decompress(packed: &[u8]) -> Result<Vec<u8>, Damaged> {
    let length = zstd::zstd_safe::get_frame_content_size(packed).map_err(|_| Damaged)?;
    let length = length.and_then(|length| usize::try_from(length).ok());
    let length = length
        .filter(|length| *length <= MAX_BLOCK_BODY)
        .ok_or(Damaged)?;
    zstd::bulk::decompress(packed, length).map_err(|_| Damaged)
}
