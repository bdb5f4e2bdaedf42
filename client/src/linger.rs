//! Whether the user's processes may outlast the login (`loginctl enable-linger`).

use std::path::{Path, PathBuf};

use crate::unit;

/// Where systemd keeps the names of users that linger.
const LINGERING: &str = "/var/lib/systemd/linger";
/// What logind is told.
const CONFIGURATION: [&str; 3] = [
    "/etc/systemd/logind.conf",
    "/run/systemd/logind.conf",
    "/usr/lib/systemd/logind.conf",
];

/// What becomes of the user's sessions at logout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linger {
    /// No systemd decides about logins here.
    NoLogind,
    /// The user lingers.
    On,
    /// Processes stay, but the user's systemd, and a daemon that it started, end at logout.
    Off,
    /// Logout kills everything.
    OffAndKilled,
}

/// Looks it up.
#[must_use]
pub fn state() -> Linger {
    if !Path::new("/run/systemd/system").is_dir() {
        return Linger::NoLogind;
    }
    let user = user();
    if user.is_some_and(|user| Path::new(LINGERING).join(user).exists()) {
        return Linger::On;
    }
    let configured = CONFIGURATION.iter().map(PathBuf::from).chain(drop_ins());
    let killed = configured.filter_map(|path| std::fs::read_to_string(path).ok());
    let mut killed = killed.filter_map(|text| kills(&text));
    // Later files override earlier ones only among drop-ins; saying yes once is enough to warn.
    if killed.any(|kills| kills) {
        Linger::OffAndKilled
    } else {
        Linger::Off
    }
}

/// A line for somebody who has just made a session that will not outlast the login.
#[must_use]
pub fn warning() -> Option<String> {
    let ends = match state() {
        Linger::OffAndKilled => true,
        // What systemd runs for the user ends with the user's systemd.
        Linger::Off => unit::path().is_some_and(|path| path.exists()),
        Linger::NoLogind | Linger::On => false,
    };
    ends.then(|| {
        "sessions end when you log out of this machine; keep them with: loginctl enable-linger"
            .into()
    })
}

/// The user's login name.
fn user() -> Option<String> {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let uid = rustix::process::getuid().as_raw().to_string();
    let listed = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    });
    listed.or_else(|| std::env::var("USER").ok())
}

fn drop_ins() -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir("/etc/systemd/logind.conf.d")
        .into_iter()
        .flatten()
        .flatten();
    entries.map(|entry| entry.path())
}

/// What a configuration says of `KillUserProcesses`, if anything.
fn kills(text: &str) -> Option<bool> {
    let mut values = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("KillUserProcesses="));
    values
        .next_back()
        .map(|value| matches!(value.trim(), "yes" | "true" | "on" | "1"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_configuration_is_read() {
        let check = |text, expected| assert_eq!(super::kills(text), expected, "{text}");
        check("", None);
        check("[Login]\n#KillUserProcesses=yes\n", None);
        check("[Login]\nKillUserProcesses=yes\n", Some(true));
        check("KillUserProcesses=yes\nKillUserProcesses=no\n", Some(false));
    }
}
