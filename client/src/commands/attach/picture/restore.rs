//! However an attachment ends, the terminal is as it was: everything it can be asked for has the
//! answer it had before.

use abide_protocol::message::TerminalLook;
use abide_protocol::snapshot::MouseTracking;
use abide_protocol::{Cursor, CursorShape, Modes, Palette, Progress, Revision, Rgb};
use abide_screen::{Options, Screen};
use proptest::prelude::*;

use super::*;
use crate::paint::{ASKED, Keyboard};

fn size() -> Size {
    Size::clamped(30, 8)
}

/// The user's terminal, with some habits of its own.
fn terminal(habits: &[u8]) -> Screen {
    let red = Rgb { r: 250, g: 0, b: 0 };
    let mut terminal = Screen::new(Options {
        size: size(),
        look: TerminalLook {
            palette: Palette {
                background: Some(red),
                foreground: Some(red),
                cursor: Some(red),
                indexed: Vec::new(),
            },
            ..TerminalLook::default()
        },
        incarnation: 1,
        version: "test",
        history_bytes: 1 << 20,
        allow_checksum: false,
    });
    feed(&mut terminal, b"\x1b]2;shell\x1b\\$ \r\n");
    feed(&mut terminal, habits);
    terminal
}

fn feed(terminal: &mut Screen, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let used = terminal.feed(bytes);
        bytes = &bytes[used..];
    }
}

/// Everything the terminal tells about itself.
fn told(terminal: &mut Screen) -> String {
    drop(terminal.take_replies());
    let mut questions = Vec::new();
    for mode in ASKED
        .into_iter()
        .chain([1, 6, 9, 12, 45, 47, 69, 1005, 1015, 1016, 1047, 1049])
    {
        questions.extend(format!("\x1b[?{mode}$p").bytes());
    }
    questions.extend_from_slice(b"\x1b[4$p\x1b[20$p\x1b[?u\x1b[?4m");
    for setting in ["m", "r", " q"] {
        questions.extend(format!("\x1bP$q{setting}\x1b\\").bytes());
    }
    for colour in ["10", "11", "12", "4;1", "4;200"] {
        questions.extend(format!("\x1b]{colour};?\x1b\\").bytes());
    }
    feed(terminal, &questions);
    let replies = terminal.take_replies();
    let title = terminal.snapshot().title.to_string();
    format!(
        "{title} {}",
        String::from_utf8_lossy(&replies).replace('\x1b', "\n")
    )
}

fn any_modes() -> impl Strategy<Value = Modes> {
    let mouse = prop::sample::select(vec![
        MouseTracking::Off,
        MouseTracking::Normal,
        MouseTracking::Button,
        MouseTracking::Any,
    ]);
    let flags = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        0u8..32,
    );
    (mouse, flags).prop_map(|(mouse, (paste, keypad, reverse, wheel, kitty))| Modes {
        mouse,
        bracketed_paste: paste,
        application_keypad: keypad,
        reverse_video: reverse,
        alternate_scroll: wheel,
        kitty,
        ..Modes::default()
    })
}

fn any_palette() -> impl Strategy<Value = Arc<Palette>> {
    let blue = Rgb { r: 0, g: 0, b: 200 };
    let some = move |on: bool| on.then_some(blue);
    (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        move |(foreground, background, cursor, indexed)| {
            Arc::new(Palette {
                foreground: some(foreground),
                background: some(background),
                cursor: some(cursor),
                indexed: if indexed {
                    vec![(1, blue), (200, blue)]
                } else {
                    Vec::new()
                },
            })
        },
    )
}

fn any_state() -> impl Strategy<Value = Snapshot> {
    let shape = prop::sample::select(vec![
        CursorShape::Default,
        CursorShape::Block,
        CursorShape::Underline,
        CursorShape::Bar,
    ]);
    let title = prop::sample::select(vec!["", "vim", "a\u{e4}b"]);
    (any_modes(), any_palette(), shape, title, any::<[bool; 3]>()).prop_map(
        |(modes, palette, shape, title, [alternate, visible, blink])| Snapshot {
            revision: Revision::default(),
            size: size(),
            book: if alternate {
                Book::Alternate
            } else {
                Book::Main
            },
            rows: vec![Row::blank(); usize::from(size().rows())],
            cursor: Cursor {
                row: 2,
                column: 3,
                visible,
                shape,
                blink,
            },
            modes,
            title: title.into(),
            directory: "".into(),
            progress: Progress::None,
            palette,
            top: LineNo(0),
            sealed: LineNo(0),
            first: LineNo(0),
            floor: LineNo(0),
        },
    )
}

/// Asks as the start-up does and takes the answers in as the attachment does.
fn begin(picture: &mut Picture, terminal: &mut Screen, keyboard: Keyboard) {
    let before: std::collections::BTreeMap<u32, bool> = ASKED
        .into_iter()
        .filter_map(|mode| {
            drop(terminal.take_replies());
            feed(terminal, format!("\x1b[?{mode}$p").as_bytes());
            let reply = String::from_utf8(terminal.take_replies()).unwrap();
            let state = reply
                .strip_suffix("$y")?
                .rsplit(';')
                .next()?
                .parse::<u32>()
                .ok()?;
            (state != 0).then_some((mode, matches!(state, 1 | 3)))
        })
        .collect();
    picture.outfit.before.modes = before;
    drop(terminal.take_replies());
    feed(terminal, b"\x1bP$q q\x1b\\");
    let reply = String::from_utf8(terminal.take_replies()).unwrap();
    let style = reply.trim_start_matches("\x1bP1$r").split(' ').next();
    picture.outfit.before.cursor_style = style.and_then(|style| style.parse().ok());
    feed(terminal, &picture.outfit.begin());
    feed(terminal, &picture.outfit.choose(keyboard));
    picture.painter.forget_pen();
    feed(terminal, &picture.outfit.enable(2031));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_terminal_is_as_it_was(
        states in prop::collection::vec(any_state(), 0..5),
        kitty in any::<bool>(),
        orderly in any::<bool>(),
        suspended in prop::option::of(0usize..4),
        habits in prop::sample::select(vec![
            "", "\x1b[?2004h", "\x1b[>1u", "\x1b[>4;1m", "\x1b[?1000h\x1b[?1006h", "\x1b[?1004h",
            "\x1b[?2031h", "\x1b=", "\x1b[5 q",
        ]),
    ) {
        let mut terminal = terminal(habits.as_bytes());
        let level = u8::from(habits.starts_with("\x1b[>4"));
        let keyboard = if kitty { Keyboard::Kitty } else { Keyboard::ModifyOtherKeys(Some(level)) };
        let before = told(&mut terminal);
        let mut picture = Picture::new(Caps::FULL, size(), 10, "Ctrl-\\".into());
        begin(&mut picture, &mut terminal, keyboard);
        let now = Instant::now();
        for (index, state) in states.into_iter().enumerate() {
            if Some(index) == suspended {
                feed(&mut terminal, &picture.leave());
                prop_assert_eq!(&told(&mut terminal), &before);
                feed(&mut terminal, &picture.start_over());
            }
            drop(picture.replace(state, None, now));
            feed(&mut terminal, &picture.paint(now).unwrap_or_default());
        }
        let bytes = if orderly { picture.leave() } else { picture.undo() };
        feed(&mut terminal, &bytes);
        prop_assert_eq!(told(&mut terminal), before);
    }
}
