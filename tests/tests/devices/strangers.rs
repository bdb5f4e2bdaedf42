//! Whoever is not known, or breaks the protocol, at each stage of a conversation.

use std::time::Instant;

use abide_protocol::channel::{CLOSE_STRANGER, Psk, StaticKey, SystemEntropy};
use abide_protocol::message::{ToClient, ToServer};
use abide_protocol::wire::{self, FrameReader};
use abide_protocol::{RequestId, Role};

use crate::device::{Device, Heard, hear, hear_message, open, say};
use crate::owner::{Owner, offer};

/// What the daemon says first to a device that has proved who it is.
pub async fn first_message(device: &Device) -> Option<ToClient> {
    let mut socket = open(device.place).await;
    let (hello, greeting) = device.knock().resume(&device.psk).unwrap();
    say(&mut socket, hello).await;
    let (first, asking) = greeting.greeted(&hear_message(&mut socket).await).unwrap();
    say(&mut socket, first).await;
    let answer = hear_message(&mut socket).await;
    let mut hello = Vec::new();
    wire::encode_to_server(&ToServer::Hello(wire::hello()), &mut hello);
    let (message, mut channel) = asking.answered(&answer, &hello, Instant::now()).ok()?;
    say(&mut socket, message).await;
    let Heard::Message(message) = hear(&mut socket).await else {
        return None;
    };
    let mut reader = FrameReader::new();
    match channel.open(&message, Instant::now()).unwrap() {
        abide_protocol::channel::Opened::Part(part) => reader.push_part(&part),
        abide_protocol::channel::Opened::Ended(_) => return None,
    }
    reader.next().unwrap()
}

/// What is done to the message of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    Cut,
    Flip,
    Longer,
    /// The message of the stage before once more.
    Replay,
    /// What the daemon said last.
    Reflect,
    Empty,
}

const HARMS: [Harm; 6] = [
    Harm::Cut,
    Harm::Flip,
    Harm::Longer,
    Harm::Replay,
    Harm::Reflect,
    Harm::Empty,
];

fn harmed(harm: Harm, message: &[u8], before: &[u8], heard: &[u8]) -> Vec<u8> {
    let mut message = message.to_vec();
    match harm {
        Harm::Cut => message.truncate(message.len() - 1),
        Harm::Flip => {
            let middle = message.len() / 2;
            message[middle] ^= 1;
        }
        Harm::Longer => message.push(0),
        Harm::Replay => return before.to_vec(),
        Harm::Reflect => return heard.to_vec(),
        Harm::Empty => message.clear(),
    }
    message
}

/// Goes as far as `stage` and does harm there; what the daemon does then.
async fn knock(device: &Device, stage: usize, harm: Harm) -> Heard {
    let mut socket = open(device.place).await;
    let (hello, greeting) = device.knock().resume(&device.psk).unwrap();
    if stage == 0 {
        say(&mut socket, harmed(harm, &hello, b"", b"abide")).await;
        // A hello of which a random part was changed is another hello.
        return match hear(&mut socket).await {
            Heard::Message(_) if harm == Harm::Flip => {
                say(&mut socket, hello).await;
                hear(&mut socket).await
            }
            heard => heard,
        };
    }
    say(&mut socket, hello.clone()).await;
    let greeted = hear_message(&mut socket).await;
    let (first, asking) = greeting.greeted(&greeted).unwrap();
    if stage == 1 {
        say(&mut socket, harmed(harm, &first, &hello, &greeted)).await;
        return hear(&mut socket).await;
    }
    say(&mut socket, first.clone()).await;
    let answer = hear_message(&mut socket).await;
    let mut frames = Vec::new();
    wire::encode_to_server(&ToServer::Hello(wire::hello()), &mut frames);
    let (message, mut channel) = asking.answered(&answer, &frames, Instant::now()).unwrap();
    if stage == 2 {
        say(&mut socket, harmed(harm, &message, &first, &answer)).await;
        return hear(&mut socket).await;
    }
    say(&mut socket, message.clone()).await;
    let hello = hear_message(&mut socket).await;
    // What it may do.
    hear_message(&mut socket).await;
    let id = RequestId(1);
    let request = abide_protocol::message::Request::List;
    frames.clear();
    wire::encode_to_server(&ToServer::Request { id, request }, &mut frames);
    let sealed = channel.seal(&frames, Instant::now()).unwrap().remove(0);
    say(&mut socket, harmed(harm, &sealed, &message, &hello)).await;
    hear(&mut socket).await
}

#[tokio::test]
async fn harm_at_any_stage_ends_the_conversation_and_nothing_else() {
    let mut owner = Owner::new().await;
    let session = owner.session("work", "exec cat");
    let device = owner.pair(offer(Role::Type, &[session])).await;
    let mut online = device.connect().await;
    for stage in 0..4 {
        for harm in HARMS {
            let heard = knock(&device, stage, harm).await;
            let expected = if stage < 3 { CLOSE_STRANGER } else { 1000 };
            assert_eq!(heard, Heard::Closed(Some(expected)), "{stage} {harm:?}");
        }
    }
    // Who is known is served all the while, and the strangers make one row.
    online.attach(session).await;
    let strangers = owner.actions().await;
    let strangers = strangers.iter().filter(|action| *action == "stranger");
    assert!((1..=2).contains(&strangers.count()));
}

/// A key, its own key, or the daemon's, is another one: it all looks alike.
#[tokio::test]
async fn who_is_not_known_is_told_nothing() {
    let mut owner = Owner::new().await;
    let device = owner.pair(offer(Role::Type, &[])).await;
    let key = || StaticKey::generate(&SystemEntropy).unwrap();
    for other in [
        Device {
            key: key(),
            ..device.clone()
        },
        Device {
            psk: Psk::random(&SystemEntropy).unwrap(),
            ..device.clone()
        },
    ] {
        assert!(other.try_connect().await.is_none());
    }
    // With another daemon's key the first message of the handshake cannot be read.
    let other = Device {
        daemon: key().public(),
        ..device.clone()
    };
    let mut socket = open(other.place).await;
    let (hello, greeting) = other.knock().resume(&other.psk).unwrap();
    say(&mut socket, hello).await;
    let (first, _) = greeting.greeted(&hear_message(&mut socket).await).unwrap();
    say(&mut socket, first).await;
    assert_eq!(hear(&mut socket).await, Heard::Closed(Some(CLOSE_STRANGER)));
    assert!(device.try_connect().await.is_some());
}

/// A hello that names no version of ours is answered, and that is all.
#[tokio::test]
async fn hellos_of_other_versions_are_answered_and_closed() {
    let owner = Owner::new().await;
    // [[99], [1, []], 16 bytes]
    let mut hello = b"abide channel\n".to_vec();
    hello.extend_from_slice(&[0x83, 0x81, 0x18, 99, 0x82, 1, 0x80, 0x50]);
    hello.extend_from_slice(&[7; 16]);
    let mut socket = open(owner.place).await;
    say(&mut socket, hello).await;
    assert!(matches!(hear(&mut socket).await, Heard::Message(_)));
    assert_eq!(hear(&mut socket).await, Heard::Closed(Some(1000)));
}
