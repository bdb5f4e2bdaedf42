//! A table for people: aligned columns that fit the terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Blanks between two columns.
const GAP: usize = 2;

/// How a column gives way when the table is too wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Give {
    /// Never.
    Keep,
    /// Cells are cut at their end, down to this many columns.
    Cut(usize),
    /// Cells are cut at their beginning (paths), down to this many columns.
    CutFront(usize),
}

/// A column: its head, how it gives way, and how much it matters. Where cutting does not help,
/// columns that matter least are left out first.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub head: &'static str,
    pub give: Give,
    pub weight: u8,
    pub right: bool,
}

/// A cell: its text and the SGR it is shown with.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    pub text: String,
    pub sgr: Option<&'static str>,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            sgr: None,
        }
    }
}

impl Cell {
    #[must_use]
    pub fn with(mut self, sgr: &'static str) -> Self {
        self.sgr = Some(sgr);
        self
    }
}

/// Lays out the table: one line per row, heads first. `width`: columns of the terminal, `None` for
/// no bound. `color`: cells may have their SGR.
#[must_use]
pub fn layout(
    columns: &[Column],
    rows: &[Vec<Cell>],
    width: Option<usize>,
    color: bool,
) -> Vec<String> {
    let widths = fit(columns, &natural(columns, rows), width);
    let heads: Vec<Cell> = columns
        .iter()
        .map(|column| Cell::from(column.head).with("1"))
        .collect();
    std::iter::once(&heads)
        .chain(rows)
        .map(|row| line(columns, row, &widths, color))
        .collect()
}

/// The width of each column without any cutting.
fn natural(columns: &[Column], rows: &[Vec<Cell>]) -> Vec<usize> {
    columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let cells = rows.iter().filter_map(|row| row.get(index));
            let widest = cells.map(|cell| cell.text.width()).max();
            widest.unwrap_or(0).max(column.head.width())
        })
        .collect()
}

/// The width each column gets; `None` for one that is left out.
fn fit(columns: &[Column], natural: &[usize], width: Option<usize>) -> Vec<Option<usize>> {
    let mut widths: Vec<Option<usize>> = natural.iter().copied().map(Some).collect();
    let Some(width) = width else { return widths };
    let total = |widths: &[Option<usize>]| {
        let shown: Vec<_> = widths.iter().flatten().collect();
        shown.iter().copied().sum::<usize>() + GAP * shown.len().saturating_sub(1)
    };
    let least = |index: usize, natural: usize| match columns[index].give {
        Give::Keep => natural,
        Give::Cut(least) | Give::CutFront(least) => {
            natural.min(least.max(columns[index].head.len()))
        }
    };
    // Leave out what cannot be shown even when everything is cut as far as it goes.
    loop {
        let cut: Vec<_> = widths
            .iter()
            .enumerate()
            .map(|(index, width)| width.map(|natural| least(index, natural)))
            .collect();
        let lightest = (0..columns.len())
            .filter(|index| widths[*index].is_some())
            .min_by_key(|index| columns[*index].weight);
        match lightest {
            Some(index) if total(&cut) > width && widths.iter().flatten().count() > 1 => {
                widths[index] = None;
            }
            _ => break,
        }
    }
    // Cut the widest first, so that short cells stay whole.
    while total(&widths) > width {
        let widest = (0..columns.len())
            .filter_map(|index| Some((index, widths[index]?)))
            .filter(|(index, now)| *now > least(*index, natural[*index]))
            .max_by_key(|(_, now)| *now);
        let Some((index, now)) = widest else { break };
        widths[index] = Some(now - 1);
    }
    widths
}

fn line(columns: &[Column], row: &[Cell], widths: &[Option<usize>], color: bool) -> String {
    let mut line = String::new();
    let mut due = 0;
    for ((column, cell), width) in columns.iter().zip(row).zip(widths) {
        let Some(width) = *width else { continue };
        let text = match column.give {
            Give::CutFront(_) => cut_front(&cell.text, width),
            Give::Keep | Give::Cut(_) => cut(&cell.text, width),
        };
        let spare = width.saturating_sub(text.width());
        let (before, after) = if column.right { (spare, 0) } else { (0, spare) };
        line.extend(std::iter::repeat_n(' ', due + before));
        match cell.sgr.filter(|_| color && !text.is_empty()) {
            Some(sgr) => line.extend(["\x1b[", sgr, "m", text.as_str(), "\x1b[m"]),
            None => line.push_str(&text),
        }
        due = after + GAP;
    }
    line.truncate(line.trim_end().len());
    line
}

/// At most `width` columns of the beginning.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.into();
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// At most `width` columns of the end.
fn cut_front(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.into();
    }
    let mut start = text.len();
    let mut used = 1;
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        start = at;
    }
    format!("…{}", text.get(start..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column {
            head: "NAME",
            give: Give::Cut(6),
            weight: 9,
            right: false,
        },
        Column {
            head: "AGE",
            give: Give::Keep,
            weight: 5,
            right: true,
        },
        Column {
            head: "DIRECTORY",
            give: Give::CutFront(9),
            weight: 1,
            right: false,
        },
    ];

    fn check(width: Option<usize>, expected: &[&str]) {
        let rows = [
            vec!["work".into(), "3m".into(), "/home/me/src/abide".into()],
            vec!["日本語セッション".into(), "12h".into(), "/".into()],
        ];
        let lines = layout(&COLUMNS, &rows, width, false);
        assert_eq!(lines, expected, "{width:?}");
        for line in lines {
            assert!(width.is_none_or(|width| line.width() <= width), "{line}");
        }
    }

    #[test]
    fn tables_fit_the_terminal() {
        check(
            None,
            &[
                "NAME              AGE  DIRECTORY",
                "work               3m  /home/me/src/abide",
                "日本語セッション  12h  /",
            ],
        );
        check(
            Some(32),
            &[
                "NAME           AGE  DIRECTORY",
                "work            3m  …e/src/abide",
                "日本語セッシ…  12h  /",
            ],
        );
        check(
            Some(15),
            &["NAME        AGE", "work         3m", "日本語セ…   12h"],
        );
        check(Some(6), &["NAME", "work", "日本…"]);
    }

    #[test]
    fn colours_take_no_room() {
        let rows = [vec![
            Cell::from("a").with("32"),
            "1s".into(),
            Cell::default(),
        ]];
        let lines = layout(&COLUMNS, &rows, Some(80), true);
        assert_eq!(lines[1], "\x1b[32ma\x1b[m      1s");
    }
}
