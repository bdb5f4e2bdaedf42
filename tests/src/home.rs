//! A home of its own for one test: where Abide keeps its state, and a user's dotfiles.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use portable_pty::CommandBuilder;
use serde_json::Value;

use crate::{process, wait};

/// Directories that vanish with the value, and every process that was started for them too.
pub struct Home {
    root: tempfile::TempDir,
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Home {
    pub fn new() -> Self {
        let root = tempfile::Builder::new()
            .prefix("abide-test-")
            .tempdir()
            .expect("temp directory");
        let home = Self { root };
        fs::create_dir(home.user()).expect("home");
        fs::write(
            home.user().join(".bashrc"),
            "PS1='$ '\nHISTFILE=\nbind 'set bell-style none'\n",
        )
        .expect("bashrc");
        fs::write(home.user().join(".bash_profile"), ". ~/.bashrc\n").expect("bash_profile");
        fs::write(
            home.user().join(".zshrc"),
            "PS1='%% '\nunset zle_bracketed_paste\n",
        )
        .expect("zshrc");
        home
    }

    /// The user's home directory.
    pub fn user(&self) -> PathBuf {
        self.root.path().join("user")
    }

    /// `ABIDE_HOME`.
    pub fn abide(&self) -> PathBuf {
        self.root.path().join("abide")
    }

    /// Where sockets are.
    pub fn run(&self) -> PathBuf {
        self.abide().join("state/run")
    }

    fn environment(&self) -> Vec<(&'static str, std::ffi::OsString)> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        vec![
            ("PATH", path),
            ("HOME", self.user().into()),
            ("ABIDE_HOME", self.abide().into()),
            ("SHELL", "/bin/bash".into()),
            ("USER", "tester".into()),
            ("LANG", "C.UTF-8".into()),
            ("TERM", "xterm-256color".into()),
            ("COLORTERM", "truecolor".into()),
            ("TZ", "UTC".into()),
            ("TMUX_TMPDIR", self.user().into()),
        ]
    }

    /// A command for a terminal; `abide`, `abided` and our own test programs are found as built.
    pub fn in_terminal<S: AsRef<OsStr>>(&self, arguments: &[S]) -> CommandBuilder {
        let mut argv: Vec<_> = arguments.iter().map(|a| a.as_ref().to_owned()).collect();
        if let Some(program) = argv.first_mut() {
            *program = own(program).into_os_string();
        }
        let mut command = CommandBuilder::from_argv(argv);
        command.env_clear();
        for (name, value) in self.environment() {
            command.env(name, value);
        }
        command.cwd(self.user());
        command
    }

    /// A command without a terminal.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(own(OsStr::new(program)));
        command
            .env_clear()
            .envs(self.environment())
            .current_dir(self.user())
            .stdin(Stdio::null());
        command
    }

    /// Runs `abide` without a terminal.
    pub fn run_abide<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Output {
        self.command("abide")
            .args(arguments)
            .output()
            .expect("abide runs")
    }

    /// Runs `abide` and expects it to succeed; gives its output.
    pub fn ok<S: AsRef<OsStr>>(&self, arguments: &[S]) -> String {
        let output = self.run_abide(arguments);
        let shown: Vec<_> = arguments
            .iter()
            .map(|a| a.as_ref().to_string_lossy())
            .collect();
        assert!(
            output.status.success(),
            "abide {}: {} {}",
            shown.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr),
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// `abide list --json`.
    pub fn list(&self) -> Vec<Value> {
        serde_json::from_str(&self.ok(&["list", "--json"])).expect("a JSON list")
    }

    /// `abide info --json` of a session.
    pub fn info(&self, session: &str) -> Value {
        serde_json::from_str(&self.ok(&["info", session, "--json"])).expect("JSON")
    }

    /// Process id of a session's keeper.
    pub fn keeper(&self, session: &str) -> u32 {
        self.number(session, "keeper_pid")
    }

    /// Process id of a session's program.
    pub fn program(&self, session: &str) -> u32 {
        self.number(session, "pid")
    }

    fn number(&self, session: &str, field: &str) -> u32 {
        let info = self.info(session);
        let number = info[field]
            .as_u64()
            .unwrap_or_else(|| panic!("no {field} in {info}"));
        u32::try_from(number).expect("a process id")
    }

    /// Process id of the daemon, if one runs.
    pub fn daemon(&self) -> Option<u32> {
        self.processes().into_iter().find(|pid| {
            let arguments = process::arguments(*pid);
            arguments
                .first()
                .is_some_and(|program| program.ends_with("abided"))
        })
    }

    /// Every living process that was started for this home.
    pub fn processes(&self) -> Vec<u32> {
        let mut found = process::with_variable("ABIDE_HOME", &self.abide());
        found.extend(self.hidden());
        found.sort_unstable();
        found.dedup();
        found.retain(|pid| process::lives(*pid));
        found
    }

    /// The daemon and the keepers, whose environment only root may read.
    fn hidden(&self) -> Vec<u32> {
        let lock = fs::read_to_string(self.run().join("lock")).unwrap_or_default();
        let entries = fs::read_dir(self.run()).into_iter().flatten().flatten();
        let keepers = entries.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_prefix('p')?.split('.').nth(1)?.parse().ok()
        });
        let all = keepers.chain(lock.trim().parse());
        let ours = |pid: &u32| {
            let arguments = process::arguments(*pid);
            arguments
                .first()
                .is_some_and(|word| word.ends_with("abided") || word.ends_with("abide-keeper"))
        };
        all.filter(ours).collect()
    }

    /// Waits until the session's presented screen contains `text`.
    pub fn wait_screen(&self, session: &str, text: &str) {
        wait::until(&format!("{text:?} on the screen of {session}"), || {
            self.ok(&["capture", session]).contains(text).then_some(())
        });
    }

    pub fn path(&self) -> &Path {
        self.root.path()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // A process may start another one while we look: until none is left, but not for ever.
        for _ in 0..100 {
            let left = self.processes();
            if left.is_empty() {
                return;
            }
            left.into_iter().for_each(process::kill);
            std::thread::park_timeout(std::time::Duration::from_millis(5));
        }
    }
}

fn own(program: &OsStr) -> PathBuf {
    match program.to_str() {
        Some(name) if name.starts_with("abide") => process::built(name),
        _ => program.into(),
    }
}
