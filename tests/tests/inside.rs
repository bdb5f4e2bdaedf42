//! Attach inside tmux and over ssh, and never inside itself.

use std::path::Path;
use std::process::{Command, Stdio};

use support::emulator::Options;
use support::home::Home;
use support::process;
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

/// An ssh server of our own on the loopback, with its own keys; ends with its value.
struct Server {
    child: std::process::Child,
    port: u16,
    directory: std::path::PathBuf,
}

impl Server {
    fn start(home: &Home) -> Self {
        let directory = home.path().join("ssh");
        std::fs::create_dir(&directory).unwrap();
        for key in ["host", "user"] {
            let status = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(directory.join(key))
                .status()
                .expect("ssh-keygen runs");
            assert!(status.success());
        }
        std::fs::copy(directory.join("user.pub"), directory.join("authorized")).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let configuration = configuration(&directory, port);
        std::fs::write(directory.join("sshd_config"), configuration).unwrap();
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(directory.join("sshd_config"))
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(directory.join("log")).unwrap())
            .spawn()
            .expect("sshd runs");
        wait::until("the ssh server", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self {
            child,
            port,
            directory,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(directory: &Path, port: u16) -> String {
    let d = directory.display();
    format!(
        "ListenAddress 127.0.0.1\nPort {port}\nHostKey {d}/host\nAuthorizedKeysFile {d}/authorized\n\
         PidFile {d}/pid\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
         KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nPrintMotd no\nPrintLastLog no\n"
    )
}

#[test]
fn attach_works_over_ssh() {
    // Debian's sshd wants this directory, which only its start-up script makes.
    if !Path::new("/run/sshd").exists() {
        let _ = std::fs::create_dir("/run/sshd");
    }
    let home = Home::new();
    shell_session(&home, "80x24");
    let server = Server::start(&home);
    let user = user_name();
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

fn user_name() -> String {
    let output = Command::new("id").arg("-un").output().expect("id runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
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
