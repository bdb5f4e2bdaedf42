//! The scroll mode of attach, on a real terminal and a real session.

use support::emulator::{Options, State};
use support::home::Home;
use support::terminal::Terminal;
use support::wait;

const ALL: u32 = 20_000;

/// A session that prints 500 numbers, then after each line typed 300 more, shown in a terminal.
fn reading(home: &Home, extra: &[&str]) -> Terminal {
    let script = "seq 500; while read x; do seq 1001 1300; done; exit 5";
    home.ok(&[
        "new", "work", "--detach", "--size", "80x24", "--", "sh", "-c", script,
    ]);
    home.wait_screen("work", "500");
    let mut command = vec!["abide", "attach", "work"];
    command.extend(extra);
    let terminal = Terminal::start(home.in_terminal(&command), Options::sized(80, 24));
    terminal.wait_text("500");
    terminal
}

fn enter(terminal: &Terminal) {
    terminal.keys("\x1c[");
    terminal.wait("the scroll mode", |state| {
        state.screen == "alternate" && state.text().contains("scroll ")
    });
}

/// The lines that are numbers, in order.
fn numbers(state: &State) -> Vec<u64> {
    let lines = state.logical_lines();
    lines
        .iter()
        .filter_map(|line| line.trim().parse().ok())
        .collect()
}

#[test]
fn the_main_screen_is_read_behind_the_alternate_one() {
    let home = Home::new();
    let script = r"seq 100; printf '\033[?1049hother'; exec cat";
    home.ok(&[
        "new", "work", "--detach", "--size", "80x24", "--", "sh", "-c", script,
    ]);
    home.wait_screen("work", "other");
    let terminal = Terminal::start(
        home.in_terminal(&["abide", "attach", "work"]),
        Options::sized(80, 24),
    );
    terminal.wait_text("other");
    enter(&terminal);
    terminal.keys("\x15");
    let shown = terminal.wait("the rows above", |state| numbers(state).contains(&100));
    let rows = numbers(&shown);
    assert_eq!(rows, (rows[0]..=100).collect::<Vec<_>>());
    assert!(rows.len() > 5, "{rows:?}");
}

/// What is read stays where it is; afterwards the terminal is as it was, and everything that left
/// the screen meanwhile is in its scrollback, once and in order.
#[test]
fn history_is_read_while_the_session_goes_on() {
    let home = Home::new();
    let terminal = reading(&home, &[]);
    let before = terminal.state(0);
    enter(&terminal);
    terminal.keys("gg");
    let shown = terminal.wait("the oldest row", |state| numbers(state).first() == Some(&1));
    home.ok(&["keys", "work", "enter"]);
    let later = terminal.wait_text("new lines below");
    assert_eq!(numbers(&shown), numbers(&later));
    terminal.keys("q");
    terminal.wait("the session", |state| {
        state.screen == "normal" && state.text().contains("1300")
    });
    let expected: Vec<u64> = (1..=500).chain(1001..=1300).collect();
    let after = wait::until("all rows in the scrollback", || {
        let state = terminal.state(ALL);
        (numbers(&state).len() >= expected.len()).then_some(state)
    });
    assert_eq!(numbers(&after), expected);
    assert_eq!(before.modes, after.modes, "modes (before, after)");
    // Keys are the program's again.
    terminal.keys("\r");
    wait::until("more rows", || {
        (numbers(&terminal.state(ALL)).len() >= 1100).then_some(())
    });
}

#[test]
fn matches_are_found_and_copied() {
    let home = Home::new();
    let terminal = reading(&home, &[]);
    enter(&terminal);
    terminal.keys("?^12[3]$\r");
    terminal.wait("the match in view", |state| {
        let rows = numbers(state);
        rows.contains(&123) && !rows.contains(&500)
    });
    terminal.keys("Vjjy");
    terminal.wait_text("copied 3 lines");
    // "123\n124\n125"
    terminal.wait_output(b"\x1b]52;c;MTIzCjEyNAoxMjU=\x1b\\");
    terminal.keys("/(\r");
    terminal.wait_text("the pattern cannot be used");
    // Escape, as a terminal with the kitty protocol sends it.
    terminal.keys("\x1b[27u");
    terminal.wait("the session", |state| state.screen == "normal");
}

#[test]
fn a_watcher_reads_too() {
    let home = Home::new();
    let terminal = reading(&home, &["--watch"]);
    enter(&terminal);
    terminal.keys("100G");
    terminal.wait("row 100", |state| numbers(state).contains(&100));
    terminal.keys("\x03");
    terminal.wait("the session", |state| state.screen == "normal");
}

/// Leaving by detaching, and by the end of the program.
#[test]
fn every_way_out_gives_the_terminal_back() {
    let home = Home::new();
    let terminal = reading(&home, &[]);
    enter(&terminal);
    terminal.keys("\x1cd");
    let after = terminal.wait_text("detached from");
    assert_eq!(after.screen, "normal");
    assert_eq!(after.modes["mouseTrackingMode"], "none");
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn the_end_of_the_program_waits_for_the_reader() {
    let home = Home::new();
    let terminal = reading(&home, &[]);
    enter(&terminal);
    terminal.keys("gg");
    home.ok(&["keys", "work", "enter", "ctrl+d"]);
    terminal.wait_text("the program has ended");
    terminal.keys("j");
    assert!(terminal.running());
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), 5);
    let expected: Vec<u64> = (1..=500).chain(1001..=1300).collect();
    assert_eq!(numbers(&terminal.state(ALL)), expected);
}
