//! The file of a history: records are appended, and cut out of it again when nobody needs them.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use abide_protocol::LineNo;
use abide_screen::{Sealed, Stored, Usage};
use rustix::fs::{FallocateFlags, SeekFrom, fallocate};
use rustix::io::Errno;

use super::record::{self, Entry, FileError, Filled, HEAD, Head, PAGE};

/// An open file, shared by all blocks that are in it.
pub(crate) struct HistoryFile {
    shared: Arc<Shared>,
    /// Where the next record goes if it fits nowhere else.
    end: u64,
    /// Space of records that nobody needs, where the file system cannot have it back: where, and how
    /// many bytes, by place.
    free: Vec<(u64, u64)>,
}

struct Shared {
    file: File,
    /// Records that nobody needs any more: where, and how many bytes.
    dead: Mutex<Vec<(u64, u64)>>,
}

/// A record in the file. Dropped with the last of its blocks.
struct Place {
    shared: Arc<Shared>,
    at: u64,
    bytes: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let dead = self.shared.dead.lock();
        dead.unwrap_or_else(PoisonError::into_inner)
            .push((self.at, self.bytes));
    }
}

/// The bytes of one block.
struct Bytes {
    place: Arc<Place>,
    at: u64,
    length: u32,
    checksum: u64,
}

impl Stored for Bytes {
    fn read(&self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; self.length as usize];
        let at = self.place.at + self.at;
        self.place.shared.file.read_exact_at(&mut bytes, at).ok()?;
        (record::checksum(&bytes) == self.checksum).then_some(bytes)
    }

    fn bytes(&self) -> u64 {
        self.length.into()
    }
}

impl HistoryFile {
    /// Makes the file anew, for its owner only.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all_at(&record::first_page(), 0)?;
        Ok(Self {
            shared: Arc::new(Shared {
                file,
                dead: Mutex::default(),
            }),
            end: PAGE,
            free: Vec::new(),
        })
    }

    /// Writes a record of these blocks, whose bytes are in the file from then on. On failure nobody
    /// finds anything of it.
    pub(crate) fn append(&mut self, blocks: &[Filled]) -> io::Result<()> {
        if blocks.is_empty() {
            return Ok(());
        }
        let (bytes, entries) = record::encode(blocks);
        let at = self.write(&bytes)?;
        let place = Arc::new(Place {
            shared: Arc::clone(&self.shared),
            at,
            bytes: bytes.len() as u64,
        });
        for ((block, _), entry) in blocks.iter().zip(entries) {
            block.move_to(stored(&place, entry));
        }
        Ok(())
    }

    /// Writes a record where there is room, else at the end; answers where.
    fn write(&mut self, record: &[u8]) -> io::Result<u64> {
        let length = record.len() as u64;
        let file = &self.shared.file;
        let fits = self.free.iter().position(|(_, room)| *room >= length);
        if let Some((index, (at, room))) = fits.and_then(|at| Some((at, *self.free.get(at)?))) {
            if let Err(error) = file.write_all_at(record, at) {
                let _ = file.write_all_at(&[0; HEAD], at);
                return Err(error);
            }
            let rest = (room > length).then_some((at + length, room - length));
            self.free.splice(index..=index, rest);
            return Ok(at);
        }
        let at = self.end;
        if let Err(error) = file.write_all_at(record, at) {
            let _ = file.set_len(at);
            return Err(error);
        }
        self.end += length;
        Ok(at)
    }

    /// Gives the space of records that nobody needs back to the disk; where the file system has no
    /// holes, to later records.
    pub(crate) fn cut_dead(&mut self) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let take = || {
            let mut dead = shared.dead.lock().unwrap_or_else(PoisonError::into_inner);
            dead.pop()
        };
        while let Some((at, bytes)) = take() {
            let how = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            match fallocate(&self.shared.file, how, at, bytes) {
                Err(Errno::OPNOTSUPP) => self.reuse(at, bytes)?,
                other => other?,
            }
        }
        Ok(())
    }

    /// Lets later records have this space. What is left of the old one is none any more.
    fn reuse(&mut self, at: u64, bytes: u64) -> io::Result<()> {
        self.shared.file.write_all_at(&[0; HEAD], at)?;
        let index = self.free.partition_point(|(other, _)| *other < at);
        self.free.insert(index, (at, bytes));
        self.free.dedup_by(|next, before| {
            let one = before.0 + before.1 == next.0;
            before.1 += if one { next.1 } else { 0 };
            one
        });
        Ok(())
    }

    /// Waits until everything is on the disk. Whoever wrote over the file's beginning does not take
    /// the rest with it.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.shared.file.write_all_at(&record::first_page(), 0)?;
        self.shared.file.sync_all()
    }

    /// The blocks in a file; their bytes are read when they are needed. Of a last record that was not
    /// written whole, those blocks are left out whose bytes are not there.
    pub(crate) fn read(path: &Path, usage: &Arc<Usage>) -> Result<Vec<Arc<Sealed>>, FileError> {
        let file = File::open(path)?;
        let mut page = vec![0; PAGE as usize];
        match file.read_exact_at(&mut page, 0) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(FileError::Foreign);
            }
            other => other?,
        }
        record::check_first_page(&page)?;
        let length = file.metadata()?.len();
        let shared = Arc::new(Shared {
            file,
            dead: Mutex::default(),
        });
        let mut blocks: Vec<Arc<Sealed>> = Vec::new();
        let mut at = PAGE;
        while at < length {
            let Some((bytes, entries)) = shared.record(at, length) else {
                at = shared.next_data(at);
                continue;
            };
            let place = Arc::new(Place {
                shared: Arc::clone(&shared),
                at,
                bytes,
            });
            at += bytes;
            for entry in entries {
                let bytes = stored(&place, entry);
                // Torn if it cannot be read: it was being written when everything stopped.
                if at < length || bytes.read().is_some() {
                    let start = LineNo(entry.start);
                    let block = Sealed::stored(start, entry.rows.into(), bytes, usage);
                    blocks.push(Arc::new(block));
                }
            }
        }
        Ok(blocks)
    }
}

fn stored(place: &Arc<Place>, entry: Entry) -> Arc<dyn Stored> {
    Arc::new(Bytes {
        place: Arc::clone(place),
        at: entry.at,
        length: entry.bytes,
        checksum: entry.checksum,
    })
}

impl Shared {
    /// The record at `at`: its bytes, which need not all be there, and its blocks. `None` if there is
    /// none, or it does not say which blocks it has.
    fn record(&self, at: u64, length: u64) -> Option<(u64, Vec<Entry>)> {
        let mut head = [0; HEAD];
        self.file.read_exact_at(&mut head, at).ok()?;
        let head = Head::read(&head)?;
        let after = at + HEAD as u64;
        if head.entry_bytes() as u64 > length.saturating_sub(after) {
            return None;
        }
        let mut entries = vec![0; head.entry_bytes()];
        self.file.read_exact_at(&mut entries, after).ok()?;
        head.entries(&entries).map(|entries| (head.bytes, entries))
    }

    /// The next page that may hold something, after the one at `at` that is no record.
    fn next_data(&self, at: u64) -> u64 {
        let next = at + PAGE;
        match rustix::fs::seek(&self.file, SeekFrom::Data(at)) {
            Ok(data) => (data - data % PAGE).max(next),
            Err(Errno::NXIO) => u64::MAX,
            Err(_) => next,
        }
    }
}
