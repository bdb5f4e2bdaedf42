//! Two machines that are paired: homes on this one, and a network between them that a test holds.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

use crate::home::Home;
use crate::proxy::Proxy;
use crate::terminal::Terminal;
use crate::wait;

/// A device, the machine that knows it, and the way between them.
pub struct Paired {
    pub near: Home,
    pub far: Home,
    pub proxy: Proxy,
}

impl Paired {
    /// The far machine is called `desk` by the near one, which may do there as `role` says.
    pub fn new(role: &str) -> Self {
        let paired = Self::strangers();
        let code = paired.pair(role, &["--name", "desk"]);
        assert_eq!(code, Some(0), "the two are paired");
        paired
    }

    /// As [`Self::new`], with nothing between the two.
    pub fn direct(role: &str) -> Self {
        let port = free_port();
        let paired = Self::shared(port, port, Proxy::to(port));
        assert_eq!(
            paired.pair(role, &["--name", "desk"]),
            Some(0),
            "the two are paired"
        );
        paired
    }

    /// The far machine is shared, and knows nobody.
    pub fn strangers() -> Self {
        let port = free_port();
        let proxy = Proxy::to(port);
        Self::shared(port, proxy.port, proxy)
    }

    /// The far machine listens at `port` and is reached by `at`.
    fn shared(port: u16, at: u16, proxy: Proxy) -> Self {
        let (near, far) = (Home::new(), Home::new());
        let (listen, name) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{at}"));
        far.ok(&["share", "--listen", &listen, "--name", &name]);
        Self { near, far, proxy }
    }

    /// One more device of the far machine, which it calls `desk` too.
    pub fn another(&self, role: &str) -> Home {
        self.another_with(role, &[])
    }

    /// As [`Self::another`]; `rights` are further arguments of `abide pair`.
    pub fn another_with(&self, role: &str, rights: &[&str]) -> Home {
        let near = Home::new();
        let offer = Offer::with(&self.far, role, rights);
        assert_eq!(join(offer, &near, &["--name", "desk"]), Some(0));
        near
    }

    /// Pairs; the exit code of `abide join`.
    pub fn pair(&self, role: &str, arguments: &[&str]) -> Option<i32> {
        join(Offer::new(&self.far, role), &self.near, arguments)
    }
}

/// Takes an offer; the exit code of `abide join`.
fn join(mut offer: Offer, near: &Home, arguments: &[&str]) -> Option<i32> {
    let mut joining = Joining::new(near, offer.link(), arguments);
    let code = joining.code();
    offer.type_code(&code);
    let (ended, said) = joining.end();
    assert!(!said.contains(offer.link()), "the link is not shown");
    ended
}

/// `abide pair --link` on the far machine.
pub struct Offer {
    child: Child,
    link: String,
    said: BufReader<std::process::ChildStderr>,
}

impl Offer {
    pub fn new(home: &Home, role: &str) -> Self {
        Self::with(home, role, &[])
    }

    pub fn with(home: &Home, role: &str, rights: &[&str]) -> Self {
        let arguments = [&["--role", role], rights].concat();
        Self::by(home.command("abide"), &arguments)
    }

    /// By a command that runs `abide` with what follows.
    pub fn by(mut command: Command, arguments: &[&str]) -> Self {
        let mut child = command
            .args(["pair", "--link"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("abide pair runs");
        let mut link = String::new();
        let mut output = BufReader::new(child.stdout.as_mut().expect("output"));
        output.read_line(&mut link).expect("a link");
        let link = link.trim().to_owned();
        let said = BufReader::new(child.stderr.take().expect("errors"));
        Self { child, link, said }
    }

    pub fn link(&self) -> &str {
        &self.link
    }

    /// Types the code once it is asked for.
    pub fn type_code(&mut self, code: &str) {
        self.says("type the six digits");
        self.types(code);
    }

    /// Reads on until it has said this; the line.
    pub fn says(&mut self, text: &str) -> String {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            let read = self.said.read_line(&mut line).expect("text");
            assert_ne!(read, 0, "abide pair says: {text}");
        }
        line
    }

    /// What it says from now on, until it ends.
    pub fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).expect("text");
        rest
    }

    pub fn types(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().expect("input");
        writeln!(input, "{line}").expect("abide pair reads");
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `abide join` on the near machine.
pub struct Joining {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Joining {
    pub fn new(home: &Home, link: &str, arguments: &[&str]) -> Self {
        Self::with(home.command("abide"), link, arguments)
    }

    /// By a command that runs `abide` with what follows.
    pub fn with(mut command: Command, link: &str, arguments: &[&str]) -> Self {
        let mut child = command
            .arg("join")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("abide join runs");
        let mut input = child.stdin.take().expect("input");
        // One that refuses its arguments reads nothing.
        let _ = writeln!(input, "{link}");
        let output = BufReader::new(child.stdout.take().expect("output"));
        Self { child, output }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The six digits that it shows.
    pub fn code(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.output.read_line(&mut line).expect("output");
            assert_ne!(read, 0, "abide join shows a code");
            let digits = line.trim();
            if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return digits.to_owned();
            }
        }
    }

    /// Its exit code and all that it said from now on.
    pub fn end(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        let read = self.output.read_to_string(&mut said);
        read.expect("output is text");
        let mut error = self.child.stderr.take().expect("errors");
        error.read_to_string(&mut said).expect("errors are text");
        (self.child.wait().expect("it ends").code(), said)
    }
}

/// Nobody listens there; a moment later, at least.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("a port").port()
}

/// A command that has to fail: its exit code and what it said.
pub fn failed(output: &Output) -> (i32, String) {
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code().expect("an exit code");
    assert_ne!(code, 0, "{error}");
    (code, error)
}

/// Waits until the bytes in `file` are `expected`, and never others.
pub fn wait_typed(file: &std::path::Path, expected: &str) {
    wait::until(&format!("{} bytes typed", expected.len()), || {
        let typed = std::fs::read_to_string(file).unwrap_or_default();
        let fits = expected.starts_with(&typed);
        assert!(
            fits,
            "typed is {:?}, not {:?}",
            tail(&typed),
            tail(expected)
        );
        (typed == expected).then_some(())
    });
}

/// Waits for what an attachment leads to, and says yes to what it holds: typed a moment too early, it
/// came while there was no link.
pub fn sending_held(terminal: &Terminal, what: &str, done: impl Fn(&str) -> bool) {
    let mut held = false;
    wait::until(what, || {
        let text = terminal.state(0).text();
        let asks = text.contains("Enter sends, Esc drops");
        if asks && !held {
            terminal.keys("\r");
        }
        held = asks;
        // A question that is still shown would be taken for the next one.
        (done(&text) && !asks).then_some(())
    });
}

fn tail(text: &str) -> &str {
    &text[text.len().saturating_sub(80)..]
}
