//! Rows of the audit, and what waits for one.

use abide_protocol::message::AuditRow;

use super::*;
use crate::daemon::devices::audit::UNWRITTEN;
use crate::daemon::devices::ledger::STRANGER;

#[test]
fn the_audit_catches_up_when_there_is_room() {
    let home = Home::new("audit");
    let (devices, _) = home.open();
    fill(&devices, true);
    for n in 0..200 {
        devices.note(local("filled", &n.to_string(), &"x".repeat(100)));
    }
    let unwritten = devices.unwritten();
    assert!(unwritten > 0);
    fill(&devices, false);
    devices.note(local("emptied", "disk", ""));
    assert_eq!(devices.unwritten(), 0);
    let rows = devices.audit(0, 1000).unwrap();
    let targets: Vec<_> = rows.iter().map(|row| row.target.clone()).collect();
    let expected: Vec<_> = (0..200).map(|n| n.to_string()).collect();
    assert_eq!(targets[..200], expected);
    assert_eq!(targets[200], "disk");
    let two = devices.audit(199, 2).unwrap();
    let numbers: Vec<_> = two.iter().map(|row| row.number).collect();
    assert_eq!(numbers, [200, 201]);
    // Of three the newest, or those that come next.
    let numbers = |rows: Vec<AuditRow>| rows.iter().map(|row| row.number).collect::<Vec<_>>();
    assert_eq!(numbers(devices.audit(198, 2).unwrap()), [200, 201]);
    assert_eq!(numbers(devices.audit_next(198, 2).unwrap()), [199, 200]);
    assert_eq!(numbers(devices.audit_next(200, 2).unwrap()), [201]);
}

#[test]
fn audit_rows_neither_change_nor_go() {
    let home = Home::new("rows");
    let (devices, _) = home.open();
    devices.keep(new(1, None), from()).unwrap();
    let change = ["UPDATE audit SET action = 'x'", "DELETE FROM audit"];
    let db = Registry::again(&home.registry()).unwrap();
    for sql in change {
        let error = db.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("audit rows"), "{error}");
    }
    assert_eq!(actions(&devices), ["paired"]);
}

/// However many strangers come, also on a full disk, what the owner did stays.
#[test]
fn strangers_push_out_strangers_only() {
    let home = Home::new("strangers");
    let (devices, _) = home.open();
    devices.keep(new(1, None), from()).unwrap();
    let db = Registry::again(&home.registry()).unwrap();
    let add = |count: u32| {
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                   INSERT INTO audit (time, actor, action, target, detail)
                   SELECT 0, 'x', 'stranger', 'daemon', '' FROM n";
        db.execute(sql, [count]).unwrap();
    };
    let count = |action: &str| -> i64 {
        let sql = "SELECT count(*) FROM audit WHERE action = ?1";
        db.query_row(sql, [action], |row| row.get(0)).unwrap()
    };
    add(10_001);
    devices.stranger(from());
    assert_eq!((count("stranger"), count("paired")), (10_000, 1));
    let gone = db.execute("DELETE FROM audit WHERE action = 'paired'", []);
    assert!(gone.is_err(), "a row of the owner's goes");

    fill(&devices, true);
    devices.note(local("filled", "disk", &"x".repeat(5000)));
    devices.withdraw(DeviceId([1; 16]), End::Revoked).unwrap();
    for n in 0..2 * UNWRITTEN as u32 {
        devices.note(Deed {
            action: STRANGER,
            ..local("", "daemon", &n.to_string())
        });
    }
    assert_eq!(devices.unwritten(), UNWRITTEN);
    fill(&devices, false);
    devices.note(local("emptied", "disk", ""));
    assert_eq!(
        (count("filled"), count("revoked"), count("emptied")),
        (1, 1, 1)
    );
}

#[test]
fn what_gives_rights_has_its_row_before_or_does_not_happen() {
    let home = Home::new("row");
    let (devices, _) = home.open();
    let deed = |detail: &str| local("trust", "work", detail);
    devices.record(&deed("given"), "trust the session").unwrap();
    fill(&devices, true);
    devices.note(deed("taken back"));
    // A row that fits no page any more.
    let why = devices
        .record(&deed(&"x".repeat(10_000)), "trust the session")
        .unwrap_err();
    assert_eq!(why.kind, FailKind::Exhausted);
    assert!(
        why.line.starts_with("cannot trust the session: "),
        "{}",
        why.line
    );
    fill(&devices, false);
    devices
        .record(&deed("given again"), "trust the session")
        .unwrap();
    let rows = devices.audit(0, 100).unwrap();
    let details: Vec<_> = rows.iter().map(|row| row.detail.as_str()).collect();
    assert_eq!(details, ["given", "taken back", "given again"]);
}
