//! History, saved: its numbers, and its blocks as they are. What is in a store stays there.

use std::sync::Arc;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::block::Block;
use super::codec;
use super::repeat::Repeat;
use super::sealed::{Body, Sealed};
use super::{Damaged, History, Usage};
use crate::limits::{BLOCK_ROWS, MAX_BLOCK_BODY};

#[derive(Encode, Decode)]
pub(crate) struct SavedHistory {
    #[n(0)]
    top: u64,
    #[n(1)]
    sealed: u64,
    #[n(2)]
    first: u64,
    #[n(3)]
    floor: u64,
    #[n(4)]
    blocks: Vec<SavedBlock>,
    /// Number of the first row that is in no sealed block.
    #[n(5)]
    unsealed: u64,
    /// Bodies of the blocks that are not sealed; the last is the open one.
    #[n(6)]
    bodies: Vec<ByteVec>,
    /// Blocks of which only rows are kept that others repeat.
    #[n(7)]
    pinned: Option<Vec<SavedBlock>>,
    /// Where rows are that may be printed again, and how far that has come.
    #[n(8)]
    repeat: Option<[u64; 5]>,
}

#[derive(Encode, Decode)]
struct SavedBlock {
    #[n(0)]
    start: u64,
    #[n(1)]
    rows: u64,
    #[n(2)]
    bytes: SavedBytes,
    #[n(3)]
    originals: Option<(u64, u64)>,
}

#[derive(Encode, Decode)]
enum SavedBytes {
    /// A block's body.
    #[n(0)]
    Plain(#[n(0)] ByteVec),
    /// A body, compressed.
    #[n(1)]
    Packed(#[n(0)] ByteVec),
    /// So many bytes, which a store has.
    #[n(2)]
    Stored(#[n(0)] u64),
}

impl History {
    pub(crate) fn save(&self) -> SavedHistory {
        let unsealed = self.full.iter().map(AsRef::as_ref).chain([&self.open]);
        SavedHistory {
            top: self.top,
            sealed: self.sealed,
            first: self.first,
            floor: self.floor,
            blocks: self.blocks.iter().map(|block| block.save()).collect(),
            unsealed: self.full.front().map_or(&self.open, AsRef::as_ref).start(),
            bodies: unsealed.map(|block| block.body().into()).collect(),
            pinned: Some(self.pinned.iter().map(|block| block.save()).collect()),
            repeat: self.repeat.as_ref().map(|repeat| repeat.numbers()),
        }
    }

    /// The history within these bounds. All its sealed blocks are handed out anew.
    pub(crate) fn load(saved: SavedHistory, max_bytes: usize) -> Result<Self, String> {
        let mut history = Self::new(max_bytes);
        let usage = &history.usage;
        let blocks = saved.blocks.into_iter();
        let blocks = blocks.map(|block| Sealed::load(block, usage).map(Arc::new));
        let blocks: Result<_, _> = blocks.collect();
        history.blocks = Arc::new(blocks.map_err(|damage: Damaged| damage.to_string())?);
        let pinned = saved.pinned.into_iter().flatten();
        let pinned = pinned.map(|block| Sealed::load(block, usage).map(Arc::new));
        let pinned: Result<_, _> = pinned.collect();
        history.pinned = pinned.map_err(|damage: Damaged| damage.to_string())?;
        history.repeat = saved.repeat.map(|numbers| Box::new(Repeat::at(numbers)));
        history.open.begin(saved.unsealed);
        for body in saved.bodies {
            let block = checked(history.open.end(), &body);
            let block = block.map_err(|damage| damage.to_string())?;
            let before = std::mem::replace(&mut history.open, block);
            if !before.is_empty() {
                history.full_bytes += before.bytes();
                history.full.push_back(Arc::new(before));
            }
        }
        history.top = saved.top;
        history.sealed = saved.sealed;
        history.first = saved.first;
        history.floor = saved.floor;
        history.check()?;
        Ok(history)
    }

    /// Sealed blocks whose bytes only a store has, which has not been told yet.
    pub(crate) fn absent(&self) -> Vec<Arc<Sealed>> {
        let absent = |block: &&Arc<Sealed>| matches!(block.body(), Body::Absent(_));
        let blocks = self.pinned.iter().chain(self.blocks.iter());
        blocks.filter(absent).map(Arc::clone).collect()
    }
}

impl Sealed {
    fn save(&self) -> SavedBlock {
        SavedBlock {
            start: self.start().0,
            rows: self.row_count(),
            bytes: match self.body() {
                Body::Plain(block) => SavedBytes::Plain(block.body().into()),
                Body::Packed(bytes) => SavedBytes::Packed(bytes.to_vec().into()),
                Body::Stored(stored) => SavedBytes::Stored(stored.bytes()),
                Body::Absent(bytes) => SavedBytes::Stored(bytes),
            },
            originals: self.originals(),
        }
    }

    fn load(saved: SavedBlock, usage: &Arc<Usage>) -> Result<Self, Damaged> {
        let SavedBlock {
            start,
            rows,
            bytes,
            originals,
        } = saved;
        let end = start.checked_add(rows).ok_or(Damaged)?;
        let (body, known) = match bytes {
            SavedBytes::Plain(body) => {
                let block = checked(start, &body)?;
                let end = block.end();
                (Body::Plain(Arc::new(block)), end)
            }
            SavedBytes::Packed(packed) => {
                let block = checked(start, &codec::decompress(&packed)?)?;
                (Body::Packed(Vec::from(packed).into()), block.end())
            }
            SavedBytes::Stored(bytes) if bytes <= 2 * MAX_BLOCK_BODY as u64 => {
                (Body::Absent(bytes), end)
            }
            SavedBytes::Stored(_) => return Err(Damaged),
        };
        if known != end || !(1..=BLOCK_ROWS as u64).contains(&rows) {
            return Err(Damaged);
        }
        Ok(Self::with(start, rows, body, usage).repeating(originals))
    }
}

/// The block of this body, if all its rows are whole.
fn checked(start: u64, body: &[u8]) -> Result<Block, Damaged> {
    let block = Block::of(start, body).ok_or(Damaged)?;
    let end = start.checked_add(block.row_count()).ok_or(Damaged)?;
    block.rows_are_whole(end).then_some(block).ok_or(Damaged)
}
