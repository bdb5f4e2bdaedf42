//! What programs in a session may do with Abide: report on their own session and list names, until
//! a person trusts them.

use std::fs;
use std::mem::MaybeUninit;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use support::emulator::Options;
use support::home::Home;
use support::pairing::Paired;
use support::process;
use support::terminal::Terminal;
use support::wait;

/// Takes commands from files named by numbers, one after the other.
const RUNNER: &str = r#"n=0
while :; do
    n=$((n + 1))
    until [ -e "$HERE/$n.do" ]; do read -t 0.01 x; done
    (. "$HERE/$n.do") > "$HERE/$n.out" 2> "$HERE/$n.err" < /dev/null
    echo $? > "$HERE/$n.new" && mv "$HERE/$n.new" "$HERE/$n.code"
done"#;

/// A session whose program does what it is told.
struct Inside<'h> {
    home: &'h Home,
    place: PathBuf,
    asked: u32,
}

/// What became of a command.
#[derive(Debug)]
struct Done {
    code: i32,
    out: String,
    err: String,
}

impl<'h> Inside<'h> {
    fn new(home: &'h Home, name: &str) -> Self {
        let place = home.user().join(name);
        fs::create_dir(&place).unwrap();
        let bin = process::built("abide").parent().unwrap().to_owned();
        let variables = [
            format!("HERE={}", place.display()),
            format!("ABIDE_HOME={}", home.abide().display()),
            format!("PATH={}:/usr/sbin:/usr/bin:/sbin:/bin", bin.display()),
        ];
        let mut arguments = vec!["new", name, "--detach"];
        for variable in &variables {
            arguments.extend(["-e", variable]);
        }
        arguments.extend(["--", "bash", "-c", RUNNER]);
        home.ok(&arguments);
        Self {
            home,
            place,
            asked: 0,
        }
    }

    fn run(&mut self, command: &str) -> Done {
        self.asked += 1;
        let file = |kind: &str| self.place.join(format!("{}.{kind}", self.asked));
        fs::write(file("new"), command).unwrap();
        fs::rename(file("new"), file("do")).unwrap();
        let code = wait::until(command, || fs::read_to_string(file("code")).ok());
        Done {
            code: code.trim().parse().unwrap(),
            out: fs::read_to_string(file("out")).unwrap(),
            err: fs::read_to_string(file("err")).unwrap(),
        }
    }

    /// Runs a command that is refused with one line that says this.
    fn refused(&mut self, command: &str, said: &str) {
        let done = self.run(command);
        assert_ne!(done.code, 0, "{command}: {done:?}");
        // A terminal of its own has no standard error.
        let text = format!("{}{}", done.err, done.out);
        let lines: Vec<_> = text
            .lines()
            .filter(|line| line.contains("abide: "))
            .collect();
        assert!(
            lines.len() == 1 && lines[0].contains(said),
            "{command}: {done:?}"
        );
    }

    fn done(&mut self, command: &str) -> String {
        let done = self.run(command);
        assert_eq!(done.code, 0, "{command}: {done:?}");
        assert_eq!(self.home.info("work")["state"], "running");
        done.out
    }
}

/// A session to be left alone, and one that has ended.
fn others(home: &Home) {
    home.ok(&["new", "other", "--detach", "--", "cat"]);
    home.ok(&["new", "gone", "--detach", "--", "true"]);
    home.ok(&["wait", "gone"]);
}

fn untouched(home: &Home) {
    let info = home.info("other");
    assert_eq!(info["state"], "running");
    assert_eq!(info["trusted"], false);
    assert_eq!(home.info("work")["trusted"], false);
    assert_eq!(home.ok(&["capture", "other"]).trim(), "");
    assert_eq!(home.info("gone")["state"], "ended");
    let names: Vec<_> = home
        .list()
        .iter()
        .map(|info| info["name"].clone())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

/// Command, what is said while the daemon runs, what is said while it does not. Written by hand.
const FIX: &str = "type outside of it: abide trust work";
const START: &str = "not started from inside a session";
const NESTED: &str = "this terminal is the session";
const REFUSED: [(&str, &str, &str); 29] = [
    ("abide attach other", NESTED, NESTED),
    ("script -qec 'abide attach other' /dev/null", FIX, FIX),
    ("script -qec 'abide attach work' /dev/null", FIX, FIX),
    (
        "script -qec 'abide attach other --watch' /dev/null",
        FIX,
        FIX,
    ),
    ("abide new third --detach -- cat", FIX, START),
    ("abide info other", FIX, FIX),
    ("abide send other hello", FIX, FIX),
    ("abide send work hello", FIX, FIX),
    ("abide keys other a", FIX, FIX),
    ("abide capture other", FIX, FIX),
    ("abide capture work", FIX, FIX),
    ("abide capture other --all", FIX, FIX),
    ("abide tail other", FIX, FIX),
    ("abide search other x", FIX, FIX),
    ("abide wait other --timeout 1s", FIX, START),
    ("abide wait work --timeout 1s", FIX, START),
    ("abide stop other", FIX, FIX),
    ("abide kill other", FIX, FIX),
    ("abide kill work", FIX, FIX),
    ("abide rename other mine", FIX, START),
    ("abide rename work mine", FIX, START),
    ("abide clear other", FIX, FIX),
    ("abide trust other", FIX, START),
    ("abide trust work", FIX, START),
    ("abide join", FIX, FIX),
    ("abide machines forget desk", FIX, FIX),
    ("abide send ssh://127.0.0.1/work hello", FIX, FIX),
    ("abide daemon restart", FIX, START),
    ("abide daemon start", "", START),
];

#[test]
fn programs_in_a_session_report_and_no_more() {
    let home = Home::new();
    others(&home);
    let mut inside = Inside::new(&home, "work");
    for (command, said, _) in REFUSED {
        if !said.is_empty() {
            inside.refused(command, said);
        }
    }
    // Of what has ended, and of the daemon itself.
    for command in [
        "abide remove gone",
        "abide capture gone",
        "abide daemon stop",
        "setsid -w abide send other hello",
        "(exec env -u ABIDE_SESSION abide send other hello)",
        "script -qec 'setsid -w abide send other hello' /dev/null",
    ] {
        inside.refused(command, FIX);
    }
    names_only(&mut inside);
    assert!(inside.done("abide list").contains("gone"));
    untouched(&home);
}

#[test]
fn the_rail_stands_without_the_daemon() {
    let home = Home::new();
    others(&home);
    let mut inside = Inside::new(&home, "work");
    process::kill(home.daemon().expect("a daemon"));
    wait::until("the daemon's end", || home.daemon().is_none().then_some(()));
    for (command, _, said) in REFUSED {
        inside.refused(command, said);
        assert_eq!(home.daemon(), None, "{command} started a daemon");
    }
    let own = inside.run("abide info --json");
    assert_eq!(own.code, 0, "{own:?}");
    let list = inside.run("abide list --json");
    assert!(
        list.out.contains("\"other\"") && !list.out.contains("\"cat\""),
        "{list:?}"
    );
    untouched(&home);
}

/// Nor are sessions of other machines reached, with the daemon and without it.
#[test]
fn programs_in_a_session_reach_no_other_machine() {
    let Paired { near, far, .. } = &Paired::direct("manage");
    far.ok(&["new", "there", "--detach", "--", "cat"]);
    let mut inside = Inside::new(near, "work");
    let refused = |inside: &mut Inside<'_>| {
        for command in [
            "abide send desk:there hello",
            "abide capture desk:there",
            "abide new desk:more --detach -- cat",
            "script -qec 'abide attach desk:there' /dev/null",
            "abide machines forget desk",
        ] {
            inside.refused(command, FIX);
        }
    };
    refused(&mut inside);
    process::kill(near.daemon().expect("a daemon"));
    wait::until("the daemon's end", || near.daemon().is_none().then_some(()));
    refused(&mut inside);
    assert_eq!(far.ok(&["capture", "there"]).trim(), "");
    assert_eq!(far.list().len(), 1);
    // With nobody there, nobody is in a session.
    near.ok(&["kill", "work"]);
    near.ok(&["send", "desk:there", "from outside"]);
    far.wait_screen("there", "from outside");
    near.ok(&["machines", "forget", "desk"]);
}

/// Of its own session it hears all, of others their names.
fn names_only(inside: &mut Inside<'_>) {
    let own: serde_json::Value =
        serde_json::from_str(&inside.done("abide info \"$ABIDE_SESSION\" --json")).unwrap();
    assert_eq!(own["name"], "work");
    assert!(own["pid"].is_u64());
    assert!(own["command"].as_str().unwrap().contains("bash"));
    // With no name its own is meant: nothing is known of the others' use.
    assert!(inside.done("abide info").contains("bash"));
    let list: Vec<serde_json::Value> =
        serde_json::from_str(&inside.done("abide list --json")).unwrap();
    let other = list.iter().find(|info| info["name"] == "other").unwrap();
    assert_eq!(other["state"], "running");
    assert_eq!(other["command"], "");
    assert_eq!(other["directory"], "");
    assert_eq!(other["pid"], serde_json::Value::Null);
}

#[test]
fn trust_is_given_outside_and_lasts_as_long_as_the_session() {
    let home = Home::new();
    others(&home);
    let mut inside = Inside::new(&home, "work");
    inside.refused("abide send other one", FIX);
    home.ok(&["trust", "work"]);
    assert_eq!(home.info("work")["trusted"], true);
    assert!(
        home.ok(&["info", "work"])
            .contains("may use Abide as you do")
    );
    inside.done("abide send other two");
    home.wait_screen("other", "two");
    inside.done("abide new third --detach -- cat");
    inside.refused("abide trust other", "a terminal outside");
    inside.refused("abide attach other", NESTED);

    // It counts without a daemon, and under every name.
    process::kill(home.daemon().expect("a daemon"));
    wait::until("the daemon's end", || home.daemon().is_none().then_some(()));
    inside.done("abide send third three");
    home.wait_screen("third", "three");
    home.ok(&["rename", "work", "play"]);
    home.ok(&["trust", "play", "--off"]);
    assert_eq!(home.info("play")["trusted"], false);
    inside.refused("abide send other four", "abide trust play");
    home.ok(&["rename", "play", "work"]);

    let ended = home.run_abide(&["trust", "gone"]);
    assert_eq!(ended.status.code(), Some(4));
    let nobody = home.run_abide(&["trust", "nobody"]);
    assert_eq!(nobody.status.code(), Some(3));
}

/// What a killed keeper leaves behind refuses nobody, and goes.
#[test]
fn notices_go_with_their_keepers() {
    let home = Home::new();
    let notices = || {
        let names = fs::read_dir(home.run()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with('p')).count()
    };
    others(&home);
    home.ok(&["new", "work", "--detach", "--", "cat"]);
    wait::until("the ended session's keeper to leave", || {
        (notices() == 2).then_some(())
    });
    process::kill(home.keeper("work"));
    wait::until("the dead keeper's notice to go", || {
        (notices() == 1).then_some(())
    });
    assert_eq!(home.info("other")["state"], "running");
}

/// Other processes of the user cannot look into daemon and keepers, but into what runs in sessions.
#[test]
fn daemon_and_keepers_cannot_be_looked_into() {
    let home = Home::new();
    // Root may look into everything. Without capabilities it is a user like any other.
    let alike: &[&str] = if rustix::process::geteuid().is_root() {
        &["setpriv", "--bounding-set", "-all"]
    } else {
        &["env"]
    };
    let mut command = home.command(alike[0]);
    command.args(&alike[1..]).arg(process::built("abided"));
    let mut daemon = command.arg("run").spawn().unwrap();
    wait::until("the daemon", || {
        home.run_abide(&["daemon", "status"])
            .status
            .success()
            .then_some(())
    });
    home.ok(&[
        "new",
        "work",
        "--detach",
        "--",
        "bash",
        "-c",
        "ulimit -c; exec cat",
    ]);
    home.wait_screen("work", "\n");
    let reads = |pid: u32| {
        let mut command = std::process::Command::new(alike[0]);
        let file = format!("/proc/{pid}/environ");
        let command = command.args(&alike[1..]).args(["cat", &file]);
        command.output().unwrap().status.success()
    };
    assert!(reads(home.program("work")));
    for pid in [home.keeper("work"), daemon.id()] {
        assert!(!reads(pid), "process {pid}");
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
        let core = limits.lines().find(|line| line.contains("core")).unwrap();
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    }
    // Programs keep the limit that the daemon was started with.
    let own = std::process::Command::new("bash")
        .args(["-c", "ulimit -c"])
        .output()
        .unwrap();
    let own = String::from_utf8(own.stdout).unwrap();
    assert_eq!(home.ok(&["capture", "work"]).trim(), own.trim());
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

#[test]
fn daemon_and_keepers_refuse_borrowed_rights() {
    if !rustix::process::geteuid().is_root() {
        // Nobody else can have two users at once without a file to borrow them from.
        return;
    }
    let home = Home::new();
    for program in ["abided", "abide-keeper"].map(process::built) {
        for (option, said) in [("--ruid", "setuid"), ("--rgid", "setgid")] {
            let mut command = home.command("setpriv");
            let output = command
                .args(["--keep-groups", option, "1"])
                .arg(&program)
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(1));
            let line = String::from_utf8(output.stderr).unwrap();
            assert!(line.contains(said) && line.lines().count() == 1, "{line}");
            assert!(!home.abide().exists());
        }
    }
}

/// What became of the modes of terminals, since they were made.
struct Modes(std::os::fd::OwnedFd);

impl Modes {
    fn watch() -> Self {
        let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).unwrap();
        let what = WatchFlags::ATTRIB | WatchFlags::CREATE;
        inotify::add_watch(&watch, "/dev/pts", what).unwrap();
        Self(watch)
    }

    /// How often the mode or owner of this terminal was set, since it was last made.
    fn changes(&self, terminal: &Path) -> usize {
        let name = terminal.file_name().unwrap();
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&self.0, &mut buffer);
        let mut changes = 0;
        loop {
            match reader.next() {
                Ok(event) => {
                    let of = event.file_name().map(|name| name.to_str().unwrap());
                    if of != name.to_str() {
                        continue;
                    }
                    if event.events().contains(ReadFlags::CREATE) {
                        changes = 0;
                    } else {
                        changes += 1;
                    }
                }
                Err(Errno::AGAIN) => return changes,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// The terminal of a session is the user's alone from its beginning to its end, and nobody sets its
/// mode at all; who attaches leaves it, and the user's own terminal, as they were. Nor does
/// anybody else get into a file or directory of Abide's.
#[test]
fn terminals_are_never_opened_wider() {
    let home = Home::new();
    let modes = Modes::watch();
    home.ok(&["new", "work", "--detach", "--", "cat"]);
    let terminal = fs::read_link(format!("/proc/{}/fd/0", home.program("work"))).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let shut = |path: &Path| assert_eq!(mode(path) & !0o620, 0, "{}", path.display());
    shut(&terminal);
    let owner = fs::metadata(&terminal).unwrap().uid();
    assert_eq!(owner, rustix::process::geteuid().as_raw());
    for n in 0..if support::soak() { 1000 } else { 20 } {
        let columns = 60 + n % 40;
        let command = home.in_terminal(&["abide", "attach", "work"]);
        let attached = Terminal::start(command, Options::sized(columns, 24));
        let before = mode(&attached.tty());
        attached.wait("the session's size", |_| {
            home.info("work")["size"]["columns"] == columns
        });
        shut(&terminal);
        assert_eq!(mode(&attached.tty()), before);
        attached.keys("\x1cd");
        attached.wait_exit();
    }
    shut(&terminal);
    assert_eq!(modes.changes(&terminal), 0, "{}", terminal.display());
    let mut places = vec![home.abide()];
    while let Some(place) = places.pop() {
        let found = fs::symlink_metadata(&place).unwrap();
        let path = place.display();
        assert_eq!(found.permissions().mode() & 0o077, 0, "{path}");
        if found.is_dir() {
            places.extend(
                fs::read_dir(&place)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
    }
}

#[test]
fn doctor_tells_about_landlock() {
    let home = Home::new();
    home.ok(&["new", "work", "--detach", "--", "cat"]);
    let confined = home.info("work")["confined"].as_bool().unwrap();
    let checks: Vec<serde_json::Value> =
        serde_json::from_slice(&home.run_abide(&["doctor", "--json"]).stdout).unwrap();
    let check = checks
        .iter()
        .find(|check| check["subject"] == "landlock")
        .unwrap();
    let expected = if confined { "ok" } else { "warn" };
    assert_eq!(check["verdict"], expected, "{check}");
    assert!(check["finding"].as_str().unwrap().contains("confined"));
}
