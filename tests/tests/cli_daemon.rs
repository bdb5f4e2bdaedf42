//! The daemon's life and death, seen from outside: whatever happens to it, every living program is
//! listed exactly once and goes on.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use support::home::Home;
use support::{process, soak, wait};

/// What a session of these tests runs: told apart from the daemon and the keepers by its name.
const PROGRAM: &str = "sleep";

fn sleeper(home: &Home, name: &str) {
    home.ok(&["new", name, "--detach", "--", PROGRAM, "1000"]);
}

fn daemon(home: &Home) -> u32 {
    home.daemon().expect("a daemon runs")
}

/// Kills the daemon and waits until it is gone.
fn kill_daemon(home: &Home) {
    let pid = daemon(home);
    process::kill(pid);
    wait::until("the daemon is gone", || {
        (!process::lives(pid)).then_some(())
    });
}

/// Programs of sessions that live.
fn living(home: &Home) -> BTreeSet<u32> {
    let program = |pid: &u32| {
        process::arguments(*pid)
            .first()
            .is_some_and(|name| name == PROGRAM)
    };
    home.processes().into_iter().filter(program).collect()
}

fn running(listed: &[Value]) -> Vec<u32> {
    let running = listed.iter().filter(|info| info["state"] == "running");
    let mut pids: Vec<_> = running
        .filter_map(|info| info["pid"].as_u64())
        .map(|pid| pid as u32)
        .collect();
    pids.sort_unstable();
    pids
}

/// Every living program is listed exactly once, and nothing else as running.
fn check_listing(home: &Home) {
    wait::until("all living programs are listed exactly once", || {
        let listed = home.list();
        let settled = listed.iter().all(|info| info["state"] != "starting");
        let programs: Vec<_> = living(home).into_iter().collect();
        (settled && running(&listed) == programs).then_some(())
    });
}

#[test]
fn a_killed_daemon_ends_no_session() {
    let home = Home::new();
    for name in ["a", "b", "c"] {
        sleeper(&home, name);
    }
    let before = living(&home);
    assert_eq!(before.len(), 3);
    kill_daemon(&home);
    assert_eq!(living(&home), before);
    check_listing(&home);
    home.ok(&["rename", "a", "z"]);
    home.ok(&["kill", "b"]);
    assert_eq!(living(&home).len(), 2);
    check_listing(&home);
}

#[test]
fn signals_end_the_daemon_and_no_session() {
    let home = Home::new();
    sleeper(&home, "it");
    for signal in [Signal::TERM, Signal::INT] {
        let pid = daemon(&home);
        process::signal(pid, signal);
        wait::until("the daemon is gone", || {
            (!process::lives(pid)).then_some(())
        });
        assert!(
            !home.run().join("daemon").exists(),
            "it takes its socket along"
        );
        assert_eq!(living(&home).len(), 1);
        assert_eq!(home.list()[0]["state"], "running");
    }
}

/// Kills the daemon at some moment of a command, many times: wherever it was, afterwards every
/// living program is listed exactly once.
fn killed_during(command: impl Fn(&Home, usize) -> Command, prepare: impl Fn(&Home, usize)) {
    let home = Home::new();
    sleeper(&home, "first");
    let rounds = if soak() { 200 } else { 24 };
    for round in 0..rounds {
        prepare(&home, round);
        home.ok(&["daemon", "start"]);
        let pid = daemon(&home);
        let mut child = command(&home, round).spawn().expect("abide runs");
        // Commands take some milliseconds; the moments are spread over them.
        let moment = Duration::from_micros((round as u64 * 7919) % 12_000);
        let began = Instant::now();
        while began.elapsed() < moment {
            std::hint::spin_loop();
        }
        process::kill(pid);
        child.wait().expect("abide ends");
        wait::until("the daemon is gone", || {
            (!process::lives(pid)).then_some(())
        });
        check_listing(&home);
    }
    assert!(!living(&home).is_empty());
}

fn quiet(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.command("abide");
    command
        .args(arguments)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    command
}

#[test]
fn killed_during_new() {
    killed_during(
        |home, _| quiet(home, &["new", "--", PROGRAM, "1000"]),
        |_, _| {},
    );
}

#[test]
fn killed_during_rename() {
    killed_during(
        |home, round| {
            quiet(
                home,
                &["rename", &format!("n{round}"), &format!("m{round}")],
            )
        },
        |home, round| sleeper(home, &format!("n{round}")),
    );
}

#[test]
fn killed_during_stop() {
    killed_during(
        |home, round| quiet(home, &["stop", &format!("n{round}")]),
        |home, round| sleeper(home, &format!("n{round}")),
    );
}

#[test]
fn many_clients_start_one_daemon() {
    let home = Home::new();
    let children: Vec<_> = (0..8)
        .map(|_| quiet(&home, &["list"]).spawn().unwrap())
        .collect();
    for mut child in children {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    let daemons = || {
        let daemon = |pid: &u32| {
            process::arguments(*pid)
                .first()
                .is_some_and(|p| p.ends_with("abided"))
        };
        home.processes().into_iter().filter(daemon).count()
    };
    wait::until("one daemon is left", || (daemons() == 1).then_some(()));
}

#[test]
fn a_second_daemon_leaves() {
    let home = Home::new();
    home.ok(&["daemon", "start"]);
    let second = home.command("abided").output().unwrap();
    assert_eq!(second.status.code(), Some(4));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        said.contains(&format!("process {}", daemon(&home))),
        "{said}"
    );
}

#[test]
fn the_daemon_can_be_controlled() {
    let home = Home::new();
    let status = home.run_abide(&["daemon", "status", "--json"]);
    assert_eq!(status.status.code(), Some(4));
    let json: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(json["running"], false);
    assert!(
        home.ok(&["daemon", "start"])
            .starts_with("the daemon runs (process ")
    );
    assert!(home.ok(&["daemon", "start"]).contains("already"));
    sleeper(&home, "it");
    let first = daemon(&home);
    assert!(home.ok(&["daemon", "restart"]).contains("found 1 session"));
    assert_ne!(daemon(&home), first);
    let json: Value = serde_json::from_str(&home.ok(&["daemon", "status", "--json"])).unwrap();
    assert_eq!(
        (&json["running"], &json["living"]),
        (&true.into(), &1.into())
    );
    assert_eq!(
        home.ok(&["daemon", "stop"]),
        "the daemon has stopped; 1 session goes on\n"
    );
    assert_eq!(home.ok(&["daemon", "stop"]), "the daemon does not run\n");
    assert_eq!(home.daemon(), None);
    check_listing(&home);
}

#[test]
fn a_keeper_that_is_killed_leaves_a_lost_session() {
    let home = Home::new();
    sleeper(&home, "it");
    sleeper(&home, "other");
    process::kill(home.keeper("it"));
    wait::until("it is lost", || {
        let listed = home.list();
        let it = listed.iter().find(|info| info["name"] == "it").unwrap();
        (it["state"] == "lost").then_some(())
    });
    let waited = home.run_abide(&["wait", "it"]);
    assert_eq!(waited.status.code(), Some(1));
    assert_eq!(home.info("other")["state"], "running");
    wait::until("its socket is gone", || {
        let sockets = fs::read_dir(home.run()).unwrap().flatten();
        let left = sockets.filter(|entry| entry.file_name().to_string_lossy().starts_with('k'));
        (left.count() == 1).then_some(())
    });
    home.ok(&["remove", "it"]);
}

#[test]
fn stale_sockets_are_cleared_and_strange_files_are_not() {
    let home = Home::new();
    home.ok(&["daemon", "start"]);
    kill_daemon(&home);
    assert!(home.run().join("daemon").exists(), "left behind");
    let stale = home.run().join(format!("k{:032x}", 7));
    drop(UnixListener::bind(&stale).unwrap());
    let strange = home.run().join(format!("k{:032x}", 8));
    fs::write(&strange, "precious").unwrap();
    assert!(home.list().is_empty());
    wait::until("the stale socket is gone", || {
        (!stale.exists()).then_some(())
    });
    assert_eq!(fs::read(&strange).unwrap(), b"precious");
}

#[test]
fn directories_that_others_may_enter_are_refused() {
    let home = Home::new();
    sleeper(&home, "it");
    for directory in [home.run(), home.abide().join("state")] {
        let set = |mode| fs::set_permissions(&directory, fs::Permissions::from_mode(mode)).unwrap();
        kill_daemon(&home);
        set(0o755);
        let output = home.run_abide(&["new", "--", PROGRAM, "1000"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(
            said.contains("0700") || said.contains("chmod 700"),
            "{said}"
        );
        let checks = home.run_abide(&["doctor", "--json"]);
        assert_eq!(checks.status.code(), Some(1));
        set(0o700);
        assert_eq!(home.list().len(), 1);
        assert_eq!(home.list()[0]["state"], "running");
    }
}

#[test]
fn garbage_on_the_socket_costs_the_connection_only() {
    let home = Home::new();
    sleeper(&home, "it");
    let pid = daemon(&home);
    let mut random = 1_u64;
    let mut bytes = |count: usize| -> Vec<u8> {
        let next = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random as u8
        };
        std::iter::repeat_with(next).take(count).collect()
    };
    let oversize = [&u32::MAX.to_le_bytes()[..], &[1, 0, 0xff]].concat();
    let cases = [
        Vec::new(),
        vec![0; 64],
        oversize,
        bytes(3),
        bytes(4096),
        bytes(100_000),
    ];
    for socket in ["daemon".to_owned(), keeper_socket(&home)] {
        for case in &cases {
            let mut stream = UnixStream::connect(home.run().join(&socket)).unwrap();
            // The other side may close before it has taken everything.
            let _ = stream.write_all(case);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    }
    assert_eq!(daemon(&home), pid);
    assert_eq!(home.info("it")["state"], "running");
}

fn keeper_socket(home: &Home) -> String {
    let mut names = fs::read_dir(home.run()).unwrap().flatten();
    let found = names.find_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        name.starts_with('k').then_some(name)
    });
    found.expect("a keeper's socket")
}

#[test]
fn silent_clients_do_not_keep_others_out() {
    let home = Home::new();
    sleeper(&home, "it");
    let idle: Vec<_> = (0..300)
        .filter_map(|_| UnixStream::connect(home.run().join("daemon")).ok())
        .collect();
    // Those that say nothing are turned away after some seconds; then there is room again.
    wait::until("the daemon answers again", || {
        let listed = home.run_abide(&["daemon", "status"]);
        listed.status.success().then_some(())
    });
    drop(idle);
    check_listing(&home);
}

#[test]
fn a_damaged_registry_is_rebuilt_from_the_living() {
    let home = Home::new();
    sleeper(&home, "it");
    home.ok(&["new", "done", "--", "true"]);
    home.run_abide(&["wait", "done"]);
    wait::until("the record of the ended session is written", || {
        let records = fs::read_dir(home.abide().join("state/sessions"))
            .unwrap()
            .flatten();
        (records
            .filter(|entry| entry.path().join("info").exists())
            .count()
            == 1)
            .then_some(())
    });
    kill_daemon(&home);
    let registry = home.abide().join("state/abide.db");
    fs::write(&registry, vec![0x55; 10_000]).unwrap();
    let _ = fs::remove_file(registry.with_extension("db-wal"));
    let mut listed: Vec<_> = home
        .list()
        .into_iter()
        .map(|info| info["name"].to_string())
        .collect();
    listed.sort();
    assert_eq!(listed, ["\"done\"", "\"it\""]);
    let status = home.ok(&["daemon", "status"]);
    assert!(status.contains("registry was damaged"), "{status}");
    assert!(home.abide().join("state/abide.db.damaged-1").exists());
}

#[test]
fn listing_does_not_need_the_daemon() {
    let home = Home::new();
    sleeper(&home, "it");
    kill_daemon(&home);
    // A client that finds no daemon to start.
    let alone = home.user().join("abide");
    fs::copy(process::built("abide"), &alone).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = home.command(alone.to_str().unwrap());
        command
            .args(arguments)
            .env("PATH", "/usr/bin:/bin")
            .output()
            .unwrap()
    };
    let listed = run(&["list", "--json"]);
    assert!(listed.status.success());
    assert!(String::from_utf8_lossy(&listed.stderr).contains("ended sessions are not listed"));
    let sessions: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(sessions[0]["name"], "it");
    assert_eq!(run(&["capture", "it"]).status.code(), Some(0));
    let made = run(&["new", "--", PROGRAM, "1000"]);
    assert_eq!(made.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&made.stderr).contains("cannot start the daemon"));
    let killed = run(&["kill", "it"]);
    assert_eq!(String::from_utf8_lossy(&killed.stderr), "");
    assert_eq!(killed.status.code(), Some(0));
    assert_eq!(home.daemon(), None);
}

#[test]
fn systemd_starts_the_daemon_that_it_has_a_unit_for() {
    let home = Home::new();
    let said = home.ok(&["daemon", "install"]);
    assert!(
        said.contains("systemctl --user enable --now abided.service"),
        "{said}"
    );
    let unit = fs::read_to_string(home.user().join(".config/systemd/user/abided.service")).unwrap();
    let program = process::built("abided");
    let start = format!("ExecStart=\"{}\" run --foreground\n", program.display());
    assert!(unit.contains(&start), "{unit}");
    assert!(unit.contains("KillMode=process\n"), "{unit}");
    // A systemctl that does as the real one: it comes back when the daemon says that it is ready.
    let bin = home.user().join("bin");
    fs::create_dir(&bin).unwrap();
    let systemctl = bin.join("systemctl");
    let script = format!(
        "#!/bin/sh\necho \"$*\" >> {asked}\n{daemon} run --foreground 2>/dev/null &\n\
         while [ ! -S {socket} ]; do :; done\n",
        asked = bin.join("asked").display(),
        daemon = program.display(),
        socket = home.run().join("daemon").display(),
    );
    fs::write(&systemctl, script).unwrap();
    fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let listed = home
        .command("abide")
        .arg("list")
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(listed.status.success());
    let asked = fs::read_to_string(bin.join("asked")).unwrap();
    assert_eq!(asked, "--user start abided.service\n");
    assert!(process::arguments(daemon(&home)).contains(&"--foreground".to_owned()));
}

#[test]
fn a_login_shell_that_hangs_is_given_up() {
    let home = Home::new();
    fs::write(home.user().join(".bash_profile"), "sleep 4321\n").unwrap();
    home.ok(&["new", "it", "--", PROGRAM, "1000"]);
    let status = home.ok(&["daemon", "status"]);
    assert!(status.contains("did not finish within 5 s"), "{status}");
    let hanging = |pid: &u32| process::arguments(*pid).contains(&"4321".to_owned());
    wait::until("the end of the shell", || {
        (!home.processes().iter().any(hanging)).then_some(())
    });
    sleeper(&home, "other");
}
