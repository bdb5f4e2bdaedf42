use super::*;
use proptest::prelude::*;

const NOW: u64 = 1_000_000_000_000;

fn roster() -> Roster {
    Roster::load(Registry::in_memory().unwrap(), None).unwrap()
}

fn id(n: u8) -> SessionId {
    SessionId([n; 16])
}

fn named(name: Option<&str>) -> Spec {
    Spec {
        name: name.map(Into::into),
        command: vec![b"/usr/bin/claude".to_vec(), b"--resume".to_vec()],
        directory: b"/home/me".to_vec(),
        ..Spec::default()
    }
}

/// What the keeper of an admitted session says.
fn running(info: &SessionInfo) -> SessionInfo {
    SessionInfo {
        state: SessionState::Running,
        pid: Some(7),
        keeper: Some(6),
        ..info.clone()
    }
}

fn ended(info: &SessionInfo, at: u64) -> SessionInfo {
    SessionInfo {
        state: SessionState::Ended(ExitStatus::Code(0)),
        ended: Some(at),
        ..info.clone()
    }
}

/// As a daemon finds it that starts after this one was killed.
fn reloaded(roster: Roster) -> Roster {
    Roster::load(roster.registry, None).unwrap()
}

fn states(roster: &Roster) -> Vec<(String, SessionState)> {
    roster
        .list()
        .into_iter()
        .map(|info| (info.name, info.state))
        .collect()
}

#[test]
fn a_session_is_named_after_its_program() {
    let mut roster = roster();
    for (n, expected) in [(1, "claude"), (2, "claude-2"), (3, "claude-3")] {
        let info = roster.admit(id(n), &named(None), "/bin/sh", NOW).unwrap();
        assert_eq!(info.name, expected);
        assert_eq!(info.command, "/usr/bin/claude --resume");
    }
}

#[test]
fn names_are_unique_among_the_living() {
    let mut roster = roster();
    let a = roster.admit(id(1), &named(Some("a")), "", NOW).unwrap();
    let taken = |roster: &mut Roster, n, name: &str| {
        roster
            .admit(id(n), &named(Some(name)), "", NOW)
            .map_err(|failure| failure.kind)
    };
    assert_eq!(taken(&mut roster, 2, "a"), Err(FailKind::NameTaken));
    assert_eq!(taken(&mut roster, 2, "a\u{1b}"), Err(FailKind::Invalid));
    roster.promise(id(1), "b").unwrap();
    assert_eq!(
        taken(&mut roster, 2, "b"),
        Err(FailKind::NameTaken),
        "promised"
    );
    assert_eq!(
        taken(&mut roster, 2, "a"),
        Err(FailKind::NameTaken),
        "still held"
    );
    roster.renamed(id(1), true, NOW);
    roster.seen(ended(&a, NOW), NOW);
    assert!(taken(&mut roster, 2, "a").is_ok());
    assert!(taken(&mut roster, 3, "b").is_ok(), "its holder has ended");
}

#[test]
fn a_refused_rename_gives_the_name_back() {
    let mut roster = roster();
    let a = roster.admit(id(1), &named(Some("a")), "", NOW).unwrap();
    roster.seen(running(&a), NOW);
    roster.promise(id(1), "b").unwrap();
    roster.renamed(id(1), false, NOW);
    assert_eq!(roster.get(id(1)).unwrap().name, "a");
    assert!(roster.admit(id(2), &named(Some("b")), "", NOW).is_ok());
}

#[test]
fn the_keeper_has_the_last_word_on_a_rename_that_the_daemon_did_not_survive() {
    let mut roster = roster();
    let a = roster.admit(id(1), &named(Some("a")), "", NOW).unwrap();
    roster.seen(running(&a), NOW);
    roster.promise(id(1), "b").unwrap();
    let mut roster = reloaded(roster);
    assert_eq!(roster.get(id(1)).unwrap().name, "a");
    let renamed = SessionInfo {
        name: "b".into(),
        ..running(&a)
    };
    roster.seen(renamed, NOW);
    assert_eq!(states(&roster), [("b".into(), SessionState::Running)]);
    assert_eq!(
        states(&reloaded(roster)),
        [("b".into(), SessionState::Running)]
    );
}

#[test]
fn a_birth_that_nobody_finished_leaves_nothing() {
    let mut roster = roster();
    roster.admit(id(1), &named(None), "", NOW).unwrap();
    let mut roster = reloaded(roster);
    assert_eq!(roster.unended().len(), 1);
    roster.gone(id(1), None, NOW);
    assert_eq!(states(&roster), []);
    assert_eq!(states(&reloaded(roster)), []);
}

#[test]
fn a_session_without_keeper_or_record_is_lost() {
    let mut roster = roster();
    let a = roster.admit(id(1), &named(Some("a")), "", NOW).unwrap();
    roster.seen(running(&a), NOW);
    let mut roster = reloaded(roster);
    roster.gone(id(1), None, NOW + 5);
    let lost = roster.get(id(1)).unwrap();
    assert_eq!(lost.state, SessionState::Ended(ExitStatus::Lost));
    assert_eq!((lost.ended, lost.pid), (Some(NOW + 5), None));
}

#[test]
fn a_record_tells_how_a_session_ended_that_nobody_watched() {
    let mut roster = roster();
    let a = roster.admit(id(1), &named(Some("a")), "", NOW).unwrap();
    roster.seen(running(&a), NOW);
    roster.gone(id(1), Some(ended(&a, NOW + 3)), NOW + 9);
    assert_eq!(roster.get(id(1)).unwrap().ended, Some(NOW + 3));
    roster.gone(id(1), None, NOW + 20);
    assert_eq!(roster.get(id(1)).unwrap().ended, Some(NOW + 3), "told once");
}

#[test]
fn only_what_has_ended_is_removed_and_stays_away() {
    let mut roster = roster();
    let a = roster.admit(id(1), &named(Some("a")), "", NOW).unwrap();
    roster.seen(running(&a), NOW);
    assert_eq!(
        roster.remove(id(1), true).unwrap_err().kind,
        FailKind::State
    );
    assert_eq!(
        roster.remove(id(2), true).unwrap_err().kind,
        FailKind::NotFound
    );
    roster.seen(ended(&a, NOW), NOW);
    roster.remove(id(1), true).unwrap();
    roster.seen(ended(&a, NOW), NOW + 1);
    assert_eq!(states(&roster), [], "its keeper still speaks");
    roster.gone(id(1), Some(ended(&a, NOW)), NOW + 2);
    assert_eq!(states(&roster), []);
}

#[test]
fn ended_sessions_expire() {
    let mut roster = roster();
    for (n, at) in [(1, NOW), (2, NOW + 10)] {
        let info = roster.admit(id(n), &named(None), "", NOW).unwrap();
        roster.seen(ended(&info, at), NOW);
    }
    roster.admit(id(3), &named(None), "", NOW).unwrap();
    assert_eq!(roster.expire(NOW + RETENTION), []);
    assert_eq!(roster.expire(NOW + RETENTION + 1), [id(1)]);
    assert_eq!(roster.list().len(), 2);
    assert_eq!(reloaded(roster).list().len(), 2);
}

#[test]
fn a_living_sessions_row_is_written_once_a_minute() {
    let mut roster = roster();
    let a = running(&roster.admit(id(1), &named(Some("a")), "", NOW).unwrap());
    let titled = |title: &str| SessionInfo {
        title: title.into(),
        ..a.clone()
    };
    let stored = |roster: &Roster| roster.registry.all().unwrap().0[0].title.clone();
    roster.seen(titled("one"), NOW);
    assert_eq!(stored(&roster), "one");
    roster.seen(titled("two"), NOW + REFRESH - 1);
    assert_eq!(stored(&roster), "one");
    assert_eq!(roster.get(id(1)).unwrap().title, "two");
    roster.seen(titled("three"), NOW + REFRESH);
    assert_eq!(stored(&roster), "three");
}

#[test]
fn a_full_disk_refuses_new_sessions_and_costs_the_others_nothing() {
    let mut roster = roster();
    let a = running(&roster.admit(id(1), &named(Some("a")), "", NOW).unwrap());
    let long = SessionInfo {
        last_line: "x".repeat(100_000),
        ..a.clone()
    };
    roster.registry.fill(true);
    let spec = Spec {
        command: vec![vec![b'x'; 100_000]],
        ..named(Some("b"))
    };
    let refused = roster.admit(id(2), &spec, "", NOW).unwrap_err();
    assert_eq!(refused.kind, FailKind::Exhausted);
    assert!(
        refused.line.ends_with("free some space and try again"),
        "{}",
        refused.line
    );
    assert_eq!(states(&roster), [("a".into(), SessionState::Starting)]);
    roster.seen(ended(&long, NOW), NOW);
    assert_eq!(roster.warnings().lines().len(), 1);
    roster.registry.fill(false);
    roster.admit(id(3), &named(Some("c")), "", NOW).unwrap();
    let c = running(roster.get(id(3)).unwrap());
    roster.seen(c, NOW);
    assert_eq!(roster.warnings().lines().len(), 0);
    assert_eq!(
        reloaded(roster).get(id(1)),
        Some(&ended(&long, NOW)),
        "written late"
    );
}

/// What may happen to a session, in any order, with the daemon killed anywhere in between.
#[derive(Clone, Debug)]
enum Step {
    Seen(u8, &'static str),
    Ended(u8),
    Gone(u8, bool),
    Promise(u8, &'static str),
    Renamed(u8, bool),
    Remove(u8),
    Killed,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = prop_oneof![Just("a"), Just("b"), Just("c")];
    let step = prop_oneof![
        (0..3_u8, name.clone()).prop_map(|(n, name)| Step::Seen(n, name)),
        (0..3_u8).prop_map(Step::Ended),
        (0..3_u8, any::<bool>()).prop_map(|(n, record)| Step::Gone(n, record)),
        (0..3_u8, name).prop_map(|(n, name)| Step::Promise(n, name)),
        (0..3_u8, any::<bool>()).prop_map(|(n, taken)| Step::Renamed(n, taken)),
        (0..3_u8).prop_map(Step::Remove),
        Just(Step::Killed),
    ];
    proptest::collection::vec(step, 0..40)
}

proptest! {
    /// After any history, a keeper that speaks has its session listed exactly once: as it says,
    /// unless it has said already that it ended.
    #[test]
    fn a_keeper_that_speaks_is_listed_once(steps in steps(), last in 0..3_u8) {
        let mut roster = roster();
        let base = roster.admit(id(200), &named(Some("base")), "", NOW).unwrap();
        let info = |n: u8, name: &str| running(&SessionInfo { id: id(n), name: name.into(), ..base.clone() });
        for (now, step) in (NOW..).zip(steps) {
            match step {
                Step::Seen(n, name) => roster.seen(info(n, name), now),
                Step::Ended(n) => roster.seen(ended(&info(n, "e"), now), now),
                Step::Gone(n, record) => {
                    let record = record.then(|| ended(&info(n, "e"), now));
                    roster.gone(id(n), record, now);
                }
                Step::Promise(n, name) => drop(roster.promise(id(n), name)),
                Step::Renamed(n, taken) => roster.renamed(id(n), taken, now),
                Step::Remove(n) => drop(roster.remove(id(n), false)),
                Step::Killed => roster = reloaded(roster),
            }
        }
        let known = roster.get(id(last)).cloned();
        roster.seen(info(last, "last"), NOW + 100);
        let listed: Vec<_> = roster.list().into_iter().filter(|info| info.id == id(last)).collect();
        prop_assert_eq!(listed.len(), 1);
        match known.map(|known| known.state) {
            Some(ended @ SessionState::Ended(ExitStatus::Code(_))) => {
                prop_assert_eq!(listed[0].state, ended);
            }
            Some(LOST) => prop_assert_eq!(listed[0].state, SessionState::Running),
            _ => prop_assert_eq!(&listed[0].name, "last"),
        }
        let after = reloaded(roster).list().into_iter().filter(|info| info.id == id(last)).count();
        prop_assert_eq!(after, 1);
    }
}
