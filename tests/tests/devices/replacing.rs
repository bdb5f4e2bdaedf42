//! A device that is paired again under its name.

use abide_protocol::channel::link::PairingLink;
use support::emulator::Options;
use support::pairing::Offer;
use support::terminal::Terminal;

use crate::device::{Device, Joining};
use crate::owner::Owner;

/// Pairs a phone by `abide pair --link` at a terminal; what is answered where that is asked.
async fn pair(owner: &Owner, answer: Option<&str>) -> Device {
    let command = owner.home.in_terminal(&["abide", "pair", "--link"]);
    let terminal = Terminal::start(command, Options::sized(120, 40));
    let state = terminal.wait("a link", |state| state.text().contains("waiting for"));
    let text = state.text().replace('\n', "");
    let link = text.split("abide: ").next().unwrap().trim();
    let link = PairingLink::parse(link).expect("the whole link");
    let mut joining = Joining::begin(&link).await;
    let code = joining.code().await;
    terminal.wait("the code", |state| state.text().contains("six digits"));
    terminal.keys(format!("{code}\r"));
    let device = joining.keep().await;
    if let Some(answer) = answer {
        terminal.wait("the question", |state| state.text().contains("[y/N]"));
        terminal.keys(format!("{answer}\r"));
    }
    assert_eq!(terminal.wait_exit(), 0, "{}", terminal.state(0).text());
    device
}

async fn names(owner: &mut Owner) -> Vec<String> {
    let devices = owner.devices().await;
    let mut names: Vec<_> = devices.into_iter().map(|device| device.name).collect();
    names.sort();
    names
}

#[tokio::test]
async fn it_takes_its_own_place_if_its_owner_says_so_and_not_by_itself() {
    let mut owner = Owner::with_tls().await;
    let first = pair(&owner, None).await;
    let second = pair(&owner, Some("")).await;
    assert_eq!(names(&mut owner).await, ["phone", "phone 2"]);
    let third = pair(&owner, Some("y")).await;
    assert_eq!(names(&mut owner).await, ["phone", "phone 2"]);
    assert!(first.try_connect().await.is_none(), "its place is taken");
    for device in [&second, &third] {
        assert!(device.try_connect().await.is_some());
    }

    // Where nobody can be asked, both stay, unless it was said before.
    for (arguments, expected) in [
        (&[][..], &["phone", "phone 2", "phone 3"][..]),
        (&["--replace"], &["phone", "phone 2", "phone 3"]),
        (
            &["--replace", "--name", "phone 2"],
            &["phone", "phone 2", "phone 3"],
        ),
    ] {
        let mut offer = Offer::with(&owner.home, "type", arguments);
        let link = PairingLink::parse(offer.link()).unwrap();
        let mut joining = Joining::begin(&link).await;
        offer.type_code(&joining.code().await);
        joining.keep().await;
        offer.says(if arguments.is_empty() {
            "stays"
        } else {
            "is revoked"
        });
        assert_eq!(names(&mut owner).await, expected);
    }
    for device in [&second, &third] {
        assert!(device.try_connect().await.is_none(), "its place is taken");
    }
}
