//! What is left of a session: its info, last snapshot and history, in a directory named after it.
//!
//! The directory is made with the session, for the history that memory has no room for. The info is
//! written last and gets its name when everything is on the disk, so that a record is whole or
//! absent. Files are 0600: the keeper's umask and [`OpenOptions`] see to it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use abide_protocol::message::SessionInfo;
use abide_protocol::{Book, LineNo, Revision, Row, Size, Snapshot, record};
use abide_screen::{Reader, Sealed};

use super::history::{FileError, HistoryFile};

const INFO: &str = "info";
const UNFINISHED: &str = "info.part";
const SNAPSHOT: &str = "snapshot";
/// The main screen, if the last snapshot is one of the alternate screen.
const MAIN: &str = "main";
const HISTORY: &str = "history";
/// Bytes of one encoded chunk of an old history at most; a larger one is no file of ours.
const CHUNK_BYTES: u32 = 1 << 30;

/// An ended session.
pub struct Ended {
    pub info: SessionInfo,
    pub snapshot: Snapshot,
    /// The rows above the last screen, and those on it; or in a line why they cannot be read.
    pub rows: Result<Reader, String>,
}

/// Where the keeper of a session that lives will write its record.
pub(crate) struct Place {
    dir: PathBuf,
    /// The directory of all records, open since before the keeper gave it up.
    all: File,
}

impl Place {
    /// Makes the directory `dir`, for its owner only.
    pub(crate) fn make(dir: PathBuf) -> io::Result<Self> {
        let all = File::open(dir.parent().unwrap_or(&dir))?;
        fs::DirBuilder::new().mode(0o700).create(&dir)?;
        Ok(Self { dir, all })
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where history goes that memory has no room for. It is still there when the keeper was killed,
    /// and part of the record when the session ended.
    pub(crate) fn history(&self) -> PathBuf {
        self.dir.join(HISTORY)
    }

    /// Writes all of the record but its history, which may fill the disk. It is none before
    /// [`Self::finish`].
    pub(crate) fn write(
        &self,
        info: &SessionInfo,
        snapshot: &Snapshot,
        main: Option<&Snapshot>,
    ) -> io::Result<()> {
        self.file(SNAPSHOT, &record::encode_snapshot(snapshot))?;
        if let Some(main) = main {
            self.file(MAIN, &record::encode_snapshot(main))?;
        }
        self.file(UNFINISHED, &record::encode_info(info))
    }

    /// Makes what was written a record. Its history is in its place already if there is one.
    pub(crate) fn finish(&self) -> io::Result<()> {
        if !self.history().exists() {
            HistoryFile::create(&self.history())?.sync()?;
        }
        fs::rename(self.dir.join(UNFINISHED), self.dir.join(INFO))?;
        File::open(&self.dir)?.sync_all()?;
        self.all.sync_all()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(self.dir.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Only if the session never began: nothing is in it then.
        let _ = fs::remove_dir(&self.dir);
    }
}

/// Where builds before 0.2 put the history that memory had no room for.
fn history_beside(dir: &Path) -> PathBuf {
    dir.with_extension(HISTORY)
}

/// Reads the record in the directory `dir`. History is read when it is asked for.
pub fn read(dir: &Path) -> io::Result<Ended> {
    let info = read_info(dir)?;
    let snapshot = read_snapshot(&dir.join(SNAPSHOT))?;
    let main = match snapshot.book {
        Book::Main => Some(snapshot.clone()),
        // Records of earlier builds do not have it.
        Book::Alternate => read_snapshot(&dir.join(MAIN)).ok(),
    };
    // Builds that do not tell what is lost dropped rows after they had written the snapshot.
    let tells = info.history_lost.is_some();
    let path = dir.join(HISTORY);
    let rows = match HistoryFile::read(&path, &Arc::default()) {
        Ok(blocks) => Ok(rows_of(blocks, snapshot.book, main, tells)),
        Err(FileError::Foreign) => read_old_history(&path)
            .map(|rows| old_rows(rows, &snapshot))
            .map_err(|_| unreadable(&path, &FileError::Foreign)),
        Err(error) => Err(unreadable(&path, &error)),
    };
    Ok(Ended {
        info,
        snapshot,
        rows,
    })
}

/// Deletes the record, or what a keeper that was killed has left.
pub fn delete(dir: &Path) -> io::Result<()> {
    let beside = fs::remove_file(history_beside(dir));
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => beside,
        other => other,
    }
}

/// What a keeper that was killed has left of a session: the history that it had written down.
pub fn read_lost(dir: &Path, info: SessionInfo) -> io::Result<Ended> {
    let path = [dir.join(HISTORY), history_beside(dir)];
    let path = path.into_iter().find(|path| path.exists());
    let path = path.ok_or(io::ErrorKind::NotFound)?;
    let blocks = HistoryFile::read(&path, &Arc::default())
        .map_err(|error| io::Error::other(unreadable(&path, &error)))?;
    let end = blocks
        .iter()
        .map(|block| block.end())
        .max()
        .unwrap_or_default();
    let rows = Reader::of(blocks, (end, Vec::new()), None, LineNo(0), end);
    Ok(Ended {
        snapshot: last_rows(&rows, info.size),
        info,
        rows: Ok(rows),
    })
}

/// A screen that shows the newest rows of a history.
fn last_rows(history: &Reader, size: Size) -> Snapshot {
    let height = usize::from(size.rows());
    let end = history.end();
    let from = LineNo(end.0.saturating_sub(height as u64));
    let (from, newest) = history.rows(from, height as u64);
    // Rows keep the width at which they left the screen, which may have been wider.
    let fits = |row: Arc<Row>| {
        let fits = row.cells() <= size.cols();
        if fits { row } else { Row::blank() }
    };
    let mut rows: Vec<_> = newest.into_iter().map(fits).collect();
    rows.resize_with(height, Row::blank);
    Snapshot {
        revision: Revision {
            incarnation: 0,
            counter: 0,
        },
        size,
        book: Book::Main,
        rows,
        cursor: abide_protocol::Cursor::default(),
        modes: abide_protocol::Modes::default(),
        title: "".into(),
        directory: "".into(),
        progress: abide_protocol::Progress::None,
        palette: Arc::default(),
        top: from,
        sealed: from,
        first: history.first().min(from),
        floor: history.first().min(from),
    }
}

fn unreadable(path: &Path, error: &FileError) -> String {
    format!("the history in {} cannot be read: {error}", path.display())
}

/// History and the main screen, all of which is history where the last screen is the alternate one.
/// `tells`: the snapshot knows where the history begins that was kept.
fn rows_of(blocks: Vec<Arc<Sealed>>, last: Book, main: Option<Snapshot>, tells: bool) -> Reader {
    let Some(mut main) = main else {
        let end = blocks.iter().map(|block| block.end()).max();
        let end = end.unwrap_or_default();
        return Reader::of(blocks, (end, Vec::new()), None, LineNo(0), end);
    };
    let top = match last {
        Book::Main => main.top,
        Book::Alternate => {
            let used = main.rows.iter().rposition(|row| row.is_used());
            main.rows.truncate(used.map_or(0, |last| last + 1));
            main.top.plus(main.rows.len() as u64)
        }
    };
    let first = tells.then_some(main.first);
    Reader::of(blocks, (main.top, main.rows), first, main.floor, top)
}

fn read_snapshot(path: &Path) -> io::Result<Snapshot> {
    record::decode_snapshot(&fs::read(path)?).map_err(invalid)
}

/// The same of a record whose history is encoded rows. It ends right above the last screen.
fn old_rows(mut rows: Vec<Arc<Row>>, snapshot: &Snapshot) -> Reader {
    let first = LineNo(snapshot.top.0.saturating_sub(rows.len() as u64));
    let top = first.plus(rows.len() as u64);
    if snapshot.book == Book::Main {
        rows.extend(snapshot.rows.iter().cloned());
    }
    Reader::of(Vec::new(), (first, rows), None, snapshot.floor, top)
}

/// What builds before 0.2 wrote: chunks of encoded rows, each behind its length.
fn read_old_history(path: &Path) -> io::Result<Vec<Arc<Row>>> {
    let mut history = Vec::new();
    let mut file = io::BufReader::new(File::open(path)?);
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
    Ok(history)
}

/// Reads only what lists show.
pub fn read_info(dir: &Path) -> io::Result<SessionInfo> {
    record::decode_info(&fs::read(dir.join(INFO))?).map_err(invalid)
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
