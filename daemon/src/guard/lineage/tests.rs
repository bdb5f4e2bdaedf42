use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use super::*;
use abide_protocol::SessionId;

/// A device of a session, and one of nobody's.
const OURS: u64 = 0x8805;
const OTHERS: u64 = 0x8809;
/// The first session: its keeper, its leader.
const KEEPER: u32 = 100;
const LEADER: u32 = 101;

/// A process: its number, and `(parent, session, tty, started)`.
type Given = (u32, (u32, u32, u64, u64));

/// Processes by number. Each further state of one is what the
/// next look at it finds.
#[derive(Default)]
struct View {
    processes: RefCell<HashMap<u32, Vec<Process>>>,
    dead: Vec<u32>,
}

impl View {
    fn new(processes: &[Given]) -> Self {
        let view = Self::default();
        for &(pid, (parent, session, tty, started)) in processes {
            let process = Process {
                parent,
                session,
                tty,
                started,
            };
            let mut known = view.processes.borrow_mut();
            known.entry(pid).or_default().push(process);
        }
        view
    }
}

impl Processes for View {
    fn process(&self, pid: u32) -> Option<Process> {
        let mut processes = self.processes.borrow_mut();
        let states = processes.get_mut(&pid)?;
        if states.len() > 1 {
            return Some(states.remove(0));
        }
        states.first().copied()
    }

    fn said(&self, notice: &Notice) -> Option<Said> {
        let lives = !self.dead.contains(&notice.keeper);
        lives.then(|| Said {
            name: notice.keeper.to_string(),
            trusted: false,
        })
    }
}

fn notices() -> Vec<Notice> {
    let id = |digit: &str| digit.repeat(32).parse::<SessionId>().unwrap();
    vec![
        Notice {
            session: id("1"),
            keeper: KEEPER,
            leader: LEADER,
            tty: OURS,
        },
        Notice {
            session: id("2"),
            keeper: 200,
            leader: 201,
            tty: 0x8806,
        },
        // Has no program yet.
        Notice {
            session: id("3"),
            keeper: 300,
            leader: 0,
            tty: 0,
        },
    ]
}

/// The keepers of the sessions that process 9 is in.
fn keepers(view: &View) -> Option<Vec<u32>> {
    match trace(9, &notices(), view) {
        Lineage::Unknown => None,
        Lineage::Inside(found) => Some(found.iter().map(|(notice, _)| notice.keeper).collect()),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn lineages() {
    let check = |what: &str, processes: &[Given], expected: Option<&[u32]>| {
        // What every system has; numbers of processes that a case gives come before.
        let always = [
            (1, (0, 1, 0, 1)),
            (50, (1, 50, 0, 10)),
            (KEEPER, (50, KEEPER, 0, 20)),
            (LEADER, (KEEPER, LEADER, OURS, 21)),
            (200, (1, 200, 0, 30)),
            (201, (200, 201, 0x8806, 31)),
            (300, (50, 300, 0, 32)),
        ];
        let given = |pid| processes.iter().any(|(other, _)| *other == pid);
        let always = always.into_iter().filter(|(pid, _)| !given(*pid));
        let all: Vec<_> = processes.iter().copied().chain(always).collect();
        let found = keepers(&View::new(&all));
        assert_eq!(found.as_deref(), expected, "{what}");
    };
    check(
        "in another terminal",
        &[(9, (40, 40, OTHERS, 50)), (40, (1, 40, OTHERS, 40))],
        Some(&[]),
    );
    check("without a terminal", &[(9, (1, 9, 0, 50))], Some(&[]));
    check("the daemon itself", &[(9, (50, 9, 0, 50))], Some(&[]));
    check(
        "the leader's child",
        &[(9, (LEADER, LEADER, OURS, 50))],
        Some(&[KEEPER]),
    );
    check(
        "a keeper's child without a notice of its own",
        &[(9, (300, 9, 0, 50))],
        Some(&[300]),
    );
    check(
        "setsid below the leader",
        &[(9, (LEADER, 9, 0, 50))],
        Some(&[KEEPER]),
    );
    check(
        "another terminal below the leader (tmux, script)",
        &[(9, (60, 60, OTHERS, 50)), (60, (LEADER, 60, OTHERS, 40))],
        Some(&[KEEPER]),
    );
    check(
        "forked twice",
        &[(9, (1, LEADER, OURS, 50))],
        Some(&[KEEPER]),
    );
    check(
        "forked twice, its terminal given up",
        &[(9, (1, LEADER, 0, 50))],
        Some(&[KEEPER]),
    );
    check(
        "the leader is gone, its process session is not",
        &[(9, (1, LEADER, 0, 50)), (LEADER, (0, 0, 0, u64::MAX))],
        Some(&[]),
    );
    check(
        "child of one that forked twice",
        &[(9, (60, 9, 0, 50)), (60, (1, LEADER, OURS, 40))],
        Some(&[KEEPER]),
    );
    // The escape: nothing leads back.
    check(
        "forked twice, with setsid",
        &[(9, (1, 9, 0, 50))],
        Some(&[]),
    );
    check(
        "in one session's terminal, with another one's ancestors",
        &[(9, (201, 9, OURS, 50))],
        Some(&[KEEPER, 200]),
    );
    check("gone", &[(8, (1, 8, 0, 50))], None);
    check(
        "an ancestor hidden from us",
        &[(9, (77, 9, 0, 50))],
        Some(&[]),
    );
    check(
        "a hidden keeper",
        &[(9, (KEEPER, 9, 0, 50)), (KEEPER, (0, 0, 0, u64::MAX))],
        Some(&[KEEPER]),
    );
    check(
        "an ancestor died while we looked, and we belong to init",
        &[(9, (77, 9, 0, 50)), (9, (1, 9, 0, 50))],
        Some(&[]),
    );
    check(
        "an ancestor died while we looked, and its number is another's",
        &[
            (9, (60, 9, 0, 50)),
            (9, (LEADER, 9, 0, 50)),
            (60, (1, 60, 0, 51)),
        ],
        Some(&[KEEPER]),
    );
}

#[test]
fn a_process_that_dies_meanwhile_is_unknown() {
    struct Fading(RefCell<Option<Process>>);
    impl Processes for Fading {
        fn process(&self, pid: u32) -> Option<Process> {
            if pid == 9 { self.0.take() } else { None }
        }
        fn said(&self, _: &Notice) -> Option<Said> {
            None
        }
    }
    let process = Process {
        parent: 8,
        session: 9,
        tty: 0,
        started: 50,
    };
    let fading = Fading(RefCell::new(Some(process)));
    assert_eq!(trace(9, &notices(), &fading), Lineage::Unknown);
}

#[test]
fn numbers_of_a_dead_keeper_mean_nothing() {
    for process in [
        (9, (LEADER, LEADER, OURS, 50)),
        (9, (KEEPER, 9, 0, 50)),
        (9, (1, 9, OURS, 50)),
    ] {
        let mut view = View::new(&[
            process,
            (1, (0, 1, 0, 1)),
            (KEEPER, (1, KEEPER, 0, 20)),
            (LEADER, (KEEPER, LEADER, OURS, 21)),
        ]);
        assert_eq!(keepers(&view), Some(vec![KEEPER]), "{process:?}");
        view.dead = vec![KEEPER];
        assert_eq!(keepers(&view), Some(vec![]), "{process:?}");
    }
}

#[test]
fn a_process_session_is_the_leaders_only() {
    // The leader was reaped and its number is another process's now.
    let view = View::new(&[
        (9, (1, LEADER, 0, 60)),
        (LEADER, (1, LEADER, 0, 55)),
        (1, (0, 1, 0, 1)),
    ]);
    assert_eq!(keepers(&view), Some(vec![]));
}

#[test]
fn nobody_hides_behind_a_long_line_of_ancestors() {
    let line = |length: u32| {
        let above = (0..length).map(|n| (1000 + n, (1001 + n, 9, 0, 50)));
        let mut all: Vec<_> = above.collect();
        all.push((9, (1000, 9, 0, 60)));
        all.push((1000 + length, (0, 1, 0, 1)));
        keepers(&View::new(&all))
    };
    assert_eq!(line(20), Some(vec![]));
    assert_eq!(line(2 * DEPTH as u32), None);
}

#[test]
fn lines_of_the_kernel() {
    let tail = "34816 7 4194304 1 0 0 0 0 0 0 0 20 0 1 0 98765 1000 2 18446744073709551615";
    let check = |line: String, expected: Option<(u32, u32, u64, u64)>| {
        let found = parse(&line).map(|p| (p.parent, p.session, p.tty, p.started));
        assert_eq!(found, expected, "{line}");
    };
    let plain = Some((1, 6, rustix::fs::makedev(136, 0), 98765));
    check(format!("7 (bash) S 1 7 6 {tail}"), plain);
    check(format!("7 (a) b) S 9 (c)) S 1 7 6 {tail}"), plain);
    check(
        format!("7 () S 1 7 6 {}", tail.replace("34816", "0")),
        Some((1, 6, 0, 98765)),
    );
    // Device 136:300 does not fit into 16 bits.
    check(
        format!("7 (x) S 1 7 6 {}", tail.replace("34816", "1083436")),
        Some((1, 6, rustix::fs::makedev(136, 300), 98765)),
    );
    check("7 (bash S 1 7 6".into(), None);
    check("7 (bash) S 1 7".into(), None);
    check(format!("7 (bash) S -1 7 6 {tail}"), None);
    check(String::new(), None);
}

/// Of a child that has a process session of its own: that of the tests may have been made outside of
/// their process namespace, where it has no number.
#[test]
fn a_process_is_read_as_it_is() {
    let mut child = Command::new("setsid")
        .arg("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Its echo shows that it has come as far as its program.
    child.stdin.as_mut().unwrap().write_all(b"here\n").unwrap();
    let mut echo = [0; 5];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut echo)
        .unwrap();
    let found = System.process(child.id()).unwrap();
    let own = System.process(std::process::id()).unwrap();
    drop(child.stdin.take());
    child.wait().unwrap();
    assert_eq!(
        (found.parent, found.session, found.tty),
        (std::process::id(), child.id(), 0)
    );
    assert_eq!(own.parent, std::os::unix::process::parent_id());
    assert!(own.started <= found.started);
    assert_eq!(System.process(child.id()), None);
}
