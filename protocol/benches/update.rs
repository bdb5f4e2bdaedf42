//! What one update costs at 200x50: finding it, writing it, reading it, applying it.
#![allow(clippy::unwrap_used, reason = "a broken bench fails by panicking")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use abide_protocol::message::{ToClient, ViewerHeader};
use abide_protocol::wire::{FrameReader, UpdateBody, encode_update};
use abide_protocol::{
    Attrs, Book, Color, Cursor, LineNo, Modes, Palette, Progress, Revision, Row, RowBuilder, Size,
    Snapshot, Style, apply, diff,
};
use criterion::{Criterion, criterion_group, criterion_main};

const ROWS: u16 = 50;

/// A row as agents show them: some words in colours.
fn row(number: u32) -> Arc<Row> {
    let mut builder = RowBuilder::default();
    for word in 0..24_u8 {
        let style = Style {
            fg: Color::Indexed(word % 6),
            attrs: if word % 7 == 0 {
                Attrs::BOLD
            } else {
                Attrs::default()
            },
            ..Style::PLAIN
        };
        builder.simple(
            &format!("{:>7} ", number.wrapping_mul(u32::from(word) + 7) % 999_983),
            style,
            &None,
        );
    }
    Arc::new(builder.finish(false))
}

fn snapshot(counter: u64, top: u64, rows: Vec<Arc<Row>>) -> Snapshot {
    Snapshot {
        revision: Revision {
            incarnation: 7,
            counter,
        },
        size: Size::new(200, ROWS).unwrap(),
        book: Book::Main,
        rows,
        cursor: Cursor::default(),
        modes: Modes::default(),
        title: "title".into(),
        directory: "/".into(),
        progress: Progress::None,
        palette: Arc::new(Palette::default()),
        top: LineNo(top),
        sealed: LineNo(0),
        first: LineNo(0),
        floor: LineNo(0),
    }
}

/// Rows equal to these in other allocations, as after a repaint.
fn remade(rows: &[Arc<Row>]) -> Vec<Arc<Row>> {
    rows.iter().map(|row| Arc::new((**row).clone())).collect()
}

fn typed(row: &Row, at: usize) -> Arc<Row> {
    let mut builder = RowBuilder::default();
    for (index, (run, text)) in row.runs().enumerate() {
        let text = if index == at {
            text.replace(' ', "#")
        } else {
            text.to_owned()
        };
        builder.simple(&text, run.style, &run.link);
    }
    Arc::new(builder.finish(false))
}

/// Pairs of screens, by what happened between them.
fn cases() -> Vec<(&'static str, Snapshot, Snapshot)> {
    let page: Vec<_> = (0..2 * u32::from(ROWS)).map(row).collect();
    let show = |from: usize| page[from..from + usize::from(ROWS)].to_vec();
    let old = snapshot(1, 0, show(0));
    let mut one = show(0);
    one[30] = typed(&one[30], 12);
    let mut ink = show(0);
    for (index, row) in ink.iter_mut().enumerate().skip(30) {
        *row = if index % 3 == 0 {
            typed(row, index % 20)
        } else {
            remade(&[Arc::clone(row)])[0].clone()
        };
    }
    let mut moved = remade(&show(3));
    moved[44..].clone_from_slice(&show(0)[44..]);
    vec![
        ("nothing", old.clone(), snapshot(2, 0, show(0))),
        ("a character", old.clone(), snapshot(2, 0, one)),
        ("an Ink frame of 20 rows", old.clone(), snapshot(2, 0, ink)),
        (
            "all rows remade, equal",
            old.clone(),
            snapshot(2, 0, remade(&show(0))),
        ),
        ("scrolled by one", old.clone(), snapshot(2, 1, show(1))),
        (
            "repainted, moved by three",
            old.clone(),
            snapshot(2, 0, moved),
        ),
        ("all rows new", old, snapshot(2, 50, show(50))),
    ]
}

fn updates(c: &mut Criterion) {
    for (name, old, new) in cases() {
        let mut group = c.benchmark_group(name);
        let update = diff(&old, &new);
        assert_eq!(apply(&old, &update).as_ref(), Ok(&new));
        let body = UpdateBody::of(&update);
        let mut frame = Vec::new();
        encode_update(&ViewerHeader::default(), &body, &mut frame);
        group.bench_function("diff", |b| {
            b.iter(|| diff(black_box(&old), black_box(&new)));
        });
        group.bench_function(format!("encode {} bytes", frame.len()), |b| {
            b.iter(|| UpdateBody::of(black_box(&update)));
        });
        group.bench_function("decode", |b| {
            let mut reader = FrameReader::<ToClient>::new();
            b.iter(|| {
                reader.push(black_box(&frame));
                reader.next().unwrap()
            });
        });
        group.bench_function("apply", |b| {
            b.iter(|| apply(black_box(&old), black_box(&update)));
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500));
    targets = updates
}
criterion_main!(benches);
