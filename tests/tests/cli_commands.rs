//! The commands as a person or a script uses them, without a terminal.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::home::Home;
use support::{process, wait};

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The one line that a failed command says.
#[track_caller]
fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text.lines().count(), 1, "{} {text}", output.status);
    assert!(text.starts_with("abide: "), "{text}");
    text
}

/// Runs `abide` and expects this exit code and a line with all of these parts.
#[track_caller]
fn refused(home: &Home, arguments: &[&str], code: i32, parts: &[&str]) {
    let output = home.run_abide(arguments);
    let line = complaint(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {line}");
    for part in parts {
        assert!(
            line.contains(part),
            "{arguments:?}: {part:?} is not in {line}"
        );
    }
}

fn sleeper(home: &Home, name: &str) {
    home.ok(&["new", name, "--detach", "--", "sleep", "1000"]);
}

#[test]
fn a_session_lives_is_listed_and_ends() {
    let home = Home::new();
    assert_eq!(home.ok(&["new", "work", "--", "sh"]), "work\n");
    let listed = home.list();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["name"], "work");
    assert_eq!(listed[0]["state"], "running");
    assert_eq!(listed[0]["command"], "sh");
    assert_eq!(listed[0]["size"]["columns"], 120);
    assert_eq!(listed[0]["size"]["rows"], 40);
    let pid = home.program("work");
    home.ok(&["send", "work", "echo one two | tr a-z A-Z"]);
    home.wait_screen("work", "ONE TWO");
    home.ok(&["keys", "work", "e", "x", "i", "t", "space", "7", "enter"]);
    let waited = home.run_abide(&["wait", "work", "--json"]);
    assert_eq!(waited.status.code(), Some(7));
    let end: Value = serde_json::from_str(&stdout(&waited)).unwrap();
    assert_eq!(
        (&end["state"], &end["exit_code"]),
        (&"ended".into(), &7.into())
    );
    assert!(!process::lives(pid));
    assert_eq!(home.list()[0]["state"], "ended");
    assert!(
        home.ok(&["capture", "work"]).contains("ONE TWO"),
        "its last screen is kept"
    );
    home.ok(&["remove", "work"]);
    assert!(home.list().is_empty());
}

#[test]
fn new_gives_the_program_what_was_asked_for() {
    let home = Home::new();
    let directory = home.user().join("a dir");
    fs::create_dir(&directory).unwrap();
    let script = "pwd; echo $GREETING; stty size; echo in $ABIDE_SESSION; exec sleep 1000";
    home.ok(&[
        "new",
        "it",
        "-d",
        directory.to_str().unwrap(),
        "-e",
        "GREETING=good day",
        "--size",
        "77x13",
        "--",
        "sh",
        "-c",
        script,
    ]);
    home.wait_screen(
        "it",
        &format!("in {}", home.info("it")["id"].as_str().unwrap()),
    );
    let screen = home.ok(&["capture", "it"]);
    for expected in ["/a dir\n", "good day\n", "13 77\n"] {
        assert!(screen.contains(expected), "{expected:?} is not in {screen}");
    }
}

#[test]
fn a_session_made_without_a_terminal_has_the_login_environment() {
    let home = Home::new();
    fs::write(
        home.user().join(".bash_profile"),
        "echo welcome\nexport FROM_PROFILE=yes\n",
    )
    .unwrap();
    let mut new = home.command("abide");
    new.args([
        "new",
        "it",
        "--",
        "sh",
        "-c",
        "echo p=$FROM_PROFILE c=$FROM_CALLER.; exec sleep 1000",
    ]);
    let made = new.env("FROM_CALLER", "yes").output().unwrap();
    assert!(made.status.success());
    home.wait_screen("it", "p=yes c=.");
    let checks: Vec<Value> = serde_json::from_str(&home.ok(&["doctor", "--json"])).unwrap();
    let login = checks
        .iter()
        .find(|check| check["subject"] == "login")
        .unwrap();
    assert_eq!(login["verdict"], "ok", "{login}");
}

/// A program that asks for the checksum of an `a` and then how the terminal is.
#[test]
fn only_a_session_made_so_lets_its_program_read_the_screen() {
    let home = Home::new();
    for (name, flags, bytes, expected) in [
        ("open", &["--allow-checksum"][..], 15, "got P1!~FF9F[0n."),
        ("shut", &[], 4, "got [0n."),
    ] {
        let script = format!(
            "stty raw -echo; printf 'a\\033[1;1;1;1;1;1*y\\033[5n'; \
             got=$(head -c {bytes} | tr -d '\\033\\\\'); stty sane; echo \" got $got.\"; exec cat"
        );
        let mut args = vec!["new", name];
        args.extend(flags);
        args.extend(["--", "sh", "-c", &script]);
        home.ok(&args);
        home.wait_screen(name, expected);
    }
}

#[test]
fn names_are_made_up_and_unique() {
    let home = Home::new();
    for expected in ["sleep\n", "sleep-2\n"] {
        assert_eq!(home.ok(&["new", "--", "sleep", "1000"]), expected);
    }
    refused(
        &home,
        &["new", "sleep"],
        4,
        &["running already", "abide attach sleep"],
    );
    refused(
        &home,
        &["rename", "sleep", "sleep-2"],
        4,
        &["running already"],
    );
    refused(
        &home,
        &["rename", "sleep", "a\tb"],
        1,
        &["control characters"],
    );
    assert_eq!(
        home.ok(&["new", "sleep", "-A"]),
        "sleep\n",
        "it is there, as was asked for"
    );
    home.ok(&["rename", "sleep", "rest"]);
    let mut names: Vec<_> = home
        .list()
        .iter()
        .map(|info| info["name"].clone())
        .collect();
    names.sort_by_key(Value::to_string);
    assert_eq!(names, ["rest", "sleep-2"]);
    assert_eq!(home.info("rest")["name"], "rest", "the keeper knows it too");
    home.ok(&["kill", "rest"]);
    assert_eq!(
        home.ok(&["new", "rest", "--", "sleep", "1000"]),
        "rest\n",
        "its holder has ended"
    );
}

#[test]
fn bad_input_is_one_line_and_a_code() {
    let home = Home::new();
    refused(&home, &["new", "--size", "0x40"], 2, &["1 to 1000"]);
    refused(&home, &["new", "--size", "1001x40"], 2, &["1 to 1000"]);
    refused(&home, &["frobnicate"], 2, &["frobnicate", "abide --help"]);
    refused(&home, &["send", "x"], 2, &["<TEXT>", "abide send --help"]);
    refused(
        &home,
        &["new", "-d", "/no/such"],
        1,
        &["/no/such", "no such directory"],
    );
    refused(
        &home,
        &["new", "-d", "/etc/passwd"],
        1,
        &["not a directory"],
    );
    refused(
        &home,
        &["new", "--", "no-such-program-here"],
        1,
        &["no-such-program-here", "/bin"],
    );
    refused(&home, &["new", "--", "/etc/passwd"], 1, &["/etc/passwd"]);
    refused(
        &home,
        &["new", "a\u{1b}[31mb", "--", "sh"],
        1,
        &["control characters"],
    );
    refused(&home, &["keys", "x", "ctrl+frob"], 2, &["frob"]);
    assert!(home.list().is_empty(), "nothing was created");
    assert!(home.ok(&["list"]).starts_with("No sessions."));
    for command in [
        "info", "capture", "wait", "stop", "kill", "clear", "remove", "attach",
    ] {
        refused(&home, &[command, "nobody"], 3, &["nobody", "abide list"]);
    }
    refused(&home, &["capture"], 3, &["no sessions"]);
    sleeper(&home, "one");
    refused(
        &home,
        &["remove", "one"],
        4,
        &["has not ended", "abide stop"],
    );
    refused(&home, &["send", "nobody", "text"], 3, &["nobody"]);
    home.ok(&["kill", "one"]);
    refused(&home, &["stop", "one"], 4, &["has ended already"]);
    refused(&home, &["send", "one", "text"], 4, &["has ended"]);
    refused(&home, &["clear", "one"], 4, &["ended"]);
}

#[test]
fn a_session_is_found_by_the_beginning_of_its_id() {
    let home = Home::new();
    sleeper(&home, "one");
    sleeper(&home, "two");
    let id = home.info("one")["id"].as_str().unwrap().to_owned();
    assert_eq!(home.info(&id)["name"], "one");
    assert_eq!(home.info(&id.replace('-', "")[..31])["name"], "one");
    refused(&home, &["info", &id[..2]], 3, &["one (", "two ("]);
}

#[test]
fn without_a_name_the_one_used_last_is_meant() {
    let home = Home::new();
    sleeper(&home, "one");
    sleeper(&home, "two");
    home.ok(&["send", "one", "x"]);
    wait::until("one is the last used", || {
        let info: Value = serde_json::from_str(&home.ok(&["info", "--json"])).unwrap();
        (info["name"] == "one").then_some(())
    });
}

#[test]
fn send_types_as_a_person_would() {
    let home = Home::new();
    let received = home.user().join("received");
    let script = format!("stty -echo; echo ready; cat > {}", received.display());
    home.ok(&["new", "cat", "--", "sh", "-c", &script]);
    home.wait_screen("cat", "ready");
    refused(
        &home,
        &["send", "cat", "one\ntwo"],
        4,
        &["each line", "--yes"],
    );
    home.ok(&["send", "cat", "--no-enter", "left "]);
    home.ok(&["send", "cat", "-- right"]);
    home.ok(&["send", "cat", "--yes", "one\ntwo"]);
    let mut send = home.command("abide");
    let mut child = send
        .args(["send", "cat", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all("from stdin: ä\n".as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success());
    let expected = "left -- right\none\ntwo\nfrom stdin: ä\n";
    wait::until("all is received", || {
        (fs::read_to_string(&received).unwrap_or_default() == expected).then_some(())
    });
}

#[test]
fn capture_has_text_attributes_and_history() {
    let home = Home::new();
    let script = "i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo row $i; done; \
                  printf '\\033[1;31mred\\033[m end'; exec sleep 1000";
    home.ok(&["new", "it", "--size", "20x5", "--", "sh", "-c", script]);
    home.wait_screen("it", "red end");
    let text = home.ok(&["capture", "it"]);
    assert_eq!(text, "row 47\nrow 48\nrow 49\nrow 50\nred end\n");
    let with = home.ok(&["capture", "it", "--history", "2"]);
    assert_eq!(with, format!("row 45\nrow 46\n{text}"));
    let all = home.ok(&["capture", "it", "--all"]);
    assert_eq!(all.lines().count(), 51);
    assert!(all.starts_with("row 1\nrow 2\n"), "{all}");
    let ansi = home.ok(&["capture", "it", "--ansi"]);
    assert!(ansi.contains("\x1b[1;31mred\x1b[m end\n"), "{ansi:?}");
    let json: Value =
        serde_json::from_str(&home.ok(&["capture", "it", "--json", "--history", "1"])).unwrap();
    assert_eq!(json["history"], serde_json::json!(["row 46"]));
    assert_eq!(json["rows"][4], "red end");
    assert_eq!(
        (&json["cursor"]["row"], &json["cursor"]["column"]),
        (&4.into(), &7.into())
    );
    home.ok(&["clear", "it"]);
    assert_eq!(home.ok(&["capture", "it", "--all"]), text);
}

#[test]
fn wait_passes_on_how_the_program_ended() {
    let home = Home::new();
    sleeper(&home, "it");
    let late = home.run_abide(&["wait", "it", "--timeout", "50ms"]);
    assert_eq!(late.status.code(), Some(124));
    home.ok(&["kill", "it"]);
    // At whatever moment the end comes.
    for n in 0..12 {
        let name = format!("s{n}");
        sleeper(&home, &name);
        let program = home.program(&name);
        let mut waiting = home.command("abide").args(["wait", &name]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(n));
        process::signal(program, rustix::process::Signal::TERM);
        assert_eq!(waiting.wait().unwrap().code(), Some(143));
        assert_eq!(home.info(&name)["signal"], 15);
    }
}

#[test]
fn stop_hangs_up_and_says_how_it_ended() {
    let home = Home::new();
    home.ok(&[
        "new",
        "it",
        "--",
        "bash",
        "-c",
        "trap 'exit 3' HUP; echo ready; while :; do sleep 0.02; done",
    ]);
    home.wait_screen("it", "ready");
    assert_eq!(home.ok(&["stop", "it"]), "\"it\" ended with code 3\n");
    assert_eq!(home.list()[0]["exit_code"], 3, "the list knows at once");
    sleeper(&home, "other");
    assert_eq!(
        home.ok(&["kill", "other"]),
        "\"other\" was ended by SIGKILL\n"
    );
    home.ok(&["remove", "--ended"]);
    assert!(home.list().is_empty());
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let home = Home::new();
    let mut child = home
        .command("abide")
        .arg("--help")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    sleeper(&home, "it");
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["capture", "it"],
        &["info", "it"],
    ] {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        drop(reader);
        let output = home
            .command("abide")
            .args(arguments)
            .stdout(writer)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            (output.status.code(), &*said),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn shells_complete_the_names_of_sessions() {
    let home = Home::new();
    sleeper(&home, "alpha");
    sleeper(&home, "beta");
    home.ok(&["kill", "beta"]);
    let complete = |words: &[&str]| {
        let mut command = home.command("abide");
        command.env("ABIDE_COMPLETE", "fish").arg("--").args(words);
        let output = command.output().unwrap();
        let text = stdout(&output);
        text.lines()
            .map(|line| line.split('\t').next().unwrap_or("").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        complete(&["abide", "attach", ""])
            .first()
            .map(String::as_str),
        Some("alpha")
    );
    assert!(complete(&["abide", "remove", ""]).contains(&"beta".to_owned()));
    assert!(!complete(&["abide", "remove", ""]).contains(&"alpha".to_owned()));
    assert!(complete(&["abide", "ren"]).contains(&"rename".to_owned()));
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            home.ok(&["completions", shell]).contains("ABIDE_COMPLETE"),
            "{shell}"
        );
    }
}

#[test]
fn bash_completes_in_earnest() {
    let home = Home::new();
    sleeper(&home, "alpha");
    let script = "source <(abide completions bash); COMP_WORDS=(abide capture al); COMP_CWORD=2; \
                  _clap_complete_abide abide al capture; echo \"${COMPREPLY[@]}\"";
    let abide = process::built("abide");
    let path = format!("{}:/usr/bin:/bin", abide.parent().unwrap().display());
    let mut bash = home.command("bash");
    let output = bash
        .args(["--norc", "-c", script])
        .env("PATH", path)
        .output()
        .unwrap();
    assert_eq!(
        stdout(&output).trim(),
        "alpha",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_manual_has_a_page_per_command() {
    let home = Home::new();
    let pages = home.user().join("man");
    home.ok(&["man", pages.to_str().unwrap()]);
    let page = |name: &str| fs::read_to_string(pages.join(name)).unwrap();
    assert!(page("abide.1").contains("Exit codes"));
    assert!(page("abide-attach.1").contains("Ctrl"));
    for command in [
        "new",
        "list",
        "info",
        "send",
        "keys",
        "capture",
        "wait",
        "stop",
        "kill",
        "rename",
        "remove",
        "clear",
        "trust",
        "daemon",
        "doctor",
        "completions",
    ] {
        assert!(
            page(&format!("abide-{command}.1")).contains(".SH SYNOPSIS"),
            "{command}"
        );
        assert!(
            home.ok(&[command, "--help"]).contains("Usage: abide"),
            "{command}"
        );
    }
}
