//! History as blocks that are packed, stored and read elsewhere while the program goes on.

#![allow(clippy::expect_used, reason = "helpers of tests")]

mod support;

use std::sync::Arc;

use abide_protocol::message::LostRows;
use abide_protocol::{Book, LineNo, Row, Size};
use abide_screen::{Codec, Reader, Screen, Sealed, Stored};
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

/// The first row that is left when rows were added, with or without a reader of those before.
fn first_left(room: u64, read: bool) -> LineNo {
    let mut screen = with_history(80, 24, 1 << 20);
    screen.usage().set_room(room);
    let mut readers = Vec::new();
    for part in 0..20 {
        feed(
            &mut screen,
            varied(part * 2000, (part + 1) * 2000).as_bytes(),
        );
        if room > 0 {
            let blocks = screen.take_sealed();
            pack(&blocks);
            store(&blocks);
        }
        readers.extend(read.then(|| screen.reader()));
    }
    let first = screen.first(Book::Main);
    assert!(first > LineNo(0), "more than is kept");
    first
}

/// Neither a search nor a viewer that reads makes the history shorter.
#[test]
fn who_reads_costs_no_rows() {
    for room in [0, 100 << 10] {
        assert_eq!(first_left(room, true), first_left(room, false), "{room}");
    }
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
    let (from, end) = (blocks[1].start(), blocks[3].start());
    let expected = LostRows::all(from, end);
    assert_eq!(screen.lost(Book::Main, first, u64::MAX), expected);
    assert_eq!(screen.usage().lost(), expected.rows);
    let reader = screen.reader();
    assert_eq!(reader.lost(from.plus(3), from.plus(5)).rows, 2);
    assert_eq!(reader.lost(end, reader.end()).rows, 0);
    let mut seen = 0;
    reader.scan(LineNo(0), &mut |row| {
        assert_eq!(row.number(), LineNo(seen));
        seen += 1;
        true
    });
    assert_eq!(LineNo(seen), reader.end());
    let lost = from.0 as usize..end.0 as usize;
    for (number, (before, after)) in before.iter().zip(&after).enumerate() {
        if lost.contains(&number) {
            assert_eq!(after.text(), "");
        } else {
            assert_eq!(before, after);
        }
    }
}

#[test]
fn what_is_lost_is_no_more_once_it_can_be_read_or_is_dropped() {
    let mut screen = with_history(40, 10, 32 << 20);
    feed(&mut screen, varied(0, 20_000).as_bytes());
    let blocks = screen.take_sealed();
    pack(&blocks);
    let packed = blocks[1].packed().expect("packed");
    blocks[1].move_to(Arc::new(Lost));
    blocks[2].move_to(Arc::new(Lost));
    all(&screen);
    blocks[1].move_to(Arc::new(Kept(packed.to_vec())));
    all(&screen);
    assert_eq!(screen.all_lost().from, blocks[2].start());
    assert_eq!(screen.usage().lost(), blocks[2].row_count());
    drop(blocks);
    screen.clear_history();
    assert_eq!(screen.usage().lost(), 0);
}

/// A row that repeats one that is lost is lost too.
#[test]
fn what_repeats_a_lost_row_is_told() {
    let mut screen = with_history(40, 10, 32 << 20);
    let rows: Vec<_> = (0..12_000)
        .map(|n| format!("a row with number {n}\r\n"))
        .collect();
    let text = rows.concat();
    feed(&mut screen, text.as_bytes());
    feed(&mut screen, b"\x1b[2J\x1b[3J\x1b[H");
    feed(&mut screen, text.as_bytes());
    let (first, before) = all(&screen);
    let blocks = screen.take_sealed();
    blocks[0].move_to(Arc::new(Lost));
    let (_, after) = all(&screen);
    let pairs = before.iter().zip(&after);
    let changed = pairs.filter(|(before, after)| before != after).count() as u64;
    assert!(changed > blocks[0].row_count(), "nothing repeats it");
    assert_eq!(screen.lost(Book::Main, first, u64::MAX).rows, changed);
    assert_eq!(
        screen.reader().lost(LineNo(0), LineNo(u64::MAX)).rows,
        changed
    );
    assert_eq!(screen.all_lost(), LostRows::all(first, blocks[0].end()));
}

/// A look tries so many bytes and no more than a block beyond; the next ones go on, and begin anew.
#[test]
fn looks_find_what_cannot_be_read() {
    let mut screen = with_history(40, 10, 32 << 20);
    let rows: Vec<_> = (0..100_000).map(|n| format!("{n}\r\n")).collect();
    feed(&mut screen, rows.concat().as_bytes());
    let blocks = screen.take_sealed();
    assert!(blocks.len() > 3, "{}", blocks.len());
    pack(&blocks);
    store(&blocks);
    let whole = screen.look_at_history(LineNo(0), u64::MAX);
    assert_eq!((whole, screen.all_lost()), (LineNo(0), LostRows::default()));
    for damaged in &blocks[1..3] {
        damaged.move_to(Arc::new(Lost));
    }
    // One block at a time.
    let mut at = LineNo(0);
    let mut look = || {
        at = screen.look_at_history(at, 1);
        screen.all_lost()
    };
    assert_eq!(look(), LostRows::default());
    let lost = |to: usize| LostRows::all(blocks[1].start(), blocks[to].end());
    assert_eq!((look(), look()), (lost(1), lost(2)));
    for _ in &blocks[3..] {
        assert_eq!(look(), lost(2));
    }
    // Round, and on from the oldest.
    blocks[0].move_to(Arc::new(Lost));
    assert_eq!(look(), LostRows::all(LineNo(0), blocks[2].end()));
}

/// What is left of a history begins where it began, and what is not there is lost.
#[test]
fn rows_that_no_block_has_are_lost() {
    let mut screen = with_history(40, 10, 32 << 20);
    feed(&mut screen, varied(0, 20_000).as_bytes());
    let blocks = screen.take_sealed();
    let end = blocks.last().expect("blocks").end();
    let left = |missing: &[usize], first: Option<LineNo>| {
        let kept = blocks.iter().enumerate();
        let kept = kept.filter(|(index, _)| !missing.contains(index));
        let kept: Vec<_> = kept.map(|(_, block)| Arc::clone(block)).collect();
        let reader = Reader::of(kept, (end, Vec::new()), first, LineNo(0), end);
        (reader.first(), reader.lost(LineNo(0), end), reader)
    };
    let last = blocks.len() - 1;
    let whole = left(&[], Some(LineNo(0)));
    assert_eq!((whole.0, whole.1.rows), (LineNo(0), 0));
    for missing in [vec![0], vec![2], vec![last], vec![0, 2, last]] {
        let (first, lost, reader) = left(&missing, Some(LineNo(0)));
        let rows: u64 = missing.iter().map(|index| blocks[*index].row_count()).sum();
        assert_eq!((first, lost.rows), (LineNo(0), rows), "{missing:?}");
        let (from, read) = reader.rows(LineNo(0), u64::MAX);
        assert_eq!(from.plus(read.len() as u64), end);
        let at = blocks[1].start();
        assert_eq!(reader.rows(at, 9), whole.2.rows(at, 9));
    }
    // What was dropped long ago is not lost.
    let dropped = left(&[0], Some(blocks[1].start()));
    assert_eq!((dropped.0, dropped.1.rows), (blocks[1].start(), 0));
    // Where it began is not known: after the last gap.
    let unknown = left(&[1], None);
    assert_eq!((unknown.0, unknown.1.rows), (blocks[2].start(), 0));
    let torn = left(&[last], None);
    assert_eq!(torn.1, LostRows::all(blocks[last].start(), end));
    // A number that cannot be is no reason to show as many blanks.
    let far = LineNo(1 << 60);
    let reader = Reader::of(
        blocks.clone(),
        (far, Vec::new()),
        Some(LineNo(0)),
        LineNo(0),
        far,
    );
    assert!(far.since(reader.first()) <= 1 << 24);
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

/// A store that takes nothing for a while costs memory, within a bound that follows the budget.
#[test]
fn what_waits_for_a_slow_store_is_bounded() {
    for budget in [256 << 10, 6 << 20] {
        let mut screen = with_history(40, 10, budget);
        screen.usage().set_room(1 << 30);
        let bound = budget + budget.max(4 << 20);
        let mut most = 0;
        let mut n = 0;
        while screen.first(Book::Main) == LineNo(0) {
            feed(&mut screen, varied(n * 500, (n + 1) * 500).as_bytes());
            pack(&screen.take_sealed());
            most = most.max(screen.history_bytes());
            n += 1;
            assert!(n < 20_000, "nothing is dropped");
        }
        assert!(
            most > budget && most <= bound + (256 << 10),
            "{budget}: {most}"
        );
    }
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
