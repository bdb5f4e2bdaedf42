//! The file of a history, damaged in any way: it is refused, or what is read of it is legal.

#[path = "../../src/keeper/history/file.rs"]
#[allow(dead_code, reason = "only reading is fuzzed")]
mod file;
#[path = "../../src/keeper/history/record.rs"]
#[allow(dead_code, reason = "only reading is fuzzed")]
mod record;

use std::path::PathBuf;
use std::sync::Arc;

use abide_protocol::message::TerminalLook;
use abide_protocol::{LineNo, Size};
use abide_screen::{Codec, Options, Reader, Screen, Sealed, Usage};
use file::HistoryFile;

/// Rows of a request.
const ROWS: u64 = 2000;
/// Bytes of an input that are looked at, and to which a shorter one is repeated.
const MOST: usize = 1 << 14;
const REPEATED: usize = 1 << 13;
/// Lines that follow, so that blocks are full and sealed.
const FILLING: usize = 4500;

/// A first byte of 0: the rest is the file. Else a file is made of a screen that the rest was fed
/// to, again and again, and damaged: the first bytes say how many places, then each three a place
/// and what is put there.
pub(crate) fn read(input: &[u8]) {
    let Some((first, rest)) = input.split_first() else {
        return;
    };
    let path = path();
    if *first == 0 {
        let _ = std::fs::write(&path, rest);
    } else {
        let (damage, stream) = rest.split_at(rest.len().min(3 * usize::from(first % 8)));
        let bytes = damaged(&path, stream.get(..MOST).unwrap_or(stream), damage);
        let _ = std::fs::write(&path, bytes);
    }
    let usage = Arc::<Usage>::default();
    if let Ok(blocks) = HistoryFile::read(&path, &usage) {
        look(&blocks);
    }
    let _ = std::fs::remove_file(&path);
}

fn path() -> PathBuf {
    let shared = PathBuf::from("/dev/shm");
    let folder = if shared.is_dir() {
        shared
    } else {
        std::env::temp_dir()
    };
    folder.join(format!("abide-fuzz-{}", std::process::id()))
}

/// A file with a record of blocks, then damaged. The checksums of the heads are made right again.
fn damaged(path: &std::path::Path, stream: &[u8], damage: &[u8]) -> Vec<u8> {
    let mut screen = Screen::new(Options {
        size: Size::clamped(20, 2),
        look: TerminalLook::default(),
        incarnation: 7,
        version: "abide fuzz",
        history_bytes: 4 << 20,
        allow_checksum: false,
    });
    // What the stream has set must not keep the lines after it from scrolling.
    let mut text = stream.repeat(REPEATED / stream.len().max(1) + 1);
    text.extend(b"\x18\x1b[!p\x1b[?1049l\x1b[?2026l\x1b[999;1H");
    text.extend(b"a row of history \xe6\x97\xa5\r\n".repeat(FILLING));
    let mut rest = &*text;
    while !rest.is_empty() {
        rest = &rest[screen.feed(rest)..];
    }
    let mut codec = Codec::default();
    let blocks = screen.take_sealed();
    for block in &blocks {
        block.pack(&mut codec);
    }
    let packed = |block: &Arc<Sealed>| Some((Arc::clone(block), block.packed()?));
    let filled: Vec<_> = blocks.iter().filter_map(packed).collect();
    if let Ok(mut file) = HistoryFile::create(path) {
        let _ = file.append(&filled);
    }
    let mut bytes = std::fs::read(path).unwrap_or_default();
    if bytes.is_empty() {
        return bytes;
    }
    let first = record::PAGE as usize;
    for damage in damage.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([damage[0], damage[1]])) % bytes.len();
        bytes[place] = damage[2];
    }
    let entries = record::HEAD..record::HEAD + filled.len() * 24;
    if let Some(record) = bytes.get_mut(first..)
        && let Some(sum) = record.get(entries).map(record::checksum)
        && let Some(place) = record.get_mut(16..24)
    {
        place.copy_from_slice(&sum.to_le_bytes());
    }
    bytes
}

/// Reads rows as a viewer and a search do.
fn look(blocks: &[Arc<Sealed>]) {
    let end = blocks.last().map_or(LineNo(0), |last| last.end());
    for first in [None, Some(LineNo(0))] {
        let reader = Reader::of(blocks.to_vec(), (end, Vec::new()), first, LineNo(0), end);
        for from in [
            0,
            reader.first().0,
            reader.top().0.saturating_sub(ROWS / 2),
            u64::MAX,
        ] {
            let (from, rows) = reader.rows(LineNo(from), ROWS);
            let lost = reader.lost(from, from.plus(ROWS));
            assert!(lost.rows <= rows.len() as u64);
            for row in rows {
                assert_eq!(row.check(), Ok(()));
            }
        }
    }
}
