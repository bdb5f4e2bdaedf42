//! Styles, links, erasing with a background, marks.

mod support;

use abide_protocol::{Attrs, Book, Color, LineNo, Mark, MarkKind, Rgb, Style, Underline};
use abide_screen::Screen;
use support::{after, feed, style_at};

fn rgb(r: u8, g: u8, b: u8) -> Color {
    Color::Rgb(Rgb { r, g, b })
}

fn check_sgr(codes: &str, expected: impl FnOnce(&mut Style)) {
    let mut style = Style::PLAIN;
    expected(&mut style);
    // At once, and split inside the sequence, which takes another path.
    let sequence = format!("\x1b[{codes}mx");
    let mut whole = after(5, 1, &sequence);
    assert_eq!(style_at(&whole.snapshot(), 0, 0), style, "{codes}");
    let mut split = support::screen(5, 1);
    for byte in sequence.bytes() {
        feed(&mut split, [byte]);
    }
    assert_eq!(style_at(&split.snapshot(), 0, 0), style, "{codes} split");
}

#[test]
fn attributes() {
    let cases = [
        ("1", Attrs::BOLD),
        ("2", Attrs::DIM),
        ("3", Attrs::ITALIC),
        ("5", Attrs::BLINK),
        ("6", Attrs::BLINK),
        ("7", Attrs::INVERSE),
        ("8", Attrs::CONCEAL),
        ("9", Attrs::STRIKE),
        ("53", Attrs::OVERLINE),
        ("1;2;22", Attrs(0)),
        ("3;23", Attrs(0)),
        ("5;25", Attrs(0)),
        ("7;27", Attrs(0)),
        ("8;28", Attrs(0)),
        ("9;29", Attrs(0)),
        ("53;55", Attrs(0)),
        ("1;3;9;0", Attrs(0)),
        ("1;3;9;", Attrs(0)),
        ("1;;3", Attrs::ITALIC),
    ];
    for (codes, attrs) in cases {
        check_sgr(codes, |style| style.attrs = attrs);
    }
}

#[test]
fn underlines() {
    let cases = [
        ("4", Underline::Single),
        ("4:1", Underline::Single),
        ("4:2", Underline::Double),
        ("4:3", Underline::Curly),
        ("4:4", Underline::Dotted),
        ("4:5", Underline::Dashed),
        ("21", Underline::Double),
        ("4:3;4:0", Underline::None),
        ("4;24", Underline::None),
    ];
    for (codes, underline) in cases {
        check_sgr(codes, |style| style.underline = underline);
    }
    check_sgr("58:2::1:2:3", |style| style.underline_color = rgb(1, 2, 3));
    check_sgr("58;5;9", |style| style.underline_color = Color::Indexed(9));
    check_sgr("58;5;9;59", |_| {});
}

#[test]
fn colours() {
    let cases = [
        ("31", Color::Indexed(1)),
        ("97", Color::Indexed(15)),
        ("38;5;200", Color::Indexed(200)),
        ("38:5:200", Color::Indexed(200)),
        ("38;2;1;2;3", rgb(1, 2, 3)),
        ("38:2:1:2:3", rgb(1, 2, 3)),
        ("38:2::1:2:3", rgb(1, 2, 3)),
        ("38:2::1:2:3:0:0", rgb(1, 2, 3)),
        ("31;39", Color::Default),
        ("31;38;5;256", Color::Indexed(1)),
        ("31;38;2;1;2;999", Color::Indexed(1)),
        ("31;38:9:1", Color::Indexed(1)),
    ];
    for (codes, color) in cases {
        check_sgr(codes, |style| style.fg = color);
        let background = codes.replace("31", "41").replace("97", "107");
        let background = background.replace("38", "48").replace("39", "49");
        check_sgr(&background, |style| style.bg = color);
    }
    check_sgr("38;5;1;1", |style| {
        style.fg = Color::Indexed(1);
        style.attrs = Attrs::BOLD;
    });
}

/// Everything that clears cells leaves the background in force, and nothing else of the pen.
#[test]
fn erasing_leaves_the_background() {
    let red = Style {
        bg: Color::Indexed(1),
        ..Style::PLAIN
    };
    let cases = [
        ("\x1b[K", 0, 4),
        ("\x1b[1K", 0, 0),
        ("\x1b[J", 2, 4),
        ("\x1b[2J", 0, 0),
        ("\x1b[3X", 0, 1),
        ("\x1b[2@", 0, 1),
        ("\x1b[2P", 0, 4),
        ("\x1b[L", 0, 3),
        ("\x1b[M", 2, 3),
        ("\x1b[S", 2, 3),
        ("\x1b[T", 0, 3),
        ("\x1b[3;1H\n", 2, 3),
        ("\x1b[3;1H\x1bD", 2, 3),
        ("\x1b[1;1H\x1bM", 0, 3),
        ("\x1b[3;5Hzz", 2, 4),
        ("\x1b[?1049h", 1, 2),
    ];
    for (bytes, row, column) in cases {
        let start = "abcde\r\nabcde\r\nabcde\x1b[1;2H\x1b[1;3;41;32m";
        let mut screen = after(5, 3, format!("{start}{bytes}"));
        assert_eq!(style_at(&screen.snapshot(), row, column), red, "{bytes:?}");
    }
}

#[test]
fn links_belong_to_cells() {
    let open = "\x1b]8;id=a;http://example.com/?x=1;y=2\x1b\\";
    let mut screen = after(20, 2, format!("a{open}bc\x1b[0md\x1b]8;;\x1b\\e"));
    let snapshot = screen.snapshot();
    let links: Vec<(String, Option<String>)> = snapshot.rows[0]
        .runs()
        .map(|(run, text)| {
            (
                text.to_owned(),
                run.link.as_ref().map(|link| link.uri.to_string()),
            )
        })
        .collect();
    let uri = Some("http://example.com/?x=1;y=2".to_owned());
    assert_eq!(
        links,
        [("a".into(), None), ("bcd".into(), uri), ("e".into(), None)]
    );
    // Anonymous links of two openings differ; named ones do not.
    let anonymous = "\x1b]8;;http://a\x07x\x1b]8;;\x07\x1b]8;;http://a\x07y\x1b]8;;\x07";
    let mut screen = after(20, 1, anonymous);
    assert_eq!(screen.snapshot().rows[0].runs().count(), 2);
    let mut screen = after(20, 1, anonymous.replace(";;http", ";id=1;http"));
    assert_eq!(screen.snapshot().rows[0].runs().count(), 1);
    // A link that is too long is dropped, its text stays.
    let mut screen = after(20, 1, format!("\x1b]8;;http://{}\x07x", "a".repeat(3000)));
    assert!(
        screen.snapshot().rows[0]
            .runs()
            .all(|(run, _)| run.link.is_none())
    );
}

#[test]
fn marks_stay_with_their_rows() {
    let prompt = "\x1b]133;A\x07$ \x1b]133;B\x07ls\r\n\x1b]133;C\x07out\r\n\x1b]133;D;3\x07";
    let mut screen = after(10, 3, format!("{prompt}\r\n\r\n"));
    let (_, rows) = screen.rows(abide_protocol::Book::Main, abide_protocol::LineNo(0), 10);
    let expected = [
        Mark {
            column: 0,
            kind: MarkKind::Prompt,
        },
        Mark {
            column: 2,
            kind: MarkKind::Command,
        },
    ];
    assert_eq!(rows[0].marks(), expected);
    let output = [Mark {
        column: 0,
        kind: MarkKind::Output,
    }];
    assert_eq!(rows[1].marks(), output);
    let end = [Mark {
        column: 0,
        kind: MarkKind::End(Some(3)),
    }];
    assert_eq!(screen.snapshot().rows[0].marks(), end);
    // Through history and back, and through a reflow.
    screen.resize(abide_protocol::Size::clamped(1, 12));
    let snapshot = screen.snapshot();
    let marked: Vec<&[Mark]> = snapshot
        .rows
        .iter()
        .map(|row| row.marks())
        .filter(|marks| !marks.is_empty())
        .collect();
    let moved = [Mark {
        column: 0,
        kind: MarkKind::Command,
    }];
    assert_eq!(marked, [&expected[..1], &moved, &output, &end]);
}

/// Text of a 24-bit colour, whatever else is set with it, on the screen, saved, and in history.
#[test]
fn colored_text_keeps_all_of_its_style() {
    let others = [
        "",
        "1",
        "2;3",
        "5",
        "7",
        "8",
        "9",
        "53",
        "1;2;3;5;7;8;9;53",
        "4",
        "48;2;0;0;0",
        "48;5;0",
        "58;5;0",
    ];
    for (r, g, b) in [(0, 0, 0), (1, 2, 3), (255, 255, 255)] {
        for other in others {
            let plain = style_at(&after(5, 2, format!("\x1b[{other}mx")).snapshot(), 0, 0);
            let mut screen = after(5, 2, format!("\x1b[{other};38;2;{r};{g};{b}mx\x1b[m"));
            let expected = Style {
                fg: rgb(r, g, b),
                ..plain
            };
            assert_eq!(style_at(&screen.snapshot(), 0, 0), expected, "{other}");
            let mut loaded = Screen::load(&screen.save(), &support::options(5, 2)).unwrap();
            for screen in [&mut screen, &mut loaded] {
                assert_eq!(style_at(&screen.snapshot(), 0, 0), expected, "{other}");
                feed(screen, "\r\n\n");
                let (_, rows) = screen.rows(Book::Main, LineNo(0), 1);
                assert_eq!(rows[0].runs().next().unwrap().0.style, expected, "{other}");
            }
        }
    }
}

/// More styles, links and clusters than are kept at a time come out right and stay bounded.
#[test]
fn tables_are_collected() {
    let mut screen = support::screen(40, 4);
    for index in 0..30_000u32 {
        let (r, g, b) = (index >> 8, index & 0xff, index % 7);
        let one = char::from_u32(0x301 + index % 64).unwrap();
        let two = char::from_u32(0x301 + index / 64 % 64).unwrap();
        feed(
            &mut screen,
            format!(
                "\r\x1b[4;38;2;{r};{g};{b}mn{index}e{one}{two}\x1b]8;;http://x/{index}\x07l\x1b]8;;\x07"
            ),
        );
        if index % 5000 == 0 {
            let snapshot = screen.snapshot();
            assert_eq!(style_at(&snapshot, 0, 0).fg, rgb(r as u8, g as u8, b as u8));
            let digits = index.to_string();
            assert!(
                snapshot.rows[0]
                    .text()
                    .starts_with(&format!("n{digits}e{one}{two}l"))
            );
        }
    }
}

/// A collection may fall between any two steps: wherever it does, the pen's own style survives.
#[test]
fn a_collection_leaves_the_pen_alone() {
    for offset in 0..4u8 {
        let mut screen = support::screen(100, 60);
        feed(&mut screen, "\x1b[48;5;9m\x1b[K".repeat(offset.into()));
        let part = |index: u32| ((index >> 8) as u8, index as u8);
        // Passes the first collection and uses the ids it freed.
        for index in 0..5900u32 {
            let (red, green) = part(index);
            let text = format!("\x1b[38;2;{red};{green};{offset};48;2;{green};{red};7mé");
            assert_eq!(screen.feed(text.as_bytes()), text.len());
        }
        let snapshot = screen.snapshot();
        for index in 0..5900u32 {
            let (red, green) = part(index);
            let style = style_at(&snapshot, index as usize / 100, (index % 100) as u16);
            assert_eq!(style.fg, rgb(red, green, offset), "{index}");
            assert_eq!(style.bg, rgb(green, red, 7), "{index}");
        }
    }
}
