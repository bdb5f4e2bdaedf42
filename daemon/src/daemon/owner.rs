//! What the owner asks about pairings, devices and the audit.

use std::sync::Arc;

use abide_protocol::message::{Answer, CodeVerdict, DeviceEdit, FailKind, Failure, ShareChange};
use abide_protocol::{DeviceId, PairingNo};

use super::devices::{Deed, local};
use super::roster::failure;
use super::{Daemon, notices, revocation};

/// Rows of the audit in one answer at most.
const AUDIT_ROWS: u32 = 10_000;

/// How far a pairing has come, once it is further than `seen`.
pub(super) async fn stage(
    daemon: &Daemon,
    pairing: PairingNo,
    seen: u64,
) -> Result<Answer, Failure> {
    let over = || failure(FailKind::NotFound, "there is no such pairing any more");
    let mut stages = daemon.pairings.stages(pairing).ok_or_else(over)?;
    let further = stages.wait_for(|(step, _)| *step > seen).await;
    let (step, stage) = further.map_err(|_| over())?.clone();
    Ok(Answer::Pairing { step, stage })
}

/// Changes what is reachable from the network, which everybody who is connected is told. What opens
/// something has its row in the audit before, or does not happen.
pub(super) async fn share(daemon: &Arc<Daemon>, change: &ShareChange) -> Result<Answer, Failure> {
    let deed = |detail: &str| local("share", "daemon", detail);
    if opens(change) {
        let devices = &daemon.devices;
        devices.record(&deed(&words(change)), "write down what is shared")?;
    } else {
        daemon.devices.note(deed(&words(change)));
    }
    let changed = daemon.share.change(daemon, change).await;
    let info =
        changed.inspect_err(|why| daemon.devices.note(deed(&format!("failed: {}", why.line))))?;
    let line = match &info.address {
        Some(address) => format!("this machine is reachable at {address} now"),
        None => "this machine is not reachable from the network any more".into(),
    };
    notices::announce(daemon, &line);
    Ok(Answer::Share(Box::new(info)))
}

pub(super) fn code(daemon: &Daemon, pairing: PairingNo, code: &str) -> Result<Answer, Failure> {
    let claiming = daemon.pairings.claiming(pairing);
    let verdict = daemon.pairings.approve(pairing, code)?;
    if verdict == CodeVerdict::Burned {
        let claimed =
            claiming.map(|claiming| format!("\"{}\" at {}", claiming.name, claiming.from));
        daemon.devices.note(Deed {
            detail: claimed.unwrap_or_default(),
            ..local("wrong codes", "pairing", "")
        });
        daemon.pairings.burned(pairing);
    }
    Ok(Answer::Code(verdict))
}

pub(super) async fn edit(
    daemon: &Arc<Daemon>,
    device: DeviceId,
    edit: DeviceEdit,
) -> Result<Answer, Failure> {
    match edit {
        DeviceEdit::Name(name) => daemon.devices.rename(device, &name).map(|()| Answer::Done),
        DeviceEdit::Grant { grant, lasts } => {
            revocation::regrant(daemon, device, grant, lasts).await
        }
    }
}

pub(super) fn trust_clock(daemon: &Arc<Daemon>) -> Result<Answer, Failure> {
    daemon.devices.trust_clock()?;
    notices::announce(daemon, "the clock that was set back is trusted now");
    Ok(Answer::Done)
}

pub(super) async fn audit(
    daemon: &Daemon,
    after: u64,
    limit: u32,
    wait: bool,
) -> Result<Answer, Failure> {
    let limit = limit.min(AUDIT_ROWS);
    if !wait {
        return daemon.devices.audit(after, limit).map(Answer::Audit);
    }
    let mut changed = daemon.devices.rows();
    loop {
        let rows = daemon.devices.audit_next(after, limit)?;
        if !rows.is_empty() {
            return Ok(Answer::Audit(rows));
        }
        let leaving = |_| failure(FailKind::Internal, "the daemon is leaving; try again");
        changed.changed().await.map_err(leaving)?;
    }
}

/// Whether something may be reachable afterwards that was not.
fn opens(change: &ShareChange) -> bool {
    change.listen.is_some()
        || change.names.is_some()
        || change.certificate.is_some()
        || change.loopback.is_some_and(|port| port != 0)
}

/// A change of what is reachable, in words.
fn words(change: &ShareChange) -> String {
    let listed = |what: &str, all: &Option<Vec<String>>| {
        let all = all.as_ref()?;
        Some(match all.as_slice() {
            [] => format!("no {what}"),
            all => format!("{what} {}", all.join(", ")),
        })
    };
    let words = [
        change.off.then(|| "off".into()),
        listed("listen", &change.listen),
        listed("names", &change.names),
        change.certificate.as_ref().map(|file| match file.as_str() {
            "" => "own certificate".into(),
            file => format!("certificate {file}"),
        }),
        change.loopback.map(|port| format!("loopback {port}")),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_in_words() {
        let check = |change: ShareChange, expected: &str| assert_eq!(words(&change), expected);
        let none = ShareChange::default();
        check(
            ShareChange {
                off: true,
                names: Some(vec!["a.example".into(), "b.example".into()]),
                ..none.clone()
            },
            "off; names a.example, b.example",
        );
        check(
            ShareChange {
                names: Some(Vec::new()),
                certificate: Some(String::new()),
                key: Some(String::new()),
                ..none
            },
            "no names; own certificate",
        );
    }

    #[test]
    fn what_only_ends_something_opens_nothing() {
        let none = ShareChange::default();
        for (change, expected) in [
            (none.clone(), false),
            (
                ShareChange {
                    off: true,
                    ..none.clone()
                },
                false,
            ),
            (
                ShareChange {
                    loopback: Some(0),
                    ..none.clone()
                },
                false,
            ),
            (
                ShareChange {
                    loopback: Some(7350),
                    ..none.clone()
                },
                true,
            ),
            (
                ShareChange {
                    off: true,
                    listen: Some(Vec::new()),
                    ..none.clone()
                },
                true,
            ),
            (
                ShareChange {
                    names: Some(Vec::new()),
                    ..none.clone()
                },
                true,
            ),
            (
                ShareChange {
                    certificate: Some("/c.pem".into()),
                    ..none.clone()
                },
                true,
            ),
        ] {
            assert_eq!(opens(&change), expected, "{change:?}");
        }
    }
}
