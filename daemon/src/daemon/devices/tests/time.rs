//! Clocks that are set back or were ahead.

use super::*;

#[test]
fn what_has_expired_stays_so_when_the_clock_is_set_back() {
    let home = Home::new("clock");
    let (devices, _) = home.open();
    let (id, now) = (DeviceId([1; 16]), desk::now());
    devices.keep(new(1, Some(now + 1000)), from()).unwrap();
    assert!(devices.known(key(1)).is_some());
    devices.lock().clock.now(now + 2000, Instant::now());
    assert_eq!(devices.known(key(1)), None);
    assert_eq!(devices.standing(id).grant, Err(End::Expired));
    assert!(devices.join(id, from()).is_none());
    assert_eq!(devices.over(), [id]);
    let expired = devices.expire(id).unwrap();
    assert!(expired.news && expired.epoch == 1);
    assert_eq!((devices.over(), devices.first_end()), (vec![], None));
    // A clock that was ahead when the daemon last ran.
    devices.lock().clock.now(now + 3_600_000, Instant::now());
    devices.now();
    let warnings = devices.warnings();
    assert!(
        warnings.iter().any(|line| line.contains("set back by 59")),
        "{warnings:?}"
    );
    drop(devices);
    let (devices, revoked) = home.open();
    assert_eq!((names(&devices).len(), revoked), (1, vec![]));
    assert_eq!(devices.known(key(1)), None);
    assert!(devices.now() >= now + 3_600_000);
    // It was told, and keepers hear of it again.
    assert_eq!(devices.over(), [id]);
    let expired = devices.expire(id).unwrap();
    assert!(!expired.news && expired.epoch == 1);
    assert_eq!(actions(&devices), ["paired", "expired"]);
    // No time is granted by a clock that is another one than the latest time.
    let refused = devices.end_after(Some(60_000)).unwrap_err();
    assert!(
        refused.line.contains("abide devices trust-clock"),
        "{}",
        refused.line
    );
    let refused = devices.regrant(id, new(1, None).grant, Some(60_000));
    assert_eq!(refused.err().unwrap().kind, FailKind::State);
}

#[test]
fn a_clock_that_was_ahead_loses_nobody() {
    const YEAR: u64 = 365 * 24 * 3_600_000;
    let home = Home::new("ahead");
    let (devices, _) = home.open();
    let (id, now) = (DeviceId([1; 16]), desk::now());
    devices.keep(new(1, Some(now + YEAR / 2)), from()).unwrap();
    devices.keep(new(2, None), from()).unwrap();
    drop(devices);
    let (devices, revoked) = home.open_at(now + YEAR);
    assert_eq!(revoked, []);
    assert!(devices.known(key(1)).is_none() && devices.known(key(2)).is_some());
    assert!(devices.expire(id).unwrap().news && home.key_file(1).exists());
    drop(devices);

    let (devices, _) = home.open();
    assert_eq!(devices.known(key(1)), None);
    let fault = devices.list()[0].fault.clone().unwrap();
    assert!(fault.contains("set back"), "{fault}");
    let told = devices.set_back().unwrap();
    assert!(told.contains("set back by 36"), "{told}");
    assert_eq!(devices.set_back(), None);
    devices.trust_clock().unwrap();
    assert!(devices.known(key(1)).is_some());
    // Keepers have dropped what was before.
    assert_eq!(devices.standing(id).epoch, 1);
    assert_eq!(devices.warnings(), Vec::<String>::new());
    assert_eq!(devices.trust_clock().unwrap_err().kind, FailKind::State);
    assert_eq!(
        actions(&devices),
        ["paired", "paired", "expired", "clock", "clock"]
    );
    drop(devices);
    let (devices, _) = home.open();
    assert!(devices.known(key(1)).is_some() && devices.over().is_empty());
    devices
        .regrant(id, new(1, None).grant, Some(60_000))
        .unwrap();
    let end = devices.standing(id).grant.unwrap().expires.unwrap();
    assert!(end <= desk::now() + 60_000, "{end}");
}
