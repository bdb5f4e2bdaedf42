//! Sessions on a machine that `ssh` reaches: every command, and an attachment whose connection is
//! lost. The other machine is another home on this one, behind a real ssh server.

use std::path::Path;
use std::process::Output;

use portable_pty::CommandBuilder;
use serde_json::Value;
use support::emulator::Options;
use support::home::Home;
use support::process;
use support::proxy::Proxy;
use support::ssh::Server;
use support::terminal::Terminal;
use support::wait;

/// This machine, another one, and the network between them.
struct Machines {
    near: Home,
    far: Home,
    proxy: Proxy,
    path: std::ffi::OsString,
    _server: Server,
}

impl Machines {
    fn new() -> Self {
        let (near, far) = (Home::new(), Home::new());
        let path = std::env::var_os("PATH").unwrap_or_default();
        let ours = process::built("abide");
        let with = |directory: &Path| {
            let all = std::iter::once(directory.to_owned()).chain(std::env::split_paths(&path));
            std::env::join_paths(all).expect("a path")
        };
        let there = with(ours.parent().expect("a directory"));
        let variables = [
            ("ABIDE_HOME", far.abide()),
            ("HOME", far.user()),
            ("PATH", there.into()),
        ];
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        let server = Server::start(&far.path().join("ssh"), &variables);
        let proxy = Proxy::to(server.port);
        let path = with(&server.client("far", proxy.port));
        Self {
            near,
            far,
            proxy,
            path,
            _server: server,
        }
    }

    fn abide(&self, arguments: &[&str]) -> Output {
        let mut command = self.near.command("abide");
        command.env("PATH", &self.path).args(arguments);
        command.output().expect("abide runs")
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.abide(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The last line of a command that fails, and its exit code.
    fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.abide(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let code = output.status.code().expect("an exit code");
        assert_ne!(code, 0, "{arguments:?}: {error}");
        (code, error)
    }

    fn attach(&self, arguments: &[&str]) -> Terminal {
        let words: Vec<_> = ["abide", "attach"].iter().chain(arguments).collect();
        let mut command: CommandBuilder = self.near.in_terminal(&words);
        command.env("PATH", &self.path);
        Terminal::start(command, Options::sized(80, 24))
    }

    /// Whatever is typed into the session comes into this file, without the terminal's own editing.
    fn typed_into(&self, session: &str) -> std::path::PathBuf {
        let file = self.far.path().join(format!("typed-{session}"));
        let script = format!("stty raw -echo; echo ready; exec cat >{}", file.display());
        self.far.ok(&[
            "new", session, "--detach", "--size", "80x24", "--", "sh", "-c", &script,
        ]);
        self.far.wait_screen(session, "ready");
        file
    }
}

#[test]
fn every_session_command_works_over_ssh() {
    let machines = Machines::new();
    let made = machines.ok(&["new", "ssh://far/work", "--detach", "--", "bash", "-i"]);
    assert_eq!(made.trim(), "ssh://far/work");
    assert_eq!(machines.far.list().len(), 1);
    assert!(machines.near.list().is_empty());
    machines.far.wait_screen("work", "$");
    machines.ok(&["send", "ssh://far/work", "echo $((40 + 2)) here"]);
    machines.far.wait_screen("work", "42 here");
    machines.ok(&["keys", "ssh://far/work", "l", "s", "ctrl+c"]);
    let shown = machines.ok(&["capture", "ssh://far/work"]);
    assert!(shown.contains("42 here"), "{shown}");
    let found = machines.ok(&["search", "ssh://far/work", "^4[0-9] here"]);
    assert!(found.contains("42 here"), "{found}");
    assert!(machines.ok(&["tail", "ssh://far/work"]).contains("42 here"));
    machines.ok(&["rename", "ssh://far/work", "play"]);
    let info: Value =
        serde_json::from_str(&machines.ok(&["info", "ssh://far/play", "--json"])).unwrap();
    assert_eq!(info["name"], "play");
    machines.ok(&["clear", "ssh://far/play"]);
    machines.ok(&["trust", "ssh://far/play"]);
    assert_eq!(machines.far.info("play")["trusted"], true);
    machines.ok(&["send", "ssh://far/play", "exit 3"]);
    let (code, _) = machines.fails(&["wait", "ssh://far/play"]);
    assert_eq!(code, 3);
    machines.ok(&["remove", "ssh://far/play"]);
    assert!(machines.far.list().is_empty());
    machines.ok(&["new", "ssh://far/other", "--detach", "--", "cat"]);
    machines.ok(&["kill", "ssh://far/other"]);
}

#[test]
fn what_ssh_cannot_do_is_said_in_a_line() {
    let machines = Machines::new();
    let (code, line) = machines.fails(&["capture", "ssh://far/nothing"]);
    assert_eq!(code, 3);
    assert!(
        line.contains("on ssh://far: no session is called \"nothing\""),
        "{line}"
    );
    let (_, line) = machines.fails(&["attach", "ssh://-oProxyCommand=touch${IFS}x/work"]);
    assert!(line.contains("does not begin with '-'"), "{line}");
    machines.proxy.close(true);
    let (code, line) = machines.fails(&["capture", "ssh://far/work"]);
    assert_eq!(code, 1);
    assert!(
        line.starts_with("abide: ssh does not reach far: "),
        "{line}"
    );
    assert_eq!(line.lines().count(), 1, "{line}");
}

#[test]
fn an_attachment_outlives_its_connection() {
    let machines = Machines::new();
    let file = machines.typed_into("work");
    let terminal = machines.attach(&["ssh://far/work"]);
    terminal.wait_text("ready");
    let typed = |expected: &str| {
        wait::until(&format!("{expected:?} typed"), || {
            let typed = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(expected.starts_with(&typed), "{typed:?} is typed");
            (typed == expected).then_some(())
        });
    };
    terminal.keys("before ");
    typed("before ");
    machines.proxy.close(true);
    terminal.wait_text("link to ssh://far down for");
    terminal.keys("wanted");
    machines.proxy.close(false);
    terminal.wait_text("the link was down: wanted");
    terminal.keys("\r");
    typed("before wanted");
    terminal.keys(" and");
    typed("before wanted and");
    // Again, and the other way.
    machines.proxy.close(true);
    terminal.wait_text("link to ssh://far down for");
    terminal.keys("unwanted");
    machines.proxy.close(false);
    terminal.wait_text("the link was down: unwanted");
    // As a terminal says Escape that has been told to say it unmistakably.
    terminal.keys("\x1b[27u");
    terminal.wait("the line is gone", |state| {
        !state.text().contains("Esc drops")
    });
    terminal.keys(" more");
    typed("before wanted and more");
    terminal.keys("\x1cd");
    assert_eq!(terminal.wait_exit(), 0);
    wait::until("nobody is attached", || {
        (machines.far.info("work")["viewers"] == 0).then_some(())
    });
    assert!(process::lives(machines.far.program("work")));
}

/// What the program writes meanwhile is there afterwards, and its end is seen.
#[test]
fn the_picture_and_the_end_come_after_a_loss() {
    let machines = Machines::new();
    let go = machines.far.path().join("go");
    let script = format!(
        "echo first; until [ -e {0} ]; do sleep 0.05; done; seq 1000 1300; until [ -e {0}2 ]; do \
         sleep 0.05; done; exit 7",
        go.display()
    );
    machines.far.ok(&[
        "new", "work", "--detach", "--size", "80x24", "--", "sh", "-c", &script,
    ]);
    let terminal = machines.attach(&["ssh://far/work"]);
    terminal.wait_text("first");
    machines.proxy.close(true);
    std::fs::write(&go, "").unwrap();
    machines.far.wait_screen("work", "1300");
    machines.proxy.close(false);
    terminal.wait_text("1300");
    terminal.wait("all rows are in the scrollback", |_| {
        let state = terminal.state(2000);
        let shown = state.text();
        let rows: Vec<_> = state.history_text();
        let mut rows = rows.iter().map(String::as_str).chain(shown.lines());
        let first = rows.find(|row| *row == "1000");
        first.is_some() && (1001..1300).all(|number| rows.next() == Some(&number.to_string()))
    });
    machines.proxy.close(true);
    std::fs::write(machines.far.path().join("go2"), "").unwrap();
    machines.proxy.close(false);
    assert_eq!(terminal.wait_exit(), 7);
}
