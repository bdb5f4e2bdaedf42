//! What the file of a history is made of. One page says what the file is; then records follow, each
//! beginning at a page, so that the oldest can be cut out of the file and the rest still be found.
//! A younger record may stand where older ones were: the numbers of their rows say what follows what.
//!
//! A record is a head (magic, number of blocks, bytes of the record, checksum of the entries), an
//! entry for each block (number of its first row, how many it has, its bytes, their checksum), then
//! the bytes of the blocks. Numbers are little-endian.

use std::sync::Arc;

use abide_screen::Sealed;
use abide_screen::limits::BLOCK_ROWS;
use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};

/// Records begin at multiples of this. Space is given back to the disk in such pages.
pub(super) const PAGE: u64 = 4096;
/// Bytes of one record at most; what claims to be longer is no record.
const MAX_RECORD: u64 = 64 << 20;
/// What the file begins with; the first byte is no text, so that nobody takes the file for one.
const MAGIC: &[u8; 16] = b"\x89abide history\r\n";
/// What this build writes. A later build reads all earlier ones.
const VERSION: u32 = 1;
const RECORD: u32 = u32::from_le_bytes(*b"ABHR");
pub(super) const HEAD: usize = 24;
const ENTRY: usize = 24;
const SEED: u64 = 0x6162_6964_6521;

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("it is no history of Abide's")]
    Foreign,
    #[error("it was made by another version of Abide (format {0}, this one reads 1 to {VERSION})")]
    Version(u32),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// The first page.
pub(super) fn first_page() -> Vec<u8> {
    let mut page = MAGIC.to_vec();
    page.extend_from_slice(&VERSION.to_le_bytes());
    page.resize(PAGE as usize, 0);
    page
}

/// Whether a file that begins like this is a history of this format.
pub(super) fn check_first_page(page: &[u8]) -> Result<(), FileError> {
    let (magic, rest) = page
        .split_at_checked(MAGIC.len())
        .ok_or(FileError::Foreign)?;
    let version = rest.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    match version {
        Some(VERSION) if magic == MAGIC => Ok(()),
        Some(version) if magic == MAGIC => Err(FileError::Version(version)),
        _ => Err(FileError::Foreign),
    }
}

/// A block in a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub(super) start: u64,
    pub(super) rows: u32,
    /// Where its bytes begin in the record.
    pub(super) at: u64,
    pub(super) bytes: u32,
    pub(super) checksum: u64,
}

/// A block to write: itself and its packed bytes.
pub(super) type Filled = (Arc<Sealed>, Arc<[u8]>);

/// A record of these blocks, padded to whole pages, and where each block is in it.
pub(super) fn encode(blocks: &[Filled]) -> (Vec<u8>, Vec<Entry>) {
    let mut at = (HEAD + blocks.len() * ENTRY) as u64;
    let mut entries = Vec::with_capacity(blocks.len());
    let mut written = Vec::with_capacity(blocks.len() * ENTRY);
    for (block, packed) in blocks {
        let entry = Entry {
            start: block.start().0,
            rows: block.row_count() as u32,
            at,
            bytes: packed.len() as u32,
            checksum: checksum(packed),
        };
        written.extend_from_slice(&entry.start.to_le_bytes());
        written.extend_from_slice(&entry.rows.to_le_bytes());
        written.extend_from_slice(&entry.bytes.to_le_bytes());
        written.extend_from_slice(&entry.checksum.to_le_bytes());
        at += packed.len() as u64;
        entries.push(entry);
    }
    let bytes = at.next_multiple_of(PAGE);
    let mut record = Vec::with_capacity(bytes as usize);
    record.extend_from_slice(&RECORD.to_le_bytes());
    record.extend_from_slice(&(blocks.len() as u32).to_le_bytes());
    record.extend_from_slice(&bytes.to_le_bytes());
    record.extend_from_slice(&checksum(&written).to_le_bytes());
    record.append(&mut written);
    for (_, packed) in blocks {
        record.extend_from_slice(packed);
    }
    record.resize(bytes as usize, 0);
    (record, entries)
}

/// The head of a record.
#[derive(Clone, Copy)]
pub(super) struct Head {
    blocks: usize,
    pub(super) bytes: u64,
    checksum: u64,
}

impl Head {
    /// `None`: no record begins here.
    pub(super) fn read(head: &[u8; HEAD]) -> Option<Self> {
        let mut fields = head.as_slice();
        let magic = u32::from_le_bytes(take(&mut fields)?);
        let blocks = u32::from_le_bytes(take(&mut fields)?) as usize;
        let bytes = u64::from_le_bytes(take(&mut fields)?);
        let checksum = u64::from_le_bytes(take(&mut fields)?);
        let least = (HEAD + blocks.checked_mul(ENTRY)?) as u64;
        let legal = magic == RECORD && bytes.is_multiple_of(PAGE) && bytes >= least;
        (legal && bytes <= MAX_RECORD).then_some(Self {
            blocks,
            bytes,
            checksum,
        })
    }

    /// Bytes of the entries, which follow the head.
    pub(super) fn entry_bytes(&self) -> usize {
        self.blocks * ENTRY
    }

    /// The blocks, by what follows the head; `None` when that is damaged.
    pub(super) fn entries(&self, mut bytes: &[u8]) -> Option<Vec<Entry>> {
        if checksum(bytes) != self.checksum {
            return None;
        }
        let mut at = (HEAD + self.entry_bytes()) as u64;
        let mut entries = Vec::with_capacity(self.blocks);
        for _ in 0..self.blocks {
            let entry = Entry {
                start: u64::from_le_bytes(take(&mut bytes)?),
                rows: u32::from_le_bytes(take(&mut bytes)?),
                at,
                bytes: u32::from_le_bytes(take(&mut bytes)?),
                checksum: u64::from_le_bytes(take(&mut bytes)?),
            };
            at += u64::from(entry.bytes);
            let last = entry.start.checked_add(entry.rows.into());
            if last.is_none() || entry.rows as usize > BLOCK_ROWS {
                return None;
            }
            entries.push(entry);
        }
        (at <= self.bytes).then_some(entries)
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

pub(super) fn checksum(bytes: &[u8]) -> u64 {
    const SECRETS: RapidSecrets = RapidSecrets::seed(SEED);
    rapidhash_v3_seeded(bytes, &SECRETS)
}
