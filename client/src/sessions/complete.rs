//! Names of sessions for the shell's completion. Never starts anything, and never takes long.

use std::ffi::OsStr;
use std::time::Duration;

use abide_protocol::message::SessionInfo;
use clap_complete::engine::CompletionCandidate;

use super::has_ended;
use crate::remote::machines::Machines;

/// A user who pressed Tab does not wait longer.
const PATIENCE: Duration = Duration::from_millis(500);

/// Sessions that can be typed into.
pub fn living(typed: &OsStr) -> Vec<CompletionCandidate> {
    candidates(typed, |info| !has_ended(info))
}

/// Sessions that can be removed.
pub fn ended(typed: &OsStr) -> Vec<CompletionCandidate> {
    candidates(typed, has_ended)
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

fn candidates(typed: &OsStr, fits: fn(&SessionInfo) -> bool) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let named = |info: &SessionInfo| {
        let help = if has_ended(info) {
            "ended"
        } else {
            &*info.command
        };
        CompletionCandidate::new(&info.name).help(Some(help.to_owned().into()))
    };
    sessions()
        .iter()
        .filter(|info| fits(info) && info.name.starts_with(&*typed))
        .map(named)
        .collect()
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
