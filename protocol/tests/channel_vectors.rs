//! What the channel looks like on the wire, for every other implementation: whole conversations
//! with all that was random in them, links, and derived values. `ABIDE_REWRITE=1` brings
//! `vectors/latest/channel.json` up to date after a deliberate change.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

use abide_protocol::channel::daemon::{Door, Greeted};
use abide_protocol::channel::device::Knock;
use abide_protocol::channel::joining::Step;
use abide_protocol::channel::link::PairingLink;
use abide_protocol::channel::pairing::{Claim, DeviceKind, ToDevice};
use abide_protocol::channel::tickets::{Claimed, Offer, Tickets, Verdict, Way};
use abide_protocol::channel::{CryptoFault, End, Entropy, Opened, Psk, Secret, StaticKey};
use abide_protocol::message::{Request, ToServer};
use abide_protocol::wire::encode_to_server;
use abide_protocol::{DeviceId, Grant, RequestId, Role, SessionId};
use serde_json::{Value, json};

/// Messages of one direction after which its key is replaced.
const REKEY: usize = 1 << 16;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The first time all bytes are `0`, the second time one more, and so on.
struct Counted(AtomicU8);

impl Counted {
    fn from(first: u8) -> Arc<dyn Entropy> {
        Arc::new(Self(AtomicU8::new(first)))
    }
}

impl Entropy for Counted {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoFault> {
        out.fill(self.0.fetch_add(1, Ordering::Relaxed));
        Ok(())
    }
}

fn device_key() -> StaticKey {
    StaticKey::from_private(&[0xDE; 32]).unwrap()
}

fn daemon_key() -> StaticKey {
    StaticKey::from_private(&[0xDA; 32]).unwrap()
}

fn knock() -> Knock {
    Knock {
        key: device_key(),
        daemon: daemon_key().public(),
        entropy: Counted::from(0x01),
    }
}

/// Serves itself from 0x11 on: the challenge, a key that is not used, an ephemeral key.
fn door() -> Door {
    Door::new(daemon_key(), Counted::from(0x11))
}

/// What both ends had, and what was random.
fn keys() -> Value {
    json!({
        "device": {
            "private": hex(device_key().private()),
            "public": device_key().public().to_string(),
            "nonce": hex(&[0x01; 16]),
            "ephemeral": hex(&[0x02; 32]),
        },
        "daemon": {
            "private": hex(daemon_key().private()),
            "public": daemon_key().public().to_string(),
            "challenge": hex(&[0x11; 32]),
            "ephemeral": hex(&[0x13; 32]),
        },
    })
}

fn said(from: &str, what: &str, bytes: &[u8]) -> Value {
    json!({ "from": from, "what": what, "hex": hex(bytes) })
}

fn part(from: &str, what: &str, part: &[u8], bytes: &[u8]) -> Value {
    json!({ "from": from, "what": what, "part": hex(part), "hex": hex(bytes) })
}

fn list() -> Vec<u8> {
    let (id, request) = (RequestId(1), Request::List);
    let mut frame = Vec::new();
    encode_to_server(&ToServer::Request { id, request }, &mut frame);
    frame
}

fn grant() -> Grant {
    Grant {
        role: Role::Type,
        sessions: Some(vec![SessionId([0x5E; 16])]),
        history: false,
        expires: Some(1_800_000_000_000),
    }
}

/// A device comes back, says one thing 65,537 times, is answered once, and is told to go.
fn resumption() -> Value {
    let now = Instant::now();
    let (psk, door, id) = (Psk::from_bytes(&[0xC5; 32]), door(), DeviceId([0x1D; 16]));
    let (hello, greeting) = knock().resume(&psk).unwrap();
    let mut messages = vec![said("device", "hello", &hello)];
    let (answer, Greeted::Resume(resuming)) = door.greet(&hello).unwrap() else {
        panic!("a resumption");
    };
    messages.push(said("daemon", "hello", &answer));
    let (first, asking) = greeting.greeted(&answer).unwrap();
    messages.push(said("device", "handshake", &first));
    let asked = resuming.read(&first).unwrap();
    let (answer, confirming) = asked.answer(&door, Some((id, &psk))).unwrap();
    messages.push(said("daemon", "handshake", &answer));
    let frame = list();
    let (message, mut device) = asking.answered(&answer, &frame, now).unwrap();
    messages.push(part("device", "part", &frame[4..], &message));
    let confirmed = confirming.confirm(&message, now, |_| Some(grant()));
    let (mut session, opened) = confirmed.unwrap();
    assert_eq!(opened, frame[4..]);
    let sealed = session.seal(&frame, now).unwrap().remove(0);
    messages.push(part("daemon", "part", &frame[4..], &sealed));
    assert!(device.open(&sealed, now).is_ok());
    let mut later = Vec::new();
    for number in 2..=REKEY + 1 {
        let sealed = device.seal(&frame, now).unwrap().remove(0);
        assert!(session.open(&sealed, now).is_ok());
        if number == 2 || number >= REKEY {
            later.push(json!({ "number": number, "hex": hex(&sealed) }));
        }
    }
    let end = session.end(End::Rekeyed).unwrap();
    assert_eq!(device.open(&end, now), Ok(Opened::Ended(End::Rekeyed)));
    json!({
        "keys": keys(),
        "psk": hex(psk.as_bytes()),
        "messages": messages,
        "the device's part again, as its message of this number": later,
        "the daemon's end (rekeyed), after its part": hex(&end),
    })
}

/// A device claims a ticket and is paired.
fn pairing() -> Value {
    let now = Instant::now();
    let (secret, door, mut tickets) = (Secret::from_bytes(&[0x5E; 16]), door(), Tickets::new());
    let offer = Offer {
        grant: grant(),
        name: None,
        daemon: "home".to_owned(),
    };
    let id = tickets.open(&secret, Way::Link, offer, now).unwrap();
    let (hello, greeting) = knock().pair(&secret).unwrap();
    let mut messages = vec![said("device", "hello", &hello)];
    let (answer, Greeted::Pair(pairing)) = door.greet(&hello).unwrap() else {
        panic!("a pairing");
    };
    messages.push(said("daemon", "hello", &answer));
    let (first, asking) = greeting.greeted(&answer).unwrap();
    messages.push(said("device", "handshake", &first));
    let (answer, claiming) = pairing.answer(&door, tickets.psk(id), &first).unwrap();
    messages.push(said("daemon", "handshake", &answer));
    let claim = Claim {
        kind: DeviceKind::Browser,
        name: "phone".to_owned(),
        agent: "Firefox 150".to_owned(),
        origin: Some("https://desk.example.org:7443".to_owned()),
    };
    let (message, mut device) = asking.answered(&answer, claim, now).unwrap();
    messages.push(said("device", "claim", &message));
    let mut claimant = claiming.confirm(&message, now).unwrap();
    let Claimed::Pending(pending) = tickets.claim(&claimant, now) else {
        panic!("an open ticket");
    };
    let message = claimant.send(&ToDevice::Pending(pending), now).unwrap();
    messages.push(said("daemon", "pending", &message));
    let Step::Show(code, _) = device.receive(&message, now).unwrap() else {
        panic!("a code");
    };
    let entropy = Counted::from(0x21);
    let verdict = tickets.approve(id, &code.to_string(), &*entropy, now);
    let Verdict::Approved(paired) = verdict.unwrap() else {
        panic!("the right code");
    };
    let message = claimant.send(&ToDevice::Paired(paired), now).unwrap();
    messages.push(said("daemon", "paired", &message));
    device.receive(&message, now).unwrap();
    messages.push(said("device", "stored", &device.stored(true, now).unwrap()));
    let message = claimant.send(&ToDevice::Kept, now).unwrap();
    messages.push(said("daemon", "kept", &message));
    json!({
        "keys": keys(),
        "secret": hex(secret.as_bytes()),
        "ticket": hex(&id.0),
        "ticket psk": hex(secret.psk().unwrap().as_bytes()),
        "messages": messages,
        "code": code.to_string(),
        "paired": { "device": hex(&[0x21; 16]), "psk": hex(&[0x22; 32]) },
    })
}

fn links() -> Value {
    let addresses = [
        "https://desk.example.org",
        "https://192.0.2.7:7443",
        "https://[2001:db8::7]:7443",
        "abide://desk:7443",
        "http://127.0.0.1:7000",
    ];
    let vector = |address: &str| {
        let link = PairingLink {
            address: address.parse().unwrap(),
            daemon: daemon_key().public(),
            secret: Secret::from_bytes(&[0x5E; 16]),
        };
        let text = link.to_text();
        assert_eq!(PairingLink::parse(&text), Ok(link));
        json!({ "address": address, "text": text.as_str() })
    };
    json!({
        "daemon": daemon_key().public().to_string(),
        "secret": hex(&[0x5E; 16]),
        "links": addresses.map(vector),
    })
}

#[test]
fn this_build_writes_the_latest_vectors() {
    let now = json!({ "resume": resumption(), "pair": pairing(), "links": links() });
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/latest/channel.json");
    if std::env::var_os("ABIDE_REWRITE").is_some() {
        let text = serde_json::to_string_pretty(&now).unwrap() + "\n";
        std::fs::write(&path, text).unwrap();
    }
    let before: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert!(
        before == now,
        "the channel's wire form changed; if on purpose, set ABIDE_REWRITE=1"
    );
}
