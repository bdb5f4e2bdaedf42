//! Whole conversations, whose messages pass through somebody's hands.

use std::time::Instant;

use super::ends::{DEVICE, Ends, claim, frame, frame_of, grant};
use crate::channel::daemon::Greeted;
use crate::channel::joining::Step;
use crate::channel::pairing::{Stored, ToDaemon, ToDevice};
use crate::channel::tickets::{Claimed, Offer, Tickets, Verdict, Way};
use crate::channel::{End, Opened, SystemEntropy};
use crate::grant::Role;

/// Takes a message with its number, and gives what arrives instead.
pub(super) type Hands<'h> = &'h mut dyn FnMut(usize, Vec<u8>) -> Vec<u8>;

/// How far a conversation came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Outcome {
    /// The first message that its receiver did not take; `None`: all was said.
    pub(super) refused: Option<usize>,
    /// Whether the daemon came to act for the device.
    pub(super) effect: bool,
}

pub(super) type Run = fn(&Ends, Hands<'_>) -> Outcome;

/// Each kind of conversation, with the number of its messages.
pub(super) const RUNS: [(Run, usize); 2] = [(resume, 9), (pair, 9)];

/// Passes messages on and counts them.
struct Wire<'h> {
    hands: Hands<'h>,
    next: usize,
}

impl Wire<'_> {
    fn pass(&mut self, message: Vec<u8>) -> Vec<u8> {
        let number = self.next;
        self.next += 1;
        (self.hands)(number, message)
    }

    /// What the receiver of the last message says.
    fn taken<T, E>(&self, result: Result<T, E>) -> Result<T, usize> {
        result.map_err(|_| self.next - 1)
    }
}

fn outcome(effect: bool, result: Result<(), usize>) -> Outcome {
    let refused = result.err();
    Outcome { refused, effect }
}

/// Hellos, handshake, the device's first message, one more each way, two at once, an end.
pub(super) fn resume(ends: &Ends, hands: Hands<'_>) -> Outcome {
    let mut effect = false;
    let result = try_resume(ends, &mut Wire { hands, next: 0 }, &mut effect);
    outcome(effect, result)
}

fn try_resume(ends: &Ends, wire: &mut Wire<'_>, effect: &mut bool) -> Result<(), usize> {
    let now = ends.now;
    let (hello, greeting) = ends.knock().resume(&ends.psk).unwrap();
    let hello = wire.pass(hello);
    let (answer, greeted) = wire.taken(ends.door.greet(&hello))?;
    let answer = wire.pass(answer);
    let (first, asking) = wire.taken(greeting.greeted(&answer))?;
    let first = wire.pass(first);
    let Greeted::Resume(resuming) = greeted else {
        return Err(2);
    };
    let asked = wire.taken(resuming.read(&first))?;
    let known = (asked.key() == ends.device.public()).then_some((DEVICE, &ends.psk));
    let (answer, confirming) = wire.taken(asked.answer(&ends.door, known))?;
    let answer = wire.pass(answer);
    let (message, mut device) = wire.taken(asking.answered(&answer, &frame(), now))?;
    let message = wire.pass(message);
    let confirmed = confirming.confirm(&message, now, |_| Some(grant()));
    let (mut daemon, part) = wire.taken(confirmed)?;
    *effect = true;
    assert_eq!(part, frame()[4..]);

    let said = frame_of(5, 40);
    let message = daemon.seal(&said, now).unwrap().remove(0);
    let message = wire.pass(message);
    let opened = wire.taken(device.open(&message, now))?;
    assert_eq!(opened, Opened::Part(said[4..].to_vec()));
    let both = [frame_of(2, 10), frame_of(3, 30)].concat();
    for (message, length) in device.seal(&both, now).unwrap().into_iter().zip([12, 32]) {
        let message = wire.pass(message);
        match wire.taken(daemon.open(&message, now))? {
            Opened::Part(part) => assert_eq!(part.len(), length),
            Opened::Ended(why) => panic!("ended: {why:?}"),
        }
    }
    let message = wire.pass(daemon.end(End::Upgrade).unwrap());
    let opened = wire.taken(device.open(&message, now))?;
    assert_eq!(opened, Opened::Ended(End::Upgrade));
    Ok(())
}

/// Hellos, handshake, claim, pending, paired, stored, kept. An effect is a ticket that is claimed.
pub(super) fn pair(ends: &Ends, hands: Hands<'_>) -> Outcome {
    let mut effect = false;
    let result = try_pair(ends, &mut Wire { hands, next: 0 }, &mut effect);
    outcome(effect, result)
}

fn offered(ends: &Ends, now: Instant) -> Tickets {
    let mut tickets = Tickets::new();
    let offer = Offer {
        grant: grant(),
        name: Some("desk".to_owned()),
        daemon: "home".to_owned(),
    };
    tickets.open(&ends.secret, Way::Link, offer, now).unwrap();
    tickets
}

fn try_pair(ends: &Ends, wire: &mut Wire<'_>, effect: &mut bool) -> Result<(), usize> {
    let now = ends.now;
    let mut tickets = offered(ends, now);
    let (hello, greeting) = ends.knock().pair(&ends.secret).unwrap();
    let hello = wire.pass(hello);
    let (answer, greeted) = wire.taken(ends.door.greet(&hello))?;
    let answer = wire.pass(answer);
    let (first, asking) = wire.taken(greeting.greeted(&answer))?;
    let first = wire.pass(first);
    let Greeted::Pair(pairing) = greeted else {
        return Err(2);
    };
    let psk = tickets.psk(pairing.ticket());
    let (answer, claiming) = wire.taken(pairing.answer(&ends.door, psk, &first))?;
    let answer = wire.pass(answer);
    let (message, mut device) = wire.taken(asking.answered(&answer, claim(), now))?;
    let message = wire.pass(message);
    let mut claimant = wire.taken(claiming.confirm(&message, now))?;
    *effect = true;
    let Claimed::Pending(pending) = tickets.claim(&claimant, now) else {
        panic!("an open ticket");
    };
    let message = claimant.send(&ToDevice::Pending(pending), now).unwrap();
    let message = wire.pass(message);
    let Step::Show(code, shown) = wire.taken(device.receive(&message, now))? else {
        panic!("a code");
    };
    assert_eq!((shown.role, shown.daemon.as_str()), (Role::Type, "home"));
    let verdict = tickets.approve(claimant.ticket(), &code.to_string(), &SystemEntropy, now);
    let Verdict::Approved(paired) = verdict.unwrap() else {
        // Both ends went on with handshakes that differ.
        return Err(wire.next - 1);
    };
    let message = wire.pass(
        claimant
            .send(&ToDevice::Paired(paired.clone()), now)
            .unwrap(),
    );
    let step = wire.taken(device.receive(&message, now))?;
    assert_eq!(step, Step::Store(paired.clone()));
    let message = wire.pass(device.stored(true, now).unwrap());
    let ToDaemon::Stored(stored) = wire.taken(claimant.receive(&message, now))? else {
        panic!("a word about storing");
    };
    assert_eq!(stored, Stored { durable: true });
    let made = tickets.stored(&claimant, stored, now).unwrap();
    assert_eq!((made.psk, made.key), (paired.psk, ends.device.public()));
    tickets.kept(claimant.ticket());
    let message = wire.pass(claimant.send(&ToDevice::Kept, now).unwrap());
    assert_eq!(wire.taken(device.receive(&message, now))?, Step::Done);
    Ok(())
}

#[test]
fn untouched_conversations_come_to_their_end() {
    let ends = Ends::new();
    for (run, length) in RUNS {
        let mut messages = 0;
        let outcome = run(&ends, &mut |_, message| {
            messages += 1;
            message
        });
        let expected = Outcome {
            refused: None,
            effect: true,
        };
        assert_eq!((outcome, messages), (expected, length));
    }
}
