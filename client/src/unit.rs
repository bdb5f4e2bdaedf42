//! The systemd user unit that runs the daemon.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use abide_protocol::message::{FailKind, Failure};

use crate::fault::failure;
use crate::sessions;

/// The unit's name.
pub const NAME: &str = "abided.service";

/// Writes the unit for the daemon's program as it is found now, and answers where.
pub fn install() -> Result<PathBuf, Failure> {
    let text = wanted().ok_or_else(|| {
        let line = "cannot install the daemon: `abided` is neither beside `abide` nor in PATH; \
                    install it there";
        failure(FailKind::Invalid, line)
    })?;
    let path = path().ok_or_else(|| {
        let line = "cannot install the daemon: HOME is not set; set it and try again";
        failure(FailKind::Invalid, line)
    })?;
    let written = match path.parent() {
        Some(parent) => std::fs::create_dir_all(parent),
        None => Ok(()),
    };
    written
        .and_then(|()| std::fs::write(&path, text))
        .map_err(|error| {
            let line = format!("cannot write {}: {error}", path.display());
            failure(FailKind::Internal, line)
        })?;
    Ok(path)
}

/// Has systemd start the daemon, if it has a unit for the very daemon that this client would start.
/// Answers whether that worked.
#[must_use]
pub fn start() -> bool {
    let installed = path().and_then(|path| std::fs::read_to_string(path).ok());
    if installed.is_none() || installed != wanted() {
        return false;
    }
    Command::new("systemctl")
        .args(["--user", "start", NAME])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The unit for the daemon that this client starts. What decides where sessions are is part of
/// it, so that the unit's daemon is the one that this shell's commands find.
fn wanted() -> Option<String> {
    let program = std::path::absolute(sessions::daemon_program()?).ok()?;
    let set = |name| Some((name, std::env::var(name).ok().filter(|v| !v.is_empty())?));
    let names = ["ABIDE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"];
    let environment: Vec<_> = names.into_iter().filter_map(set).collect();
    Some(text(&program, &environment))
}

/// Where the unit is or would be.
#[must_use]
pub fn path() -> Option<PathBuf> {
    let set = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let config = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(config.join("systemd/user").join(NAME))
}

fn text(program: &Path, environment: &[(&str, String)]) -> String {
    let mut variables = String::new();
    for (name, value) in environment {
        let variable = quoted(&format!("{name}={value}"));
        variables.extend(["Environment=", variable.as_str(), "\n"]);
    }
    let program = quoted(&program.to_string_lossy());
    format!(
        "\
[Unit]
Description=Abide: terminal sessions that outlast the terminal

[Service]
Type=notify
ExecStart={program} run --foreground
{variables}\
# Sessions are processes of their own; stopping or restarting the daemon must not end them.
KillMode=process
# One agent that eats all memory must not take the daemon and the other sessions with it.
OOMPolicy=continue
Restart=on-failure
RestartSec=1

[Install]
WantedBy=default.target
"
    )
}

/// As systemd reads it: specifiers and escapes of its own are taken literally.
fn quoted(word: &str) -> String {
    let escaped = word
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('$', "$$");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_leaves_sessions_alone() {
        let text = text(
            Path::new("/opt/my tools/100%/abided"),
            &[("ABIDE_HOME", "/a b".into())],
        );
        for line in [
            "ExecStart=\"/opt/my tools/100%%/abided\" run --foreground",
            "Environment=\"ABIDE_HOME=/a b\"",
            "Type=notify",
            "KillMode=process",
            "OOMPolicy=continue",
            "Restart=on-failure",
            "WantedBy=default.target",
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line} is not in {text}"
            );
        }
    }
}
