//! The programs as files: both of the daemon's are of one build, whatever an upgrade does.

use std::fs;

use support::home::Home;
use support::{process, wait};

/// A daemon starts keepers of its own build, whatever became of the file since.
#[test]
fn an_upgrade_under_a_running_daemon_changes_no_keeper() {
    let home = Home::new();
    let bin = home.user().join("bin");
    fs::create_dir(&bin).unwrap();
    for name in ["abided", "abide-keeper"] {
        fs::copy(process::built(name), bin.join(name)).unwrap();
    }
    let mut daemon = home
        .command(bin.join("abided").to_str().unwrap())
        .spawn()
        .unwrap();
    wait::until("the daemon", || {
        home.run_abide(&["daemon", "status"])
            .status
            .success()
            .then_some(())
    });
    fs::remove_file(bin.join("abide-keeper")).unwrap();
    fs::write(bin.join("abide-keeper"), "another build").unwrap();
    home.ok(&["new", "work", "--detach", "--", "cat"]);
    assert_eq!(home.info("work")["state"], "running");
    home.ok(&["daemon", "stop"]);
    assert!(daemon.wait().unwrap().success());
}

#[test]
fn a_daemon_without_its_keepers_program_says_so() {
    let home = Home::new();
    let lone = home.user().join("abided");
    fs::copy(process::built("abided"), &lone).unwrap();
    let output = home.command(lone.to_str().unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.lines().count() == 1, "{said}");
    assert!(
        said.contains("abide-keeper: No such file") && said.contains("install Abide again"),
        "{said}"
    );
}
