//! Names of sessions for the shell's completion. Never starts anything, and never takes long.

use std::ffi::OsStr;
use std::time::Duration;

use abide_protocol::message::SessionInfo;
use clap_complete::engine::CompletionCandidate;

use super::has_ended;
use crate::remote::Target;
use crate::remote::machines::{Machines, Seen};

/// A user who pressed Tab does not wait longer.
const PATIENCE: Duration = Duration::from_millis(500);

/// Sessions that can be typed into.
pub fn living(typed: &OsStr) -> Vec<CompletionCandidate> {
    candidates(typed, |ended| !ended)
}

/// Sessions that can be removed.
pub fn ended(typed: &OsStr) -> Vec<CompletionCandidate> {
    candidates(typed, |ended| ended)
}

/// All sessions.
pub fn all(typed: &OsStr) -> Vec<CompletionCandidate> {
    candidates(typed, |_| true)
}

/// Machines that this one is paired with.
pub fn machines(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let names = super::paths().map(|paths| Machines::of(&paths).names());
    let names = names.unwrap_or_default().into_iter();
    let fitting = names.filter(|name| name.starts_with(&*typed));
    fitting.map(CompletionCandidate::new).collect()
}

/// `fits` is asked whether a session that has ended, or one that has not, is wanted.
fn candidates(typed: &OsStr, fits: fn(bool) -> bool) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let named = |info: &SessionInfo| {
        let help = if has_ended(info) {
            "ended"
        } else {
            &*info.command
        };
        CompletionCandidate::new(&info.name).help(Some(help.to_owned().into()))
    };
    let (sessions, away) = (sessions(), away());
    let here = sessions
        .iter()
        .filter(|info| fits(has_ended(info)))
        .map(named);
    let away = away.into_iter().filter(|(_, seen)| fits(seen.ended));
    let away = away.map(|(address, _)| CompletionCandidate::new(address));
    here.chain(away)
        .filter(|candidate| candidate.get_value().to_string_lossy().starts_with(&*typed))
        .collect()
}

/// Sessions of paired machines as they were last seen: nobody who pressed Tab waits for a network.
fn away() -> Vec<(String, Seen)> {
    let Ok(paths) = super::paths() else {
        return Vec::new();
    };
    let machines = Machines::of(&paths);
    let of = |machine: String| {
        let target = Target::Paired(machine.clone());
        let seen = machines.seen(&machine).into_iter();
        seen.map(move |seen| (target.session(&seen.name), seen))
    };
    machines.names().into_iter().flat_map(of).collect()
}

fn sessions() -> Vec<SessionInfo> {
    let Ok(paths) = super::paths() else {
        return Vec::new();
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        return Vec::new();
    };
    runtime.block_on(async {
        tokio::time::timeout(PATIENCE, super::peek(&paths))
            .await
            .unwrap_or_default()
    })
}
