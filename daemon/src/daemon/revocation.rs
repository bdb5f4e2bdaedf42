//! Taking rights back: final when it is answered.
//!
//! First the device is nobody any more, in memory and on the disk; then its links are gone, with
//! what they were doing; then every keeper has dropped its viewers and its queued input, and has
//! said so. What the device sent before and still lies in a keeper's socket comes too late.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use abide_protocol::channel::End;
use abide_protocol::message::{Answer, FailKind, Failure, Revoked};
use abide_protocol::{DeviceId, Grant, SessionId};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use super::devices::Withdrawn;
use super::roster::failure;
use super::{Daemon, keepers, notices};

/// Whoever has not confirmed by then is named.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks at whether a grant has ended, while there is one that will.
const LOOK: Duration = Duration::from_secs(30);

/// Revokes one device, or all of them: then the daemon gets another key too.
pub(super) async fn revoke(
    daemon: &Arc<Daemon>,
    device: Option<DeviceId>,
) -> Result<Answer, Failure> {
    let ids = match device {
        Some(id) => vec![id],
        None => daemon.devices.list().iter().map(|info| info.id).collect(),
    };
    let mut renewed = Ok(());
    if device.is_none() {
        daemon.pairings.withdraw_all();
        renewed = daemon.devices.renew_key();
    }
    let revoked = withdraw(daemon, &ids, End::Revoked).await;
    if device.is_some() && revoked.devices == 0 {
        let line = "no such device; see: abide devices";
        return Err(failure(FailKind::NotFound, line));
    }
    renewed?;
    Ok(Answer::Revoked(revoked))
}

/// A device that was in memory only has gone.
pub(super) async fn part(daemon: &Arc<Daemon>, device: DeviceId) {
    withdraw(daemon, &[device], End::Expired).await;
}

/// Gives a device other rights; what it did with the old ones is done or dropped.
pub(super) async fn regrant(
    daemon: &Arc<Daemon>,
    device: DeviceId,
    grant: Grant,
    lasts: Option<u64>,
) -> Result<Answer, Failure> {
    let regranted = daemon.devices.regrant(device, grant, lasts)?;
    if regranted.widened {
        let line = format!(
            "\"{}\" has more rights now: it may {}",
            regranted.name, regranted.words
        );
        notices::announce(daemon, &line);
    }
    let _ = timeout(PATIENCE, regranted.parting.gone()).await;
    let cut = Cut::begin(daemon, &[(device, regranted.epoch)]);
    let unconfirmed = cut.confirmed(daemon, |_| ()).await;
    if unconfirmed.is_empty() {
        return Ok(Answer::Done);
    }
    let line = format!(
        "the rights are changed, not confirmed in: {}; input from before may still arrive there",
        unconfirmed.join(", ")
    );
    Err(failure(FailKind::Internal, line))
}

/// The daemon leaves: devices are told to come back soon.
pub(super) async fn part_for_now(daemon: &Daemon) {
    let partings = daemon.devices.end_links(End::Upgrade);
    let gone = async {
        for parting in partings {
            parting.gone().await;
        }
    };
    // Who does not listen sees the connection end.
    let _ = timeout(PATIENCE, gone).await;
}

/// Ends what has expired, as long as the daemon runs.
pub(super) async fn mind_time(daemon: Arc<Daemon>) {
    let mut rows = daemon.devices.rows();
    loop {
        let over = daemon.devices.over();
        if !over.is_empty() {
            withdraw(&daemon, &over, End::Expired).await;
        }
        let left = daemon.devices.first_end();
        let left = left.map(|end| end.saturating_sub(daemon.devices.now()));
        let wait = left.map(|left| Duration::from_millis(left).min(LOOK));
        let elapsed = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        // A new device makes a row.
        tokio::select! {
            () = elapsed => {}
            _ = rows.changed() => {}
        }
    }
}

/// Finishes what the last daemon began: these devices are paired no more, and keepers may still
/// have input of theirs.
pub(super) async fn finish(daemon: Arc<Daemon>, devices: Vec<DeviceId>) {
    cut_off(&daemon, devices).await;
}

async fn withdraw(daemon: &Arc<Daemon>, devices: &[DeviceId], why: End) -> Revoked {
    let withdrawn = devices
        .iter()
        .filter_map(|id| daemon.devices.withdraw(*id, why));
    let withdrawn: Vec<Withdrawn> = withdrawn.collect();
    let ids = withdrawn.iter().map(|device| device.id).collect();
    let mut names = Vec::new();
    let mut warnings = Vec::new();
    let mut late = false;
    // All have been told at the same time.
    let deadline = Instant::now() + PATIENCE;
    for device in withdrawn {
        late |= timeout_at(deadline, device.parting.gone()).await.is_err();
        names.push(device.name);
        warnings.extend(device.warning);
    }
    let unconfirmed = cut_off(daemon, ids).await;
    if late {
        warnings.push("a request that it had made was still under way after 1 s".into());
    }
    if daemon.devices.unwritten() > 0 {
        warnings.push("the disk has no room for the audit: free some space".into());
    }
    for name in &names {
        let verb = if why == End::Expired {
            "has expired"
        } else {
            "was revoked"
        };
        let doubt = match unconfirmed.join(", ") {
            silent if silent.is_empty() => silent,
            silent => format!(", not confirmed in: {silent}"),
        };
        notices::announce(daemon, &format!("\"{name}\" {verb}{doubt}"));
    }
    Revoked {
        devices: u32::try_from(names.len()).unwrap_or(u32::MAX),
        unconfirmed,
        warning: (!warnings.is_empty()).then(|| warnings.join("; ")),
    }
}

/// Has every keeper drop these devices for good, and forgets them when all have. Answers as
/// [`Cut::confirmed`].
async fn cut_off(daemon: &Arc<Daemon>, devices: Vec<DeviceId>) -> Vec<String> {
    let cuts: Vec<_> = devices.iter().map(|device| (*device, u64::MAX)).collect();
    let bury = move |daemon: &Daemon| {
        for device in devices {
            daemon.devices.buried(device);
        }
    };
    Cut::begin(daemon, &cuts).confirmed(daemon, bury).await
}

/// Devices that every keeper is to drop.
struct Cut {
    asked: JoinSet<(SessionId, bool)>,
    silent: BTreeSet<SessionId>,
}

impl Cut {
    fn begin(daemon: &Arc<Daemon>, cuts: &[(DeviceId, u64)]) -> Self {
        let (mut asked, mut silent) = (JoinSet::new(), BTreeSet::new());
        for session in keepers::sockets(daemon).filter(|_| !cuts.is_empty()) {
            let confirmed = daemon.cuts.add(session, cuts);
            let daemon = Arc::clone(daemon);
            silent.insert(session);
            asked.spawn(async move {
                daemon.keepers.watch(session).await;
                (session, confirmed.await)
            });
        }
        Self { asked, silent }
    }

    /// Waits for the keepers. Answers the names of the sessions whose keeper has not confirmed it
    /// in time: it is told until it does. `then` follows when all have.
    async fn confirmed(
        mut self,
        daemon: &Arc<Daemon>,
        then: impl FnOnce(&Daemon) + Send + 'static,
    ) -> Vec<String> {
        let _ = timeout(PATIENCE, self.hear()).await;
        if self.silent.is_empty() {
            then(daemon);
            return Vec::new();
        }
        let names = names(daemon, self.silent.iter().copied().collect()).await;
        tracing::warn!(
            "rights that were taken back are not confirmed in: {}",
            names.join(", ")
        );
        let daemon = Arc::clone(daemon);
        tokio::spawn(async move {
            self.hear().await;
            if self.silent.is_empty() {
                then(&daemon);
            }
        });
        names
    }

    async fn hear(&mut self) {
        while let Some(heard) = self.asked.join_next().await {
            if let Ok((session, true)) = heard {
                self.silent.remove(&session);
            }
        }
    }
}

/// What these sessions are called.
pub(super) async fn names(daemon: &Daemon, sessions: Vec<SessionId>) -> Vec<String> {
    let ids = sessions.iter().map(SessionId::to_string).collect();
    let names = daemon.desk.ask(move |roster, _| {
        let name = |id: &SessionId| {
            let known = roster.get(*id).map(|info| info.name.clone());
            known.unwrap_or_else(|| id.to_string())
        };
        sessions.iter().map(name).collect()
    });
    names.await.unwrap_or(ids)
}
