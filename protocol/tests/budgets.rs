//! What updates may cost in bytes of frame.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its numbers are small"
)]

mod support;

use std::sync::Arc;

use abide_protocol::message::ViewerHeader;
use abide_protocol::wire::{UpdateBody, encode_update};
use abide_protocol::{
    Attrs, Book, Color, Cursor, EventNo, InputSeq, LineNo, Modes, Palette, Progress, Revision, Rgb,
    Row, RowBuilder, Size, Snapshot, Style, apply, diff, message::Event, record,
};
use proptest::prelude::*;

/// A long session: large numbers cost the most bytes.
const LATE: u64 = 3_000_000_000;

fn screen(size: Size, rows: Vec<Arc<Row>>) -> Snapshot {
    Snapshot {
        revision: Revision {
            incarnation: u64::MAX / 3,
            counter: LATE,
        },
        size,
        book: Book::Main,
        rows,
        cursor: Cursor {
            row: size.rows() - 1,
            column: 100,
            visible: true,
            ..Cursor::default()
        },
        modes: Modes::default(),
        title: "a title".into(),
        directory: "/home/someone".into(),
        progress: Progress::None,
        palette: Arc::new(Palette::default()),
        top: LineNo(LATE),
        sealed: LineNo(LATE - 1000),
        first: LineNo(0),
        floor: LineNo(0),
    }
}

fn after(old: &Snapshot, rows: Vec<Arc<Row>>) -> Snapshot {
    let mut new = old.clone();
    new.rows = rows;
    new.revision.counter += 1;
    new
}

fn cost(old: &Snapshot, new: &Snapshot) -> usize {
    let header = ViewerHeader {
        applied: InputSeq(LATE),
        ..ViewerHeader::default()
    };
    let update = diff(old, new);
    assert_eq!(&apply(old, &update).unwrap(), new);
    let mut frame = Vec::new();
    encode_update(&header, &UpdateBody::of(&update), &mut frame);
    frame.len()
}

fn styled(n: u8) -> Style {
    Style {
        fg: Color::Rgb(Rgb {
            r: n,
            g: 255,
            b: 255 - n,
        }),
        bg: Color::Rgb(Rgb {
            r: 255,
            g: n,
            b: 255 - n,
        }),
        attrs: Attrs(n),
        ..Style::PLAIN
    }
}

/// A row of 200 columns in words of changing style; `extra` replaces the cell at `column`.
fn dense(number: usize, colors: u8, change: Option<(usize, char, Style)>) -> Arc<Row> {
    let mut builder = RowBuilder::default();
    for column in 0..200 {
        let word = (column / 5) as u8 % colors.max(1);
        let style = if colors == 0 {
            Style::PLAIN
        } else {
            styled(word)
        };
        let c = char::from(b'a' + ((column * 7 + number * 13) % 26) as u8);
        let (c, style) = match change {
            Some((at, c, style)) if at == column => (c, style),
            _ => (c, style),
        };
        builder.simple(&c.to_string(), style, &None);
    }
    Arc::new(builder.finish(false))
}

#[test]
fn one_typed_character_costs_at_most_100_bytes() {
    let size = Size::new(200, 50).unwrap();
    for colors in [0, 1, 30] {
        let rows: Vec<_> = (0..50).map(|n| dense(n, colors, None)).collect();
        let old = screen(size, rows.clone());
        for (row, column, c, style) in [
            (0, 0, '!', Style::PLAIN),
            (25, 100, 'ä', styled(200)),
            (25, 102, '漢', styled(201)),
            (49, 199, '!', styled(9)),
        ] {
            let mut rows = rows.clone();
            rows[row] = dense(row, colors, Some((column, c, style)));
            let mut new = after(&old, rows);
            new.cursor.column = column as u16;
            new.cursor.row = row as u16;
            let cost = cost(&old, &new);
            assert!(
                cost <= 100,
                "{colors} colours, {row}:{column}: {cost} bytes"
            );
        }
    }
}

#[test]
fn a_character_appended_to_a_line_costs_at_most_100_bytes() {
    let size = Size::new(200, 50).unwrap();
    let mut text = "the quick brown fox jumps ".repeat(7);
    let line = |text: &str| {
        let mut builder = RowBuilder::default();
        builder.simple("❯ ", styled(3), &None);
        builder.simple(text, Style::PLAIN, &None);
        Arc::new(builder.finish(false))
    };
    let mut rows = vec![Row::blank(); 50];
    rows[49] = line(&text);
    let old = screen(size, rows.clone());
    text.push('!');
    rows[49] = line(&text);
    assert!(cost(&old, &after(&old, rows)) <= 100);
}

/// Rows as words, some blank, some repeated: what agents and shells show.
fn page() -> impl Strategy<Value = Vec<Arc<Row>>> {
    proptest::collection::vec(
        prop_oneof![2 => Just(Row::blank()), 5 => support::row(200), 1 => Just(dense(1, 3, None))],
        100,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The screen shows rows `k..k + 50` of a page of which it showed `0..50`, with a box at the
    /// bottom that did not move; the program scrolled, or painted all of it again.
    #[test]
    fn a_repaint_that_moved_by_k_rows_costs_k_rows(
        page in page(), k in 0_usize..50, fixed in 0_usize..10, scrolled in any::<bool>()
    ) {
        let size = Size::new(200, 50).unwrap();
        let moving = 50 - fixed;
        let show = |from: usize| {
            let mut rows = page[from..from + moving].to_vec();
            rows.extend_from_slice(&page[100 - fixed..]);
            rows
        };
        let old = screen(size, show(0));
        let mut new = after(&old, show(k));
        if scrolled {
            new.top = old.top.plus(k as u64);
            new.sealed = new.top;
        }
        let fresh = k.min(moving);
        let rows = record::encode_rows(&new.rows[moving - fresh..moving]).len();
        let cost = cost(&old, &new);
        prop_assert!(cost <= rows + 200, "{k} rows of {rows} bytes cost {cost}");
    }
}

#[test]
fn a_bell_costs_little() {
    let size = Size::new(200, 50).unwrap();
    let old = screen(size, vec![Row::blank(); 50]);
    let header = ViewerHeader {
        events: vec![(EventNo(LATE), Event::Bell)],
        ..ViewerHeader::default()
    };
    let mut frame = Vec::new();
    encode_update(&header, &UpdateBody::of(&diff(&old, &old)), &mut frame);
    assert!(frame.len() <= 100, "{}", frame.len());
}
