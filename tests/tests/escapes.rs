//! Ways over the guard rail. It is no boundary between processes of one user, and these tests say
//! so: if one of them fails, the rail has become higher, and `docs/guard-rail.md` has to be told.

use support::home::Home;
use support::process;

/// Runs a script in a session called `work`, beside one called `other`, and waits for what it does.
fn in_session(home: &Home, script: &str) {
    home.ok(&["new", "other", "--detach", "--", "cat"]);
    let bin = process::built("abide").parent().unwrap().to_owned();
    let variables = [
        format!("ABIDE_HOME={}", home.abide().display()),
        format!("PATH={}:/usr/sbin:/usr/bin:/sbin:/bin", bin.display()),
        format!("OTHER={}", home.program("other")),
        format!("TTY={}", home.info("other")["tty"].as_str().unwrap()),
    ];
    let mut arguments = vec!["new", "work", "--detach"];
    for variable in &variables {
        arguments.extend(["-e", variable]);
    }
    // First the rail itself: it is there.
    let script =
        format!("abide send other refused 2>&1 | grep 'abide trust work'; {script}; exec cat");
    arguments.extend(["--", "bash", "-c", &script]);
    home.ok(&arguments);
    home.wait_screen("work", "abide trust work");
}

#[test]
fn whoever_forks_twice_and_makes_a_session_is_outside() {
    let home = Home::new();
    // The last process waits until its parent is gone and another one has taken its place.
    let wait = "while grep -q \"^PPid:.$0\\$\" /proc/$$/status; do :; done";
    let script =
        format!("( parent=$BASHPID; setsid bash -c '{wait}; abide send other escaped' $parent & )");
    in_session(&home, &script);
    home.wait_screen("other", "escaped");
}

#[test]
fn whoever_deletes_the_notice_is_outside() {
    let home = Home::new();
    in_session(
        &home,
        "rm \"$ABIDE_HOME\"/state/run/p*; abide send other escaped",
    );
    home.wait_screen("other", "escaped");
}

#[test]
fn whoever_is_the_same_user_writes_to_other_terminals() {
    let home = Home::new();
    in_session(&home, "echo escaped > \"$TTY\"");
    home.wait_screen("other", "escaped");
}

/// What may read another process's environment may trace it too: the kernel asks the same question.
#[test]
fn whoever_is_the_same_user_looks_into_other_programs() {
    let home = Home::new();
    in_session(
        &home,
        "tr '\\0' '\\n' < /proc/$OTHER/environ | grep ABIDE_SESSION=",
    );
    let other = home.info("other")["id"].as_str().unwrap().to_owned();
    home.wait_screen("work", &format!("ABIDE_SESSION={other}"));
}
