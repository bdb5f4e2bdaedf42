//! What the screen answers, tells and remembers: replies, events, titles, modes.
#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use std::sync::Arc;

use abide_protocol::message::{Event, TerminalLook};
use abide_protocol::snapshot::{MouseEncoding, MouseTracking};
use abide_protocol::{CursorShape, Palette, Progress, Rgb, Size};
use support::{after, feed, screen};

fn check_reply(bytes: &str, expected: &str) {
    let mut screen = after(80, 24, bytes);
    let replies = String::from_utf8(screen.take_replies()).unwrap();
    assert_eq!(replies, expected, "{bytes:?}");
    assert!(screen.take_replies().is_empty());
}

#[test]
fn identity_and_status() {
    check_reply("\x1b[c", "\x1b[?64;6;21;22;28;52c");
    check_reply(
        "\x1b[0c\x1bZ",
        "\x1b[?64;6;21;22;28;52c\x1b[?64;6;21;22;28;52c",
    );
    check_reply("\x1b[>c", "\x1b[>41;0;0c");
    check_reply("\x1b[=c", "\x1bP!|00000000\x1b\\");
    check_reply("\x1b[>q", "\x1bP>|abide test\x1b\\");
    check_reply("\x1b[>0q", "\x1bP>|abide test\x1b\\");
    check_reply("\x1b[5n", "\x1b[0n");
    check_reply("\x1b[3;7H\x1b[6n", "\x1b[3;7R");
    check_reply("\x1b[\"v", "\x1b[24;80;1;1;1\"w");
    check_reply(
        "\x1b[?62n\x1b[?63;9n\x1b[?75n\x1b[?85n",
        "\x1b[0*{\x1bP9!~0000\x1b\\\x1b[?70n\x1b[?83n",
    );
    check_reply("\x1b[3;7H\x1b[?6n", "\x1b[?3;7;1R");
    check_reply("\x1b[2;9r\x1b[?6h\x1b[3;7H\x1b[6n", "\x1b[3;7R");
    check_reply("\x1b[1;80Hx\x1b[6n", "\x1b[1;80R");
    check_reply(
        "\x1b[14t\x1b[16t\x1b[18t",
        "\x1b[4;384;640t\x1b[6;16;8t\x1b[8;24;80t",
    );
    check_reply("\x1b]0;rm -rf\x07\x1b[21t", "\x1b]l\x1b\\");
    check_reply("\x1b[?996n", "\x1b[?997;1n");
    check_reply(
        "\x1b[1;20r\x1b[2$w",
        "\x1bP2$u9/17/25/33/41/49/57/65/73\x1b\\",
    );
}

#[test]
fn keyboards() {
    check_reply("\x1b[?u", "\x1b[?0u");
    check_reply("\x1b[>5u\x1b[?u", "\x1b[?5u");
    check_reply("\x1b[>5u\x1b[>1u\x1b[<u\x1b[?u", "\x1b[?5u");
    check_reply("\x1b[>5u\x1b[<9u\x1b[?u", "\x1b[?0u");
    check_reply(
        "\x1b[=5u\x1b[?u\x1b[=2;2u\x1b[?u\x1b[=1;3u\x1b[?u",
        "\x1b[?5u\x1b[?7u\x1b[?6u",
    );
    // Each screen has its own.
    check_reply(
        "\x1b[>5u\x1b[?1049h\x1b[?u\x1b[>1u\x1b[?1049l\x1b[?u",
        "\x1b[?0u\x1b[?5u",
    );
    check_reply("\x1b[>4;2m\x1b[?4m\x1b[>4m\x1b[?4m", "\x1b[>4;2m\x1b[>4;0m");
    let mut screen = after(10, 2, "\x1b[>7u");
    assert_eq!(
        (screen.modes().kitty, screen.snapshot().modes.kitty),
        (7, 7)
    );
}

#[test]
fn settings_and_capabilities() {
    check_reply("\x1bP$qm\x1b\\", "\x1bP1$r0m\x1b\\");
    check_reply(
        "\x1b[1;4:3;31;48;5;200;58;2;1;2;3m\x1bP$qm\x1b\\",
        "\x1bP1$r0;1;4:3;31;48:5:200;58:2::1:2:3m\x1b\\",
    );
    check_reply("\x1b[97m\x1bP$qm\x1b\\", "\x1bP1$r0;97m\x1b\\");
    check_reply("\x1b[2;9r\x1bP$qr\x1b\\", "\x1bP1$r2;9r\x1b\\");
    check_reply("\x1b[4 q\x1bP$q q\x1b\\", "\x1bP1$r4 q\x1b\\");
    check_reply(
        "\x1bP$q*x\x1b\\\x1b[2*x\x1bP$q*x\x1b\\",
        "\x1bP1$r0*x\x1b\\\x1bP1$r2*x\x1b\\",
    );
    check_reply("\x1b[?69h\x1b[3;9s\x1bP$qs\x1b\\", "\x1bP1$r3;9s\x1b\\");
    check_reply("\x1b[1\"q\x1bP$q\"q\x1b\\", "\x1bP1$r1\"q\x1b\\");
    check_reply("\x1bP$q!\x1b\\", "\x1bP0$r\x1b\\");
    check_reply(
        "\x1bP+q544e\x1b\\",
        "\x1bP1+r544e=787465726D2D323536636F6C6F72\x1b\\",
    );
    check_reply(
        "\x1bP+q5463;7a7a\x1b\\",
        "\x1bP1+r5463\x1b\\\x1bP0+r7a7a\x1b\\",
    );
    check_reply("\x1bP+q\x1b\\", "\x1bP0+r\x1b\\");
}

#[test]
fn colours_are_told_as_they_are_set() {
    check_reply("\x1b]11;?\x07", "\x1b]11;rgb:0000/0000/0000\x07");
    check_reply("\x1b]10;?\x1b\\", "\x1b]10;rgb:e5e5/e5e5/e5e5\x1b\\");
    check_reply(
        "\x1b]10;?;?\x07",
        "\x1b]10;rgb:e5e5/e5e5/e5e5\x07\x1b]11;rgb:0000/0000/0000\x07",
    );
    check_reply(
        "\x1b]4;1;?;2;?\x07",
        "\x1b]4;1;rgb:cdcd/0000/0000\x07\x1b]4;2;rgb:0000/cdcd/0000\x07",
    );
    check_reply(
        "\x1b]4;1;#010203\x07\x1b]4;1;?\x07",
        "\x1b]4;1;rgb:0101/0202/0303\x07",
    );
    check_reply(
        "\x1b]11;red\x07\x1b]11;?\x07\x1b]111\x07\x1b]11;?\x07",
        "\x1b]11;rgb:ffff/0000/0000\x07\x1b]11;rgb:0000/0000/0000\x07",
    );
    check_reply(
        "\x1b]4;1;red\x07\x1b]104;1\x07\x1b]4;1;?\x07",
        "\x1b]4;1;rgb:cdcd/0000/0000\x07",
    );
    let mut screen = after(5, 1, "\x1b]4;7;red;3;blue\x07\x1b]12;green\x07");
    let red = Rgb { r: 255, g: 0, b: 0 };
    let blue = Rgb { r: 0, g: 0, b: 255 };
    let palette = Arc::clone(&screen.snapshot().palette);
    assert_eq!(palette.indexed, [(3, blue), (7, red)]);
    assert_eq!(palette.cursor, Some(Rgb { r: 0, g: 255, b: 0 }));
    feed(&mut screen, "\x1b]104\x07\x1b]112\x07");
    assert_eq!(*screen.snapshot().palette, Palette::default());
}

#[test]
fn a_terminals_look_is_passed_on() {
    let mut screen = screen(10, 2);
    let background = Some(Rgb {
        r: 250,
        g: 250,
        b: 250,
    });
    let light = TerminalLook {
        palette: Palette {
            background,
            ..Palette::default()
        },
        dark: None,
        cell: Some((9, 18)),
    };
    screen.set_look(light.clone());
    feed(&mut screen, "\x1b]11;?\x07\x1b[16t\x1b[?996n");
    assert_eq!(
        screen.take_replies(),
        b"\x1b]11;rgb:fafa/fafa/fafa\x07\x1b[6;18;9t\x1b[?997;2n"
    );
    feed(&mut screen, "\x1b[?2031h");
    screen.set_look(light);
    assert_eq!(screen.take_replies(), b"");
    screen.set_look(TerminalLook {
        dark: Some(true),
        ..TerminalLook::default()
    });
    assert_eq!(screen.take_replies(), b"\x1b[?997;1n");
    feed(&mut screen, "\x1b[?2048h");
    screen.take_replies();
    screen.resize(Size::clamped(20, 5));
    assert_eq!(screen.take_replies(), b"\x1b[48;5;20;80;160t");
    // The same rows and columns in other pixels.
    let cell = |width, height| TerminalLook {
        cell: Some((width, height)),
        dark: Some(true),
        ..TerminalLook::default()
    };
    screen.set_look(cell(10, 20));
    assert_eq!(screen.take_replies(), b"\x1b[48;5;20;100;200t");
    screen.set_look(cell(10, 20));
    feed(&mut screen, "\x1b[?2048l");
    screen.set_look(cell(8, 16));
    assert_eq!(screen.take_replies(), b"");
}

#[test]
fn titles_directories_progress() {
    let mut screen = after(10, 2, "\x1b]0;one\x07\x1b[22t\x1b]2;two;three\x1b\\");
    assert_eq!(&*screen.snapshot().title, "two;three");
    feed(&mut screen, "\x1b[23;0t");
    assert_eq!(&*screen.snapshot().title, "one");
    feed(&mut screen, "\x1b[23t\x1b]1;icon\x07");
    assert_eq!(&*screen.snapshot().title, "one");
    feed(
        &mut screen,
        format!("\x1b]2;a\u{202e}b\x01{}\x07", "é".repeat(2000)),
    );
    let title = Arc::clone(&screen.snapshot().title);
    assert!(
        title.starts_with("abé") && title.len() == 1024,
        "{} bytes",
        title.len()
    );
    feed(&mut screen, "\x1b]7;file://host/home/a%20b\x07");
    assert_eq!(&*screen.snapshot().directory, "/home/a b");
    feed(
        &mut screen,
        "\x1b]7;http://x/\x07\x1b]7;file://host/%0a\x07",
    );
    assert_eq!(&*screen.snapshot().directory, "/home/a b");
    let cases = [
        ("4;1;40", Progress::Normal(40)),
        ("4;2", Progress::Error(40)),
        ("4;4;999", Progress::Paused(100)),
        ("4;3", Progress::Indeterminate),
        ("4;0", Progress::None),
    ];
    for (body, progress) in cases {
        feed(&mut screen, format!("\x1b]9;{body}\x1b\\"));
        assert_eq!(screen.snapshot().progress, progress, "{body}");
    }
}

#[test]
fn events() {
    let note = |title: &str, body: &str| Event::Notification {
        title: title.into(),
        body: body.into(),
    };
    let copy = |selection: &str, content: &[u8]| Event::Clipboard {
        selection: selection.into(),
        content: content.to_vec(),
    };
    let cases = [
        ("\x07\x07", vec![Event::Bell]),
        ("\x1b]52;c;aGVsbG8=\x07", vec![copy("c", b"hello")]),
        ("\x1b]52;;aGVsbG8=\x07", vec![copy("c", b"hello")]),
        ("\x1b]52;c;?\x07", vec![]),
        ("\x1b]52;c;***\x07", vec![]),
        ("\x1b]9;done\x07", vec![note("", "done")]),
        ("\x1b]777;notify;T;B;C\x07", vec![note("T", "B;C")]),
        (
            "\x1b]99;i=1:d=0;Title\x1b\\\x1b]99;i=1:p=body;Body\x1b\\",
            vec![note("Title", "Body")],
        ),
        ("\x1b]99;;Only\x1b\\", vec![note("Only", "")]),
        ("\x1b]99;e=1;aGVsbG8=\x1b\\", vec![note("hello", "")]),
    ];
    for (bytes, events) in cases {
        let mut screen = after(10, 2, bytes);
        assert_eq!(screen.take_events(), events, "{bytes:?}");
        assert_eq!(screen.take_events(), []);
        assert_eq!(screen.take_replies(), b"", "{bytes:?}");
    }
    let mut screen = screen(10, 2);
    feed(&mut screen, "\x1b]9;many\x07".repeat(10_000));
    assert_eq!(screen.take_events().len(), 64);
    let large = "QUJD".repeat(50_000);
    feed(&mut screen, format!("\x1b]52;c;{large}\x07"));
    assert!(matches!(&*screen.take_events(), [Event::Notice(_)]));
}

#[test]
fn modes_reach_the_snapshot() {
    let bytes =
        "\x1b[?1;5;1002;1006;1004;2004;67h\x1b=\x1b[20h\x1b[>4;1m\x1b[?1007l\x1b[?25l\x1b[5 q";
    let mut screen = after(10, 2, bytes);
    let snapshot = screen.snapshot();
    let modes = snapshot.modes;
    assert!(modes.application_cursor && modes.application_keypad && modes.reverse_video);
    assert!(modes.focus && modes.bracketed_paste && modes.newline && modes.backarrow);
    assert!(!modes.alternate_scroll);
    assert_eq!(modes.mouse, MouseTracking::Button);
    assert_eq!(modes.mouse_encoding, MouseEncoding::Sgr);
    assert_eq!(modes.modify_other_keys, 1);
    assert!(!snapshot.cursor.visible && snapshot.cursor.blink);
    assert_eq!(snapshot.cursor.shape, CursorShape::Bar);
    feed(&mut screen, "\x1bc");
    let fresh = support::screen(10, 2).snapshot();
    let reset = screen.snapshot();
    assert_eq!((reset.modes, reset.cursor), (fresh.modes, fresh.cursor));
}
