//! Reading what a session has shown: `tail`, `capture --lines`, `capture --commands`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};

use serde_json::Value;
use support::home::Home;
use support::{process, wait};

fn session(home: &Home, name: &str, script: &str) {
    home.ok(&[
        "new", name, "--detach", "--size", "80x10", "--", "bash", "-c", script,
    ]);
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn lines_are_printed_by_number() {
    let home = Home::new();
    session(&home, "work", "seq 3000; exec cat");
    home.wait_screen("work", "3000");
    let check = |range: &str, expected: &[&str]| {
        let printed = home.ok(&["capture", "work", "--lines", range]);
        assert_eq!(lines(&printed), expected, "{range}");
    };
    check("1..3", &["1", "2", "3"]);
    // Across the border between history and screen.
    check("2990..2993", &["2990", "2991", "2992", "2993"]);
    check("2999..", &["2999", "3000"]);
    check("..2", &["1", "2"]);
    check("7", &["7"]);
    check("9000..9001", &[]);
    let all = home.ok(&["capture", "work", "--lines", ".."]);
    assert!(all.lines().eq((1..=3000).map(|n| n.to_string())));
    let found = json(&home.ok(&["capture", "work", "--lines", "2..2", "--json"]));
    let expected = serde_json::json!([{ "line": 2, "text": "2", "wrapped": false }]);
    assert_eq!(found, expected);
    for wrong in ["3..1", "0..3", "many"] {
        let output = home.run_abide(&["capture", "work", "--lines", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
    for other in [["--all", "--lines"], ["--commands", "--lines"]] {
        let output = home.run_abide(&["capture", "work", other[0], other[1], "1..2"]);
        assert_eq!(output.status.code(), Some(2), "{other:?}");
    }
}

/// What stands on the main screen behind a program's alternate one is read like history.
#[test]
fn rows_behind_the_alternate_screen_are_read() {
    let home = Home::new();
    session(
        &home,
        "work",
        r"seq 30; printf '\e[?1049hother'; read x; printf '\e[?1049l'; echo back; exec cat",
    );
    home.wait_screen("work", "other");
    let tail = home.ok(&["tail", "work", "-n", "3"]);
    assert_eq!(lines(&tail), ["28", "29", "30"]);
    let captured = home.ok(&["capture", "work", "--history", "2"]);
    assert_eq!(lines(&captured)[..2], ["29", "30"]);
    assert!(captured.contains("other"), "{captured}");
    let all = json(&home.ok(&["capture", "work", "--all", "--json"]));
    assert_eq!(all["history"].as_array().unwrap().len(), 30);
    let printed = home.ok(&["capture", "work", "--lines", "19..40"]);
    assert!(printed.lines().eq((19..=30).map(|n| n.to_string())));
    let found = home.ok(&["search", "work", "^30$", "-C", "1", "--json"]);
    assert!(found.contains("29"), "{found}");
    let mut child = follow(&home, &["-n", "1"]);
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    home.ok(&["keys", "work", "enter"]);
    output.read_line(&mut line).unwrap();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "29\n30\nback\n");
    home.ok(&["kill", "work"]);
    child.wait().unwrap();
    let all = home.ok(&["capture", "work", "--lines", "29.."]);
    assert_eq!(lines(&all), ["29", "30", "back"]);
}

/// The row in which a program goes on after its alternate screen is printed once, when it is
/// complete.
#[test]
fn following_takes_no_row_behind_the_alternate_screen_for_complete() {
    let home = Home::new();
    let script = r"seq 3; printf half; printf '\e[?1049hother'; read x; printf '\e[?1049l'; echo ' and half'";
    session(&home, "work", script);
    home.wait_screen("work", "other");
    let mut child = follow(&home, &["-n", "2"]);
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    output.read_line(&mut text).unwrap();
    output.read_line(&mut text).unwrap();
    home.ok(&["keys", "work", "enter"]);
    output.read_to_string(&mut text).unwrap();
    assert_eq!(lines(&text), ["2", "3", "half and half"]);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// What stood on the main screen is kept of a session that ends on its alternate one.
#[test]
fn rows_behind_the_last_screen_are_kept() {
    let home = Home::new();
    let script = r"seq 30; printf '\e[?1049hother'; exec cat";
    session(&home, "work", script);
    home.wait_screen("work", "other");
    let keeper = home.keeper("work");
    home.ok(&["kill", "work"]);
    wait::until("the end of the keeper", || {
        (!process::lives(keeper)).then_some(())
    });
    let tail = home.ok(&["tail", "work", "-n", "3"]);
    assert_eq!(lines(&tail), ["28", "29", "30"]);
    let printed = home.ok(&["capture", "work", "--lines", "19.."]);
    assert!(printed.lines().eq((19..=30).map(|n| n.to_string())));
    let found = home.ok(&["search", "work", "^30$", "-C", "1", "--json"]);
    assert!(found.contains("29"), "{found}");
    assert!(home.ok(&["capture", "work"]).contains("other"));
}

/// Who follows until a session ends on its alternate screen gets all of the main one.
#[test]
fn following_ends_with_the_rows_behind_the_last_screen() {
    let home = Home::new();
    let script = r"seq 30; printf '\e[?1049hother'; read x";
    session(&home, "work", script);
    home.wait_screen("work", "other");
    let mut child = follow(&home, &["-n", "1"]);
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    output.read_line(&mut text).unwrap();
    home.ok(&["keys", "work", "enter"]);
    output.read_to_string(&mut text).unwrap();
    assert_eq!(lines(&text), ["29", "30"]);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn commands_are_printed_with_what_came_of_them() {
    const PROMPT: &str = r"printf '\e]133;A\a$ \e]133;B\a'";
    const RUN: &str = r"printf '\e]133;C\a'";
    let home = Home::new();
    let script = format!(
        r"{PROMPT}; echo make; {RUN}; seq 30; printf '\e]133;D;2\a'; {PROMPT}; echo sleep; {RUN}; echo on; exec cat"
    );
    session(&home, "work", &script);
    home.wait_screen("work", "on");
    let commands = json(&home.ok(&["capture", "work", "--commands", "--json"]));
    let output: Vec<_> = (1..=30).map(|n: u32| n.to_string()).collect();
    let expected = serde_json::json!([
        { "line": 1, "prompt": "$ ", "command": "make", "output": output.join("\n"), "exit_code": 2 },
        { "line": 32, "prompt": "$ ", "command": "sleep", "output": "on", "exit_code": null },
    ]);
    assert_eq!(commands, expected);
    let text = home.ok(&["capture", "work", "--commands"]);
    assert!(text.starts_with("1: make [exit 2]\n1\n2\n"), "{text}");
    assert!(
        text.ends_with("\n30\n\n32: sleep [running]\non\n"),
        "{text}"
    );
}

/// A command that runs and has printed nothing has left no more than the mark where its output
/// will begin.
#[test]
fn a_silent_command_is_printed_as_running() {
    let home = Home::new();
    session(&home, "work", "exec bash -i");
    home.wait_screen("work", "$");
    home.ok(&[
        "send",
        "work",
        r"PS1='\[\e]133;A\a\]% \[\e]133;B\a\]' PS0='\e]133;C\a'",
    ]);
    home.wait_screen("work", "\n%");
    home.ok(&["send", "work", "read x"]);
    let text = || home.ok(&["capture", "work", "--commands"]);
    wait::until("the command", || text().contains("read x").then_some(()));
    assert!(text().ends_with(": read x [running]\n"), "{}", text());
    // The same behind a program's alternate screen.
    home.ok(&["keys", "work", "enter"]);
    home.ok(&["send", "work", r"printf '\e[?1049hoth''er'; read x"]);
    home.wait_screen("work", "other");
    assert!(text().ends_with("read x [running]\n"), "{}", text());
}

/// A session that keeps little in memory has written most of its history down.
fn spilled(home: &Home) -> std::path::PathBuf {
    let configuration = home.abide().join("config");
    std::fs::create_dir_all(&configuration).unwrap();
    let little = "[history]\nmemory = \"64 KiB\"\n";
    std::fs::write(configuration.join("config.toml"), little).unwrap();
    session(home, "work", "seq 400000; exec cat");
    home.wait_screen("work", "400000");
    let id = home.info("work")["id"].as_str().unwrap().to_owned();
    let file = home.abide().join("state/sessions").join(id).join("history");
    wait::until("the file", || {
        let metadata = file.metadata().ok()?;
        (metadata.len() > 64 << 10).then_some(())
    });
    file
}

/// Fails with the exit code of damage and names these lines; gives what was printed.
fn damaged(home: &Home, arguments: &[&str], lines: &str) -> String {
    let output = home.run_abide(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(6), "{arguments:?}: {said}");
    let expected = format!("rows ({lines}) cannot be read: ");
    assert!(said.contains(&expected), "{arguments:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_damaged_history_is_told_by_whoever_reads_it() {
    let home = Home::new();
    let file = spilled(&home);
    let length = file.metadata().unwrap().len() as usize;
    let garbage = vec![0x5a; length];
    let opened = std::fs::OpenOptions::new().write(true).open(&file);
    std::io::Write::write_all(&mut opened.unwrap(), &garbage).unwrap();
    // Whoever asks need not have read it.
    let lost = &home.info("work")["history_lost"];
    let end = lost["last"].as_u64().unwrap();
    assert_eq!(
        lost,
        &serde_json::json!({ "rows": end, "first": 1, "last": end })
    );
    let printed = damaged(&home, &["capture", "work", "--lines", "5..7"], "5 to 7");
    assert_eq!(printed, "\n\n\n");
    let all = format!("1 to {end}");
    assert_eq!(damaged(&home, &["search", "work", "^77$"], &all), "");
    assert_eq!(
        damaged(&home, &["search", "work", "^399999$"], &all),
        "399999: 399999\n"
    );
    let printed = damaged(&home, &["capture", "work", "--all", "--json"], &all);
    let lost = &json(&printed)["lost"];
    assert_eq!(
        lost,
        &serde_json::json!({ "rows": end, "first": 1, "last": end })
    );
    let tail = damaged(
        &home,
        &["tail", "work", "-n", "399999"],
        &format!("2 to {end}"),
    );
    assert!(tail.ends_with("\n399999\n400000\n"));
    let commands = home.run_abide(&["capture", "work", "--commands"]);
    assert_eq!(commands.status.code(), Some(6));
    assert!(
        home.ok(&["capture", "work", "--lines", "399000..399001"])
            .starts_with("399000")
    );
    assert!(home.ok(&["info", "work"]).contains("cannot be read"));
    let doctor = home.run_abide(&["doctor"]);
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.contains(&file.display().to_string()), "{doctor}");
    home.ok(&["clear", "work"]);
    assert_eq!(home.info("work")["history_lost"], Value::Null);
}

#[test]
fn a_history_that_was_cut_short_says_which_rows_are_missing() {
    let home = Home::new();
    let file = spilled(&home);
    let keeper = home.keeper("work");
    home.ok(&["kill", "work"]);
    wait::until("the end of the keeper", || {
        (!process::lives(keeper)).then_some(())
    });
    assert_eq!(home.info("work")["history_lost"], Value::Null);
    let rows = home.info("work")["history_rows"].as_u64().unwrap();
    let opened = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
    opened.set_len(file.metadata().unwrap().len() / 2).unwrap();
    let lost = home.info("work")["history_lost"].clone();
    let (first, last) = (
        lost["first"].as_u64().unwrap(),
        lost["last"].as_u64().unwrap(),
    );
    assert!(first > 1 && last == rows, "{lost}");
    assert_eq!(home.ok(&["capture", "work", "--lines", "1..2"]), "1\n2\n");
    let range = format!("{}..{}", first - 1, first + 1);
    let printed = damaged(
        &home,
        &["capture", "work", "--lines", &range],
        &format!("{first} to {}", first + 1),
    );
    assert_eq!(printed, format!("{}\n\n\n", first - 1));
    damaged(
        &home,
        &["search", "work", "x"],
        &format!("{first} to {last}"),
    );
    let attached = home.run_abide(&["attach", "work"]);
    assert!(String::from_utf8_lossy(&attached.stderr).contains("cannot be read"));
    opened.set_len(4096).unwrap();
    damaged(&home, &["capture", "work", "--lines", "1..2"], "1 to 2");
    // Not even the beginning is left.
    opened.set_len(100).unwrap();
    let output = home.run_abide(&["capture", "work", "--lines", "1..2"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be read"));
    assert_eq!(output.status.code(), Some(4));
    let all = serde_json::json!({ "rows": rows, "first": 1, "last": rows });
    assert_eq!(home.info("work")["history_lost"], all);
}

#[test]
fn tail_prints_the_last_lines() {
    let home = Home::new();
    let script = "for n in $(seq 40); do printf '%0200d\\n' $n; done; printf 'a prompt'; exec cat";
    session(&home, "work", script);
    home.wait_screen("work", "a prompt");
    let long = |n: u32| format!("{n:0200}");
    let printed = home.ok(&["tail", "work", "-n", "4"]);
    assert_eq!(
        lines(&printed),
        [long(38), long(39), long(40), "a prompt".into()],
        "rows that the terminal wrapped are one line"
    );
    assert_eq!(home.ok(&["tail", "work", "-n", "0"]), "");
    let printed = home.ok(&["tail", "work", "-n", "1000"]);
    assert_eq!(printed.lines().count(), 41);
    home.ok(&["kill", "work"]);
    wait::until("the end", || {
        (home.list()[0]["state"] == "ended").then_some(())
    });
    let ended = home.ok(&["tail", "work", "-f", "-n", "2"]);
    assert_eq!(lines(&ended), [long(40), "a prompt".into()]);
}

#[test]
fn tail_keeps_colours_if_asked() {
    let home = Home::new();
    session(&home, "work", r"printf '\e[31mred\e[m plain\n'; exec cat");
    home.wait_screen("work", "plain");
    assert_eq!(home.ok(&["tail", "work"]), "red plain\n");
    assert_eq!(
        home.ok(&["tail", "work", "--ansi"]),
        "\x1b[31mred\x1b[m plain\n"
    );
}

fn follow(home: &Home, extra: &[&str]) -> Child {
    let mut command = home.command("abide");
    command
        .args(["tail", "work", "-f"])
        .args(extra)
        .stdout(Stdio::piped());
    command.spawn().expect("tail starts")
}

/// Each line once and in order, however fast they come, and its viewer changes nothing.
#[test]
fn following_prints_every_line_and_ends_with_the_session() {
    let home = Home::new();
    let script = "echo ready; read x; seq 100000; printf 'left open'; exit 7";
    session(&home, "work", script);
    home.wait_screen("work", "ready");
    let mut tail = follow(&home, &[]);
    wait::until("the viewer", || {
        (home.info("work")["viewers"] == 1).then_some(())
    });
    home.ok(&["keys", "work", "enter"]);
    let mut text = String::new();
    tail.stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(tail.wait().unwrap().code(), Some(0));
    let numbers = (1..=100_000).map(|n| n.to_string());
    let expected = ["ready".to_owned(), String::new()]
        .into_iter()
        .chain(numbers);
    assert!(
        text.lines().eq(expected.chain(["left open".to_owned()])),
        "{}",
        text.len()
    );
    assert_eq!(home.info("work")["size"]["columns"], 80);
}

#[test]
fn a_reader_that_leaves_ends_the_following() {
    let home = Home::new();
    session(&home, "work", "echo ready; exec cat");
    home.wait_screen("work", "ready");
    let mut tail = follow(&home, &[]);
    let mut line = String::new();
    let mut stdout = BufReader::new(tail.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    drop(stdout);
    let status = wait::until("the end of tail", || tail.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
    assert!(process::lives(home.program("work")));
}

#[test]
fn searching_finds_lines_of_history_and_screen() {
    let home = Home::new();
    session(&home, "work", "seq 3000; printf '%0100dend\\n' 7; exec cat");
    home.wait_screen("work", "end");
    let check = |arguments: &[&str], code: i32, expected: &[&str]| {
        let output = home.run_abide(&[&["search", "work"], arguments].concat());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(lines(&text), expected, "{arguments:?}");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    };
    check(&["^12[3]$"], 0, &["123: 123"]);
    check(&["299[89]"], 0, &["2998: 2998", "2999: 2999"]);
    check(&["^5", "--limit", "2"], 0, &["5: 5", "50: 50"]);
    check(&["nothing"], 1, &[]);
    check(&["END$"], 1, &[]);
    let long = format!("{:0>100}end", 7);
    check(&["END$", "-i"], 0, &[&format!("3002: {long}")]);
    check(
        &["^(10|12|500)$", "-C", "1"],
        0,
        &[
            "9- 9", "10: 10", "11- 11", "12: 12", "13- 13", "--", "499- 499", "500: 500",
            "501- 501",
        ],
    );
    check(&["("], 2, &[]);
    check(&[""], 2, &[]);
    let found = json(&home.ok(&["search", "work", "7end", "--json", "--context", "1"]));
    let expected = serde_json::json!([{
        "line": 3002, "column": 20, "end_line": 3002, "end_column": 24,
        "text": long, "match": "7end", "before": ["0".repeat(80)], "after": [],
    }]);
    assert_eq!(found, expected);
    // More hits than one answer holds.
    let all = home.ok(&["search", "work", "."]);
    assert_eq!(all.lines().count(), 3001);
    home.ok(&["kill", "work"]);
    wait::until("the end", || {
        (home.list()[0]["state"] == "ended").then_some(())
    });
    check(&["^12[3]$"], 0, &["123: 123"]);
}
