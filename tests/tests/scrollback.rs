//! The terminal's own scrollback: complete, in order, each row once; a flood leaves one gap.

use std::time::Duration;

use support::emulator::{Options, State};
use support::home::Home;
use support::terminal::Terminal;
use support::wait;

const ALL: u32 = 60_000;

fn deep(columns: u16, rows: u16) -> Options {
    Options {
        scrollback: ALL,
        ..Options::sized(columns, rows)
    }
}

/// The lines that are numbers, in order.
fn numbers(state: &State) -> Vec<u64> {
    state
        .logical_lines()
        .iter()
        .filter_map(|line| line.trim().parse().ok())
        .collect()
}

/// A shell in a session, in a terminal where something stood before.
fn shell(home: &Home, options: Options) -> Terminal {
    let abide = support::process::built("abide");
    let script = format!(
        "echo stood before; exec {} new work -- bash -i",
        abide.display()
    );
    let terminal = Terminal::start(home.in_terminal(&["sh", "-c", &script]), options);
    terminal.wait_text("$");
    terminal
}

#[test]
fn a_burst_is_complete_and_in_order() {
    for (columns, rows) in [(80, 24), (200, 50)] {
        let home = Home::new();
        let terminal = shell(&home, deep(columns, rows));
        terminal.keys("seq 9000\r");
        terminal.wait_text("9000\n$");
        let state = wait::until("all rows", || {
            let state = terminal.state(ALL);
            (numbers(&state).len() >= 9000).then_some(state)
        });
        assert_eq!(numbers(&state), (1..=9000).collect::<Vec<_>>());
        let before = state
            .logical_lines()
            .iter()
            .filter(|line| *line == "stood before")
            .count();
        assert_eq!(before, 1, "what stood in the terminal before is kept");
    }
}

#[test]
fn long_lines_wrap_by_themselves() {
    let home = Home::new();
    let terminal = shell(&home, deep(80, 24));
    terminal.keys("for n in $(seq 40); do printf '%0333d\\n' $n; done\r");
    let last = format!("{:0333}", 40);
    terminal.wait("the last line", |state| {
        state.logical_lines().contains(&last)
    });
    terminal.keys("seq 60\r");
    terminal.wait_text("60\n$");
    wait::until("every long line as one", || {
        let lines = terminal.state(ALL).logical_lines();
        (1..=40)
            .all(|n| lines.contains(&format!("{n:0333}")))
            .then_some(())
    });
}

#[test]
fn an_attach_brings_the_newest_history_first() {
    let home = Home::new();
    home.ok(&[
        "new",
        "work",
        "--detach",
        "--size",
        "80x24",
        "--",
        "sh",
        "-c",
        "seq 5000; exec cat",
    ]);
    home.wait_screen("work", "5000");
    for (argument, wanted) in [("1000", 1000_u64), ("0", 0), ("100000", 4977)] {
        let attach = ["abide", "attach", "work", "--history", argument];
        let terminal = Terminal::start(home.in_terminal(&attach), deep(80, 24));
        terminal.wait_text("5000");
        let visible = 23;
        let expected: Vec<u64> = (5000 - visible - wanted + 1..=5000).collect();
        wait::until(&format!("{wanted} rows of history"), || {
            (numbers(&terminal.state(ALL)) == expected).then_some(())
        });
    }
}

/// A flood that no terminal could follow leaves one line that says so, and the newest rows.
#[test]
fn a_flood_shows_exactly_one_gap() {
    const LINES: u64 = 1_900_000;
    let home = Home::new();
    let terminal = shell(&home, deep(200, 50));
    // 105 bytes a line: 200 MB.
    terminal.keys(
        format!("seq -f '%0104.0f' {LINES}; echo flood's end\r").replace("flood's", "'flood'"),
    );
    terminal.wait("the end", |state| state.text().contains("flood end\n$"));
    let state = wait::within(Duration::from_mins(1), "the rows after the gap", || {
        let state = terminal.state(ALL);
        let rows = numbers(&state);
        (rows.len() >= 10_000 && rows.last() == Some(&LINES)).then_some(state)
    });
    let gaps: Vec<_> = state
        .logical_lines()
        .into_iter()
        .filter(|line| line.starts_with('[') && line.contains("lines skipped"))
        .collect();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    let rows = numbers(&state);
    let jumps = rows
        .windows(2)
        .filter(|pair| pair[1] != pair[0] + 1)
        .count();
    assert!(jumps <= 1, "rows are in order but for the gap");
    let skipped: u64 = gaps[0]
        .trim_start_matches('[')
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let missing = LINES - rows.len() as u64;
    // What was typed is a row too.
    assert!(
        skipped.abs_diff(missing) <= 3,
        "the line says how many: {skipped}, not {missing}"
    );
}
