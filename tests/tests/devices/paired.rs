//! Devices that are let in: how they get in, what each may do, and what everybody is told.

use abide_protocol::channel::End;
use abide_protocol::channel::joining::Step;
use abide_protocol::channel::pairing::{Claim, DeviceKind};
use abide_protocol::channel::{StaticKey, SystemEntropy};
use abide_protocol::input::InputEvent;
use abide_protocol::message::{
    Answer, CaptureRange, CodeVerdict, DeviceEdit, EndHow, FailKind, InputRefusal, PairingStage,
    Request, Search, ToClient, ToServer,
};
use abide_protocol::{Grant, InputSeq, Role, SessionId};
use support::wait;

use crate::device::{Joining, PATIENCE, claim, silent};
use crate::owner::{Owner, offer};

/// Copies what it reads to its screen, in lines.
const CAT: &str = "stty raw -echo; exec cat";

/// Whoever approves reads kind and origin: they are what the daemon sees, or there is no claim.
#[tokio::test]
async fn a_device_that_says_it_is_another_kind_is_not_shown() {
    let mut owner = Owner::new().await;
    let (pairing, link) = owner.ticket(offer(Role::View, &[])).await;
    let elsewhere = Some("https://elsewhere.example".to_owned());
    for claim in [
        Claim {
            kind: DeviceKind::Browser,
            ..claim()
        },
        Claim {
            origin: elsewhere,
            ..claim()
        },
    ] {
        let key = StaticKey::generate(&SystemEntropy).unwrap();
        let mut joining = Joining::claiming(&link, key, claim).await.unwrap();
        assert_eq!(joining.try_code().await, None);
    }
    let mut honest = Joining::begin(&link).await;
    let code = honest.code().await;
    assert_eq!(owner.enter(pairing, &code).await, CodeVerdict::Right);
    honest.keep().await;
}

#[tokio::test]
async fn a_device_is_paired_types_and_loses_its_rights() {
    let mut owner = Owner::new().await;
    let session = owner.session("work", CAT);
    let (pairing, link) = owner.ticket(offer(Role::Type, &[session])).await;
    assert_eq!(owner.stage(pairing, 0).await, (1, PairingStage::Waiting));
    let mut joining = Joining::begin(&link).await;
    let code = joining.code().await;
    let (step, stage) = owner.stage(pairing, 1).await;
    let PairingStage::Claimed(claiming) = stage else {
        panic!("{stage:?}")
    };
    assert_eq!(
        (claiming.name.as_str(), claiming.from.as_str()),
        ("phone", "127.0.0.1")
    );
    assert_eq!(owner.enter(pairing, "12345").await, CodeVerdict::NoCode);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert_eq!(
        owner.enter(pairing, wrong).await,
        CodeVerdict::Wrong { left: 2 }
    );
    assert_eq!(owner.enter(pairing, &code).await, CodeVerdict::Right);
    let device = joining.keep().await;
    let (_, stage) = owner.stage(pairing, step + 1).await;
    assert!(matches!(stage, PairingStage::Paired(_)), "{stage:?}");

    let mut online = device.connect().await;
    online.attach(session).await;
    online.type_text("typed from afar").await;
    owner.home.wait_screen("work", "typed from afar");

    let revoked = owner.revoke(Some(device.id)).await;
    assert_eq!((revoked.devices, revoked.unconfirmed.len()), (1, 0));
    while online.next().await.is_some() {}
    assert_eq!(online.ended, Some(End::Revoked));
    assert!(device.try_connect().await.is_none());
    assert!(owner.devices().await.is_empty());
    let actions = owner.actions().await;
    assert_eq!(actions, ["share", "paired", "revoked", "stranger"]);
}

/// What was recorded elsewhere can be said again up to there.
#[tokio::test]
async fn a_handshake_without_a_claim_changes_nothing() {
    let mut owner = Owner::new().await;
    let (pairing, link) = owner.ticket(offer(Role::View, &[])).await;
    let socket = silent(&link).await;
    assert_eq!(owner.stage(pairing, 0).await, (1, PairingStage::Waiting));
    drop(socket);
    Joining::begin(&link).await.code().await;
    assert!(matches!(
        owner.stage(pairing, 1).await,
        (2, PairingStage::Claimed(_))
    ));
}

#[tokio::test]
async fn three_wrong_codes_burn_a_ticket_and_two_devices_raise_an_alarm() {
    let mut owner = Owner::new().await;
    let (pairing, link) = owner.ticket(offer(Role::View, &[])).await;
    let mut joining = Joining::begin(&link).await;
    let code = joining.code().await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for expected in [
        CodeVerdict::Wrong { left: 2 },
        CodeVerdict::Wrong { left: 1 },
        CodeVerdict::Burned,
    ] {
        assert_eq!(owner.enter(pairing, wrong).await, expected);
    }
    assert_eq!(joining.step().await, Step::Ended(End::Refused));
    let row = owner.audit().await.pop().unwrap();
    assert_eq!(
        (row.actor.as_str(), row.action.as_str()),
        ("local", "wrong codes")
    );
    assert_eq!(row.detail, "\"phone\" at 127.0.0.1");
    assert_eq!(owner.enter(pairing, &code).await, CodeVerdict::Over);

    // The same device may come again, with other digits; another one may not.
    let (pairing, link) = owner.ticket(offer(Role::View, &[])).await;
    let mut first = Joining::begin(&link).await;
    first.code().await;
    let mut again = Joining::again(&link, first.key()).await;
    let code = again.code().await;
    assert_eq!(first.step().await, Step::Ended(End::Refused));
    let mut other = Joining::begin(&link).await;
    assert_eq!(other.step().await, Step::Ended(End::Refused));
    assert_eq!(again.step().await, Step::Ended(End::Refused));
    assert_eq!(owner.enter(pairing, &code).await, CodeVerdict::Over);
    let (_, stage) = owner.stage(pairing, 3).await;
    assert!(
        matches!(&stage, PairingStage::Over(why) if why.contains("ALARM")),
        "{stage:?}"
    );
    assert!(owner.devices().await.is_empty());
    assert!(owner.actions().await.contains(&"second claim".to_owned()));
}

#[tokio::test]
async fn a_pairing_ends_with_its_terminal() {
    let mut owner = Owner::new().await;
    let (_, link) = owner.ticket(offer(Role::View, &[])).await;
    let mut joining = Joining::begin(&link).await;
    joining.code().await;
    let socket = owner.home.run().join("daemon");
    owner.link = abide::link::Link::connect(socket).await.unwrap();
    assert_eq!(joining.step().await, Step::Ended(End::Refused));
}

fn input(online: &crate::device::Online) -> ToServer {
    ToServer::Input {
        stream: online.stream,
        seq: InputSeq(1),
        event: InputEvent::Raw(b"forbidden".to_vec()),
    }
}

/// What a program reads and what size it has, after a device that may only watch did its best.
#[tokio::test]
async fn a_device_that_watches_creates_no_byte() {
    let mut owner = Owner::new().await;
    let session = owner.session("work", CAT);
    let device = owner.pair(offer(Role::View, &[session])).await;
    let mut online = device.connect().await;
    online.attach(session).await;
    let size = owner.home.info("work")["size"].clone();
    for message in [
        input(&online),
        ToServer::Focus { focused: true },
        ToServer::Drive { take: true },
        ToServer::Resize {
            size: abide_protocol::Size::new(33, 11).unwrap(),
        },
    ] {
        online.send(&message).await;
    }
    let why = online
        .until("a refusal", |message| match message {
            ToClient::Refused { why, .. } => Some(why),
            _ => None,
        })
        .await;
    assert_eq!(why, InputRefusal::Forbidden);
    // An answer comes after all of it.
    let capture = Request::Capture {
        session,
        range: CaptureRange { history: 0 },
    };
    assert!(matches!(online.ask(capture).await, Answer::Captured { .. }));
    owner.home.ok(&["send", "work", "allowed"]);
    owner.home.wait_screen("work", "allowed");
    assert!(!owner.home.ok(&["capture", "work"]).contains("forbidden"));
    assert_eq!(owner.home.info("work")["size"], size);
    assert!(owner.home.info("work")["driver"].is_null());
}

fn kind(answer: &Answer) -> Option<FailKind> {
    match answer {
        Answer::Failed(failure) => Some(failure.kind),
        _ => None,
    }
}

fn search(session: SessionId) -> Request {
    Request::Search {
        session,
        query: Search {
            pattern: "x".into(),
            ignore_case: false,
            from: None,
            backwards: false,
            limit: 1,
        },
    }
}

#[tokio::test]
async fn each_role_may_what_it_may_and_foreign_sessions_do_not_exist() {
    let mut owner = Owner::new().await;
    let own = owner.session("own", CAT);
    let foreign = owner.session("foreign", CAT);
    let rename = |session, name: &str| Request::Rename {
        session,
        name: name.into(),
    };
    for (role, history, manages) in [
        (
            Role::View,
            Some(FailKind::Forbidden),
            Some(FailKind::Forbidden),
        ),
        (Role::Type, None, Some(FailKind::Forbidden)),
        (Role::Manage, None, None),
    ] {
        let device = owner.pair(offer(role, &[own])).await;
        let mut online = device.connect().await;
        let Answer::Sessions(listed) = online.ask(Request::List).await else {
            panic!("a list")
        };
        let all = role == Role::Manage;
        assert_eq!(listed.len(), if all { 2 } else { 1 }, "{role:?}");
        let gone = (!all).then_some(FailKind::NotFound);
        for (request, expected) in [
            (Request::Info { session: own }, None),
            (Request::Info { session: foreign }, gone),
            (search(own), history),
            (search(foreign), gone),
            (rename(own, "own"), manages),
            (rename(foreign, "foreign"), gone),
            (Request::Devices, Some(FailKind::Forbidden)),
            (Request::Revoke { device: None }, Some(FailKind::Forbidden)),
            (Request::Status, Some(FailKind::Forbidden)),
            (Request::Unknown, Some(FailKind::Unsupported)),
        ] {
            let answer = online.ask(request.clone()).await;
            assert_eq!(kind(&answer), expected, "{role:?} {request:?}");
        }
        let attach = Box::new(online.attachment(foreign));
        online.send(&ToServer::Attach(attach)).await;
        let attached = online
            .until("an answer to attach", |message| match message {
                ToClient::Attached { .. } => Some(true),
                ToClient::Closed(_) => Some(false),
                _ => None,
            })
            .await;
        assert_eq!(attached, all, "{role:?}");
        online.send(&input(&online)).await;
        let end = Request::End {
            session: foreign,
            how: EndHow::Kill,
        };
        if !all {
            assert_eq!(kind(&online.ask(end).await), gone);
            assert!(!owner.home.ok(&["capture", "foreign"]).contains("forbidden"));
        }
        owner.revoke(Some(device.id)).await;
    }
}

#[tokio::test]
async fn there_is_an_end_to_links_and_searches() {
    let mut owner = Owner::new().await;
    let session = owner.session("work", CAT);
    let device = owner.pair(offer(Role::Type, &[session])).await;
    let mut links = Vec::new();
    for _ in 0..8 {
        links.push(device.connect().await);
    }
    // The ninth is told why.
    let refused = tokio::spawn({
        let device = device.clone();
        async move { crate::strangers::first_message(&device).await }
    });
    let told = refused.await.unwrap();
    assert!(
        matches!(&told, Some(ToClient::Closed(failure)) if failure.kind == FailKind::Exhausted),
        "{told:?}"
    );
    let online = links.first_mut().unwrap();
    let mut refusals = 0;
    for _ in 0..8 {
        // Each cancels the one before, or is refused.
        let answer = online.ask(search(session)).await;
        refusals += usize::from(kind(&answer) == Some(FailKind::Exhausted));
    }
    assert!(refusals <= 4, "{refusals}");
    assert_eq!(owner.devices().await[0].links, 8);
}

/// Other rights count at once, and everybody is told of more.
#[tokio::test]
async fn more_and_less_rights_count_at_once_and_are_told() {
    let mut owner = Owner::new().await;
    let session = owner.session("work", CAT);
    let watcher = owner.pair(offer(Role::View, &[session])).await;
    let mut watching = watcher.connect().await;
    let device = owner.pair(offer(Role::View, &[session])).await;
    let mut online = device.connect().await;
    let notice = |message| match message {
        ToClient::Notice(line) => Some(line),
        _ => None,
    };
    let told = watching.until("a notice", notice).await;
    assert!(told.contains("\"phone 2\" was paired"), "{told}");
    for (role, can) in [(Role::Type, true), (Role::View, false)] {
        let edit = DeviceEdit::Grant {
            grant: Grant {
                role,
                sessions: Some(vec![session]),
                history: false,
                expires: None,
            },
            lasts: None,
        };
        let device_id = device.id;
        let request = Request::EditDevice {
            device: device_id,
            edit,
        };
        assert_eq!(owner.ask(request).await, Answer::Done);
        while online.next().await.is_some() {}
        assert_eq!(online.ended, Some(End::Rekeyed));
        online = device.connect().await;
        online.attach(session).await;
        online.send(&input(&online)).await;
        if can {
            owner.home.wait_screen("work", "forbidden");
            let told = watching.until("a notice", notice).await;
            assert!(told.contains("has more rights"), "{told}");
        } else {
            let why = online
                .until("a refusal", |message| match message {
                    ToClient::Refused { why, .. } => Some(why),
                    _ => None,
                })
                .await;
            assert_eq!(why, InputRefusal::Forbidden);
        }
    }
    owner.revoke(Some(device.id)).await;
    let told = watching.until("a notice", notice).await;
    assert!(told.contains("was revoked"), "{told}");
}

/// Expiry ends live links, and counts for what comes after.
#[tokio::test]
async fn a_device_whose_time_is_over_is_cut_off() {
    let mut owner = Owner::new().await;
    let session = owner.session("work", CAT);
    let lasts = Some(3000);
    let device = owner
        .pair(abide_protocol::message::PairingOffer {
            lasts,
            ..offer(Role::Type, &[session])
        })
        .await;
    let mut online = device.connect().await;
    online.attach(session).await;
    let ended = tokio::time::timeout(PATIENCE, async { while online.next().await.is_some() {} });
    ended.await.unwrap();
    assert_eq!(online.ended, Some(End::Expired));
    assert!(device.try_connect().await.is_none());
    wait::until("the keeper to have dropped it", || {
        (owner.home.info("work")["viewers"] == 0).then_some(())
    });
    assert!(owner.actions().await.contains(&"expired".to_owned()));
}
