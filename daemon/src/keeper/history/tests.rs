//! The file, cut anywhere.

use std::path::Path;
use std::sync::Arc;

use abide_protocol::Size;
use abide_protocol::message::TerminalLook;
use abide_screen::{Codec, Options, Screen, Sealed};

use super::HistoryFile;
use super::record::{self, PAGE};

/// A file with two records, and how many of its bytes each block needs.
fn written(path: &Path) -> Vec<u64> {
    let mut screen = Screen::new(Options {
        size: Size::clamped(80, 2),
        look: TerminalLook::default(),
        incarnation: 1,
        version: "",
        history_bytes: 32 << 20,
        allow_checksum: false,
    });
    for n in 0..40_000_u32 {
        let row = format!("{n} {:x}\r\n", record::checksum(&n.to_le_bytes()));
        let mut rest = row.as_bytes();
        while !rest.is_empty() {
            rest = &rest[screen.feed(rest)..];
        }
    }
    let blocks = screen.take_sealed();
    let mut codec = Codec::default();
    for block in &blocks {
        block.pack(&mut codec);
    }
    let packed = |block: &Arc<Sealed>| Some((Arc::clone(block), block.packed()?));
    let filled: Vec<_> = blocks.iter().filter_map(packed).collect();
    assert!(filled.len() >= 8, "{}", filled.len());
    let mut file = HistoryFile::create(path).unwrap();
    let (mut needs, mut at) = (Vec::new(), PAGE);
    for part in filled.chunks(filled.len().div_ceil(2)) {
        let (bytes, entries) = record::encode(part);
        let ends = entries.into_iter();
        needs.extend(ends.map(|entry| at + entry.at + u64::from(entry.bytes)));
        file.append(part).unwrap();
        at += bytes.len() as u64;
    }
    needs
}

/// Wherever the file is cut, every block is there whose bytes are.
#[test]
fn a_torn_file_loses_what_was_torn_off() {
    let path = std::env::temp_dir().join(format!("abide-torn-{}", std::process::id()));
    let needs = written(&path);
    let whole = std::fs::read(&path).unwrap();
    let edges = needs.iter().flat_map(|at| [at - 1, *at, at + 1]);
    let even = (0..200).map(|n| PAGE + n * (whole.len() as u64 - PAGE) / 199);
    for length in edges.chain(even) {
        std::fs::write(&path, &whole[..length as usize]).unwrap();
        let blocks = HistoryFile::read(&path, &Arc::default()).unwrap();
        let there = needs.iter().filter(|needed| **needed <= length).count();
        assert_eq!(blocks.len(), there, "{length} of {}", whole.len());
    }
    std::fs::remove_file(&path).unwrap();
}
