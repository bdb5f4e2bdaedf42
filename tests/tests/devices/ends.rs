//! A daemon that leaves says so to its devices, and knows them when it is back.

use abide_protocol::Role;
use abide_protocol::channel::End;
use rustix::process::Signal;
use support::{process, wait};

use crate::device::Device;
use crate::owner::{Owner, offer};

/// What a device is told when this is done to its daemon.
async fn check(owner: &mut Owner, device: &Device, leave: impl FnOnce(&Owner)) {
    let mut online = device.connect().await;
    let daemon = owner.home.daemon().unwrap();
    leave(owner);
    while online.next().await.is_some() {}
    assert_eq!(online.ended, Some(End::Upgrade));
    wait::until("the daemon to leave", || {
        (!process::lives(daemon)).then_some(())
    });
    owner.start_again().await;
}

#[tokio::test]
async fn devices_are_told_that_the_daemon_leaves_for_now() {
    let mut owner = Owner::with_tls().await;
    let device = owner.pair(offer(Role::View, &[])).await;
    check(&mut owner, &device, |owner| {
        owner.home.ok(&["daemon", "restart"]);
    })
    .await;
    check(&mut owner, &device, |owner| {
        owner.home.ok(&["daemon", "stop"]);
    })
    .await;
    check(&mut owner, &device, |owner| {
        process::signal(owner.home.daemon().unwrap(), Signal::TERM);
    })
    .await;
    device.connect().await;
}
