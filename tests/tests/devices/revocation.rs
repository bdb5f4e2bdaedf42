//! Revocation is final when it is answered: under load, with programs that do not read, and when a
//! keeper does not answer.

use std::path::Path;
use std::process::Child;

use abide_protocol::message::{InputRefusal, ToClient};
use abide_protocol::{DeviceId, Role, SessionId};
use rustix::process::Signal;
use support::{process, wait};
use tokio::task::JoinHandle;

use crate::owner::{Owner, offer};

/// Devices that type at the same time, and how often one of them is revoked.
fn load() -> (u32, u32) {
    if support::soak() {
        (200, 10_000)
    } else {
        (6, 24)
    }
}

/// Texts under way of one device at most: together they fill the queue of the session, and alone not
/// the sockets, where a device that writes before it reads would wait for a daemon that does the same.
const UNDER_WAY: u64 = 1024;

/// A device that types its own character as fast as it can, until its link ends.
struct Typist {
    id: DeviceId,
    letter: char,
    typing: JoinHandle<()>,
}

async fn typist(owner: &mut Owner, session: SessionId, number: u32) -> Typist {
    let letter = char::from_u32(0x4e00 + number % 0x5000).unwrap();
    let device = owner.pair(offer(Role::Type, &[session])).await;
    let mut online = device.connect().await;
    online.attach(session).await;
    let text = letter.to_string().repeat(20);
    let typing = tokio::spawn(async move {
        let mut applied = 0;
        loop {
            tokio::select! {
                biased;
                message = online.next() => match message {
                    None => return,
                    // It did not fit: what comes next takes its number.
                    Some(ToClient::Refused { seq, why: InputRefusal::Busy, .. }) => online.again(seq),
                    Some(
                        ToClient::Header(header)
                        | ToClient::Snapshot { header, .. }
                        | ToClient::Update { header, .. },
                    ) => applied = header.applied.0,
                    Some(_) => {}
                },
                () = tokio::task::yield_now(), if online.typed() < applied + UNDER_WAY => {
                    online.type_text(&text).await;
                }
            }
        }
    });
    Typist {
        id: device.id,
        letter,
        typing,
    }
}

/// Types a mark from the session's machine.
fn mark(owner: &Owner, text: &str) -> Child {
    let mut command = owner.home.command("abide");
    command.args(["send", "--no-enter", "work", text]);
    command.spawn().unwrap()
}

/// Where `text` stands in what the program has read.
fn place(file: &Path, text: &str) -> Option<usize> {
    let read = std::fs::read(file).unwrap_or_default();
    let mut windows = read.windows(text.len());
    windows.position(|window| window == text.as_bytes())
}

/// What a local client types after the answer comes behind everything that was written before it: of
/// the device, nothing comes behind that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_device_arrives_after_its_revocation() {
    let (devices, trials) = load();
    let mut owner = Owner::new().await;
    let file = owner.home.path().join("read");
    let script = format!(
        "stty raw -echo; echo ready; exec cat >> '{}'",
        file.display()
    );
    let session = owner.session("work", &script);
    owner.home.wait_screen("work", "ready");
    let program = owner.home.program("work");
    let mut typists = std::collections::VecDeque::new();
    for number in 0..devices {
        typists.push_back(typist(&mut owner, session, number).await);
    }
    for trial in 0..trials {
        let stalls = trial % 2 == 1;
        let gone = typists.pop_front().unwrap();
        wait::until("the device's typing", || {
            place(&file, &gone.letter.to_string())
        });
        if stalls {
            process::signal(program, Signal::STOP);
        }
        let revoked = owner.revoke(Some(gone.id)).await;
        assert_eq!((revoked.devices, revoked.unconfirmed), (1, vec![]));
        let text = format!("[mark {trial}]");
        let mut marking = mark(&owner, &text);
        if stalls {
            process::signal(program, Signal::CONT);
        }
        let at = wait::until("the mark", || place(&file, &text));
        assert!(marking.wait().unwrap().success());
        gone.typing.await.unwrap();
        typists.push_back(typist(&mut owner, session, devices + trial).await);
        // The newcomer was heard, so that all that was written before has been read.
        let newest = typists.back().unwrap().letter.to_string();
        wait::until("the newcomer's typing", || place(&file, &newest));
        let read = std::fs::read(&file).unwrap();
        let after = String::from_utf8_lossy(&read[at..]).into_owned();
        assert!(!after.contains(gone.letter), "trial {trial}");
        std::fs::File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_len(0)
            .unwrap();
    }
    for typist in &typists {
        owner.revoke(Some(typist.id)).await;
    }
    for typist in typists {
        typist.typing.await.unwrap();
    }
}

/// A keeper that does not answer is named; the device is revoked all the same.
#[tokio::test]
async fn a_keeper_that_does_not_answer_is_named() {
    let mut owner = Owner::new().await;
    let session = owner.session("work", "exec cat");
    owner.session("other", "exec cat");
    let device = owner.pair(offer(Role::Type, &[session])).await;
    let mut online = device.connect().await;
    online.attach(session).await;
    let keeper = owner.home.keeper("work");
    process::signal(keeper, Signal::STOP);
    let revoked = owner.revoke(Some(device.id)).await;
    process::signal(keeper, Signal::CONT);
    assert_eq!(
        (revoked.devices, revoked.unconfirmed),
        (1, vec!["work".to_owned()])
    );
    while online.next().await.is_some() {}
    assert!(device.try_connect().await.is_none());
}

/// All of them, and the machine is another one.
#[tokio::test]
async fn all_devices_are_revoked_with_the_key() {
    let mut owner = Owner::new().await;
    let first = owner.pair(offer(Role::View, &[])).await;
    let second = owner.pair(offer(Role::View, &[])).await;
    let mut online = first.connect().await;
    let revoked = owner.revoke(None).await;
    assert_eq!((revoked.devices, revoked.unconfirmed.len()), (2, 0));
    while online.next().await.is_some() {}
    let third = owner.pair(offer(Role::View, &[])).await;
    assert_ne!(third.daemon, second.daemon);
    assert!(third.try_connect().await.is_some());
}
