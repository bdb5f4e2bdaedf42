//! Devices that do not take what they are sent.

use abide_protocol::message::{Attach, ToClient, ToServer};
use abide_protocol::{Role, SessionId};
use support::wait;

use crate::device::Online;
use crate::owner::{Owner, offer};

/// A session whose screen is more than sockets hold, and whose program writes down what it reads.
fn large(owner: &Owner) -> SessionId {
    let file = owner.home.path().join("read");
    let script = format!(
        "stty raw -echo; awk 'BEGIN {{ for (row = 0; row < 1000; row++) for (column = 0; column < \
         1000; column++) printf \"\\033[38;5;%dm€\", (row + column) % 250; print \"\\033[1;1Hready\" }}'; \
         exec cat > '{}'",
        file.display()
    );
    let size = ["--size", "1000x1000", "--detach", "--", "/bin/sh", "-c"];
    owner
        .home
        .ok(&[&["new", "large"][..], &size, &[&script]].concat());
    owner.home.wait_screen("large", "ready");
    owner.home.info("large")["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

/// Attaches and reads up to the beginning of the screen.
async fn begin_to_watch(online: &mut Online, session: SessionId) {
    let attach = Box::new(Attach {
        frames: true,
        ..online.attachment(session)
    });
    online.send(&ToServer::Attach(attach)).await;
    online
        .until("the driver", |message| {
            matches!(message, ToClient::Driver(_)).then_some(())
        })
        .await;
    online.part().await.expect("the beginning of the screen");
}

/// While a large screen is on its way to a device that does not read, its typing passes, and then the
/// screen comes whole.
#[tokio::test]
async fn a_device_that_does_not_read_still_types() {
    let mut owner = Owner::new().await;
    let session = large(&owner);
    let device = owner.pair(offer(Role::Type, &[session])).await;
    let mut online = device.connect().await;
    begin_to_watch(&mut online, session).await;
    online.type_text("typed meanwhile").await;
    let file = owner.home.path().join("read");
    wait::until("the typing", || {
        let read = std::fs::read_to_string(&file).unwrap_or_default();
        (read == "typed meanwhile").then_some(())
    });
    let rows = online
        .until("the screen", |message| match message {
            ToClient::Snapshot { snapshot, .. } => Some(snapshot.rows.len()),
            _ => None,
        })
        .await;
    assert_eq!(rows, 1000);
}

/// Who is revoked while it does not read is told so, and gets nothing more of what it was to see.
#[tokio::test]
async fn a_device_that_does_not_read_is_told_of_its_end() {
    let mut owner = Owner::new().await;
    let session = large(&owner);
    let device = owner.pair(offer(Role::View, &[session])).await;
    let mut online = device.connect().await;
    begin_to_watch(&mut online, session).await;
    let revoked = owner.revoke(Some(device.id)).await;
    assert_eq!((revoked.devices, revoked.unconfirmed.len()), (1, 0));
    while let Some(message) = online.next().await {
        assert!(!matches!(message, ToClient::Snapshot { .. }));
    }
    assert_eq!(online.ended, Some(abide_protocol::channel::End::Revoked));
}
