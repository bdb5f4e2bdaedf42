use super::*;
use abide_protocol::message::{CaptureRange, DeviceEdit, EndHow, PairingOffer, Search, Spec};
use abide_protocol::{Book, DeviceId, LineNo, PairingNo};

fn id(digit: &str) -> SessionId {
    digit.repeat(32).parse().unwrap()
}

/// `o`utside, `t`rusted, `a`gent about its own session, `f`: about a foreign one, `u`nknown: those
/// who may ask it. Written by hand: a request that is not here does not compile.
#[expect(clippy::match_same_arms, reason = "a row for each request")]
fn allowed(request: &Request) -> &'static str {
    match request {
        Request::List => "otafu",
        Request::Info { .. } => "ota",
        Request::New { .. } => "ot",
        Request::Capture { .. } => "ot",
        Request::Rows { .. } => "ot",
        Request::Wait { .. } => "ot",
        Request::End { .. } => "ot",
        Request::Rename { .. } => "ot",
        Request::Remove { .. } => "ot",
        Request::Clear { .. } => "ot",
        Request::Status => "ot",
        Request::Shutdown => "ot",
        Request::Subscribe => "ot",
        Request::Cut { .. } => "ot",
        Request::LoginEnvironment => "ot",
        Request::Search { .. } => "ot",
        Request::Trust { .. } => "o",
        Request::Share { change: None } => "ot",
        Request::Share { change: Some(_) } => "o",
        Request::Pair { .. } => "o",
        Request::AwaitPairing { .. } => "o",
        Request::EnterCode { .. } => "o",
        Request::Devices => "ot",
        Request::EditDevice { .. } => "o",
        Request::Revoke { .. } => "ot",
        Request::Audit { .. } => "ot",
        Request::Notify { .. } => "ot",
        Request::TrustClock => "o",
        Request::Directories { .. } => "ot",
        Request::Unknown => "otafu",
    }
}

fn requests(session: SessionId) -> Vec<Request> {
    let search = Search {
        pattern: "x".into(),
        ignore_case: false,
        from: None,
        backwards: false,
        limit: 1,
    };
    vec![
        Request::List,
        Request::Info { session },
        Request::New {
            spec: Box::new(Spec::default()),
        },
        Request::Capture {
            session,
            range: CaptureRange { history: 0 },
        },
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
        Request::Remove { session },
        Request::Clear { session },
        Request::Status,
        Request::Shutdown,
        Request::Subscribe,
        Request::Cut {
            device: DeviceId([1; 16]),
            epoch: None,
        },
        Request::LoginEnvironment,
        Request::Search {
            session,
            query: search,
        },
        Request::Trust {
            session,
            trusted: true,
        },
        Request::Trust {
            session,
            trusted: false,
        },
        Request::Unknown,
    ]
    .into_iter()
    .chain(about_devices())
    .collect()
}

fn about_devices() -> [Request; 12] {
    let pairing = PairingNo(1);
    let device = DeviceId([1; 16]);
    [
        Request::Pair {
            offer: Box::new(PairingOffer {
                role: abide_protocol::Role::View,
                sessions: None,
                history: false,
                lasts: None,
                name: None,
                link: false,
            }),
        },
        Request::AwaitPairing { pairing, seen: 0 },
        Request::EnterCode {
            pairing,
            code: "000000".into(),
        },
        Request::Devices,
        Request::EditDevice {
            device,
            edit: DeviceEdit::Name("x".into()),
        },
        Request::Revoke { device: None },
        Request::Audit {
            after: 0,
            limit: 1,
            wait: false,
        },
        Request::Notify { line: "x".into() },
        Request::TrustClock,
        Request::Directories { typed: "/".into() },
        Request::Share { change: None },
        Request::Share {
            change: Some(Box::default()),
        },
    ]
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
        for request in requests(session) {
            let asked = role.may_ask(&request);
            let expected = allowed(&request).contains(letter);
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
