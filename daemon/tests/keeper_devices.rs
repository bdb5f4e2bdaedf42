//! Devices, their requests and their viewers: a keeper holds the daemon to what it said of a device,
//! whatever the daemon passes on afterwards.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::time::Duration;

use abide_protocol::message::{
    Answer, Attach, Behalf, CaptureRange, EndHow, FailKind, Limits, Request, Search, SizeWish,
    ToServer,
};
use abide_protocol::{Book, DeviceId, LineNo, SessionId};
use support::{Client, Home, size, spec};

const DEVICE: DeviceId = DeviceId([6; 16]);
const VIEW: Limits = Limits {
    see: true,
    type_: false,
    size: false,
    floor: Some(Limits::NO_HISTORY),
};

fn behalf(limits: Limits, manages: bool) -> Behalf {
    Behalf {
        device: DEVICE,
        epoch: 3,
        limits,
        manages,
    }
}

/// A link of the daemon's for a device's requests.
fn speaks_for(home: &Home, session: SessionId, behalf: Behalf) -> Client {
    let mut link = Client::connect(&home.socket(session), session);
    link.send(&ToServer::Behalf(behalf));
    link
}

fn capture(session: SessionId, history: u64) -> Request {
    let range = CaptureRange { history };
    Request::Capture { session, range }
}

fn rows(session: SessionId) -> Request {
    Request::Rows {
        session,
        book: Book::Main,
        from: LineNo(0),
        count: 10,
    }
}

fn search(session: SessionId) -> Request {
    let query = Search {
        pattern: "7".into(),
        ignore_case: false,
        from: None,
        backwards: false,
        limit: 10,
    };
    Request::Search { session, query }
}

fn rename(session: SessionId, name: &str) -> Request {
    let name = name.into();
    Request::Rename { session, name }
}

fn kill(session: SessionId) -> Request {
    let how = EndHow::Kill;
    Request::End { session, how }
}

fn is_forbidden(answer: &Answer) -> bool {
    matches!(answer, Answer::Failed(failure) if failure.kind == FailKind::Forbidden)
}

fn closed(link: &mut Client, kind: FailKind) {
    link.until("the end of the link", |link| link.closed.is_some());
    assert_eq!(link.closed.as_ref().map(|why| why.kind), Some(kind));
}

#[test]
fn a_view_only_device_gets_no_more_than_the_screen_whatever_the_daemon_passes_on() {
    let home = Home::new("behalf");
    let session = home.script("seq 500; read x").id;
    let mut local = Client::connect(&home.socket(session), session);
    local.attach();
    local.until_text("500");
    let mut link = speaks_for(&home, session, behalf(VIEW, false));
    assert!(matches!(
        link.ask(capture(session, 0)),
        Answer::Captured { .. }
    ));
    assert!(matches!(link.ask(Request::List), Answer::Sessions(_)));
    for request in [
        capture(session, 1),
        rows(session),
        search(session),
        rename(session, "mine"),
        kill(session),
        Request::Clear { session },
        Request::Subscribe,
        Request::Notify {
            line: "hello".into(),
        },
        Request::Cut {
            device: DEVICE,
            epoch: None,
        },
        Request::Trust {
            session,
            trusted: true,
        },
    ] {
        let answer = link.ask(request.clone());
        assert!(is_forbidden(&answer), "{request:?} was answered {answer:?}");
    }
    assert_eq!(local.info().name, "test");
}

#[test]
fn a_device_may_ask_for_what_the_daemon_said_it_may() {
    let home = Home::new("behalf-more");
    let session = home.script("seq 500; read x").id;
    let mut local = Client::connect(&home.socket(session), session);
    local.attach();
    local.until_text("500");
    let mut blind = speaks_for(&home, session, behalf(Limits { see: false, ..VIEW }, false));
    assert!(is_forbidden(&blind.ask(capture(session, 0))));
    assert_eq!(blind.info().last_line, "");
    let some = Limits {
        floor: Some(LineNo(5)),
        ..VIEW
    };
    let Answer::Rows {
        from, rows: found, ..
    } = speaks_for(&home, session, behalf(some, false)).ask(rows(session))
    else {
        unreachable!("rows above the floor are given");
    };
    assert_eq!((from, found.len()), (LineNo(5), 5));
    let mut typist = speaks_for(&home, session, behalf(Limits::ALL, false));
    assert!(matches!(typist.ask(search(session)), Answer::Found { .. }));
    assert!(is_forbidden(&typist.ask(rename(session, "mine"))));
    assert!(is_forbidden(&typist.ask(kill(session))));
    let mut manager = speaks_for(&home, session, behalf(Limits::ALL, true));
    assert_eq!(manager.ask(rename(session, "ours")), Answer::Done);
    assert!(is_forbidden(&manager.ask(Request::Clear { session })));
    assert_eq!(local.info().name, "ours");
    assert_eq!(manager.ask(kill(session)), Answer::Done);
    local.until("the end", |client| client.ended.is_some());
}

#[test]
fn a_link_is_for_one_device_once() {
    let home = Home::new("behalf-once");
    let session = home.script("read x").id;
    for second in [behalf(VIEW, false), behalf(Limits::ALL, true)] {
        let mut link = speaks_for(&home, session, behalf(VIEW, false));
        link.send(&ToServer::Behalf(second));
        closed(&mut link, FailKind::State);
    }
    // Nor does an attached one or the daemon's own become a device's.
    let mut local = Client::connect(&home.socket(session), session);
    local.attach();
    local.send(&ToServer::Behalf(behalf(Limits::ALL, true)));
    closed(&mut local, FailKind::State);
    let mut daemon = Client::connect(&home.socket(session), session);
    assert_eq!(daemon.ask(Request::Subscribe), Answer::Done);
    daemon.send(&ToServer::Behalf(behalf(Limits::ALL, true)));
    closed(&mut daemon, FailKind::State);
}

#[test]
fn a_viewer_on_such_a_link_has_no_more_rights() {
    let home = Home::new("behalf-viewer");
    let session = home.script("read x").id;
    let attach = |link: &Client, limits| abide_protocol::message::Attach {
        epoch: Some(3),
        wish: SizeWish::Watch,
        ..link.device(6, limits)
    };
    let mut link = speaks_for(&home, session, behalf(VIEW, false));
    let within = attach(&link, VIEW);
    link.attach_as(within);
    let mut link = speaks_for(&home, session, behalf(VIEW, false));
    let wider = attach(&link, Limits::ALL);
    link.send(&ToServer::Attach(Box::new(wider)));
    closed(&mut link, FailKind::Forbidden);
}

#[test]
fn a_cut_ends_a_devices_requests_and_none_of_before_comes_later() {
    let home = Home::new("behalf-cut");
    let session = home.script("read x").id;
    let mut daemon = Client::connect(&home.socket(session), session);
    assert_eq!(daemon.ask(Request::Subscribe), Answer::Done);
    let mut link = speaks_for(&home, session, behalf(Limits::ALL, true));
    link.request(Request::Wait { session });
    assert!(matches!(link.ask(Request::List), Answer::Sessions(_)));
    // The order is in the sockets, not in time: the keeper finds both at once or the cut first.
    let cut = Request::Cut {
        device: DEVICE,
        epoch: Some(4),
    };
    daemon.request(cut);
    link.request(rename(session, "mine"));
    closed(&mut link, FailKind::Forbidden);
    let mut late = speaks_for(&home, session, behalf(Limits::ALL, true));
    late.request(rename(session, "mine"));
    closed(&mut late, FailKind::Forbidden);
    assert_eq!(daemon.info().name, "test");
    let again = Behalf {
        epoch: 4,
        ..behalf(Limits::ALL, true)
    };
    let mut again = speaks_for(&home, session, again);
    assert_eq!(again.ask(rename(session, "ours")), Answer::Done);
}

/// So does one of an earlier version with what the daemon says of a device.
#[test]
fn a_message_that_a_keeper_does_not_know_is_skipped() {
    let home = Home::new("behalf-older");
    let session = home.script("read x").id;
    let mut link = Client::connect(&home.socket(session), session);
    link.send(&ToServer::Unknown);
    assert!(matches!(link.ask(Request::List), Answer::Sessions(_)));
}

#[test]
fn a_device_that_may_not_see_sees_nothing_and_steers_nothing() {
    let home = Home::new("blind");
    let info = home.script("seq 500; read x; echo got $x; read x");
    let mut local = home.connect(&info);
    local.attach();
    local.until_text("500");
    let blind = Limits {
        see: false,
        type_: true,
        size: false,
        floor: None,
    };
    let mut typist = home.connect(&info);
    typist.send(&ToServer::Attach(Box::new(typist.device(1, blind))));
    let session = info.id;
    let forbidden =
        |answer: &Answer| matches!(answer, Answer::Failed(f) if f.kind == FailKind::Forbidden);
    for request in [
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
        Request::End {
            session,
            how: EndHow::Kill,
        },
        Request::Rename {
            session,
            name: "x".into(),
        },
        Request::Clear { session },
        Request::Subscribe,
    ] {
        let answer = typist.ask(request.clone());
        assert!(forbidden(&answer), "{request:?} was answered {answer:?}");
    }
    assert_eq!(typist.info().last_line, "");
    typist.listen(Duration::from_millis(100));
    assert_eq!(typist.snapshots, 0);
    typist.line("this");
    local.until_text("got this");
}

#[test]
fn a_device_that_may_only_see_sees_what_it_was_given() {
    let home = Home::new("mute");
    let info = home.script("seq 500; read x; echo got $x");
    let session = info.id;
    let mut local = home.connect(&info);
    local.attach();
    local.until_text("500");
    let reader = Limits {
        see: true,
        type_: false,
        size: false,
        floor: Some(LineNo(400)),
    };
    let mut mute = home.connect(&info);
    let attach = Attach {
        wish: SizeWish::Take,
        size: size(10, 5),
        history: 1000,
        ..mute.device(2, reader)
    };
    mute.attach_as(attach);
    assert_eq!(mute.screen.as_ref().unwrap().size, size(80, 24));
    assert_eq!(mute.tail[0].text(), "401");
    let rows = mute.ask(Request::Rows {
        session,
        book: Book::Main,
        from: LineNo(0),
        count: 402,
    });
    let Answer::Rows { from, rows, .. } = rows else {
        panic!("{rows:?}")
    };
    assert_eq!((from, rows.len()), (LineNo(400), 2));
    mute.line("never");
    mute.until("the refusals", |client| client.refused.len() == 2);
    local.line("local");
    local.until_text("got local");
}

#[test]
fn a_cut_device_is_gone_before_it_types_again() {
    let home = Home::new("cut");
    let info = home.begin(spec(&["/bin/cat"])).unwrap();
    let mut daemon = home.connect(&info);
    assert_eq!(daemon.ask(Request::Subscribe), Answer::Done);
    let mut local = home.connect(&info);
    local.attach();
    let mut device = home.connect(&info);
    device.attach_as(device.device(5, Limits::ALL));
    device.line("allowed");
    local.until_text("allowed\nallowed");
    let Attach {
        device: Some(id), ..
    } = device.device(5, Limits::ALL)
    else {
        unreachable!()
    };
    // The order is in the sockets, not in time: the keeper finds both at once or the cut first.
    daemon.request(Request::Cut {
        device: id,
        epoch: None,
    });
    device.line("forbidden");
    device.until("the end of the link", |client| client.closed.is_some());
    assert_eq!(
        device.closed.as_ref().map(|failure| failure.kind),
        Some(FailKind::Forbidden)
    );
    local.line("after");
    local.until_text("after\nafter");
    assert!(!local.text().contains("forbidden"), "{}", local.text());
    daemon.until("the acknowledgement", |client| !client.answers.is_empty());
    daemon.until("a summary", |client| {
        client.summaries.iter().any(|s| s.last_line == "after")
    });
}
