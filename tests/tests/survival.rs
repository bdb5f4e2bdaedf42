//! What dies alone: the daemon, a client, a keeper; and a viewer that comes and goes.

use rustix::process::Signal;
use support::emulator::Options;
use support::home::Home;
use support::process;
use support::terminal::Terminal;
use support::wait;

/// Prints numbered lines until Enter, slowly enough to be followed. A `read` that is to wait a while
/// could lose the Enter that comes as the time is up.
const COUNT: &str = "n=0; until read -t 0; do n=$((n+1)); echo line $n; sleep 0.005; done; read x; echo stopped at $n; exec cat";

fn counting(home: &Home, name: &str) {
    home.ok(&[
        "new", name, "--detach", "--size", "80x24", "--", "bash", "-c", COUNT,
    ]);
    home.wait_screen(name, "line");
}

fn attach(home: &Home, name: &str) -> Terminal {
    let terminal = Terminal::start(
        home.in_terminal(&["abide", "attach", name]),
        Options::sized(80, 24),
    );
    terminal.wait_text("line");
    terminal
}

/// The last number on the screen.
fn last(text: &str) -> u64 {
    let numbers = text
        .lines()
        .filter_map(|line| line.strip_prefix("line ")?.trim().parse().ok());
    numbers.max().unwrap_or(0)
}

fn progresses(terminal: &Terminal) {
    let before = last(&terminal.state(0).text());
    terminal.wait("more lines", |state| last(&state.text()) > before + 20);
}

/// Ids of all sessions that run.
fn running(home: &Home) -> Vec<String> {
    let mut ids: Vec<String> = home
        .list()
        .iter()
        .filter(|session| session["state"] == "running")
        .map(|session| session["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

#[test]
fn a_killed_daemon_ends_nothing() {
    let home = Home::new();
    counting(&home, "one");
    counting(&home, "two");
    let (first, second) = (home.program("one"), home.program("two"));
    let terminal = attach(&home, "one");
    let before = running(&home);
    let daemon = home.daemon().expect("a daemon");
    process::kill(daemon);
    progresses(&terminal);
    assert!(process::lives(first) && process::lives(second));
    // The next command starts a new one, which finds both.
    assert_eq!(running(&home), before);
    wait::until("a new daemon", || {
        home.daemon().filter(|pid| *pid != daemon)
    });
    assert_eq!(running(&home), before);
    progresses(&terminal);
    terminal.keys("\r");
    terminal.wait_text("stopped at");
    let history = home.ok(&["capture", "one", "--all"]);
    let numbers: Vec<u64> = history
        .lines()
        .filter_map(|line| line.strip_prefix("line ")?.parse().ok())
        .collect();
    assert!(
        numbers.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "lines were lost"
    );
}

#[test]
fn a_killed_client_ends_nothing() {
    let home = Home::new();
    counting(&home, "work");
    let program = home.program("work");
    for _ in 0..5 {
        let terminal = attach(&home, "work");
        progresses(&terminal);
        terminal.signal(Signal::KILL);
        terminal.wait_exit();
    }
    assert!(process::lives(program));
    wait::until("no viewer is left", || {
        (home.info("work")["viewers"] == 0).then_some(())
    });
    progresses(&attach(&home, "work"));
}

/// A keeper takes its own session with it and no other.
#[test]
fn a_killed_keeper_loses_one_session() {
    let home = Home::new();
    counting(&home, "one");
    counting(&home, "two");
    let terminal = attach(&home, "two");
    let lost = attach(&home, "one");
    process::kill(home.keeper("one"));
    assert_eq!(lost.wait_exit(), 254);
    progresses(&terminal);
    wait::until("the session is listed as lost", || {
        let list = home.list();
        list.iter()
            .any(|session| session["name"] == "one" && session["state"] == "lost")
            .then_some(())
    });
    assert_eq!(home.info("two")["state"], "running");
}

/// A keeper cannot remove what it left in the run directory: the daemon does.
#[test]
fn an_ended_session_leaves_nothing_in_the_run_directory() {
    let home = Home::new();
    home.ok(&["new", "short", "--detach", "--", "true"]);
    let id = home.info("short")["id"].as_str().unwrap().replace('-', "");
    wait::until("a run directory without the session", || {
        let entries = std::fs::read_dir(home.run()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        (!names.into_iter().any(|name| name.contains(&id))).then_some(())
    });
}

#[test]
fn attach_and_detach_200_times_under_load() {
    let home = Home::new();
    counting(&home, "work");
    let keeper = home.keeper("work");
    // Only root may look into a keeper.
    let descriptors = || std::fs::read_dir(format!("/proc/{keeper}/fd")).map_or(0, Iterator::count);
    let round = || {
        let terminal = Terminal::drain(home.in_terminal(&["abide", "attach", "work"]), 80, 24);
        terminal.wait_output(b"line");
        terminal.keys("\x1cd");
        assert_eq!(terminal.wait_exit(), 0);
    };
    (0..10).for_each(|_| round());
    let settled = || {
        wait::until("no viewer is left", || {
            (home.info("work")["viewers"] == 0).then_some(())
        });
    };
    settled();
    let (before, memory) = (descriptors(), process::pss_kib(keeper).unwrap());
    (0..200).for_each(|_| round());
    settled();
    wait::until("no descriptor is left behind", || {
        (descriptors() <= before).then_some(())
    });
    let grown = process::pss_kib(keeper).unwrap().saturating_sub(memory);
    assert!(grown < 4096, "the keeper grew by {grown} KiB");
    progresses(&attach(&home, "work"));
}

#[test]
fn a_session_that_nobody_looks_at_gives_memory_back() {
    let home = Home::new();
    home.ok(&["new", "work", "--detach", "--", "cat"]);
    let keeper = home.keeper("work");
    let memory = || process::pss_kib(keeper).unwrap();
    let terminal = Terminal::drain(home.in_terminal(&["abide", "attach", "work"]), 80, 24);
    wait::until("attach has the terminal", || {
        terminal.is_raw().then_some(())
    });
    terminal.keys("typed\r");
    terminal.wait_output(b"typed");
    let served = memory();
    terminal.keys("\x1cd");
    assert_eq!(terminal.wait_exit(), 0);
    wait::until("what served the viewer is given back", || {
        (memory() + 512 < served).then_some(())
    });
    home.ok(&["send", "work", "still there"]);
    home.wait_screen("work", "still there");
}

/// Kills the daemon at more and more moments of an action; every living program stays listed once.
fn kill_during(action: &[&str]) {
    const MOMENTS: u64 = 24;
    let home = Home::new();
    for moment in 0..MOMENTS {
        let name = format!("s{moment}");
        if action[0] == "new" {
            home.ok(&["list"]);
        } else {
            home.ok(&["new", &name, "--detach", "--", "sleep", "1000"]);
        }
        let daemon = home.daemon().expect("a daemon");
        let arguments: Vec<String> = action
            .iter()
            .map(|word| word.replace("NAME", &name))
            .collect();
        let mut command = home.command("abide");
        let mut child = command
            .args(&arguments)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::park_timeout(std::time::Duration::from_micros(moment * 400));
        process::kill(daemon);
        child.wait().unwrap();
        // A signal is not yet a death: until then the socket still takes connections.
        wait::until("the daemon's death", || {
            (!process::lives(daemon)).then_some(())
        });
        wait::until("every living program is listed exactly once", || {
            let mut living: Vec<u64> = home
                .processes()
                .into_iter()
                .filter(|pid| process::arguments(*pid) == ["sleep", "1000"])
                .map(u64::from)
                .collect();
            let mut listed: Vec<u64> = home
                .list()
                .iter()
                .filter(|session| session["state"] == "running")
                .map(|session| session["pid"].as_u64().unwrap())
                .collect();
            living.sort_unstable();
            listed.sort_unstable();
            (living == listed).then_some(())
        });
        let names: Vec<String> = home
            .list()
            .iter()
            .map(|session| session["name"].as_str().unwrap().to_owned())
            .collect();
        let mut unique = names.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), names.len(), "{names:?}");
    }
}

#[test]
fn a_daemon_killed_during_new() {
    kill_during(&["new", "NAME", "--detach", "--", "sleep", "1000"]);
}

#[test]
fn a_daemon_killed_during_rename() {
    kill_during(&["rename", "NAME", "renamed-NAME"]);
}

#[test]
fn a_daemon_killed_during_stop() {
    kill_during(&["stop", "NAME"]);
}
