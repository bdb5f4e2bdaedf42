//! History beyond memory, and what is left of it when a session has ended.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod support;

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use abide_protocol::message::{
    Answer, CaptureRange, Event, ExitStatus, FailKind, Failure, LostRows, Request, Search,
    SessionInfo, SessionState, Spec,
};
use abide_protocol::{Book, LineNo, Row, record};
use abided::keeper::ended;
use support::{Client, Home, spec, wait_for};

/// A session that keeps no more than this and runs a script.
fn bounded(home: &Home, script: &str, memory: u64, disk: u64) -> SessionInfo {
    let spec = Spec {
        history_memory: Some(memory),
        history_disk: Some(disk),
        ..spec(&["/bin/sh", "-c", script])
    };
    home.begin(spec).unwrap()
}

fn file(home: &Home, info: &SessionInfo) -> PathBuf {
    home.record(info.id).join("history")
}

fn rows(client: &mut Client, info: &SessionInfo, from: u64, count: u64) -> (u64, Vec<String>) {
    let session = info.id;
    let request = Request::Rows {
        session,
        book: Book::Main,
        from: LineNo(from),
        count,
    };
    let Answer::Rows { from, rows, .. } = client.ask(request) else {
        panic!("no rows");
    };
    (
        from.0,
        rows.iter().map(|row| row.text().to_owned()).collect(),
    )
}

#[test]
fn what_memory_has_no_room_for_is_in_a_private_file() {
    let home = Home::new("spill");
    let info = bounded(
        &home,
        "seq -f 'a line with number %.0f' 400000; read x",
        256 << 10,
        1 << 30,
    );
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("number 400000");
    let file = file(&home, &info);
    wait_for("the file", || file.exists());
    assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600);
    for from in [0, 1, 123_456, 399_000] {
        let expected = (from..from + 3).map(|n| format!("a line with number {}", n + 1));
        assert_eq!(
            rows(&mut client, &info, from, 3),
            (from, expected.collect())
        );
    }
    let range = CaptureRange { history: u64::MAX };
    let session = info.id;
    let Answer::Captured {
        history, snapshot, ..
    } = client.ask(Request::Capture { session, range })
    else {
        panic!("no capture");
    };
    assert_eq!(history.len() as u64, snapshot.top.0);
    let right = |(n, row): (usize, &std::sync::Arc<Row>)| {
        row.text() == format!("a line with number {}", n + 1)
    };
    assert!(history.iter().enumerate().all(right));
    assert!(client.info().history_bytes < 4 << 20);
}

#[test]
fn the_oldest_rows_leave_a_full_file() {
    let home = Home::new("full-file");
    // Random text does not compress much.
    let script = "head -c 12000000 /dev/urandom | base64 -w 64; echo over; read x";
    let (memory, disk) = (1 << 20, 2 << 20);
    let info = bounded(&home, script, memory, disk);
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("over");
    let file = file(&home, &info);
    let on_disk = || file.metadata().unwrap().blocks() * 512;
    wait_for("the bound", || on_disk() <= disk + (1 << 20));
    let top = client.screen.as_ref().unwrap().top.0;
    let first = client.screen.as_ref().unwrap().first.0;
    assert!(first > 0, "nothing was dropped");
    let (from, oldest) = rows(&mut client, &info, 0, 2000);
    assert!(from >= first && oldest.iter().all(|row| row.len() == 64));
    assert!(
        rows(&mut client, &info, top - 5, 5)
            .1
            .iter()
            .all(|row| row.len() == 64)
    );
    client.line("");
    client.until("the end", |client| client.ended.is_some());
    let record = ended::read(&home.record(info.id)).unwrap();
    let kept = record.rows.unwrap();
    let (from, rows) = kept.rows(LineNo(0), u64::MAX);
    assert_eq!(from, kept.first());
    assert_eq!(from.plus(rows.len() as u64), kept.end());
    assert!(
        rows[..rows.len() - 30]
            .iter()
            .all(|row| row.text().len() == 64)
    );
    let path = home.record(info.id).join("history");
    assert!(path.metadata().unwrap().blocks() * 512 <= disk + (1 << 20));
}

#[test]
fn nothing_is_written_when_nothing_may_be() {
    let home = Home::new("no-disk");
    let info = bounded(&home, "seq 400000; read x", 256 << 10, 0);
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("400000");
    assert!(client.screen.as_ref().unwrap().first > LineNo(0));
    assert!(!file(&home, &info).exists());
    client.line("");
    client.until("the end", |client| client.ended.is_some());
    let record = ended::read(&home.record(info.id)).unwrap();
    let top = record.snapshot.top;
    let kept = record.rows.unwrap();
    assert_eq!((kept.first(), kept.top()), (top, top));
}

#[test]
fn a_session_is_searched() {
    let home = Home::new("search");
    let info = bounded(&home, "seq 100000; read x", 256 << 10, 1 << 30);
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("100000");
    let mut search = |query: Search| {
        client.ask(Request::Search {
            session: info.id,
            query,
        })
    };
    let query = Search {
        pattern: "^7.*77$".into(),
        ignore_case: false,
        from: None,
        backwards: false,
        limit: 5,
    };
    let Answer::Found { hits, next, .. } = search(query.clone()) else {
        panic!("nothing");
    };
    let lines: Vec<&str> = hits.iter().map(|hit| hit.line.as_str()).collect();
    assert_eq!(lines, ["777", "7077", "7177", "7277", "7377"]);
    assert_eq!((hits[0].start, next), (LineNo(776), Some(LineNo(7476))));
    let wrong = search(Search {
        pattern: "[".into(),
        ..query
    });
    let Answer::Failed(Failure { kind, line }) = wrong else {
        panic!("{wrong:?}");
    };
    assert_eq!(kind, FailKind::Invalid);
    assert!(line.contains("unclosed character class"), "{line}");
}

#[test]
fn a_killed_keeper_leaves_what_it_had_written() {
    let home = Home::new("killed");
    let info = bounded(&home, "seq 2000000; read x", 256 << 10, 1 << 30);
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("2000000");
    let file = file(&home, &info);
    wait_for("the file", || {
        file.metadata().is_ok_and(|file| file.len() > 256 << 10)
    });
    let keeper = info
        .keeper
        .and_then(|pid| rustix::process::Pid::from_raw(pid.cast_signed()));
    rustix::process::kill_process(keeper.unwrap(), rustix::process::Signal::KILL).unwrap();
    client.until("the end of the link", |client| client.gone);
    let whole = std::fs::read(&file).unwrap();
    let dir = home.record(info.id);
    let lines = || -> Vec<String> {
        let lost = SessionInfo {
            state: SessionState::Ended(ExitStatus::Lost),
            ..info.clone()
        };
        let record = ended::read_lost(&dir, lost).unwrap();
        let (_, rows) = record.rows.unwrap().rows(LineNo(0), u64::MAX);
        rows.iter().map(|row| row.text().to_owned()).collect()
    };
    let all = lines();
    assert!(all.len() > 50_000, "{}", all.len());
    assert!(
        all.iter()
            .enumerate()
            .all(|(n, line)| *line == (n + 1).to_string())
    );
    // Where keepers of earlier builds have left it.
    let beside = dir.with_extension("history");
    std::fs::rename(&file, &beside).unwrap();
    assert_eq!(lines(), all);
    std::fs::rename(&beside, &file).unwrap();
    // Torn where a crash may have torn it.
    for cut in [1, 17, 4096, 5000, whole.len() / 3] {
        std::fs::write(&file, &whole[..whole.len() - cut]).unwrap();
        let rest = lines();
        assert!(rest == all[..rest.len()], "{cut}");
        // Small cuts reach into the last block at most.
        let block = abide_screen::limits::BLOCK_ROWS;
        assert!(
            cut > 17 || all.len() - rest.len() <= block,
            "{cut}: {}",
            rest.len()
        );
    }
    std::fs::write(&beside, "").unwrap();
    ended::delete(&dir).unwrap();
    assert!(!dir.exists() && !beside.exists());
}

/// The session goes on, and says what cannot be read any more.
#[test]
fn a_damaged_file_of_a_living_session_is_told() {
    let home = Home::new("damaged");
    let script = "seq 400000; read x; seq 400001 800000; echo over; read x";
    let info = bounded(&home, script, 64 << 10, 1 << 30);
    let mut client = home.connect(&info);
    client.attach();
    client.until_text("400000");
    let file = file(&home, &info);
    wait_for("the file", || {
        file.metadata().is_ok_and(|file| file.len() > 64 << 10)
    });
    assert_eq!(client.info().history_lost, Some(LostRows::default()));
    let garbage = vec![0xa5; file.metadata().unwrap().len() as usize];
    std::fs::OpenOptions::new()
        .write(true)
        .open(&file)
        .and_then(|mut file| std::io::Write::write_all(&mut file, &garbage))
        .unwrap();
    // Nobody has read it yet.
    let lost = client.info().history_lost.unwrap_or_default();
    assert!(lost.from == LineNo(0) && lost.rows > 1000, "{lost:?}");
    let session = info.id;
    let count = 3;
    let request = Request::Rows {
        session,
        book: Book::Main,
        from: LineNo(4),
        count,
    };
    let Answer::Rows { from, rows, lost } = client.ask(request) else {
        panic!("no rows");
    };
    assert_eq!((from, rows.len()), (LineNo(4), 3));
    assert!(rows.iter().all(|row| row.text().is_empty()));
    assert_eq!(lost, Some(LostRows::all(LineNo(4), LineNo(7))));
    let search = |from| Request::Search {
        session,
        query: Search {
            pattern: "^9$".into(),
            ignore_case: false,
            from,
            backwards: false,
            limit: 5,
        },
    };
    let Answer::Found { hits, lost, .. } = client.ask(search(None)) else {
        panic!("no search");
    };
    let lost = lost.expect("something is lost");
    assert!(hits.is_empty() && lost.from == LineNo(0) && lost.rows > 1000);
    let told = |event: &Event| matches!(event, Event::Notice(line) if line.contains("damaged"));
    client.until("the notice", |client| client.events.iter().any(told));
    assert_eq!(client.info().history_lost, Some(lost));
    let log = || std::fs::read_to_string(home.state.join("keepers.log")).unwrap();
    assert_eq!(log().matches("history cannot be read").count(), 1);
    // It goes on, on the disk too, and what it writes from now on is kept.
    client.line("");
    client.until_text("over");
    let (_, newest) = rows_of(&mut client, &info, 500_000);
    assert_eq!(newest, "500000");
    client.line("");
    client.until("the end", |client| client.ended.is_some());
    let record = ended::read(&home.record(info.id)).unwrap();
    let kept = record.rows.unwrap();
    assert_eq!(kept.rows(LineNo(500_000), 1).1[0].text(), "500000");
    let _ = kept.rows(LineNo(0), u64::MAX);
    assert!(kept.lost(LineNo(0), kept.end()).rows >= lost.rows);
    assert_eq!(client.events.iter().filter(|event| told(event)).count(), 1);
}

fn rows_of(client: &mut Client, info: &SessionInfo, from: u64) -> (u64, String) {
    let (from, mut rows) = rows(client, info, from, 1);
    (from, rows.remove(0))
}

/// How much history a record has is what its info and its last screen say.
#[test]
fn a_record_says_where_its_history_begins() {
    let home = Home::new("trimmed");
    let text = "head -c 6000000 /dev/urandom | base64 -w 64; echo over";
    for disk in [0, 1 << 20] {
        let info = bounded(&home, text, 8 << 20, disk);
        let dir = home.record(info.id);
        wait_for("the record", || dir.join("info").exists());
        let record = ended::read(&dir).unwrap();
        let rows = record.rows.unwrap();
        let (first, top) = (rows.first(), rows.top());
        assert_eq!((record.snapshot.first, record.snapshot.top), (first, top));
        assert_eq!(record.info.history_rows, top.since(first));
        assert_eq!(rows.lost(first, top).rows, 0);
        assert!(first > LineNo(0) && (disk == 0) == (first == top));
    }
}

#[test]
fn files_that_are_no_history_are_told_apart() {
    let home = Home::new("foreign");
    let info = home.script("seq 100; exit");
    let dir = home.record(info.id);
    wait_for("the record", || dir.join("info").exists());
    let path = dir.join("history");
    let whole = std::fs::read(&path).unwrap();
    let mut newer = whole.clone();
    newer[16] = 9;
    let said = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let record = ended::read(&dir).unwrap();
        record
            .rows
            .map(|rows| rows.rows(LineNo(0), 1).1[0].text().to_owned())
    };
    assert_eq!(said(&whole), Ok("1".into()));
    assert!(
        said(&newer)
            .unwrap_err()
            .contains("another version of Abide (format 9")
    );
    assert!(
        said(b"garbage")
            .unwrap_err()
            .contains("no history of Abide's")
    );
    assert!(
        said(&[0; 10_000])
            .unwrap_err()
            .contains("no history of Abide's")
    );
    assert!(
        said(&whole[..4000])
            .unwrap_err()
            .contains("no history of Abide's")
    );
    // A last block that is damaged is lost; the screen is kept.
    let mut damaged = whole.clone();
    damaged[4096 + 60] ^= 1;
    assert_eq!(said(&damaged), Ok(String::new()));
    let rows = ended::read(&dir).unwrap().rows.unwrap();
    assert_eq!(
        rows.lost(LineNo(0), rows.end()),
        LostRows::all(LineNo(0), LineNo(77))
    );
    assert_eq!(rows.rows(LineNo(77), 1).1[0].text(), "78");
}

#[test]
fn a_record_of_the_first_format_is_read() {
    let home = Home::new("old-format");
    let info = home.script("seq 100; exit");
    let dir = home.record(info.id);
    wait_for("the record", || dir.join("info").exists());
    let record = ended::read(&dir).unwrap();
    let top = record.snapshot.top;
    let (_, rows) = record.rows.unwrap().rows(LineNo(0), u64::MAX);
    let mut old = Vec::new();
    for rows in rows[..top.0 as usize].chunks(30) {
        let chunk = record::encode_rows(rows);
        old.extend_from_slice(&(chunk.len() as u32).to_le_bytes());
        old.extend_from_slice(&chunk);
    }
    std::fs::write(dir.join("history"), old).unwrap();
    let read = ended::read(&dir).unwrap().rows.unwrap();
    assert_eq!((read.first(), read.top()), (LineNo(0), top));
    assert_eq!(read.rows(LineNo(0), u64::MAX).1, rows);
}
