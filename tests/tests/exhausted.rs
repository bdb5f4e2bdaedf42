//! A disk that is full, one without holes in files, and a system without free terminals, real ones:
//! in a mount namespace of the test's own.

use support::home::Home;
use support::pairing::free_port;
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

/// What a script said: its lines, and the exit codes of its attempts.
struct Said {
    lines: Vec<String>,
    text: String,
}

impl Said {
    /// Runs a script of attempts, each of which ended with its code.
    fn of(home: &Home, script: &str, codes: &[&str]) -> Self {
        let lines = in_namespace(home, &format!("{ATTEMPT}{script}"));
        let text = lines.join("\n");
        let found: Vec<&str> = lines
            .iter()
            .filter_map(|line| line.strip_prefix("code "))
            .collect();
        assert_eq!(found, codes, "{text}");
        Self { lines, text }
    }

    /// The line of reason of the attempt that ended with code 5.
    fn reason(&self) -> &str {
        let code = self.lines.iter().position(|line| line == "code 5").unwrap();
        &self.lines[code - 1]
    }

    fn has(&self, line: &str) {
        let found = self.lines.iter().any(|it| it == line);
        assert!(found, "no {line:?} in {}", self.text);
    }
}

/// In the script: the names of all sessions in one line.
const NAMES: &str = "abide list --json | python3 -c \
    'import json,sys; print(*sorted(s[\"name\"] for s in json.load(sys.stdin)))'";

#[test]
fn a_full_disk_costs_a_new_session_and_no_other() {
    let home = Home::new();
    let said = Said::of(
        &home,
        &format!(
            r#"mount -t tmpfs -o size=1m,mode=700 tmpfs "$ABIDE_HOME"
            attempt abide new one --detach -- cat
            dd if=/dev/zero of="$ABIDE_HOME/fill" bs=4k 2>/dev/null || true
            attempt abide new two --detach -- cat
            abide send one hello
            until abide capture one | grep -q hello; do :; done
            rm "$ABIDE_HOME/fill"
            attempt abide new three --detach -- cat
            {NAMES}
            abide kill one
            abide kill three
            abide daemon stop"#
        ),
        &["0", "5", "0"],
    );
    let reason = said.reason();
    let expected = "the disk that holds the registry is full; free some space";
    assert!(reason.contains(expected), "{reason}");
    said.has("one three");
}

#[test]
fn without_free_terminals_nothing_is_made() {
    let home = Home::new();
    let said = Said::of(
        &home,
        &format!(
            r"mount -t devpts -o newinstance,max=1,ptmxmode=0666 devpts /dev/pts
            mount --bind /dev/pts/ptmx /dev/ptmx
            attempt abide new one --detach -- cat
            attempt abide new two --detach -- cat
            {NAMES}
            abide kill one
            for _ in $(seq 1000); do abide new three --detach -- cat 2>/dev/null && break; done
            abide kill three
            abide daemon stop"
        ),
        &["0", "5"],
    );
    assert_eq!(
        said.reason(),
        "abide: no pseudo-terminal is free; end some sessions, or raise kernel.pty.max"
    );
    said.has("one");
}

/// In the script: a session that writes numbered rows which hardly compress, far more than
/// memory may keep, in as many parts as are wanted, each after a key; its history goes to
/// `state/sessions`.
const FLOOD: &str = r#"
flood() {
    mkdir -p "$ABIDE_HOME/config"
    printf '[history]\nmemory = "256 KiB"\ndisk = "%s"\n' "$1" > "$ABIDE_HOME/config/config.toml"
    abide new flood --detach --size 80x24 -- python3 -c '
import random, sys
parts = int(sys.argv[1])
for part in range(parts):
    for n in range(part * 200000 // parts, (part + 1) * 200000 // parts):
        print(f"{n:06}", random.randbytes(33).hex())
    print("all", "rows")
    input()' "${2:-1}"
    until abide capture flood | grep -q "all rows"; do :; done
}
info() { abide info flood --json | python3 -c "import json,sys; i = json.load(sys.stdin); print($1)"; }
# Until what memory has no room for is on the disk.
stored() {
    until [ "$(info 'i["history_bytes"] < 600000 and 300000 < i["history_stored"] <= 2 << 20')" = True ]
    do :; done
}
"#;

/// In the script: the session ends, and whether its rows are in order, without a gap, to the last.
const END: &str = r#"
abide keys flood enter
attempt abide wait flood
abide capture flood --all | python3 -c '
import sys
rows = [int(line[:6]) for line in sys.stdin if line[:6].isdigit()]
print("kept", len(rows) > 5000 and rows == list(range(rows[0], 200000)))
print(len(rows), "from", *rows[:1])'
abide daemon stop
"#;

#[test]
fn a_full_disk_drops_the_oldest_rows_and_nothing_else() {
    let home = Home::new();
    let said = Said::of(
        &home,
        &format!(
            r#"{FLOOD}
            abide daemon start
            mount -t tmpfs -o size=2m,mode=700 tmpfs "$ABIDE_HOME/state/sessions"
            flood "1 GiB"
            info '"lives", i["state"] == "running"'
            stored
            {END}"#
        ),
        &["0"],
    );
    said.has("lives True");
    said.has("kept True");
}

#[test]
fn a_disk_that_was_full_is_used_again() {
    let home = Home::new();
    let said = Said::of(
        &home,
        &format!(
            r#"{FLOOD}
            abide daemon start
            mount -t tmpfs -o size=2m,mode=700 tmpfs "$ABIDE_HOME/state/sessions"
            dd if=/dev/zero of="$ABIDE_HOME/state/sessions/fill" bs=4k 2>/dev/null || true
            flood "1 GiB" 2
            info '"full", i["history_stored"] == 0'
            rm "$ABIDE_HOME/state/sessions/fill"
            abide keys flood enter
            stored
            {END}"#
        ),
        &["0"],
    );
    said.has("full True");
    said.has("kept True");
}

/// ramfs makes no holes: space of dropped rows is used again.
#[test]
fn a_disk_without_holes_keeps_its_bound() {
    let home = Home::new();
    let said = Said::of(
        &home,
        &format!(
            r#"{FLOOD}
            abide daemon start
            mount -t ramfs -o mode=700 ramfs "$ABIDE_HOME/state/sessions"
            flood "2 MiB"
            stored
            bytes=$(cat "$ABIDE_HOME"/state/sessions/*/history | wc -c)
            echo bounded $((bytes > 300000 && bytes < 4 << 20))
            {END}"#
        ),
        &["0"],
    );
    said.has("bounded 1");
    said.has("kept True");
}

/// In the script: a machine that shares its sessions, and another one that `join`s it with what is
/// left of `abide pair`, which goes to `said`.
const DEVICES: &str = r#"
near() { ABIDE_HOME="$NEAR" "$@"; }
join() {
    name=$1
    coproc PAIR { abide pair --link --role view 2>"$NEAR/said"; }
    local pairing=$PAIR_PID code
    read -r link <&"${PAIR[0]}"
    # The code of the last one is none of this one's.
    : >"$NEAR/joined"
    near abide join --name "$name" <<<"$link" >"$NEAR/joined" 2>&1 &
    local joining=$!
    until code=$(grep -E '^ *[0-9]{6}$' "$NEAR/joined"); do kill -0 $joining || return 99; done
    echo "${code// }" >&"${PAIR[1]}"
    local ended=0
    wait $joining || ended=$?
    wait $pairing || true
    return $ended
}
id() { abide devices list --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["id"])'; }
fill() { dd if=/dev/zero of="$ABIDE_HOME/fill" bs=4k 2>/dev/null || true; }
"#;

/// Pairing needs room and says so; revoking needs none, and lasts.
#[test]
fn a_full_disk_stops_no_revocation_and_pairs_nobody_by_half() {
    let home = Home::new();
    let near = home.path().join("near");
    std::fs::create_dir(&near).unwrap();
    let said = Said::of(
        &home,
        &format!(
            r#"{DEVICES}
            NEAR={near}
            mount -t tmpfs -o size=1m,mode=700 tmpfs "$ABIDE_HOME"
            abide share --listen 127.0.0.1:{port} >/dev/null
            attempt join desk
            attempt near abide list --all
            fill
            attempt join other
            cat "$NEAR/said" "$NEAR/joined" >&2
            echo "machines $(near abide machines --json | grep -c '"name"')"
            attempt abide devices revoke "$(id)"
            attempt near abide capture desk:work
            kill -9 "$(abide daemon status --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["pid"])')"
            rm "$ABIDE_HOME/fill"
            abide daemon start
            attempt near abide capture desk:work
            echo "devices $(abide devices list --json)"
            abide daemon stop
            near abide daemon stop"#,
            near = near.display(),
            port = free_port(),
        ),
        &["0", "0", "1", "1", "1", "1"],
    );
    said.has("machines 1");
    // It is revoked; what could not be written down is said.
    said.has("abide: the disk has no room for the audit: free some space");
    said.has("devices []");
}

/// In the script: what a session's own program may do, and what is written down of all that was done.
const WITNESSES: &str = r#"
inside() {
    abide send work "$(command -v abide) capture work >/dev/null && w=may || w='may not'; echo \"$1: \$w\""
    until abide capture work | grep -E "^$1: may"; do :; done
}
roles() { abide devices list --json | python3 -c '
import json,sys
print("roles:", *(device["role"] for device in json.load(sys.stdin)))'; }
deeds() { abide audit --json | python3 -c '
import json,sys
print("deeds:", *(json.loads(line)["action"] for line in sys.stdin))'; }
"#;

/// What gives rights has its row in the audit first, or is not done; what takes them is done, and its
/// row comes when there is room, before any later one.
#[test]
fn on_a_full_disk_nothing_is_given_and_what_is_taken_has_its_row_later() {
    let home = Home::new();
    let near = home.path().join("near");
    std::fs::create_dir(&near).unwrap();
    let said = Said::of(
        &home,
        &format!(
            r#"{DEVICES}{WITNESSES}
            NEAR={near}
            mount -t tmpfs -o size=1m,mode=700 tmpfs "$ABIDE_HOME"
            abide share --listen 127.0.0.1:{port} >/dev/null
            abide new work --detach -- sh
            join desk
            fill
            attempt join other
            cat "$NEAR/said"
            attempt abide devices role "$(id)" type
            attempt abide trust work
            attempt abide share --name desk.example
            roles
            inside full
            deeds
            attempt near abide capture desk:work
            attempt abide devices revoke "$(id)"
            attempt near abide capture desk:work
            roles
            deeds
            rm "$ABIDE_HOME/fill"
            attempt abide trust work
            inside free
            deeds
            abide kill work
            abide daemon stop
            near abide daemon stop"#,
            near = near.display(),
            port = free_port(),
        ),
        &["1", "5", "5", "5", "0", "1", "1", "0"],
    );
    let full = "the disk that holds the registry is full";
    for (what, why) in [
        ("pair the device", "No space left on device"),
        ("change the device's rights", full),
        ("trust the session", full),
        ("write down what is shared", full),
    ] {
        let begin = format!("abide: cannot {what}: ");
        let line = said.lines.iter().find(|line| line.starts_with(&begin));
        let line = line.unwrap_or_else(|| panic!("no {begin:?} in {}", said.text));
        assert!(line.contains(why) && line.contains("free some space"));
    }
    said.has("abide: the disk has no room for the audit: free some space");
    let told = |what: &str| -> Vec<&str> {
        let lines = said.lines.iter().map(String::as_str);
        lines.filter(|line| line.starts_with(what)).collect()
    };
    assert_eq!(told("roles:"), ["roles: view", "roles:"]);
    said.has("full: may not");
    said.has("free: may");
    assert_eq!(
        told("deeds: "),
        [
            "deeds: share paired",
            "deeds: share paired",
            "deeds: share paired revoked trust"
        ]
    );
}
