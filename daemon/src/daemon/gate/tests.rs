mod matrix;

use abide_protocol::message::TerminalLook;
use abide_protocol::{DeviceId, EventNo, LineNo, Size, StreamId};

use super::*;
use matrix::messages;

const OWN: SessionId = SessionId([1; 16]);
const FOREIGN: SessionId = SessionId([2; 16]);
const DEVICE: DeviceId = DeviceId([7; 16]);

fn grant(role: Role, history: bool) -> Grant {
    Grant {
        role,
        sessions: Some(vec![OWN]),
        history,
        expires: None,
    }
}

fn standing(grant: Result<Grant, End>) -> Standing {
    Standing {
        device: DEVICE,
        name: "phone".into(),
        epoch: 3,
        grant,
    }
}

/// The columns of the matrix.
fn grants() -> [Grant; 4] {
    [
        grant(Role::View, false),
        grant(Role::View, true),
        grant(Role::Type, false),
        grant(Role::Manage, false),
    ]
}

fn attach(session: SessionId) -> Attach {
    Attach {
        session,
        stream: StreamId([5; 16]),
        have: None,
        event: Some(EventNo(1)),
        size: Size::DEFAULT,
        wish: SizeWish::Take,
        name: "somebody else".into(),
        frames: true,
        printed: Some(LineNo(1)),
        history: 1000,
        look: TerminalLook::default(),
        device: Some(DeviceId([9; 16])),
        limits: Limits::ALL,
        ssh_auth_sock: Some("/tmp/agent".into()),
        epoch: Some(u64::MAX),
    }
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Ask(..) => "ask",
        Verdict::Open(_) => "open",
        Verdict::Relay(_) => "relay",
        Verdict::Leave => "leave",
        Verdict::Say(_) => "say",
        Verdict::Skip => "skip",
        Verdict::Over(_) => "over",
        Verdict::Broken => "broken",
    }
}

#[test]
fn the_matrix() {
    for (column, session) in [OWN, FOREIGN].into_iter().enumerate() {
        for (message, row) in messages(session) {
            let judged = grants().map(|grant| {
                let who = standing(Ok(grant));
                word(&judge(&who, Some(session), message.clone()))
            });
            assert_eq!(judged.join(" "), row[column], "{session}: {message:?}");
        }
    }
}

/// Whatever the message, and whatever the device was allowed a moment ago: watching what it was
/// given, what it was not, or nothing.
#[test]
fn after_revocation_and_expiry_there_is_nothing() {
    for (session, why) in [OWN, FOREIGN]
        .map(|id| [(id, End::Revoked), (id, End::Expired)])
        .concat()
    {
        let who = standing(Err(why));
        for (message, [.., after]) in messages(session) {
            for viewing in [Some(OWN), Some(FOREIGN), None] {
                let verdict = judge(&who, viewing, message.clone());
                assert_eq!(verdict, Verdict::Over(why), "{message:?}");
                assert_eq!([word(&verdict); 4].join(" "), after, "{message:?}");
            }
        }
    }
}

/// Who was given all sessions is judged as in one that it was given.
#[test]
fn of_all_sessions_none_is_foreign() {
    for session in [OWN, FOREIGN] {
        for (message, row) in messages(session) {
            let judged = grants().map(|grant| {
                let sessions = None;
                let who = standing(Ok(Grant { sessions, ..grant }));
                word(&judge(&who, Some(session), message.clone()))
            });
            assert_eq!(judged.join(" "), row[0], "{message:?}");
        }
    }
}

/// A message about a session counts for nothing while another one is watched.
#[test]
fn what_is_watched_decides_about_a_viewers_messages() {
    for (message, _) in messages(OWN) {
        let judged = |viewing| {
            grants().map(|grant| {
                let who = standing(Ok(grant));
                word(&judge(&who, viewing, message.clone()))
            })
        };
        for (foreign, none) in judged(Some(FOREIGN)).iter().zip(judged(None)).take(3) {
            assert_eq!(*foreign, none, "{message:?}");
        }
    }
}

/// Who watches nothing reaches no keeper.
#[test]
fn without_a_viewer_nothing_is_relayed() {
    for grant in grants() {
        let who = standing(Ok(grant));
        for (message, _) in messages(OWN) {
            let verdict = judge(&who, None, message);
            assert!(!matches!(verdict, Verdict::Relay(_)), "{verdict:?}");
        }
    }
}

/// What is passed on is what was said, but for what concerns rights.
#[test]
fn a_message_is_passed_on_as_it_is() {
    let who = standing(Ok(grant(Role::Manage, false)));
    for (message, _) in messages(OWN) {
        match judge(&who, Some(OWN), message.clone()) {
            Verdict::Relay(passed) => assert_eq!(passed, message),
            Verdict::Ask(id, request) => {
                assert_eq!(ToServer::Request { id, request }, message);
            }
            _ => {}
        }
    }
}

#[test]
fn what_an_attachment_says_of_itself_gives_no_right() {
    let opened = |grant| match judge(&standing(Ok(grant)), None, {
        ToServer::Attach(Box::new(attach(OWN)))
    }) {
        Verdict::Open(attach) => *attach,
        other => panic!("{other:?}"),
    };
    for (grant, types, reads) in [
        (grant(Role::View, false), false, false),
        (grant(Role::View, true), false, true),
        (grant(Role::Type, false), true, true),
        (grant(Role::Manage, false), true, true),
    ] {
        let attach = opened(grant.clone());
        let floor = (!reads).then_some(LineNo(u64::MAX));
        let limits = Limits {
            see: true,
            type_: types,
            size: types,
            floor,
        };
        assert_eq!(attach.limits, limits, "{grant:?}");
        assert_eq!(attach.device, Some(DEVICE));
        assert_eq!(attach.epoch, Some(3));
        assert_eq!(attach.name, "phone");
        assert_eq!(attach.ssh_auth_sock, None);
        let wish = if types {
            SizeWish::Take
        } else {
            SizeWish::Watch
        };
        assert_eq!(attach.wish, wish);
        assert_eq!(attach.history, if reads { 1000 } else { 0 });
        assert_eq!(attach.printed.is_some(), reads);
        assert_eq!(attach.event.is_some(), reads);
    }
}

#[test]
fn a_session_that_is_not_covered_is_one_that_does_not_exist() {
    let ask = |session| {
        let (id, request) = (RequestId(1), Request::Info { session });
        let who = standing(Ok(grant(Role::Type, false)));
        judge(&who, None, ToServer::Request { id, request })
    };
    let Verdict::Say(ToClient::Answer { answer, .. }) = ask(FOREIGN) else {
        panic!("refused")
    };
    assert_eq!(answer, Answer::Failed(unknown(FOREIGN)));
}

#[test]
fn lists_show_what_is_covered() {
    let info = |id| SessionInfo::named(id, "x".into());
    let list = || Answer::Sessions(vec![info(OWN), info(FOREIGN)]);
    let typing = grant(Role::Type, false);
    assert_eq!(shown(&typing, list()), Answer::Sessions(vec![info(OWN)]));
    let managing = grant(Role::Manage, false);
    assert_eq!(shown(&managing, list()), list());
    let one = |id| Answer::Session(Box::new(info(id)));
    assert_eq!(shown(&typing, one(OWN)), one(OWN));
    assert_eq!(
        shown(&typing, one(FOREIGN)),
        Answer::Failed(unknown(FOREIGN))
    );
    let owners = Answer::Devices(Vec::new());
    assert!(matches!(shown(&managing, owners), Answer::Failed(_)));
}
