//! Lines that scroll away within one piece of output go past the screen: nobody can tell.

use abide_protocol::message::TerminalLook;
use abide_protocol::{Book, LineNo, Row, Size, Snapshot};
use abide_screen::{Options, Screen};
use std::sync::Arc;

/// What can be seen after feeding `bytes` in pieces of `piece`, with more fed behind it.
fn seen(cols: u16, rows: u16, bytes: &[u8], piece: usize) -> (Vec<Arc<Row>>, Snapshot) {
    let mut screen = Screen::new(Options {
        size: Size::clamped(cols, rows),
        look: TerminalLook::default(),
        incarnation: 1,
        version: "",
        history_bytes: 4 << 20,
        allow_checksum: false,
    });
    let mut feed = |mut bytes: &[u8]| {
        while !bytes.is_empty() {
            let used = screen.feed(bytes);
            bytes = &bytes[used..];
        }
    };
    bytes.chunks(piece).for_each(&mut feed);
    // REP repeats the last character; the cursor and the pen show where they are.
    feed(b"\x1b[3bx");
    assert_eq!(screen.check(), Ok(()));
    let (_, history) = screen.rows(Book::Main, LineNo(0), u64::MAX);
    let mut snapshot = Snapshot::clone(&screen.snapshot());
    snapshot.revision.counter = 0;
    (history, snapshot)
}

/// Lines of every length up to a little more than a row, some of them empty or blank.
fn lines(cols: u16, count: usize) -> String {
    let width = usize::from(cols);
    let line = |index: usize| match index % 7 {
        0 => String::new(),
        1 => " ".repeat(index % width),
        2 => format!("{index} and blanks   "),
        3 => "=".repeat(width),
        _ => format!("line {index} {}", "-".repeat(index * 5 % width)),
    };
    let fit = |text: String| text.chars().take(width).collect::<String>();
    (0..count).map(|index| fit(line(index)) + "\r\n").collect()
}

#[test]
fn pieces_make_no_difference() {
    // What comes before the lines, and what in the midst of them.
    let cases = [
        ("", ""),
        ("text on the screen\r\nand more\r\n", "half a line"),
        (
            "\x1b]133;A\x1b\\$ ls\r\n\x1b]133;C\x1b\\",
            "\x1b]133;D;1\x1b\\",
        ),
        (
            "a line that is far too long for this screen and wraps\r\n",
            "\x1b[1mbold\x1b[m",
        ),
        (
            "",
            "a line that is far too long for this screen and wraps\r\n",
        ),
        ("", "日本語\r\ne\u{301}"),
        ("\x1b[31m", "\x1b[m"),
        ("\x1b[44m", "\x1b[49m"),
        ("\x1b[2;3r", "\x1b[r"),
        ("\x1b[?69h\x1b[2;4s", "\x1b[?69l"),
        ("\x1b[4h", "\x1b[4l"),
        ("\x1b(0", "\x1b(B"),
        ("\x1b[1\"q", "\x1b[0\"q"),
        ("\x1b[?7l", "\x1b[?7h"),
        ("\x1b[?6h\x1b[2;3r", "\x1b[?6l\x1b[r"),
        ("\x1b[?1049h", "\x1b[?1049l"),
        ("\x1b[?2026h", "\x1b[?2026l"),
        ("\x1b[5;1Hx\r", "\x1b[3J"),
        ("\x1b]8;;http://x.test\x1b\\", "\x1b]8;;\x1b\\"),
        ("\x1b[20h", "\x1b[20l"),
    ];
    for (cols, rows) in [(20, 5), (1, 1), (40, 1), (3, 2), (80, 24)] {
        for (before, amid) in cases {
            let many = lines(cols, 150);
            let bytes = format!("{before}{many}{amid}{many}end");
            let whole = seen(cols, rows, bytes.as_bytes(), usize::MAX);
            for piece in [1, 97, 1000] {
                let parts = seen(cols, rows, bytes.as_bytes(), piece);
                assert_eq!(parts, whole, "{cols}x{rows} {before:?} {amid:?} {piece}");
            }
        }
    }
}

#[test]
fn runs_of_wide_characters_are_read_as_they_were_printed() {
    let text = "日本語 ok 한국 e\u{301}漢字👩\u{200d}👧字\x1b[31m赤い\x1b[m x";
    let mut bytes = text.to_owned();
    bytes.push_str(&"\r\n".repeat(3));
    let (history, _) = seen(60, 2, bytes.as_bytes(), usize::MAX);
    let (_, shown) = seen(60, 4, text.as_bytes(), usize::MAX);
    let printed = history[0].text();
    // `seen` adds four letters to what is still on the screen.
    assert_eq!(shown.rows[0].text(), format!("{printed}xxxx"));
    assert_eq!(history[0].cells() + 4, shown.rows[0].cells());
    let runs = |row: &Row| row.runs().map(|run| format!("{run:?}")).collect::<Vec<_>>();
    let (kept, on_screen) = (runs(&history[0]), runs(&shown.rows[0]));
    assert_eq!(kept[..kept.len() - 1], on_screen[..kept.len() - 1]);
}
