//! Arbitrary values of everything that crosses a border.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unnecessary_box_returns,
    reason = "a test fails by panicking, and messages hold boxes"
)]

use std::sync::Arc;

use abide_protocol::snapshot::{MouseEncoding, MouseTracking};
use abide_protocol::{
    Attrs, Book, Color, Cursor, CursorShape, LineNo, Link, LinkRef, Mark, MarkKind, Modes, Palette,
    Progress, Revision, Rgb, Row, RowBuilder, Size, Snapshot, Style, Underline,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

pub(crate) mod devices;
pub(crate) mod examples;
mod inputs;
pub(crate) mod meaning;
pub(crate) mod messages;
pub(crate) mod screens;
pub(crate) mod share;

/// What one place of a row holds; few kinds, so that rows share runs and differ in small ways.
#[derive(Clone, Debug)]
pub(crate) enum Glyph {
    Text(&'static str),
    Cluster(&'static str, u16),
}

const GLYPHS: &[Glyph] = &[
    Glyph::Text(" "),
    Glyph::Text("   "),
    Glyph::Text("a"),
    Glyph::Text("the quick brown fox"),
    Glyph::Text("─│┌"),
    Glyph::Text("é"),
    Glyph::Text("è"),
    Glyph::Cluster("漢", 2),
    Glyph::Cluster("字", 2),
    Glyph::Cluster("e\u{301}", 1),
    Glyph::Cluster("👩\u{200d}💻", 2),
    Glyph::Cluster("x", 1),
];

pub(crate) fn pen() -> impl Strategy<Value = (Style, LinkRef)> {
    let some = select(vec![
        Style::PLAIN,
        Style {
            fg: Color::Indexed(1),
            ..Style::PLAIN
        },
        Style {
            attrs: Attrs::BOLD,
            ..Style::PLAIN
        },
    ]);
    prop_oneof![
        6 => (some, Just(None)),
        1 => (style(), Just(None)),
        1 => (style(), link().prop_map(Some)),
    ]
}

pub(crate) fn style() -> impl Strategy<Value = Style> {
    let underline = select(vec![
        Underline::None,
        Underline::Single,
        Underline::Double,
        Underline::Curly,
        Underline::Dotted,
        Underline::Dashed,
    ]);
    (color(), color(), color(), underline, any::<u8>()).prop_map(
        |(fg, bg, underline_color, underline, attrs)| Style {
            fg,
            bg,
            underline_color,
            underline,
            attrs: Attrs(attrs),
        },
    )
}

fn color() -> impl Strategy<Value = Color> {
    prop_oneof![
        Just(Color::Default),
        any::<u8>().prop_map(Color::Indexed),
        rgb().prop_map(Color::Rgb),
    ]
}

fn rgb() -> impl Strategy<Value = Rgb> {
    any::<[u8; 3]>().prop_map(|[r, g, b]| Rgb { r, g, b })
}

fn link() -> impl Strategy<Value = Arc<Link>> {
    ("[a-c]{0,2}", "https://[a-z]{1,3}/[äöü]{0,3}").prop_map(|(id, uri)| {
        let (id, uri) = (id.into(), uri.into());
        Arc::new(Link { id, uri })
    })
}

pub(crate) fn mark() -> impl Strategy<Value = Mark> {
    let kind = prop_oneof![
        Just(MarkKind::Prompt),
        Just(MarkKind::Command),
        Just(MarkKind::Output),
        option::of(any::<i32>()).prop_map(MarkKind::End),
    ];
    (0_u16..=1000, kind).prop_map(|(column, kind)| Mark { column, kind })
}

/// A row of at most `cols` columns.
pub(crate) fn row(cols: u16) -> BoxedStrategy<Arc<Row>> {
    let glyph = || (select(GLYPHS), pen());
    let cells = prop_oneof![1 => vec(glyph(), 0..3), 2 => vec(glyph(), 0..24)];
    (cells, any::<bool>(), vec(mark(), 0..3))
        .prop_map(move |(cells, wrapped, marks)| {
            let mut builder = RowBuilder::default();
            let mut left = usize::from(cols);
            for (glyph, (style, link)) in cells {
                match glyph {
                    Glyph::Text(text) if text.chars().count() <= left => {
                        left -= text.chars().count();
                        builder.simple(text, style, &link);
                    }
                    Glyph::Cluster(text, wide) if usize::from(wide) <= left => {
                        left -= usize::from(wide);
                        builder.cluster(text, wide, style, &link);
                    }
                    _ => break,
                }
            }
            for mark in marks {
                builder.mark(mark);
            }
            Arc::new(builder.finish(wrapped))
        })
        .boxed()
}

fn cursor(size: Size) -> impl Strategy<Value = Cursor> {
    let shape = select(vec![
        CursorShape::Default,
        CursorShape::Block,
        CursorShape::Underline,
        CursorShape::Bar,
    ]);
    (
        0..size.rows(),
        0..size.cols(),
        any::<bool>(),
        shape,
        any::<bool>(),
    )
        .prop_map(|(row, column, visible, shape, blink)| Cursor {
            row,
            column,
            visible,
            shape,
            blink,
        })
}

fn modes() -> impl Strategy<Value = Modes> {
    let mouse = select(vec![
        MouseTracking::Off,
        MouseTracking::X10,
        MouseTracking::Any,
    ]);
    let encoding = select(vec![MouseEncoding::X10, MouseEncoding::Sgr]);
    (any::<[bool; 8]>(), mouse, encoding, 0_u8..32, 0_u8..3).prop_map(
        |(flags, mouse, mouse_encoding, kitty, modify_other_keys)| {
            let [
                bracketed_paste,
                focus,
                application_cursor,
                application_keypad,
                rest @ ..,
            ] = flags;
            let [alternate_scroll, reverse_video, newline, backarrow] = rest;
            Modes {
                bracketed_paste,
                mouse,
                mouse_encoding,
                focus,
                application_cursor,
                application_keypad,
                kitty,
                modify_other_keys,
                alternate_scroll,
                reverse_video,
                newline,
                backarrow,
            }
        },
    )
}

pub(crate) fn palette() -> impl Strategy<Value = Palette> {
    let indexed = proptest::collection::btree_map(any::<u8>(), rgb(), 0..4);
    let one = || option::of(rgb());
    (one(), one(), one(), indexed).prop_map(|(foreground, background, cursor, indexed)| Palette {
        foreground,
        background,
        cursor,
        indexed: indexed.into_iter().collect(),
    })
}

fn progress() -> impl Strategy<Value = Progress> {
    prop_oneof![
        Just(Progress::None),
        Just(Progress::Indeterminate),
        (0_u8..=100).prop_map(Progress::Normal),
        (0_u8..=100).prop_map(Progress::Error),
        (0_u8..=100).prop_map(Progress::Paused),
    ]
}

pub(crate) fn book() -> impl Strategy<Value = Book> {
    select(vec![Book::Main, Book::Alternate])
}

pub(crate) fn size() -> impl Strategy<Value = Size> {
    prop_oneof![Just((1, 1)), (1_u16..6, 1_u16..6), (20_u16..90, 4_u16..12),]
        .prop_map(|(cols, rows)| Size::clamped(cols, rows))
}

pub(crate) fn revision() -> impl Strategy<Value = Revision> {
    (any::<u64>(), any::<u64>()).prop_map(|(incarnation, counter)| Revision {
        incarnation,
        counter,
    })
}

pub(crate) fn line() -> impl Strategy<Value = LineNo> {
    prop_oneof![0_u64..40, any::<u64>()].prop_map(LineNo)
}

fn with_rows(size: Size, rows: Vec<Arc<Row>>) -> BoxedStrategy<Snapshot> {
    let texts = ("[ -~äß漢]{0,12}", "/[a-z]{0,8}");
    let state = (cursor(size), modes(), progress(), palette(), texts);
    let lines = (line(), line(), line(), line());
    (revision(), book(), state, lines)
        .prop_map(move |(revision, book, state, lines)| {
            let (cursor, modes, progress, palette, (title, directory)) = state;
            let (top, sealed, first, floor) = lines;
            Snapshot {
                revision,
                size,
                book,
                rows: rows.clone(),
                cursor,
                modes,
                title: title.into(),
                directory: directory.into(),
                progress,
                palette: Arc::new(palette),
                top,
                sealed,
                first,
                floor,
            }
        })
        .boxed()
}

pub(crate) fn snapshot() -> impl Strategy<Value = Snapshot> {
    size().prop_flat_map(|size| {
        let rows = vec(row(size.cols()), usize::from(size.rows()));
        rows.prop_flat_map(move |rows| with_rows(size, rows))
    })
}

/// Where a row of the later snapshot comes from.
#[derive(Clone, Debug)]
enum Origin {
    Old(Index),
    /// The old row at the same place.
    Same,
    Fresh(Arc<Row>),
    /// An old row with the cells from here on replaced.
    Edited(Index, u16, Arc<Row>),
}

fn origin(cols: u16) -> impl Strategy<Value = Origin> {
    prop_oneof![
        2 => any::<Index>().prop_map(Origin::Old),
        4 => Just(Origin::Same),
        1 => row(cols).prop_map(Origin::Fresh),
        3 => (any::<Index>(), 0..cols, row(cols)).prop_map(|(i, at, row)| Origin::Edited(i, at, row)),
    ]
}

/// Two snapshots of which the second took most from the first.
pub(crate) fn pair() -> impl Strategy<Value = (Snapshot, Snapshot)> {
    let sizes = prop_oneof![3 => size().prop_map(|size| (size, size)), 1 => (size(), size())];
    sizes.prop_flat_map(|(before, after)| {
        let rows = vec(row(before.cols()), usize::from(before.rows()));
        let origins = vec(origin(after.cols()), usize::from(after.rows()));
        (rows, origins).prop_flat_map(move |(old, origins)| {
            let cols = after.cols();
            let new = (origins.iter().enumerate())
                .map(|(index, origin)| follow(origin, index, &old, cols))
                .collect();
            (with_rows(before, old), with_rows(after, new))
        })
    })
}

fn follow(origin: &Origin, index: usize, old: &[Arc<Row>], cols: u16) -> Arc<Row> {
    let fitting = |row: &Arc<Row>| {
        let fits = row.cells() <= cols;
        if fits { Arc::clone(row) } else { Row::blank() }
    };
    match origin {
        Origin::Old(index) => fitting(index.get(old)),
        Origin::Same => old.get(index).map_or_else(Row::blank, fitting),
        Origin::Fresh(row) => Arc::clone(row),
        Origin::Edited(index, at, row) => {
            let old: &Arc<Row> = index.get(old);
            Arc::new(spliced(old, *at, row, cols))
        }
    }
}

/// `old` with some cells of `new` from column `at` on, cut to `cols`.
pub(crate) fn spliced(old: &Row, at: u16, new: &Row, cols: u16) -> Row {
    let mut builder = RowBuilder::default();
    let end = at.saturating_add(new.cells() / 3 + 1);
    let parts = [(old, 0, at), (new, at, end), (old, end, cols)];
    for (row, from, to) in parts {
        let mut column = 0;
        for (run, text) in row.runs() {
            for piece in pieces(run, text) {
                let (wide, inside) = (piece.1, column >= from && column + piece.1 <= to);
                column += wide;
                match (inside, run.shape) {
                    (false, _) => {}
                    (true, abide_protocol::Shape::Simple) => {
                        builder.simple(piece.0, run.style, &run.link);
                    }
                    (true, abide_protocol::Shape::Cluster) => {
                        builder.cluster(piece.0, wide, run.style, &run.link);
                    }
                }
            }
        }
    }
    for mark in new.marks() {
        builder.mark(*mark);
    }
    builder.finish(old.wrapped())
}

fn pieces<'t>(run: &abide_protocol::Run, text: &'t str) -> Vec<(&'t str, u16)> {
    match run.shape {
        abide_protocol::Shape::Cluster => vec![(text, run.cells)],
        abide_protocol::Shape::Simple => {
            let starts = text.char_indices();
            starts
                .map(|(at, c)| (&text[at..at + c.len_utf8()], 1))
                .collect()
        }
    }
}
