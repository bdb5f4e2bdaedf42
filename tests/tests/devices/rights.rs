//! What the owner says about a device's rights at a terminal.

use abide_protocol::message::PairingOffer;
use abide_protocol::{Grant, Role};

use crate::owner::{Owner, offer};

/// What the owner does besides: trust, and a change of what is shared that comes to nothing.
#[tokio::test]
async fn trust_and_what_is_shared_have_their_rows() {
    let mut owner = Owner::new().await;
    let session = owner.session("work", "read x");
    owner.home.ok(&["trust", "work"]);
    owner.home.ok(&["trust", "work", "--off"]);
    let failed = owner
        .home
        .run_abide(&["share", "--listen", "192.0.2.77:7373"]);
    assert_eq!(failed.status.code(), Some(4));
    let rows = owner.audit().await.into_iter();
    let rows: Vec<_> = rows
        .map(|row| (row.action, row.target, row.detail))
        .collect();
    let row =
        |action: &str, target: &str, detail: String| (action.to_owned(), target.to_owned(), detail);
    assert_eq!(
        rows[1..4],
        [
            row("trust", "work", format!("given, session {session}")),
            row("trust", "work", format!("taken back, session {session}")),
            row("share", "daemon", "listen 192.0.2.77:7373".into()),
        ]
    );
    assert!(
        rows[4]
            .2
            .starts_with("failed: cannot listen on 192.0.2.77:7373"),
        "{rows:?}"
    );
}

const DAY: u64 = 24 * 60 * 60 * 1000;

async fn grant(owner: &mut Owner) -> Grant {
    owner.devices().await[0].grant.clone()
}

#[tokio::test]
async fn a_role_keeps_the_rights_that_are_not_named() {
    let mut owner = Owner::new().await;
    let session = owner.session("work", "exec cat");
    let other = owner.session("other", "exec cat");
    let lasts = Some(DAY);
    owner
        .pair(PairingOffer {
            lasts,
            ..offer(Role::Type, &[session])
        })
        .await;
    let paired = grant(&mut owner).await;
    let said = owner.home.ok(&["devices", "role", "phone", "view"]);
    assert_eq!(
        said.trim(),
        "\"phone\": role view, sessions: work, expires: in 23h"
    );
    let view = Grant {
        role: Role::View,
        ..paired.clone()
    };
    assert_eq!(grant(&mut owner).await, view);
    let last = owner.audit().await.pop().unwrap();
    assert_eq!(last.action, "rights");
    let (begin, end) = last.detail.split_once(", until ").unwrap();
    assert_eq!(begin, format!("view in {session}"));
    assert!(end.starts_with("20") && end.ends_with('Z'), "{end}");

    let role = |more: &[&str]| {
        let words = [&["devices", "role", "phone", "view"], more].concat();
        owner.home.ok(&words)
    };
    let said = role(&["--session", "other", "--history"]);
    assert!(
        said.contains("view+history, sessions: other, expires: in 23h"),
        "{said}"
    );
    let said = role(&["--all-sessions", "--no-expiry"]);
    assert!(
        said.contains("view+history, sessions: all, expires: never"),
        "{said}"
    );
    // What is left is rounded down: 50 hours stay two days, however soon one looks.
    let said = role(&["--no-history", "--expires", "50h"]);
    assert!(
        said.contains("role view, sessions: all, expires: in 2d"),
        "{said}"
    );
    let all = Grant {
        role: Role::View,
        sessions: None,
        history: false,
        expires: grant(&mut owner).await.expires,
    };
    assert_eq!(grant(&mut owner).await, all);
    assert!(all.expires > paired.expires);
    let details: Vec<_> = owner
        .audit()
        .await
        .into_iter()
        .map(|row| row.detail)
        .collect();
    assert!(
        details
            .iter()
            .any(|detail| detail.starts_with(&format!("view in {other} with history, until 20")))
            && details.contains(&"view in all sessions with history, until it is revoked".into()),
        "{details:?}"
    );
}
