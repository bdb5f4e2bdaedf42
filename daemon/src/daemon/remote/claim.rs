//! A device that is being paired: it waits for a person, gets its key, and says that it kept it.

use std::sync::Arc;
use std::time::Instant;

use abide_protocol::channel::daemon::Claimant;
use abide_protocol::channel::pairing::{Stored, ToDaemon, ToDevice};
use abide_protocol::channel::tickets::{Claimed, NewDevice};
use abide_protocol::channel::{CLOSE_STRANGER, End};
use tokio::time::timeout;

use super::line::FAREWELL;
use super::{CLOSE_NORMAL, kind, mind_adrift};
use crate::daemon::Daemon;
use crate::daemon::devices::{Deed, rights};
use crate::daemon::notices;
use crate::daemon::pairing::Order;
use crate::daemon::web::carrier::Carrier;

/// How a claimant's link ends.
enum Ending {
    Told(End),
    /// The device knows all that there is.
    Done,
    /// It left, or broke the protocol.
    Gone,
}

/// Serves a device whose claim is valid.
pub(super) async fn serve(daemon: &Arc<Daemon>, claimant: Claimant, carrier: Carrier) {
    let mut claim = Claim {
        daemon: Arc::clone(daemon),
        claimant,
        carrier,
    };
    let ending = claim.run().await.unwrap_or_else(|ending| ending);
    let Claim {
        claimant,
        mut carrier,
        ..
    } = claim;
    let code = match ending {
        Ending::Told(why) => {
            if let Some(last) = claimant.end(why) {
                let _ = timeout(FAREWELL, carrier.send(last)).await;
            }
            CLOSE_NORMAL
        }
        Ending::Done => CLOSE_NORMAL,
        Ending::Gone => CLOSE_STRANGER,
    };
    carrier.close(code).await;
}

struct Claim {
    daemon: Arc<Daemon>,
    claimant: Claimant,
    carrier: Carrier,
}

impl Claim {
    async fn run(&mut self) -> Result<Ending, Ending> {
        let (peer, claim) = (self.carrier.peer(), self.claimant.claim());
        // Whoever approves it relies on these: they are what the daemon sees, too.
        if claim.kind != kind(&self.carrier) || claim.origin != peer.origin {
            return Err(Ending::Gone);
        }
        let from = peer.address;
        let admitted = self.daemon.pairings.claim(&self.claimant, from);
        let mut orders = admitted.orders;
        match admitted.claimed {
            Claimed::Pending(pending) => self.say(&ToDevice::Pending(pending)).await?,
            Claimed::Given(paired) => self.say(&ToDevice::Paired(paired)).await?,
            Claimed::Kept => {
                self.say(&ToDevice::Kept).await?;
                return Ok(Ending::Done);
            }
            Claimed::Refused(fate) => return Ok(Ending::Told(fate.end())),
            Claimed::Alarm(fate) => {
                self.alarm();
                return Ok(Ending::Told(fate.end()));
            }
        }
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Give(paired)) => self.say(&ToDevice::Paired(paired)).await?,
                    Some(Order::End(why)) => return Ok(Ending::Told(why)),
                    // Another link of the same device took this one's place, or the terminal left.
                    None => return Ok(Ending::Told(End::Refused)),
                },
                message = self.carrier.next() => {
                    let message = message.map_err(|_| Ending::Gone)?;
                    match self.claimant.receive(&message, Instant::now()) {
                        Ok(ToDaemon::Stored(stored)) => return self.stored(stored).await,
                        Ok(ToDaemon::Claim(_)) | Err(_) => return Err(Ending::Gone),
                    }
                }
            }
        }
    }

    async fn say(&mut self, message: &ToDevice) -> Result<(), Ending> {
        let sealed = self.claimant.send(message, Instant::now());
        let sealed = sealed.map_err(|_| Ending::Gone)?;
        self.carrier.send(sealed).await.map_err(|_| Ending::Gone)
    }

    /// The device has its key: it becomes real, and then it is told.
    async fn stored(&mut self, stored: Stored) -> Result<Ending, Ending> {
        let peer = self.carrier.peer();
        let new = self.daemon.pairings.stored(&self.claimant, stored);
        let new = new.ok_or(Ending::Gone)?;
        let new = NewDevice {
            durable: new.durable && !peer.loopback,
            kind: kind(&self.carrier),
            ..new
        };
        let ticket = self.claimant.ticket();
        let device = match self.daemon.devices.keep(new, peer.address) {
            Ok(device) => device,
            Err(why) => {
                self.daemon.pairings.failed(ticket, &why);
                return Ok(Ending::Told(End::Refused));
            }
        };
        self.daemon.pairings.kept(ticket, device.clone());
        mind_adrift(&self.daemon, device.id);
        let line = format!(
            "\"{}\" was paired: it may {}; abide devices revoke takes it back",
            device.name,
            rights(&device.grant)
        );
        notices::announce(&self.daemon, &line);
        self.say(&ToDevice::Kept).await?;
        Ok(Ending::Done)
    }

    /// Two devices have the secret of one pairing.
    fn alarm(&self) {
        let from = self.carrier.peer().address.to_string();
        self.daemon.devices.note(Deed {
            actor: from.clone(),
            action: "second claim",
            target: "pairing".into(),
            detail: self.claimant.claim().name.clone(),
        });
        let line = format!("ALARM: a second device, from {from}, claimed the same pairing");
        notices::announce(&self.daemon, &line);
    }
}
