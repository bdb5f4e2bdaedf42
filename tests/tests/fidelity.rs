//! What attach paints is what the program meant: each program's bytes go to one emulator, what
//! attach writes to another, and at every pause both show the same.

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use support::compare::{self, Exception};
use support::emulator::{Emulator, Line, Options, State};
use support::home::Home;
use support::recording::{Record, Tail};
use support::terminal::Terminal;
use support::wait;

/// A pause: nothing has been written for this long.
const PAUSE: Duration = Duration::from_millis(200);
/// After a pause, attach may be this late on a machine that does other things too.
const LATE: Duration = Duration::from_secs(5);
/// A program that never pauses is a script's mistake.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a script goes on in `make soak`.
const SOAK: Duration = Duration::from_secs(30);

/// Columns and rows at the start, and the two sizes that follow.
const SMALL: [(u16, u16); 3] = [(80, 24), (100, 30), (72, 20)];
const LARGE: [(u16, u16); 3] = [(200, 50), (160, 42), (190, 48)];

/// A program, the keys that are typed into it (one pause after each).
struct Script {
    program: &'static [&'static str],
    /// Shown when the program is ready.
    ready: &'static str,
    steps: &'static [&'static str],
    exceptions: &'static [Exception],
}

struct Run<'a> {
    script: &'a Script,
    terminal: Terminal,
    replay: Emulator,
    tail: Tail,
    size: (u16, u16),
    /// Rows of the tallest screen so far.
    screen: usize,
    resizes: usize,
    compared: usize,
    /// When the recording last grew.
    grew: Instant,
}

impl<'a> Run<'a> {
    fn start(home: &Home, script: &'a Script, size: (u16, u16)) -> Self {
        let recording = home.path().join("recording");
        prepare_files(&home.user());
        let mut arguments = vec!["abide", "new", "fidelity", "--", ""];
        let tee = support::process::built("abide-tee");
        arguments[4] = tee.to_str().expect("path");
        arguments.push(recording.to_str().expect("path"));
        arguments.extend(script.program);
        let terminal =
            Terminal::start(home.in_terminal(&arguments), Options::sized(size.0, size.1));
        wait::until("the recording", || recording.exists().then_some(()));
        let replay = Emulator::start(Options::sized(size.0, size.1), |_| {}).expect("emulator");
        let tail = Tail::open(&recording).expect("recording");
        let now = Instant::now();
        Self {
            script,
            terminal,
            replay,
            tail,
            size,
            screen: size.1.into(),
            resizes: 0,
            compared: 0,
            grew: now,
        }
    }

    /// Tells the replay what has been recorded since.
    fn follow(&mut self) {
        for record in self.tail.read().expect("recording") {
            self.grew = Instant::now();
            match record {
                Record::Output(bytes) => self.replay.write(&bytes).expect("emulator"),
                Record::Size { columns, rows } => {
                    self.size = (columns, rows);
                    self.replay.resize(columns, rows).expect("emulator");
                }
            }
        }
    }

    /// Waits for a pause and compares.
    fn pause(&mut self, step: &str) {
        self.grew = Instant::now();
        let deadline = Instant::now() + PATIENCE;
        let mut last = String::from("the program never pauses");
        loop {
            self.follow();
            if self.grew.elapsed() >= PAUSE {
                let (expected, got) = (self.state(false), self.state(true));
                self.follow();
                if self.grew.elapsed() >= PAUSE {
                    let found = self.differences(&expected, &got);
                    if found.is_empty() {
                        self.compared += 1;
                        return;
                    }
                    last = self.complaint(step, &found, &expected, &got);
                    assert!(self.grew.elapsed() < LATE, "{last}");
                }
            }
            assert!(Instant::now() < deadline, "after {step:?}: {last}");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    fn state(&self, attached: bool) -> State {
        const ALL: u32 = 20_000;
        if attached {
            self.terminal.state(ALL)
        } else {
            self.replay.state(ALL).expect("emulator")
        }
    }

    fn differences(&self, expected: &State, got: &State) -> String {
        let found = compare::screens(expected, got, self.script.exceptions, 20);
        let mut report = compare::report(&found);
        // What stood in the terminal before was empty, and attach keeps it.
        let before = got
            .history
            .iter()
            .take_while(|line| line.runs.is_empty())
            .count();
        let before = before.min(usize::from(SMALL[0].1.max(LARGE[0].1)));
        let ours = &got.history[before..];
        let (missing, extra) = compare::scrollbacks(&expected.history, ours);
        // A screen per resize. What left right before the program went to the alternate screen
        // arrives when it comes back: attach feeds the scrollback while the main screen is shown.
        let allowed = self.resizes * self.screen;
        let awaited = if expected.screen == "alternate" {
            self.screen
        } else {
            0
        };
        if missing > allowed + awaited || extra > allowed {
            let _ = writeln!(
                report,
                "  scrollback: {missing} rows missing, {extra} too many"
            );
            let _ = writeln!(
                report,
                "  expected it to end with {:#?}",
                ends(&expected.history)
            );
            let _ = writeln!(report, "  but it ends with {:#?}", ends(ours));
        }
        report
    }

    fn complaint(&self, step: &str, found: &str, expected: &State, got: &State) -> String {
        format!(
            "{:?} at {:?} after {step:?} ({} pauses were equal):\n{found}\nexpected:\n{}\n\ngot:\n{}\n",
            self.script.program,
            self.size,
            self.compared,
            expected.text(),
            got.text(),
        )
    }

    fn resize(&mut self, to: (u16, u16)) {
        self.terminal.resize(to.0, to.1);
        wait::until("the program's new size", || {
            self.follow();
            (self.size == to).then_some(())
        });
        self.resizes += 1;
        self.screen = self.screen.max(to.1.into());
        self.pause(&format!("resize to {}x{}", to.0, to.1));
    }

    fn type_all(&mut self) {
        for step in self.script.steps {
            self.terminal.keys(step);
            self.pause(step);
        }
    }
}

fn ends(history: &[Line]) -> Vec<String> {
    let newest = history.iter().rev().take(12).rev();
    newest.map(Line::text).collect()
}

fn prepare_files(user: &Path) {
    let line = |n: usize| format!("line {n} of the text {}", "lorem ipsum ".repeat(n % 17));
    let text = (1..=400).map(line).collect::<Vec<_>>().join(
        "
",
    );
    std::fs::write(user.join("text"), text).expect("text");
    let code = "// code\nfn main() {\n    let s = \"str\\tng 日本 é\";\n\tprintln!(\"{s}\");\n}\n"
        .repeat(30);
    std::fs::write(user.join("code.rs"), code).expect("code");
    let page = ".TH TRY 1\n.SH NAME\ntry \\- a page\n.SH OPTIONS\n".to_owned()
        + &".TP\n.B \\-\\-bold\nText with \\fIitalics\\fR and \\fBbold\\fR that fills the line again and again.\n".repeat(40);
    std::fs::write(user.join("page.1"), page).expect("page");
    std::fs::write(user.join(".selected_editor"), "").expect("dotfile");
}

fn check(script: &Script) {
    for sizes in [SMALL, LARGE] {
        let home = Home::new();
        let mut run = Run::start(&home, script, sizes[0]);
        run.terminal.wait_text(script.ready);
        run.pause("start");
        let begin = Instant::now();
        run.type_all();
        run.resize(sizes[1]);
        run.type_all();
        run.resize(sizes[2]);
        run.type_all();
        while support::soak() && begin.elapsed() < SOAK {
            run.type_all();
        }
        assert!(
            run.compared > 3 * script.steps.len(),
            "too few pauses compared"
        );
        let output = run.terminal.output();
        for never in [&b"\x1b[2J"[..], b"\x1b[3J", b"\x1bc"] {
            assert!(
                !output.windows(never.len()).any(|window| window == never),
                "attach wrote {never:?}"
            );
        }
        home.ok(&["kill", "fidelity"]);
        assert_eq!(run.terminal.wait_exit(), 137);
    }
}

const GIT: &str = "git init -q r 2>/dev/null; cd r; \
     for n in $(seq 60); do git -c user.name=T -c user.email=t@example.test commit -q --allow-empty \
     -m \"commit $n with a subject\" -m 'and a body'; done; \
     exec git -c core.pager='less -R' log --graph --stat --color";

#[test]
fn bash() {
    check(&Script {
        program: &["bash", "-i"],
        ready: "$",
        steps: &[
            "echo plain\r",
            "printf '\\e[1mbold \\e[3;4;31mred\\e[0m \\e[38;2;9;99;199;48;5;22mtrue\\e[m\\n'\r",
            "seq 60\r",
            "echo a long line that is edited in the middle and wraps around the end of the row because it is longer than eighty columns",
            "\x01\x1b[C\x1b[C\x1b[CXYZ\x05",
            "\r",
            "\x12plain",
            "\r",
            "ls -la --color /\r",
            "echo 日本語 é 中 ok\r",
            "less text\r",
            " ",
            "q",
        ],
        exceptions: &[],
    });
}

#[test]
fn zsh() {
    check(&Script {
        program: &["zsh", "-i"],
        ready: "%",
        steps: &[
            "print -P '%F{red}red%f %Bbold%b'\r",
            "ls -l /e\t\t",
            "\x03",
            "for n in {1..70}; do print line $n; done\r",
            "echo a line long enough to be wrapped by the line editor of the shell at eighty columns at least once\x01\x1b[Cq\x05\r",
            "echo -n 'no newline'\r",
            // When a terminal gets narrower, xterm.js moves the blanks that zsh has written after
            // the text to a row of their own; to us they are as blank as any others.
            "clear\r",
        ],
        exceptions: &[],
    });
}

#[test]
fn vim() {
    check(&Script {
        program: &[
            "vim",
            "-u",
            "NONE",
            "-N",
            "-c",
            "syntax on",
            "-c",
            "set ruler showcmd hlsearch",
            "code.rs",
        ],
        ready: "fn main",
        steps: &[
            "\x06",
            "\x02",
            "oinserted 日本 text\x1b",
            ":set number\r",
            ":split\r",
            "Vjjj",
            "\x1b",
            "/println\r",
            "G",
            "gg",
            ":q\r",
            "dd",
            "u",
            "50J",
            "u",
            ":!echo out\r",
            "\r",
            ":set nonumber\r",
        ],
        exceptions: &[],
    });
}

#[test]
fn neovim() {
    check(&Script {
        program: &["nvim", "--clean", "-c", "set termguicolors", "code.rs"],
        ready: "fn main",
        steps: &[
            "\x06",
            "\x02",
            "oinserted 日本 text\x1b",
            ":set number\r",
            ":vsplit\r",
            "Vjjj",
            "\x1b",
            "/println\r",
            "G",
            "gg",
            ":q\r",
            "dd",
            "u",
        ],
        exceptions: &[],
    });
}

#[test]
fn htop() {
    check(&Script {
        program: &["htop", "-d", "15"],
        ready: "Load average",
        steps: &["\x1b[B\x1b[B", "t", "\x1b[6~", "I", "\x1b[5~", "h", " "],
        exceptions: &[],
    });
}

#[test]
fn top() {
    check(&Script {
        program: &["top", "-d", "1.5"],
        ready: "load average",
        steps: &["M", "z", "x", "1", "c", "V", "P", "V"],
        exceptions: &[],
    });
}

#[test]
fn less() {
    check(&Script {
        program: &["less", "-N", "text"],
        ready: "line 1 of",
        steps: &[
            " ", "/lorem\r", "n", "G", "g", "-S\r", "\x1b[C", "\x1b[D", "-S\r", "jjjj", "kk", "h",
        ],
        exceptions: &[],
    });
}

#[test]
fn man() {
    check(&Script {
        program: &["man", "-l", "page.1"],
        ready: "NAME",
        steps: &[" ", "/italics\r", "n", "G", "g", "d", "u"],
        exceptions: &[],
    });
}

#[test]
fn git_log() {
    check(&Script {
        program: &["sh", "-c", GIT],
        ready: "commit 60",
        steps: &[" ", "/commit 4\r", "n", "G", "g", "jjj"],
        exceptions: &[],
    });
}

#[test]
fn nano() {
    check(&Script {
        program: &["nano", "text"],
        ready: "line 1 of",
        steps: &[
            "\x16",
            "typed ",
            "\x19",
            "\x17ipsum\r",
            "\x0b",
            "\x15",
            "\x1b[F",
            "\x1bOA",
        ],
        exceptions: &[],
    });
}

#[test]
fn mc() {
    check(&Script {
        program: &["mc", "--nosubshell"],
        ready: "text",
        steps: &[
            "\x1b[B",
            "\t",
            "\x1b[B\x1b[B",
            "\x1bOR",
            "\x1bOQ",
            "\x1b\x1b",
            "\x1b\x1b",
            "\x1b[20~",
            "\x1b[B",
            "\x1b\x1b",
            "\x1b\x1b",
        ],
        exceptions: &[],
    });
}

#[test]
fn python() {
    check(&Script {
        program: &["python3", "-q"],
        ready: ">>>",
        steps: &[
            "print('\\n'.join(str(n) for n in range(60)))\r",
            "'a' * 300\r",
            "def f():\r    return 1\r\r",
            "f()\x1b[D\x1b[D\x1b[D\r",
            "1/0\r",
        ],
        exceptions: &[],
    });
}

#[test]
fn tmux() {
    check(&Script {
        program: &[
            "env",
            "-u",
            "TMUX",
            "tmux",
            "-u",
            "-L",
            "abide-fidelity",
            "-f",
            "/dev/null",
            "new",
            "bash -i",
        ],
        ready: "$",
        steps: &[
            "seq 50\r",
            "\x02\"",
            "ls -la --color /\r",
            "\x02%",
            "echo right\r",
            "\x02o",
            "\x02[",
            "\x1b[A\x1b[A",
            "q",
            "exit\r",
            "exit\r",
        ],
        exceptions: &[],
    });
}

#[test]
fn ink() {
    const INK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/programs/ink.mjs");
    check(&Script {
        program: &["node", INK],
        ready: "ready",
        steps: &["t", "l", "l", "o", "t", "w", "a", "o", "r", "t"],
        exceptions: &[],
    });
}
