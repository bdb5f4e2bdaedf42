//! A disk that is full and a system without free terminals, real ones: in a mount namespace of
//! the test's own.

use support::home::Home;
use support::process;

/// Runs a script as root of a namespace of its own, with `abide` on its path; its lines.
fn in_namespace(home: &Home, script: &str) -> Vec<String> {
    std::fs::create_dir_all(home.abide()).unwrap();
    let built = process::built("abide");
    let path = format!(
        "{}:{}",
        built.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let output = home
        .command("unshare")
        .args(["--mount", "--map-root-user", "bash", "-euc", script])
        .env("PATH", path)
        .output()
        .expect("unshare runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    text.lines().map(str::to_owned).collect()
}

/// In the script: one attempt, whose exit code and line of reason go to its output.
const ATTEMPT: &str = r#"
attempt() { local code=0; "$@" 2>&1 || code=$?; echo "code $code"; }
"#;

#[test]
fn a_full_disk_costs_a_new_session_and_no_other() {
    let home = Home::new();
    let lines = in_namespace(
        &home,
        &format!(
            r#"{ATTEMPT}
            mount -t tmpfs -o size=1m,mode=700 tmpfs "$ABIDE_HOME"
            attempt abide new one --detach -- cat
            dd if=/dev/zero of="$ABIDE_HOME/fill" bs=4k 2>/dev/null || true
            attempt abide new two --detach -- cat
            abide send one hello
            until abide capture one | grep -q hello; do :; done
            rm "$ABIDE_HOME/fill"
            attempt abide new three --detach -- cat
            abide list --json | python3 -c 'import json,sys; print(*sorted(s["name"] for s in json.load(sys.stdin)))'
            abide kill one
            abide kill three
            abide daemon stop"#
        ),
    );
    let text = lines.join("\n");
    assert_eq!(
        lines
            .iter()
            .filter(|l| l.starts_with("code"))
            .collect::<Vec<_>>(),
        ["code 0", "code 5", "code 0"],
        "{text}"
    );
    let reason = lines.iter().position(|line| line == "code 5").unwrap() - 1;
    assert!(
        lines[reason].contains("the disk that holds the registry is full; free some space"),
        "{text}"
    );
    assert!(lines.iter().any(|line| line == "one three"), "{text}");
}

#[test]
fn without_free_terminals_nothing_is_made() {
    let home = Home::new();
    let lines = in_namespace(
        &home,
        &format!(
            r#"{ATTEMPT}
            mount -t devpts -o newinstance,max=1,ptmxmode=0666 devpts /dev/pts
            mount --bind /dev/pts/ptmx /dev/ptmx
            attempt abide new one --detach -- cat
            attempt abide new two --detach -- cat
            abide list --json | python3 -c 'import json,sys; print(*sorted(s["name"] for s in json.load(sys.stdin)))'
            abide kill one
            for _ in $(seq 1000); do abide new three --detach -- cat 2>/dev/null && break; done
            abide kill three
            abide daemon stop"#
        ),
    );
    let text = lines.join("\n");
    assert_eq!(
        lines
            .iter()
            .filter(|l| l.starts_with("code"))
            .collect::<Vec<_>>(),
        ["code 0", "code 5"],
        "{text}"
    );
    let reason = lines.iter().position(|line| line == "code 5").unwrap() - 1;
    assert_eq!(
        lines[reason],
        "abide: no pseudo-terminal is free; end some sessions, or raise kernel.pty.max"
    );
    assert!(lines.iter().any(|line| line == "one"), "{text}");
}
