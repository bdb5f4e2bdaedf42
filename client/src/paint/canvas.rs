//! One screen of the user's terminal as we have painted it, and how it becomes another.

use std::sync::Arc;

use abide_protocol::{Row, Size, Style};

use super::cells::{Cell, expand};
use super::stylus::Stylus;

/// Equal cells between two changed places that are cheaper to write again than to jump over.
const BRIDGE: usize = 4;
/// Blanks at the end of a row from which erasing is shorter than writing.
const WORTH_ERASING: usize = 4;

/// What a terminal's screen shows.
pub(crate) struct Canvas {
    size: Size,
    /// `None`: not known, must be written whole.
    rows: Vec<Option<Arc<Row>>>,
    /// The terminal itself wrapped from this row into the next, so that it selects and reflows
    /// them as one line.
    joined: Vec<bool>,
}

impl Canvas {
    /// A screen of which nothing is known.
    pub(crate) fn unknown(size: Size) -> Self {
        let rows = usize::from(size.rows());
        Self {
            size,
            rows: vec![None; rows],
            joined: vec![false; rows],
        }
    }

    /// A screen that has just been cleared.
    pub(crate) fn blank(size: Size) -> Self {
        let mut canvas = Self::unknown(size);
        canvas.rows.fill(Some(Row::blank()));
        canvas
    }

    pub(crate) fn size(&self) -> Size {
        self.size
    }

    /// The lowest row that may show something.
    pub(crate) fn last_used(&self) -> u16 {
        let blank = |row: &Option<Arc<Row>>| row.as_ref().is_some_and(|row| row.cells() == 0);
        let used = self.rows.iter().rposition(|row| !blank(row)).unwrap_or(0);
        used as u16
    }

    fn bottom(&self) -> u16 {
        self.size.rows() - 1
    }

    /// Paints `leaving` followed by `staying` as if the terminal had shown them line by line:
    /// afterwards it shows `staying` (one screen), and `leaving` has left into the scrollback.
    pub(crate) fn scroll(
        &mut self,
        leaving: &[Arc<Row>],
        staying: &[Arc<Row>],
        stylus: &mut Stylus,
    ) {
        let height = usize::from(self.size.rows());
        let all = || leaving.iter().chain(staying);
        let first: Vec<_> = all().take(height).cloned().collect();
        self.patch(&first, stylus);
        if leaving.is_empty() {
            return;
        }
        self.part(&first, leaving.len().min(height), stylus);
        let mut above = &first[height - 1];
        let mut joins = Vec::new();
        for row in all().skip(height) {
            let joined = self.append(above, row, stylus);
            joins.push(joined);
            above = row;
        }
        stylus.autowrap(false);
        self.rows = staying.iter().cloned().map(Some).collect();
        // joins[i]: whether row height - 1 + i of all was joined to the one below it.
        let mut joined = std::mem::take(&mut self.joined);
        joined.truncate(height - 1);
        joined.extend(joins);
        joined.push(false);
        self.joined = joined.split_off(joined.len() - height);
    }

    /// Writes `row` below the bottom row, which shows `above`; whether the terminal itself wrapped.
    fn append(&mut self, above: &Row, row: &Row, stylus: &mut Stylus) -> bool {
        let cols = self.size.cols();
        let bottom = self.bottom();
        let cells = expand(row, cols);
        let Some(last) = self.joint(above, &cells) else {
            stylus.autowrap(false);
            stylus.feed_line(bottom);
            self.write_fresh(row, &cells, 0, stylus);
            return false;
        };
        let above = expand(above, cols);
        self.wrap(&above, last, &cells, bottom, stylus);
        let first = usize::from(cells[0].width);
        let coloured = !stylus.background_is_plain();
        stylus.wrapped_onto(bottom, first as u16, cols);
        stylus.autowrap(false);
        self.write_fresh(row, &cells, first, stylus);
        if coloured && row.cells() < cols {
            stylus.go(bottom, row.cells().max(first as u16));
            stylus.erase_line(&Style::PLAIN);
        }
        true
    }

    /// Writes the cells of a row from `from` on to the bottom row, which is blank there.
    fn write_fresh(&self, row: &Row, cells: &[Cell<'_>], from: usize, stylus: &mut Stylus) {
        let end = usize::from(row.cells().min(self.size.cols()));
        self.write(self.bottom(), cells, from, end, None, stylus);
    }

    /// The column of the last cell of a row if the row can be wrapped into `below` by the terminal.
    fn joint(&self, row: &Row, below: &[Cell<'_>]) -> Option<usize> {
        let cols = self.size.cols();
        if !row.wrapped() || row.cells() != cols || cols < 2 {
            return None;
        }
        let cells = expand(row, cols);
        let last = cells.len() - 1 - usize::from(cells.last()?.width == 0);
        (cells[last].certain && below.first()?.certain).then_some(last)
    }

    /// Writes the last cell of `row` and the first of the one below it with autowrap on.
    fn wrap(
        &self,
        above: &[Cell<'_>],
        last: usize,
        below: &[Cell<'_>],
        row: u16,
        stylus: &mut Stylus,
    ) {
        let cols = self.size.cols();
        // Moving the cursor also ends the terminal's pending wrap, whatever it was.
        stylus.go(row, last as u16);
        stylus.autowrap(true);
        for cell in [&above[last], &below[0]] {
            stylus.dress(&cell.style, cell.link);
            stylus.text(cell.text, u16::from(cell.width), cols);
        }
    }

    /// Repaints in place what differs from `wanted`, and joins what is wrapped.
    pub(crate) fn patch(&mut self, wanted: &[Arc<Row>], stylus: &mut Stylus) {
        for (index, row) in (0u16..).zip(wanted) {
            let old = self.rows[usize::from(index)].take();
            if let Some(old) = old.as_ref()
                && (Arc::ptr_eq(old, row) || old == row)
            {
                self.rows[usize::from(index)] = Some(Arc::clone(row));
                continue;
            }
            stylus.autowrap(false);
            let part = self.joined[usize::from(index)] && !row.wrapped();
            let touched = self.patch_row(index, old.as_deref(), row, part, stylus);
            if touched.end {
                self.joined[usize::from(index)] = false;
            }
            if touched.whole && index > 0 {
                self.joined[usize::from(index - 1)] = false;
            }
            self.rows[usize::from(index)] = Some(Arc::clone(row));
        }
        self.join(wanted, stylus);
    }

    /// Lets the terminal wrap by itself where rows are wrapped and it does not know.
    fn join(&mut self, wanted: &[Arc<Row>], stylus: &mut Stylus) {
        for (index, pair) in (0u16..).zip(wanted.windows(2)) {
            let at = usize::from(index);
            let [row, below] = pair else { continue };
            if self.joined[at] || !row.wrapped() {
                continue;
            }
            let below = expand(below, self.size.cols());
            let Some(last) = self.joint(row, &below) else {
                continue;
            };
            let above = expand(row, self.size.cols());
            self.wrap(&above, last, &below, index, stylus);
            stylus.wrapped_onto(index + 1, u16::from(below[0].width), self.size.cols());
            stylus.autowrap(false);
            self.joined[at] = true;
        }
    }

    /// Parts rows that the terminal holds for one line but are not, among the `leaving` first.
    fn part(&mut self, shown: &[Arc<Row>], leaving: usize, stylus: &mut Stylus) {
        for (index, row) in (0u16..).zip(&shown[..leaving]) {
            let at = usize::from(index);
            if !self.joined[at] || row.wrapped() || at + 1 >= shown.len() {
                continue;
            }
            let cells = expand(row, self.size.cols());
            let last = cells.len() - 1 - usize::from(cells[cells.len() - 1].width == 0);
            stylus.go(index, last as u16);
            stylus.erase_line(&Style::PLAIN);
            self.write(index, &cells, last, cells.len(), None, stylus);
            // A line feed onto the next row tells the terminals that keep the mark there.
            stylus.go(index, 0);
            stylus.raw(b"\n");
            stylus.forget_cursor();
            self.joined[at] = false;
        }
    }

    /// Repaints one row. `part`: the terminal has joined it to the next one, which erasing its end
    /// undoes.
    fn patch_row(
        &self,
        at: u16,
        old: Option<&Row>,
        new: &Row,
        part: bool,
        stylus: &mut Stylus,
    ) -> Touched {
        let cols = self.size.cols();
        let width = usize::from(cols);
        let fresh = expand(new, cols);
        let end = usize::from(new.cells().min(cols));
        let Some(old) = old else {
            self.write(at, &fresh, 0, end, Some(&[]), stylus);
            if end < width {
                stylus.go(at, end as u16);
                stylus.erase_line(&Style::PLAIN);
            }
            return Touched {
                end: true,
                whole: end == 0,
            };
        };
        let stale = expand(old, cols);
        let (mut limit, mut tail) = (width, None);
        let used = usize::from(old.cells().min(cols));
        if used >= end + WORTH_ERASING || part && end < width {
            (limit, tail) = (end, Some(Style::PLAIN));
        } else if let Some((from, style)) = coloured_tail(&fresh, stylus)
            && stale[from..] != fresh[from..]
        {
            (limit, tail) = (from, Some(style));
        }
        let mut touched_end = tail.is_some();
        let mut column = 0;
        while let Some((from, to)) = next_change(&stale, &fresh, column, limit) {
            self.write(at, &fresh, from, to, Some(&stale), stylus);
            touched_end |= to == width;
            column = to;
        }
        if let Some(style) = tail {
            stylus.go(at, limit as u16);
            stylus.erase_line(&style);
        }
        Touched {
            end: touched_end,
            whole: tail.is_some() && limit == 0,
        }
    }

    /// Writes `cells[from..to]` of row `at`. `under`: what stands there (`None`: blanks; shorter
    /// than the row: unknown beyond).
    fn write(
        &self,
        at: u16,
        cells: &[Cell<'_>],
        from: usize,
        to: usize,
        under: Option<&[Cell<'_>]>,
        stylus: &mut Stylus,
    ) {
        let cols = self.size.cols();
        for (column, cell) in cells.iter().enumerate().take(to).skip(from) {
            if cell.width == 0 {
                continue;
            }
            stylus.go(at, column as u16);
            stylus.dress(&cell.style, cell.link);
            if cell.certain && cell.width == 1 {
                stylus.text(cell.text, 1, cols);
            } else {
                let columns = column..(column + usize::from(cell.width)).min(cells.len());
                let blank = under.is_none_or(|under| {
                    under
                        .get(columns)
                        .is_some_and(|under| under.iter().all(Cell::blank))
                });
                stylus.doubtful(cell, at, column as u16, blank);
            }
        }
    }
}

/// What repainting a row did to the terminal's soft wraps.
#[derive(Clone, Copy)]
struct Touched {
    /// The last column was written or erased: the wrap into the next row is gone.
    end: bool,
    /// It was erased from its start: the wrap from the row above is gone.
    whole: bool,
}

/// Where blanks of one background reach to the end of the row, if erasing can paint them.
fn coloured_tail(cells: &[Cell<'_>], stylus: &Stylus) -> Option<(usize, Style)> {
    let last = cells.last()?;
    let erasable = Style {
        bg: last.style.bg,
        ..Style::PLAIN
    };
    if last.text != " " || last.style != erasable || last.link.is_some() || !stylus.caps.bce {
        return None;
    }
    let from = cells.iter().rposition(|cell| cell != last)? + 1;
    (cells.len() - from >= WORTH_ERASING && erasable != Style::PLAIN).then_some((from, erasable))
}

/// The next stretch in `[column, limit)` that has to be written.
fn next_change(
    stale: &[Cell<'_>],
    fresh: &[Cell<'_>],
    column: usize,
    limit: usize,
) -> Option<(usize, usize)> {
    let from = (column..limit).find(|at| stale[*at] != fresh[*at])?;
    let mut to = from + 1;
    let mut equal = 0;
    for at in from + 1..limit {
        if stale[at] != fresh[at] {
            to = at + 1;
            equal = 0;
            continue;
        }
        equal += 1;
        let cheap = fresh[at].width == 1
            && fresh[at].certain
            && fresh[at].text.len() == 1
            && fresh[at].style == fresh[to - 1].style
            && fresh[at].link == fresh[to - 1].link;
        if equal > BRIDGE || !cheap {
            break;
        }
    }
    Some((from, to))
}
