//! Devices over the network: from a stranger's first message to a device at work, or to one that
//! is being paired.
//!
//! Nothing here decides what a device may do: that is the gate's. Until a stranger has proved who
//! it is, nothing it sends has an effect, and whatever is wrong with it looks the same.

mod claim;
mod line;
mod link;
mod unopened;
mod viewing;
mod waiting;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use abide_protocol::DeviceId;
use abide_protocol::channel::CLOSE_STRANGER;
use abide_protocol::channel::daemon::{Claimant, Door, Greeted, Rejected, RemoteSession};
use abide_protocol::channel::pairing::DeviceKind;

use super::Daemon;
use super::revocation;
use super::web::carrier::{Carrier, CarrierError, PeerKind};

/// A carrier whose peer leaves as it should.
const CLOSE_NORMAL: u16 = 1000;
/// How long a device that is in memory only may be without a link: long enough to load a page
/// again.
const ADRIFT: Duration = Duration::from_secs(30);

/// Who came.
enum Met {
    Device(RemoteSession, Vec<u8>),
    Claimant(Claimant),
    /// Nobody who speaks a version of ours.
    Foreign,
}

/// Not somebody whom we know.
enum Unmet {
    Rejected,
    /// It left, or said nothing in time.
    Gone,
}

impl From<Rejected> for Unmet {
    fn from(_: Rejected) -> Self {
        Self::Rejected
    }
}

impl From<CarrierError> for Unmet {
    fn from(error: CarrierError) -> Self {
        match error {
            CarrierError::Text | CarrierError::Long | CarrierError::Garbled(_) => Self::Rejected,
            CarrierError::Closed
            | CarrierError::Left
            | CarrierError::Late
            | CarrierError::Io(_) => Self::Gone,
        }
    }
}

/// Serves whoever is at the other end of the carrier, until it ends.
pub(super) async fn serve(daemon: &Arc<Daemon>, mut carrier: Carrier) {
    let from = carrier.peer().address;
    // Without a key of ours there is nobody to talk to.
    let Ok(door) = daemon.devices.door() else {
        return carrier.close(CLOSE_STRANGER).await;
    };
    match meet(daemon, &door, &mut carrier).await {
        Ok(Met::Device(session, first)) => {
            carrier.authenticated();
            Box::pin(work(daemon, session, &first, carrier, from)).await;
        }
        Ok(Met::Claimant(claimant)) => {
            carrier.authenticated();
            Box::pin(claim::serve(daemon, claimant, carrier)).await;
        }
        Ok(Met::Foreign) => carrier.close(CLOSE_NORMAL).await,
        Err(unmet) => {
            if matches!(unmet, Unmet::Rejected) {
                daemon.devices.stranger(from);
            }
            carrier.close(CLOSE_STRANGER).await;
        }
    }
}

async fn meet(daemon: &Daemon, door: &Door, carrier: &mut Carrier) -> Result<Met, Unmet> {
    let (answer, greeted) = door.greet(&carrier.next().await?)?;
    carrier.send(answer).await?;
    match greeted {
        Greeted::Foreign => Ok(Met::Foreign),
        Greeted::Resume(resuming) => {
            let asked = resuming.read(&carrier.next().await?)?;
            let known = daemon.devices.known(asked.key());
            let known = known.as_ref().map(|(id, psk)| (*id, psk));
            let (answer, confirming) = asked.answer(door, known)?;
            carrier.send(answer).await?;
            let message = carrier.next().await?;
            let grant = |id: DeviceId| daemon.devices.standing(id).grant.ok();
            let (session, first) = confirming.confirm(&message, Instant::now(), grant)?;
            Ok(Met::Device(session, first))
        }
        Greeted::Pair(pairing) => {
            let message = carrier.next().await?;
            let psk = daemon.pairings.psk(pairing.ticket());
            let (answer, claiming) = pairing.answer(door, psk.as_ref(), &message)?;
            carrier.send(answer).await?;
            let message = carrier.next().await?;
            // Until now it could have been said before, by somebody else.
            let claimant = claiming.confirm(&message, Instant::now())?;
            Ok(Met::Claimant(claimant))
        }
    }
}

async fn work(
    daemon: &Arc<Daemon>,
    session: RemoteSession,
    first: &[u8],
    carrier: Carrier,
    from: IpAddr,
) {
    let device = session.device();
    link::serve(daemon, session, first, carrier, from).await;
    mind_adrift(daemon, device);
}

/// A device that is in memory only goes some time after its last link.
fn mind_adrift(daemon: &Arc<Daemon>, device: DeviceId) {
    if !daemon.devices.is_adrift(device) {
        return;
    }
    let daemon = Arc::clone(daemon);
    tokio::spawn(async move {
        tokio::time::sleep(ADRIFT).await;
        if daemon.devices.is_adrift(device) {
            revocation::part(&daemon, device).await;
        }
    });
}

/// What the carrier shows of a device's kind.
fn kind(carrier: &Carrier) -> DeviceKind {
    match carrier.peer().kind {
        PeerKind::Native => DeviceKind::Native,
        PeerKind::Browser => DeviceKind::Browser,
    }
}
