//! What the owner asks and reads at a terminal: the audit, devices, and how a pairing stands.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use support::home::Home;
use support::pairing::{Joining, Offer, Paired};
use support::{process, wait};

/// `abide audit -f`, read line by line.
struct Audit {
    child: Child,
    lines: Receiver<String>,
}

fn follow(home: &Home, arguments: &[&str]) -> Child {
    let mut command = home.command("abide");
    command.args(["audit", "-f"]).args(arguments);
    command.stdout(Stdio::piped()).spawn().expect("abide runs")
}

impl Audit {
    fn follow(home: &Home, arguments: &[&str]) -> Self {
        let mut child = follow(home, arguments);
        let output = BufReader::new(child.stdout.take().expect("output"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, lines }
    }

    fn line(&self) -> String {
        let line = self.lines.recv_timeout(wait::PATIENCE);
        line.expect("one more row")
    }

    fn row(&self) -> Value {
        serde_json::from_str(&self.line()).expect("JSON")
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rename(home: &Home, from: &str, to: &str) {
    home.ok(&["devices", "rename", from, to]);
}

fn device(home: &Home) -> Value {
    let list: Vec<Value> =
        serde_json::from_str(&home.ok(&["devices", "list", "--json"])).expect("JSON");
    assert_eq!(list.len(), 1);
    list[0].clone()
}

fn rows(home: &Home, arguments: &[&str]) -> Vec<Value> {
    let words = [&["audit", "--json"], arguments].concat();
    let text = home.ok(&words);
    let rows = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    rows.collect()
}

fn numbers(rows: &[Value]) -> Vec<u64> {
    let number = |row: &Value| row["number"].as_u64().expect("a number");
    rows.iter().map(number).collect()
}

#[test]
fn the_audit_is_read_as_text_and_as_json() {
    let Paired { far, .. } = &Paired::direct("type");
    let before = device(far)["name"].as_str().unwrap().to_owned();
    rename(far, &before, "first");
    rename(far, "first", "second");
    let all = rows(far, &[]);
    let ascending: Vec<u64> = (1..=all.len() as u64).collect();
    assert_eq!(numbers(&all), ascending, "{all:?}");
    let actions: Vec<_> = all.iter().map(|row| &row["action"]).collect();
    for action in ["share", "paired", "renamed"] {
        assert!(actions.iter().any(|found| *found == action), "{actions:?}");
    }
    let [one, two] = &rows(far, &["-n", "2"])[..] else {
        panic!("two rows");
    };
    for (row, target, detail) in [(one, before.as_str(), "first"), (two, "first", "second")] {
        assert_eq!(row["actor"], "local");
        assert_eq!(row["action"], "renamed");
        assert_eq!(
            (&row["target"], &row["detail"]),
            (&target.into(), &detail.into())
        );
        let age = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_millis()
            .saturating_sub(row["time"].as_u64().unwrap().into());
        assert!(age < 60_000, "{row}");
    }
    assert_eq!(rows(far, &["-n", "0"]), Vec::<Value>::new());
    let text = far.ok(&["audit", "-n", "1"]);
    let (time, rest) = text.split_once("  ").unwrap();
    assert_eq!(rest, "local  renamed \"first\": second\n");
    assert!(time.starts_with("20") && time.len() >= 19, "{time}");
    let lines = far.ok(&["audit"]).lines().count();
    assert_eq!(lines, all.len());
}

/// However few rows were asked for at first, and however many come at once: each one that follows is
/// printed, once and in order.
#[test]
fn who_follows_the_audit_misses_nothing() {
    let Paired { far, .. } = &Paired::direct("type");
    let mut name = device(far)["name"].as_str().unwrap().to_owned();
    let mut number = 0;
    let mut rename_on = |count: u32| {
        for _ in 0..count {
            number += 1;
            let next = format!("name {number}");
            rename(far, &name, &next);
            name = next;
        }
    };
    let last = *numbers(&rows(far, &[])).last().unwrap();
    let one = Audit::follow(far, &["--json", "-n", "1"]);
    let none = Audit::follow(far, &["--json", "-n", "0"]);
    let text = Audit::follow(far, &["-n", "1"]);
    assert_eq!(one.row()["number"], last);
    assert!(text.line().contains("  "));
    // Who prints none of those before has begun when it prints one.
    let first = wait::until("a row that follows", || {
        rename_on(1);
        none.lines.recv_timeout(Duration::from_millis(200)).ok()
    });
    let first: Value = serde_json::from_str(&first).unwrap();
    for follower in [&one, &none, &text] {
        process::signal(follower.child.id(), Signal::STOP);
    }
    rename_on(7);
    for follower in [&one, &none, &text] {
        process::signal(follower.child.id(), Signal::CONT);
    }
    let mut expected = rows(far, &[]);
    expected.retain(|row| row["number"].as_u64() > Some(last));
    assert!(expected.len() >= 8, "{expected:?}");
    let mut begun = false;
    for row in &expected {
        assert_eq!(one.row(), *row);
        let (line, detail) = (text.line(), row["detail"].as_str().unwrap());
        assert!(line.ends_with(&format!(": {detail}")), "{line}");
        if begun {
            assert_eq!(none.row(), *row);
        }
        begun |= *row == first;
    }
    assert!(begun, "{first} in {expected:?}");
}

#[test]
fn who_follows_the_audit_ends_with_its_reader() {
    let home = Home::new();
    let mut child = follow(&home, &[]);
    wait::until("it to be there", || home.daemon());
    drop(child.stdout.take());
    let code = wait::until("its end", || child.try_wait().unwrap());
    assert_eq!(code.code(), Some(0));
}

#[test]
fn everything_about_a_device_is_told() {
    let Paired { near, far, .. } = &Paired::direct("view");
    far.ok(&["new", "work", "--detach", "--", "cat"]);
    let listed = device(far);
    let (id, name) = (
        listed["id"].as_str().unwrap(),
        listed["name"].as_str().unwrap(),
    );
    far.ok(&[
        "devices",
        "role",
        name,
        "view",
        "--session",
        "work",
        "--expires",
        "50h",
    ]);
    near.ok(&["capture", "desk:work"]);
    let json = |wanted: &str| -> Value {
        serde_json::from_str(&far.ok(&["devices", "info", wanted, "--json"])).expect("JSON")
    };
    let info = wait::until("its link to have ended", || {
        let info = json(name);
        (info["links"] == 0).then_some(info)
    });
    // By its name, its id, and as much of the id as is unique.
    assert_eq!(json(id), info);
    assert_eq!(json(&id[..8]), info);
    let session = far.info("work")["id"].clone();
    for (field, value) in [
        ("id", Value::from(id)),
        ("name", name.into()),
        ("kind", "native".into()),
        ("role", "view".into()),
        ("sessions", Value::from(vec![session])),
        ("history", false.into()),
        ("from", "127.0.0.1".into()),
        ("durable", true.into()),
        ("fault", Value::Null),
    ] {
        assert_eq!(info[field], value, "{field} in {info}");
    }
    let time = |field: &str| info[field].as_u64().unwrap();
    assert!(time("paired") <= time("seen") && time("seen") < time("expires"));
    let text = far.ok(&["devices", "info", name]);
    let lines: Vec<(&str, &str)> = text
        .lines()
        .map(|line| (line[..9].trim_end(), line[10..].trim()))
        .collect();
    let fields: Vec<_> = lines.iter().map(|(field, _)| *field).collect();
    let expected = "name id kind role sessions expires paired seen from kept let in";
    assert_eq!(fields.join(" "), expected);
    for (field, value) in [
        ("name", name),
        ("id", id),
        ("kind", "native"),
        ("role", "view"),
        ("sessions", "work"),
        ("expires", "in 2d"),
        ("from", "127.0.0.1"),
        ("kept", "yes"),
        ("let in", "yes"),
    ] {
        assert!(lines.contains(&(field, value)), "{field} in {text}");
    }
    let nobody = far.run_abide(&["devices", "info", "nobody"]);
    assert_eq!(nobody.status.code(), Some(3));
    let said = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert!(said.contains("no device is called \"nobody\""), "{said}");
}

/// How many times faster than ours the clock of [`waiting`] runs.
const FASTER: u32 = 10;

/// `abide pair --link`, which need not be waited for that long.
fn waiting(home: &Home) -> Offer {
    let mut faster = home.command("faketime");
    faster.args(["-f", &format!("+0 x{FASTER}")]);
    faster.arg(process::built("abide"));
    Offer::by(faster, &[])
}

const CAUSES: &str = "no device has come yet";

/// After 20 seconds without a request, and not before: the likely causes, and the address to try. To
/// whom one has come it is not said.
#[test]
fn a_pairing_that_nobody_comes_to_says_why_that_may_be() {
    let paired = Paired::strangers();
    let far = &paired.far;
    let mut opened = waiting(far);
    let mut joining = Joining::new(&paired.near, opened.link(), &["--name", "desk"]);
    let code = joining.code();
    opened.says("opened from 127.0.0.1");
    let began = Instant::now();
    let mut waiting = waiting(far);
    waiting.says("waiting for the device");
    let line = waiting.says(CAUSES);
    let took = began.elapsed() * FASTER;
    assert!(took >= Duration::from_secs(20), "{took:?}");
    let address = format!("abide://127.0.0.1:{}", paired.proxy.port);
    for hint in [
        &address,
        "firewall",
        "a network that reaches this machine",
        "abide share",
    ] {
        assert!(line.contains(hint), "{line}");
    }
    // The one that was opened has waited longer, by the same clock.
    opened.types(&code);
    assert_eq!(joining.end().0, Some(0));
    let rest = opened.rest();
    assert!(
        rest.contains("is paired") && !rest.contains(CAUSES),
        "{rest}"
    );
}
