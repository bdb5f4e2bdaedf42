//! Carries a link by `ssh`, with `abide stdio` at its far end: no pairing, the rights of a login.

use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;

use abide_protocol::message::FailKind;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, Command};

use super::host::Host;
use super::{down, lasting};
use crate::link::{LastWords, LinkError, Outage};

/// Somebody may have to look up a password.
pub(super) const TYPING_PATIENCE: Duration = Duration::from_mins(3);
/// The most recent bytes of what `ssh` says that are kept for its last line.
const SAID: usize = 4 << 10;
/// Exit code of `ssh` when there is no connection.
const NO_CONNECTION: i32 = 255;
/// Exit code of a shell that does not find the program.
const NOT_FOUND: i32 = 127;

/// Whether `ssh` may ask the user at the terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Prompts {
    Allowed,
    /// The terminal shows a session.
    None,
}

/// What `ssh` is told. The host cannot be taken for anything else: see [`Host`].
fn arguments(host: &Host, prompts: Prompts) -> Vec<String> {
    let mut arguments = vec!["-T"];
    // A connection that has died is noticed, and forwardings of an earlier one are not missed.
    for option in [
        "ServerAliveInterval=5",
        "ServerAliveCountMax=2",
        "ClearAllForwardings=yes",
    ] {
        arguments.extend(["-o", option]);
    }
    if prompts == Prompts::None {
        arguments.extend(["-o", "BatchMode=yes"]);
    }
    let host = host.to_string();
    arguments.extend(["--", &host, "abide", "stdio"]);
    arguments.into_iter().map(str::to_owned).collect()
}

pub(super) fn start(
    host: &Host,
    prompts: Prompts,
    near: OwnedFd,
    last_words: LastWords,
) -> Result<(), LinkError> {
    let mut command = Command::new("ssh");
    command
        .args(arguments(host, prompts))
        .stdin(Stdio::from(near.try_clone()?))
        .stdout(Stdio::from(near.try_clone()?))
        .stderr(Stdio::piped());
    let child = command.spawn().map_err(|error| {
        let line = format!("cannot run ssh: {error}; install it, or pair with: abide join");
        LinkError::from(lasting(FailKind::Internal, line))
    })?;
    // It has a duplicate of each descriptor; these would keep the socket open.
    drop(command);
    let host = host.clone();
    tokio::spawn(async move {
        if let Some(outage) = outage(&host, child).await {
            last_words.say(outage);
        }
        // Only now does the link see the end.
        drop(near);
    });
    Ok(())
}

async fn outage(host: &Host, mut child: Child) -> Option<Outage> {
    let said = match child.stderr.take() {
        Some(stderr) => last_line(stderr).await,
        None => String::new(),
    };
    let code = child.wait().await.ok().and_then(|status| status.code());
    ended(host, code, &said)
}

/// What follows from how `ssh` ended; `None`: the far side has closed.
fn ended(host: &Host, code: Option<i32>, said: &str) -> Option<Outage> {
    let because = if said.is_empty() {
        "it said nothing"
    } else {
        said
    };
    match code {
        Some(0) => None,
        Some(NOT_FOUND) => Some(lasting(
            FailKind::Unsupported,
            format!(
                "{host} has no `abide` in the PATH of a login without a terminal ({because}); \
                 install it there"
            ),
        )),
        Some(NO_CONNECTION) => Some(down(format!("ssh does not reach {host}: {because}"))),
        _ => Some(down(format!("abide on {host} failed: {because}"))),
    }
}

/// What is read here goes through no terminal before it is cleaned.
async fn last_line(mut stderr: ChildStderr) -> String {
    let mut said = Vec::new();
    let mut chunk = [0; 1024];
    while let Ok(count @ 1..) = stderr.read(&mut chunk).await {
        said.extend_from_slice(&chunk[..count]);
        let surplus = said.len().saturating_sub(SAID);
        said.drain(..surplus);
    }
    let said = String::from_utf8_lossy(&said);
    let last = said
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty());
    let last = last.unwrap_or_default();
    let last = last.strip_prefix("abide: ").unwrap_or(last);
    last.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_one_argument_behind_the_options() {
        let host: Host = "me@desk".parse().unwrap();
        let arguments = arguments(&host, Prompts::None);
        let end = arguments.iter().position(|word| word == "--").unwrap();
        assert_eq!(arguments[end + 1..], ["me@desk", "abide", "stdio"]);
        assert!(arguments[..end].contains(&"BatchMode=yes".to_owned()));
    }

    #[test]
    fn how_ssh_ends_says_whether_to_try_again() {
        let host: Host = "desk".parse().unwrap();
        assert_eq!(ended(&host, Some(0), ""), None);
        let lasting = |code| ended(&host, code, "x").unwrap().lasting;
        assert!(lasting(Some(NOT_FOUND)));
        assert!(!lasting(Some(NO_CONNECTION)));
        assert!(!lasting(None));
    }
}
