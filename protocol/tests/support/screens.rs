//! Screens with fixed values, and one that follows on another.

use std::sync::Arc;

use abide_protocol::snapshot::{MouseEncoding, MouseTracking};
use abide_protocol::{
    Attrs, Book, Color, Cursor, CursorShape, LineNo, Link, Mark, MarkKind, Modes, Palette,
    Progress, Revision, Rgb, Row, RowBuilder, Size, Snapshot, Style, Underline,
};

const RED: Rgb = Rgb {
    r: 255,
    g: 0,
    b: 16,
};

pub(super) fn size(cols: u16, rows: u16) -> Size {
    Size::new(cols, rows).expect("a legal size")
}

pub(super) fn revision(counter: u64) -> Revision {
    Revision {
        incarnation: 0xfedc_ba98_7654_3210,
        counter,
    }
}

pub(super) fn plain(text: &str) -> Arc<Row> {
    let mut builder = RowBuilder::default();
    builder.simple(text, Style::PLAIN, &None);
    Arc::new(builder.finish(false))
}

fn link() -> Arc<Link> {
    let (id, uri) = ("a1".into(), "https://example.org/ä".into());
    Arc::new(Link { id, uri })
}

/// Every feature of a row.
pub(super) fn rich() -> Arc<Row> {
    let mut builder = RowBuilder::default();
    let bold = Style {
        attrs: Attrs::BOLD,
        ..Style::PLAIN
    };
    let colored = Style {
        fg: Color::Rgb(RED),
        bg: Color::Indexed(236),
        underline_color: Color::Indexed(3),
        underline: Underline::Curly,
        attrs: Attrs(0xff),
    };
    builder.simple("❯ ", bold, &None);
    builder.cluster("漢", 2, Style::PLAIN, &None);
    builder.cluster("👩\u{200d}💻", 2, colored, &None);
    builder.cluster("e\u{301}", 1, bold, &None);
    builder.simple("link", Style::PLAIN, &Some(link()));
    builder.simple(" and ", bold, &None);
    builder.simple("link", bold, &Some(link()));
    for (column, kind) in [
        (0, MarkKind::Prompt),
        (2, MarkKind::Command),
        (4, MarkKind::Output),
        (6, MarkKind::End(None)),
        (8, MarkKind::End(Some(-1))),
    ] {
        builder.mark(Mark { column, kind });
    }
    Arc::new(builder.finish(true))
}

pub(super) fn palette() -> Palette {
    Palette {
        foreground: Some(RED),
        background: None,
        cursor: Some(Rgb { r: 0, g: 0, b: 0 }),
        indexed: vec![(1, RED), (255, RED)],
    }
}

fn snapshot(counter: u64, rows: Vec<Arc<Row>>) -> Snapshot {
    Snapshot {
        revision: revision(counter),
        size: size(40, 6),
        book: Book::Main,
        rows,
        cursor: Cursor {
            row: 5,
            column: 39,
            visible: true,
            shape: CursorShape::Bar,
            blink: true,
        },
        modes: Modes {
            bracketed_paste: true,
            mouse: MouseTracking::Button,
            mouse_encoding: MouseEncoding::Sgr,
            kitty: 5,
            ..Modes::default()
        },
        title: "✳ a title".into(),
        directory: "/home/someone".into(),
        progress: Progress::Normal(40),
        palette: Arc::new(palette()),
        top: LineNo(120),
        sealed: LineNo(100),
        first: LineNo(7),
        floor: LineNo(20),
    }
}

pub(crate) fn before() -> Snapshot {
    let long = plain("a line long enough to be patched");
    let rows = vec![
        plain("gone"),
        rich(),
        Row::blank(),
        long,
        plain("stays"),
        Row::blank(),
    ];
    snapshot(8, rows)
}

pub(super) fn after() -> Snapshot {
    let long = plain("a line long_enough to be patched");
    let rows = vec![
        rich(),
        Row::blank(),
        long,
        plain("stays"),
        plain("new"),
        rich(),
    ];
    let old = before();
    Snapshot {
        top: LineNo(121),
        sealed: LineNo(101),
        cursor: Cursor {
            row: 0,
            ..old.cursor
        },
        title: "done".into(),
        progress: Progress::None,
        ..snapshot(9, rows)
    }
}
