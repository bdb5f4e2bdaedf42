//! The daemon is killed while it writes: what it had acknowledged is there, and who was revoked
//! never returns.

use std::time::Duration;

use abide_protocol::message::{Answer, DeviceEdit, Request};
use abide_protocol::{DeviceId, Grant, Role};
use support::process;

use crate::device::{Device, come_from_everywhere};
use crate::owner::{Owner, offer};

fn cycles() -> u64 {
    if support::soak() { 1000 } else { 18 }
}

/// What is under way when the daemon dies.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Rights,
    Revoke,
    Pair,
}

fn edit(device: DeviceId, role: Role) -> Request {
    let grant = Grant {
        role,
        sessions: None,
        history: false,
        expires: None,
    };
    let edit = DeviceEdit::Grant { grant, lasts: None };
    Request::EditDevice { device, edit }
}

/// Does it, and tells how far it came; `None`: nobody said that it was done.
async fn attempt(
    owner: &mut Owner,
    deed: Deed,
    device: &Device,
    role: Role,
) -> Option<Option<Device>> {
    match deed {
        Deed::Rights => {
            let answer = owner.link.request(edit(device.id, role)).await.ok()?;
            (answer == Answer::Done).then_some(None)
        }
        Deed::Revoke => {
            let device = Some(device.id);
            let answer = owner.link.request(Request::Revoke { device }).await.ok()?;
            matches!(answer, Answer::Revoked(_)).then_some(None)
        }
        Deed::Pair => owner.try_pair(offer(Role::View, &[])).await.map(Some),
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_and_the_revoked_never_return() {
    come_from_everywhere();
    let mut owner = Owner::with_tls().await;
    let mut device = owner.pair(offer(Role::View, &[])).await;
    let mut revoked: Vec<Device> = Vec::new();
    for cycle in 0..cycles() {
        let deed = [Deed::Rights, Deed::Revoke, Deed::Pair][cycle as usize % 3];
        let role = [Role::Type, Role::Manage][cycle as usize / 3 % 2];
        let daemon = owner.home.daemon().unwrap();
        // The moments of death are spread over what the deed takes.
        let killer = std::thread::spawn(move || {
            std::thread::park_timeout(Duration::from_micros(cycle * 331 % 6000));
            process::kill(daemon);
        });
        let done = attempt(&mut owner, deed, &device, role).await;
        killer.join().unwrap();
        support::wait::until("the death", || (!process::lives(daemon)).then_some(()));
        owner.start_again().await;

        let devices = owner.devices().await;
        let known = devices.iter().find(|info| info.id == device.id);
        match (deed, &done) {
            (Deed::Rights, Some(_)) => assert_eq!(known.unwrap().grant.role, role, "{cycle}"),
            (Deed::Rights | Deed::Pair, _) => assert!(known.is_some(), "{cycle}"),
            (Deed::Revoke, Some(_)) => assert!(known.is_none(), "{cycle}"),
            // It either came to pass or not.
            (Deed::Revoke, None) => {}
        }
        if let Some(Some(new)) = &done {
            assert!(devices.iter().any(|info| info.id == new.id), "{cycle}");
            assert!(new.try_connect().await.is_some(), "{cycle}");
        }
        if known.is_none() {
            revoked.push(device);
            device = owner.pair(offer(Role::View, &[])).await;
        } else {
            assert!(device.try_connect().await.is_some(), "{cycle}");
        }
        // The last ones each time, all of them now and then.
        let looked_at = if cycle % 100 == 99 { usize::MAX } else { 4 };
        for gone in revoked.iter().rev().take(looked_at) {
            assert!(gone.try_connect().await.is_none(), "{cycle}");
        }
    }
    // On a busy machine every death may have come first: one revocation is acknowledged in any case.
    owner.revoke(Some(device.id)).await;
    let daemon = owner.home.daemon().unwrap();
    process::kill(daemon);
    support::wait::until("the death", || (!process::lives(daemon)).then_some(()));
    owner.start_again().await;
    assert!(device.try_connect().await.is_none());
}
