//! The instruments themselves: what is measured with them is only as good as they are.

use std::time::Duration;

use support::compare;
use support::emulator::{Emulator, Options};
use support::home::Home;
use support::recording::{Record, Tail};
use support::terminal::Terminal;
use support::wait;

/// A recording shown by one emulator and the program's own terminal by another are equal.
#[test]
fn a_recording_shows_what_the_terminal_showed() {
    let home = Home::new();
    let recording = home.path().join("recording");
    let command = home.in_terminal(&["abide-tee", recording.to_str().unwrap(), "bash", "-i"]);
    let terminal = Terminal::start(command, Options::sized(80, 24));
    terminal.wait_text("$");
    terminal.keys("printf '\\e[1;4:3;38;2;1;2;3mbold \u{e9}\u{4e2d}\\e[m\\n'; seq 40\r");
    terminal.wait_text("40\n$");
    terminal.resize(100, 30);
    terminal.keys("stty size\r");
    terminal.wait_text("30 100");
    terminal.wait_quiet(Duration::from_millis(200));

    let replay = Emulator::start(Options::sized(80, 24), |_| {}).unwrap();
    let records = Tail::open(&recording).unwrap().read().unwrap();
    assert_eq!(
        records[0],
        Record::Size {
            columns: 80,
            rows: 24
        }
    );
    for record in &records {
        match record {
            Record::Output(bytes) => replay.write(bytes).unwrap(),
            Record::Size { columns, rows } => replay.resize(*columns, *rows).unwrap(),
        }
    }
    let (expected, got) = (replay.state(100).unwrap(), terminal.state(100));
    let differences = compare::screens(&expected, &got, &[], 10);
    assert!(differences.is_empty(), "{}", compare::report(&differences));
    assert_eq!(
        compare::scrollbacks(&expected.history, &got.history),
        (0, 0)
    );
    assert!(
        got.history_text()
            .iter()
            .any(|line| line.contains("bold \u{e9}\u{4e2d}"))
    );
    terminal.keys("exit 7\r");
    assert_eq!(terminal.wait_exit(), 7);
}

/// Each kind of difference is found; a comparison that sees nothing proves nothing.
#[test]
fn every_kind_of_difference_is_found() {
    let show = |bytes: &str| {
        let emulator = Emulator::start(Options::sized(20, 3), |_| {}).unwrap();
        emulator.write(bytes.as_bytes()).unwrap();
        emulator.state(100).unwrap()
    };
    let plain = show("one\r\ntwo");
    let others = [
        ("text", "one\r\ntwa"),
        ("weight", "\x1b[1mone\x1b[m\r\ntwo"),
        ("colour", "one\r\n\x1b[31mtwo"),
        ("background of a blank", "one\x1b[41m \x1b[m\r\ntwo"),
        ("curly underline", "\x1b[4:3mone\x1b[m\r\ntwo"),
        ("link", "\x1b]8;;http://a\x1b\\one\x1b]8;;\x1b\\\r\ntwo"),
        ("cursor", "one\r\ntwo\x1b[D"),
        ("cursor hidden", "one\r\ntwo\x1b[?25l"),
        ("alternate screen", "\x1b[?1049hone\r\ntwo"),
        ("width", "one\r\ntw\u{4e2d}\x1b[D"),
    ];
    for (what, bytes) in others {
        let differences = compare::screens(&plain, &show(bytes), &[], 10);
        assert!(!differences.is_empty(), "{what} was not seen");
    }
    assert!(compare::screens(&plain, &show("on\x1b[Ge\x1b[Gone\r\ntwo"), &[], 10).is_empty());
    let left = show("1\r\n2\r\n3\r\n4\r\n5\r\n6").history;
    let right = show("1\r\n3\r\n3\r\n4\r\n5\r\n6").history;
    assert_eq!(compare::scrollbacks(&left, &right), (1, 1));
}

/// A held terminal reads nothing, and goes on where it was.
#[test]
fn a_held_terminal_blocks_its_program() {
    let home = Home::new();
    let terminal = Terminal::drain(home.in_terminal(&["seq", "100000"]), 80, 24);
    terminal.hold(true);
    wait::until("no more output", || {
        let before = terminal.total();
        std::thread::park_timeout(Duration::from_millis(100));
        (terminal.total() == before).then_some(())
    });
    assert!(terminal.running());
    terminal.hold(false);
    terminal.wait_exit();
    assert!(terminal.output().ends_with(b"100000\r\n"));
}
