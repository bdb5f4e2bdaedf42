//! The desk for pairings: from a ticket that was opened at a terminal to a device that is real, or
//! to nothing. In memory only; what is decided is decided by [`Tickets`].

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use abide_protocol::channel::address::Address;
use abide_protocol::channel::daemon::{Claimant, Door};
use abide_protocol::channel::link::PairingLink;
use abide_protocol::channel::pairing::{Paired, Stored};
use abide_protocol::channel::tickets::{
    Claimed, Fate, NewDevice, Offer, OpenError, Tickets, Verdict, Way,
};
use abide_protocol::channel::{End, Psk, Secret, SystemEntropy, TicketId};
use abide_protocol::message::{
    Answer, Claiming, CodeVerdict, DeviceInfo, FailKind, Failure, PairingOffer, PairingStage,
    Ticket,
};
use abide_protocol::{Grant, PairingNo};
use tokio::sync::{mpsc, watch};

use super::Daemon;
use super::desk;
use super::roster::failure;

/// What the desk has for a claimant at a time at most: an approval, and an end.
const ORDERS: usize = 2;

/// What a claimant's link has to tell its device.
#[derive(Debug)]
pub(super) enum Order {
    Give(Paired),
    End(End),
}

/// A pairing, from its terminal's point of view.
struct Open {
    ticket: TicketId,
    stage: watch::Sender<(u64, PairingStage)>,
    /// The newest link that claimed it. Dropped: another one took its place.
    claimant: Option<mpsc::Sender<Order>>,
}

#[derive(Default)]
struct Inner {
    tickets: Tickets,
    open: HashMap<PairingNo, Open>,
    last: u64,
}

/// All pairings under way.
#[derive(Default)]
pub(super) struct Pairings(Mutex<Inner>);

/// A pairing that ends with its terminal's link.
pub(super) struct Held {
    daemon: Arc<Daemon>,
    pairing: PairingNo,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.daemon.pairings.withdraw(self.pairing);
    }
}

/// What becomes of a claim, and the orders that may follow.
pub(super) struct Admitted {
    pub(super) claimed: Claimed,
    pub(super) orders: mpsc::Receiver<Order>,
}

/// Begins a pairing. It is over when what is held is dropped.
pub(super) fn begin(daemon: &Arc<Daemon>, offer: PairingOffer) -> Result<(Answer, Held), Failure> {
    let Some(address) = daemon.address() else {
        let line = "no device can reach this machine yet; let them first, with: abide share --listen \
                    0.0.0.0:7373 (or, for a browser on this machine alone, use: abide web)";
        return Err(failure(FailKind::State, line));
    };
    if let Some(name) = &offer.name
        && let Some(fault) = abide_protocol::name::fault(name)
    {
        let line = format!("cannot use this name: {fault}; choose another");
        return Err(failure(FailKind::Invalid, line));
    }
    let door = daemon.devices.door()?;
    let expires = daemon.devices.end_after(offer.lasts)?;
    let native_only = daemon.share.native_only();
    let (pairing, ticket) = daemon
        .pairings
        .open(&door, &address, offer, expires, native_only)?;
    let held = Held {
        daemon: Arc::clone(daemon),
        pairing,
    };
    tokio::spawn(expire(Arc::clone(daemon)));
    Ok((Answer::Ticket(Box::new(ticket)), held))
}

/// Ends what nobody claimed, typed or kept in time, as long as there is something to end.
async fn expire(daemon: Arc<Daemon>) {
    while let Some(deadline) = daemon.pairings.deadline() {
        tokio::time::sleep_until(deadline.into()).await;
        daemon.pairings.expire(Instant::now());
    }
}

impl Pairings {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(
        &self,
        door: &Door,
        address: &Address,
        offer: PairingOffer,
        expires: Option<u64>,
        native_only: Option<String>,
    ) -> Result<(PairingNo, Ticket), Failure> {
        let secret = Secret::random(&SystemEntropy).map_err(|error| internal(&error))?;
        let way = if offer.link { Way::Link } else { Way::Picture };
        let mut inner = self.lock();
        let offer = Offer {
            grant: Grant {
                role: offer.role,
                sessions: offer.sessions,
                history: offer.history,
                expires,
            },
            name: offer.name,
            daemon: desk::host_name(),
        };
        let id = inner.tickets.open(&secret, way, offer, Instant::now());
        let id = id.map_err(|error| match error {
            OpenError::Full => failure(FailKind::Exhausted, error.to_string()),
            OpenError::Crypto(_) => internal(&error),
        })?;
        inner.last += 1;
        let pairing = PairingNo(inner.last);
        let open = Open {
            ticket: id,
            stage: watch::Sender::new((1, PairingStage::Waiting)),
            claimant: None,
        };
        inner.open.insert(pairing, open);
        let link = PairingLink {
            address: address.clone(),
            daemon: door.key(),
            secret,
        };
        let ticket = Ticket {
            pairing,
            link: link.to_text().to_string(),
            lasts: u64::try_from(way.time().as_millis()).unwrap_or(u64::MAX),
            native_only,
        };
        Ok((pairing, ticket))
    }

    /// The key of a ticket, for a handshake.
    pub(super) fn psk(&self, ticket: TicketId) -> Option<Psk> {
        self.lock().tickets.psk(ticket).cloned()
    }

    /// A device's first transport message came.
    pub(super) fn claim(&self, claimant: &Claimant, from: IpAddr) -> Admitted {
        let (tell, orders) = mpsc::channel(ORDERS);
        let mut inner = self.lock();
        let id = claimant.ticket();
        let claimed = inner.tickets.claim(claimant, Instant::now());
        match &claimed {
            Claimed::Pending(_) => {
                let claim = claimant.claim().clone();
                let stage = PairingStage::Claimed(Claiming {
                    kind: claim.kind,
                    name: claim.name,
                    agent: claim.agent,
                    origin: claim.origin,
                    from: from.to_string(),
                });
                inner.go_on(id, stage);
                inner.attend(id, tell);
            }
            Claimed::Given(_) => inner.attend(id, tell),
            Claimed::Alarm(Fate::Crowded) => inner.over(id, Fate::Crowded),
            Claimed::Alarm(_) | Claimed::Kept | Claimed::Refused(_) => {}
        }
        Admitted { claimed, orders }
    }

    /// The device that waits for its code, if one does.
    pub(super) fn claiming(&self, pairing: PairingNo) -> Option<Claiming> {
        let stage = self.stages(pairing)?.borrow().1.clone();
        match stage {
            PairingStage::Claimed(claiming) => Some(claiming),
            _ => None,
        }
    }

    /// The last wrong code has its row in the audit: the device is told.
    pub(super) fn burned(&self, pairing: PairingNo) {
        let mut inner = self.lock();
        if let Some(id) = inner.open.get(&pairing).map(|open| open.ticket) {
            inner.over(id, Fate::Burned);
        }
    }

    /// A person typed a code. After the last wrong one nobody is told yet: see [`Self::burned`].
    pub(super) fn approve(&self, pairing: PairingNo, code: &str) -> Result<CodeVerdict, Failure> {
        let mut inner = self.lock();
        let Some(id) = inner.open.get(&pairing).map(|open| open.ticket) else {
            return Ok(CodeVerdict::Over);
        };
        let verdict = inner
            .tickets
            .approve(id, code, &SystemEntropy, Instant::now());
        Ok(match verdict.map_err(|error| internal(&error))? {
            Verdict::Approved(paired) => {
                inner.go_on(id, PairingStage::Approved);
                inner.order(id, Order::Give(paired));
                CodeVerdict::Right
            }
            Verdict::NoCode => CodeVerdict::NoCode,
            Verdict::Wrong { left } => CodeVerdict::Wrong { left },
            Verdict::Burned => CodeVerdict::Burned,
            Verdict::Unclaimed => CodeVerdict::Unclaimed,
            Verdict::Over => CodeVerdict::Over,
        })
    }

    /// The device says that it kept its key: what it becomes when that is written down.
    pub(super) fn stored(&self, claimant: &Claimant, stored: Stored) -> Option<NewDevice> {
        self.lock().tickets.stored(claimant, stored, Instant::now())
    }

    /// The device is real.
    pub(super) fn kept(&self, ticket: TicketId, device: DeviceInfo) {
        let mut inner = self.lock();
        inner.tickets.kept(ticket);
        inner.go_on(ticket, PairingStage::Paired(Box::new(device)));
    }

    /// The device could not be written down.
    pub(super) fn failed(&self, ticket: TicketId, why: &Failure) {
        let mut inner = self.lock();
        inner.tickets.withdraw(ticket);
        inner.go_on(ticket, PairingStage::Over(why.line.clone()));
    }

    /// The terminal is gone, or nobody may be paired any more.
    fn withdraw(&self, pairing: PairingNo) {
        let mut inner = self.lock();
        if let Some(open) = inner.open.remove(&pairing)
            && inner.tickets.withdraw(open.ticket)
            && let Some(claimant) = open.claimant
        {
            let _ = claimant.try_send(Order::End(Fate::Withdrawn.end()));
        }
    }

    /// All pairings come to nothing: the daemon gets another key.
    pub(super) fn withdraw_all(&self) {
        let mut inner = self.lock();
        let open: Vec<_> = inner.open.values().map(|open| open.ticket).collect();
        for id in open {
            if inner.tickets.withdraw(id) {
                inner.over(id, Fate::Withdrawn);
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.lock().tickets.deadline()
    }

    fn expire(&self, now: Instant) {
        let mut inner = self.lock();
        for id in inner.tickets.expire(now) {
            inner.over(id, Fate::Expired);
        }
    }

    /// How far a pairing has come; `None`: there is no such pairing.
    pub(super) fn stages(
        &self,
        pairing: PairingNo,
    ) -> Option<watch::Receiver<(u64, PairingStage)>> {
        let inner = self.lock();
        inner.open.get(&pairing).map(|open| open.stage.subscribe())
    }
}

impl Inner {
    fn of(&self, ticket: TicketId) -> Option<&Open> {
        self.open.values().find(|open| open.ticket == ticket)
    }

    fn of_mut(&mut self, ticket: TicketId) -> Option<&mut Open> {
        self.open.values_mut().find(|open| open.ticket == ticket)
    }

    fn go_on(&self, ticket: TicketId, to: PairingStage) {
        if let Some(open) = self.of(ticket) {
            open.stage
                .send_modify(|(step, stage)| (*step, *stage) = (*step + 1, to));
        }
    }

    fn attend(&mut self, ticket: TicketId, claimant: mpsc::Sender<Order>) {
        if let Some(open) = self.of_mut(ticket) {
            open.claimant = Some(claimant);
        }
    }

    fn order(&mut self, ticket: TicketId, order: Order) {
        if let Some(claimant) = self.of(ticket).and_then(|open| open.claimant.as_ref()) {
            let _ = claimant.try_send(order);
        }
    }

    fn over(&mut self, ticket: TicketId, fate: Fate) {
        self.order(ticket, Order::End(fate.end()));
        self.go_on(ticket, PairingStage::Over(why(fate).into()));
    }
}

/// Why a pairing came to nothing, and the next step; for whoever opened it.
fn why(fate: Fate) -> &'static str {
    match fate {
        Fate::Kept => "the device is paired already",
        Fate::Expired => "its time is over; try again with: abide pair",
        Fate::Burned => {
            "three wrong codes: somebody else may have the link; if not, try again with: abide pair"
        }
        Fate::Crowded => {
            "ALARM: two devices claimed it, so somebody else has the link; nobody was paired; try \
             again with: abide pair, and show the new link to nobody else"
        }
        Fate::Withdrawn => "it was taken back; try again with: abide pair",
    }
}

fn internal(error: &dyn std::fmt::Display) -> Failure {
    failure(FailKind::Internal, format!("cannot pair: {error}"))
}
