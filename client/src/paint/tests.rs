//! The painter's law against a terminal: what is wanted is shown, what leaves is kept in order.

use std::sync::Arc;

use abide_protocol::{Attrs, Color, Cursor, CursorShape, Row, RowBuilder, Size, Style};
use proptest::prelude::*;

use super::{Caps, Depth, Painter, Surface, View};

/// A terminal of its own making, and the painter that believes to know what it shows.
struct Desk {
    terminal: vt100::Parser,
    painter: Painter,
    size: Size,
}

#[derive(Clone, PartialEq, Debug)]
struct Seen {
    text: String,
    fg: vt100::Color,
    bg: vt100::Color,
    attrs: (bool, bool, bool, bool, bool),
}

impl Desk {
    fn new(size: Size, caps: Caps) -> Self {
        let mut desk = Self {
            terminal: vt100::Parser::new(side(size.rows()), side(size.cols()), 100_000),
            painter: Painter::new(caps),
            size,
        };
        desk.terminal.process(b"before\r\n");
        desk
    }

    fn view(&self, rows: &[Arc<Row>], cursor: (u16, u16)) -> View {
        View {
            size: self.size,
            rows: rows.to_vec(),
            cursor: Cursor {
                row: cursor.0.min(self.size.rows() - 1),
                column: cursor.1.min(self.size.cols() - 1),
                visible: true,
                shape: CursorShape::Default,
                blink: false,
            },
        }
    }

    /// Paints and checks the law; returns the bytes.
    fn paint(&mut self, leaving: &[Arc<Row>], rows: &[Arc<Row>], cursor: (u16, u16)) -> Vec<u8> {
        let view = self.view(rows, cursor);
        let before = self.kept();
        let continued = self.painter.has_inline();
        let bytes = self.painter.paint(&view, leaving);
        self.terminal.process(&bytes);
        let shown: Vec<_> = (0..self.size.rows()).map(|row| self.row(row)).collect();
        for (index, (shown, wanted)) in shown.iter().zip(rows).enumerate() {
            same(shown, &expected(wanted, self.size.cols()), "row", index);
        }
        let screen = self.terminal.screen();
        assert_eq!(
            screen.cursor_position(),
            (view.cursor.row, view.cursor.column)
        );
        assert!(!screen.hide_cursor());
        if self.painter.surface() == Surface::Inline {
            let after = self.kept();
            let new = after.len() - leaving.len();
            for (index, (kept, wanted)) in after[new..].iter().zip(leaving).enumerate() {
                same(kept, &expected(wanted, self.size.cols()), "kept", index);
            }
            if continued {
                assert_eq!(new, before.len(), "the scrollback has rows of its own");
                for (index, (now, old)) in after.iter().zip(&before).enumerate() {
                    same(now, old, "old", index);
                }
            }
        }
        bytes
    }

    fn row(&self, row: u16) -> Vec<Seen> {
        let screen = self.terminal.screen();
        (0..self.size.cols())
            .map(|column| seen(screen.cell(row, column).unwrap()))
            .collect()
    }

    /// Everything in the scrollback, oldest first.
    fn kept(&mut self) -> Vec<Vec<Seen>> {
        self.terminal.screen_mut().set_scrollback(usize::MAX);
        let count = self.terminal.screen().scrollback();
        let mut kept = Vec::new();
        for offset in (1..=count).rev() {
            self.terminal.screen_mut().set_scrollback(offset);
            kept.push(self.row(0));
        }
        self.terminal.screen_mut().set_scrollback(0);
        kept
    }
}

fn side(length: u16) -> std::num::NonZero<u16> {
    std::num::NonZero::new(length).unwrap()
}

fn same(shown: &[Seen], wanted: &[Seen], what: &str, index: usize) {
    assert_eq!(shown.len(), wanted.len());
    for (column, (shown, wanted)) in shown.iter().zip(wanted).enumerate() {
        assert_eq!(shown, wanted, "{what} {index}, column {column}");
    }
}

fn seen(cell: &vt100::Cell) -> Seen {
    let text = if cell.is_wide_continuation() {
        String::new()
    } else if cell.has_contents() {
        cell.contents().to_owned()
    } else {
        " ".to_owned()
    };
    Seen {
        text,
        fg: cell.fgcolor(),
        bg: cell.bgcolor(),
        attrs: (
            cell.bold(),
            cell.dim(),
            cell.italic(),
            cell.underline(),
            cell.inverse(),
        ),
    }
}

fn expected(row: &Row, cols: u16) -> Vec<Seen> {
    let color = |color| match color {
        Color::Default => vt100::Color::Default,
        Color::Indexed(index) => vt100::Color::Idx(index),
        Color::Rgb(rgb) => vt100::Color::Rgb(rgb.r, rgb.g, rgb.b),
    };
    super::cells::expand(row, cols)
        .iter()
        .map(|cell| {
            // The second column of a wide cell keeps no style of its own in this terminal.
            let style = if cell.width == 0 {
                Style::PLAIN
            } else {
                cell.style
            };
            let has = |attr| style.attrs.has(attr);
            Seen {
                text: cell.text.to_owned(),
                fg: color(style.fg),
                bg: color(style.bg),
                attrs: (
                    has(Attrs::BOLD),
                    has(Attrs::DIM),
                    has(Attrs::ITALIC),
                    style.underline != abide_protocol::Underline::None,
                    has(Attrs::INVERSE),
                ),
            }
        })
        .collect()
}

const COLS: u16 = 12;
const ROWS: u16 = 5;

fn any_style() -> impl Strategy<Value = Style> {
    prop_oneof![
        3 => Just(Style::PLAIN),
        2 => (0u8..20, 0u8..20, 0u8..32).prop_map(|(fg, bg, attrs)| Style {
            fg: Color::Indexed(fg),
            bg: if bg < 10 { Color::Default } else { Color::Indexed(bg) },
            // This terminal knows bold or dim, not both, and no blink.
            attrs: Attrs(attrs & if attrs & 1 == 1 { 0b1_0101 } else { 0b1_0110 }),
            ..Style::PLAIN
        }),
        1 => (0u8..20).prop_map(|bg| Style { bg: Color::Indexed(bg), ..Style::PLAIN }),
    ]
}

fn any_row() -> impl Strategy<Value = Arc<Row>> {
    let piece = (
        prop_oneof![
            4 => "[a-c ]{1,8}".prop_map(|text| (text, 0)),
            1 => Just(("漢".to_owned(), 2)),
            1 => Just(("e\u{301}".to_owned(), 1)),
            2 => Just((" ".repeat(9), 0)),
        ],
        any_style(),
    );
    (prop::collection::vec(piece, 0..6), any::<bool>()).prop_map(|(pieces, wrapped)| {
        let mut builder = RowBuilder::default();
        let mut room = COLS;
        for ((text, width), style) in pieces {
            if width > 0 && width <= room {
                builder.cluster(&text, width, style, &None);
                room -= width;
            } else if width == 0 {
                let part: String = text.chars().take(usize::from(room)).collect();
                builder.simple(&part, style, &None);
                room -= part.len() as u16;
            }
        }
        Arc::new(builder.finish(wrapped && room == 0))
    })
}

/// Rows that leave, rows that are wanted, where the cursor is.
pub(super) type Step = (Vec<Arc<Row>>, Vec<Arc<Row>>, (u16, u16));

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    steps_of(any_row(), ROWS, COLS)
}

/// Few different rows, so that neighbours in time are often equal; in a window of this size.
pub(super) fn steps_of(
    row: impl Strategy<Value = Arc<Row>>,
    rows: u16,
    columns: u16,
) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(row, 8).prop_flat_map(move |pool| {
        let pick = prop::sample::select(pool);
        let height = usize::from(rows);
        let step = (
            prop_oneof![
                2 => prop::collection::vec(pick.clone(), 0..1),
                2 => prop::collection::vec(pick.clone(), 0..height * 3),
            ],
            prop::collection::vec(pick, height),
            (0..rows, 0..columns),
        );
        prop::collection::vec(step, 1..6)
    })
}

fn size() -> Size {
    Size::new(COLS, ROWS).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn wanted_is_shown_and_leaving_is_kept(steps in any_steps()) {
        let mut desk = Desk::new(size(), Caps::FULL);
        for (leaving, rows, cursor) in &steps {
            desk.paint(leaving, rows, *cursor);
        }
    }

    #[test]
    fn without_capabilities_too(steps in any_steps()) {
        let caps = Caps { sync: false, bce: false, links: false, ..Caps::FULL };
        let mut desk = Desk::new(size(), caps);
        for (leaving, rows, cursor) in &steps {
            desk.paint(leaving, rows, *cursor);
        }
    }

    #[test]
    fn a_screen_of_which_nothing_is_known_is_repaired(
        steps in any_steps(), garbage in "[a-z]{0,70}",
    ) {
        let mut desk = Desk::new(size(), Caps::FULL);
        for (_, rows, cursor) in &steps {
            desk.paint(&[], rows, *cursor);
            desk.terminal.process(format!("\x1b[H\x1b[41m{garbage}").as_bytes());
            desk.painter.forget(size());
        }
        if let Some((_, rows, cursor)) = steps.first() {
            desk.paint(&[], rows, *cursor);
        }
    }

    #[test]
    fn what_is_equal_in_two_frames_never_shows_anything_else(steps in any_steps()) {
        let mut desk = Desk::new(size(), Caps::FULL);
        let mut last = vec![Row::blank(); usize::from(ROWS)];
        desk.paint(&[], &last, (0, 0));
        for (_, rows, cursor) in &steps {
            let bytes = desk.painter.paint(&desk.view(rows, *cursor), &[]);
            let equal = |row: usize, column: usize| {
                let cells = |rows: &[Arc<Row>]| Arc::clone(&rows[row]);
                let (new, old) = (cells(rows), cells(&last));
                super::cells::expand(&new, COLS)[column] == super::cells::expand(&old, COLS)[column]
            };
            for byte in bytes {
                desk.terminal.process(&[byte]);
                for (row, old) in (0..ROWS).zip(&last) {
                    let old = expected(old, COLS);
                    for (column, now) in desk.row(row).iter().enumerate() {
                        prop_assert!(!equal(usize::from(row), column) || *now == old[column]);
                    }
                }
            }
            last.clone_from(rows);
        }
    }

    #[test]
    fn the_alternate_screen_leaves_the_main_one_alone(steps in any_steps()) {
        let mut desk = Desk::new(size(), Caps::FULL);
        let Some((_, first, cursor)) = steps.first() else { return Ok(()) };
        desk.paint(&[], first, *cursor);
        for (leaving, rows, cursor) in &steps {
            let bytes = desk.painter.switch(Surface::Full, size());
            desk.terminal.process(&bytes);
            desk.paint(leaving, rows, *cursor);
        }
        let bytes = desk.painter.switch(Surface::Inline, size());
        desk.terminal.process(&bytes);
        let nothing = desk.view(first, *cursor);
        let bytes = desk.painter.paint(&nothing, &[]);
        prop_assert!(bytes.len() < 24, "{:?}", String::from_utf8_lossy(&bytes));
        desk.paint(&[], first, *cursor);
    }
}

fn plain(text: &str) -> Arc<Row> {
    let mut builder = RowBuilder::default();
    builder.simple(text, Style::PLAIN, &None);
    Arc::new(builder.finish(false))
}

#[test]
fn what_stood_there_before_stays_in_the_scrollback() {
    let mut desk = Desk::new(size(), Caps::FULL);
    let rows: Vec<_> = (0..ROWS).map(|n| plain(&format!("row {n}"))).collect();
    let history: Vec<_> = (0..20).map(|n| plain(&format!("old {n}"))).collect();
    desk.paint(&history, &rows, (4, 0));
    let kept: Vec<String> = desk
        .kept()
        .iter()
        .map(|row| row.iter().map(|cell| &*cell.text).collect::<String>())
        .map(|text| text.trim_end().to_owned())
        .collect();
    assert_eq!(kept[0], "before");
    assert_eq!(kept[kept.len() - 20..][0], "old 0");
    assert_eq!(kept.last().map(String::as_str), Some("old 19"));
}

#[test]
fn a_soft_wrapped_row_is_wrapped_by_the_terminal_itself() {
    let wrapped = |text: &str| {
        let mut builder = RowBuilder::default();
        builder.simple(text, Style::PLAIN, &None);
        Arc::new(builder.finish(true))
    };
    let mut desk = Desk::new(size(), Caps::FULL);
    let long = [wrapped("abcdefghijkl"), plain("mn"), plain("x")];
    let screen = [
        wrapped("opqrstuvwxyz"),
        plain("end"),
        plain(""),
        plain(""),
        plain(""),
    ];
    desk.paint(&long, &screen, (2, 0));
    assert!(desk.terminal.screen().row_wrapped(0));
    assert!(!desk.terminal.screen().row_wrapped(1));
    desk.terminal.screen_mut().set_scrollback(3);
    assert!(desk.terminal.screen().row_wrapped(0));
    assert!(!desk.terminal.screen().row_wrapped(1));
}

fn wide_desk() -> (Desk, Vec<Arc<Row>>) {
    let size = Size::new(200, 50).unwrap();
    let mut desk = Desk::new(size, Caps::FULL);
    let rows: Vec<_> = (0..50)
        .map(|n| plain(&format!("line {n} of some output")))
        .collect();
    desk.paint(&[], &rows, (48, 10));
    (desk, rows)
}

#[test]
fn a_spinner_tick_costs_at_most_60_bytes() {
    let (mut desk, mut rows) = wide_desk();
    let accent = Style {
        fg: Color::Rgb(abide_protocol::Rgb {
            r: 215,
            g: 119,
            b: 87,
        }),
        ..Style::PLAIN
    };
    let tick = |glyph: &str, seconds: u32| {
        let mut builder = RowBuilder::default();
        builder.simple(glyph, accent, &None);
        builder.simple(&format!(" Thinking… ({seconds}s)"), Style::PLAIN, &None);
        Arc::new(builder.finish(false))
    };
    rows[44] = tick("✻", 11);
    desk.paint(&[], &rows, (48, 10));
    for glyph in ["✢", "✳", "✶"] {
        rows[44] = tick(glyph, 11);
        let bytes = desk.paint(&[], &rows, (48, 10));
        let shown = String::from_utf8_lossy(&bytes).replace('\x1b', "^");
        assert!(bytes.len() <= 60, "{} bytes: {shown}", bytes.len());
    }
}

#[test]
fn a_typed_character_costs_its_own_byte() {
    let (mut desk, mut rows) = wide_desk();
    rows[48] = plain("line 48 of some output");
    desk.paint(&[], &rows, (48, 22));
    rows[48] = plain("line 48 of some outputx");
    assert_eq!(desk.paint(&[], &rows, (48, 23)), b"x");
}

#[test]
fn a_line_of_output_costs_itself_and_little_more() {
    let (mut desk, rows) = wide_desk();
    let text = "another line of output, and nothing else on the screen has changed";
    let mut next: Vec<_> = rows[1..].to_vec();
    next.push(plain(text));
    let bytes = desk.paint(&rows[..1], &next, (49, 0));
    assert!(bytes.len() <= text.len() + 40, "{}", bytes.len());
}

#[test]
fn nothing_forbidden_is_ever_written() {
    let (mut desk, rows) = wide_desk();
    let caps = Caps {
        depth: Depth::None,
        ..Caps::FULL
    };
    desk.painter.set_caps(caps);
    let mut all = desk.painter.switch(Surface::Full, desk.size);
    all.extend(desk.painter.paint(&desk.view(&rows, (0, 0)), &[]));
    all.extend(desk.painter.leave(Some(&desk.view(&rows, (0, 0)))));
    let text = String::from_utf8(all).unwrap();
    for forbidden in [
        "\x1b[2J", "\x1b[3J", "\x1bc", "\x1b[r", "\x1b[38", "\x1b[48",
    ] {
        assert!(!text.contains(forbidden), "{forbidden:?}");
    }
}
