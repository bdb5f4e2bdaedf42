//! Input: applied exactly once and in order, whatever happens to links.

mod support;

use std::time::Duration;

use abide_protocol::InputSeq;
use abide_protocol::input::{InputEvent, Key, KeyEvent, Mods};
use abide_protocol::message::InputRefusal::{Busy, Discarded, Forbidden, NeedsConfirm, StreamLost};
use abide_protocol::message::{Answer, Attach, CaptureRange, Limits, Request, ToServer};
use support::{Client, Home, spec};

/// A program that shows its raw input as text, one byte a character.
const RAW: &str = "stty raw -echo; printf 'ready '; cat -v";

fn submit(text: &str, confirmed: bool) -> InputEvent {
    InputEvent::Submit {
        text: text.into(),
        confirmed,
    }
}

#[test]
fn every_input_is_applied_once_across_lost_links() {
    let home = Home::new("once");
    let info = home.script("stty -echo; echo ready; while read line; do echo \"<$line>\"; done");
    let mut watcher = home.connect(&info);
    watcher.attach();
    watcher.until_text("ready");
    let input = abide_protocol::StreamId([7; 16]);
    let total = 120;
    let mut done = 0;
    let mut round = 0;
    while done < total {
        round += 1;
        let mut client = home.connect(&info);
        client.input = input;
        client.attach();
        done = client.applied.0;
        // Resends what is not acknowledged and more, then drops the link at any point, as a killed
        // client or a lost network would.
        let from = done.saturating_sub(3) + 1;
        let until = (done + 1 + round % 17).min(total);
        for seq in from..=until {
            let (stream, seq) = (client.input, InputSeq(seq));
            let event = InputEvent::Paste(format!("{}\n", seq.0));
            client.send(&ToServer::Input { stream, seq, event });
        }
        if round % 3 == 0 {
            client.listen(Duration::from_millis(2));
        }
        assert!(round < 10_000, "no progress");
    }
    watcher.until_text(&format!("<{total}>"));
    watcher.listen(Duration::from_millis(100));
    let range = CaptureRange { history: u64::MAX };
    let Answer::Captured {
        history, snapshot, ..
    } = watcher.ask(Request::Capture {
        session: info.id,
        range,
    })
    else {
        panic!("no capture");
    };
    let rows = history
        .iter()
        .chain(&snapshot.rows)
        .map(|row| row.text().to_owned());
    let seen: Vec<String> = rows.filter(|text| text.starts_with('<')).collect();
    let expected: Vec<String> = (1..=total).map(|n| format!("<{n}>")).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_strange_number_is_a_lost_stream() {
    let home = Home::new("lost");
    let info = home.begin(spec(&["/bin/cat"])).unwrap();
    let mut client = home.connect(&info);
    client.attach();
    client.seq = 41;
    client.line("never");
    client.until("the refusals", |client| client.refused.len() == 2);
    assert_eq!(client.refused, [(42, StreamLost), (43, StreamLost)]);
}

#[test]
fn who_is_not_attached_does_not_type() {
    let home = Home::new("stranger");
    let info = home.begin(spec(&["/bin/cat"])).unwrap();
    let mut client = home.connect(&info);
    client.line("never");
    client.until("the refusals", |client| client.refused.len() == 2);
    assert_eq!(client.refused[0].1, Forbidden);
    let mut other = home.connect(&info);
    other.attach();
    let input = other.input;
    let mut thief = home.connect(&info);
    thief.send(&ToServer::Attach(Box::new(Attach {
        stream: input,
        ..thief.device(3, Limits::ALL)
    })));
    thief.until("the refusal", |client| client.closed.is_some());
}

#[test]
fn a_full_queue_says_busy_and_a_ctrl_c_gets_through() {
    let home = Home::new("busy");
    let reads = home.state.join("reads");
    let info = home.script(&format!(
        "stty raw -echo; printf ready; until [ -e {} ]; do sleep 0.02; done; cat >/dev/null; echo never",
        reads.display()
    ));
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("ready");
    // Far more than the kernel takes while nobody reads.
    let block = "x".repeat(200 << 10);
    let first = client.paste(&block);
    let (second, third) = (client.paste(&block), client.paste("z"));
    client.until("the refusals", |client| client.refused.len() == 2);
    assert_eq!(client.refused, [(second, Busy), (third, Busy)]);
    assert!(client.applied.0 < first, "nobody reads yet");
    std::fs::write(reads, "").unwrap();
    let interrupt = client.key(Key::Char('c'), Mods::CTRL);
    client.until("the discards", |client| client.refused.len() == 5);
    client.refused[2..].sort_by_key(|(seq, _)| *seq);
    assert_eq!(
        client.refused[2..],
        [first, second, third].map(|seq| (seq, Discarded))
    );
    client.until("the interrupt", |client| client.applied.0 == interrupt);
}

#[test]
fn control_messages_pass_a_full_queue() {
    let home = Home::new("full");
    let info = home.script("stty raw -echo; printf ready; sleep 1000");
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("ready");
    client.paste(&"x".repeat(200 << 10));
    client.paste(&"x".repeat(200 << 10));
    client.until("a refusal", |client| !client.refused.is_empty());
    client.send(&ToServer::Drive { take: true });
    client.until("the size", |client| {
        client.driver.as_ref().is_some_and(|driver| driver.you)
    });
    client.send(&ToServer::Detach);
    assert_eq!(client.info().viewers, 0);
}

#[test]
fn a_submitted_text_is_one_piece_even_when_others_type() {
    let home = Home::new("submit");
    let info = home.script(RAW);
    let (mut one, mut two) = (home.connect(&info), home.connect(&info));
    one.attach();
    two.attach();
    one.until_text("ready");
    for n in 0..10 {
        one.input(submit(&format!("text{n}"), false));
        two.paste("-");
    }
    one.until("both", |client| {
        let text = client.text().replace('\n', "");
        text.matches('-').count() == 10 && text.contains("text9^M")
    });
    let text = one.text().replace('\n', "");
    for n in 0..10 {
        assert!(text.contains(&format!("text{n}^M")), "{n} is torn: {text}");
    }
}

#[test]
fn several_lines_need_a_word_where_no_paste_is_bracketed() {
    let home = Home::new("confirm");
    let info = home.script(RAW);
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("ready");
    let asked = client.input(submit("one\ntwo", false));
    client.until("the question", |client| {
        client.refused == [(asked, NeedsConfirm)]
    });
    client.input(submit("one\ntwo", true));
    client.until_text("ready one^Mtwo^M");
    assert_eq!(
        client.refused.len(),
        1,
        "the refused number does not hold up what follows"
    );
}

#[test]
fn keys_are_encoded_for_the_modes_of_the_moment() {
    let home = Home::new("modes");
    let info = home.script("stty raw -echo; printf 'ready \\033[?1h'; head -c 3 | cat -v; printf ' \\033[?1l\\033[?2004h'; cat -v");
    let mut client = home.connect(&info);
    client.attach();
    client.until("the mode", |client| {
        client
            .screen
            .as_ref()
            .is_some_and(|s| s.modes.application_cursor)
    });
    client.key(Key::Up, Mods::default());
    client.until("the mode", |client| {
        client
            .screen
            .as_ref()
            .is_some_and(|s| s.modes.bracketed_paste)
    });
    let keys = [Key::Up, Key::Char('c')].map(|key| KeyEvent::press(key, Mods::default()));
    client.input(InputEvent::Keys(keys.to_vec()));
    client.paste("a\nb");
    client.input(InputEvent::Raw(b"\x1b[99;5~".to_vec()));
    client.input(InputEvent::Unknown);
    let last = client.paste("end");
    client.until_text("ready ^[OA ^[[Ac^[[200~a^Mb^[[201~^[[99;5~^[[200~end");
    client.until("the acknowledgement", |client| client.applied.0 == last);
}

#[test]
fn input_without_effect_is_acknowledged_too() {
    let home = Home::new("silent");
    let info = home.script("stty -echo; printf ready; sleep 1000");
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("ready");
    let last = client.line("secret");
    client.until("the acknowledgement", |client| client.applied.0 == last);
    let mut sender: Client = home.connect(&info);
    sender.attach_as(Attach {
        frames: false,
        ..sender.attachment()
    });
    let last = sender.line("more");
    sender.until("the acknowledgement", |client| client.applied.0 == last);
    assert_eq!(sender.snapshots + sender.updates, 0);
}

#[test]
fn the_agent_link_follows_who_attached_last() {
    let home = Home::new("agent");
    let info = home.script("printf \"$SSH_AUTH_SOCK\"; read x");
    let mut client = home.connect(&info);
    client.attach_as(Attach {
        ssh_auth_sock: Some("/tmp/agent one".into()),
        ..client.attachment()
    });
    client.until("the path", |client| !client.text().trim().is_empty());
    let link = std::path::PathBuf::from(client.text().replace('\n', ""));
    let target = || std::fs::read_link(&link).unwrap();
    assert_eq!(target().to_str(), Some("/tmp/agent one"));
    let mut next = home.connect(&info);
    next.attach_as(Attach {
        ssh_auth_sock: Some("/tmp/agent two".into()),
        ..next.attachment()
    });
    assert_eq!(target().to_str(), Some("/tmp/agent two"));
    let mut device = home.connect(&info);
    let attach = device.device(1, Limits::ALL);
    device.attach_as(Attach {
        ssh_auth_sock: Some("/tmp/agent three".into()),
        ..attach
    });
    assert_eq!(
        target().to_str(),
        Some("/tmp/agent two"),
        "a device has no say"
    );
}
