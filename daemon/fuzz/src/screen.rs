//! What is done to a screen with any bytes, and what must hold then. A fault panics.
//!
//! The first bytes of an input say how the rest, which a program might write, is fed: see
//! [`Input`].

use abide_protocol::message::TerminalLook;
use abide_protocol::{Book, LineNo, Size};
use abide_screen::{Options, Screen};

/// Bytes that are looked at; more would only be slower.
const MOST: usize = 1 << 14;
/// Bytes of history: little, so that it gets full.
const HISTORY: usize = 96 << 10;
/// Cells of the largest screen that a fuzzer is given: larger ones make it slow.
const CELLS: u16 = 20_000;

struct Input<'a> {
    size: Size,
    /// The size to go to on the way.
    other: Size,
    /// Bytes that are fed at a time.
    chunk: usize,
    /// Where the size changes, or a copy is made.
    cut: usize,
    bytes: &'a [u8],
}

impl<'a> Input<'a> {
    fn of(input: &'a [u8]) -> Option<Self> {
        let ([cols, rows, other_cols, other_rows, chunk, cut], bytes) =
            input.split_first_chunk()?;
        let bytes = bytes.get(..MOST).unwrap_or(bytes);
        Some(Self {
            size: size(*cols, *rows),
            other: size(*other_cols, *other_rows),
            chunk: 1 + usize::from(*chunk),
            cut: bytes.len() * usize::from(*cut) / 256,
            bytes,
        })
    }
}

/// Mostly small; the last few numbers are the greatest sizes.
fn size(cols: u8, rows: u8) -> Size {
    let side = |byte: u8| match byte {
        0..=239 => u16::from(byte) / 2 + 1,
        240.. => u16::from(byte - 239) * 62 + 8,
    };
    let cols = side(cols);
    Size::clamped(cols, side(rows).min(CELLS / cols))
}

fn options(size: Size) -> Options {
    Options {
        size,
        look: TerminalLook::default(),
        incarnation: 7,
        version: "abide fuzz",
        history_bytes: HISTORY,
        allow_checksum: true,
    }
}

fn write(screen: &mut Screen, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let used = screen.feed(bytes);
        assert!(used > 0, "no progress");
        bytes = &bytes[used..];
    }
}

fn check(screen: &Screen) {
    if let Err(fault) = screen.check() {
        panic!("{fault}");
    }
}

/// All that can be seen is legal, and seeing it changes nothing.
fn look(screen: &mut Screen) {
    let snapshot = screen.snapshot();
    assert_eq!(snapshot.check(), Ok(()));
    assert!(!screen.changed());
    let (_, rows) = screen.rows(Book::Main, LineNo(0), u64::MAX);
    for row in rows {
        assert_eq!(row.check(), Ok(()));
    }
    check(screen);
}

/// Any bytes in any split, with a change of size: what holds always holds, and splits do not
/// matter.
pub(crate) fn feed(input: &[u8]) {
    let Some(input) = Input::of(input) else {
        return;
    };
    let (before, after) = input.bytes.split_at(input.cut);
    let mut whole = Screen::new(options(input.size));
    write(&mut whole, before);
    whole.resize(input.other);
    write(&mut whole, after);
    let mut split = Screen::new(options(input.size));
    for (part, size) in [(before, Some(input.other)), (after, None)] {
        for chunk in part.chunks(input.chunk) {
            write(&mut split, chunk);
            check(&split);
        }
        if let Some(size) = size {
            split.resize(size);
            check(&split);
        }
    }
    assert!(whole.save() == split.save(), "a split matters");
    look(&mut whole);
}

/// A screen that was saved and loaded is the screen that was not, and stays so.
pub(crate) fn save(input: &[u8]) {
    let Some(input) = Input::of(input) else {
        return;
    };
    let (before, after) = input.bytes.split_at(input.cut);
    let mut screen = Screen::new(options(input.size));
    write(&mut screen, before);
    if input.chunk.is_multiple_of(2) {
        screen.snapshot();
    }
    let mut copy = copy(&screen);
    for screen in [&mut screen, &mut copy] {
        write(screen, after);
    }
    assert!(screen.save() == copy.save(), "a copy went another way");
    assert_eq!(screen.take_replies(), copy.take_replies());
    assert_eq!(screen.take_events(), copy.take_events());
    for screen in [&mut screen, &mut copy] {
        screen.resize(input.other);
        look(screen);
    }
    assert_eq!(screen.snapshot(), copy.snapshot());
    assert!(screen.save() == copy.save(), "a copy went another way");
}

fn copy(screen: &Screen) -> Screen {
    let saved = screen.save();
    let copy = match Screen::load(&saved, &options(Size::DEFAULT)) {
        Ok(copy) => copy,
        Err(error) => panic!("{error}"),
    };
    assert!(copy.save() == saved, "a copy is another");
    copy
}

/// Bytes of the frame that ends a saved screen, the hash among them.
const END: usize = 24;

/// A saved screen that was damaged is refused, or is a legal screen. The bytes that are fed first
/// also say what is damaged: each three are a place and what is put there. A first byte of 0 means
/// that the rest of the input is the saved screen.
pub(crate) fn load(input: &[u8]) {
    let saved = if let Some((0, saved)) = input.split_first() {
        let mut saved = saved.to_vec();
        saved.extend(b"end.\x01\0\x01\0\x08\0\0\0\0\0\0\0");
        saved.extend([0; 8]);
        saved
    } else {
        let Some(input) = Input::of(input) else {
            return;
        };
        let (damage, stream) = input.bytes.split_at(input.cut.min(30));
        let mut screen = Screen::new(options(input.size));
        write(&mut screen, stream);
        screen.snapshot();
        let mut saved = screen.save();
        for damage in damage.chunks_exact(3) {
            let place = usize::from(u16::from_le_bytes([damage[0], damage[1]]));
            let place = place % (saved.len() - END);
            saved[place] = damage[2];
        }
        saved
    };
    load_sealed(saved);
}

fn load_sealed(mut saved: Vec<u8>) {
    let frame = saved.len() - END;
    let hash = rapidhash::v3::rapidhash_v3(&saved[..frame]);
    saved[frame + 16..].copy_from_slice(&hash.to_le_bytes());
    let Ok(mut screen) = Screen::load(&saved, &options(Size::DEFAULT)) else {
        return;
    };
    look(&mut screen);
    write(
        &mut screen,
        b"\x1b[38;5;9mtext e\xcc\x81 \xe6\x97\xa5\r\n\x1b]8;;x\x07link\x1b[5b\x1b[?1049h\x1b8\t.",
    );
    screen.resize(Size::clamped(33, 9));
    look(&mut screen);
    copy(&screen);
}
