//! What is left of a session: its info, last snapshot and history, in a directory named after it.
//!
//! Written beside its final place and renamed when everything is on the disk, so that a record is
//! whole or absent. Files are 0600: the keeper's umask and [`OpenOptions`] see to it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use abide_protocol::message::SessionInfo;
use abide_protocol::{Row, Snapshot, record};

const INFO: &str = "info";
const SNAPSHOT: &str = "snapshot";
const HISTORY: &str = "history";
/// Rows of history that are encoded at once, which bounds the memory that writing takes.
pub(crate) const CHUNK: u64 = 1000;
/// Bytes of one encoded chunk at most; a larger one is no file of ours.
const CHUNK_BYTES: u32 = 1 << 30;

/// An ended session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    pub info: SessionInfo,
    pub snapshot: Snapshot,
    /// Rows above the last screen, oldest first.
    pub history: Vec<Arc<Row>>,
}

/// Writes a record to the directory `dir`, which must not exist.
pub fn write(dir: &Path, ended: &Ended) -> io::Result<()> {
    let mut chunks = ended.history.chunks(CHUNK as usize).map(<[_]>::to_vec);
    write_chunks(dir, &ended.info, &ended.snapshot, || chunks.next())
}

/// As [`write`], with the history in pieces: `next` gives them until there are no more.
pub(crate) fn write_chunks(
    dir: &Path,
    info: &SessionInfo,
    snapshot: &Snapshot,
    mut next: impl FnMut() -> Option<Vec<Arc<Row>>>,
) -> io::Result<()> {
    let unfinished = Unfinished::create(dir)?;
    unfinished.file(INFO, |file| file.write_all(&record::encode_info(info)))?;
    unfinished.file(SNAPSHOT, |file| {
        file.write_all(&record::encode_snapshot(snapshot))
    })?;
    unfinished.file(HISTORY, |file| {
        while let Some(rows) = next() {
            let chunk = record::encode_rows(&rows);
            let length = u32::try_from(chunk.len()).map_err(io::Error::other)?;
            file.write_all(&length.to_le_bytes())?;
            file.write_all(&chunk)?;
        }
        Ok(())
    })?;
    unfinished.finish(dir)
}

/// Reads the record in the directory `dir`.
pub fn read(dir: &Path) -> io::Result<Ended> {
    let mut history = Vec::new();
    let mut file = io::BufReader::new(File::open(dir.join(HISTORY))?);
    let mut length = [0; 4];
    while read_length(&mut file, &mut length)? {
        let length = u32::from_le_bytes(length);
        if length > CHUNK_BYTES {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        }
        let mut chunk = Vec::new();
        (&mut file).take(length.into()).read_to_end(&mut chunk)?;
        history.extend(record::decode_rows(&chunk).map_err(invalid)?);
    }
    let snapshot = fs::read(dir.join(SNAPSHOT))?;
    Ok(Ended {
        info: read_info(dir)?,
        snapshot: record::decode_snapshot(&snapshot).map_err(invalid)?,
        history,
    })
}

/// Reads only what lists show.
pub fn read_info(dir: &Path) -> io::Result<SessionInfo> {
    record::decode_info(&fs::read(dir.join(INFO))?).map_err(invalid)
}

/// A directory that is removed unless it gets its final name.
struct Unfinished(PathBuf);

impl Unfinished {
    fn create(dir: &Path) -> io::Result<Self> {
        let mut name = dir.file_name().unwrap_or_default().to_os_string();
        name.push(".part");
        let path = dir.with_file_name(name);
        let _ = fs::remove_dir_all(&path);
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)?;
        Ok(Self(path))
    }

    fn file(
        &self,
        name: &str,
        fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = self.0.join(name);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        let mut file = BufWriter::new(file);
        fill(&mut file)?;
        file.into_inner()?.sync_all()
    }

    fn finish(self, dir: &Path) -> io::Result<()> {
        File::open(&self.0)?.sync_all()?;
        fs::rename(&self.0, dir)?;
        match dir.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether there is another chunk; a length cut short is an error.
fn read_length(file: &mut impl Read, length: &mut [u8; 4]) -> io::Result<bool> {
    let mut byte = [0; 1];
    if file.read(&mut byte)? == 0 {
        return Ok(false);
    }
    let [first, rest @ ..] = length;
    *first = byte[0];
    file.read_exact(rest)?;
    Ok(true)
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
