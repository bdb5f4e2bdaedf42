//! What is asked and answered about reaching a daemon: arbitrary values, and examples.

use abide_protocol::message::{Answer, CertificateInfo, Request, ShareChange, ShareInfo};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::messages::word;

fn words() -> impl Strategy<Value = Vec<String>> {
    vec(word(), 0..3)
}

fn change() -> impl Strategy<Value = ShareChange> {
    let lists = (option::of(words()), option::of(words()));
    let files = (option::of(word()), option::of(word()));
    (any::<(bool, Option<u16>)>(), lists, files).prop_map(
        |((off, loopback), (listen, names), (certificate, key))| ShareChange {
            off,
            listen,
            certificate,
            key,
            names,
            loopback,
        },
    )
}

pub(super) fn request() -> impl Strategy<Value = Request> {
    option::of(change()).prop_map(|change| Request::Share {
        change: change.map(Box::new),
    })
}

fn certificate() -> impl Strategy<Value = CertificateInfo> {
    let times = any::<([u64; 2], [bool; 2])>();
    (option::of(word()), words(), times).prop_map(
        |(path, names, ([from, until], [issued, due]))| CertificateInfo {
            path,
            names,
            from,
            until,
            issued,
            due,
        },
    )
}

pub(super) fn answer() -> impl Strategy<Value = Answer> {
    let places = (words(), words(), any::<Option<u16>>());
    let rest = (option::of(certificate()), words());
    (places, option::of(word()), words(), rest).prop_map(
        |((listening, silent, loopback), address, names, (certificate, faults))| {
            Answer::Share(Box::new(ShareInfo {
                listening,
                silent,
                loopback,
                address,
                names,
                certificate,
                faults,
            }))
        },
    )
}

pub(super) fn requests() -> Vec<(&'static str, Request)> {
    let change = ShareChange {
        off: false,
        listen: Some(vec!["0.0.0.0:7373".into()]),
        certificate: Some("/etc/abide/cert.pem".into()),
        key: Some("/etc/abide/key.pem".into()),
        names: Some(vec!["desk.example.org".into()]),
        loopback: Some(7350),
    };
    let off = ShareChange {
        off: true,
        ..ShareChange::default()
    };
    let share = |change: Option<ShareChange>| Request::Share {
        change: change.map(Box::new),
    };
    vec![
        ("share", share(None)),
        ("share, all", share(Some(change))),
        ("share, off", share(Some(off))),
    ]
}

pub(super) fn answers() -> Vec<(&'static str, Answer)> {
    let info = ShareInfo {
        listening: vec!["0.0.0.0:7373".into()],
        silent: vec!["192.0.2.1:7373".into()],
        loopback: Some(7350),
        address: Some("https://desk.example.org:7373".into()),
        names: vec!["desk.example.org:7373".into()],
        certificate: Some(CertificateInfo {
            path: Some("/etc/abide/cert.pem".into()),
            names: vec!["desk.example.org".into()],
            from: 1_767_225_600_000,
            until: 1_798_761_600_000,
            issued: true,
            due: false,
        }),
        faults: vec!["cannot listen on 192.0.2.1:7373: the port is in use".into()],
    };
    vec![
        ("share", Answer::Share(Box::new(info))),
        ("share, nothing", Answer::Share(Box::default())),
    ]
}
