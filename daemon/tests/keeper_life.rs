//! A session from its beginning to its end.

mod support;

use abide_protocol::input::{Key, Mods};
use abide_protocol::message::{
    Answer, EndHow, EnvVar, ExitStatus, FailKind, Request, ResourceLimit, SessionState, Spec,
    ToServer,
};
use abide_protocol::{LineNo, Size};
use abided::keeper::ended;
use support::{Home, spec, wait_for};

#[test]
fn a_shell_is_typed_into_seen_and_ended() {
    let home = Home::new("shell");
    let info = home
        .begin(spec(&["/bin/bash", "--norc", "--noprofile"]))
        .unwrap();
    assert_eq!(info.state, SessionState::Running);
    let mut client = home.connect(&info);
    client.attach();
    let last = client.line("echo $((40 + 2))");
    client.until_text("42");
    client.until("the acknowledgement", |client| client.applied.0 == last);
    client.line("exit 7");
    client.until("the end", |client| client.ended.is_some());
    assert_eq!(client.ended, Some(ExitStatus::Code(7)));
    let record = ended::read(&home.record(info.id)).unwrap();
    assert_eq!(record.info.state, SessionState::Ended(ExitStatus::Code(7)));
    assert_eq!(
        Some(&record.snapshot.rows),
        client.screen.as_ref().map(|screen| &screen.rows)
    );
}

#[test]
fn a_session_without_viewers_leaves_its_record() {
    let home = Home::new("alone");
    let info = home.script("for i in $(seq 100); do echo line $i; done; kill -KILL $$");
    wait_for("the record", || home.record(info.id).join("info").exists());
    wait_for("the keeper's end", || !home.lives(info.id));
    let record = ended::read(&home.record(info.id)).unwrap();
    assert_eq!(
        record.info.state,
        SessionState::Ended(ExitStatus::Signal(9))
    );
    assert!(
        record
            .info
            .ended
            .is_some_and(|ended| ended >= record.info.created)
    );
    let (_, rows) = record.rows.unwrap().rows(LineNo(0), u64::MAX);
    let shown = rows.iter().filter(|row| !row.text().is_empty());
    let lines: Vec<&str> = shown.map(|row| row.text()).collect();
    let expected: Vec<String> = (1..=100).map(|n| format!("line {n}")).collect();
    assert_eq!(lines, expected);
    let mode = |path: &std::path::Path| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode(&home.record(info.id)), 0o700);
    for file in std::fs::read_dir(home.record(info.id)).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

/// What the session says about itself is what it was asked for.
#[test]
fn the_program_gets_what_was_specified() {
    let home = Home::new("spec");
    let mut wanted = spec(&[
        "/bin/sh",
        "-c",
        concat!(
            "echo $TERM-$COLORTERM-$TERM_PROGRAM-$GIVEN; umask; pwd; ulimit -n; stty size; ",
            "stty -a | grep -o ' iutf8'; ls /proc/self/fd | tr '\\n' ' '; ps -o pid= -o sid= -o tty= -p $$; read x",
        ),
    ]);
    wanted.directory = b"/usr".to_vec();
    wanted.umask = Some(0o027);
    wanted.size = Size::new(100, 30);
    wanted.resource_limits = vec![ResourceLimit {
        resource: 7,
        soft: 77,
        hard: 99,
    }];
    wanted.extra_environment = vec![EnvVar {
        name: b"GIVEN".to_vec(),
        value: b"given".to_vec(),
    }];
    let info = home.begin(wanted).unwrap();
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("pts/");
    let text = client.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..6],
        [
            "xterm-256color-truecolor-abide-given",
            "0027",
            "/usr",
            "77",
            "30 100",
            " iutf8"
        ]
    );
    // 3 is the directory that ls reads.
    assert!(
        lines[6].starts_with("0 1 2 3 "),
        "descriptors: {}",
        lines[6]
    );
    let ids: Vec<&str> = lines[6]
        .trim_start_matches("0 1 2 3 ")
        .split_whitespace()
        .collect();
    assert_eq!(ids[0], ids[1], "leads its session: {}", lines[6]);
    assert_eq!(format!("/dev/{}", ids[2]), info.tty.unwrap());
}

#[test]
fn the_login_shell_knows_that_it_is_one() {
    let home = Home::new("login");
    let info = home
        .begin(Spec {
            command: vec![],
            ..spec(&[])
        })
        .unwrap();
    let mut client = home.connect(&info);
    client.attach();
    client.line("echo \"shell is $0\"");
    client.until_text("shell is -sh");
}

#[test]
fn what_cannot_start_is_said_and_leaves_nothing() {
    let home = Home::new("fail");
    let gone = Spec {
        directory: b"/no/such/place".to_vec(),
        ..spec(&["/bin/true"])
    };
    let cases = [
        (
            spec(&["no-such-program-x"]),
            "PATH is /usr/local/bin:/usr/bin:/bin",
        ),
        (spec(&["/etc/no-such-file"]), "there is no such file"),
        (spec(&["/etc/passwd"]), "not an executable"),
        (gone, "/no/such/place"),
    ];
    for (spec, expected) in cases {
        let failure = home.begin(spec).unwrap_err();
        assert_eq!(failure.kind, FailKind::Invalid);
        assert!(
            failure.line.contains(expected),
            "{:?} says not {expected:?}",
            failure.line
        );
        assert!(!failure.line.contains('\n'), "one line: {:?}", failure.line);
        wait_for("an empty directory", || {
            std::fs::read_dir(home.state.join("run")).unwrap().count() == 0
        });
    }
}

#[test]
fn stop_hangs_up_and_kill_kills() {
    let home = Home::new("stop");
    for (how, status) in [
        (EndHow::Stop, ExitStatus::Signal(1)),
        (EndHow::Kill, ExitStatus::Signal(9)),
    ] {
        let info = home.script("exec sleep 1000");
        let mut client = home.connect(&info);
        let session = info.id;
        let waiting = client.request(Request::Wait { session });
        assert_eq!(client.ask(Request::End { session, how }), Answer::Done);
        client.until("the end", |client| !client.answers.is_empty());
        assert_eq!(client.answers, [(waiting, Answer::Exited(status))]);
        wait_for("the keeper's end", || !home.lives(info.id));
    }
}

#[test]
fn a_terminated_keeper_ends_its_program_politely() {
    let home = Home::new("term");
    let info = home.script("trap 'echo bye; exit 3' HUP; echo ready; while :; do read x; done");
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("ready");
    let keeper = rustix::process::Pid::from_raw(info.keeper.unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(keeper, rustix::process::Signal::TERM).unwrap();
    client.until("the end", |client| client.ended.is_some());
    assert_eq!(client.ended, Some(ExitStatus::Code(3)));
    assert!(client.text().contains("bye"));
}

#[test]
fn output_of_what_the_leader_left_behind_is_still_shown() {
    let home = Home::new("last");
    let info = home.script("trap '' HUP; (sleep 0.3; echo last words) & echo first");
    let mut client = home.connect(&info);
    client.attach();
    client.until("the end", |client| client.ended.is_some());
    assert!(client.text().contains("last words"), "{}", client.text());
}

#[test]
fn the_keeper_waits_for_its_viewer_and_serves_who_comes_late() {
    let home = Home::new("late");
    let info = home.script("read x; echo over");
    let mut first = home.connect(&info);
    first.attach();
    first.key(Key::Enter, Mods::default());
    first.until("the end", |client| client.ended.is_some());
    let mut late = home.connect(&info);
    late.attach();
    late.until("the end", |client| client.ended.is_some());
    assert_eq!(late.screen, first.screen);
    let session = info.id;
    assert!(
        matches!(late.ask(Request::End { session, how: EndHow::Stop }), Answer::Failed(f) if f.kind == FailKind::State)
    );
    late.send(&ToServer::Detach);
    assert_eq!(late.info().viewers, 1);
}

#[test]
fn a_keeper_is_detached_and_holds_nothing_of_its_parent() {
    let home = Home::new("detached");
    let info = home.script("read x");
    let keeper = info.keeper.unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{keeper}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    assert_eq!(fields[2], keeper.to_string(), "its process group");
    assert_eq!(fields[3], keeper.to_string(), "its session");
    assert_eq!(fields[4], "0", "no controlling terminal");
    let link = |name: &str| std::fs::read_link(format!("/proc/{keeper}/{name}")).unwrap();
    // Nobody else may look into it.
    if !rustix::process::geteuid().is_root() {
        return;
    }
    assert_eq!(link("cwd").to_str(), Some("/"));
    wait_for("silence", || {
        ["fd/0", "fd/1", "fd/2"]
            .iter()
            .all(|fd| link(fd).to_str() == Some("/dev/null"))
    });
}

#[test]
fn an_idle_session_costs_no_wake_ups() {
    let home = Home::new("idle");
    let info = home.script("echo here; read x");
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("here");
    let switches = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", info.keeper.unwrap()));
        let status = status.unwrap();
        let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
        lines
            .map(|line| line.rsplit('\t').next().unwrap().parse::<u64>().unwrap())
            .sum::<u64>()
    };
    // What the attach brought settles first.
    wait_for("a second without a wake-up", || {
        let before = switches();
        client.listen(std::time::Duration::from_secs(1));
        switches() == before
    });
    let before = switches();
    client.listen(std::time::Duration::from_secs(3));
    assert_eq!(switches(), before);
}
