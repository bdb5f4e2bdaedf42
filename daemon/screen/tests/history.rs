//! History as blocks that are packed, stored and read elsewhere while the program goes on.

#![allow(clippy::expect_used, reason = "helpers of tests")]

mod support;

use std::sync::Arc;

use abide_protocol::{Book, LineNo, Row, Size};
use abide_screen::{Codec, Screen, Sealed, Stored};
use proptest::prelude::*;
use support::{feed, with_history};

/// A store in memory.
struct Kept(Vec<u8>);

impl Stored for Kept {
    fn read(&self) -> Option<Vec<u8>> {
        Some(self.0.clone())
    }

    fn bytes(&self) -> u64 {
        self.0.len() as u64
    }
}

/// A store that has lost everything.
struct Lost;

impl Stored for Lost {
    fn read(&self) -> Option<Vec<u8>> {
        None
    }

    fn bytes(&self) -> u64 {
        1
    }
}

fn pack(blocks: &[Arc<Sealed>]) {
    let mut codec = Codec::default();
    for block in blocks {
        block.pack(&mut codec);
    }
}

fn store(blocks: &[Arc<Sealed>]) {
    for block in blocks {
        let packed = block.packed().expect("packed");
        block.move_to(Arc::new(Kept(packed.to_vec())));
    }
}

/// Rows of every kind: plain, styled, wrapped, with links, clusters, wide cells and marks.
fn varied(from: usize, to: usize) -> String {
    (from..to)
        .map(|n| match n % 8 {
            0 => format!("plain {n}\r\n"),
            1 => format!("\x1b[1;38;2;{};7;9mbold {n}\x1b[m plain\r\n", n % 256),
            2 => format!("\x1b]8;id={n};https://example.org/{n}\x1b\\link\x1b]8;;\x1b\\ {n}\r\n"),
            3 => format!("日本語 {n} e\u{301} \u{1f469}\u{200d}\u{1f4bb}\r\n"),
            4 => format!("\x1b]133;A\x1b\\$ \x1b]133;B\x1b\\command {n}\r\n"),
            5 => format!("{}\r\n", format!("wraps {n} ").repeat(12)),
            6 => "\r\n".into(),
            _ => format!("\x1b[4:3;58:5:{}mcurly\x1b[m {n}\r\n", n % 256),
        })
        .collect()
}

fn all(screen: &Screen) -> (LineNo, Vec<Arc<Row>>) {
    screen.rows(Book::Main, LineNo(0), u64::MAX)
}

#[test]
fn packed_and_stored_blocks_have_the_same_rows() {
    let mut screen = with_history(40, 10, 32 << 20);
    feed(&mut screen, varied(0, 20_000).as_bytes());
    let before = all(&screen);
    let plain = screen.history_bytes();
    let blocks = screen.take_sealed();
    assert!(blocks.len() > 5 && screen.take_sealed().is_empty());
    pack(&blocks);
    assert_eq!(all(&screen), before);
    assert!(
        screen.history_bytes() * 2 < plain,
        "{} {plain}",
        screen.history_bytes()
    );
    let packed = screen.history_bytes();
    screen.usage().set_room(1 << 30);
    store(&blocks);
    assert_eq!(all(&screen), before);
    assert!(screen.history_bytes() < packed);
    let stored = screen.usage().stored();
    assert!(stored > 0 && screen.check().is_ok());
    drop(blocks);
    screen.clear_history();
    assert_eq!((screen.usage().stored(), screen.usage().memory()), (0, 0));
}

#[test]
fn a_reader_stays_as_it_was_made() {
    let mut screen = with_history(40, 10, 32 << 20);
    feed(&mut screen, varied(0, 5_000).as_bytes());
    let (snapshot, reader) = (screen.snapshot(), screen.reader());
    let (first, mut rows) = all(&screen);
    rows.extend(snapshot.rows.iter().cloned());
    assert_eq!((reader.first(), reader.top()), (first, snapshot.top));
    assert_eq!(reader.end(), LineNo(rows.len() as u64));
    pack(&screen.take_sealed());
    feed(&mut screen, b"\x1b[2J\x1b[3J\x1b[?1049h");
    feed(&mut screen, varied(5_000, 20_000).as_bytes());
    screen.resize(Size::clamped(25, 30));
    screen.clear_history();
    let other = std::thread::spawn(move || reader.rows(LineNo(0), u64::MAX).1);
    assert_eq!(other.join().expect("read"), rows);
}

#[test]
fn a_reader_has_the_main_screen_below_the_alternate_one() {
    let mut screen = with_history(20, 3, 1 << 20);
    feed(&mut screen, b"one\r\ntwo\r\nthree\r\nfour\x1b[?1049hpager");
    let reader = screen.reader();
    let texts = |from, count| -> Vec<String> {
        let (_, rows) = reader.rows(LineNo(from), count);
        rows.iter().map(|row| row.text().to_owned()).collect()
    };
    assert_eq!(texts(0, 9), ["one", "two", "three", "four"]);
    assert_eq!(texts(1, 2), ["two", "three"]);
    assert_eq!(texts(3, 1), ["four"]);
    assert_eq!(texts(4, 1), [""; 0]);
    // During a synchronized update the state before it is presented.
    feed(&mut screen, b"\x1b[?1049l");
    let mut bytes: &[u8] = b"\x1b[?2026h\r\nfive\r\nsix";
    while !bytes.is_empty() {
        bytes = &bytes[screen.feed(bytes)..];
    }
    let (_, rows) = screen.reader().rows(LineNo(0), 9);
    let texts: Vec<_> = rows.iter().map(|row| row.text()).collect();
    assert_eq!(texts, ["one", "two", "three", "four"]);
}

#[test]
fn rows_that_cannot_be_read_are_blank_and_keep_the_numbers() {
    let mut screen = with_history(40, 10, 32 << 20);
    feed(&mut screen, varied(0, 20_000).as_bytes());
    let (first, before) = all(&screen);
    let blocks = screen.take_sealed();
    blocks[1].move_to(Arc::new(Lost));
    blocks[2].move_to(Arc::new(Kept(b"no block".to_vec())));
    let (after_first, after) = all(&screen);
    assert_eq!((after_first, after.len()), (first, before.len()));
    let lost = blocks[1].start().0 as usize..blocks[3].start().0 as usize;
    for (number, (before, after)) in before.iter().zip(&after).enumerate() {
        if lost.contains(&number) {
            assert_eq!(after.text(), "");
        } else {
            assert_eq!(before, after);
        }
    }
}

#[test]
fn what_is_stored_counts_against_its_own_bound() {
    let budget = 256 << 10;
    let room = 64 << 10;
    let mut screen = with_history(40, 10, budget);
    screen.usage().set_room(room);
    let mut most = (0, 0);
    for n in 0..200 {
        feed(&mut screen, varied(n * 500, (n + 1) * 500).as_bytes());
        let blocks = screen.take_sealed();
        pack(&blocks);
        store(&blocks);
        assert_eq!(screen.check(), Ok(()));
        most = (
            most.0.max(screen.history_bytes()),
            most.1.max(screen.usage().stored()),
        );
    }
    assert!(
        screen.first(Book::Main) > LineNo(0),
        "the oldest rows are gone"
    );
    assert!(most.1 > room / 2 && most.1 <= room + (64 << 10), "{most:?}");
    assert!(most.0 <= budget + (128 << 10), "{most:?}");
    let (first, rows) = all(&screen);
    assert_eq!(first.plus(rows.len() as u64), screen.top(Book::Main));
}

#[test]
fn bytes_that_are_no_block_are_refused() {
    let mut screen = with_history(40, 10, 32 << 20);
    feed(&mut screen, varied(0, 5_000).as_bytes());
    let blocks = screen.take_sealed();
    pack(&blocks);
    let block = &blocks[0];
    let packed = block.packed().expect("packed");
    assert!(Sealed::check_packed(&packed, block.row_count()).is_ok());
    assert!(Sealed::check_packed(&packed, block.row_count() + 1).is_err());
    for cut in [0, 1, 10, packed.len() - 1] {
        assert!(Sealed::check_packed(&packed[..cut], block.row_count()).is_err());
    }
}

proptest! {
    #[test]
    fn garbage_is_read_as_some_block_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Sealed::check_packed(&bytes, 3);
    }
}
