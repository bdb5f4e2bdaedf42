//! The checks of `abide doctor`.

mod sharing;

use std::ffi::OsString;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use abide_protocol::message::{Answer, EnvVar, Request, SessionInfo};
use abide_protocol::paths::{self, Paths};
use serde::Serialize;

use crate::linger::{self, Linger};
use crate::link::Link;
use crate::paint::{Caps, Depth};
use crate::rows::lost_rows;
use crate::{sessions, unit};

/// Oldest kernel that has all that keepers use.
const KERNEL: (u32, u32) = (5, 10);
/// Bytes of free space below which the next sessions may not be kept.
const LOW_SPACE: u64 = 100 << 20;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Ok,
    Warn,
    Fail,
}

/// One check.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub subject: &'static str,
    pub verdict: Verdict,
    pub finding: String,
    /// What to do about it.
    pub next: Option<String>,
}

impl Check {
    fn ok(subject: &'static str, finding: impl Into<String>) -> Self {
        Self {
            subject,
            verdict: Verdict::Ok,
            finding: finding.into(),
            next: None,
        }
    }

    fn warn(subject: &'static str, finding: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Warn,
            next: Some(next.into()),
            ..Self::ok(subject, finding)
        }
    }

    fn fail(subject: &'static str, finding: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Fail,
            next: Some(next.into()),
            ..Self::ok(subject, finding)
        }
    }
}

/// Looks at everything. Starts the daemon: whether that works is the best check of all.
pub async fn examine(paths: &Paths) -> Vec<Check> {
    let release = rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned();
    let mut checks = vec![kernel(&release), program()];
    let daemon = sessions::connect_or_start_daemon(paths).await;
    checks.push(directory("state", &paths.state));
    checks.push(directory("sockets", &paths.run()));
    checks.push(space(&paths.state));
    match daemon {
        Ok(mut link) => {
            checks.extend(daemon_checks(&mut link).await);
            checks.push(login_environment(&mut link).await);
            checks.extend(sharing::examine(&mut link).await);
        }
        Err(failure) => checks.push(Check::fail(
            "daemon",
            failure.line,
            "read the line above it, or run: abide daemon run",
        )),
    }
    checks.push(keepers(paths).await);
    let known = sessions::peek(paths).await;
    checks.push(confinement(&known));
    checks.push(history(paths, &known));
    checks.push(service());
    checks.push(logout(linger::state()));
    checks.push(locale(|name| std::env::var_os(name)));
    checks.push(terminal(|name| std::env::var_os(name)));
    checks
}

fn kernel(release: &str) -> Check {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    let version = (numbers.next(), numbers.next());
    let (Some(Ok(major)), Some(Ok(minor))) = version else {
        let finding = format!("cannot read the version {release}");
        return Check::warn("kernel", finding, "check that it is 5.10 or later");
    };
    if (major, minor) < KERNEL {
        let finding = format!("{release} is too old");
        return Check::fail("kernel", finding, "use Linux 5.10 or later");
    }
    Check::ok("kernel", release)
}

fn program() -> Check {
    match sessions::daemon_program() {
        Some(path) => Check::ok("program", path.display().to_string()),
        None => Check::fail(
            "program",
            "`abided` is neither beside `abide` nor in PATH",
            "install it beside `abide`",
        ),
    }
}

/// Ours, and nobody else may enter.
fn directory(subject: &'static str, path: &Path) -> Check {
    let shown = path.display();
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => {
            let next = "start the daemon, which makes it: abide daemon start";
            return Check::fail(subject, format!("{shown}: {error}"), next);
        }
    };
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        let finding = format!("{shown} belongs to user {}", metadata.uid());
        return Check::fail(
            subject,
            finding,
            "remove it, or set ABIDE_HOME to a directory of yours",
        );
    }
    if metadata.mode() & 0o077 != 0 {
        let finding = format!(
            "{shown} has mode {:04o}: others may enter",
            metadata.mode() & 0o7777
        );
        return Check::fail(subject, finding, format!("chmod 700 {shown}"));
    }
    if let Ok(target) = std::fs::read_link(path) {
        let finding = format!(
            "{shown} leads to {}, which may be deleted at logout",
            target.display()
        );
        let next = "have the state directory on a file system that has sockets, or set ABIDE_HOME";
        return Check::warn(subject, finding, next);
    }
    Check::ok(subject, shown.to_string())
}

fn space(path: &Path) -> Check {
    let free = match rustix::fs::statvfs(path) {
        Ok(stat) => stat.f_bavail.saturating_mul(stat.f_frsize),
        Err(error) => {
            let finding = format!("cannot be told: {error}");
            return Check::warn("disk", finding, "look at the state directory above");
        }
    };
    let finding = format!("{} MB free", free / 1_000_000);
    if free < LOW_SPACE {
        return Check::warn(
            "disk",
            finding,
            "free some space: ended sessions may not be kept",
        );
    }
    Check::ok("disk", finding)
}

async fn daemon_checks(link: &mut Link) -> Vec<Check> {
    let status = match link.request(Request::Status).await {
        Ok(Answer::Status(status)) => status,
        Ok(_) => {
            return vec![Check::fail(
                "daemon",
                "gave a wrong answer",
                "abide daemon restart",
            )];
        }
        Err(failure) => return vec![Check::fail("daemon", failure.line, "abide daemon restart")],
    };
    let ours = env!("CARGO_PKG_VERSION");
    let mut checks = vec![Check::ok(
        "daemon",
        format!("runs as process {}", status.pid),
    )];
    checks.push(if status.version == ours {
        Check::ok("version", ours)
    } else {
        let finding = format!("abide is {ours}, the daemon is {}", status.version);
        Check::warn("version", finding, "abide daemon restart (sessions go on)")
    });
    let warnings = status.warnings.into_iter();
    checks.extend(
        warnings.map(|line| Check::warn("daemon", line, "abide daemon restart, once it is mended")),
    );
    checks
}

async fn login_environment(link: &mut Link) -> Check {
    match link.request(Request::LoginEnvironment).await {
        Ok(Answer::Environment(variables)) => login_found(&variables),
        Ok(_) => Check::fail("login", "gave a wrong answer", "abide daemon restart"),
        Err(failure) => Check::fail("login", failure.line, "abide daemon restart"),
    }
}

/// What sessions get that are made without a terminal.
fn login_found(variables: &[EnvVar]) -> Check {
    let path = variables.iter().find(|variable| variable.name == b"PATH");
    match path {
        Some(path) => {
            let path = String::from_utf8_lossy(&path.value).into_owned();
            Check::ok(
                "login",
                format!("{} variables, PATH={path}", variables.len()),
            )
        }
        None => Check::warn(
            "login",
            format!("{} variables, no PATH", variables.len()),
            "set PATH in your login shell's start-up file, then: abide daemon restart",
        ),
    }
}

/// Every socket in the run directory should have a keeper behind it.
async fn keepers(paths: &Paths) -> Check {
    let entries = std::fs::read_dir(paths.run())
        .into_iter()
        .flatten()
        .flatten();
    let (mut living, mut dead, mut strange) = (0, Vec::new(), Vec::new());
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let socket = entry.file_type().is_ok_and(|kind| kind.is_socket());
        if paths::session_of_socket(&name).is_none() {
            continue;
        }
        if !socket {
            strange.push(name);
        } else if Link::connect(entry.path()).await.is_ok() {
            living += 1;
        } else {
            dead.push(name);
        }
    }
    if let Some(name) = strange.first() {
        let path = paths.run().join(name);
        let finding = format!("{} is not a socket", path.display());
        return Check::warn("keepers", finding, format!("rm {}", path.display()));
    }
    if !dead.is_empty() {
        let finding = format!("{living} answer, {} do not", dead.len());
        return Check::warn(
            "keepers",
            finding,
            "see which: abide list; then: abide kill SESSION",
        );
    }
    Check::ok("keepers", format!("{living} answer"))
}

/// Keepers give up what they do not need, where the kernel has Landlock.
fn confinement(sessions: &[SessionInfo]) -> Check {
    let living = sessions.iter().filter(|info| !sessions::has_ended(info));
    let confined: Vec<bool> = living.filter_map(|info| info.confined).collect();
    let open = confined.iter().filter(|confined| !**confined).count();
    match (confined.len(), open) {
        (0, _) => Check::ok("landlock", "told once a session lives"),
        (all, 0) => Check::ok("landlock", format!("on: {all} keepers are confined")),
        (all, open) => Check::warn(
            "landlock",
            format!("{open} of {all} keepers are not confined"),
            "boot a kernel 5.19 or later with Landlock (lsm=landlock,...); new sessions use it",
        ),
    }
}

/// What somebody wanted to read and could not.
fn history(paths: &Paths, sessions: &[SessionInfo]) -> Check {
    let lost = sessions.iter().filter_map(|info| {
        let lost = info.history_lost?.some()?;
        Some((info, lost_rows(lost)))
    });
    let mut lost = lost.collect::<Vec<_>>().into_iter();
    let Some((info, rows)) = lost.next() else {
        return Check::ok("history", "all that was asked for could be read");
    };
    let file = paths.history(info.id);
    let others = match lost.len() {
        0 => String::new(),
        count => format!(", and some of {count} other sessions"),
    };
    Check::warn(
        "history",
        format!(
            "{rows} of \"{}\" cannot be read: {} is damaged{others}",
            info.name.escape_debug(),
            file.display()
        ),
        "check the disk; sessions go on, and so does what they show from now on",
    )
}

fn service() -> Check {
    match unit::path().filter(|path| path.exists()) {
        Some(path) => Check::ok("service", path.display().to_string()),
        None => Check::ok(
            "service",
            "not installed; commands start the daemon (abide daemon install)",
        ),
    }
}

fn logout(linger: Linger) -> Check {
    let next = "loginctl enable-linger";
    match linger {
        Linger::NoLogind => Check::ok("logout", "nothing here ends processes at logout"),
        Linger::On => Check::ok("logout", "sessions go on: lingering is on"),
        Linger::Off => Check::warn(
            "logout",
            "lingering is off: a daemon run by systemd ends at logout",
            next,
        ),
        Linger::OffAndKilled => Check::warn("logout", "sessions end when you log out", next),
    }
}

/// The first of these that is set decides (see locale(7)).
fn locale(get: impl Fn(&str) -> Option<OsString>) -> Check {
    let set = |name: &'static str| {
        let value = get(name).filter(|value| !value.is_empty())?;
        Some((name, value))
    };
    let decides = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    let Some((name, value)) = decides.map(|(n, v)| (n, v.to_string_lossy().into_owned())) else {
        let finding = "none is set; sessions get C.UTF-8";
        return Check::warn("locale", finding, "set LANG, for example to C.UTF-8");
    };
    let folded = value.to_lowercase().replace('-', "");
    if folded.contains("utf8") {
        Check::ok("locale", format!("{name}={value}"))
    } else {
        let finding = format!("{name}={value} is not UTF-8; sessions get C.UTF-8");
        Check::warn(
            "locale",
            finding,
            "set LANG to a UTF-8 locale, for example C.UTF-8",
        )
    }
}

fn terminal(get: impl Fn(&str) -> Option<OsString>) -> Check {
    let value = |name: &str| get(name).map(|value| value.to_string_lossy().into_owned());
    let Some(term) = value("TERM").filter(|term| !term.is_empty()) else {
        return Check::ok("terminal", "none here (TERM is not set)");
    };
    if term == "dumb" {
        return Check::warn(
            "terminal",
            "TERM=dumb cannot show a session",
            "attach from another terminal",
        );
    }
    let colors = match Caps::from_environment(value).depth {
        Depth::None => "no colours",
        Depth::Ansi16 => "16 colours",
        Depth::Indexed256 => "256 colours",
        Depth::TrueColor => "24-bit colours",
    };
    Check::ok("terminal", format!("TERM={term}, {colors}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels() {
        let check = |release, verdict| assert_eq!(kernel(release).verdict, verdict, "{release}");
        check("6.18.44-fc", Verdict::Ok);
        check("5.10.0", Verdict::Ok);
        check("5.9.16-arch1", Verdict::Fail);
        check("4.19.0", Verdict::Fail);
        check("odd", Verdict::Warn);
    }

    fn with(set: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        let set: Vec<_> = set
            .iter()
            .map(|(n, v)| ((*n).to_owned(), OsString::from(v)))
            .collect();
        move |name| set.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    }

    #[test]
    fn locales() {
        let check = |set: &[_], verdict| assert_eq!(locale(with(set)).verdict, verdict, "{set:?}");
        check(&[("LANG", "de_DE.UTF-8")], Verdict::Ok);
        check(&[("LANG", "C.utf8")], Verdict::Ok);
        check(&[("LANG", "C.UTF-8"), ("LC_ALL", "C")], Verdict::Warn);
        check(&[("LANG", "C.UTF-8"), ("LC_ALL", "")], Verdict::Ok);
        check(&[], Verdict::Warn);
    }

    #[test]
    fn terminals() {
        let check = |set: &[_], found: &str| {
            let finding = terminal(with(set)).finding;
            assert!(finding.contains(found), "{set:?}: {finding}");
        };
        check(&[("TERM", "xterm-256color")], "256 colours");
        check(&[("TERM", "xterm"), ("COLORTERM", "truecolor")], "24-bit");
        check(
            &[
                ("TERM", "xterm"),
                ("COLORTERM", "truecolor"),
                ("NO_COLOR", "1"),
            ],
            "no colours",
        );
        check(&[("TERM", "dumb")], "cannot show");
        check(&[], "none here");
    }
}
