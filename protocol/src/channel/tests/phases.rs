//! Who gets in, who does not, and what each of them sees.

use std::sync::Arc;

use super::ends::{DEVICE, Ends, claim, frame, frame_of, grant};
use crate::channel::daemon::{Greeted, Rejected};
use crate::channel::device::{Knock, KnockError};
use crate::channel::entropy::{CryptoFault, Entropy};
use crate::channel::hello::{DaemonHello, DeviceHello, Purpose, VERSIONS, decode, encode};
use crate::channel::limits::MAX_EARLY;
use crate::channel::{Broken, Channel, Psk, PublicKey, Secret, StaticKey, SystemEntropy};
use crate::wire::FrameReader;

#[test]
fn a_device_that_is_known_gets_its_session() {
    let ends = Ends::new();
    let (mut device, mut session) = ends.resume();
    assert_eq!((session.device(), session.grant()), (DEVICE, &grant()));
    let said = frame_of(9, 100_000 - 34_500);
    for message in device.seal(&frame(), ends.now).unwrap() {
        session.open(&message, ends.now).unwrap();
    }
    assert!(
        device.seal(&said, ends.now).is_err(),
        "a frame above a part"
    );
}

/// What a stranger gets to see before the carrier is closed: bytes, by message.
fn seen(ends: &Ends, knock: Knock, psk: &Psk, known: Option<&Psk>) -> Vec<usize> {
    let mut seen = Vec::new();
    let (hello, greeting) = knock.resume(psk).unwrap();
    let (answer, greeted) = ends.door.greet(&hello).unwrap();
    seen.push(answer.len());
    let (first, asking) = greeting.greeted(&answer).unwrap();
    let Greeted::Resume(resuming) = greeted else {
        panic!("a resumption");
    };
    let Ok(asked) = resuming.read(&first) else {
        return seen;
    };
    let known = known.map(|psk| (DEVICE, psk));
    let (answer, confirming) = asked.answer(&ends.door, known).unwrap();
    seen.push(answer.len());
    assert!(asking.answered(&answer, &frame(), ends.now).is_err());
    // A stranger without the key can only guess.
    let guess = vec![0; 60];
    let confirmed = confirming.confirm(&guess, ends.now, |_| Some(grant()));
    assert_eq!(confirmed.err(), Some(Rejected));
    seen
}

/// An unknown key, a wrong key of its own, one that was revoked: the same messages, the same end.
#[test]
fn strangers_cannot_tell_why_they_are_strangers() {
    let ends = Ends::new();
    let other = Psk::random(&SystemEntropy).unwrap();
    let stranger = Knock {
        key: StaticKey::generate(&SystemEntropy).unwrap(),
        ..ends.knock()
    };
    let unknown = seen(&ends, stranger, &other, None);
    assert_eq!(unknown.len(), 2);
    assert_eq!(seen(&ends, ends.knock(), &other, Some(&ends.psk)), unknown);
    assert_eq!(seen(&ends, ends.knock(), &ends.psk, None), unknown);
    assert_eq!(Rejected.to_string(), "the handshake failed");
}

#[test]
fn a_grant_that_is_gone_at_the_last_moment_is_no_grant() {
    let ends = Ends::new();
    let (hello, greeting) = ends.knock().resume(&ends.psk).unwrap();
    let (answer, Greeted::Resume(resuming)) = ends.door.greet(&hello).unwrap() else {
        panic!("a resumption");
    };
    let (first, asking) = greeting.greeted(&answer).unwrap();
    let asked = resuming.read(&first).unwrap();
    let (answer, confirming) = asked.answer(&ends.door, Some((DEVICE, &ends.psk))).unwrap();
    let (message, _) = asking.answered(&answer, &frame(), ends.now).unwrap();
    let confirmed = confirming.confirm(&message, ends.now, |_| None);
    assert_eq!(confirmed.err(), Some(Rejected));
}

#[test]
fn only_the_right_daemon_is_spoken_to() {
    let ends = Ends::new();
    let key = StaticKey::generate(&SystemEntropy).unwrap();
    let elsewhere = Knock {
        daemon: key.public(),
        ..ends.knock()
    };
    assert!(ends.resume_with(elsewhere.clone(), &ends.psk).is_err());
    assert!(ends.pair_with(elsewhere, &ends.secret, claim()).is_err());
    // A key of low order would make both ends agree on nothing.
    let nowhere = Knock {
        daemon: PublicKey([0; 32]),
        ..ends.knock()
    };
    assert!(ends.resume_with(nowhere, &ends.psk).is_err());
}

#[test]
fn a_ticket_has_to_be_known() {
    let ends = Ends::new();
    let other = Secret::random(&SystemEntropy).unwrap();
    assert!(ends.pair_with(ends.knock(), &other, claim()).is_err());
    // Its name alone opens nothing.
    let (hello, greeting) = ends.knock().pair(&ends.secret).unwrap();
    let (answer, Greeted::Pair(pairing)) = ends.door.greet(&hello).unwrap() else {
        panic!("a pairing");
    };
    let (first, _) = greeting.greeted(&answer).unwrap();
    let wrong = other.psk().unwrap();
    let answered = pairing.answer(&ends.door, Some(&wrong), &first);
    assert_eq!(answered.err(), Some(Rejected));
}

#[test]
fn both_ends_derive_one_code_and_another_each_time() {
    let ends = Ends::new();
    let (_, one) = ends.pair();
    let (_, other) = ends.pair();
    assert_ne!(one.code(), other.code());
    assert_eq!(one.key(), ends.device.public());
    assert_eq!(one.claim(), &claim());
}

/// A later build gets an answer, and learns what to do; it gets no further.
#[test]
fn other_versions_are_told_so() {
    let ends = Ends::new();
    let mut hello = DeviceHello::new(Purpose::Resume, &SystemEntropy).unwrap();
    hello.versions = vec![2, 3];
    let (answer, greeted) = ends.door.greet(&encode(&hello)).unwrap();
    assert!(matches!(greeted, Greeted::Foreign));
    let answer: DaemonHello = decode(&answer).unwrap();
    assert_eq!(
        (answer.versions.as_slice(), answer.chosen),
        (VERSIONS, None)
    );

    for (versions, chosen, expected) in [
        (vec![7, 8], None, KnockError::Version { theirs: vec![7, 8] }),
        (vec![1, 7], Some(7), KnockError::Refused),
    ] {
        let (_, greeting) = ends.knock().resume(&ends.psk).unwrap();
        let hello = DaemonHello {
            versions,
            chosen,
            challenge: [0; 32],
        };
        assert_eq!(greeting.greeted(&encode(&hello)).err(), Some(expected));
    }
    let line = KnockError::Version { theirs: vec![7, 8] }.to_string();
    assert_eq!(
        line,
        "the daemon speaks channel 7, 8, this program 1: update the older one"
    );
}

/// Nothing is taken that is longer than it need be before it is known who sends it.
#[test]
fn early_messages_are_short() {
    let ends = Ends::new();
    assert_eq!(ends.door.greet(&vec![0; 5000]).err(), Some(Rejected));
    let answered = |first: &[u8]| -> Result<(Vec<u8>, Channel), KnockError> {
        let (hello, greeting) = ends.knock().resume(&ends.psk).unwrap();
        let (answer, Greeted::Resume(resuming)) = ends.door.greet(&hello).unwrap() else {
            panic!("a resumption");
        };
        let (message, asking) = greeting.greeted(&answer).unwrap();
        let asked = resuming.read(&message).unwrap();
        let known = Some((DEVICE, &ends.psk));
        let (answer, _) = asked.answer(&ends.door, known).unwrap();
        asking.answered(&answer, first, ends.now)
    };
    // A kind and a tag go along.
    let longest = MAX_EARLY - 18;
    assert_eq!(answered(&frame_of(1, longest)).unwrap().0.len(), MAX_EARLY);
    for first in [
        frame_of(1, longest + 1),
        [frame(), frame()].concat(),
        Vec::new(),
    ] {
        assert_eq!(answered(&first).err(), Some(KnockError::LongFirst));
    }
}

#[test]
fn a_reader_takes_parts_as_they_come_out_of_a_channel() {
    let ends = Ends::new();
    let (mut device, mut session) = ends.resume();
    let mut reader = FrameReader::<crate::message::ToServer>::new();
    for message in device.seal(&[frame(), frame()].concat(), ends.now).unwrap() {
        match session.open(&message, ends.now) {
            Ok(crate::channel::Opened::Part(part)) => reader.push_part(&part),
            other => panic!("a part, not {other:?}"),
        }
    }
    let mut direct = FrameReader::<crate::message::ToServer>::new();
    direct.push(&[frame(), frame()].concat());
    for _ in 0..3 {
        assert_eq!(reader.next(), direct.next());
    }
}

struct NoEntropy;

impl Entropy for NoEntropy {
    fn fill(&self, _: &mut [u8]) -> Result<(), CryptoFault> {
        Err(CryptoFault)
    }
}

/// Without random bytes nothing begins.
#[test]
fn no_randomness_no_handshake() {
    let ends = Ends::new();
    let knock = Knock {
        entropy: Arc::new(NoEntropy),
        ..ends.knock()
    };
    let error = knock.resume(&ends.psk).err();
    assert_eq!(error, Some(KnockError::Crypto(CryptoFault)));
    let door = crate::channel::daemon::Door::new(ends.device.clone(), Arc::new(NoEntropy));
    let (hello, _) = ends.knock().resume(&ends.psk).unwrap();
    assert_eq!(door.greet(&hello).err(), Some(Rejected));
}

/// What a claimant says is short too, and is not even decrypted otherwise.
#[test]
fn a_claimant_says_little() {
    let ends = Ends::new();
    let (_, mut claimant) = ends.pair();
    assert_eq!(
        claimant.receive(&vec![0; MAX_EARLY + 1], ends.now),
        Err(Broken)
    );
}
