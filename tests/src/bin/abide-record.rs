//! Records what programs write, for the tests and benches of the screen: `make recordings`, or
//! `abide-record DIRECTORY [PROGRAM ...]`.
//!
//! Each program runs below a fresh `/srv`, among no other processes, on a host called `desk`, so
//! that a recording tells nothing of the machine it was made on. That takes root (`unshare`).

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use portable_pty::CommandBuilder;
use support::emulator::Options;
use support::recording::Recorder;
use support::terminal::Terminal;
use support::wait;

/// Nothing has been written for this long: the program waits for a key.
const PAUSE: Duration = Duration::from_millis(300);
/// Bytes of one recording at most; they are in the repository.
const LARGEST: u64 = 64 << 10;

type Sizes = &'static [(u16, u16)];

const SMALL: Sizes = &[(80, 24), (100, 30), (60, 20)];
const TWO: Sizes = &[(80, 24), (100, 30)];
const TINY: Sizes = &[(40, 12), (80, 24), (33, 10)];
const WIDE: Sizes = &[(200, 50)];
const LARGE: Sizes = &[(200, 50), (120, 40)];

struct Script {
    name: &'static str,
    /// What is made before; nothing of it is seen.
    prepare: &'static str,
    program: &'static str,
    /// Shown when the program is ready.
    ready: &'static str,
    /// Typed at each size, with a pause after each.
    steps: &'static [&'static str],
    sizes: &'static [Sizes],
}

const TEXT: &str = "for n in $(seq 1 200); do printf 'line %d of the text' $n; \
    for w in $(seq $((n % 17))); do printf ' lorem ipsum'; done; echo; done >text";
const CODE: &str = "for n in $(seq 1 40); do printf '// code %d\\nfn main() {\\n    \
    let s = \"str\\\\tng 日本 é\";\\n\\tprintln!(\"{s}\");\\n}\\n' $n; done >code.rs";
const REPOSITORY: &str = "git init -q r; cd r; export GIT_AUTHOR_DATE=2026-11-01T12:00:00Z \
    GIT_COMMITTER_DATE=2026-11-01T12:00:00Z; git config user.name T; \
    git config user.email t@example.test; for n in $(seq 40); do seq $n >f$((n % 7)); git add .; \
    git commit -q -m \"commit $n with a subject\" -m 'and a body'; done";
const SOURCES: &str = "for n in $(seq 1 14); do printf '#include <stdio.h>\\n\
    int f%d(int used, int unused) {\\n  int never = 1;\\n  printf(\"%%ld\\\\n\", used);\\n  \
    return 0;\\n}\\n' $n >part$n.c; done; \
    printf 'CFLAGS = -Wall -Wextra -fdiagnostics-color=always -fdiagnostics-urls=never\\nall: %s\\n' \
    \"$(seq -f 'part%.0f.o' -s ' ' 1 14)\" >Makefile";

const SCRIPTS: &[Script] = &[
    Script {
        name: "vim",
        prepare: CODE,
        program: "vim -u NONE -i NONE -N -c 'syntax on' -c 'set ruler showcmd hlsearch' code.rs",
        ready: "fn main",
        steps: &[
            "\x06",
            "oinserted 日本 text\x1b",
            ":set number\r",
            ":split\r",
            "Vjj",
            "\x1b",
            "/println\r",
            "G",
            "gg",
            ":q\r",
            "u",
            "50J",
            "u",
        ],
        sizes: &[SMALL, LARGE],
    },
    Script {
        name: "htop",
        prepare: "for n in 1 2 3 4 5; do sleep 100$n & done",
        program: "htop -d 10",
        ready: "Load average",
        steps: &["\x1b[B\x1b[B", "t", "I", "h", " "],
        sizes: &[SMALL, LARGE],
    },
    Script {
        name: "top",
        prepare: "for n in 1 2 3 4 5; do sleep 100$n & done",
        program: "top -d 10",
        ready: "load average",
        steps: &["c", "t", "z", "h", "\x1b"],
        sizes: &[TWO, WIDE],
    },
    Script {
        name: "less",
        prepare: TEXT,
        program: "less -N text",
        ready: "line 1 of",
        steps: &[
            " ", "/ipsum\r", "n", "G", "g", "-S\r", "\x1b[C", "-S\r", "jjj", "k",
        ],
        sizes: &[SMALL, WIDE],
    },
    Script {
        name: "mc",
        prepare: "mkdir -p one/two three; seq 100 >four; seq 9 >five; touch -d 2026-11-01 * .",
        program: "mc --nosubshell --nocolor=no",
        ready: "four",
        steps: &[
            "\x1b[B",
            "\t",
            "\x1b[B\x1b[B\x1b[B",
            "\x1bOR",
            "\x1b[20~",
            "\x1b\x1b",
            "\x1bOR",
        ],
        sizes: &[SMALL, LARGE],
    },
    Script {
        name: "nano",
        prepare: TEXT,
        program: "nano text",
        ready: "line 1 of",
        steps: &["\x16", "typed ", "\x17ipsum\r", "\x0b", "\x15", "\x1b[F"],
        sizes: &[SMALL, LARGE],
    },
    Script {
        name: "tmux",
        prepare: "true",
        program: "tmux -u -f /dev/null new 'bash -i'",
        ready: "$",
        steps: &[
            "seq 30\r",
            "\x02\"",
            "echo below\r",
            "\x02%",
            "printf '\\e[1;38;5;208mright\\e[m\\n'\r",
            "\x02o",
            "\x02x",
            "y",
        ],
        sizes: &[SMALL, LARGE],
    },
    Script {
        name: "python",
        prepare: "true",
        program: "/usr/bin/python3 -q",
        ready: ">>>",
        steps: &[
            "print('\\n'.join(str(n) for n in range(40)))\r",
            "'a' * 300\r",
            "def f():\r    return 1\r\r",
            "f()\x1b[D\x1b[D\x1b[D\r",
            "1/0\r",
        ],
        sizes: &[SMALL, LARGE],
    },
    Script {
        name: "git",
        prepare: REPOSITORY,
        program: "git -c core.pager='less -R' log --graph --stat --color",
        ready: "commit 40",
        steps: &[" ", "/commit 3\r", "n", "G", "g", "jjj"],
        sizes: &[SMALL, LARGE],
    },
    Script {
        name: "build",
        prepare: SOURCES,
        program: "bash -i",
        ready: "$",
        steps: &["clear; rm -f *.o; make 2>&1\r"],
        sizes: &[SMALL, LARGE],
    },
    Script {
        name: "bash",
        prepare: "mkdir -p d/e; touch f; chmod +x f; ln -s d l",
        program: "bash -i",
        ready: "$",
        steps: &[
            "ls -a --color | cat; seq 30\r",
            "printf '\\e[1mbold \\e[3;4;31mred\\e[0m \\e[38;2;9;99;199;48;5;22mtrue\\e[m\\n'\r",
            "echo a long line that is edited in the middle and wraps because it is longer than eighty columns",
            "\x01\x1b[C\x1b[C\x1b[CXYZ\x05",
            "\r",
            "\x12bold",
            "\r",
            "echo 日本語 é 中 👩\u{200d}💻 ⚠\u{fe0f} ok\r",
        ],
        sizes: &[SMALL, TINY],
    },
    Script {
        name: "ink",
        prepare: "true",
        program: "node --title=ink ink.mjs",
        ready: "ready",
        steps: &["l", "l", "o", "t", "w", "r", "a"],
        sizes: &[SMALL, TINY, LARGE],
    },
    // An agent that prints its transcript anew whenever it has outgrown the screen.
    Script {
        name: "transcript",
        prepare: "true",
        program: "node --title=ink ink.mjs",
        ready: "ready",
        steps: &["o", "T", "o", "T"],
        sizes: &[TWO],
    },
    // One whose screen is too low from the first frame on, fifty times.
    Script {
        name: "overflow",
        prepare: "true",
        program: "node --title=ink ink.mjs",
        ready: "ready",
        steps: &["O"],
        sizes: &[&[(40, 12)]],
    },
];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (directory, wanted) = arguments
        .split_first()
        .context("usage: abide-record DIRECTORY [PROGRAM ...]")?;
    for script in SCRIPTS {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == script.name) {
            continue;
        }
        for sizes in script.sizes {
            let (columns, rows) = sizes[0];
            let name = format!("{}-{columns}x{rows}.rec", script.name);
            let path = Path::new(directory).join(&name);
            record(script, sizes, &path).with_context(|| name.clone())?;
            let length = std::fs::metadata(&path)?.len();
            println!("{length:>7} bytes  {name}");
            ensure!(length <= LARGEST, "{name} is too large for the repository");
        }
    }
    Ok(())
}

fn record(script: &Script, sizes: Sizes, path: &Path) -> anyhow::Result<()> {
    let (columns, rows) = sizes[0];
    let terminal = Terminal::start(command(script)?, Options::sized(columns, rows));
    let mut recorder = Recorder::new(File::create(path)?);
    recorder.size(columns, rows)?;
    let mut recorded = 0;
    let mut pause = |recorder: &mut Recorder<File>| {
        let typed = Instant::now();
        wait::until("an answer", || (typed.elapsed() >= PAUSE).then_some(()));
        terminal.wait_quiet(PAUSE);
        let output = terminal.output();
        let new = output.get(recorded..).unwrap_or_default();
        recorded = output.len();
        if new.is_empty() {
            return Ok(());
        }
        recorder.output(new)
    };
    terminal.wait_text(script.ready);
    pause(&mut recorder)?;
    for (index, (columns, rows)) in sizes.iter().enumerate() {
        if index > 0 {
            recorder.size(*columns, *rows)?;
            terminal.resize(*columns, *rows);
            pause(&mut recorder)?;
        }
        for step in script.steps {
            terminal.keys(step);
            pause(&mut recorder)?;
        }
    }
    Ok(())
}

/// The program in a place of its own.
fn command(script: &Script) -> anyhow::Result<CommandBuilder> {
    let ink = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/ink.mjs");
    let ink = ink.to_str().context("the path of the programs")?;
    let run = format!(
        "hostname desk; mount -t tmpfs none /srv; mkdir /srv/user; cp {ink} /srv/user; \
         cd /srv/user; echo \"PS1='$ '; HISTFILE=\" >.bashrc; {{ {}; }} >/dev/null 2>&1; exec {}",
        script.prepare, script.program
    );
    let unshare = [
        "unshare",
        "--mount",
        "--pid",
        "--uts",
        "--fork",
        "--mount-proc",
        "bash",
        "-c",
    ];
    let mut command = CommandBuilder::from_argv(unshare.map(Into::into).to_vec());
    command.arg(run);
    command.cwd("/");
    command.env_clear();
    for (name, value) in [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("HOME", "/srv/user"),
        ("SHELL", "/bin/bash"),
        ("USER", "user"),
        ("LANG", "C.UTF-8"),
        ("TERM", "xterm-256color"),
        ("COLORTERM", "truecolor"),
        ("TZ", "UTC"),
        ("TMUX_TMPDIR", "/srv"),
    ] {
        command.env(name, value);
    }
    Ok(command)
}
