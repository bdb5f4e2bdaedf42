//! One example of everything that travels, with fixed values: the source of the golden vectors.

use abide_protocol::message::{
    Answer, Attach, Behalf, CaptureRange, DaemonStatus, Driver, EndHow, EnvVar, Event, ExitStatus,
    FailKind, Failure, Hello, Hit, InputRefusal, Limits, LostRows, Request, ResourceLimit, Search,
    SessionInfo, SessionState, SizeWish, Spec, Tail, TerminalLook, ToClient, ToServer,
    ViewerHeader,
};
use abide_protocol::{
    Book, DeviceId, EventNo, InputSeq, LineNo, RequestId, Row, SessionId, StreamId, ViewerId, diff,
};

use super::inputs::inputs;
use super::screens::{after, before, palette, plain, revision, rich, size};

pub(super) const SESSION: SessionId = SessionId([
    0x01, 0x93, 0x4e, 0x2a, 0x7b, 0x1c, 0x7d, 0x4e, 0x8f, 0x90, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6,
]);
const STREAM: StreamId = StreamId([0x5a; 16]);
pub(super) const DEVICE: DeviceId = DeviceId([0xd0; 16]);

fn header() -> Box<ViewerHeader> {
    let event = |number, event| (EventNo(number), event);
    Box::new(ViewerHeader {
        applied: InputSeq(300),
        tail: Some(Tail {
            from: LineNo(119),
            skipped: 3,
            rows: vec![plain("left the top"), rich()],
        }),
        events: vec![
            event(1, Event::Bell),
            event(
                2,
                Event::Clipboard {
                    selection: "c".into(),
                    content: vec![0, 1, 255],
                },
            ),
            event(
                3,
                Event::Notification {
                    title: "agent".into(),
                    body: "done\nall of it".into(),
                },
            ),
            event(4, Event::Notice("the screen was rebuilt".into())),
        ],
    })
}

fn look() -> TerminalLook {
    TerminalLook {
        palette: palette(),
        dark: Some(true),
        cell: Some((9, 18)),
    }
}

fn variable(name: &str, value: &[u8]) -> EnvVar {
    EnvVar {
        name: name.into(),
        value: value.to_vec(),
    }
}

pub(crate) fn spec() -> Spec {
    Spec {
        name: Some("work".into()),
        command: vec![b"sh".to_vec(), b"-c".to_vec(), vec![0xff, b'x']],
        directory: b"/home/someone".to_vec(),
        environment: Some(vec![variable("LANG", b"C.UTF-8"), variable("RAW", &[0xff])]),
        extra_environment: vec![variable("K", b"V")],
        umask: Some(0o022),
        resource_limits: vec![ResourceLimit {
            resource: 7,
            soft: 1024,
            hard: u64::MAX,
        }],
        size: Some(size(200, 50)),
        look: look(),
        allow_checksum: Some(true),
        history_memory: Some(32 << 20),
        history_disk: Some(0),
    }
}

pub(crate) fn info() -> SessionInfo {
    SessionInfo {
        id: SESSION,
        name: "work".into(),
        command: "vim notes".into(),
        directory: "/home/someone".into(),
        state: SessionState::Running,
        size: size(200, 50),
        driver: Some("desk".into()),
        viewers: 2,
        created: 1_800_000_000_000,
        active: 1_800_000_001_000,
        title: "notes".into(),
        last_line: "-- INSERT --".into(),
        bells: 1,
        pid: Some(4321),
        keeper: Some(4320),
        revision: revision(9),
        rebuilt: 0,
        history_rows: 10_000,
        history_bytes: 400_000,
        ended: None,
        tty: Some("/dev/pts/3".into()),
        bytes: 5_000_000_000,
        used: 1_800_000_000_500,
        trusted: Some(true),
        confined: Some(true),
        history_stored: Some(70_000),
        updates_sent: Some(600),
        updates_made: Some(200),
        history_lost: Some(lost()),
    }
}

fn lost() -> LostRows {
    LostRows {
        rows: 700,
        from: LineNo(300),
        end: LineNo(70_000),
    }
}

fn ended() -> SessionInfo {
    SessionInfo {
        state: SessionState::Ended(ExitStatus::Signal(9)),
        driver: None,
        pid: None,
        keeper: None,
        ended: Some(1_800_000_002_000),
        tty: None,
        ..info()
    }
}

fn behalf() -> Behalf {
    Behalf {
        device: DEVICE,
        epoch: 3,
        limits: Limits {
            see: true,
            type_: false,
            size: false,
            floor: Some(Limits::NO_HISTORY),
        },
        manages: false,
    }
}

fn attach() -> Attach {
    Attach {
        session: SESSION,
        stream: STREAM,
        have: Some(revision(8)),
        event: Some(EventNo(4)),
        size: size(200, 50),
        wish: SizeWish::IfFree,
        name: "desk".into(),
        frames: true,
        printed: Some(LineNo(119)),
        history: 1000,
        look: look(),
        device: Some(DEVICE),
        limits: Limits {
            floor: Some(LineNo(20)),
            ..Limits::ALL
        },
        ssh_auth_sock: Some("/tmp/ssh-x/agent.1".into()),
        epoch: Some(3),
    }
}

fn search() -> Search {
    Search {
        pattern: r"err(or)?: \d+".into(),
        ignore_case: true,
        from: Some(LineNo(70_000)),
        backwards: true,
        limit: 100,
    }
}

fn searches() -> Vec<(&'static str, Request)> {
    let session = SESSION;
    vec![
        (
            "search",
            Request::Search {
                session,
                query: search(),
            },
        ),
        (
            "search, least",
            Request::Search {
                session,
                query: Search {
                    ignore_case: false,
                    from: None,
                    backwards: false,
                    ..search()
                },
            },
        ),
    ]
}

fn requests() -> Vec<(&'static str, Request)> {
    let session = SESSION;
    let range = CaptureRange { history: u64::MAX };
    vec![
        ("list", Request::List),
        ("info", Request::Info { session }),
        (
            "trust",
            Request::Trust {
                session,
                trusted: true,
            },
        ),
        (
            "new",
            Request::New {
                spec: Box::new(spec()),
            },
        ),
        (
            "new, least",
            Request::New {
                spec: Box::default(),
            },
        ),
        ("capture", Request::Capture { session, range }),
        (
            "rows",
            Request::Rows {
                session,
                book: Book::Alternate,
                from: LineNo(70_000),
                count: 500,
            },
        ),
        ("wait", Request::Wait { session }),
        (
            "stop",
            Request::End {
                session,
                how: EndHow::Stop,
            },
        ),
        (
            "kill",
            Request::End {
                session,
                how: EndHow::Kill,
            },
        ),
        (
            "rename",
            Request::Rename {
                session,
                name: "größer".into(),
            },
        ),
        ("remove", Request::Remove { session }),
        ("clear", Request::Clear { session }),
    ]
}

fn between_daemon_and_keepers() -> Vec<(&'static str, Request)> {
    vec![
        ("status", Request::Status),
        ("shutdown", Request::Shutdown),
        ("subscribe", Request::Subscribe),
        (
            "cut",
            Request::Cut {
                device: DEVICE,
                epoch: None,
            },
        ),
        (
            "cut, with an epoch",
            Request::Cut {
                device: DEVICE,
                epoch: Some(4),
            },
        ),
        ("login environment", Request::LoginEnvironment),
    ]
}

pub(crate) fn to_server() -> Vec<(String, ToServer)> {
    let hello = Hello {
        versions: vec![1, 2],
        capabilities: vec!["zip".into()],
        agent: "abide 0.1.0".into(),
        required: vec!["zip".into()],
    };
    let mut examples = vec![
        ("hello".to_owned(), ToServer::Hello(hello)),
        ("attach".to_owned(), ToServer::Attach(Box::new(attach()))),
        ("detach".to_owned(), ToServer::Detach),
        (
            "ack".to_owned(),
            ToServer::Ack {
                revision: revision(9),
            },
        ),
        (
            "resize".to_owned(),
            ToServer::Resize {
                size: size(1, 1000),
            },
        ),
        ("drive".to_owned(), ToServer::Drive { take: true }),
        ("focus".to_owned(), ToServer::Focus { focused: false }),
        ("look".to_owned(), ToServer::Look(look())),
        (
            "printed".to_owned(),
            ToServer::Printed {
                printed: Some(LineNo(120)),
            },
        ),
        (
            "not printed".to_owned(),
            ToServer::Printed { printed: None },
        ),
        ("resync".to_owned(), ToServer::Resync),
        ("behalf".to_owned(), ToServer::Behalf(behalf())),
    ];
    let id = RequestId(17);
    let requests = requests().into_iter().chain(between_daemon_and_keepers());
    let requests = requests.chain(searches());
    let requests = requests
        .chain(super::devices::requests())
        .chain(super::devices::later_requests());
    let requests = requests.chain(super::share::requests());
    examples.extend(requests.map(|(name, request)| {
        (
            format!("request: {name}"),
            ToServer::Request { id, request },
        )
    }));
    let (stream, seq) = (STREAM, InputSeq(301));
    examples.extend(inputs().into_iter().map(|(name, event)| {
        (
            format!("input: {name}"),
            ToServer::Input { stream, seq, event },
        )
    }));
    examples
}

/// The same where rows cannot be read.
fn losses() -> Vec<(&'static str, Answer)> {
    vec![
        (
            "captured with a loss",
            Answer::Captured {
                history: vec![Row::blank()],
                snapshot: Box::new(before()),
                lost: Some(LostRows::all(LineNo(119), LineNo(120))),
            },
        ),
        (
            "rows with a loss",
            Answer::Rows {
                from: LineNo(70_000),
                rows: vec![Row::blank(), rich()],
                lost: Some(LostRows::all(LineNo(70_000), LineNo(70_001))),
            },
        ),
        (
            "nothing found with a loss",
            Answer::Found {
                hits: Vec::new(),
                next: None,
                searched: 70_000,
                lost: Some(lost()),
            },
        ),
    ]
}

fn answers() -> Vec<(&'static str, Answer)> {
    let failure = Failure {
        kind: FailKind::Ambiguous,
        line: "\"w\" fits work and web: give more of the name".into(),
    };
    let status = DaemonStatus {
        pid: 4000,
        version: "0.1.0".into(),
        started: 1_800_000_000_000,
        living: 2,
        ended: 1,
        warnings: vec!["the disk is full".into()],
    };
    vec![
        ("done", Answer::Done),
        ("failed", Answer::Failed(failure)),
        ("sessions", Answer::Sessions(vec![info(), ended()])),
        ("session", Answer::Session(Box::new(info()))),
        (
            "captured",
            Answer::Captured {
                history: vec![plain("old"), rich()],
                snapshot: Box::new(before()),
                lost: None,
            },
        ),
        (
            "rows",
            Answer::Rows {
                from: LineNo(70_000),
                rows: vec![Row::blank(), rich(), rich()],
                lost: None,
            },
        ),
        ("exited", Answer::Exited(ExitStatus::Code(3))),
        ("status", Answer::Status(status)),
        (
            "environment",
            Answer::Environment(vec![variable("PATH", b"/bin")]),
        ),
        (
            "found",
            Answer::Found {
                hits: vec![Hit {
                    start: LineNo(69_998),
                    column: 35,
                    end: LineNo(69_999),
                    end_column: 4,
                    line: "größer: error: 1234".into(),
                    before: 10,
                    length: 11,
                }],
                next: Some(LineNo(69_997)),
                searched: 3,
                lost: None,
            },
        ),
        (
            "nothing found",
            Answer::Found {
                hits: Vec::new(),
                next: None,
                searched: 70_000,
                lost: None,
            },
        ),
    ]
}

pub(crate) fn to_client() -> Vec<(String, ToClient)> {
    let lost = ExitStatus::Lost;
    let refused = ToClient::Refused {
        stream: STREAM,
        seq: InputSeq(301),
        why: InputRefusal::StreamLost,
    };
    let update = diff(&before(), &after());
    let still = diff(&after(), &after());
    let driver = Driver {
        name: Some("desk".into()),
        you: false,
        size: size(200, 50),
    };
    let nobody = Driver {
        name: None,
        ..driver.clone()
    };
    let closed = Failure {
        kind: FailKind::Exhausted,
        line: "256 viewers are attached".into(),
    };
    let attached = ToClient::Attached {
        viewer: ViewerId(5),
        applied: InputSeq(300),
        event: EventNo(4),
        info: Box::new(info()),
    };
    let snapshot = |header| ToClient::Snapshot {
        header,
        snapshot: Box::new(before()),
    };
    let change = |header, update| ToClient::Update {
        header,
        update: Box::new(update),
    };
    let mut examples: Vec<_> = [
        ("hello", ToClient::Hello(abide_protocol::wire::hello())),
        ("attached", attached),
        ("snapshot", snapshot(Box::default())),
        ("snapshot with a tail and events", snapshot(header())),
        ("update", change(Box::default(), update)),
        ("update that changes nothing", change(header(), still)),
        ("header", ToClient::Header(header())),
        ("driver", ToClient::Driver(driver)),
        ("no driver", ToClient::Driver(nobody)),
        ("refused", refused),
        ("ended", ToClient::Ended { status: lost }),
        ("summary", ToClient::Summary(Box::new(ended()))),
        ("closed", ToClient::Closed(closed)),
        ("notice", ToClient::Notice("\"phone\" was paired".into())),
        (
            "granted",
            ToClient::Granted(super::devices::example_grant()),
        ),
    ]
    .map(|(name, message)| (name.to_owned(), message))
    .into();
    let id = RequestId(17);
    examples.extend(
        answers()
            .into_iter()
            .chain(losses())
            .chain(super::devices::answers())
            .chain(super::share::answers())
            .map(|(name, answer)| (format!("answer: {name}"), ToClient::Answer { id, answer })),
    );
    examples.extend(ends());
    examples
}

fn ends() -> [(String, ToClient); 2] {
    [
        ("the page ends", Some("in 9 days")),
        ("the page goes on", None),
    ]
    .map(|(name, ends)| (name.to_owned(), ToClient::PageEnds(ends.map(Into::into))))
}
