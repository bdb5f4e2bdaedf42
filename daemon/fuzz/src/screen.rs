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
/// Cells of the screens that a fuzzer is mostly given: larger ones make it slow.
const CELLS: u16 = 20_000;
/// A number of columns and one of rows that mean a screen of that size, however many cells it has.
const LARGE: u8 = 254;

struct Input<'a> {
    size: Size,
    /// The other size to go to on the way.
    other: Size,
    /// Changes of size, 1 to 4.
    resizes: usize,
    /// Bytes that are fed at a time.
    chunk: usize,
    /// Where the size changes first, or a copy is made.
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
            resizes: 1 + usize::from(*chunk) % 4,
            chunk: 1 + usize::from(*chunk),
            cut: bytes.len() * usize::from(*cut) / 256,
            bytes,
        })
    }

    /// What is fed, and the size to go to after each part: to the other and back, and to both turned
    /// on their sides.
    fn parts(&self) -> Vec<(&'a [u8], Option<Size>)> {
        let turned = |size: Size| Size::clamped(size.rows(), size.cols());
        let sizes = [self.other, self.size, turned(self.other), turned(self.size)];
        let (first, mut rest) = self.bytes.split_at(self.cut);
        let length = rest.len() / self.resizes;
        let mut parts = vec![first];
        for _ in 1..self.resizes {
            let (part, after) = rest.split_at(length);
            parts.push(part);
            rest = after;
        }
        let sizes = sizes.into_iter().take(self.resizes).map(Some);
        let mut parts: Vec<_> = parts.into_iter().zip(sizes).collect();
        parts.push((rest, None));
        parts
    }

    /// Looking at all cells takes so long that it cannot be done after each piece.
    fn is_large(&self) -> bool {
        let cells = |size: Size| u32::from(size.cols()) * u32::from(size.rows());
        cells(self.size).max(cells(self.other)) > CELLS.into()
    }
}

/// Mostly small; the last few numbers are the greatest sizes.
fn size(cols: u8, rows: u8) -> Size {
    let side = |byte: u8| match byte {
        0..=239 => u16::from(byte) / 2 + 1,
        240.. => u16::from(byte - 239) * 62 + 8,
    };
    let (cols, rows, large) = (side(cols), side(rows), cols.min(rows) >= LARGE);
    Size::clamped(cols, if large { rows } else { rows.min(CELLS / cols) })
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

/// Any bytes in any split, with changes of size: what holds always holds, and splits do not
/// matter.
pub(crate) fn feed(input: &[u8]) {
    let Some(input) = Input::of(input) else {
        return;
    };
    let mut whole = Screen::new(options(input.size));
    let mut split = Screen::new(options(input.size));
    for (part, size) in input.parts() {
        write(&mut whole, part);
        for chunk in part.chunks(input.chunk) {
            write(&mut split, chunk);
            if !input.is_large() {
                check(&split);
            }
        }
        for screen in [&mut whole, &mut split] {
            if let Some(size) = size {
                screen.resize(size);
            }
            check(screen);
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
    if input.resizes > 1 {
        screen.resize(input.other);
        screen.resize(input.size);
    }
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
