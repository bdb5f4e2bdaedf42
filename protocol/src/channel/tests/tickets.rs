//! Tickets: who may claim, how often a code may be wrong, what ends when.

use std::time::Instant;

use super::ends::{Ends, claim, end_of, grant};
use crate::channel::daemon::Claimant;
use crate::channel::device::Knock;
use crate::channel::joining::{Joining, Step};
use crate::channel::limits::{
    CODE_TIME, LINK_TIME, MAX_SPENT, MAX_TICKETS, PICTURE_TIME, STORE_TIME,
};
use crate::channel::pairing::{Claim, DeviceKind, Paired, Pending, Stored, ToDevice};
use crate::channel::tickets::{Claimed, Fate, Offer, OpenError, Tickets, Verdict, Way};
use crate::channel::{Broken, End, Secret, StaticKey, SystemEntropy, TicketId};
use crate::grant::Role;

const DURABLE: Stored = Stored { durable: true };

fn offer() -> Offer {
    Offer {
        grant: grant(),
        name: None,
        daemon: "home".to_owned(),
    }
}

fn pending() -> Claimed {
    Claimed::Pending(Pending {
        daemon: "home".to_owned(),
        role: Role::Type,
    })
}

/// One open ticket, and a device that claimed it unless told otherwise.
struct Desk {
    ends: Ends,
    tickets: Tickets,
    id: TicketId,
    now: Instant,
}

impl Desk {
    fn new(way: Way) -> Self {
        let ends = Ends::new();
        let now = ends.now;
        let mut tickets = Tickets::new();
        let id = tickets.open(&ends.secret, way, offer(), now).unwrap();
        Self {
            ends,
            tickets,
            id,
            now,
        }
    }

    fn claimed() -> (Self, Joining, Claimant) {
        let mut desk = Self::new(Way::Link);
        let (device, claimant) = desk.ends.pair();
        assert_eq!(desk.tickets.claim(&claimant, desk.now), pending());
        (desk, device, claimant)
    }

    /// Another device with the same link.
    fn second(&self) -> Claimant {
        let knock = Knock {
            key: StaticKey::generate(&SystemEntropy).unwrap(),
            ..self.ends.knock()
        };
        let paired = self.ends.pair_with(knock, &self.ends.secret, claim());
        paired.unwrap().1
    }

    fn approve(&mut self, typed: &str) -> Verdict {
        let verdict = self
            .tickets
            .approve(self.id, typed, &SystemEntropy, self.now);
        verdict.unwrap()
    }

    fn approved(&mut self, claimant: &Claimant) -> Paired {
        match self.approve(&claimant.code().to_string()) {
            Verdict::Approved(paired) => paired,
            other => panic!("approved, not {other:?}"),
        }
    }
}

/// A code that is not the one of `claimant`.
fn wrong(claimant: &Claimant) -> String {
    let code: u32 = claimant.code().to_string().parse().unwrap();
    format!("{:06}", (code + 1) % 1_000_000)
}

#[test]
fn a_ticket_makes_one_device() {
    let (mut desk, _, claimant) = Desk::claimed();
    assert_eq!(desk.tickets.stored(&claimant, DURABLE, desk.now), None);
    let paired = desk.approved(&claimant);
    assert_eq!((paired.role, paired.expires), (Role::Type, Some(1_000)));
    let made = desk
        .tickets
        .stored(&claimant, Stored { durable: false }, desk.now);
    let made = made.unwrap();
    assert_eq!(
        (made.id, &made.psk, made.key),
        (paired.device, &paired.psk, claimant.key())
    );
    assert_eq!(
        (made.name.as_str(), made.kind),
        ("phone", DeviceKind::Native)
    );
    assert_eq!((&made.grant, made.durable), (&grant(), false));
    desk.tickets.kept(desk.id);
    assert_eq!(desk.tickets.stored(&claimant, DURABLE, desk.now), None);
    assert_eq!(desk.approve(&claimant.code().to_string()), Verdict::Over);
    // The device missed the last word, and asks again.
    let (_, again) = desk.ends.pair();
    assert_eq!(desk.tickets.claim(&again, desk.now), Claimed::Kept);
    // Somebody else does: too late for him, and a reason for an alarm.
    let second = desk.second();
    assert_eq!(
        desk.tickets.claim(&second, desk.now),
        Claimed::Alarm(Fate::Kept)
    );
}

#[test]
fn three_wrong_codes_burn_a_ticket() {
    let (mut desk, _, claimant) = Desk::claimed();
    let code = wrong(&claimant);
    for no_code in ["", "12345", "1234567", "abcdef"] {
        assert_eq!(desk.approve(no_code), Verdict::NoCode);
    }
    assert_eq!(desk.approve(&code), Verdict::Wrong { left: 2 });
    // The device comes again, with another code: that does not help somebody who guesses.
    let (_, again) = desk.ends.pair();
    assert_eq!(desk.tickets.claim(&again, desk.now), pending());
    assert_eq!(desk.approve(&wrong(&again)), Verdict::Wrong { left: 1 });
    assert_eq!(desk.approve(&wrong(&again)), Verdict::Burned);
    assert_eq!(desk.approve(&again.code().to_string()), Verdict::Over);
    assert_eq!(
        desk.tickets.claim(&again, desk.now),
        Claimed::Refused(Fate::Burned)
    );
}

#[test]
fn the_code_is_that_of_the_newest_handshake() {
    let (mut desk, _, old) = Desk::claimed();
    let (_, new) = desk.ends.pair();
    assert_eq!(desk.tickets.claim(&new, desk.now), pending());
    let verdict = desk.approve(&old.code().to_string());
    assert_eq!(verdict, Verdict::Wrong { left: 2 });
    desk.approved(&new);
}

#[test]
fn a_second_key_ends_both() {
    let (mut desk, _, first) = Desk::claimed();
    let second = desk.second();
    assert_eq!(
        desk.tickets.claim(&second, desk.now),
        Claimed::Alarm(Fate::Crowded)
    );
    assert_eq!(desk.approve(&first.code().to_string()), Verdict::Over);
    assert_eq!(
        desk.tickets.claim(&first, desk.now),
        Claimed::Refused(Fate::Crowded)
    );
    assert_eq!(
        desk.tickets.claim(&second, desk.now),
        Claimed::Alarm(Fate::Crowded)
    );
    // Also after the approval, as long as the device is not real.
    let (mut desk, _, first) = Desk::claimed();
    desk.approved(&first);
    let second = desk.second();
    assert_eq!(
        desk.tickets.claim(&second, desk.now),
        Claimed::Alarm(Fate::Crowded)
    );
    assert_eq!(desk.tickets.stored(&first, DURABLE, desk.now), None);
}

#[test]
fn a_device_may_come_again_after_its_approval() {
    let (mut desk, _, claimant) = Desk::claimed();
    let paired = desk.approved(&claimant);
    let (_, again) = desk.ends.pair();
    assert_eq!(
        desk.tickets.claim(&again, desk.now),
        Claimed::Given(paired.clone())
    );
    assert_eq!(desk.approve(&again.code().to_string()), Verdict::Over);
    let made = desk.tickets.stored(&again, DURABLE, desk.now).unwrap();
    assert_eq!((made.id, made.durable), (paired.device, true));
    // It could not be written down: there is no device.
    assert!(desk.tickets.withdraw(desk.id));
    assert_eq!(desk.tickets.stored(&again, DURABLE, desk.now), None);
    assert_eq!(
        desk.tickets.claim(&again, desk.now),
        Claimed::Refused(Fate::Withdrawn)
    );
}

#[test]
fn each_stage_has_its_time() {
    for (way, time) in [(Way::Picture, PICTURE_TIME), (Way::Link, LINK_TIME)] {
        // To claim.
        let mut desk = Desk::new(way);
        assert_eq!(desk.tickets.deadline(), Some(desk.now + time));
        assert_eq!(desk.tickets.expire(end_of(time, desk.now)), []);
        let (_, claimant) = desk.ends.pair();
        let last = end_of(time, desk.now);
        assert_eq!(desk.tickets.claim(&claimant, last), pending());
        // To type the code, from the first claim on.
        assert_eq!(desk.tickets.deadline(), Some(last + CODE_TIME));
        let (_, again) = desk.ends.pair();
        let late = end_of(CODE_TIME, last);
        assert_eq!(desk.tickets.claim(&again, late), pending());
        assert_eq!(desk.tickets.deadline(), Some(last + CODE_TIME));
        desk.now = late;
        desk.approved(&again);
        // To keep the key.
        assert_eq!(desk.tickets.deadline(), Some(late + STORE_TIME));
        assert!(
            desk.tickets
                .stored(&again, DURABLE, end_of(STORE_TIME, late))
                .is_some()
        );
        assert_eq!(
            desk.tickets.stored(&again, DURABLE, late + STORE_TIME),
            None
        );
        let refused = desk.tickets.claim(&again, late + STORE_TIME);
        assert_eq!(refused, Claimed::Refused(Fate::Expired));
        assert_eq!(Fate::Expired.end(), End::Expired);
        assert_eq!(desk.tickets.deadline(), None);
        // What ended in passing is told once, to who asks.
        let over = late + STORE_TIME;
        assert_eq!(desk.tickets.expire(over), [desk.id]);
        assert_eq!(desk.tickets.expire(over), []);
    }
    let mut desk = Desk::new(Way::Picture);
    let (_, claimant) = desk.ends.pair();
    let late = desk.now + PICTURE_TIME;
    assert_eq!(desk.tickets.expire(late), [desk.id]);
    assert_eq!(
        desk.tickets.claim(&claimant, late),
        Claimed::Refused(Fate::Expired)
    );
    desk.now = late;
    assert_eq!(desk.approve(&claimant.code().to_string()), Verdict::Over);
}

#[test]
fn tickets_are_few_and_remembered_for_a_while() {
    let ends = Ends::new();
    let mut tickets = Tickets::new();
    let mut opened = Vec::new();
    let mut open = |tickets: &mut Tickets, now| {
        let secret = Secret::random(&SystemEntropy).unwrap();
        let result = tickets.open(&secret, Way::Picture, offer(), now);
        opened.extend(result.as_ref().ok());
        result.map(|_| ())
    };
    for _ in 0..MAX_TICKETS {
        assert_eq!(open(&mut tickets, ends.now), Ok(()));
    }
    assert_eq!(open(&mut tickets, ends.now), Err(OpenError::Full));
    // Those that are over make room by themselves.
    let mut now = ends.now;
    for _ in 0..=MAX_SPENT / MAX_TICKETS {
        now += PICTURE_TIME;
        for _ in 0..MAX_TICKETS {
            assert_eq!(open(&mut tickets, now), Ok(()));
        }
    }
    let known = opened.iter().map(|&id| tickets.psk(id).is_some());
    let forgotten = opened.len() - MAX_SPENT - MAX_TICKETS;
    let expected = (0..opened.len()).map(|place| place >= forgotten);
    assert!(known.eq(expected));
    assert_eq!(tickets.psk(TicketId([0; 16])), None);
}

#[test]
fn nobody_approves_before_a_claim() {
    let mut desk = Desk::new(Way::Link);
    assert_eq!(desk.approve("123456"), Verdict::Unclaimed);
    assert!(desk.tickets.withdraw(desk.id));
    assert!(!desk.tickets.withdraw(desk.id));
    assert_eq!(desk.approve("123456"), Verdict::Over);
    let (_, claimant) = desk.ends.pair();
    let refused = desk.tickets.claim(&claimant, desk.now);
    assert_eq!(refused, Claimed::Refused(Fate::Withdrawn));
}

/// The device's side takes each step in its turn, and no other.
#[test]
fn a_device_follows_the_order() {
    let paired = || {
        let (mut desk, _, claimant) = Desk::claimed();
        desk.approved(&claimant)
    };
    let pending = || Pending {
        daemon: "home".to_owned(),
        role: Role::View,
    };
    let orders: [(&[ToDevice], bool); 8] = [
        (
            &[ToDevice::Pending(pending()), ToDevice::Paired(paired())],
            true,
        ),
        (&[ToDevice::Unknown, ToDevice::Pending(pending())], true),
        (&[ToDevice::Paired(paired())], true),
        (&[ToDevice::Kept], true),
        (
            &[ToDevice::Pending(pending()), ToDevice::Pending(pending())],
            false,
        ),
        (
            &[ToDevice::Paired(paired()), ToDevice::Paired(paired())],
            false,
        ),
        (&[ToDevice::Paired(paired()), ToDevice::Kept], false),
        (&[ToDevice::Kept, ToDevice::Pending(pending())], false),
    ];
    for (messages, expected) in orders {
        let (desk, mut device, mut claimant) = Desk::claimed();
        let results: Vec<bool> = messages
            .iter()
            .map(|message| {
                let message = claimant.send(message, desk.now).unwrap();
                device.receive(&message, desk.now).is_ok()
            })
            .collect();
        assert_eq!(results.last(), Some(&expected), "{messages:?}");
        assert!(results[..results.len() - 1].iter().all(|&ok| ok));
    }
    let (desk, mut device, _) = Desk::claimed();
    assert!(device.stored(true, desk.now).is_err(), "nothing was given");
}

#[test]
fn a_device_hears_how_it_ended() {
    let (desk, mut device, claimant) = Desk::claimed();
    let message = claimant.end(Fate::Burned.end()).unwrap();
    assert_eq!(
        device.receive(&message, desk.now),
        Ok(Step::Ended(End::Refused))
    );
    assert_eq!(device.receive(&message, desk.now), Err(Broken));
}

/// A device says what it is for people to read: in harmless words, and not many.
#[test]
fn what_a_device_says_of_itself_is_made_harmless() {
    let ends = Ends::new();
    let vain = Claim {
        kind: DeviceKind::Unknown,
        name: format!("a\u{1b}[2J\u{202e}b{}", "x".repeat(100)),
        agent: "a\nb".to_owned(),
        origin: Some("https://example.org\r".to_owned()),
    };
    let (_, claimant) = ends.pair_with(ends.knock(), &ends.secret, vain).unwrap();
    let heard = claimant.claim();
    assert_eq!(heard.name, format!("a [2Jb{}", "x".repeat(58)));
    assert_eq!(heard.agent, "a b");
    assert_eq!(heard.origin.as_deref(), Some("https://example.org "));
    assert_eq!(heard.kind, DeviceKind::Unknown);
}
