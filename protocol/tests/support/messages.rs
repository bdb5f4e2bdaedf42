//! Arbitrary messages, of every kind.

use abide_protocol::input::{
    InputEvent, Key, KeyAction, KeyEvent, Keypad, Mods, MouseAction, MouseButton, MouseEvent,
};
use abide_protocol::message::{
    Answer, Attach, Behalf, CaptureRange, DaemonStatus, Driver, EndHow, EnvVar, Event, ExitStatus,
    FailKind, Failure, Hello, Hit, InputRefusal, Limits, LostRows, Request, ResourceLimit, Search,
    SessionInfo, SessionState, SizeWish, Spec, Tail, TerminalLook, ToClient, ToServer,
    ViewerHeader,
};
use abide_protocol::{
    DeviceId, EventNo, InputSeq, RequestId, SessionId, Size, StreamId, ViewerId, diff,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{book, line, pair, palette, revision, row, size, snapshot};

pub(super) fn word() -> impl Strategy<Value = String> {
    "[ -~äß漢]{0,10}"
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..6)
}

pub(super) fn session() -> impl Strategy<Value = SessionId> {
    any::<[u8; 16]>().prop_map(SessionId)
}

fn stream() -> impl Strategy<Value = StreamId> {
    any::<[u8; 16]>().prop_map(StreamId)
}

pub(super) fn device() -> impl Strategy<Value = DeviceId> {
    any::<[u8; 16]>().prop_map(DeviceId)
}

fn seq() -> impl Strategy<Value = InputSeq> {
    any::<u64>().prop_map(InputSeq)
}

fn hello() -> impl Strategy<Value = Hello> {
    let words = || vec(word(), 0..3);
    (vec(any::<u32>(), 0..4), words(), word(), words()).prop_map(
        |(versions, capabilities, agent, required)| Hello {
            versions,
            capabilities,
            agent,
            required,
        },
    )
}

fn look() -> impl Strategy<Value = TerminalLook> {
    let parts = (
        palette(),
        option::of(any::<bool>()),
        option::of(any::<(u16, u16)>()),
    );
    parts.prop_map(|(palette, dark, cell)| TerminalLook {
        palette,
        dark,
        cell,
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    (any::<[bool; 3]>(), option::of(line())).prop_map(|([see, type_, size], floor)| Limits {
        see,
        type_,
        size,
        floor,
    })
}

fn behalf() -> impl Strategy<Value = Behalf> {
    (device(), any::<u64>(), limits(), any::<bool>()).prop_map(
        |(device, epoch, limits, manages)| Behalf {
            device,
            epoch,
            limits,
            manages,
        },
    )
}

fn attach() -> impl Strategy<Value = Attach> {
    let wish = select(vec![SizeWish::Watch, SizeWish::IfFree, SizeWish::Take]);
    let event = option::of(any::<u64>().prop_map(EventNo));
    let local = (option::of(word()), any::<Option<u64>>());
    let who = (
        session(),
        stream(),
        word(),
        option::of(device()),
        limits(),
        local,
    );
    let what = (
        option::of(revision()),
        event,
        any::<bool>(),
        option::of(line()),
        any::<u64>(),
    );
    (who, what, size(), wish, look()).prop_map(|(who, what, size, wish, look)| {
        let (session, stream, name, device, limits, (ssh_auth_sock, epoch)) = who;
        let (have, event, frames, printed, history) = what;
        Attach {
            session,
            stream,
            have,
            event,
            size,
            wish,
            name,
            frames,
            printed,
            history,
            look,
            device,
            limits,
            ssh_auth_sock,
            epoch,
        }
    })
}

fn variables() -> impl Strategy<Value = Vec<EnvVar>> {
    vec(
        (bytes(), bytes()).prop_map(|(name, value)| EnvVar { name, value }),
        0..3,
    )
}

pub(crate) fn spec() -> impl Strategy<Value = Spec> {
    let limit = any::<(u32, u64, u64)>().prop_map(|(resource, soft, hard)| ResourceLimit {
        resource,
        soft,
        hard,
    });
    let what = (option::of(word()), vec(bytes(), 0..3), bytes());
    let env = (option::of(variables()), variables());
    let how = (
        option::of(any::<u32>()),
        vec(limit, 0..3),
        option::of(size()),
        look(),
    );
    let keeps = any::<(Option<bool>, Option<u64>, Option<u64>)>();
    (what, env, how, keeps).prop_map(|(what, env, how, keeps)| {
        let (allow_checksum, history_memory, history_disk) = keeps;
        let (name, command, directory) = what;
        let (environment, extra_environment) = env;
        let (umask, resource_limits, size, look) = how;
        Spec {
            name,
            command,
            directory,
            environment,
            extra_environment,
            umask,
            resource_limits,
            size,
            look,
            allow_checksum,
            history_memory,
            history_disk,
        }
    })
}

fn exit() -> impl Strategy<Value = ExitStatus> {
    prop_oneof![
        any::<i32>().prop_map(ExitStatus::Code),
        any::<i32>().prop_map(ExitStatus::Signal),
        Just(ExitStatus::Lost),
    ]
}

fn lost() -> impl Strategy<Value = LostRows> {
    (any::<u64>(), line(), line()).prop_map(|(rows, from, end)| LostRows { rows, from, end })
}

#[expect(clippy::too_many_lines, reason = "a value of many fields")]
pub(crate) fn info() -> impl Strategy<Value = SessionInfo> {
    let state = prop_oneof![
        Just(SessionState::Starting),
        Just(SessionState::Running),
        exit().prop_map(SessionState::Ended),
    ];
    let words = (
        word(),
        word(),
        word(),
        option::of(word()),
        word(),
        word(),
        option::of(word()),
    );
    let numbers = any::<([u64; 7], [u32; 2])>();
    let optional = any::<(
        Option<u32>,
        Option<u32>,
        Option<u64>,
        Option<bool>,
        Option<bool>,
        Option<u64>,
        Option<[u64; 2]>,
    )>();
    let optional = (optional, option::of(lost()));
    (
        session(),
        state,
        size(),
        revision(),
        words,
        numbers,
        optional,
    )
        .prop_map(|(id, state, size, revision, words, numbers, optional)| {
            let (name, command, directory, driver, title, last_line, tty) = words;
            let (
                [
                    created,
                    active,
                    bells,
                    history_rows,
                    history_bytes,
                    bytes,
                    used,
                ],
                rest,
            ) = numbers;
            let [viewers, rebuilt] = rest;
            let (optional, history_lost) = optional;
            let (pid, keeper, ended, trusted, confined, history_stored, updates) = optional;
            SessionInfo {
                id,
                name,
                command,
                directory,
                state,
                size,
                driver,
                viewers,
                created,
                active,
                title,
                last_line,
                bells,
                pid,
                keeper,
                revision,
                rebuilt,
                history_rows,
                history_bytes,
                ended,
                tty,
                bytes,
                used,
                trusted,
                confined,
                history_stored,
                updates_sent: updates.map(|[sent, _]| sent),
                updates_made: updates.map(|[_, made]| made),
                history_lost,
            }
        })
}

fn search() -> impl Strategy<Value = Search> {
    let pattern = "[ -~äß漢\t]{0,10}";
    (pattern, option::of(line()), any::<([bool; 2], u32)>()).prop_map(
        |(pattern, from, ([ignore_case, backwards], limit))| Search {
            pattern,
            ignore_case,
            from,
            backwards,
            limit,
        },
    )
}

fn hit() -> impl Strategy<Value = Hit> {
    ((line(), line()), word(), any::<([u16; 2], [u32; 2])>()).prop_map(
        |((start, end), line, ([column, end_column], [before, length]))| Hit {
            start,
            column,
            end,
            end_column,
            line,
            before,
            length,
        },
    )
}

fn request() -> impl Strategy<Value = Request> {
    let how = select(vec![EndHow::Stop, EndHow::Kill]);
    let simple = select(vec![
        Request::List,
        Request::Status,
        Request::Shutdown,
        Request::Subscribe,
        Request::LoginEnvironment,
        Request::Unknown,
    ]);
    prop_oneof![
        4 => simple,
        1 => session().prop_map(|session| Request::Info { session }),
        1 => spec().prop_map(|spec| Request::New { spec: Box::new(spec) }),
        1 => (session(), any::<u64>()).prop_map(|(session, history)| Request::Capture {
            session,
            range: CaptureRange { history },
        }),
        1 => (session(), book(), line(), any::<u64>()).prop_map(|(session, book, from, count)| {
            Request::Rows { session, book, from, count }
        }),
        1 => session().prop_map(|session| Request::Wait { session }),
        1 => (session(), how).prop_map(|(session, how)| Request::End { session, how }),
        1 => (session(), word()).prop_map(|(session, name)| Request::Rename { session, name }),
        1 => session().prop_map(|session| Request::Remove { session }),
        1 => session().prop_map(|session| Request::Clear { session }),
        1 => (device(), any::<Option<u64>>())
            .prop_map(|(device, epoch)| Request::Cut { device, epoch }),
        1 => (session(), search())
            .prop_map(|(session, query)| Request::Search { session, query }),
        1 => (session(), any::<bool>())
            .prop_map(|(session, trusted)| Request::Trust { session, trusted }),
        1 => super::devices::request(),
        1 => super::share::request(),
    ]
}

fn key_event() -> impl Strategy<Value = KeyEvent> {
    let key = prop_oneof![
        any::<char>().prop_map(Key::Char),
        select(vec![
            Key::Enter,
            Key::Tab,
            Key::Escape,
            Key::Left,
            Key::PageUp,
            Key::Delete
        ]),
        (1_u8..=35).prop_map(Key::Function),
        any::<u8>().prop_map(|digit| Key::Keypad(Keypad::Digit(digit))),
        Just(Key::Keypad(Keypad::Begin)),
        any::<u32>().prop_map(Key::Functional),
    ];
    let action = select(vec![
        KeyAction::Press,
        KeyAction::Repeat,
        KeyAction::Release,
    ]);
    let characters = any::<(Option<char>, Option<char>)>();
    (
        key,
        any::<u8>(),
        action,
        option::of("\\PC{0,4}"),
        characters,
    )
        .prop_map(|(key, mods, action, text, (shifted, base))| KeyEvent {
            key,
            mods: Mods(mods),
            action,
            text,
            shifted,
            base,
        })
}

fn mouse() -> impl Strategy<Value = MouseEvent> {
    let action = select(vec![
        MouseAction::Press,
        MouseAction::Release,
        MouseAction::Motion,
    ]);
    let button = select(vec![
        MouseButton::None,
        MouseButton::Left,
        MouseButton::WheelRight,
    ]);
    (action, button, any::<(u16, u16, u8)>()).prop_map(|(action, button, (column, row, mods))| {
        MouseEvent {
            action,
            button,
            column,
            row,
            mods: Mods(mods),
        }
    })
}

fn input() -> impl Strategy<Value = InputEvent> {
    prop_oneof![
        key_event().prop_map(InputEvent::Key),
        vec(key_event(), 0..4).prop_map(InputEvent::Keys),
        any::<String>().prop_map(InputEvent::Paste),
        (any::<String>(), any::<bool>())
            .prop_map(|(text, confirmed)| InputEvent::Submit { text, confirmed }),
        mouse().prop_map(InputEvent::Mouse),
        bytes().prop_map(InputEvent::Raw),
        Just(InputEvent::Unknown),
    ]
}

pub(crate) fn to_server() -> impl Strategy<Value = ToServer> {
    prop_oneof![
        hello().prop_map(ToServer::Hello),
        (any::<u64>(), request()).prop_map(|(id, request)| ToServer::Request {
            id: RequestId(id),
            request,
        }),
        attach().prop_map(|attach| ToServer::Attach(Box::new(attach))),
        select(vec![ToServer::Detach, ToServer::Resync, ToServer::Unknown]),
        (stream(), seq(), input()).prop_map(|(stream, seq, event)| ToServer::Input {
            stream,
            seq,
            event
        }),
        revision().prop_map(|revision| ToServer::Ack { revision }),
        size().prop_map(|size| ToServer::Resize { size }),
        any::<bool>().prop_map(|take| ToServer::Drive { take }),
        any::<bool>().prop_map(|focused| ToServer::Focus { focused }),
        look().prop_map(ToServer::Look),
        option::of(line()).prop_map(|printed| ToServer::Printed { printed }),
        behalf().prop_map(ToServer::Behalf),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Bell),
        ("[cp]{1,2}", bytes())
            .prop_map(|(selection, content)| Event::Clipboard { selection, content }),
        (word(), "[a-z\n]{0,9}").prop_map(|(title, body)| Event::Notification { title, body }),
        word().prop_map(Event::Notice),
        Just(Event::Unknown),
    ]
}

fn tail() -> impl Strategy<Value = Tail> {
    (line(), any::<u64>(), vec(row(60), 0..5)).prop_map(|(from, skipped, rows)| Tail {
        from,
        skipped,
        rows,
    })
}

fn header() -> impl Strategy<Value = Box<ViewerHeader>> {
    let events = vec((any::<u64>().prop_map(EventNo), event()), 0..3);
    (seq(), option::of(tail()), events).prop_map(|(applied, tail, events)| {
        Box::new(ViewerHeader {
            applied,
            tail,
            events,
        })
    })
}

fn failure() -> impl Strategy<Value = Failure> {
    let kind = select(vec![
        FailKind::NotFound,
        FailKind::Ambiguous,
        FailKind::NameTaken,
        FailKind::Invalid,
        FailKind::State,
        FailKind::Forbidden,
        FailKind::Exhausted,
        FailKind::Unsupported,
        FailKind::Internal,
    ]);
    (kind, word()).prop_map(|(kind, line)| Failure { kind, line })
}

fn status() -> impl Strategy<Value = DaemonStatus> {
    (any::<(u32, u64, u32, u32)>(), word(), vec(word(), 0..3)).prop_map(
        |((pid, started, living, ended), version, warnings)| DaemonStatus {
            pid,
            version,
            started,
            living,
            ended,
            warnings,
        },
    )
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        select(vec![Answer::Done, Answer::Unknown]),
        failure().prop_map(Answer::Failed),
        vec(info(), 0..3).prop_map(Answer::Sessions),
        info().prop_map(|info| Answer::Session(Box::new(info))),
        (vec(row(30), 0..4), snapshot(), option::of(lost())).prop_map(
            |(history, snapshot, lost)| Answer::Captured {
                history,
                snapshot: Box::new(snapshot),
                lost,
            }
        ),
        (line(), vec(row(90), 0..9), option::of(lost()))
            .prop_map(|(from, rows, lost)| Answer::Rows { from, rows, lost }),
        exit().prop_map(Answer::Exited),
        status().prop_map(Answer::Status),
        variables().prop_map(Answer::Environment),
        (
            vec(hit(), 0..3),
            option::of(line()),
            any::<u64>(),
            option::of(lost())
        )
            .prop_map(|(hits, next, searched, lost)| Answer::Found {
                hits,
                next,
                searched,
                lost,
            }),
        super::devices::answer(),
        super::share::answer(),
    ]
}

fn driver() -> impl Strategy<Value = Driver> {
    (option::of(word()), any::<bool>(), size()).prop_map(|(name, you, size): (_, _, Size)| Driver {
        name,
        you,
        size,
    })
}

pub(crate) fn to_client() -> impl Strategy<Value = ToClient> {
    let why = select(vec![
        InputRefusal::Busy,
        InputRefusal::StreamLost,
        InputRefusal::NeedsConfirm,
        InputRefusal::Forbidden,
        InputRefusal::Discarded,
    ]);
    prop_oneof![
        hello().prop_map(ToClient::Hello),
        (any::<u64>(), answer()).prop_map(|(id, answer)| ToClient::Answer {
            id: RequestId(id),
            answer,
        }),
        (any::<(u64, u64)>(), seq(), info()).prop_map(|((viewer, event), applied, info)| {
            ToClient::Attached {
                viewer: ViewerId(viewer),
                applied,
                event: EventNo(event),
                info: Box::new(info),
            }
        }),
        (header(), snapshot()).prop_map(|(header, snapshot)| ToClient::Snapshot {
            header,
            snapshot: Box::new(snapshot),
        }),
        (header(), pair()).prop_map(|(header, (old, new))| ToClient::Update {
            header,
            update: Box::new(diff(&old, &new)),
        }),
        header().prop_map(ToClient::Header),
        driver().prop_map(ToClient::Driver),
        (stream(), seq(), why).prop_map(|(stream, seq, why)| ToClient::Refused {
            stream,
            seq,
            why
        }),
        exit().prop_map(|status| ToClient::Ended { status }),
        info().prop_map(|info| ToClient::Summary(Box::new(info))),
        failure().prop_map(ToClient::Closed),
        word().prop_map(ToClient::Notice),
        super::devices::grant().prop_map(ToClient::Granted),
        proptest::option::of(word()).prop_map(ToClient::PageEnds),
        Just(ToClient::Unknown),
    ]
}
