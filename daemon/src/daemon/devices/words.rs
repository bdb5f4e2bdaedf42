//! Grants in words.

use abide_protocol::{Grant, Role, SessionId};

use crate::daemon::desk;

/// Sessions that a row of the audit names at most.
const NAMED: usize = 64;

/// A grant in words, for people who are told of it.
pub(in crate::daemon) fn rights(grant: &Grant) -> String {
    in_words(grant, |sessions| match sessions.len() {
        1 => "1 session".into(),
        count => format!("{count} sessions"),
    })
}

/// A grant in words, with the ids of its sessions.
pub(super) fn in_full(grant: &Grant) -> String {
    in_words(grant, |sessions| {
        let ids = sessions.iter().take(NAMED).map(ToString::to_string);
        let more = sessions.len().saturating_sub(NAMED);
        let more = (more > 0).then(|| format!("and {more} more"));
        let listed: Vec<_> = ids.chain(more).collect();
        if listed.is_empty() {
            "no session".into()
        } else {
            listed.join(", ")
        }
    })
}

fn in_words(grant: &Grant, listed: impl Fn(&[SessionId]) -> String) -> String {
    let role = match grant.role {
        Role::View => "view",
        Role::Type => "type",
        Role::Manage => "manage",
    };
    let scope = match (grant.role, &grant.sessions) {
        (Role::Manage, _) | (_, None) => "all sessions".into(),
        (_, Some(sessions)) => listed(sessions),
    };
    let history = if grant.role == Role::View && grant.history {
        " with history"
    } else {
        ""
    };
    let until = match grant.expires {
        Some(end) => format!("until {}", desk::utc(end)),
        None => "until it is revoked".into(),
    };
    format!("{role} in {scope}{history}, {until}")
}
