//! A live channel: what it carries, how far, and how it ends.

use proptest::prelude::*;

use super::ends::{Ends, end_of, frame, frame_of};
use crate::channel::limits::{AGE_GRACE, MAX_AGE, MAX_TO_DAEMON, MAX_TRANSPORT};
use crate::channel::transport::Wear;
use crate::channel::{Broken, Channel, End, Opened, SealError};
use crate::limits::PART;
use crate::wire::MORE;

/// Keys that wear out soon.
const SOON: Wear = Wear {
    rekey_after: 4,
    messages: 10,
    age: MAX_AGE,
};

fn one(channel: &mut Channel, ends: &Ends) -> Vec<u8> {
    let mut sealed = channel.seal(&frame(), ends.now).unwrap();
    assert_eq!(sealed.len(), 1);
    sealed.remove(0)
}

#[expect(clippy::needless_pass_by_value, reason = "it is asked once")]
fn is_part(opened: Result<Opened, Broken>) -> bool {
    matches!(opened, Ok(Opened::Part(_)))
}

#[test]
fn keys_are_replaced_in_step_and_each_direction_by_itself() {
    let ends = Ends::new();
    let (mut device, mut session) = ends.resume();
    let wear = Wear {
        messages: 1000,
        ..SOON
    };
    device.set_wear(wear);
    session.channel().set_wear(wear);
    for round in 0..50 {
        let message = one(&mut device, &ends);
        assert!(is_part(session.open(&message, ends.now)), "{round}");
        if round % 3 == 0 {
            let message = one(session.channel(), &ends);
            assert!(is_part(device.open(&message, ends.now)), "{round}");
        }
    }
}

/// That the key is another one, not only the counter: an end that does not replace it is deaf
/// from that message on.
#[test]
fn a_replaced_key_opens_nothing_of_the_old_one() {
    let ends = Ends::new();
    let (mut device, mut session) = ends.resume();
    device.set_wear(SOON);
    // One message was sent to confirm the handshake: the fourth is the last with the first key.
    for number in 2..=5 {
        let message = one(&mut device, &ends);
        let opened = session.open(&message, ends.now);
        assert_eq!(is_part(opened), number <= 4, "{number}");
    }
}

#[test]
fn the_last_message_can_only_be_an_end() {
    let ends = Ends::new();
    let (mut device, mut session) = ends.resume();
    device.set_wear(SOON);
    session.channel().set_wear(SOON);
    for _ in 2..10 {
        let message = one(&mut device, &ends);
        assert!(is_part(session.open(&message, ends.now)));
    }
    assert_eq!(device.seal(&frame(), ends.now), Err(SealError::Worn));
    let two = [frame(), frame()].concat();
    assert_eq!(device.seal(&two, ends.now), Err(SealError::Worn));
    let message = device.end(End::Rekeyed).unwrap();
    let opened = session.open(&message, ends.now);
    assert_eq!(opened, Ok(Opened::Ended(End::Rekeyed)));
    assert!(!session.is_live());
}

/// Whoever goes on nevertheless is not listened to.
#[test]
fn messages_beyond_the_last_are_not_opened() {
    let ends = Ends::new();
    let (mut device, mut session) = ends.resume();
    session.channel().set_wear(Wear {
        rekey_after: 1000,
        ..SOON
    });
    for number in 2..=11 {
        let message = one(&mut device, &ends);
        let opened = session.open(&message, ends.now);
        assert_eq!(is_part(opened), number <= 10, "{number}");
    }
}

#[test]
fn a_channel_lasts_a_day() {
    let ends = Ends::new();
    let (mut device, mut session) = ends.resume();
    let last = end_of(MAX_AGE, ends.now);
    assert_eq!(device.worn_at(), ends.now + MAX_AGE);
    let message = device.seal(&frame(), last).unwrap().remove(0);
    let late = ends.now + MAX_AGE;
    assert!(is_part(session.open(&message, late)));
    assert_eq!(device.seal(&frame(), late), Err(SealError::Worn));
    // The end that is told of it may come a little later, and is heard.
    let message = device.end(End::Rekeyed).unwrap();
    let soon = end_of(AGE_GRACE, late);
    let opened = session.open(&message, soon);
    assert_eq!(opened, Ok(Opened::Ended(End::Rekeyed)));

    let (mut device, mut session) = ends.resume();
    let message = one(&mut device, &ends);
    let opened = session.open(&message, late + AGE_GRACE);
    assert_eq!(opened, Err(Broken));
}

/// One message that cannot be opened, and nothing passes any more.
#[test]
fn one_failure_is_the_end() {
    let ends = Ends::new();
    let (mut device, mut session) = ends.resume();
    let good = one(&mut device, &ends);
    let mut bad = good.clone();
    bad[0] ^= 1;
    assert_eq!(session.open(&bad, ends.now), Err(Broken));
    assert_eq!(session.open(&good, ends.now), Err(Broken));
    assert!(!session.is_live());
    let sealed = session.seal(&frame(), ends.now);
    assert_eq!(sealed, Err(SealError::Closed));
    assert_eq!(session.end(End::Revoked), None);
}

#[test]
fn every_end_is_told() {
    let ends = Ends::new();
    for why in [
        End::Revoked,
        End::Expired,
        End::Rekeyed,
        End::Upgrade,
        End::Refused,
        End::Unknown,
    ] {
        let (mut device, mut session) = ends.resume();
        // In the middle of a message too.
        let part = session.seal(&frame_of(MORE | 5, 10), ends.now);
        assert!(is_part(device.open(&part.unwrap()[0], ends.now)));
        let message = session.end(why).unwrap();
        assert_eq!(device.open(&message, ends.now), Ok(Opened::Ended(why)));
        assert!(!device.is_live());
        assert_eq!(device.end(End::Upgrade), None);
    }
}

/// A frame of the end's kind with this body.
fn end_frame(body: &[u8]) -> Vec<u8> {
    let mut frame = frame_of(0, body.len());
    let at = frame.len() - body.len();
    frame[at..].copy_from_slice(body);
    frame
}

#[test]
fn a_later_builds_end_is_an_end_and_nonsense_is_none() {
    let ends = Ends::new();
    for (body, expected) in [
        (&[0x81, 0x18, 0x63][..], Ok(Opened::Ended(End::Unknown))),
        (&[0x82, 0x00, 0xf5], Ok(Opened::Ended(End::Revoked))),
        (&[0x80], Err(Broken)),
        (&[0x81, 0x00, 0x00], Err(Broken)),
        (&[0x81, 0x61, 0x61], Err(Broken)),
        (&[], Err(Broken)),
    ] {
        let (mut device, mut session) = ends.resume();
        let sealed = session.seal(&end_frame(body), ends.now).unwrap();
        assert_eq!(device.open(&sealed[0], ends.now), expected, "{body:02x?}");
    }
}

#[test]
fn whole_messages_have_bounds_by_direction() {
    let ends = Ends::new();
    let whole = |length: usize| {
        let mut rest = length;
        let mut frames = Vec::new();
        while rest > PART {
            frames.extend(frame_of(MORE | 5, PART));
            rest -= PART;
        }
        frames.extend(frame_of(5, rest));
        frames
    };
    let (mut device, mut session) = ends.resume();
    // Nothing was sealed on an error: what follows is in step.
    assert!(device.seal(&whole(MAX_TO_DAEMON + 1), ends.now).is_err());
    let sealed = device.seal(&whole(MAX_TO_DAEMON), ends.now).unwrap();
    assert!(sealed.iter().all(|message| message.len() <= MAX_TRANSPORT));
    for message in sealed {
        assert!(is_part(session.open(&message, ends.now)));
    }
    let long = whole(MAX_TO_DAEMON + 1);
    for message in session.seal(&long, ends.now).unwrap() {
        assert!(is_part(device.open(&message, ends.now)));
    }
}

/// A peer that seals more than it may is cut off by the one who opens.
#[test]
fn who_says_too_much_is_cut_off() {
    let ends = Ends::new();
    let (mut device, mut session) = ends.resume();
    device.set_room(usize::MAX);
    let mut opened = Vec::new();
    for _ in 0..3 {
        let sealed = device.seal(&frame_of(MORE | 5, PART), ends.now).unwrap();
        opened.push(is_part(session.open(&sealed[0], ends.now)));
    }
    assert_eq!(opened, [true, true, false]);
}

#[test]
fn only_frames_are_sealed() {
    let ends = Ends::new();
    let (mut device, _) = ends.resume();
    for bytes in [
        vec![1],
        frame()[..frame().len() - 1].to_vec(),
        [frame(), vec![0; 3]].concat(),
        frame_of(1, 0)[..5].to_vec(),
    ] {
        let sealed = device.seal(&bytes, ends.now);
        assert_eq!(sealed, Err(SealError::NoFrames), "{bytes:02x?}");
    }
    assert_eq!(device.seal(&[], ends.now), Ok(Vec::new()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever both ends say, in whatever order, is heard as it was said.
    #[test]
    fn what_is_sealed_is_opened(said in prop::collection::vec((any::<bool>(), 1_u16..0x7fff, 0_usize..3000), 1..40)) {
        let ends = Ends::new();
        let (mut device, mut session) = ends.resume();
        for (back, kind, length) in said {
            let daemon = session.channel();
            let (from, to) = if back { (daemon, &mut device) } else { (&mut device, daemon) };
            let frame = frame_of(kind, length);
            for message in from.seal(&frame, ends.now).unwrap() {
                prop_assert_eq!(to.open(&message, ends.now), Ok(Opened::Part(frame[4..].to_vec())));
            }
        }
    }

    /// Bytes of any kind, from whoever: an error, never a panic.
    #[test]
    fn noise_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let ends = Ends::new();
        let (_, mut session) = ends.resume();
        prop_assert_eq!(session.open(&bytes, ends.now), Err(Broken));
        let _ = ends.door.greet(&bytes);
    }
}
