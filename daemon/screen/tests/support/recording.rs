//! Recordings of real programs (`make recordings`): what they wrote, and their terminal's sizes.

use std::path::PathBuf;

use abide_protocol::Size;

/// Kind, time and length of a record.
const HEAD: usize = 13;

pub(crate) enum Record {
    Output(Vec<u8>),
    Size(Size),
}

pub(crate) struct Recording {
    pub name: String,
    pub records: Vec<Record>,
}

impl Recording {
    /// The terminal's size at the start.
    pub(crate) fn size(&self) -> Size {
        match self.records.first() {
            Some(Record::Size(size)) => *size,
            _ => panic!("{} begins without a size", self.name),
        }
    }
}

pub(crate) fn directory() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/recordings"
    ))
}

/// All of them, by name.
pub(crate) fn all() -> Vec<Recording> {
    let entries = std::fs::read_dir(directory()).expect("recordings");
    let paths = entries.map(|entry| entry.expect("entry").path());
    let mut found: Vec<Recording> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "rec"))
        .map(|path| Recording {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            records: records(&std::fs::read(&path).unwrap()),
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!found.is_empty());
    found
}

fn records(mut bytes: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    while let Some((head, rest)) = bytes.split_at_checked(HEAD) {
        let length = u32::from_le_bytes([head[9], head[10], head[11], head[12]]) as usize;
        let (body, rest) = rest.split_at(length);
        bytes = rest;
        records.push(match head[0] {
            b'r' => {
                let side = |at: usize| u16::from_le_bytes([body[at], body[at + 1]]);
                Record::Size(Size::clamped(side(0), side(2)))
            }
            _ => Record::Output(body.to_vec()),
        });
    }
    records
}
