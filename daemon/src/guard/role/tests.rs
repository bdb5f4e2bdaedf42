use abide_protocol::message::{CaptureRange, DeviceEdit, EndHow, Spec};
use abide_protocol::{Book, DeviceId, LineNo, PairingNo};

use super::*;
use crate::tables::{self, table};

const DEVICE: DeviceId = DeviceId([1; 16]);

fn id(digit: &str) -> SessionId {
    digit.repeat(32).parse().unwrap()
}

// `o`utside, `t`rusted, `a`gent about its own session, `f`: about a foreign one, `u`nknown: those who
// may ask it. Written by hand.
table! { asked(session): Request, &'static str;
    Request::List => Request::List, "otafu";
    Request::Info { .. } => Request::Info { session }, "ota";
    Request::New { .. } => Request::New { spec: Box::new(Spec::default()) }, "ot";
    Request::Capture { .. } =>
        Request::Capture { session, range: CaptureRange { history: 0 } }, "ot";
    Request::Rows { .. } =>
        Request::Rows { session, book: Book::Main, from: LineNo(0), count: 1 }, "ot";
    Request::Wait { .. } => Request::Wait { session }, "ot";
    Request::End { how: EndHow::Stop, .. } => Request::End { session, how: EndHow::Stop }, "ot";
    Request::End { how: EndHow::Kill, .. } => Request::End { session, how: EndHow::Kill }, "ot";
    Request::Rename { .. } => Request::Rename { session, name: "x".into() }, "ot";
    Request::Remove { .. } => Request::Remove { session }, "ot";
    Request::Clear { .. } => Request::Clear { session }, "ot";
    Request::Status => Request::Status, "ot";
    Request::Shutdown => Request::Shutdown, "ot";
    Request::Subscribe => Request::Subscribe, "ot";
    Request::Cut { .. } => Request::Cut { device: DEVICE, epoch: None }, "ot";
    Request::LoginEnvironment => Request::LoginEnvironment, "ot";
    Request::Search { .. } => tables::search(session), "ot";
    Request::Trust { trusted: true, .. } => Request::Trust { session, trusted: true }, "o";
    Request::Trust { trusted: false, .. } => Request::Trust { session, trusted: false }, "o";
    Request::Share { change: None } => Request::Share { change: None }, "ot";
    Request::Share { change: Some(_) } => Request::Share { change: Some(Box::default()) }, "o";
    Request::Pair { .. } => tables::pair(), "o";
    Request::AwaitPairing { .. } =>
        Request::AwaitPairing { pairing: PairingNo(1), seen: 0 }, "o";
    Request::EnterCode { .. } =>
        Request::EnterCode { pairing: PairingNo(1), code: "000000".into() }, "o";
    Request::Devices => Request::Devices, "ot";
    Request::EditDevice { .. } =>
        Request::EditDevice { device: DEVICE, edit: DeviceEdit::Name("x".into()) }, "o";
    Request::Revoke { device: None } => Request::Revoke { device: None }, "ot";
    Request::Revoke { device: Some(_) } => Request::Revoke { device: Some(DEVICE) }, "ot";
    Request::Audit { .. } => Request::Audit { after: 0, limit: 1, wait: false }, "ot";
    Request::Notify { .. } => Request::Notify { line: "x".into() }, "ot";
    Request::TrustClock => Request::TrustClock, "o";
    Request::Directories { .. } => Request::Directories { typed: "/".into() }, "ot";
    Request::Unknown => Request::Unknown, "otafu";
}

#[test]
fn who_may_ask_what() {
    let agent = || Role::Agent {
        session: id("1"),
        name: "work".into(),
    };
    let rows = [
        ('o', Role::Outside, id("1")),
        ('t', Role::Trusted, id("1")),
        ('a', agent(), id("1")),
        ('f', agent(), id("2")),
        ('u', Role::Unknown, id("1")),
    ];
    for (letter, role, session) in rows {
        for (request, who) in asked(session) {
            let asked = role.may_ask(&request);
            let expected = who.contains(letter);
            assert_eq!(asked.is_ok(), expected, "{role:?} {request:?}");
            if let Err(failure) = asked {
                assert_eq!(failure.kind, FailKind::Forbidden);
                let next = match letter {
                    't' => "terminal outside",
                    'u' => "another terminal",
                    _ => "abide trust work",
                };
                assert!(failure.line.contains(next), "{}", failure.line);
            }
        }
        assert_eq!(role.may_attach().is_ok(), "ot".contains(letter), "{role:?}");
    }
}

#[test]
fn every_session_around_must_be_trusted() {
    let found = |keeper, name: &str, trusted| {
        let notice = Notice {
            session: id("1"),
            keeper,
            leader: 0,
            tty: 0,
        };
        let name = name.into();
        (notice, Said { name, trusted })
    };
    let check = |sessions, expected: &str| {
        let role = match Role::inside(sessions) {
            Role::Agent { name, .. } => name,
            role => format!("{role:?}"),
        };
        assert_eq!(role, expected);
    };
    check(vec![], "Outside");
    check(vec![found(1, "a", true)], "Trusted");
    check(vec![found(1, "a", true), found(2, "b", true)], "Trusted");
    check(vec![found(1, "a", false)], "a");
    check(vec![found(1, "a", true), found(2, "b", false)], "b");
}

#[test]
fn of_other_sessions_agents_hear_the_names() {
    let full = |digit: &str| SessionInfo {
        command: "secret".into(),
        directory: "/secret".into(),
        title: "secret".into(),
        last_line: "secret".into(),
        driver: Some("secret".into()),
        tty: Some("/dev/secret".into()),
        pid: Some(7),
        keeper: Some(6),
        trusted: Some(true),
        ..SessionInfo::named(id(digit), format!("name {digit}"))
    };
    let list = || Answer::Sessions(vec![full("1"), full("2")]);
    let agent = Role::Agent {
        session: id("1"),
        name: "work".into(),
    };
    let Answer::Sessions(shown) = agent.shown(list()) else {
        panic!("a list")
    };
    let [own, other] = shown.as_slice() else {
        panic!("both")
    };
    assert_eq!(*own, full("1"));
    assert_eq!(other.name, "name 2");
    assert_eq!(other.id, id("2"));
    let debug = format!("{other:?}");
    assert!(
        !debug.contains("secret") && !debug.contains("Some("),
        "{debug}"
    );
    let Answer::Sessions(shown) = Role::Unknown.shown(list()) else {
        panic!("a list")
    };
    assert!(!format!("{shown:?}").contains("secret"));
    for role in [Role::Outside, Role::Trusted] {
        assert_eq!(role.shown(list()), list());
    }
}
