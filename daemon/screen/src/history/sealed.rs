//! A block that never changes again, wherever its bytes are.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abide_protocol::LineNo;

use super::block::Block;
use super::codec::{self, Codec, Damaged};

/// Bytes of a block besides its rows.
const FRAME: usize = 128;

/// Where the packed bytes of blocks are when they are not in memory.
pub trait Stored: Send + Sync {
    /// The bytes as [`Sealed::pack`] made them; `None` when they cannot be read.
    fn read(&self) -> Option<Vec<u8>>;

    /// Bytes that they take.
    fn bytes(&self) -> u64;
}

/// What all blocks of one history take together.
#[derive(Default)]
pub struct Usage {
    memory: AtomicUsize,
    stored: AtomicU64,
    room: AtomicU64,
    lost: AtomicU64,
    /// Memory of a block that is not needed any more, for the next one.
    spare: Mutex<Option<Block>>,
}

impl Usage {
    /// Bytes of sealed blocks in memory.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.memory.load(Ordering::Relaxed)
    }

    /// Bytes in a store.
    #[must_use]
    pub fn stored(&self) -> u64 {
        self.stored.load(Ordering::Relaxed)
    }

    /// Bytes that may be in a store.
    #[must_use]
    pub fn room(&self) -> u64 {
        self.room.load(Ordering::Relaxed)
    }

    /// Says how many bytes may be in a store from now on. Beyond, the oldest blocks are dropped.
    pub fn set_room(&self, bytes: u64) {
        self.room.store(bytes, Ordering::Relaxed);
    }

    /// Rows that could not be read when they were last wanted.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn add(&self, body: &Body) {
        self.memory.fetch_add(body.memory(), Ordering::Relaxed);
        self.stored.fetch_add(body.stored(), Ordering::Relaxed);
    }

    fn sub(&self, body: &Body) {
        self.memory.fetch_sub(body.memory(), Ordering::Relaxed);
        self.stored.fetch_sub(body.stored(), Ordering::Relaxed);
    }

    pub(super) fn spare(&self) -> Option<Block> {
        self.spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Keeps the memory of a block that nobody else has.
    pub(super) fn recycle(&self, block: Arc<Block>) {
        if let Ok(mut block) = Arc::try_unwrap(block) {
            block.recycle();
            *self.spare.lock().unwrap_or_else(PoisonError::into_inner) = Some(block);
        }
    }
}

pub(super) enum Body {
    /// As rows were added.
    Plain(Arc<Block>),
    /// Compressed.
    Packed(Arc<[u8]>),
    Stored(Arc<dyn Stored>),
    /// In a store that has not been told, or in none any more: so many bytes.
    Absent(u64),
}

impl Body {
    fn memory(&self) -> usize {
        FRAME
            + match self {
                Self::Plain(block) => block.bytes(),
                Self::Packed(bytes) => bytes.len(),
                Self::Stored(_) | Self::Absent(_) => 0,
            }
    }

    fn stored(&self) -> u64 {
        match self {
            Self::Stored(stored) => stored.bytes(),
            Self::Absent(bytes) => *bytes,
            Self::Plain(_) | Self::Packed(_) => 0,
        }
    }

    fn share(&self) -> Self {
        match self {
            Self::Plain(block) => Self::Plain(Arc::clone(block)),
            Self::Packed(bytes) => Self::Packed(Arc::clone(bytes)),
            Self::Stored(stored) => Self::Stored(Arc::clone(stored)),
            Self::Absent(bytes) => Self::Absent(*bytes),
        }
    }
}

struct Place {
    body: Body,
    /// The history has dropped the block: who still reads it is not counted.
    dropped: bool,
}

/// Rows of history that never change, and where their bytes are at present.
pub struct Sealed {
    start: u64,
    rows: u64,
    /// Numbers between which all rows are that rows of this block repeat.
    originals: Option<(u64, u64)>,
    place: Mutex<Place>,
    /// The bytes could not be read when they were last wanted.
    lost: AtomicBool,
    usage: Arc<Usage>,
}

impl Sealed {
    pub(super) fn new(block: Arc<Block>, usage: &Arc<Usage>) -> Self {
        let (start, rows) = (block.start(), block.row_count());
        let originals = block.originals();
        let sealed = Self::with(start, rows, Body::Plain(block), usage);
        sealed.repeating(originals)
    }

    pub(super) fn repeating(mut self, originals: Option<(u64, u64)>) -> Self {
        self.originals = originals;
        self
    }

    pub(super) fn originals(&self) -> Option<(u64, u64)> {
        self.originals
    }

    /// A block that is in a store already.
    #[must_use]
    pub fn stored(start: LineNo, rows: u64, stored: Arc<dyn Stored>, usage: &Arc<Usage>) -> Self {
        Self::with(start.0, rows, Body::Stored(stored), usage)
    }

    /// Rows `[start, end)` that no store has.
    pub(super) fn missing(start: u64, end: u64, usage: &Arc<Usage>) -> Self {
        let missing = Self::with(start, end - start, Body::Absent(0), usage);
        missing.set_lost(true);
        missing
    }

    pub(super) fn with(start: u64, rows: u64, body: Body, usage: &Arc<Usage>) -> Self {
        usage.add(&body);
        Self {
            start,
            rows,
            originals: None,
            place: Mutex::new(Place {
                body,
                dropped: false,
            }),
            lost: AtomicBool::new(false),
            usage: Arc::clone(usage),
        }
    }

    /// Number of its first row.
    #[must_use]
    pub fn start(&self) -> LineNo {
        LineNo(self.start)
    }

    /// The number after its last row.
    #[must_use]
    pub fn end(&self) -> LineNo {
        LineNo(self.start + self.rows)
    }

    #[must_use]
    pub fn row_count(&self) -> u64 {
        self.rows
    }

    /// Bytes that packing would free or has still to look at; 0 for what is packed.
    #[must_use]
    pub fn unpacked_bytes(&self) -> usize {
        match self.body() {
            Body::Plain(block) => block.bytes(),
            Body::Packed(_) | Body::Stored(_) | Body::Absent(_) => 0,
        }
    }

    /// Compresses the block, unless it is so already. Takes a fraction of a millisecond.
    pub fn pack(&self, codec: &mut Codec) {
        if let Body::Plain(block) = self.body()
            && let Some(packed) = codec.compress(&block)
        {
            self.replace(Body::Packed(packed.into()));
            self.usage.recycle(block);
        }
    }

    /// The compressed bytes, if they are in memory.
    #[must_use]
    pub fn packed(&self) -> Option<Arc<[u8]>> {
        match self.body() {
            Body::Packed(bytes) => Some(bytes),
            Body::Plain(_) | Body::Stored(_) | Body::Absent(_) => None,
        }
    }

    /// The compressed bytes, wherever they are.
    #[must_use]
    pub fn read_packed(&self, codec: &mut Codec) -> Option<Vec<u8>> {
        match self.body() {
            Body::Plain(block) => codec.compress(&block).map(<[u8]>::to_vec),
            Body::Packed(bytes) => Some(bytes.to_vec()),
            Body::Stored(stored) => stored.read(),
            Body::Absent(_) => None,
        }
    }

    /// If its bytes are in a store, reads them, and remembers if that fails; how many they are.
    pub(super) fn probe(&self) -> u64 {
        let Body::Stored(stored) = self.body() else {
            return 0;
        };
        if stored.read().is_none() {
            self.set_lost(true);
        }
        stored.bytes()
    }

    /// Lets go of the bytes in memory: `stored` has them.
    pub fn move_to(&self, stored: Arc<dyn Stored>) {
        self.replace(Body::Stored(stored));
    }

    /// Checks that these packed bytes are a block of so many rows.
    ///
    /// # Errors
    /// They are not.
    pub fn check_packed(packed: &[u8], rows: u64) -> Result<(), Damaged> {
        let block = Block::of(0, &codec::decompress(packed)?).ok_or(Damaged)?;
        (block.end() == rows).then_some(()).ok_or(Damaged)
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn body(&self) -> Body {
        self.place().body.share()
    }

    fn replace(&self, body: Body) {
        let mut place = self.place();
        if !place.dropped {
            self.usage.add(&body);
            self.usage.sub(&place.body);
        }
        let old = std::mem::replace(&mut place.body, body);
        drop(place);
        drop(old);
    }

    /// The history drops the block. What it takes is not the history's any more, however long
    /// somebody reads it: else more would be dropped, and nothing freed.
    pub(super) fn release(&self) {
        let mut place = self.place();
        if !std::mem::replace(&mut place.dropped, true) {
            self.usage.sub(&place.body);
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    fn set_lost(&self, lost: bool) {
        let before = self.lost.swap(lost, Ordering::Relaxed);
        match (before, lost) {
            (false, true) => self.usage.lost.fetch_add(self.rows, Ordering::Relaxed),
            (true, false) => self.usage.lost.fetch_sub(self.rows, Ordering::Relaxed),
            _ => 0,
        };
    }

    /// The rows, unpacked; remembers whether that went well.
    pub(super) fn open(&self) -> Result<Arc<Block>, Damaged> {
        let block = self.unpack();
        self.set_lost(block.is_err());
        block
    }

    fn unpack(&self) -> Result<Arc<Block>, Damaged> {
        let packed = match self.body() {
            Body::Plain(block) => return Ok(block),
            Body::Packed(bytes) => codec::decompress(&bytes)?,
            Body::Stored(stored) => codec::decompress(&stored.read().ok_or(Damaged)?)?,
            Body::Absent(_) => return Err(Damaged),
        };
        let block = Block::of(self.start, &packed).ok_or(Damaged)?;
        if block.end() != self.end().0 {
            return Err(Damaged);
        }
        Ok(Arc::new(block))
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        self.set_lost(false);
        self.release();
        let place = self.place.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Body::Plain(block) = std::mem::replace(&mut place.body, Body::Absent(0)) {
            self.usage.recycle(block);
        }
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({}..{})", self.start, self.end().0)
    }
}
