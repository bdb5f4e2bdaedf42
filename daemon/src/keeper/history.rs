//! The history that has left the screen's hands: compressed on a thread of its own, and what
//! memory has no room for in one file of the session.

mod file;
mod packer;
mod record;
#[cfg(test)]
mod tests;

pub(crate) use file::HistoryFile;
pub(crate) use packer::{Bounds, Packer};
pub(crate) use record::FileError;

/// Bytes of history in memory, unless the session was made with another bound.
pub(crate) const MEMORY: u64 = 32 << 20;
/// Bytes of stored history that are looked at, and no more than a block beyond, whenever somebody
/// asks how a session is: about a millisecond's work. Further questions go on with the rest.
pub(crate) const LOOK: u64 = 1 << 20;
/// Bytes of history on the disk, unless the session was made with another bound.
pub(crate) const DISK: u64 = 1 << 30;
