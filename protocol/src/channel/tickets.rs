//! The daemon's side of pairing: tickets, who has claimed them, and the code that a person types.
//! In memory only; a daemon that starts again knows of none.
//!
//! A ticket goes one way: open, claimed, given, and then spent, whatever happened. It makes at
//! most one device, and only [`Tickets::stored`] hands that one out.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::code::Code;
use super::daemon::Claimant;
use super::end::End;
use super::entropy::{CryptoFault, Entropy};
use super::keys::{Psk, PublicKey, Secret, TicketId};
use super::limits::{
    CODE_TIME, LINK_TIME, MAX_SPENT, MAX_TICKETS, MAX_WRONG_CODES, PICTURE_TIME, STORE_TIME,
};
use super::pairing::{Claim, DeviceKind, Paired, Pending, Stored};
use crate::grant::Grant;
use crate::ids::DeviceId;

/// How a ticket reaches the new device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// A picture on a screen.
    Picture,
    /// A link that is passed on.
    Link,
}

impl Way {
    /// How long it may be claimed.
    #[must_use]
    pub fn time(self) -> Duration {
        match self {
            Self::Picture => PICTURE_TIME,
            Self::Link => LINK_TIME,
        }
    }
}

/// What a ticket is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    pub grant: Grant,
    /// What the device will be called; `None`: as it proposes.
    pub name: Option<String>,
    /// What the daemon calls itself.
    pub daemon: String,
}

/// A device that is real from the moment it has been written down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewDevice {
    pub id: DeviceId,
    pub key: PublicKey,
    pub psk: Psk,
    pub grant: Grant,
    pub name: String,
    pub kind: DeviceKind,
    /// If not, it ends with its link.
    pub durable: bool,
}

#[derive(Debug)]
enum Stage {
    Open,
    Claimed {
        key: PublicKey,
        /// Of the newest handshake.
        code: Code,
        claim: Claim,
    },
    /// The device has its key, and has not said yet that it kept it.
    Given {
        device: NewDevice,
    },
}

impl Stage {
    fn key(&self) -> Option<PublicKey> {
        match self {
            Self::Open => None,
            Self::Claimed { key, .. } => Some(*key),
            Self::Given { device } => Some(device.key),
        }
    }
}

#[derive(Debug)]
struct Ticket {
    id: TicketId,
    psk: Psk,
    offer: Offer,
    stage: Stage,
    /// When the stage ends by itself.
    until: Instant,
    wrong: u8,
}

/// A ticket of the past.
#[derive(Debug)]
struct Spent {
    id: TicketId,
    psk: Psk,
    /// Who claimed it.
    key: Option<PublicKey>,
    fate: Fate,
}

/// What became of a ticket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It made a device.
    Kept,
    Expired,
    /// Wrong codes.
    Burned,
    /// Two keys claimed it: somebody else has the link.
    Crowded,
    /// Taken back.
    Withdrawn,
}

impl Fate {
    /// What the device is told.
    #[must_use]
    pub fn end(self) -> End {
        match self {
            Self::Expired => End::Expired,
            Self::Kept | Self::Burned | Self::Crowded | Self::Withdrawn => End::Refused,
        }
    }
}

/// What becomes of a claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Claimed {
    /// Send it, and show the claim to the person who approves. Any earlier link of this ticket is
    /// replaced by this one: end it.
    Pending(Pending),
    /// It was approved before this link came: send it.
    Given(Paired),
    /// The device was written down before this link came: say [`ToDevice::Kept`].
    ///
    /// [`ToDevice::Kept`]: super::pairing::ToDevice::Kept
    Kept,
    /// End this link.
    Refused(Fate),
    /// Another key has claimed the ticket before. End this link, and the one that was pending.
    /// Raise the alarm: somebody else has the link.
    Alarm(Fate),
}

/// What becomes of a typed code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Send it to the device.
    Approved(Paired),
    /// Not six digits; does not count.
    NoCode,
    /// So many tries are left.
    Wrong { left: u8 },
    /// That was the last one: end the device's link.
    Burned,
    /// Nobody has claimed the ticket yet.
    Unclaimed,
    /// The ticket is not open any more, or was approved already.
    Over,
}

/// There are [`MAX_TICKETS`] already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{} pairings are under way already: finish or cancel one", MAX_TICKETS)]
    Full,
    #[error(transparent)]
    Crypto(#[from] CryptoFault),
}

/// All tickets of a daemon. Every call first lets expire what `now` ends; [`Self::expire`] tells
/// which.
#[derive(Debug, Default)]
pub struct Tickets {
    open: Vec<Ticket>,
    spent: VecDeque<Spent>,
    /// Expired, and not told yet.
    expired: VecDeque<TicketId>,
}

impl Tickets {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a ticket for a fresh secret.
    pub fn open(
        &mut self,
        secret: &Secret,
        way: Way,
        offer: Offer,
        now: Instant,
    ) -> Result<TicketId, OpenError> {
        let id = secret.ticket()?;
        let psk = secret.psk()?;
        self.pass(now);
        if self.open.len() >= MAX_TICKETS {
            return Err(OpenError::Full);
        }
        self.open.push(Ticket {
            id,
            psk,
            offer,
            stage: Stage::Open,
            until: now + way.time(),
            wrong: 0,
        });
        Ok(id)
    }

    /// For the handshake: of spent tickets too, so that a late claim is noticed.
    #[must_use]
    pub fn psk(&self, id: TicketId) -> Option<&Psk> {
        let open = self.open.iter().find(|ticket| ticket.id == id);
        let spent = || self.spent.iter().find(|spent| spent.id == id);
        open.map(|ticket| &ticket.psk)
            .or_else(|| spent().map(|spent| &spent.psk))
    }

    /// When [`Self::expire`] has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.open.iter().map(|ticket| ticket.until).min()
    }

    /// The tickets whose time is over since the last call: end their links.
    pub fn expire(&mut self, now: Instant) -> Vec<TicketId> {
        self.pass(now);
        self.expired.drain(..).collect()
    }

    /// Spends what `now` ends.
    fn pass(&mut self, now: Instant) {
        let over = self.open.iter().filter(|ticket| ticket.until <= now);
        let over: Vec<TicketId> = over.map(|ticket| ticket.id).collect();
        for id in over {
            self.spend(id, Fate::Expired);
            if self.expired.len() >= MAX_SPENT {
                self.expired.pop_front();
            }
            self.expired.push_back(id);
        }
    }

    /// The ticket was taken back, or its approving end is gone. False if it was over anyway.
    pub fn withdraw(&mut self, id: TicketId) -> bool {
        self.spend(id, Fate::Withdrawn)
    }

    /// A device's first transport message came.
    pub fn claim(&mut self, claimant: &Claimant, now: Instant) -> Claimed {
        self.pass(now);
        let (id, key) = (claimant.ticket(), claimant.key());
        let Some(ticket) = self.open.iter_mut().find(|ticket| ticket.id == id) else {
            return self.late(id, key);
        };
        if ticket.stage.key().is_some_and(|first| first != key) {
            self.spend(id, Fate::Crowded);
            return Claimed::Alarm(Fate::Crowded);
        }
        if let Stage::Given { device } = &ticket.stage {
            return Claimed::Given(device.paired());
        }
        if matches!(ticket.stage, Stage::Open) {
            ticket.until = now + CODE_TIME;
        }
        ticket.stage = Stage::Claimed {
            key,
            code: claimant.code(),
            claim: claimant.claim().clone(),
        };
        Claimed::Pending(Pending {
            daemon: ticket.offer.daemon.clone(),
            role: ticket.offer.grant.role,
        })
    }

    /// A claim on a ticket that is over.
    fn late(&self, id: TicketId, key: PublicKey) -> Claimed {
        let Some(spent) = self.spent.iter().find(|spent| spent.id == id) else {
            return Claimed::Refused(Fate::Expired);
        };
        match spent.key {
            Some(first) if first != key => Claimed::Alarm(spent.fate),
            _ if spent.fate == Fate::Kept => Claimed::Kept,
            _ => Claimed::Refused(spent.fate),
        }
    }

    /// A person typed a code where the ticket was opened. If it is right, the device gets a key
    /// and an id, and becomes what [`Self::stored`] hands out.
    pub fn approve(
        &mut self,
        id: TicketId,
        typed: &str,
        entropy: &dyn Entropy,
        now: Instant,
    ) -> Result<Verdict, CryptoFault> {
        self.pass(now);
        let Some(ticket) = self.open.iter_mut().find(|ticket| ticket.id == id) else {
            return Ok(Verdict::Over);
        };
        let (key, code, claim) = match &ticket.stage {
            Stage::Open => return Ok(Verdict::Unclaimed),
            Stage::Given { .. } => return Ok(Verdict::Over),
            Stage::Claimed { key, code, claim } => (*key, *code, claim),
        };
        let Some(typed) = Code::parse(typed) else {
            return Ok(Verdict::NoCode);
        };
        if typed != code {
            ticket.wrong = ticket.wrong.saturating_add(1);
            let left = MAX_WRONG_CODES.saturating_sub(ticket.wrong);
            if left > 0 {
                return Ok(Verdict::Wrong { left });
            }
            self.spend(id, Fate::Burned);
            return Ok(Verdict::Burned);
        }
        let device = NewDevice::of(key, claim, &ticket.offer, entropy)?;
        let paired = device.paired();
        ticket.stage = Stage::Given { device };
        ticket.until = now + STORE_TIME;
        Ok(Verdict::Approved(paired))
    }

    /// The device says that it kept its key: write this down (fsync), then call [`Self::kept`] and
    /// tell it [`ToDevice::Kept`]; if it cannot be written, [`Self::withdraw`] and end the link.
    /// `None`: nothing was given to this key.
    ///
    /// [`ToDevice::Kept`]: super::pairing::ToDevice::Kept
    pub fn stored(
        &mut self,
        claimant: &Claimant,
        stored: Stored,
        now: Instant,
    ) -> Option<NewDevice> {
        self.pass(now);
        let ticket = self.open.iter().find(|t| t.id == claimant.ticket())?;
        match &ticket.stage {
            Stage::Given { device } if device.key == claimant.key() => Some(NewDevice {
                durable: stored.durable,
                ..device.clone()
            }),
            Stage::Given { .. } | Stage::Open | Stage::Claimed { .. } => None,
        }
    }

    /// The ticket's device has been written down.
    pub fn kept(&mut self, id: TicketId) {
        let given = |t: &Ticket| t.id == id && matches!(t.stage, Stage::Given { .. });
        if self.open.iter().any(given) {
            self.spend(id, Fate::Kept);
        }
    }

    /// Moves a ticket to the past.
    fn spend(&mut self, id: TicketId, fate: Fate) -> bool {
        let Some(place) = self.open.iter().position(|ticket| ticket.id == id) else {
            return false;
        };
        let ticket = self.open.remove(place);
        if self.spent.len() >= MAX_SPENT {
            self.spent.pop_front();
        }
        self.spent.push_back(Spent {
            id,
            psk: ticket.psk,
            key: ticket.stage.key(),
            fate,
        });
        true
    }
}

impl NewDevice {
    fn of(
        key: PublicKey,
        claim: &Claim,
        offer: &Offer,
        entropy: &dyn Entropy,
    ) -> Result<Self, CryptoFault> {
        let mut id = [0; 16];
        entropy.fill(&mut id)?;
        Ok(Self {
            id: DeviceId(id),
            key,
            psk: Psk::random(entropy)?,
            grant: offer.grant.clone(),
            name: offer.name.clone().unwrap_or_else(|| claim.name.clone()),
            kind: claim.kind,
            durable: false,
        })
    }

    fn paired(&self) -> Paired {
        Paired {
            device: self.id,
            psk: self.psk.clone(),
            role: self.grant.role,
            expires: self.grant.expires,
            name: self.name.clone(),
        }
    }
}
