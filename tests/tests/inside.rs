//! Attach inside tmux and over ssh, and never inside itself.

use support::emulator::Options;
use support::home::Home;
use support::process;
use support::ssh::{self, Server};
use support::terminal::Terminal;
use support::wait;

fn shell_session(home: &Home, size: &str) {
    home.ok(&[
        "new", "work", "--detach", "--size", size, "--", "bash", "-i",
    ]);
    home.wait_screen("work", "$");
}

#[test]
fn attach_works_inside_tmux() {
    let home = Home::new();
    shell_session(&home, "80x23");
    let abide = process::built("abide");
    let attach = format!("{} attach work; echo code $?; exec cat", abide.display());
    let command = [
        "tmux",
        "-u",
        "-L",
        "inside",
        "-f",
        "/dev/null",
        "new",
        &attach,
    ];
    let terminal = Terminal::start(home.in_terminal(&command), Options::sized(80, 24));
    terminal.wait_text("$");
    terminal.keys("printf '\\e[1;31mred\\e[m %s\\n' $((40 + 2)) 日本\r");
    terminal.wait_text("red 42");
    let state = terminal.wait_text("日本");
    let red = state
        .lines
        .iter()
        .flat_map(support::emulator::Line::cells)
        .any(|cell| cell.1 == "r" && cell.3.starts_with("1|") && cell.3.contains('b'));
    assert!(red, "colours arrive through tmux");
    terminal.keys("vi\x7f\x7fseq 30\r");
    terminal.wait_text("30\n$");
    terminal.keys("\x1cd");
    terminal.wait_text("code 0");
}

#[test]
fn attach_works_over_ssh() {
    let home = Home::new();
    shell_session(&home, "80x24");
    let server = Server::start(&home.path().join("ssh"), &[]);
    let user = ssh::user_name();
    let remote = format!(
        "ABIDE_HOME={} COLORTERM=truecolor LANG=C.UTF-8 {} attach work; echo code $?",
        home.abide().display(),
        process::built("abide").display()
    );
    let (port, key) = (server.port.to_string(), server.directory.join("user"));
    let key = key.to_str().unwrap();
    let command = [
        "ssh",
        "-tt",
        "-q",
        "-F",
        "/dev/null",
        "-p",
        &port,
        "-i",
        key,
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        "IdentitiesOnly=yes",
        "-l",
        &user,
        "127.0.0.1",
        &remote,
    ];
    let terminal = Terminal::start(home.in_terminal(&command), Options::sized(80, 24));
    terminal.wait_text("$");
    terminal.keys("echo $((6 * 7)) over ssh; stty size\r");
    terminal.wait_text("42 over ssh");
    terminal.wait_text("24 80");
    terminal.resize(100, 30);
    wait::until("the session's new size", || {
        (home.info("work")["size"]["columns"] == 100).then_some(())
    });
    terminal.keys("clear; stty size\r");
    terminal.wait_text("30 100");
    terminal.keys("\x1cd");
    terminal.wait_text("code 0");
    assert!(process::lives(home.program("work")));
}

/// A session shown inside itself would repaint for ever; it is refused by comparing terminals.
#[test]
fn attach_inside_a_session_is_refused() {
    let home = Home::new();
    shell_session(&home, "80x24");
    home.ok(&["new", "other", "--detach", "--", "bash", "-i"]);
    let terminal = Terminal::start(
        home.in_terminal(&["abide", "attach", "work"]),
        Options::sized(80, 24),
    );
    terminal.wait_text("$");
    let abide = process::built("abide");
    for (name, variable) in [
        ("work", "ABIDE_SESSION"),
        ("other", "ABIDE_SESSION"),
        ("work", "NOTHING"),
    ] {
        terminal.keys(format!(
            "clear; env -u {variable} {} attach {name}; echo code $?\r",
            abide.display()
        ));
        terminal.wait_text("code 255");
    }
    // That refusal is of a session shown in a session, not of using Abide there.
    home.ok(&["trust", "work"]);
    terminal.keys(format!(
        "clear; {} new third --detach -- cat; echo code $?\r",
        abide.display()
    ));
    terminal.wait_text("code 0");
}
