//! The laws of updates, over screens made by the real engine, at points where a slow viewer would
//! look.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use abide_protocol::message::{TerminalLook, ToClient, ViewerHeader};
use abide_protocol::wire::{FrameReader, UpdateBody, encode_to_client, encode_update};
use abide_protocol::{Size, Snapshot, apply, diff};
use abide_screen::{Options, Screen};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

#[derive(Clone, Debug)]
enum Step {
    Feed(Vec<u8>),
    Resize(u16, u16),
    /// The viewer asks for what changed.
    Look,
    EndHold,
    ClearHistory,
}

/// Pieces that programs write.
const PIECES: &[&str] = &[
    "\r\n",
    "\r\n\r\n\r\n",
    "\t",
    "\x08",
    "\r",
    "the quick brown fox jumps over the lazy dog ",
    "─────│",
    "漢字かな",
    "👩\u{200d}💻❤\u{fe0f}🇩🇪",
    "e\u{301}o\u{308}",
    "\x1b[1;31m",
    "\x1b[38;2;1;2;3;48;5;17m",
    "\x1b[4:3;58:2::9:8:7m",
    "\x1b[7;9m",
    "\x1b[m",
    "\x1b[H",
    "\x1b[5;9H",
    "\x1b[2A",
    "\x1b[3C",
    "\x1b[J",
    "\x1b[1J",
    "\x1b[2J",
    "\x1b[3J",
    "\x1b[K",
    "\x1b[1K",
    "\x1b[2K",
    "\x1b[4@",
    "\x1b[3P",
    "\x1b[5X",
    "\x1b[2L",
    "\x1b[2M",
    "\x1b[3S",
    "\x1b[2T",
    "\x1b[2;7r",
    "\x1b[r",
    "\x1bM",
    "\x1b7",
    "\x1b8",
    "\x1b[?1049h",
    "\x1b[?1049l",
    "\x1b[?2026h",
    "\x1b[?2026l",
    "\x1b[?7l",
    "\x1b[?7h",
    "\x1b[?25l",
    "\x1b[?25h",
    "\x1b[?1000;1006;2004h",
    "\x1b[4 q",
    "\x1b[>5u",
    "\x1b(0lqk\x1b(B",
    "\x1b[20b",
    "\x1b#8",
    "\x1b[!p",
    "\x1bc",
    "\x1b]0;title \u{202e}ü\x07",
    "\x1b]2;a\u{9b}b\x1b\\",
    "\x1b]7;file://host/home/a%0ab\x1b\\",
    "\x1b]8;id=1;https://example.org/a\x1b\\",
    "\x1b]8;;https://example.org/b\x1b\\",
    "\x1b]8;;\x1b\\",
    "\x1b]133;A\x07$ \x1b]133;B\x07ls\r\n\x1b]133;C\x07",
    "\x1b]133;D;1\x07",
    "\x1b]9;4;1;40\x07",
    "\x1b]11;#102030\x07\x1b]4;7;#0a0b0c\x07",
    "\x1b]52;c;aGFsbG8=\x07",
    // An Ink frame painted again: up, erase, write.
    "\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2K\x1b[G⠋ thinking\r\n│ > input │\r\n╰─────────╯",
];

fn step() -> impl Strategy<Value = Step> {
    let piece = select(PIECES).prop_map(|piece| piece.as_bytes().to_vec());
    let pieces = vec(piece, 1..12).prop_map(|pieces| pieces.concat());
    prop_oneof![
        12 => pieces.prop_map(Step::Feed),
        2 => vec(any::<u8>(), 0..40).prop_map(Step::Feed),
        1 => (1_u16..60, 1_u16..20).prop_map(|(cols, rows)| Step::Resize(cols, rows)),
        6 => Just(Step::Look),
        1 => Just(Step::EndHold),
        1 => Just(Step::ClearHistory),
    ]
}

fn screen(cols: u16, rows: u16) -> Screen {
    Screen::new(Options {
        size: Size::clamped(cols, rows),
        look: TerminalLook::default(),
        incarnation: 7,
        version: "abide 0.1.0",
        history_bytes: 64 << 10,
        allow_checksum: false,
    })
}

fn feed(screen: &mut Screen, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let used = screen.feed(bytes);
        assert!(used > 0, "feed makes progress");
        bytes = &bytes[used..];
    }
}

/// The message as the viewer reads it.
fn arrived(bytes: &[u8]) -> ToClient {
    let mut reader = FrameReader::new();
    reader.push(bytes);
    reader.next().unwrap().unwrap()
}

/// What a viewer has, which is only told what changed.
struct Viewer {
    mirror: Snapshot,
    /// What the keeper remembers that this viewer has.
    known: Arc<Snapshot>,
}

impl Viewer {
    fn attach(snapshot: &Arc<Snapshot>) -> Self {
        let message = ToClient::Snapshot {
            header: Box::default(),
            snapshot: Box::new((**snapshot).clone()),
        };
        let mut bytes = Vec::new();
        encode_to_client(&message, &mut bytes);
        match arrived(&bytes) {
            ToClient::Snapshot {
                snapshot: mirror, ..
            } => Self {
                mirror: *mirror,
                known: Arc::clone(snapshot),
            },
            other => panic!("a snapshot, not {other:?}"),
        }
    }

    fn look(&mut self, snapshot: &Arc<Snapshot>) {
        snapshot.check().unwrap();
        let body = UpdateBody::of(&diff(&self.known, snapshot));
        let mut bytes = Vec::new();
        encode_update(&ViewerHeader::default(), &body, &mut bytes);
        match arrived(&bytes) {
            ToClient::Update { update, .. } => {
                self.mirror = apply(&self.mirror, &update).unwrap();
            }
            other => panic!("an update, not {other:?}"),
        }
        self.mirror.check().unwrap();
        assert_eq!(self.mirror, **snapshot);
        self.known = Arc::clone(snapshot);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_viewer_of_the_engine_has_what_the_keeper_has(
        cols in 1_u16..60, rows in 1_u16..20, steps in vec(step(), 1..40)
    ) {
        let mut screen = screen(cols, rows);
        let mut viewer = Viewer::attach(&screen.snapshot());
        for step in steps {
            match step {
                Step::Feed(bytes) => feed(&mut screen, &bytes),
                Step::Resize(cols, rows) => screen.resize(Size::clamped(cols, rows)),
                Step::Look => viewer.look(&screen.snapshot()),
                Step::EndHold => screen.end_hold(),
                Step::ClearHistory => screen.clear_history(),
            }
        }
        viewer.look(&screen.snapshot());
        screen.check().unwrap();
    }
}
