use abide_protocol::input::InputEvent;
use abide_protocol::message::{
    CaptureRange, DeviceEdit, EndHow, PairingOffer, Search, Spec, TerminalLook,
};
use abide_protocol::{
    Book, DeviceId, EventNo, InputSeq, LineNo, PairingNo, Revision, Size, StreamId, wire,
};

use super::*;

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

const ASK: &str = "ask ask ask ask";
const SAY: &str = "say say say say";
const SKIP: &str = "skip skip skip skip";
const ONLY_MANAGE: &str = "say say say ask";
const NOT_FOREIGN: &str = "say say say ask";

/// What becomes of a message, for `view`, `view` with history, `type` and `manage`: about a session
/// that the device was given, and about another one. Written by hand: a message that is not here
/// does not compile.
#[expect(clippy::match_same_arms, reason = "a row for each message")]
fn row(message: &ToServer) -> [&'static str; 2] {
    match message {
        ToServer::Hello(_) => ["broken broken broken broken"; 2],
        ToServer::Request { request, .. } => asked(request),
        ToServer::Attach(_) => ["open open open open", "say say say open"],
        ToServer::Detach => ["leave leave leave leave"; 2],
        ToServer::Input { .. } => ["say say relay relay", "say say say relay"],
        ToServer::Ack { .. } => ["relay relay relay relay", "skip skip skip relay"],
        ToServer::Resize { .. } => ["skip skip relay relay", "skip skip skip relay"],
        ToServer::Drive { .. } => ["skip skip relay relay", "skip skip skip relay"],
        ToServer::Focus { .. } => ["skip skip relay relay", "skip skip skip relay"],
        ToServer::Look(_) => ["skip skip relay relay", "skip skip skip relay"],
        ToServer::Printed { .. } => ["skip relay relay relay", "skip skip skip relay"],
        ToServer::Resync => ["relay relay relay relay", "skip skip skip relay"],
        ToServer::Behalf(_) => ["broken broken broken broken"; 2],
        ToServer::Unknown => [SKIP; 2],
    }
}

#[expect(clippy::match_same_arms, reason = "a row for each request")]
fn asked(request: &Request) -> [&'static str; 2] {
    match request {
        Request::List => [ASK; 2],
        Request::Info { .. } => [ASK, NOT_FOREIGN],
        Request::New { .. } => [ONLY_MANAGE; 2],
        Request::Capture { range, .. } if range.history == 0 => [ASK, NOT_FOREIGN],
        Request::Capture { .. } => ["say ask ask ask", NOT_FOREIGN],
        Request::Rows { .. } => ["say ask ask ask", NOT_FOREIGN],
        Request::Wait { .. } => [ASK, NOT_FOREIGN],
        Request::End { .. } => [ONLY_MANAGE; 2],
        Request::Rename { .. } => [ONLY_MANAGE; 2],
        Request::Search { .. } => ["say ask ask ask", NOT_FOREIGN],
        Request::Remove { .. } => [SAY; 2],
        Request::Clear { .. } => [SAY; 2],
        Request::Status => [SAY; 2],
        Request::Shutdown => [SAY; 2],
        Request::Subscribe => [SAY; 2],
        Request::Cut { .. } => [SAY; 2],
        Request::LoginEnvironment => [SAY; 2],
        Request::Trust { .. } => [SAY; 2],
        Request::Share { .. } => [SAY; 2],
        Request::Pair { .. } => [SAY; 2],
        Request::AwaitPairing { .. } => [SAY; 2],
        Request::EnterCode { .. } => [SAY; 2],
        Request::Devices => [SAY; 2],
        Request::EditDevice { .. } => [SAY; 2],
        Request::Revoke { .. } => [SAY; 2],
        Request::Audit { .. } => [SAY; 2],
        Request::Notify { .. } => [SAY; 2],
        Request::TrustClock => [SAY; 2],
        Request::Directories { .. } => [ONLY_MANAGE; 2],
        Request::Unknown => [SAY; 2],
    }
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

fn requests(session: SessionId) -> Vec<Request> {
    let capture = |history| Request::Capture {
        session,
        range: CaptureRange { history },
    };
    vec![
        Request::List,
        Request::Info { session },
        Request::New {
            spec: Box::new(Spec::default()),
        },
        capture(0),
        capture(1),
        Request::Rows {
            session,
            book: Book::Main,
            from: LineNo(0),
            count: 1,
        },
        Request::Wait { session },
        Request::End {
            session,
            how: EndHow::Stop,
        },
        Request::End {
            session,
            how: EndHow::Kill,
        },
        Request::Rename {
            session,
            name: "x".into(),
        },
        Request::Search {
            session,
            query: Search {
                pattern: "x".into(),
                ignore_case: false,
                from: None,
                backwards: false,
                limit: 1,
            },
        },
        Request::Remove { session },
        Request::Clear { session },
        Request::Status,
        Request::Shutdown,
        Request::Subscribe,
        Request::Cut {
            device: DEVICE,
            epoch: None,
        },
        Request::LoginEnvironment,
        Request::Directories { typed: "/".into() },
        Request::Trust {
            session,
            trusted: true,
        },
        Request::Unknown,
    ]
}

fn owners_requests() -> Vec<Request> {
    let pairing = PairingNo(1);
    let offer = PairingOffer {
        role: Role::Manage,
        sessions: None,
        history: true,
        lasts: None,
        name: None,
        link: true,
    };
    vec![
        Request::Share { change: None },
        Request::Pair {
            offer: Box::new(offer),
        },
        Request::AwaitPairing { pairing, seen: 0 },
        Request::EnterCode {
            pairing,
            code: "000000".into(),
        },
        Request::Devices,
        Request::EditDevice {
            device: DEVICE,
            edit: DeviceEdit::Grant {
                grant: grant(Role::Manage, true),
                lasts: None,
            },
        },
        Request::Revoke { device: None },
        Request::Audit {
            after: 0,
            limit: 1,
            wait: false,
        },
        Request::Notify { line: "x".into() },
        Request::TrustClock,
    ]
}

fn messages(session: SessionId) -> Vec<ToServer> {
    let (stream, seq) = (StreamId([5; 16]), InputSeq(1));
    let mut messages = vec![
        ToServer::Hello(wire::hello()),
        ToServer::Attach(Box::new(attach(session))),
        ToServer::Detach,
        ToServer::Input {
            stream,
            seq,
            event: InputEvent::Raw(b"x".to_vec()),
        },
        ToServer::Ack {
            revision: Revision::default(),
        },
        ToServer::Resize {
            size: Size::DEFAULT,
        },
        ToServer::Drive { take: true },
        ToServer::Focus { focused: true },
        ToServer::Look(TerminalLook::default()),
        ToServer::Printed { printed: None },
        ToServer::Resync,
        ToServer::Behalf(Behalf {
            device: DEVICE,
            epoch: 3,
            limits: Limits::ALL,
            manages: true,
        }),
        ToServer::Unknown,
    ];
    let requests = requests(session).into_iter().chain(owners_requests());
    let id = RequestId(1);
    messages.extend(requests.map(|request| ToServer::Request { id, request }));
    messages
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
        for message in messages(session) {
            let shown = format!("{message:?}");
            let judged = grants().map(|grant| {
                let who = standing(Ok(grant));
                word(&judge(&who, Some(session), message.clone()))
            });
            assert_eq!(
                judged.join(" "),
                row(&message)[column],
                "{session}: {shown}"
            );
        }
    }
}

/// Whatever the message, and whatever the device was allowed a moment ago.
#[test]
fn after_revocation_and_expiry_there_is_nothing() {
    for why in [End::Revoked, End::Expired] {
        let who = standing(Err(why));
        for session in [OWN, FOREIGN] {
            for message in messages(session) {
                let shown = format!("{message:?}");
                let verdict = judge(&who, Some(session), message);
                assert_eq!(verdict, Verdict::Over(why), "{shown}");
            }
        }
    }
}

/// Who watches nothing reaches no keeper.
#[test]
fn without_a_viewer_nothing_is_relayed() {
    for grant in grants() {
        let who = standing(Ok(grant));
        for message in messages(OWN) {
            let verdict = judge(&who, None, message);
            assert!(!matches!(verdict, Verdict::Relay(_)), "{verdict:?}");
        }
    }
}

/// What is passed on is what was said, but for what concerns rights.
#[test]
fn a_message_is_passed_on_as_it_is() {
    let who = standing(Ok(grant(Role::Manage, false)));
    for message in messages(OWN) {
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

#[test]
fn a_keeper_is_told_what_the_device_may_ask() {
    let of = |grant: &Grant| behalf(&standing(Ok(grant.clone())), grant);
    let said = grants().map(|grant| of(&grant));
    for behalf in &said {
        assert_eq!((behalf.device, behalf.epoch), (DEVICE, 3));
        assert!(behalf.limits.see);
    }
    assert_eq!(
        said.each_ref().map(|behalf| behalf.manages),
        [false, false, false, true]
    );
    let reads = said.each_ref().map(|behalf| behalf.limits.reads_history());
    assert_eq!(reads, [false, true, true, true]);
    let types = said.each_ref().map(|behalf| behalf.limits.type_);
    assert_eq!(types, [false, false, true, true]);
}
