//! What the owner asks about pairings, devices and the audit.

use std::sync::Arc;

use abide_protocol::message::{Answer, DeviceEdit, FailKind, Failure, ShareChange};
use abide_protocol::{DeviceId, PairingNo};

use super::devices::Deed;
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

/// Changes what is reachable from the network, which everybody who is connected is told.
pub(super) async fn share(daemon: &Arc<Daemon>, change: &ShareChange) -> Result<Answer, Failure> {
    daemon.devices.note(Deed {
        actor: "local".into(),
        action: "share",
        target: "daemon".into(),
        detail: words(change),
    });
    let info = daemon.share.change(daemon, change).await?;
    let line = match &info.address {
        Some(address) => format!("this machine is reachable at {address} now"),
        None => "this machine is not reachable from the network any more".into(),
    };
    notices::announce(daemon, &line);
    Ok(Answer::Share(Box::new(info)))
}

pub(super) fn code(daemon: &Daemon, pairing: PairingNo, code: &str) -> Result<Answer, Failure> {
    daemon.pairings.approve(pairing, code).map(Answer::Code)
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

/// A change of what is reachable, in words.
fn words(change: &ShareChange) -> String {
    let listed = |what: &str, all: &Option<Vec<String>>| {
        let all = all.as_ref().map(|all| all.join(", "));
        all.map(|all| format!("{what} {all}"))
    };
    let words = [
        change.off.then(|| "off".into()),
        listed("listen", &change.listen),
        listed("names", &change.names),
        change
            .certificate
            .as_ref()
            .map(|file| format!("certificate {file}")),
        change.loopback.map(|port| format!("loopback {port}")),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
