//! Sessions on a machine that knows this one as a device: pairing, every command, and attachments
//! whose links are cut, over real TLS and the encrypted channel.

use std::process::Output;

use serde_json::Value;
use support::emulator::Options;
use support::home::Home;
use support::pairing::{Joining, Offer, Paired, failed, sending_held, wait_typed};
use support::process;
use support::terminal::Terminal;
use support::wait;

fn machines(home: &Home) -> Vec<Value> {
    serde_json::from_str(&home.ok(&["machines", "--json"])).expect("a JSON list")
}

/// The id of the only device.
fn device(far: &Home) -> String {
    let devices: Value = serde_json::from_str(&far.ok(&["devices", "list", "--json"])).unwrap();
    devices[0]["id"].as_str().expect("a device").to_owned()
}

fn error(output: &Output) -> String {
    failed(output).1
}

/// Whatever is typed into the session comes into this file, without the terminal's own editing.
fn typed_into(far: &Home, session: &str) -> std::path::PathBuf {
    let file = far.path().join(format!("typed-{session}"));
    let script = format!("stty raw -echo; echo ready; exec cat >{}", file.display());
    far.ok(&[
        "new", session, "--detach", "--size", "80x24", "--", "sh", "-c", &script,
    ]);
    far.wait_screen(session, "ready");
    file
}

fn attach(near: &Home, arguments: &[&str]) -> Terminal {
    let words: Vec<_> = ["abide", "attach"].iter().chain(arguments).collect();
    let terminal = Terminal::start(near.in_terminal(&words), Options::sized(80, 24));
    terminal.wait_text("ready");
    terminal
}

#[test]
fn a_paired_machine_serves_every_session_command() {
    let Paired { near, far, .. } = &Paired::new("manage");
    let known = machines(near);
    assert_eq!(
        (&known[0]["name"], &known[0]["role"]),
        (&"desk".into(), &"manage".into())
    );
    assert_eq!(known[0]["sure"], true);
    let made = near.ok(&["new", "desk:work", "--detach", "--", "bash", "-i"]);
    assert_eq!(made.trim(), "desk:work");
    assert!(near.list().is_empty());
    far.wait_screen("work", "$");
    near.ok(&["send", "desk:work", "echo $((40 + 2)) here"]);
    far.wait_screen("work", "42 here");
    near.ok(&["keys", "desk:work", "l", "s", "ctrl+c"]);
    assert!(near.ok(&["capture", "desk:work"]).contains("42 here"));
    assert!(
        near.ok(&["search", "desk:work", "^4[0-9] here"])
            .contains("42 here")
    );
    assert!(near.ok(&["tail", "desk:work"]).contains("42 here"));
    near.ok(&["rename", "desk:work", "play"]);
    let all: Value = serde_json::from_str(&near.ok(&["list", "--all", "--json"])).unwrap();
    assert_eq!(
        (&all[0]["name"], &all[0]["machine"]),
        (&"play".into(), &"desk".into())
    );
    let said = error(&near.run_abide(&["clear", "desk:play"]));
    assert!(said.contains("on the session's machine only"), "{said}");
    near.ok(&["send", "desk:play", "exit 3"]);
    let (code, _) = failed(&near.run_abide(&["wait", "desk:play"]));
    assert_eq!(code, 3);
    near.ok(&["new", "desk:other", "--detach", "--", "cat"]);
    near.ok(&["kill", "desk:other"]);
}

/// Names of a machine's sessions are completed as they were last seen: nobody is asked.
#[test]
fn sessions_of_machines_are_completed_without_the_network() {
    let Paired { near, far, proxy } = &Paired::new("manage");
    far.ok(&["new", "work", "--detach", "--", "cat"]);
    let complete = |typed: &str| {
        let mut command = near.command("abide");
        command.env("ABIDE_COMPLETE", "fish");
        let output = command.args(["--", "abide", "attach", typed]).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(!complete("desk:").contains("desk:work"));
    near.ok(&["list", "--all"]);
    proxy.close(true);
    assert!(complete("desk:").contains("desk:work"));
    assert!(complete("de").contains("desk:work"));
    assert!(!complete("desk:x").contains("work"));
    near.ok(&["machines", "forget", "desk"]);
    assert!(!complete("desk:").contains("desk:work"));
}

#[test]
fn machines_that_cannot_be_reached_are_named_with_why() {
    let Paired { near, proxy, .. } = &Paired::new("manage");
    near.ok(&["new", "here", "--detach", "--", "cat"]);
    proxy.close(true);
    let output = near.run_abide(&["list", "--all"]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("here"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.starts_with("abide: not listed: cannot reach desk at abide://127.0.0.1:"),
        "{said}"
    );
    let said = error(&near.run_abide(&["capture", "desk:work"]));
    assert!(said.starts_with("abide: cannot reach desk at "), "{said}");
    let said = error(&near.run_abide(&["capture", "tower:work"]));
    assert!(said.contains("no machine is called \"tower\""), "{said}");
}

/// The guard rail: what is refused here is not to be had by way of another machine.
#[test]
fn programs_in_sessions_do_not_reach_other_machines() {
    let Paired { near, far, .. } = &Paired::new("manage");
    far.ok(&["new", "work", "--detach", "--", "cat"]);
    near.ok(&[
        "new", "agent", "--detach", "--size", "200x24", "--", "bash", "-i",
    ]);
    near.wait_screen("agent", "$");
    let capture = format!(
        "{} capture desk:work; echo code $?",
        process::built("abide").display()
    );
    near.ok(&["send", "agent", &capture]);
    near.wait_screen("agent", "abide trust ");
    near.wait_screen("agent", "code 1");
    near.ok(&["trust", "agent"]);
    near.ok(&["send", "agent", &capture]);
    near.wait_screen("agent", "code 0");
}

#[test]
fn a_revoked_device_is_told_and_stays_out() {
    let Paired { near, far, .. } = &Paired::new("manage");
    let _file = typed_into(far, "work");
    let terminal = attach(near, &["desk:work"]);
    far.ok(&["devices", "revoke", &device(far)]);
    terminal.wait_text("desk has revoked this device");
    assert_eq!(terminal.wait_exit(), 254);
    let said = error(&near.run_abide(&["capture", "desk:work"]));
    assert!(said.contains("does not accept this device"), "{said}");
    near.ok(&["machines", "forget", "desk"]);
    assert!(machines(near).is_empty());
}

#[test]
fn links_that_are_none_and_names_that_are_taken() {
    let paired = Paired::new("view");
    let (near, far) = (&paired.near, &paired.far);
    let said = error(&near.run_abide(&["join", "abide://desk:1/p#v1.x"]));
    assert!(said.contains("an argument is not"), "{said}");
    let ends = |link: &str, arguments: &[&str]| {
        let (code, said) = Joining::new(near, link, arguments).end();
        assert_ne!(code, Some(0));
        assert_eq!(said.lines().count(), 1, "{said}");
        said
    };
    let offer = Offer::new(far, "view");
    assert!(ends("hello", &[]).contains("this is no pairing link"));
    let mistyped = format!("{}x", &offer.link()[..offer.link().len() - 1]);
    assert!(ends(&mistyped, &[]).contains("damaged or mistyped"));
    assert!(ends(offer.link(), &["--name", "desk"]).contains("is called \"desk\" already"));
    assert!(ends(offer.link(), &["--name", "a b"]).contains("cannot call a machine"));
    // The daemon of that link is another one by now.
    let old = offer.link().to_owned();
    drop(offer);
    far.ok(&["devices", "revoke", "--all"]);
    let said = ends(&old, &["--name", "other"]);
    assert!(
        said.contains("the link has expired, was used before, or is another daemon's"),
        "{said}"
    );
    let names: Vec<_> = machines(near).iter().map(|m| m["name"].clone()).collect();
    assert_eq!(names, ["desk"]);
}

/// A device shows its code a moment before the terminal has heard of it.
#[test]
fn what_is_typed_before_a_device_shows_its_code_waits_for_it() {
    let machines = Paired::strangers();
    let mut offer = Offer::new(&machines.far, "view");
    offer.types("12");
    let mut joining = Joining::new(&machines.near, offer.link(), &["--name", "desk"]);
    let code = joining.code();
    offer.says("a code has six digits");
    offer.types(&code);
    assert_eq!(joining.end().0, Some(0));
}

#[test]
fn who_lets_a_device_in_reads_first_what_it_will_get() {
    let machines = Paired::strangers();
    let (near, far) = (&machines.near, &machines.far);
    far.ok(&["new", "web", "--detach", "--", "cat"]);
    let rights = ["--session", "web", "--expires", "30d"];
    let mut offer = Offer::with(far, "type", &rights);
    let mut joining = Joining::new(near, offer.link(), &["--name", "desk"]);
    let code = joining.code();
    offer.says("asks to be let in: abide on another machine");
    offer.says("it will get: type, session web, until 20");
    offer.type_code(&code);
    assert_eq!(joining.end().0, Some(0));
}

/// Killed while the code is shown, it leaves nothing; what is not sure is tried and forgotten.
#[test]
fn a_pairing_that_is_broken_off_leaves_nothing() {
    let paired = Paired::strangers();
    let (near, far) = (&paired.near, &paired.far);
    let offer = Offer::new(far, "type");
    let mut joining = Joining::new(near, offer.link(), &["--name", "desk"]);
    joining.code();
    process::kill(joining.pid());
    joining.end();
    drop(offer);
    assert!(machines(near).is_empty());
    // The file of one that was killed before the daemon had written it down.
    assert_eq!(paired.pair("type", &["--name", "desk"]), Some(0));
    let directory = near.abide().join("state/machines");
    let unsure = || {
        std::fs::rename(
            directory.join("desk.machine"),
            directory.join("desk.joining"),
        )
    };
    unsure().unwrap();
    near.ok(&["list", "--all"]);
    assert_eq!(machines(near)[0]["sure"], true, "the daemon knows it");
    far.ok(&["devices", "revoke", &device(far)]);
    unsure().unwrap();
    let said = error(&near.run_abide(&["capture", "desk:work"]));
    assert!(said.contains("the pairing was not finished"), "{said}");
    assert!(machines(near).is_empty());
}

#[test]
fn an_attachment_outlives_its_link_and_asks_about_what_was_typed_meanwhile() {
    let Paired { near, far, proxy } = &Paired::new("type");
    let file = typed_into(far, "work");
    let terminal = attach(near, &["desk:work"]);
    terminal.keys("before ");
    wait_typed(&file, "before ");
    proxy.close(true);
    terminal.wait_text("link to desk down for");
    terminal.keys("wanted");
    proxy.close(false);
    terminal.wait_text("the link was down: wanted");
    terminal.keys("\r");
    wait_typed(&file, "before wanted");
    proxy.close(true);
    terminal.wait_text("link to desk down for");
    terminal.keys("unwanted");
    proxy.close(false);
    terminal.wait_text("the link was down: unwanted");
    // As a terminal says Escape that has been told to say it unmistakably.
    terminal.keys("\x1b[27u");
    terminal.wait("the line is gone", |state| {
        !state.text().contains("Esc drops")
    });
    terminal.keys(" and more");
    wait_typed(&file, "before wanted and more");
    terminal.keys("\x1cd");
    assert_eq!(terminal.wait_exit(), 0);
    wait::until("nobody is attached", || {
        (far.info("work")["viewers"] == 0).then_some(())
    });
}

#[test]
fn an_answer_about_what_was_typed_meanwhile_holds_though_the_link_is_down_again() {
    let Paired { near, far, proxy } = &Paired::new("type");
    let file = typed_into(far, "work");
    let terminal = attach(near, &["desk:work", "--resend-after", "1h"]);
    let down = |typed: &str| {
        proxy.close(true);
        terminal.wait_text("link to desk down for");
        terminal.keys(typed);
        proxy.close(false);
        terminal.wait_text(&format!("the link was down: {typed}"));
    };
    down("wanted,");
    proxy.close(true);
    terminal.keys("\r");
    down("later");
    wait_typed(&file, "wanted,");
    terminal.keys("\r");
    wait_typed(&file, "wanted,later");
}

/// Numbered keystrokes over links that are cut again and again, in two streams of one device at
/// once: none is lost, doubled or moved.
#[test]
fn no_keystroke_is_lost_or_doubled_over_cut_links() {
    let (cuts, keys) = if support::soak() {
        (1000, 100_000)
    } else {
        (30, 6000)
    };
    let Paired { near, far, proxy } = &Paired::new("type");
    let streams = ["one", "two"].map(|name| {
        let file = typed_into(far, name);
        // Everything is sent again without asking but for what is typed while the link is down.
        let target = format!("desk:{name}");
        (file, attach(near, &[&target, "--resend-after", "1h"]))
    });
    let mut expected = String::new();
    let mut number = 0;
    for _ in 0..cuts {
        let goal = expected.len() + keys / cuts / 2;
        while expected.len() < goal {
            let word = format!("{number} ");
            number += 1;
            for (_, terminal) in &streams {
                terminal.keys(&word);
            }
            expected += &word;
        }
        // Wherever the keystrokes are by now.
        proxy.cut();
        for (file, terminal) in &streams {
            settle(file, terminal, &expected);
        }
    }
}

/// Says yes to what is held until all is typed.
fn settle(file: &std::path::Path, terminal: &Terminal, expected: &str) {
    sending_held(terminal, "all keystrokes", |_| {
        let typed = std::fs::read_to_string(file).unwrap_or_default();
        assert!(expected.starts_with(&typed), "{typed:?} of {expected:?}");
        typed == expected
    });
}
