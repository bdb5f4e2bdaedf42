//! The picture between a keeper played by the test and a terminal of independent making.

use std::num::NonZero;

use abide_protocol::{Cursor, Modes, Palette, Progress, Revision, RowBuilder, Style};

use super::*;

const COLS: u16 = 20;
const ROWS: u16 = 4;

/// A session whose main screen is a log: line `n` says `line n`.
struct Stage {
    picture: Picture,
    terminal: vt100::Parser,
    now: Instant,
    /// Number of the first row on the screen.
    top: u64,
    size: Size,
    book: Book,
    revision: u64,
    /// Rows below are sent or skipped; `None`: not asked for.
    printed: Option<u64>,
}

fn row(text: &str) -> Arc<Row> {
    let mut builder = RowBuilder::default();
    builder.simple(text, Style::PLAIN, &None);
    Arc::new(builder.finish(false))
}

fn side(length: u16) -> NonZero<u16> {
    NonZero::new(length).unwrap()
}

impl Stage {
    fn new() -> Self {
        let size = Size::clamped(COLS, ROWS);
        Self {
            picture: Picture::new(Caps::FULL, size, 100, "Ctrl-\\".into()),
            terminal: vt100::Parser::new(side(ROWS), side(COLS), 1000),
            now: Instant::now(),
            top: 0,
            size,
            book: Book::Main,
            revision: 0,
            printed: Some(0),
        }
    }

    fn snapshot(&mut self) -> Snapshot {
        self.revision += 1;
        let text = |index: u64| match self.book {
            Book::Main => format!("line {}", self.top + index),
            Book::Alternate => format!("editor {index}"),
        };
        Snapshot {
            revision: Revision {
                incarnation: 1,
                counter: self.revision,
            },
            size: self.size,
            book: self.book,
            rows: (0..u64::from(self.size.rows()))
                .map(|index| row(&text(index)))
                .collect(),
            cursor: Cursor::default(),
            modes: Modes::default(),
            title: "".into(),
            directory: "".into(),
            progress: Progress::None,
            palette: Arc::new(Palette::default()),
            top: LineNo(if self.book == Book::Main { self.top } else { 0 }),
            sealed: LineNo(0),
            first: LineNo(0),
            floor: LineNo(0),
        }
    }

    fn tail(&mut self) -> Option<Tail> {
        let printed = self.printed.filter(|printed| *printed < self.top)?;
        self.printed = Some(self.top);
        Some(Tail {
            from: LineNo(printed),
            skipped: 0,
            rows: (printed..self.top)
                .map(|line| row(&format!("line {line}")))
                .collect(),
        })
    }

    /// The keeper sends the present state, hears what it is told, and the terminal is painted.
    fn frame(&mut self) {
        let tail = self.tail();
        let snapshot = self.snapshot();
        let messages = self.picture.replace(snapshot, tail, self.now);
        self.told(messages);
        self.paint();
    }

    fn told(&mut self, messages: Vec<ToServer>) {
        for message in messages {
            let ToServer::Printed { printed } = message else {
                panic!("unexpected {message:?}");
            };
            self.printed = printed.map(|line| line.0);
            if let Some(tail) = self.tail() {
                let more = self.picture.arrived(Some(tail), self.now);
                assert_eq!(more, []);
            }
        }
    }

    fn paint(&mut self) {
        if let Some(bytes) = self.picture.paint(self.now) {
            self.terminal.process(&bytes);
        }
    }

    fn screen(&self) -> Vec<String> {
        self.terminal.screen().rows(0, COLS).collect()
    }

    /// Numbers of the lines in the scrollback; `None` for any other line.
    fn kept(&mut self) -> Vec<Option<u64>> {
        self.terminal.screen_mut().set_scrollback(usize::MAX);
        let count = self.terminal.screen().scrollback();
        let mut kept = Vec::new();
        for offset in (1..=count).rev() {
            self.terminal.screen_mut().set_scrollback(offset);
            let text = self.terminal.screen().rows(0, COLS).next().unwrap();
            kept.push(
                text.strip_prefix("line ")
                    .and_then(|number| number.trim_end().parse().ok()),
            );
        }
        self.terminal.screen_mut().set_scrollback(0);
        kept
    }

    fn lines(&mut self) -> Vec<u64> {
        self.kept().into_iter().flatten().collect()
    }
}

#[test]
fn history_comes_first_then_what_leaves() {
    let mut stage = Stage::new();
    stage.top = 10;
    let early = stage.tail();
    assert_eq!(stage.picture.arrived(early, stage.now), []);
    assert_eq!(stage.picture.paint(stage.now), None);
    stage.frame();
    assert!(stage.lines().into_iter().eq(0..10));
    stage.top = 13;
    stage.frame();
    assert!(stage.lines().into_iter().eq(0..13));
    assert_eq!(stage.screen()[0], "line 13");
}

/// Each paint writes a screen besides the rows, so those of a burst are gathered.
#[test]
fn rows_that_come_alone_are_painted_together_and_soon() {
    let mut stage = Stage::new();
    stage.top = 10;
    stage.frame();
    stage.top = 100;
    let snapshot = stage.snapshot();
    assert_eq!(stage.picture.replace(snapshot, None, stage.now), []);
    stage.paint();
    assert!(stage.lines().into_iter().eq(0..10));
    let send = |stage: &mut Stage, until| {
        let top = std::mem::replace(&mut stage.top, until);
        let tail = stage.tail();
        stage.top = top;
        assert_eq!(stage.picture.arrived(tail, stage.now), []);
        stage.picture.paint(stage.now)
    };
    assert_eq!(send(&mut stage, 40), None, "60 more are on their way");
    assert_eq!(send(&mut stage, 70), None, "30 more are on their way");
    let bytes = send(&mut stage, 100).expect("all have come");
    stage.terminal.process(&bytes);
    assert_eq!(stage.lines(), (0..100).collect::<Vec<_>>());
    stage.top = 200;
    let snapshot = stage.snapshot();
    assert_eq!(stage.picture.replace(snapshot, None, stage.now), []);
    stage.paint();
    assert_eq!(send(&mut stage, 150), None);
    stage.now = stage.picture.deadline().expect("they do not wait for ever");
    assert_eq!(stage.picture.tick(stage.now), []);
    stage.paint();
    assert_eq!(stage.lines(), (0..150).collect::<Vec<_>>());
}

#[test]
fn the_alternate_screen_interrupts_and_loses_nothing() {
    let mut stage = Stage::new();
    stage.top = 5;
    stage.frame();
    stage.top = 7;
    stage.book = Book::Alternate;
    stage.frame();
    assert_eq!(stage.screen()[1], "editor 1");
    stage.top = 9;
    stage.book = Book::Main;
    stage.frame();
    assert_eq!(stage.screen()[0], "line 9");
    assert!(stage.lines().into_iter().eq(0..9));
}

#[test]
fn another_size_uses_the_alternate_screen_and_says_so() {
    let mut stage = Stage::new();
    stage.top = 5;
    stage.frame();
    stage.picture.driver(
        &Driver {
            name: Some("desk".into()),
            you: false,
            size: stage.size,
        },
        stage.now,
    );
    stage.size = Size::clamped(30, 10);
    stage.frame();
    assert!(
        stage.screen()[3].contains("30x10, driven by d"),
        "{:?}",
        stage.screen()
    );
    stage.now += NOTICE;
    assert_eq!(stage.picture.tick(stage.now), []);
    stage.paint();
    assert_eq!(stage.screen()[3], "line 8");
    stage.picture.pan(Direction::Down);
    stage.paint();
    assert_eq!(stage.screen()[0], "line 7");
    stage.picture.typed();
    stage.paint();
    assert_eq!(stage.screen()[0], "line 5");
    stage.size = Size::clamped(COLS, ROWS);
    stage.top = 6;
    stage.frame();
    assert!(stage.lines().into_iter().eq(0..6));
}

#[test]
fn a_driver_that_resizes_its_terminal_sees_no_other_screen() {
    let mut stage = Stage::new();
    stage.top = 50;
    stage.frame();
    let driver = Driver {
        name: Some("here".into()),
        you: true,
        size: stage.size,
    };
    stage.picture.driver(&driver, stage.now);
    let larger = Size::clamped(COLS, 6);
    stage.picture.resize(larger, stage.now);
    stage.terminal.screen_mut().set_size(side(6), side(COLS));
    assert_eq!(stage.picture.paint(stage.now), None);
    stage.size = larger;
    stage.top = 48;
    stage.frame();
    assert_eq!(stage.picture.painter.surface(), Surface::Inline);
    assert_eq!(stage.screen()[0], "line 48");
    stage.top = 51;
    stage.frame();
    // This terminal, too, brought the last two rows back onto its screen.
    assert!(stage.lines().into_iter().eq(0..51));
}

#[test]
fn leaving_puts_the_shell_below_the_picture() {
    let mut stage = Stage::new();
    stage.frame();
    let bytes = stage.picture.leave();
    stage.terminal.process(&bytes);
    stage.terminal.process(b"$ ");
    assert_eq!(stage.screen()[3], "$ ");
    assert_eq!(stage.screen()[2], "line 3");
    assert!(!stage.terminal.screen().hide_cursor());
}
