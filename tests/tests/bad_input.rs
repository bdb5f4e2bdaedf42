//! What users, disks and strangers get wrong: one clear line, a documented exit code, and nobody
//! else notices.

use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use support::home::Home;
use support::wait;

/// Runs `abide` and expects an exit code, and one line of reason that contains `reason`.
fn fails(home: &Home, arguments: &[&str], code: i32, reason: &str) {
    let output = home.run_abide(arguments);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    assert!(text.contains(reason), "{arguments:?}: {text}");
    assert!(!text.contains("panicked"), "{text}");
    if code != 2 {
        assert_eq!(text.trim_end().lines().count(), 1, "one line: {text}");
    }
}

fn names(home: &Home) -> Vec<String> {
    home.list()
        .iter()
        .map(|session| session["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn commands_that_cannot_be_done() {
    let home = Home::new();
    home.ok(&["new", "one", "--detach", "--", "cat"]);
    home.ok(&["new", "two", "--detach", "--", "cat"]);
    let cases: &[(&[&str], i32, &str)] = &[
        (&["info", "nobody"], 3, "nobody"),
        (&["capture", "nobody"], 3, "nobody"),
        (&["send", "nobody", "text"], 3, "nobody"),
        (&["kill", "nobody"], 3, "nobody"),
        (&["new", "one", "--detach", "--", "cat"], 4, "one"),
        (&["rename", "one", "two"], 4, "two"),
        (&["remove", "one"], 4, "one"),
        (
            &["new", "--detach", "--", "no-such-program-anywhere"],
            1,
            "no-such-program-anywhere",
        ),
        (
            &["new", "--detach", "-d", "/no/such/directory", "--", "cat"],
            1,
            "/no/such/directory",
        ),
        (&["new", "--detach", "--size", "0x10"], 2, "0x10"),
        (&["new", "--detach", "--size", "1001x10"], 2, "1001x10"),
        (&["new", "--detach", "--size", "wide"], 2, "wide"),
        (&["keys", "one", "no-such-key"], 2, "no-such-key"),
        (&["attach", "one"], 255, "terminal"),
        (&["frobnicate"], 2, "frobnicate"),
    ];
    for (arguments, code, reason) in cases {
        fails(&home, arguments, *code, reason);
    }
    assert_eq!(names(&home).len(), 2, "nothing was created");
}

/// The beginning of an id that fits two names both.
#[test]
fn an_ambiguous_name_lists_the_candidates() {
    let home = Home::new();
    home.ok(&["new", "one", "--detach", "--", "cat"]);
    home.ok(&["new", "two", "--detach", "--", "cat"]);
    let ids: Vec<String> = home
        .list()
        .iter()
        .map(|session| session["id"].as_str().unwrap().to_owned())
        .collect();
    let same = ids[0]
        .chars()
        .zip(ids[1].chars())
        .take_while(|(a, b)| a == b)
        .count();
    let prefix = &ids[0][..same];
    let output = home.run_abide(&["info", prefix]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("one") && text.contains("two"), "{text}");
}

fn sockets(home: &Home) -> Vec<PathBuf> {
    std::fs::read_dir(home.run())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| UnixStream::connect(path).is_ok())
        .collect()
}

/// Whatever a stranger sends: the link is closed, and nothing else happens.
#[test]
fn garbage_on_every_socket_closes_only_that_link() {
    let home = Home::new();
    home.ok(&[
        "new",
        "work",
        "--detach",
        "--",
        "bash",
        "-c",
        "read x; echo got $x; exec cat",
    ]);
    let program = home.program("work");
    let mut noise = vec![0_u8; 200_000];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for byte in &mut noise {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state as u8;
    }
    let huge = [u32::MAX.to_le_bytes().as_slice(), &[1, 0], &[0; 100]].concat();
    let large = [(900_u32 << 20).to_le_bytes().as_slice(), &[1, 0], &[0; 100]].concat();
    let short = [3_u32.to_le_bytes().as_slice(), &[1, 0, 0xff]].concat();
    let text = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec();
    let sockets = sockets(&home);
    assert!(
        sockets.len() >= 2,
        "the daemon's and a keeper's: {sockets:?}"
    );
    for socket in &sockets {
        for bytes in [&noise, &huge, &large, &short, &text, &vec![0; 1000]] {
            let mut link = UnixStream::connect(socket).unwrap();
            link.set_read_timeout(Some(wait::PATIENCE)).unwrap();
            // The other side may close before it has read everything.
            let _ = link.write_all(bytes);
            let _ = link.shutdown(std::net::Shutdown::Write);
            let mut answer = Vec::new();
            let ended = link.read_to_end(&mut answer);
            let timed_out =
                ended.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
            assert!(
                !timed_out,
                "{} keeps a link that sent garbage",
                socket.display()
            );
        }
    }
    // Links that are opened and say nothing are held by nobody else's patience.
    let idle: Vec<_> = sockets
        .iter()
        .map(|socket| UnixStream::connect(socket).unwrap())
        .collect();
    home.ok(&["send", "work", "hello"]);
    home.wait_screen("work", "got hello");
    assert_eq!(home.program("work"), program);
    drop(idle);
}

/// A directory that others may enter, or that is a link, is refused.
#[test]
fn a_socket_directory_with_a_wrong_mode_is_refused() {
    let home = Home::new();
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(home.run())
        .unwrap();
    let mode =
        |mode| std::fs::set_permissions(home.run(), std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o755);
    let output = home.run_abide(&["new", "--detach", "--", "cat"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("run"), "{text}");
    assert!(home.daemon().is_none());
    mode(0o700);
    home.ok(&["new", "--detach", "--", "cat"]);
}

/// A name, a directory or a text that does not fit is refused before anything is made of it.
#[test]
fn names_and_texts_have_bounds() {
    let home = Home::new();
    home.ok(&["new", "one", "--detach", "--", "cat"]);
    for name in ["", "a\tb", "\u{1b}[31m", &"n".repeat(100)] {
        let output = home.run_abide(&["rename", "one", name]);
        assert!(!output.status.success(), "{name:?} was taken");
    }
    let long = "x".repeat(2 << 20);
    let mut command = home.command("abide");
    let mut child = command
        .args(["send", "one", "-"])
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(long.as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(
        !output.status.success(),
        "two megabytes were taken as one text"
    );
    assert_eq!(names(&home), ["one"]);
}
