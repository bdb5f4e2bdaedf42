//! Viewers of one session: they see the same, and none can harm the program or another.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod support;

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use abide_protocol::input::{Key, Mods};
use abide_protocol::message::{
    Answer, Attach, CaptureRange, Event, Request, SessionInfo, SizeWish, ToServer,
};
use abide_protocol::{SessionId, Size};
use support::{Client, Home, size, spec, wait_for};

#[test]
fn two_viewers_see_the_same() {
    let home = Home::new("two");
    let info = home
        .begin(spec(&["/bin/bash", "--norc", "--noprofile"]))
        .unwrap();
    let (mut one, mut two) = (home.connect(&info), home.connect(&info));
    one.attach();
    two.attach();
    one.line("for i in $(seq 2000); do echo \"$RANDOM $i\"; done; echo all; echo over");
    for client in [&mut one, &mut two] {
        // The prompt is the last thing that comes.
        client.until("the prompt after it", |client| {
            client.text().trim_end().ends_with("all\nover\n$")
        });
    }
    let newest = one.screen.as_ref().unwrap().revision;
    two.until("the newest state", |client| {
        client.screen.as_ref().unwrap().revision >= newest
    });
    let newest = two.screen.as_ref().unwrap().revision;
    one.until("the newest state", |client| {
        client.screen.as_ref().unwrap().revision >= newest
    });
    assert_eq!(one.screen, two.screen);
    let session = info.id;
    let captured = one.ask(Request::Capture {
        session,
        range: CaptureRange { history: 0 },
    });
    let Answer::Captured { snapshot, .. } = captured else {
        panic!("{captured:?}");
    };
    assert_eq!(Some(&*snapshot), one.screen.as_ref());
}

/// A change is compared and encoded once, however many have the same.
/// A session that prints the lines written to `pipe`; each comes in one piece, however busy the
/// machine is, without output processing.
fn printing(home: &Home, pipe: &Path) -> SessionInfo {
    let path = pipe.display();
    home.script(&format!(
        "mkfifo {path}; stty -opost; printf 'ready\\r\\n'; while read -r x; do printf '%s\\r\\n' $x; done <>{path}"
    ))
}

/// How many updates went out, and how many were made for that.
fn counted(asker: &mut Client, session: SessionId) -> (u64, u64) {
    match asker.ask(Request::Info { session }) {
        Answer::Session(info) => (info.updates_sent.unwrap(), info.updates_made.unwrap()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn equal_viewers_are_sent_one_update() {
    const VIEWERS: u64 = 7;
    let home = Home::new("equal");
    let pipe = home.state.join("pipe");
    let info = printing(&home, &pipe);
    let mut viewers: Vec<Client> = (0..VIEWERS).map(|_| home.connect(&info)).collect();
    for viewer in &mut viewers {
        viewer.attach();
        viewer.until_text("ready");
    }
    let mut asker = home.connect(&info);
    let (sent, made) = counted(&mut asker, info.id);
    std::fs::write(&pipe, "hello\n").unwrap();
    for viewer in &mut viewers {
        viewer.until_text("ready\nhello");
    }
    assert_eq!(counted(&mut asker, info.id), (sent + VIEWERS, made + 1));
}

#[test]
fn equal_viewers_are_sent_one_update_though_they_take_it_at_other_times() {
    let home = Home::new("later");
    let pipe = home.state.join("pipe");
    let info = printing(&home, &pipe);
    let [mut prompt, mut late] = [home.connect(&info), home.connect(&info)];
    for viewer in [&mut prompt, &mut late] {
        viewer.attach();
        viewer.until_text("ready");
    }
    late.acks = false;
    let mut text = "ready".to_owned();
    for line in ["one", "two"] {
        std::fs::write(&pipe, format!("{line}\n")).unwrap();
        text = format!("{text}\n{line}");
        prompt.until_text(&text);
        late.until_text(&text);
    }
    // As many frames as are sent without an acknowledgement.
    std::fs::write(&pipe, "three\n").unwrap();
    text += "\nthree";
    prompt.until_text(&text);
    let mut asker = home.connect(&info);
    let (sent, made) = counted(&mut asker, info.id);
    let revision = late.screen.as_ref().unwrap().revision;
    late.send(&ToServer::Ack { revision });
    late.until_text(&text);
    assert_eq!(counted(&mut asker, info.id), (sent + 1, made));
}

#[test]
fn one_who_comes_back_gets_an_update() {
    let home = Home::new("back");
    let info = home.begin(spec(&["/bin/cat"])).unwrap();
    let mut first = home.connect(&info);
    first.attach();
    first.line("before");
    first.until_text("before\nbefore");
    first.listen(Duration::from_millis(200));
    let (screen, input, seq) = (first.screen.clone(), first.input, first.seq);
    drop(first);
    let mut other = home.connect(&info);
    other.attach();
    other.line("meanwhile");
    other.until_text("meanwhile\nmeanwhile");
    let mut again = home.connect(&info);
    (again.screen, again.input, again.seq) = (screen, input, seq);
    let have = again.screen.as_ref().map(|screen| screen.revision);
    again.attach_as(Attach {
        have,
        ..again.attachment()
    });
    assert_eq!((again.snapshots, again.updates), (0, 1));
    assert_eq!(again.applied.0, seq);
    again.until_text("meanwhile\nmeanwhile");
    other.listen(Duration::from_millis(200));
    assert_eq!(again.screen, other.screen);
}

#[test]
fn a_state_that_is_forgotten_is_sent_whole() {
    let home = Home::new("forgotten");
    let info = home.begin(spec(&["/bin/cat"])).unwrap();
    let mut client = home.connect(&info);
    client.attach_as(Attach {
        have: Some(abide_protocol::Revision::default()),
        ..client.attachment()
    });
    assert_eq!((client.snapshots, client.updates), (1, 0));
    client.send(&ToServer::Resync);
    client.until("a second snapshot", |client| client.snapshots == 2);
}

#[test]
fn garbage_closes_its_link_and_nothing_else() {
    let home = Home::new("garbage");
    let info = home.begin(spec(&["/bin/cat"])).unwrap();
    let mut viewer = home.connect(&info);
    viewer.attach();
    let frames: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\n\r\n",
        &[0; 64],
        &[0xff; 64],
        &[2, 0, 0, 0, 1, 0],
        &[
            10, 0, 0, 0, 3, 0, 0x9f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        ],
        // A length that the hello's bound does not allow.
        &[0, 0, 0, 0x7f, 1, 0],
    ];
    for (index, bytes) in frames.into_iter().enumerate() {
        let mut raw = Client::connect(&home.socket(info.id), info.id);
        raw.stream.write_all(bytes).unwrap();
        raw.stream.shutdown(std::net::Shutdown::Write).unwrap();
        let end = Instant::now() + support::PATIENCE;
        while !raw.gone {
            assert!(Instant::now() < end, "frame {index} left its link open");
            raw.listen(Duration::from_millis(20));
        }
    }
    viewer.line("alive");
    viewer.until_text("alive\nalive");
}

#[test]
fn nothing_is_done_before_the_hello() {
    let home = Home::new("rude");
    let info = home.script("read x");
    let stream = std::os::unix::net::UnixStream::connect(home.socket(info.id)).unwrap();
    let mut bytes = vec![];
    let session = info.id;
    let rude = ToServer::Request {
        id: abide_protocol::RequestId(1),
        request: Request::End {
            session,
            how: abide_protocol::message::EndHow::Kill,
        },
    };
    abide_protocol::wire::encode_to_server(&rude, &mut bytes);
    (&stream).write_all(&bytes).unwrap();
    let mut rest = vec![];
    std::io::Read::read_to_end(&mut &stream, &mut rest).unwrap();
    assert!(home.connect(&info).info().ended.is_none());
}

#[test]
fn a_viewer_that_never_reads_slows_nobody() {
    let home = Home::new("deaf");
    let info = home
        .begin(spec(&["/bin/bash", "--norc", "--noprofile"]))
        .unwrap();
    let mut deaf = home.connect(&info);
    let attach = Attach {
        history: 10_000,
        ..deaf.attachment()
    };
    deaf.send(&ToServer::Attach(Box::new(attach)));
    let mut client = home.connect(&info);
    client.attach();
    let memory = || rss(info.keeper.unwrap());
    client.line("seq 1000; echo warm up");
    client.until_text("1000\nwarm up");
    let before = memory();
    client.line("seq 200000; echo all over");
    client.until_text("200000\nall over");
    let history = client.info().history_bytes / 1024;
    let grown = memory().saturating_sub(before);
    assert!(
        grown < history + 2_000,
        "{grown} kB for {history} kB of history"
    );
    // When it reads at last it has the present state within a few frames.
    deaf.until_text("200000\nall over");
    assert!(deaf.updates <= 4, "{} updates", deaf.updates);
}

fn rss(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn frames_stop_while_nobody_acknowledges_and_go_on_after() {
    let home = Home::new("acks");
    let info = home.begin(spec(&["/bin/cat"])).unwrap();
    let mut client = home.connect(&info);
    client.acks = false;
    client.attach();
    let session = info.id;
    let mut other = home.connect(&info);
    // Each line is typed once the one before has been echoed and printed: they would mix.
    for n in 0..5 {
        let line = format!("line {n}");
        client.line(&line);
        wait_for("the line in the session", || {
            let range = CaptureRange { history: 0 };
            let answer = other.ask(Request::Capture { session, range });
            let Answer::Captured { snapshot, .. } = answer else {
                panic!("{answer:?}");
            };
            let shown = snapshot.rows.iter().filter(|row| row.text() == line);
            shown.count() == 2
        });
    }
    client.until("the second frame", |client| {
        client.snapshots + client.updates == 2
    });
    client.listen(Duration::from_millis(100));
    assert_eq!(client.snapshots + client.updates, 2);
    let revision = client.screen.as_ref().unwrap().revision;
    client.acks = true;
    client.send(&ToServer::Ack { revision });
    client.until("the last line", |client| {
        client.text().matches("line 4").count() == 2
    });
    assert_eq!(
        client.snapshots + client.updates,
        3,
        "one update brings the newest state"
    );
}

#[test]
fn a_synchronized_update_is_shown_whole_or_after_its_time() {
    let home = Home::new("sync");
    let info = home.script(
        "stty -echo; printf 'old\\033[?2026h\\rhalf'; read x; printf '\\rnew \\033[?2026l'; read x; \
         printf '\\033[?2026h\\rlate'; sleep 0.9; printf '\\a'; read x",
    );
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("old");
    assert!(!client.text().contains("half"));
    let mut typist = home.connect(&info);
    typist.attach_as(Attach {
        frames: false,
        ..typist.attachment()
    });
    typist.key(Key::Enter, Mods::default());
    client.until_text("new");
    let begun = Instant::now();
    typist.key(Key::Enter, Mods::default());
    client.until("the update or the bell", |client| {
        client.text().contains("late") || !client.events.is_empty()
    });
    let held = begun.elapsed();
    assert!(
        held >= Duration::from_millis(140),
        "held for {held:?} only, while someone typed"
    );
    assert!(
        client.text().contains("late"),
        "held for {held:?} at least, while someone typed"
    );
}

#[test]
fn an_unfinished_update_is_shown_after_a_second_when_nobody_types() {
    let home = Home::new("hold");
    let begun = Instant::now();
    let info = home.script("printf 'old\\033[?2026h\\rnew'; read x");
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("new");
    let held = begun.elapsed();
    assert!(held > Duration::from_millis(900), "held for {held:?} only");
}

#[test]
fn the_size_is_the_drivers_and_everybody_is_told() {
    let home = Home::new("size");
    let info = home.begin(spec(&["/bin/cat"])).unwrap();
    let mut watcher = home.connect(&info);
    watcher.attach_as(Attach {
        size: size(40, 10),
        ..watcher.attachment()
    });
    assert_eq!(watcher.screen.as_ref().unwrap().size, size(80, 24));
    let mut one = home.connect(&info);
    let wish = SizeWish::IfFree;
    one.attach_as(Attach {
        size: size(90, 30),
        wish,
        name: "one".into(),
        ..one.attachment()
    });
    assert_eq!(
        one.screen.as_ref().unwrap().size,
        size(90, 30),
        "before the first state"
    );
    let driven_by = |client: &Client, name: Option<&str>, size: Size| {
        client
            .driver
            .as_ref()
            .is_some_and(|driver| driver.name.as_deref() == name && driver.size == size)
    };
    watcher.until("the news", |client| {
        driven_by(client, Some("one"), size(90, 30))
    });
    let mut two = home.connect(&info);
    two.attach_as(Attach {
        size: size(70, 20),
        wish,
        name: "two".into(),
        ..two.attachment()
    });
    assert_eq!(two.screen.as_ref().unwrap().size, size(90, 30));
    two.send(&ToServer::Drive { take: true });
    for client in [&mut watcher, &mut one, &mut two] {
        client.until("the news", |client| {
            driven_by(client, Some("two"), size(70, 20))
        });
    }
    assert!(two.driver.as_ref().unwrap().you && !one.driver.as_ref().unwrap().you);
    two.send(&ToServer::Resize { size: size(71, 21) });
    one.until("the new size", |client| {
        client.screen.as_ref().unwrap().size == size(71, 21)
    });
    drop(two);
    one.until("the size back", |client| {
        driven_by(client, Some("one"), size(90, 30))
    });
    one.send(&ToServer::Drive { take: false });
    watcher.until("nobody", |client| driven_by(client, None, size(90, 30)));
}

#[test]
fn bells_and_notifications_reach_all_and_copies_the_one_who_typed() {
    let home = Home::new("events");
    let info = home.script(
        "stty -echo; printf '\\a'; read x; printf '\\a\\033]52;c;Y29weQ==\\007\\033]9;done\\007'; read x",
    );
    let mut early = home.connect(&info);
    early.attach();
    let mut typist = home.connect(&info);
    typist.attach();
    typist.key(Key::Enter, Mods::default());
    let notified = |client: &Client| {
        client
            .events
            .iter()
            .any(|event| matches!(event, Event::Notification { .. }))
    };
    typist.until("the notification", notified);
    early.until("the notification", notified);
    let copies = |client: &Client| {
        client
            .events
            .iter()
            .filter(|event| matches!(event, Event::Clipboard { .. }))
            .count()
    };
    assert_eq!((copies(&typist), copies(&early)), (1, 0));
    let mut late = home.connect(&info);
    late.attach();
    late.listen(Duration::from_millis(100));
    assert_eq!(late.events, [], "a fresh attach gets no old events");
}

#[test]
fn focus_is_in_while_anybody_is_in() {
    let home = Home::new("focus");
    let info = home.script("stty -icanon -echo; printf '\\033[?1004hready'; cat -v");
    let (mut one, mut two) = (home.connect(&info), home.connect(&info));
    one.attach();
    two.attach();
    one.until_text("ready");
    one.send(&ToServer::Focus { focused: true });
    one.until_text("ready^[[I");
    two.send(&ToServer::Focus { focused: true });
    one.send(&ToServer::Focus { focused: false });
    drop(two);
    one.until_text("ready^[[I^[[O");
}

#[test]
fn questions_are_answered_before_later_input() {
    let home = Home::new("query");
    let info = home.script(
        "stty -icanon -echo; printf 'ready'; head -c 1 >/dev/null; printf '\\033[6n asked '; \
         head -c 9 | cat -v; read x",
    );
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("ready");
    client.paste("a");
    client.until_text("ready asked");
    client.paste("xyz");
    client.until_text("ready asked ^[[1;6Rxyz");
}
