//! The painter's law in the session's own terms: a terminal like ours that is painted on shows
//! the very rows, with their links, underlines, clusters and soft wraps.

use std::sync::Arc;

use abide_protocol::message::TerminalLook;
use abide_protocol::{
    Attrs, Book, Color, Cursor, Link, LinkRef, Rgb, Row, RowBuilder, Size, Style, Underline,
};
use abide_screen::{Options, Screen};
use proptest::prelude::*;

use super::tests::steps_of;
use super::{Caps, Painter, Surface, View};

const COLS: u16 = 14;
const ROWS: u16 = 6;

fn size() -> Size {
    Size::new(COLS, ROWS).unwrap()
}

fn terminal() -> Screen {
    Screen::new(Options {
        size: size(),
        look: TerminalLook::default(),
        incarnation: 1,
        version: "test",
        history_bytes: 1 << 20,
        allow_checksum: false,
    })
}

fn feed(terminal: &mut Screen, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let used = terminal.feed(bytes);
        bytes = &bytes[used..];
    }
}

fn any_style() -> impl Strategy<Value = Style> {
    let color = || {
        prop_oneof![
            Just(Color::Default),
            any::<u8>().prop_map(Color::Indexed),
            Just(Color::Rgb(Rgb { r: 1, g: 2, b: 3 })),
        ]
    };
    let underline = prop::sample::select(vec![
        Underline::None,
        Underline::Single,
        Underline::Double,
        Underline::Curly,
        Underline::Dashed,
    ]);
    let any = (color(), color(), color(), underline, any::<u8>());
    let styled = any.prop_map(|(fg, bg, underline_color, underline, attrs)| Style {
        fg,
        bg,
        underline_color: match underline {
            Underline::None => Color::Default,
            _ => underline_color,
        },
        underline,
        attrs: Attrs(attrs),
    });
    prop_oneof![Just(Style::PLAIN), styled]
}

fn any_link() -> impl Strategy<Value = LinkRef> {
    let link = |id: &str| {
        Some(Arc::new(Link {
            id: id.into(),
            uri: "https://example.org/".into(),
        }))
    };
    prop::sample::select(vec![None, None, None, link("a"), link("b")])
}

fn any_row() -> impl Strategy<Value = Arc<Row>> {
    let text = prop_oneof![
        4 => "[a-z ]{1,9}".prop_map(|text| (text, 0)),
        1 => "[äλж→]{1,3}".prop_map(|text| (text, 0)),
        1 => Just(("漢".to_owned(), 2)),
        1 => Just(("👩‍💻".to_owned(), 2)),
        1 => Just(("e\u{301}".to_owned(), 1)),
        1 => Just((" ".repeat(8), 0)),
    ];
    let pieces = prop::collection::vec((text, any_style(), any_link()), 0..6);
    (pieces, any::<bool>()).prop_map(|(pieces, wrapped)| {
        let mut builder = RowBuilder::default();
        let mut room = COLS;
        for ((text, width), style, link) in pieces {
            if width > 0 && width <= room {
                builder.cluster(&text, width, style, &link);
                room -= width;
            } else if width == 0 {
                let part: String = text.chars().take(usize::from(room)).collect();
                builder.simple(&part, style, &link);
                room -= part.chars().count() as u16;
            }
        }
        // A terminal can only be made to wrap where a cell of certain width stands at the end.
        Arc::new(builder.finish(wrapped && room == 0))
    })
}

/// Whether the terminal can be made to wrap this row into the next one by itself.
fn wraps(row: &Row, below: Option<&Arc<Row>>) -> bool {
    let certain = |cells: &[super::cells::Cell<'_>], index: usize| cells[index].certain;
    let cells = super::cells::expand(row, COLS);
    let last = cells.len() - 1 - usize::from(cells[cells.len() - 1].width == 0);
    row.wrapped()
        && certain(&cells, last)
        && below.is_some_and(|below| certain(&super::cells::expand(below, COLS), 0))
}

/// The row as a terminal can hold it.
fn held(row: &Row, wrapped: bool) -> Row {
    let mut builder = RowBuilder::default();
    for (run, text) in row.runs() {
        match run.shape {
            abide_protocol::Shape::Simple => builder.simple(text, run.style, &run.link),
            abide_protocol::Shape::Cluster => {
                builder.cluster(text, run.cells, run.style, &run.link);
            }
        }
    }
    builder.finish(wrapped)
}

/// Whether the terminal holds `row`. A soft wrap may stay unknown to it where it cannot be made
/// to wrap, and a former one may stay on the screen, but not go into the scrollback.
fn holds(shown: &Row, row: &Row, below: Option<&Arc<Row>>, kept: bool) -> bool {
    let wrapped = match (row.wrapped(), wraps(row, below)) {
        (true, true) => true,
        (false, _) if kept || row.cells() < COLS => false,
        _ => shown.wrapped(),
    };
    *shown == held(row, wrapped)
}

fn view(rows: &[Arc<Row>], cursor: (u16, u16)) -> View {
    View {
        size: size(),
        rows: rows.to_vec(),
        cursor: Cursor {
            row: cursor.0,
            column: cursor.1,
            visible: true,
            ..Cursor::default()
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_terminal_holds_the_very_rows(steps in steps_of(any_row(), ROWS, COLS), full in any::<bool>()) {
        let mut terminal = terminal();
        let mut painter = Painter::new(Caps::FULL);
        if full {
            let bytes = painter.switch(Surface::Full, size());
            feed(&mut terminal, &bytes);
        }
        for (leaving, rows, cursor) in &steps {
            let leaving: &[_] = if full { &[] } else { leaving };
            let bytes = painter.paint(&view(rows, *cursor), leaving);
            feed(&mut terminal, &bytes);
            let shown = terminal.snapshot();
            let top = terminal.top(Book::Main);
            let from = abide_protocol::LineNo(top.0 - leaving.len() as u64);
            let (_, kept) = terminal.rows(Book::Main, from, leaving.len() as u64);
            let all: Vec<_> = leaving.iter().chain(rows).collect();
            for (index, row) in all.iter().enumerate() {
                let visible = || shown.rows.get(index - kept.len());
                let found = kept.get(index).or_else(visible).unwrap();
                let below = all.get(index + 1).copied();
                let holds = holds(found, row, below, index < kept.len());
                prop_assert!(holds, "row {index} of {}: {found:?}", kept.len());
            }
            prop_assert_eq!((shown.cursor.row, shown.cursor.column), *cursor);
        }
    }
}
