//! What a program wrote and which sizes it was given, in order.
//!
//! A file of records: kind (`o` output, `r` resize), microseconds since the start (u64), length
//! (u32), body; numbers are little endian. A resize's body is columns and rows as u16.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Instant;

const HEAD: usize = 13;

/// Writes a recording.
pub struct Recorder<W> {
    to: W,
    start: Instant,
}

impl<W: Write> Recorder<W> {
    pub fn new(to: W) -> Self {
        Self {
            to,
            start: Instant::now(),
        }
    }

    pub fn output(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.record(b'o', bytes)
    }

    pub fn size(&mut self, columns: u16, rows: u16) -> io::Result<()> {
        let [a, b] = columns.to_le_bytes();
        let [c, d] = rows.to_le_bytes();
        self.record(b'r', &[a, b, c, d])
    }

    fn record(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        let at = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX);
        let length = u32::try_from(body.len()).map_err(io::Error::other)?;
        let mut record = Vec::with_capacity(HEAD + body.len());
        record.push(kind);
        record.extend_from_slice(&at.to_le_bytes());
        record.extend_from_slice(&length.to_le_bytes());
        record.extend_from_slice(body);
        self.to.write_all(&record)
    }
}

/// One record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    Output(Vec<u8>),
    Size { columns: u16, rows: u16 },
}

/// Reads a recording while it is being written.
pub struct Tail {
    file: std::fs::File,
    pending: Vec<u8>,
}

impl Tail {
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = std::fs::File::open(path)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Self {
            file,
            pending: Vec::new(),
        })
    }

    /// The whole records that have been written since the last call.
    pub fn read(&mut self) -> io::Result<Vec<Record>> {
        self.file.read_to_end(&mut self.pending)?;
        let mut records = Vec::new();
        let mut rest = &self.pending[..];
        while let Some((record, after)) = next(rest) {
            records.push(record);
            rest = after;
        }
        let used = self.pending.len() - rest.len();
        self.pending.drain(..used);
        Ok(records)
    }
}

fn next(bytes: &[u8]) -> Option<(Record, &[u8])> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let length = u32::from_le_bytes(head[9..13].try_into().ok()?) as usize;
    let (body, rest) = rest.split_at_checked(length)?;
    let record = match head[0] {
        b'r' => Record::Size {
            columns: u16::from_le_bytes([body[0], body[1]]),
            rows: u16::from_le_bytes([body[2], body[3]]),
        },
        _ => Record::Output(body.to_vec()),
    };
    Some((record, rest))
}
