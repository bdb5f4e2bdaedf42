//! The law of saving: what is loaded is what was saved, now and after whatever comes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt;
use std::sync::Arc;

use abide_protocol::message::TerminalLook;
use abide_protocol::{Book, LineNo, Palette, Rgb, Size};
use abide_screen::{Codec, LoadError, Options, Screen, Stored};
use proptest::prelude::*;
use support::soup::{size, soup};
use support::{feed, screen, with_history};

/// History of every screen here: small, so that it also gets full.
const HISTORY: usize = 128 << 10;

fn options() -> Options {
    Options {
        size: Size::clamped(1, 1),
        look: TerminalLook::default(),
        incarnation: 99,
        version: "abide test",
        history_bytes: HISTORY,
        allow_checksum: true,
    }
}

/// One thing that happens to a screen.
#[derive(Clone)]
enum Step {
    Feed(Vec<u8>),
    Resize(u16, u16),
    Snapshot,
    Replies,
    Events,
    EndHold,
    Look(bool),
    ClearHistory,
    /// From here on a copy goes along that was saved and loaded.
    Copy,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feed(bytes) => write!(f, "feed {}", bytes.escape_ascii()),
            Self::Resize(cols, rows) => write!(f, "resize {cols}x{rows}"),
            Self::Snapshot => f.write_str("snapshot"),
            Self::Replies => f.write_str("replies"),
            Self::Events => f.write_str("events"),
            Self::EndHold => f.write_str("end hold"),
            Self::Look(dark) => write!(f, "dark {dark}"),
            Self::ClearHistory => f.write_str("clear history"),
            Self::Copy => f.write_str("copy"),
        }
    }
}

/// Soup in chunks that are cut anywhere, with other things between.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let other = prop_oneof![
        4 => Just(Step::Copy),
        2 => Just(Step::Snapshot),
        1 => size().prop_map(|(cols, rows)| Step::Resize(cols, rows)),
        1 => Just(Step::Replies),
        1 => Just(Step::Events),
        1 => Just(Step::EndHold),
        1 => any::<bool>().prop_map(Step::Look),
        1 => Just(Step::ClearHistory),
    ];
    let cuts = prop::collection::vec((1usize..40, other), 1..12);
    (soup(), cuts).prop_map(|(pieces, cuts)| {
        let bytes = pieces.concat();
        let (mut rest, mut steps) = (&*bytes, Vec::new());
        for (length, other) in cuts.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at(length.min(rest.len()));
            steps.extend([Step::Feed(chunk.to_vec()), other]);
            rest = after;
        }
        steps
    })
}

/// Lets it happen; answers all that the caller gets to know of it.
fn happen(screen: &mut Screen, step: &Step) -> String {
    match step {
        Step::Feed(bytes) => {
            let (mut rest, mut stops) = (&**bytes, Vec::new());
            while !rest.is_empty() {
                let used = screen.feed(rest);
                stops.push((used, screen.synchronized()));
                rest = &rest[used..];
            }
            format!("{stops:?}")
        }
        Step::Resize(cols, rows) => {
            screen.resize(Size::clamped(*cols, *rows));
            String::new()
        }
        Step::Snapshot => format!("{:?} {}", screen.snapshot(), screen.changed()),
        Step::Replies => format!("{:?}", screen.take_replies()),
        Step::Events => format!("{:?}", screen.take_events()),
        Step::EndHold => {
            screen.end_hold();
            String::new()
        }
        Step::Look(dark) => {
            screen.set_look(TerminalLook {
                palette: Palette {
                    background: Some(Rgb { r: 9, g: 9, b: 9 }),
                    ..Palette::default()
                },
                dark: Some(*dark),
                cell: Some((7, 15)),
            });
            String::new()
        }
        Step::ClearHistory => {
            screen.clear_history();
            String::new()
        }
        Step::Copy => String::new(),
    }
}

/// All that can be seen at the end.
fn seen(screen: &mut Screen) -> String {
    let rows = screen.rows(Book::Main, LineNo(0), u64::MAX);
    let snapshot = screen.snapshot();
    let (replies, events) = (screen.take_replies(), screen.take_events());
    let modes = screen.modes();
    format!("{snapshot:?} {rows:?} {modes:?} {replies:?} {events:?}")
}

fn copy(screen: &Screen) -> Result<Screen, TestCaseError> {
    let saved = screen.save();
    let loaded = Screen::load(&saved, &options());
    let loaded = loaded.map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(loaded.save(), saved, "a copy is another");
    // What was written over with the same no longer counts as changed.
    prop_assert!(screen.changed() || !loaded.changed());
    Ok(loaded)
}

fn sound(screen: &Screen, after: &Step) -> Result<(), TestCaseError> {
    let fault = |fault| TestCaseError::fail(format!("{fault} after {after:?}"));
    screen.check().map_err(fault)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_copy_stays_equal(start in size(), steps in steps()) {
        let mut screen = with_history(start.0, start.1, HISTORY);
        let mut copies: Vec<Screen> = Vec::new();
        for step in steps {
            let told = happen(&mut screen, &step);
            sound(&screen, &step)?;
            for copied in &mut copies {
                prop_assert_eq!(&happen(copied, &step), &told);
                sound(copied, &step)?;
            }
            if matches!(step, Step::Copy) {
                // The copy of a copy as well; more would only take time.
                copies.truncate(2);
                if let Some(copied) = copies.last() {
                    copies.push(copy(copied)?);
                }
                copies.push(copy(&screen)?);
            }
        }
        let saved = screen.save();
        let shown = seen(&mut screen);
        for mut copied in copies {
            prop_assert_eq!(copied.save(), &*saved);
            prop_assert_eq!(seen(&mut copied), &*shown);
        }
    }

    /// Damage that the hash does not tell, because it was made right again.
    #[test]
    fn damaged_bytes_are_refused_or_harmless(
        start in size(),
        pieces in soup(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0usize..4), 1..4),
        after in soup(),
    ) {
        let mut screen = with_history(start.0, start.1, HISTORY);
        feed(&mut screen, pieces.concat());
        screen.snapshot();
        let mut saved = screen.save();
        let length = saved.len() - 24;
        for (at, byte, kind) in damage {
            let at = at.index(length);
            match kind {
                0 => saved[at] = byte,
                1 => saved[at] ^= 1 << (byte % 8),
                2 => saved[at] = saved[at].wrapping_add(1),
                _ => saved.swap(at, usize::from(byte) % length),
            }
        }
        seal(&mut saved);
        if let Ok(mut loaded) = Screen::load(&saved, &options()) {
            feed(&mut loaded, after.concat());
            loaded.resize(Size::clamped(7, 3));
            loaded.check().map_err(TestCaseError::fail)?;
            loaded.snapshot();
            feed(&mut loaded, "x\r\ny");
        }
    }
}

/// Makes the hash right.
fn seal(saved: &mut [u8]) {
    let frame = saved.len() - 24;
    let hash = rapidhash::v3::rapidhash_v3(&saved[..frame]);
    saved[frame + 16..].copy_from_slice(&hash.to_le_bytes());
}

/// A section as a later build may write it, before all others.
fn with_section(saved: &[u8], tag: [u8; 4], version: u16, must_know: u16) -> Vec<u8> {
    let mut bytes = saved[..10].to_vec();
    bytes.extend(tag);
    bytes.extend(version.to_le_bytes());
    bytes.extend(must_know.to_le_bytes());
    bytes.extend(3u64.to_le_bytes());
    bytes.extend(b"new");
    bytes.extend(&saved[10..]);
    seal(&mut bytes);
    bytes
}

fn error(saved: &[u8]) -> LoadError {
    Screen::load(saved, &options()).err().unwrap()
}

#[test]
fn errors_say_what_is_wrong() {
    let saved = support::after(20, 5, "text\x1b[31m").save();
    let changed = |at: usize| {
        let mut changed = saved.clone();
        changed[at] ^= 0x40;
        changed
    };
    let mut newer = saved.clone();
    newer[8] = 2;
    let cases = [
        (Vec::new(), "not a saved screen"),
        (b"abide-snapshot".to_vec(), "not a saved screen"),
        (
            newer,
            "a screen saved in format 2, but this build reads only up to format 1: load it with a newer build",
        ),
        (
            with_section(&saved, *b"stat", 7, 1),
            "a screen saved with `stat` in version 7, but this build reads only up to version 1: load it with a newer build",
        ),
        (
            with_section(&saved, *b"pics", 1, 1),
            "a screen saved with `pics`, which this build must not skip: load it with a newer build",
        ),
        (
            with_section(&saved, *b"stat", 1, 1),
            "a saved screen with damaged `stat`: it is there twice",
        ),
        (changed(40), "a saved screen whose bytes were changed"),
        (
            changed(saved.len() - 1),
            "a saved screen whose bytes were changed",
        ),
        (
            [&saved[..], b"x"].concat(),
            "a saved screen whose bytes were changed",
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(error(&bytes).to_string(), expected);
    }
    for length in 10..saved.len() {
        assert_eq!(error(&saved[..length]), LoadError::Short, "{length}");
    }
}

/// Wherever a screen was resized, what its cursor returns to is on it.
#[test]
fn a_saved_cursor_outside_of_the_screen_is_damage() {
    let at_row = |row: u16| {
        let text = format!("\x1b[{row};1H\x1b7\x1b[H\x1b[?47h");
        support::after(20, 5, &text).save()
    };
    let (mut saved, other) = (at_row(2), at_row(4));
    let differs: Vec<usize> = (0..saved.len() - 24)
        .filter(|at| saved[*at] != other[*at])
        .collect();
    assert_eq!(differs.len(), 1, "the row alone");
    saved[differs[0]] = 5;
    seal(&mut saved);
    let said = error(&saved).to_string();
    assert!(said.contains("a position outside the screen"), "{said}");
}

#[test]
fn what_a_later_build_adds_is_skipped() {
    let saved = support::after(20, 5, "text").save();
    let bytes = with_section(&saved, *b"pics", 9, 0);
    let loaded = Screen::load(&bytes, &options()).unwrap();
    assert_eq!(loaded.save(), saved);
}

/// The same state however it came about, and no other.
#[test]
fn equal_screens_give_equal_bytes() {
    let one = support::after(20, 5, "\x1b[31mred\x1b[m");
    let mut other = screen(20, 5);
    for byte in b"\x1b[31mred\x1b[m" {
        feed(&mut other, [*byte]);
    }
    assert_eq!(one.save(), other.save());
    for more in [
        "\x1b", "\x1b[", "\x1b[3", "\x1b]0;x", "\x1bP", "\u{e9}", " ", "\x07", "\x1b7", "\x1b[c",
    ] {
        feed(&mut other, more);
        assert_ne!(one.save(), other.save(), "{more:?}");
    }
}

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

/// Compressed blocks are saved as they are, stored ones stay in their store.
#[test]
fn packed_and_stored_history_goes_along() {
    let mut screen = with_history(30, 6, 8 << 20);
    screen.usage().set_room(8 << 20);
    for line in 0..20_000 {
        let text = format!("\x1b]8;;http://x/{line}\x07{line} \x1b[1mlink\x1b[m\x1b]8;;\x07\r\n");
        screen.feed(text.as_bytes());
    }
    let rows = |screen: &Screen| screen.rows(Book::Main, LineNo(0), u64::MAX);
    let before = rows(&screen);
    let blocks = screen.take_sealed();
    assert!(blocks.len() > 8);
    let mut codec = Codec::default();
    for block in blocks.iter().take(6) {
        block.pack(&mut codec);
    }
    let mut stored = Vec::new();
    for block in blocks.iter().take(3) {
        let packed = block.packed().unwrap().to_vec();
        stored.push((block.start(), packed.clone()));
        block.move_to(Arc::new(Kept(packed)));
    }
    let saved = screen.save();
    let loaded = Screen::load(&saved, &options()).unwrap();
    assert_eq!(loaded.save(), saved);
    assert_ne!(rows(&loaded), before);
    for (block, (first, packed)) in loaded.absent().iter().zip(stored) {
        assert_eq!(block.start(), first);
        block.move_to(Arc::new(Kept(packed)));
    }
    assert_eq!(loaded.absent().len(), 0);
    assert_eq!(rows(&loaded), before);
    assert_eq!(loaded.save(), saved);
    assert_eq!(loaded.history_bytes(), screen.history_bytes());
    assert_eq!(loaded.usage().stored(), screen.usage().stored());
}
