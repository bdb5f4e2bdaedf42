//! How links to other machines end, and what the user is told: rights that change, keys that are
//! renewed, daemons that are restarted, clocks that are wrong, and a pairing that is killed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use support::emulator::Options;
use support::home::Home;
use support::pairing::{Joining, Offer, Paired, failed, sending_held, wait_typed};
use support::process;
use support::terminal::Terminal;

/// Of a session that writes down what is typed into it.
fn session(far: &Home) -> PathBuf {
    let file = far.path().join("typed");
    let script = format!("stty raw -echo; echo ready; exec cat >{}", file.display());
    far.ok(&[
        "new", "work", "--detach", "--size", "80x24", "--", "sh", "-c", &script,
    ]);
    far.wait_screen("work", "ready");
    file
}

fn attach(near: &Home) -> Terminal {
    let words = ["abide", "attach", "desk:work"];
    let terminal = Terminal::start(near.in_terminal(&words), Options::sized(80, 24));
    terminal.wait_text("ready");
    terminal
}

fn has(file: &Path, text: &str) -> bool {
    std::fs::read_to_string(file).unwrap() == text
}

fn devices(far: &Home) -> Vec<Value> {
    serde_json::from_str(&far.ok(&["devices", "list", "--json"])).unwrap()
}

fn role(far: &Home, arguments: &[&str]) {
    let device = devices(far)[0]["id"].as_str().unwrap().to_owned();
    far.ok(&[&["devices", "role", &device], arguments].concat());
}

#[test]
fn an_attachment_comes_back_to_a_daemon_that_was_restarted() {
    let Paired { near, far, .. } = &Paired::new("type");
    let file = session(far);
    let terminal = attach(near);
    terminal.keys("before ");
    wait_typed(&file, "before ");
    far.ok(&["daemon", "restart"]);
    terminal.keys("after");
    sending_held(&terminal, "the typing", |_| has(&file, "before after"));
    terminal.keys("\x1cd");
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn another_key_is_another_machine_for_good() {
    let Paired { near, far, proxy } = &Paired::new("type");
    let _file = session(far);
    let terminal = attach(near);
    proxy.close(true);
    terminal.wait_text("link to desk down for");
    far.ok(&["devices", "revoke", "--all"]);
    proxy.close(false);
    terminal.wait_text("is not desk any");
    assert_eq!(terminal.wait_exit(), 254);
    let (_, said) = failed(&near.run_abide(&["capture", "desk:work"]));
    assert!(
        said.contains("is not desk any more") && said.contains("abide join --name desk"),
        "{said}"
    );
}

#[test]
fn other_rights_count_at_once_and_their_end_is_told() {
    let Paired { near, far, .. } = &Paired::new("type");
    let file = session(far);
    let terminal = attach(near);
    terminal.keys("one ");
    wait_typed(&file, "one ");
    role(far, &["view"]);
    terminal.wait_output(b"only watch now");
    role(far, &["type"]);
    terminal.wait_output(b"may type now");
    terminal.keys("two ");
    sending_held(&terminal, "the typing", |_| has(&file, "one two "));
    role(far, &["type", "--expires", "2s"]);
    terminal.wait_text("the time that desk gave this device is over");
    assert_eq!(terminal.wait_exit(), 254);
    let (_, said) = failed(&near.run_abide(&["capture", "desk:work"]));
    assert!(said.contains("its time is over"), "{said}");
}

/// Wherever it is killed, either both know of the pairing and it works, or neither does.
#[test]
fn a_join_that_is_killed_leaves_a_machine_that_works_or_none() {
    let paired = Paired::strangers();
    let (near, far) = (&paired.near, &paired.far);
    let kills = if support::soak() { 200 } else { 12 };
    for kill in 0..kills {
        let mut offer = Offer::new(far, "view");
        let mut joining = Joining::new(near, offer.link(), &["--name", "desk"]);
        offer.type_code(&joining.code());
        // The moments of death are spread over what follows the code.
        std::thread::park_timeout(Duration::from_micros(kill * 997 % 12_000));
        process::kill(joining.pid());
        joining.end();
        drop(offer);
        let listed = near.run_abide(&["list", "--all"]);
        let machines: Vec<Value> = serde_json::from_str(&near.ok(&["machines", "--json"])).unwrap();
        let known = devices(far);
        assert_eq!(machines.len(), known.len(), "{kill}: {listed:?}");
        if let Some(machine) = machines.first() {
            assert_eq!(machine["sure"], true, "{kill}");
            assert!(listed.stderr.is_empty(), "{kill}: {listed:?}");
            near.ok(&["machines", "forget", "desk"]);
            far.ok(&["devices", "revoke", "--all"]);
        }
    }
}

/// A device's clock counts for nothing: neither certificates nor grants are judged by it.
#[test]
fn a_clock_that_is_a_year_off_stops_nothing() {
    let paired = Paired::strangers();
    let (near, far) = (&paired.near, &paired.far);
    let _file = session(far);
    for year in ["+365d", "-365d"] {
        let mut offer = Offer::new(far, "view");
        let abide = process::built("abide");
        let mut wrong = near.command("faketime");
        wrong.args(["--exclude-monotonic", "-f", year]).arg(&abide);
        let mut joining = Joining::with(wrong, offer.link(), &["--name", "desk"]);
        offer.type_code(&joining.code());
        let (code, said) = joining.end();
        assert_eq!(code, Some(0), "{year}: {said}");
        let mut wrong = near.command("faketime");
        wrong.args(["--exclude-monotonic", "-f", year]).arg(&abide);
        let captured = wrong.args(["capture", "desk:work"]).output().unwrap();
        let text = String::from_utf8_lossy(&captured.stdout).into_owned();
        assert!(text.contains("ready"), "{year}: {captured:?}");
        near.ok(&["machines", "forget", "desk"]);
    }
}
