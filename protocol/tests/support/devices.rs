//! What is asked and answered about pairing and devices: arbitrary values, and one example of each.

use abide_protocol::message::{
    Answer, AuditRow, Claiming, CodeVerdict, DeviceEdit, DeviceInfo, DeviceKind, PairingOffer,
    PairingStage, Request, Revoked, Ticket,
};
use abide_protocol::{Grant, PairingNo, Role};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::examples::{DEVICE, SESSION};
use super::messages::{device, session, word};

fn role() -> impl Strategy<Value = Role> {
    select(vec![Role::View, Role::Type, Role::Manage])
}

fn kind() -> impl Strategy<Value = DeviceKind> {
    select(vec![
        DeviceKind::Native,
        DeviceKind::Browser,
        DeviceKind::Unknown,
    ])
}

fn pairing() -> impl Strategy<Value = PairingNo> {
    any::<u64>().prop_map(PairingNo)
}

pub(super) fn grant() -> impl Strategy<Value = Grant> {
    let sessions = option::of(vec(session(), 0..3));
    (role(), sessions, any::<(bool, Option<u64>)>()).prop_map(
        |(role, sessions, (history, expires))| Grant {
            role,
            sessions,
            history,
            expires,
        },
    )
}

fn offer() -> impl Strategy<Value = PairingOffer> {
    (grant(), option::of(word()), any::<bool>()).prop_map(|(grant, name, link)| PairingOffer {
        role: grant.role,
        sessions: grant.sessions,
        history: grant.history,
        lasts: grant.expires,
        name,
        link,
    })
}

fn edit() -> impl Strategy<Value = DeviceEdit> {
    prop_oneof![
        word().prop_map(DeviceEdit::Name),
        (grant(), any::<Option<u64>>())
            .prop_map(|(grant, lasts)| DeviceEdit::Grant { grant, lasts }),
    ]
}

pub(super) fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        offer().prop_map(|offer| Request::Pair {
            offer: Box::new(offer)
        }),
        (pairing(), any::<u64>())
            .prop_map(|(pairing, seen)| Request::AwaitPairing { pairing, seen }),
        (pairing(), word()).prop_map(|(pairing, code)| Request::EnterCode { pairing, code }),
        Just(Request::Devices),
        (device(), edit()).prop_map(|(device, edit)| Request::EditDevice { device, edit }),
        option::of(device()).prop_map(|device| Request::Revoke { device }),
        any::<(u64, u32, bool)>().prop_map(|(after, limit, wait)| Request::Audit {
            after,
            limit,
            wait
        }),
        word().prop_map(|line| Request::Notify { line }),
        Just(Request::TrustClock),
        word().prop_map(|typed| Request::Directories { typed }),
    ]
}

fn info() -> impl Strategy<Value = DeviceInfo> {
    let numbers = any::<(u64, Option<u64>, u32, bool)>();
    let texts = (option::of(word()), option::of(word()));
    let who = (device(), word(), kind(), grant(), texts);
    (who, numbers).prop_map(
        |((id, name, kind, grant, (from, fault)), (paired, seen, links, durable))| DeviceInfo {
            id,
            name,
            kind,
            grant,
            paired,
            seen,
            from,
            links,
            durable,
            fault,
        },
    )
}

fn stage() -> impl Strategy<Value = PairingStage> {
    let claiming = (kind(), [word(), word(), word()], option::of(word())).prop_map(
        |(kind, [name, agent, from], origin)| Claiming {
            kind,
            name,
            agent,
            origin,
            from,
        },
    );
    prop_oneof![
        select(vec![PairingStage::Waiting, PairingStage::Approved]),
        claiming.prop_map(PairingStage::Claimed),
        info().prop_map(|info| PairingStage::Paired(Box::new(info))),
        word().prop_map(PairingStage::Over),
    ]
}

fn audit_row() -> impl Strategy<Value = AuditRow> {
    (any::<(u64, u64)>(), [word(), word(), word(), word()]).prop_map(
        |((number, time), [actor, action, target, detail])| AuditRow {
            number,
            time,
            actor,
            action,
            target,
            detail,
        },
    )
}

pub(super) fn answer() -> impl Strategy<Value = Answer> {
    let verdict = prop_oneof![
        select(vec![
            CodeVerdict::Right,
            CodeVerdict::NoCode,
            CodeVerdict::Burned,
            CodeVerdict::Unclaimed,
            CodeVerdict::Over,
        ]),
        any::<u8>().prop_map(|left| CodeVerdict::Wrong { left }),
    ];
    prop_oneof![
        (pairing(), word(), any::<u64>(), option::of(word())).prop_map(
            |(pairing, link, lasts, native_only)| {
                Answer::Ticket(Box::new(Ticket {
                    pairing,
                    link,
                    lasts,
                    native_only,
                }))
            }
        ),
        (any::<u64>(), stage()).prop_map(|(step, stage)| Answer::Pairing { step, stage }),
        verdict.prop_map(Answer::Code),
        vec(info(), 0..3).prop_map(Answer::Devices),
        (any::<u32>(), vec(word(), 0..3), option::of(word())).prop_map(
            |(devices, unconfirmed, warning)| {
                Answer::Revoked(Revoked {
                    devices,
                    unconfirmed,
                    warning,
                })
            }
        ),
        vec(audit_row(), 0..3).prop_map(Answer::Audit),
        vec(word(), 0..3).prop_map(Answer::Directories),
    ]
}

pub(super) fn example_grant() -> Grant {
    Grant {
        role: Role::Type,
        sessions: Some(vec![SESSION]),
        history: true,
        expires: Some(1_800_000_000_000),
    }
}

pub(super) fn requests() -> Vec<(&'static str, Request)> {
    let pairing = PairingNo(3);
    let offer = PairingOffer {
        role: Role::Manage,
        sessions: None,
        history: false,
        lasts: None,
        name: None,
        link: false,
    };
    let some = PairingOffer {
        role: Role::View,
        sessions: Some(vec![SESSION]),
        history: true,
        lasts: Some(86_400_000),
        name: Some("phone".into()),
        link: true,
    };
    let pair = |offer| Request::Pair {
        offer: Box::new(offer),
    };
    let edit = |edit| Request::EditDevice {
        device: DEVICE,
        edit,
    };
    vec![
        ("pair", pair(offer)),
        ("pair, with everything", pair(some)),
        (
            "await a pairing",
            Request::AwaitPairing { pairing, seen: 2 },
        ),
        (
            "enter a code",
            Request::EnterCode {
                pairing,
                code: "012345".into(),
            },
        ),
        ("devices", Request::Devices),
        (
            "rename a device",
            edit(DeviceEdit::Name("telephone".into())),
        ),
        (
            "change a device's rights",
            edit(DeviceEdit::Grant {
                grant: example_grant(),
                lasts: None,
            }),
        ),
        (
            "change a device's rights, for a day",
            edit(DeviceEdit::Grant {
                grant: example_grant(),
                lasts: Some(86_400_000),
            }),
        ),
        (
            "revoke",
            Request::Revoke {
                device: Some(DEVICE),
            },
        ),
        ("revoke all", Request::Revoke { device: None }),
    ]
}

/// Those that came later than pairing, in their order.
pub(super) fn later_requests() -> Vec<(&'static str, Request)> {
    vec![
        (
            "audit",
            Request::Audit {
                after: 7,
                limit: 100,
                wait: true,
            },
        ),
        (
            "notify",
            Request::Notify {
                line: "\"phone\" was paired".into(),
            },
        ),
        ("trust the clock", Request::TrustClock),
        (
            "directories",
            Request::Directories {
                typed: "/home/someone/so".into(),
            },
        ),
    ]
}

fn example_row() -> AuditRow {
    AuditRow {
        number: 8,
        time: 1_700_000_000_000,
        actor: "local".into(),
        action: "paired".into(),
        target: "phone".into(),
        detail: "type".into(),
    }
}

pub(super) fn answers() -> Vec<(&'static str, Answer)> {
    let at = |step, stage| Answer::Pairing { step, stage };
    let claiming = Claiming {
        kind: DeviceKind::Browser,
        name: "phone".into(),
        agent: "a browser".into(),
        origin: Some("https://desk.example".into()),
        from: "192.0.2.7".into(),
    };
    let info = DeviceInfo {
        id: DEVICE,
        name: "phone".into(),
        kind: DeviceKind::Native,
        grant: example_grant(),
        paired: 1_700_000_000_000,
        seen: Some(1_700_000_100_000),
        from: Some("192.0.2.7".into()),
        links: 1,
        durable: true,
        fault: None,
    };
    let shut = DeviceInfo {
        links: 0,
        fault: Some("its time is over".into()),
        ..info.clone()
    };
    vec![
        (
            "ticket",
            Answer::Ticket(Box::new(Ticket {
                pairing: PairingNo(3),
                link: "https://desk.example/p#v1.AAAA".into(),
                lasts: 120_000,
                native_only: None,
            })),
        ),
        ("pairing: waiting", at(1, PairingStage::Waiting)),
        ("pairing: claimed", at(2, PairingStage::Claimed(claiming))),
        ("pairing: approved", at(3, PairingStage::Approved)),
        (
            "pairing: paired",
            at(4, PairingStage::Paired(Box::new(info.clone()))),
        ),
        (
            "pairing: over",
            at(3, PairingStage::Over("its time is over".into())),
        ),
        ("code: right", Answer::Code(CodeVerdict::Right)),
        ("code: wrong", Answer::Code(CodeVerdict::Wrong { left: 2 })),
        ("devices", Answer::Devices(vec![info, shut])),
        (
            "revoked",
            Answer::Revoked(Revoked {
                devices: 1,
                unconfirmed: vec!["work".into()],
                warning: None,
            }),
        ),
        ("audit", Answer::Audit(vec![example_row()])),
        (
            "directories",
            Answer::Directories(vec!["/home/someone/source".into()]),
        ),
    ]
}
