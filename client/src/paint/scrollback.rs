//! Which rows of the session the terminal's own scrollback holds.
//!
//! The keeper sends rows that left the top as a [`Tail`]; what the terminal already holds is
//! dropped here, so that each row arrives there once and in order, whatever was under way while
//! sizes changed or the alternate screen was shown.

use std::sync::Arc;

use abide_protocol::message::Tail;
use abide_protocol::{LineNo, Row, Size};

use super::view::gap_row;

/// The rows of the main screen that are in the native scrollback.
#[derive(Debug, Default)]
pub struct Scrollback {
    /// It holds all rows below this number that it will ever hold. `None`: none yet.
    printed: Option<LineNo>,
    /// First row on the screen when the attachment began: history before it may be incomplete
    /// without a word.
    began: Option<LineNo>,
}

impl Scrollback {
    #[must_use]
    pub fn printed(&self) -> Option<LineNo> {
        self.printed
    }

    /// The row that it wants next.
    #[must_use]
    pub fn next(&self) -> Option<LineNo> {
        self.printed.or(self.began)
    }

    /// The main screen is shown for the first time, with `top` as its first row.
    pub fn begin(&mut self, top: LineNo) {
        self.began.get_or_insert(top);
    }

    /// The terminal moved rows by itself because its height changed: what was on its screen of
    /// `old` size may have left or come back. The scrollback counts as filled up to the session's
    /// new top, but for rows that were never shown.
    pub fn resized(&mut self, old: Size, top: LineNo) {
        if let Some(printed) = self.printed {
            self.printed = Some(top.min(printed.plus(u64::from(old.rows()))));
        }
    }

    /// The rows to let leave now, with a line where some will never come.
    pub fn take(&mut self, tail: Tail, cols: u16) -> Vec<Arc<Row>> {
        let end = tail.from.plus(tail.rows.len() as u64);
        let begins = LineNo(tail.from.0.saturating_sub(tail.skipped));
        let printed = self.printed.unwrap_or(begins);
        if begins > printed || end <= printed {
            return Vec::new();
        }
        self.printed = Some(end);
        let fresh = self.began.is_none_or(|began| tail.from <= began);
        let gap = tail.from.since(printed);
        let mut rows = Vec::with_capacity(tail.rows.len() + 1);
        if gap > 0 && !fresh {
            rows.push(gap_row(gap, cols));
        }
        let known = printed.since(tail.from) as usize;
        rows.extend(tail.rows.into_iter().skip(known));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_protocol::{RowBuilder, Style};

    fn tail(from: u64, skipped: u64, count: u64) -> Tail {
        let row = |number| {
            let mut builder = RowBuilder::default();
            builder.simple(&format!("{number}"), Style::PLAIN, &None);
            Arc::new(builder.finish(false))
        };
        Tail {
            from: LineNo(from),
            skipped,
            rows: (from..from + count).map(row).collect(),
        }
    }

    /// Steps: (from, skipped, count) and the rows that leave, joined.
    fn check(began: u64, steps: &[((u64, u64, u64), &str)]) {
        let mut scrollback = Scrollback::default();
        scrollback.begin(LineNo(began));
        for ((from, skipped, count), expected) in steps {
            let rows = scrollback.take(tail(*from, *skipped, *count), 80);
            let texts: Vec<_> = rows.iter().map(|row| row.text()).collect();
            assert_eq!(texts.join(","), *expected, "{from} {skipped} {count}");
        }
    }

    #[test]
    fn each_row_leaves_once_and_in_order() {
        check(10, &[((7, 0, 3), "7,8,9"), ((10, 0, 2), "10,11")]);
        check(
            10,
            &[((7, 0, 3), "7,8,9"), ((8, 0, 4), "10,11"), ((9, 0, 1), "")],
        );
        check(
            10,
            &[((7, 0, 3), "7,8,9"), ((12, 0, 2), ""), ((10, 0, 1), "10")],
        );
    }

    #[test]
    fn a_gap_is_told_but_not_before_the_attachment_began() {
        check(
            10,
            &[((7, 7, 1), "7"), ((20, 12, 2), "[12 lines skipped],20,21")],
        );
        check(10, &[((20, 10, 1), "[10 lines skipped],20")]);
    }

    #[test]
    fn after_a_resize_only_rows_never_shown_are_missing() {
        let old = Size::clamped(80, 24);
        let printed = |before, top| {
            let mut scrollback = Scrollback {
                printed: Some(LineNo(before)),
                began: Some(LineNo(0)),
            };
            scrollback.resized(old, LineNo(top));
            scrollback.printed
        };
        assert_eq!(printed(100, 110), Some(LineNo(110)));
        assert_eq!(printed(100, 90), Some(LineNo(90)));
        assert_eq!(printed(100, 500), Some(LineNo(124)));
    }
}
