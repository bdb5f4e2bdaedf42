//! Two emulators side by side: which cells differ, and which differences have a reason.

use std::fmt::Write;

use crate::emulator::{Cursor, Line, State};

/// One difference a person could see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    pub place: String,
    pub expected: String,
    pub got: String,
}

/// A cell that may differ, and why. Never a whole program.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    pub column: u16,
    pub row: u16,
    pub reason: &'static str,
}

/// What `got` shows differently from `expected`, at most `limit` differences.
pub fn screens(
    expected: &State,
    got: &State,
    exceptions: &[Exception],
    limit: usize,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut note = |place: String, expected: String, got: String| {
        if expected != got {
            found.push(Difference {
                place,
                expected,
                got,
            });
        }
    };
    note(
        "size".into(),
        format!("{}x{}", expected.columns, expected.rows),
        format!("{}x{}", got.columns, got.rows),
    );
    note("screen".into(), expected.screen.clone(), got.screen.clone());
    note(
        "cursor".into(),
        cursor(&expected.cursor),
        cursor(&got.cursor),
    );
    for (row, (left, right)) in expected.lines.iter().zip(&got.lines).enumerate() {
        if left.runs != right.runs {
            lines(row as u16, left, right, exceptions, &mut found);
        }
    }
    found.truncate(limit);
    found
}

/// A hidden cursor is nowhere.
fn cursor(cursor: &Cursor) -> String {
    if cursor.visible {
        format!("column {} row {}", cursor.column, cursor.row)
    } else {
        "hidden".into()
    }
}

fn lines(
    row: u16,
    expected: &Line,
    got: &Line,
    exceptions: &[Exception],
    found: &mut Vec<Difference>,
) {
    let blank = |column| (column, " ".to_owned(), 1, String::new());
    let (left, right) = (expected.cells(), got.cells());
    let by_column = |cells: &[(u16, String, u16, String)], column: u16| {
        cells
            .iter()
            .find(|cell| cell.0 == column)
            .cloned()
            .unwrap_or_else(|| blank(column))
    };
    let end = left
        .iter()
        .chain(&right)
        .map(|cell| cell.0 + 1)
        .max()
        .unwrap_or(0);
    for column in 0..end {
        let (a, b) = (by_column(&left, column), by_column(&right, column));
        let excused = exceptions
            .iter()
            .any(|e| e.column == column && e.row == row);
        if a != b && !excused {
            found.push(Difference {
                place: format!("row {row} column {column}"),
                expected: format!("{:?} {} {:?}", a.1, a.2, a.3),
                got: format!("{:?} {} {:?}", b.1, b.2, b.3),
            });
        }
    }
}

/// Rows that are in one scrollback and not in the other, in order; equal rows are matched greedily
/// from the newest back, so that a screen repeated or left out after a resize costs only itself.
pub fn scrollbacks(expected: &[Line], got: &[Line]) -> (usize, usize) {
    let common = longest_common(expected, got);
    (expected.len() - common, got.len() - common)
}

/// Length of the longest common subsequence; equal ends are cut off first.
fn longest_common(a: &[Line], b: &[Line]) -> usize {
    let same = |(x, y): &(&Line, &Line)| x.runs == y.runs;
    let head = a.iter().zip(b).take_while(same).count();
    let (a, b) = (&a[head..], &b[head..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(same).count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    let mut above = vec![0_usize; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (column, y) in b.iter().enumerate() {
            let old = above[column + 1];
            above[column + 1] = if x.runs == y.runs {
                diagonal + 1
            } else {
                old.max(above[column])
            };
            diagonal = old;
        }
    }
    head + end + above[b.len()]
}

/// A report for people.
pub fn report(differences: &[Difference]) -> String {
    let mut text = String::new();
    for difference in differences {
        let Difference {
            place,
            expected,
            got,
        } = difference;
        let _ = writeln!(text, "  {place}: expected {expected}, got {got}");
    }
    text
}
