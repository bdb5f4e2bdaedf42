//! Resizing. The main screen's soft-wrapped lines are wrapped anew; the alternate screen, which its
//! program will repaint, is cropped or padded.

use abide_protocol::{Book, Mark, Row, Shape, Size};

use crate::cell::{Cell, Glyph};
use crate::grid::Grid;
use crate::line::Line;
use crate::pen::Pen;
use crate::tables::Tables;
use crate::terminal::{Margins, Position, Terminal};

/// Times that rows are pulled back from history and wrapped, since wrapping them makes fewer.
const PULLS: usize = 8;

impl Terminal {
    pub(crate) fn resize(&mut self, size: Size) {
        if size == self.size {
            return;
        }
        self.joinable = None;
        self.end_synchronized();
        self.sync_ended = false;
        self.held.forget();
        self.collect_if_due();
        self.resize_main(size);
        self.resize_alternate(size);
        self.size = size;
        self.margins = Margins::full(size);
        self.report_size_if_wanted();
    }

    fn resize_alternate(&mut self, size: Size) {
        let shown = self.book == Book::Alternate;
        let side = if shown {
            &mut self.shown
        } else {
            &mut self.hidden
        };
        side.grid.crop(size.cols(), size.rows());
        clamp(&mut side.saved.at, size);
        if shown {
            clamp(&mut self.at, size);
        }
    }

    fn resize_main(&mut self, size: Size) {
        let shown = self.book == Book::Main;
        // The cursor comes last: it, or where it will return to, is part of what must stay.
        let mut points = vec![Point::from(self.main_side().saved.at)];
        if shown {
            points.push(Point::from(self.at));
        }
        let (cols, rows) = (size.cols(), size.rows());
        let old_rows = usize::from(self.rows());
        let grid = std::mem::replace(&mut self.main_side().grid, Grid::new(0, 0));
        let same_width = grid.cols() == cols;
        let mut lines = grid.into_lines();
        let cursor = points.last().map_or(0, |at| at.row);
        let shows = |line: &Line| line.used() > 0 || !line.marks().is_empty();
        let content = lines
            .iter()
            .rposition(shows)
            .map_or(0, |last| last + 1)
            .max(cursor + 1);
        lines.truncate(content);
        let free = old_rows - content;
        if !same_width {
            lines = rewrap(&lines, cols, &mut points);
        }
        lines = self.pull_back(lines, size, free, &mut points);
        let cursor = points.last().map_or(0, |at| at.row);
        let over = lines.len().saturating_sub(usize::from(rows)).min(cursor);
        for line in lines.drain(..over) {
            self.history.push(&line, &self.tables);
        }
        lines.truncate(usize::from(rows));
        if let Some(last) = lines.last_mut() {
            last.set_wrapped(false);
        }
        lines.resize_with(usize::from(rows), || Line::new(cols));
        let mut places = points.iter().map(|at| at.place(over, size));
        let side = self.main_side();
        side.grid = Grid::of(lines, cols);
        if let Some(saved) = places.next() {
            side.saved.at = saved;
        }
        if let Some(at) = places.next() {
            self.at = at;
        }
    }

    /// Takes rows back from the end of history until as many rows are free as were before.
    fn pull_back(
        &mut self,
        mut lines: Vec<Line>,
        size: Size,
        free: usize,
        points: &mut [Point],
    ) -> Vec<Line> {
        for _ in 0..PULLS {
            let now_free = usize::from(size.rows()).saturating_sub(lines.len());
            let mut wanted = now_free.saturating_sub(free);
            if wanted == 0 {
                break;
            }
            let mut pulled = Vec::new();
            while wanted > 0 || self.history.newest_is_wrapped() {
                let Some(row) = self.history.pop() else {
                    break;
                };
                wanted = wanted.saturating_sub(1);
                pulled.push(line_of(&row, &mut self.tables));
            }
            if pulled.is_empty() {
                break;
            }
            for at in points.iter_mut() {
                at.row += pulled.len();
            }
            pulled.reverse();
            pulled.append(&mut lines);
            lines = rewrap(&pulled, size.cols(), points);
        }
        lines
    }
}

/// A position in a list of lines that may be longer than any screen.
#[derive(Clone, Copy, Debug)]
struct Point {
    row: usize,
    column: u16,
    pending: bool,
}

impl From<Position> for Point {
    fn from(at: Position) -> Self {
        Self {
            row: at.row.into(),
            column: at.column,
            pending: at.pending,
        }
    }
}

impl Point {
    /// The position on a screen, when `gone` lines have left its top.
    fn place(self, gone: usize, size: Size) -> Position {
        let row = u16::try_from(self.row.saturating_sub(gone)).unwrap_or(u16::MAX);
        let mut at = Position {
            row,
            column: self.column,
            pending: self.pending,
        };
        clamp(&mut at, size);
        at
    }
}

fn clamp(at: &mut Position, size: Size) {
    let last = size.cols() - 1;
    at.row = at.row.min(size.rows() - 1);
    at.pending = at.pending && at.column >= last;
    at.column = at.column.min(last);
}

/// Mutable cells of a row out of history, at the row's own width.
fn line_of(row: &Row, tables: &mut Tables) -> Line {
    let mut cells = Vec::with_capacity(usize::from(row.cells()));
    for (run, text) in row.runs() {
        let mut pen = Pen::of(run.style);
        if let Some(link) = &run.link {
            pen.set_link(tables.links.intern(&link.id, &link.uri));
        }
        let style = tables.styles.intern(pen);
        if run.shape == Shape::Simple {
            cells.extend(text.chars().map(|c| Cell {
                glyph: Glyph::char(c),
                style,
            }));
            continue;
        }
        let mut chars = text.chars();
        let first = chars.next().unwrap_or(' ');
        let glyph = if chars.next().is_none() {
            Glyph::char(first)
        } else {
            let id = tables.clusters.intern(text);
            id.map_or(Glyph::char(first), Glyph::cluster)
        };
        if run.cells == 2 {
            cells.push(Cell {
                glyph: glyph.wide(),
                style,
            });
            cells.push(Cell {
                glyph: Glyph::TAIL,
                style,
            });
        } else {
            cells.push(Cell { glyph, style });
        }
    }
    let cols = cells.len() as u16;
    Line::of(cells, cols, row.wrapped(), row.marks().to_vec())
}

/// Lines of any widths, wrapped anew at `cols`; `points` move with the cells they are on.
fn rewrap(lines: &[Line], cols: u16, points: &mut [Point]) -> Vec<Line> {
    let mut wrapper = Wrapper {
        cols: usize::from(cols),
        out: Vec::with_capacity(lines.len()),
        moved: points.to_vec(),
    };
    let mut logical = Logical::default();
    for (row, line) in lines.iter().enumerate() {
        logical.add(row, line);
        if !line.wrapped() || row + 1 == lines.len() {
            wrapper.wrap(&mut logical, points);
            logical.clear();
        }
    }
    points.copy_from_slice(&wrapper.moved);
    wrapper.out
}

/// A line without soft wraps.
#[derive(Default)]
struct Logical {
    cells: Vec<Cell>,
    /// Row of each part, and where it begins in `cells`.
    parts: Vec<(usize, usize)>,
    /// Marks by offset.
    marks: Vec<(usize, Mark)>,
    /// The last part goes on below what is wrapped here.
    wrapped: bool,
}

impl Logical {
    fn clear(&mut self) {
        self.cells.clear();
        self.parts.clear();
        self.marks.clear();
    }

    fn add(&mut self, row: usize, line: &Line) {
        let start = self.cells.len();
        self.parts.push((row, start));
        self.wrapped = line.wrapped();
        let marks = line.marks().iter();
        self.marks
            .extend(marks.map(|mark| (start + usize::from(mark.column), *mark)));
        let cells = if line.wrapped() {
            line.cells()
        } else {
            line.used_cells()
        };
        self.cells
            .extend(cells.iter().filter(|cell| !cell.glyph.is_hole()));
    }

    /// Cells to wrap: blanks at the end that would only make another row are left out.
    fn length(&self, cols: usize) -> usize {
        let shows = |cell: &Cell| cell.glyph.as_ascii() != Some(b' ');
        let text = self
            .cells
            .iter()
            .rposition(shows)
            .map_or(0, |last| last + 1);
        self.cells.len().min(text.div_ceil(cols).max(1) * cols)
    }

    /// Offset of a point, if it is in this line.
    fn offset(&self, at: Point) -> Option<usize> {
        let part = self.parts.iter().find(|(row, _)| *row == at.row)?;
        Some(part.1 + usize::from(at.column) + usize::from(at.pending))
    }
}

struct Wrapper {
    cols: usize,
    out: Vec<Line>,
    moved: Vec<Point>,
}

impl Wrapper {
    fn wrap(&mut self, logical: &mut Logical, points: &[Point]) {
        let length = logical.length(self.cols);
        let first = self.out.len();
        let mut starts = Vec::new();
        let mut row = Vec::with_capacity(self.cols);
        starts.push(0);
        let mut offset = 0;
        while let Some(cell) = logical.cells.get(offset).filter(|_| offset < length) {
            let wide = cell.glyph.is_wide() && self.cols > 1;
            let width = if wide { 2 } else { 1 };
            if row.len() + width > self.cols {
                if row.len() < self.cols {
                    row.push(Cell {
                        glyph: Glyph::HOLE,
                        style: 0,
                    });
                }
                self.emit(&mut row, true);
                starts.push(offset);
            }
            if wide {
                row.extend_from_slice(logical.cells.get(offset..offset + 2).unwrap_or(&[]));
            } else if cell.glyph.is_wide() {
                let glyph = Glyph::char(char::REPLACEMENT_CHARACTER);
                row.push(Cell { glyph, ..*cell });
            } else {
                row.push(*cell);
            }
            // The tail of a wide cell that became one column is passed over.
            offset += if cell.glyph.is_wide() { 2 } else { 1 };
        }
        let full = logical.wrapped && row.len() == self.cols;
        self.emit(&mut row, full);
        self.place_marks(first, &starts, logical);
        for (point, moved) in points.iter().zip(&mut self.moved) {
            if let Some(offset) = logical.offset(*point) {
                *moved = position(first, &starts, offset, length, self.cols);
            }
        }
    }

    fn emit(&mut self, row: &mut Vec<Cell>, wrapped: bool) {
        let cells = row.clone();
        row.clear();
        self.out
            .push(Line::of(cells, self.cols as u16, wrapped, Vec::new()));
    }

    fn place_marks(&mut self, first: usize, starts: &[usize], logical: &Logical) {
        for (offset, mark) in &logical.marks {
            let at = position(first, starts, *offset, logical.cells.len(), self.cols);
            if let Some(line) = self.out.get_mut(at.row) {
                line.mark(Mark {
                    column: at.column,
                    ..*mark
                });
            }
        }
    }
}

/// Where `offset` of a line went whose rows begin at `starts`, the first of them being row `first`.
fn position(first: usize, starts: &[usize], offset: usize, length: usize, cols: usize) -> Point {
    let part = starts
        .partition_point(|start| *start <= offset)
        .saturating_sub(1);
    let column = offset - starts.get(part).copied().unwrap_or(0);
    Point {
        row: first + part,
        column: column.min(cols - 1) as u16,
        // Right after the text in a full row: the next character goes below.
        pending: column == cols && offset == length,
    }
}
