//! Rows as cells, to be compared and cut by columns.

use std::sync::Arc;

use abide_protocol::{LinkRef, Row, RowBuilder, Shape, Style};

/// One column of a row.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Cell<'a> {
    /// Empty for the second column of a wide cluster.
    pub text: &'a str,
    /// Columns that `text` takes; 0 for the second column of a wide cluster.
    pub width: u8,
    /// Its width is beyond doubt: one plain character, or one that every terminal knows as wide.
    pub certain: bool,
    pub style: Style,
    pub link: &'a LinkRef,
}

const NO_LINK: LinkRef = None;

impl Cell<'_> {
    pub(crate) const BLANK: Self = Self {
        text: " ",
        width: 1,
        certain: true,
        style: Style::PLAIN,
        link: &NO_LINK,
    };

    pub(crate) fn blank(&self) -> bool {
        *self == Self::BLANK
    }
}

/// The cells of `row`, cut or filled with blanks to `cols`.
pub(crate) fn expand(row: &Row, cols: u16) -> Vec<Cell<'_>> {
    let cols = usize::from(cols);
    let mut cells = Vec::with_capacity(cols);
    for (run, text) in row.runs() {
        let (style, link) = (run.style, &run.link);
        let cell = |text, width, certain| Cell {
            text,
            width,
            certain,
            style,
            link,
        };
        match run.shape {
            Shape::Simple => cells.extend(
                text.char_indices()
                    .map(|(at, c)| cell(&text[at..at + c.len_utf8()], 1, true)),
            ),
            Shape::Cluster => {
                let width = run.cells.min(2) as u8;
                cells.push(cell(text, width, width == 2 && surely_wide(text)));
                if width == 2 {
                    cells.push(cell("", 0, true));
                }
            }
        }
    }
    cells.truncate(cols);
    if let Some(last) = cells.last_mut().filter(|last| last.width == 2) {
        *last = Cell {
            style: last.style,
            ..Cell::BLANK
        };
    }
    cells.resize(cols, Cell::BLANK);
    cells
}

/// Ideographs, kana, hangul and full-width forms: two columns in every terminal since decades.
fn surely_wide(text: &str) -> bool {
    let mut chars = text.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else {
        return false;
    };
    matches!(c,
        '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{ff01}'..='\u{ff60}'
        | '\u{3001}'..='\u{3002}' | '\u{300c}'..='\u{300f}')
}

/// Columns `[from, from + count)` of `row` as a row of their own; half a cluster becomes a blank.
pub(crate) fn cut(row: &Arc<Row>, from: u16, count: u16) -> Arc<Row> {
    if from == 0 && row.cells() <= count && !row.wrapped() {
        return Arc::clone(row);
    }
    let cells = expand(row, from.saturating_add(count));
    let mut builder = RowBuilder::default();
    for (index, cell) in cells.iter().enumerate().skip(usize::from(from)) {
        match cell.width {
            0 if index == usize::from(from) => builder.simple(" ", cell.style, &None),
            0 => {}
            1 if cell.certain => builder.simple(cell.text, cell.style, cell.link),
            width => builder.cluster(cell.text, u16::from(width), cell.style, cell.link),
        }
    }
    Arc::new(builder.finish(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(parts: &[(&str, u16)]) -> Arc<Row> {
        let mut builder = RowBuilder::default();
        for (text, cells) in parts {
            if *cells == 0 {
                builder.simple(text, Style::PLAIN, &None);
            } else {
                builder.cluster(text, *cells, Style::PLAIN, &None);
            }
        }
        Arc::new(builder.finish(false))
    }

    #[test]
    fn rows_are_cut_by_columns() {
        let check = |parts: &[(&str, u16)], from, count, expected: &str| {
            let cut = cut(&row(parts), from, count);
            assert_eq!(cut.text(), expected, "{parts:?} {from} {count}");
        };
        check(&[("hello", 0)], 0, 10, "hello");
        check(&[("hello", 0)], 1, 3, "ell");
        check(&[("hello", 0)], 7, 3, "");
        check(&[("a", 0), ("漢", 2), ("b", 0)], 0, 3, "a漢");
        check(&[("a", 0), ("漢", 2), ("b", 0)], 0, 2, "a");
        check(&[("a", 0), ("漢", 2), ("b", 0)], 2, 2, " b");
    }

    #[test]
    fn cells_fill_the_width_exactly() {
        for cols in 1..6 {
            let row = row(&[("a", 0), ("漢", 2), ("b", 0)]);
            assert_eq!(expand(&row, cols).len(), usize::from(cols));
        }
    }
}
