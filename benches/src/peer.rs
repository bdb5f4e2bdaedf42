//! The three that are measured: the bare pseudo-terminal, tmux, and Abide.

use std::process::Command;

use portable_pty::CommandBuilder;
use support::home::Home;
use support::{process, wait};

use crate::drain::{COLUMNS, Drain, ROWS};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Peer {
    Bare,
    Tmux,
    Abide,
}

pub const ALL: [Peer; 3] = [Peer::Bare, Peer::Tmux, Peer::Abide];

impl Peer {
    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare PTY",
            Self::Tmux => "tmux",
            Self::Abide => "abide",
        }
    }

    /// Starts a shell command in a terminal of 200x50, seen by one attached client.
    pub fn start(self, script: &str) -> Seen {
        let home = Home::new();
        let drain = Drain::start(self.open(&home, script));
        Seen {
            peer: self,
            home,
            drain,
        }
    }

    fn open(self, home: &Home, script: &str) -> CommandBuilder {
        match self {
            Self::Bare => home.in_terminal(&["sh", "-c", script]),
            Self::Tmux => tmux_in_terminal(home, &["new-session", "-s", "bench", script]),
            Self::Abide => home.in_terminal(&["abide", "new", "bench", "--", "sh", "-c", script]),
        }
    }

    /// Starts a session that nobody sees.
    pub fn start_unseen(self, home: &Home, name: &str, script: &str) {
        let size = format!("{COLUMNS}x{ROWS}");
        match self {
            Self::Bare => {}
            Self::Tmux => {
                let (columns, rows) = (COLUMNS.to_string(), ROWS.to_string());
                tmux(
                    home,
                    &[
                        "new-session",
                        "-d",
                        "-s",
                        name,
                        "-x",
                        &columns,
                        "-y",
                        &rows,
                        script,
                    ],
                );
            }
            Self::Abide => {
                home.ok(&[
                    "new", name, "--detach", "--size", &size, "--", "sh", "-c", script,
                ]);
            }
        }
    }

    /// The command by which a terminal comes to see a session.
    pub fn attach(self, home: &Home, name: &str) -> CommandBuilder {
        match self {
            Self::Bare | Self::Abide => home.in_terminal(&["abide", "attach", name]),
            Self::Tmux => tmux_in_terminal(home, &["attach", "-t", name]),
        }
    }

    /// The process that keeps a session.
    pub fn keeper(self, home: &Home, name: &str) -> Option<u32> {
        match self {
            Self::Bare => None,
            Self::Tmux => tmux(home, &["display", "-p", "#{pid}"]).trim().parse().ok(),
            Self::Abide => Some(home.keeper(name)),
        }
    }
}

/// A program in a peer, seen by one client whose terminal reads as fast as it can.
pub struct Seen {
    peer: Peer,
    pub home: Home,
    pub drain: Drain,
}

impl Seen {
    /// Processes that stand between the program and the terminal.
    pub fn between(&self) -> Vec<u32> {
        match self.peer.keeper(&self.home, "bench") {
            Some(keeper) => vec![keeper, self.drain.pid],
            None => Vec::new(),
        }
    }
}

/// tmux with a history of 100,000 rows and no status line, so that sizes are equal.
fn configuration(home: &Home) -> String {
    let path = home.user().join("tmux.conf");
    if !path.exists() {
        std::fs::write(&path, "set -g status off\nset -g history-limit 100000\n")
            .expect("configuration");
    }
    path.to_str().expect("path").to_owned()
}

fn tmux_in_terminal(home: &Home, arguments: &[&str]) -> CommandBuilder {
    let configuration = configuration(home);
    let mut argv = vec!["tmux", "-u", "-L", "bench", "-f", &configuration];
    argv.extend(arguments);
    home.in_terminal(&argv)
}

fn tmux(home: &Home, arguments: &[&str]) -> String {
    wait::until("tmux", || {
        let mut command: Command = home.command("tmux");
        let output = command
            .args(["-u", "-L", "bench", "-f", &configuration(home)])
            .args(arguments)
            .output()
            .expect("tmux runs");
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    })
}

/// Processor seconds of all of these.
pub fn cpu(pids: &[u32]) -> f64 {
    pids.iter()
        .filter_map(|pid| process::cpu_seconds(*pid))
        .sum()
}
