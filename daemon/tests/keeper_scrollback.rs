//! History on its way to viewers: what leaves the screen while they look, and what was there before.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use abide_protocol::input::{Key, Mods};
use abide_protocol::message::{Answer, Attach, CaptureRange, Request};
use abide_protocol::{Book, LineNo};
use support::{Home, spec};

#[test]
fn a_burst_of_lines_reaches_the_scrollback_complete_and_in_order() {
    let home = Home::new("burst");
    let info = home
        .begin(spec(&["/bin/bash", "--norc", "--noprofile"]))
        .unwrap();
    let mut client = home.connect(&info);
    client.attach_as(Attach {
        printed: Some(LineNo(0)),
        history: 1000,
        ..client.attachment()
    });
    client.line("clear; seq 9000; echo over");
    client.until("the rows", |client| {
        client.tail.iter().any(|row| row.text() == "8970") && client.text().contains("9000\nover")
    });
    assert_eq!(client.skipped, [] as [u64; 0]);
    let screen = client.screen.as_ref().unwrap();
    assert_eq!(client.printed, screen.top);
    let texts: Vec<&str> = client
        .tail
        .iter()
        .chain(&screen.rows)
        .map(|row| row.text())
        .collect();
    let start = texts.iter().position(|text| *text == "1").unwrap();
    let expected: Vec<String> = (1..=9000).map(|n| n.to_string()).collect();
    assert_eq!(texts[start..start + 9000], expected);
}

#[test]
fn a_flood_makes_one_gap() {
    let home = Home::new("flood");
    let info = home
        .begin(spec(&["/bin/bash", "--norc", "--noprofile"]))
        .unwrap();
    let mut client = home.connect(&info);
    client.attach_as(Attach {
        printed: Some(LineNo(0)),
        ..client.attachment()
    });
    client.line("clear; seq 100000; echo over");
    client.until("the newest rows", |client| {
        client.tail.last().is_some_and(|row| row.text() == "99978")
    });
    assert_eq!(client.skipped.len(), 1);
    let sum = client.tail.len() as u64 + client.skipped[0];
    assert_eq!(sum, client.screen.as_ref().unwrap().top.0);
}

/// Rows with a style in every cell are many bytes to a terminal: fewer of them come.
#[test]
fn a_flood_of_colour_brings_as_many_rows_as_their_bytes_allow() {
    let row = |n: usize| {
        let cell = |c: usize| format!("\x1b[38;5;{}mx", (n + c) % 256);
        (0..80).map(cell).collect::<String>() + "\x1b[m\n"
    };
    let home = Home::new("colour");
    let file = home.state.join("flood");
    std::fs::write(&file, (0..12_000).map(row).collect::<String>()).unwrap();
    let info = home.script(&format!(
        "read x; cat {}; echo over; read x",
        file.display()
    ));
    let mut client = home.connect(&info);
    client.attach_as(Attach {
        printed: Some(LineNo(0)),
        ..client.attachment()
    });
    client.key(Key::Enter, Mods::default());
    client.until("the rows", |client| {
        client.text().contains("over") && client.printed == client.screen.as_ref().unwrap().top
    });
    assert_eq!(client.skipped.len(), 1);
    let rows = client.tail.len() as u64;
    let sum = rows + client.skipped[0];
    assert_eq!(sum, client.screen.as_ref().unwrap().top.0);
    // Each row weighs 80 bytes of text and 81 runs. Some came while the burst had only begun.
    let fit = (abide_protocol::limits::TAIL_BYTES_AFTER_GAP / (80 + 8 * 81)) as u64;
    assert!(rows >= fit && rows < 10_000, "{rows} rows, not {fit}");
}

#[test]
fn history_comes_before_the_first_state() {
    let home = Home::new("history");
    let info = home.script("seq 5000; read x");
    let mut first = home.connect(&info);
    first.attach();
    first.until_text("5000");
    let mut client = home.connect(&info);
    client.attach_as(Attach {
        history: 1000,
        ..client.attachment()
    });
    let top = client.screen.as_ref().unwrap().top;
    assert_eq!((client.tail.len(), client.printed), (1000, top));
    assert_eq!(client.tail[0].text(), (top.0 - 999).to_string());
    let Answer::Rows { from, rows, .. } = client.ask(Request::Rows {
        session: info.id,
        book: Book::Main,
        from: LineNo(9),
        count: 3,
    }) else {
        panic!("no rows");
    };
    let texts: Vec<&str> = rows.iter().map(|row| row.text()).collect();
    assert_eq!((from, texts), (LineNo(9), vec!["10", "11", "12"]));
}

#[test]
fn a_long_history_is_captured_whole_while_the_program_goes_on() {
    let home = Home::new("capture");
    let info = home.script("seq 50000; while :; do echo more; sleep 0.01; done");
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("more\nmore");
    let session = info.id;
    let range = CaptureRange { history: u64::MAX };
    let Answer::Captured {
        history, snapshot, ..
    } = client.ask(Request::Capture { session, range })
    else {
        panic!("no capture");
    };
    let rows: Vec<&str> = history
        .iter()
        .chain(&snapshot.rows)
        .map(|row| row.text())
        .collect();
    let numbers: Vec<String> = (1..=50_000).map(|n| n.to_string()).collect();
    assert_eq!(rows[..50_000], numbers);
    assert!(rows[50_000..].iter().all(|row| ["more", ""].contains(row)));
    assert_eq!(history.len() as u64, snapshot.top.0);
}
