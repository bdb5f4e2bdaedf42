//! The mode against a session of the real engine, with a small keeper that answers at once.

use abide_protocol::input::{MouseAction, MouseButton};
use abide_protocol::message::{Hit, TerminalLook};
use abide_protocol::{Attrs, Row};
use abide_screen::{Options, Screen};
use proptest::prelude::*;

use super::*;
use crate::keys::names;

/// A session, somebody who reads its history, and what came of it.
struct Bench {
    screen: Screen,
    scroll: Scroll,
    copied: Vec<String>,
    left: bool,
    /// Questions that were asked.
    asked: Vec<Ask>,
}

fn engine(columns: u16, rows: u16) -> Screen {
    Screen::new(Options {
        size: Size::clamped(columns, rows),
        look: TerminalLook::default(),
        incarnation: 1,
        version: "",
        history_bytes: 8 << 20,
        allow_checksum: false,
    })
}

fn feed(screen: &mut Screen, text: &str) {
    let mut bytes = text.as_bytes();
    while !bytes.is_empty() {
        let used = screen.feed(bytes);
        bytes = &bytes[used..];
    }
}

/// All rows of the main screen and its history.
fn all_rows(screen: &mut Screen) -> (LineNo, Vec<std::sync::Arc<Row>>) {
    let snapshot = screen.snapshot();
    let (first, mut rows) = screen.rows(Book::Main, LineNo(0), u64::MAX);
    if snapshot.book == Book::Main {
        rows.extend(snapshot.rows.iter().cloned());
    }
    (first, rows)
}

/// Finds a text, row by row.
fn search(screen: &mut Screen, query: &Search) -> Answer {
    if query.pattern == "(" {
        return Answer::Failed(Failure {
            kind: FailKind::Invalid,
            line: "the pattern cannot be used".into(),
        });
    }
    let (first, rows) = all_rows(screen);
    let fold = |text: &str| {
        if query.ignore_case {
            text.to_lowercase()
        } else {
            text.to_owned()
        }
    };
    let pattern = fold(&query.pattern);
    let mut hits = Vec::new();
    for (line, row) in (first.0..).map(LineNo).zip(&rows) {
        let text = fold(row.text());
        hits.extend(text.match_indices(&pattern).map(|(at, _)| {
            let column = text[..at].chars().count() as u16;
            Hit {
                start: line,
                column,
                end: line,
                end_column: column + pattern.chars().count() as u16,
                line: row.text().into(),
                before: at as u32,
                length: pattern.len() as u32,
            }
        }));
    }
    let from = query.from.unwrap();
    hits.retain(|hit| {
        if query.backwards {
            hit.start <= from
        } else {
            hit.start >= from
        }
    });
    if query.backwards {
        hits.reverse();
    }
    // A tiny limit, so that searches have to go on.
    let next = hits.get(2).map(|hit| hit.start);
    if let Some(next) = next.filter(|next| *next != from) {
        hits.retain(|hit| {
            if query.backwards {
                hit.start > next
            } else {
                hit.start < next
            }
        });
    }
    Answer::Found {
        hits,
        next: next.filter(|next| *next != from),
        searched: 0,
        lost: None,
    }
}

impl Bench {
    fn new(columns: u16, rows: u16, text: &str) -> Self {
        let mut screen = engine(columns, rows);
        feed(&mut screen, text);
        let snapshot = screen.snapshot();
        let scroll = Scroll::new(&snapshot, Size::clamped(columns, rows), "Ctrl-\\");
        let mut bench = Self {
            screen,
            scroll,
            copied: Vec::new(),
            left: false,
            asked: Vec::new(),
        };
        bench.settle();
        bench
    }

    fn feed(&mut self, text: &str) {
        feed(&mut self.screen, text);
        let snapshot = self.screen.snapshot();
        self.scroll.screen(&snapshot);
        self.settle();
    }

    fn settle(&mut self) {
        for _ in 0..20_000 {
            let effects = self.scroll.take_effects();
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                match effect {
                    Effect::Copy(text) => self.copied.push(text),
                    Effect::Leave => self.left = true,
                    Effect::Ask(ask) => self.reply(&ask),
                }
            }
        }
        panic!("it asks for ever: {:?}", self.asked.last());
    }

    fn reply(&mut self, ask: &Ask) {
        self.asked.push(ask.clone());
        let answer = match ask {
            Ask::Rows { from, count } => {
                let (from, rows) = self.screen.rows(Book::Main, *from, *count);
                Answer::Rows {
                    from,
                    rows,
                    lost: None,
                }
            }
            Ask::Search(query) => search(&mut self.screen, query),
        };
        let answer = match answer {
            Answer::Failed(failure) => Err(failure),
            answer => Ok(answer),
        };
        self.scroll.answer(ask, answer);
    }

    /// Keys by name, apart by blanks; `'text` types a text.
    fn keys(&mut self, keys: &str) {
        for name in keys.split(' ').filter(|name| !name.is_empty()) {
            match name.strip_prefix('\'') {
                Some(text) if !text.is_empty() => {
                    for c in text.chars() {
                        self.key(&c.to_string());
                    }
                }
                _ => self.key(name),
            }
        }
    }

    fn key(&mut self, name: &str) {
        let event = names::parse(name).unwrap();
        self.scroll.key(&event);
        self.settle();
    }

    fn at(&self) -> (u64, u16) {
        (self.scroll.cursor.line.0, self.scroll.cursor.column)
    }

    /// The rows in view, without the status line.
    fn shown(&self) -> Vec<String> {
        let view = self.scroll.view(None);
        let rows = view.rows.iter().take(view.rows.len() - 1);
        rows.map(|row| row.text().trim_end().to_owned()).collect()
    }

    fn status(&self) -> String {
        let view = self.scroll.view(None);
        view.rows.last().unwrap().text().trim().to_owned()
    }
}

fn numbered(count: u32) -> String {
    let numbers: Vec<_> = (1..=count).map(|n| n.to_string()).collect();
    numbers.join("\r\n")
}

#[test]
fn the_cursor_moves_as_in_vi() {
    let text = "one two-three  four\r\n\r\n  indented\r\nlast 漢字 line\r\nend";
    let check = |keys: &str, expected: (u64, u16)| {
        let mut bench = Bench::new(40, 10, text);
        bench.keys("g g");
        bench.keys(keys);
        assert_eq!(bench.at(), expected, "{keys}");
    };
    for (keys, expected) in [
        ("l l", (0, 2)),
        ("h", (0, 0)),
        ("$", (0, 18)),
        ("$ l", (0, 18)),
        ("$ 0", (0, 0)),
        ("j j ^", (2, 2)),
        ("w", (0, 4)),
        ("w w", (0, 7)),
        ("w w w", (0, 8)),
        ("w w w w", (0, 15)),
        ("w w w w w", (2, 2)),
        ("4 w", (0, 15)),
        ("e", (0, 2)),
        ("e e", (0, 6)),
        ("$ b", (0, 15)),
        ("$ b b", (0, 8)),
        ("j j b", (0, 15)),
        ("G", (4, 0)),
        ("G g g", (0, 0)),
        ("3 G", (2, 0)),
        ("3 g g", (2, 0)),
        ("9 9 G", (4, 0)),
        ("$ j", (1, 0)),
        ("$ j j", (2, 9)),
        ("$ 3 j", (3, 13)),
        ("3 j 5 l", (3, 5)),
        ("3 j 6 l", (3, 7)),
        ("3 j 6 l h", (3, 5)),
        ("G k", (3, 0)),
        ("L", (4, 0)),
        ("M", (2, 2)),
        ("L H", (0, 0)),
        ("down right", (1, 0)),
        ("end", (0, 18)),
        ("end home", (0, 0)),
        ("1 0 l", (0, 10)),
        ("}", (1, 0)),
        ("} }", (4, 0)),
        ("G {", (1, 0)),
        ("G { {", (0, 0)),
        ("pagedown", (4, 0)),
        ("ctrl+f ctrl+b", (0, 0)),
        ("ctrl+d", (4, 0)),
        ("space", (0, 1)),
    ] {
        check(keys, expected);
    }
}

#[test]
fn words_go_on_over_soft_wraps_and_end_with_their_row() {
    let mut bench = Bench::new(10, 6, "start abcdefghij next\r\nabc\r\ndef");
    bench.keys("g g w");
    assert_eq!(bench.at(), (0, 6));
    bench.keys("e");
    assert_eq!(bench.at(), (1, 5));
    bench.keys("b");
    assert_eq!(bench.at(), (0, 6));
    bench.keys("w");
    assert_eq!(bench.at(), (1, 7));
    bench.keys("w");
    assert_eq!(bench.at(), (3, 0));
    bench.keys("w");
    assert_eq!(bench.at(), (4, 0));
}

#[test]
fn all_of_a_long_history_can_be_read() {
    let mut bench = Bench::new(60, 11, &numbered(30_000));
    let expected = |from: u32| (from..from + 10).map(|n| n.to_string()).collect::<Vec<_>>();
    assert_eq!(bench.shown(), expected(29_991));
    assert!(
        bench.status().starts_with("scroll 30000/30000 100%"),
        "{}",
        bench.status()
    );
    bench.keys("g g");
    assert_eq!(bench.shown(), expected(1));
    bench.keys("1 5 0 0 0 G");
    assert_eq!(bench.shown(), expected(14_995));
    bench.keys("ctrl+f");
    assert_eq!(bench.shown(), expected(15_003));
    bench.keys("ctrl+b ctrl+u");
    assert_eq!(bench.shown(), expected(14_990));
    for _ in 0..3000 {
        bench.keys("ctrl+f");
    }
    assert_eq!(bench.shown(), expected(29_991));
    // Every page was asked for about once.
    let pages = 30_000 / document::PAGE as usize;
    assert!(bench.asked.len() <= pages + 5, "{}", bench.asked.len());
}

/// What is read stays where it is while the session goes on, and nothing is missed.
#[test]
fn output_does_not_move_what_is_being_read() {
    let mut bench = Bench::new(60, 11, &numbered(100));
    bench.keys("ctrl+u ctrl+u");
    let (before, at) = (bench.shown(), bench.at());
    for n in 0..300 {
        bench.feed(&format!("\r\nnew {n}"));
        assert_eq!((bench.shown(), bench.at()), (before.clone(), at), "{n}");
    }
    assert!(
        bench.status().ends_with("300 new lines below"),
        "{}",
        bench.status()
    );
    bench.keys("G");
    assert_eq!(bench.shown().last().unwrap(), "new 299");
    assert!(!bench.status().contains("new lines"), "{}", bench.status());
    bench.keys("1 0 0 G");
    assert!(bench.shown().contains(&"100".to_owned()));
    assert!(bench.shown().contains(&"new 0".to_owned()));
}

#[test]
fn what_was_dropped_or_cleared_meanwhile_ends_the_document_there() {
    let mut bench = Bench::new(20, 6, &numbered(100));
    bench.keys("g g");
    bench.screen.clear_history();
    bench.feed("\r\nmore");
    let first = bench.screen.first(Book::Main).0;
    assert_eq!(bench.at().0, first);
    bench.keys("G g g");
    assert_eq!(bench.at().0, first);
}

#[test]
fn what_a_program_cleared_away_can_be_reached() {
    let mut bench = Bench::new(60, 6, &(numbered(50) + "\x1b[H\x1b[2J\x1b[3Jafter\r\nend"));
    bench.keys("g g");
    let begin = bench.at().0;
    assert_eq!(bench.shown()[0], "after");
    bench.keys("g g");
    assert_eq!((bench.at().0, &*bench.shown()[0]), (0, "1"));
    assert!(begin > 0 && bench.status().contains("cleared away"));
}

/// Searches for `pattern` and then types keys; where the cursor is.
#[test]
fn matches_are_found_both_ways_and_around_the_end() {
    let mut text = numbered(500);
    text = text.replace("\r\n120\r\n", "\r\nneedle one\r\n");
    text = text.replace("\r\n300\r\n", "\r\nx Needle needle\r\n");
    text = text.replace("\r\n450\r\n", "\r\nneedle\r\n");
    let check = |keys: &str, expected: &[(u64, u16)]| {
        let mut bench = Bench::new(40, 11, &text);
        let mut found = Vec::new();
        for part in keys.split('|') {
            bench.keys(part);
            found.push(bench.at());
        }
        assert_eq!(found, expected, "{keys}");
    };
    check(
        "g g / 'needle enter|n|n|n|n",
        &[(119, 0), (299, 2), (299, 9), (449, 0), (119, 0)],
    );
    check(
        "? 'needle enter|n|n|n|n",
        &[(449, 0), (299, 9), (299, 2), (119, 0), (449, 0)],
    );
    check("g g / 'needle enter|N|N", &[(119, 0), (449, 0), (299, 9)]);
    // Capitals are meant where there is one.
    check("g g / 'Needle enter|n", &[(299, 2), (299, 2)]);
    // The search follows what is typed; Escape goes back.
    check(
        "g g / 'nee|'dle|backspace|esc",
        &[(119, 0), (119, 0), (119, 0), (0, 0)],
    );
    check("g g / 'x esc n", &[(0, 0)]);
    // An empty pattern means the last one.
    check(
        "g g / 'needle enter|/ enter|? enter",
        &[(119, 0), (299, 2), (119, 0)],
    );
    check("g g j / 'nothing enter", &[(1, 0)]);
}

#[test]
fn a_search_says_what_came_of_it() {
    let mut bench = Bench::new(60, 8, &numbered(30));
    bench.keys("n");
    assert!(
        bench.status().contains("nothing was searched for"),
        "{}",
        bench.status()
    );
    bench.keys("/ 'absent");
    assert!(bench.status().starts_with("/absent"), "{}", bench.status());
    assert!(
        bench.status().ends_with("not found: absent"),
        "{}",
        bench.status()
    );
    bench.keys("enter");
    assert!(bench.status().contains("not found: absent"));
    bench.keys("/ '( enter");
    assert!(
        bench.status().contains("the pattern cannot be used"),
        "{}",
        bench.status()
    );
    bench.keys("? '17 enter n");
    assert!(
        bench.status().contains("went on at the other end"),
        "{}",
        bench.status()
    );
}

#[test]
fn matches_in_view_are_marked() {
    let mut bench = Bench::new(40, 8, "a foo b foo\r\nnothing\r\nfoo\r\n");
    bench.keys("g g / 'foo enter");
    let marked = |bench: &Bench| -> Vec<Vec<String>> {
        let view = bench.scroll.view(None);
        let marks = |row: &std::sync::Arc<Row>| {
            row.runs()
                .filter(|(run, _)| run.style.bg != abide_protocol::Color::Default)
                .map(|(_, text)| text.to_owned())
                .collect()
        };
        view.rows.iter().take(3).map(marks).collect()
    };
    assert_eq!(marked(&bench), [vec!["foo", "foo"], vec![], vec!["foo"]]);
    let view = bench.scroll.view(None);
    let colors: Vec<_> = view.rows[0].runs().map(|(run, _)| run.style.bg).collect();
    assert_ne!(
        colors[1], colors[3],
        "the one at the cursor looks different"
    );
    // What comes later is marked too.
    bench.feed("and foo");
    let view = bench.scroll.view(None);
    assert_eq!(view.rows[3].run_count(), 2);
}

#[test]
fn selections_are_copied() {
    let text = "one two\r\nthree   \r\n0123456789abcdef\r\nlast";
    let check = |keys: &str, expected: &str, said: &str| {
        let mut bench = Bench::new(10, 8, text);
        bench.scroll.resize(Size::clamped(60, 8));
        bench.keys("g g");
        bench.keys(keys);
        assert_eq!(bench.copied, [expected], "{keys}");
        assert!(bench.status().contains(said), "{keys}: {}", bench.status());
        assert!(!bench.left && bench.scroll.selection.is_none());
    };
    check("v l l y", "one", "copied 3 characters");
    check("v y", "o", "copied 1 character");
    check("w v h h h enter", "ne t", "copied 4 characters");
    check("w v j y", "two\nthree", "copied 2 lines, 9 characters");
    // Rows that the terminal wrapped are one line.
    check("j j v $ j y", "0123456789abcdef", "copied 16 characters");
    check("j j V j y", "0123456789abcdef", "copied 16 characters");
    check(
        "j V j j y",
        "three\n0123456789abcdef",
        "copied 2 lines, 22 characters",
    );
    check("l ctrl+v l l j y", "ne\nhre", "copied 2 lines");
    check("v V y", "one two", "copied 7 characters");
    check("v l l o w o y", "e t", "copied 3 characters");
}

#[test]
fn nothing_selected_is_said() {
    let mut bench = Bench::new(60, 8, "text");
    bench.keys("y");
    assert!(bench.copied.is_empty() && bench.status().contains("nothing is selected"));
}

/// A copy of more rows than are kept at once.
#[test]
fn a_long_selection_is_copied_whole_or_not_at_all() {
    let mut bench = Bench::new(20, 11, &numbered(30_000));
    bench.keys("g g V G y");
    let expected: Vec<_> = (1..=30_000).map(|n| n.to_string()).collect();
    assert!(bench.copied == [expected.join("\n")]);
    let wide = (0..20_000)
        .map(|_| "x".repeat(79) + "\r\n")
        .collect::<String>();
    let mut bench = Bench::new(80, 11, &wide);
    bench.keys("g g V G y");
    assert!(bench.copied.is_empty() && bench.status().contains("longer than 1 MiB"));
}

#[test]
fn prompts_are_found_through_all_of_the_history() {
    let prompt = "\x1b]133;A\x07$ \x1b]133;B\x07";
    let mut text = String::new();
    for n in 0..5 {
        text += &[prompt, "command ", &n.to_string(), "\r\n\x1b]133;C\x07"].concat();
        text += &"output\r\n".repeat(1000);
    }
    let mut bench = Bench::new(40, 11, &text);
    let mut lines = Vec::new();
    for _ in 0..5 {
        bench.keys("[");
        lines.push(bench.at().0);
    }
    assert_eq!(lines, [4004, 3003, 2002, 1001, 0]);
    bench.keys("[");
    assert!(
        bench.status().contains("no prompt is marked above"),
        "{}",
        bench.status()
    );
    bench.keys("2 ]");
    assert_eq!(bench.at().0, 2002);
    assert_eq!(
        bench
            .shown()
            .iter()
            .filter(|row| row.starts_with("$ command 2"))
            .count(),
        1
    );
}

#[test]
fn the_mode_is_left() {
    for (keys, left) in [
        ("q", true),
        ("esc", true),
        ("ctrl+c", true),
        ("v esc", false),
        ("v esc esc", true),
        ("v q", true),
        ("/ q", false),
        ("/ esc", false),
        ("/ ctrl+c", false),
        ("x", false),
        ("d", false),
    ] {
        let mut bench = Bench::new(40, 8, "text");
        bench.keys(keys);
        assert_eq!(bench.left, left, "{keys}");
    }
}

#[test]
fn wheel_and_clicks() {
    let mut bench = Bench::new(20, 11, &numbered(100));
    let mouse = |action, button, column, row| MouseEvent {
        action,
        button,
        column,
        row,
        mods: abide_protocol::input::Mods::default(),
    };
    let shown = |bench: &Bench| bench.shown()[0].clone();
    assert_eq!(shown(&bench), "91");
    bench
        .scroll
        .mouse(mouse(MouseAction::Press, MouseButton::WheelUp, 0, 0));
    bench.settle();
    assert_eq!(shown(&bench), "88");
    bench
        .scroll
        .mouse(mouse(MouseAction::Press, MouseButton::WheelDown, 0, 0));
    bench
        .scroll
        .mouse(mouse(MouseAction::Press, MouseButton::WheelDown, 0, 0));
    bench.settle();
    assert_eq!(shown(&bench), "91");
    bench
        .scroll
        .mouse(mouse(MouseAction::Press, MouseButton::Left, 0, 1));
    bench
        .scroll
        .mouse(mouse(MouseAction::Motion, MouseButton::Left, 1, 2));
    bench
        .scroll
        .mouse(mouse(MouseAction::Release, MouseButton::Left, 1, 2));
    bench.keys("y");
    assert_eq!(bench.copied, ["92\n93"]);
}

/// The alternate screen stands below the main screen's history.
#[test]
fn a_program_on_its_alternate_screen() {
    let mut bench = Bench::new(20, 6, &(numbered(50) + "\x1b[?1049h\x1b[Hfull screen"));
    assert!(
        bench.shown().contains(&"full screen".to_owned()),
        "{:?}",
        bench.shown()
    );
    bench.keys("g g");
    assert_eq!(bench.shown()[0], "1");
    bench.keys("G");
    assert_eq!(bench.shown().last().unwrap(), "full screen");
    bench.keys("k");
    assert_eq!(bench.at().0, 43);
    bench.feed("\x1b[?1049l\r\nback");
    bench.keys("G");
    assert_eq!(bench.shown().last().unwrap(), "back");
}

#[test]
fn a_narrow_terminal_follows_the_cursor() {
    let mut screen = engine(40, 6);
    feed(&mut screen, "0123456789abcdefghijklmnopqrstuvwxyz");
    let snapshot = screen.snapshot();
    let mut scroll = Scroll::new(&snapshot, Size::clamped(10, 4), "Ctrl-\\");
    let text = |scroll: &Scroll| scroll.view(None).rows[0].text().to_owned();
    let press = |scroll: &mut Scroll, name: &str| scroll.key(&names::parse(name).unwrap());
    press(&mut scroll, "0");
    assert_eq!(text(&scroll), "0123456789");
    press(&mut scroll, "$");
    assert_eq!(text(&scroll), "qrstuvwxyz");
    assert_eq!(scroll.view(None).cursor.column, 9);
}

#[test]
fn the_status_line_fits() {
    for columns in [1, 2, 7, 20, 200] {
        let mut bench = Bench::new(columns, 3, "text");
        for keys in ["v", "/ 'ab漢字", "enter", "y"] {
            bench.keys(keys);
            let view = bench.scroll.view(None);
            let status = view.rows.last().unwrap();
            assert_eq!((view.rows.len(), status.cells()), (3, columns));
            assert!(
                status
                    .runs()
                    .all(|(run, _)| run.style.attrs == Attrs::INVERSE)
            );
            assert_eq!(status.check(), Ok(()));
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Key(&'static str),
    Output(String),
    Resize(u16, u16),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    const KEYS: [&str; 43] = [
        "h",
        "j",
        "k",
        "l",
        "w",
        "b",
        "e",
        "0",
        "^",
        "$",
        "H",
        "M",
        "L",
        "g",
        "G",
        "ctrl+u",
        "ctrl+d",
        "ctrl+b",
        "ctrl+f",
        "{",
        "}",
        "[",
        "]",
        "v",
        "V",
        "ctrl+v",
        "o",
        "y",
        "enter",
        "/",
        "?",
        "n",
        "N",
        "1",
        "2",
        "9",
        "a",
        "backspace",
        "pageup",
        "end",
        "esc",
        "q",
        "up",
    ];
    let output = proptest::sample::select(vec![
        "a line\r\n",
        "漢字 wide\r\n",
        "\x1b[H\x1b[2J\x1b[3J",
        "\x1b[?1049h",
        "\x1b[?1049l",
        "a",
        "\r\n\r\n\r\n\r\n\r\n",
        "\x1b]133;A\x07$ ",
        "0123456789012345678901234567890123456789",
    ]);
    prop_oneof![
        8 => proptest::sample::select(KEYS.to_vec()).prop_map(Step::Key),
        4 => proptest::collection::vec(output, 1..6).prop_map(|parts| Step::Output(parts.concat())),
        1 => (1_u16..40, 1_u16..12).prop_map(|(columns, rows)| Step::Resize(columns, rows)),
        1 => Just(Step::Clear),
    ]
}

proptest! {
    /// Whatever happens: the picture has the terminal's size, its rows are legal and are those of
    /// the session, and the cursor stands in it.
    #[test]
    fn the_picture_is_whole(steps in proptest::collection::vec(step(), 1..60)) {
        let mut bench = Bench::new(20, 6, &numbered(40));
        for step in steps {
            match step {
                Step::Key(name) => bench.key(name),
                Step::Output(text) => bench.feed(&text),
                Step::Resize(columns, rows) => {
                    let size = Size::clamped(columns, rows);
                    bench.scroll.resize(size);
                    bench.screen.resize(size);
                    bench.feed("");
                }
                Step::Clear => {
                    bench.screen.clear_history();
                    bench.feed("x");
                }
            }
            let view = bench.scroll.view(None);
            prop_assert_eq!(view.rows.len(), usize::from(view.size.rows()));
            for row in &view.rows {
                prop_assert_eq!(row.check(), Ok(()));
                prop_assert!(row.cells() <= view.size.cols());
            }
            prop_assert!(view.cursor.row < view.size.rows());
            prop_assert!(view.cursor.column < view.size.cols());
            let (first, rows) = all_rows(&mut bench.screen);
            let main = bench.screen.snapshot().book == Book::Main;
            let scroll = &bench.scroll;
            for (line, shown) in (scroll.view.0..).zip(&view.rows[..view.rows.len() - 1]) {
                let inside = line >= first.0 && LineNo(line) < scroll.document.end();
                let wanted = rows.get(line.saturating_sub(first.0) as usize);
                if let (true, true, Some(wanted)) = (inside, main, wanted)
                    && scroll.left == 0
                {
                    let wanted: String = wanted.text().trim_end().to_owned();
                    prop_assert!(wanted.starts_with(shown.text().trim_end()), "{line}");
                }
            }
        }
    }
}
