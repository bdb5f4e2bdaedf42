use super::*;

fn places() -> Places {
    let listed = ["https://desk.example.org:7373", "https://example.org"];
    let listed = listed.map(|text| text.parse().unwrap());
    Places::public(listed.into(), "192.0.2.1:7373".parse().unwrap())
}

#[test]
fn hosts_are_ours_or_not() {
    let check = |text: &str, ours: bool| {
        assert_eq!(places().host(text).is_some(), ours, "{text:?}");
    };
    for ours in [
        "desk.example.org:7373",
        "DESK.Example.ORG:7373",
        "example.org",
        "example.org:443",
        "192.0.2.1:7373",
    ] {
        check(ours, true);
    }
    for foreign in [
        "",
        ":7373",
        "desk.example.org",
        "desk.example.org:",
        "desk.example.org:7374",
        "desk.example.org:07373",
        "desk.example.org:+7373",
        "desk.example.org:72909",
        "desk.example.org:7373:7373",
        "desk.example.org.:7373",
        "desk.example.org@evil.example:7373",
        "evil.example@desk.example.org:7373",
        "desk.example.org:7373@evil.example",
        "desk.example.org:7373/",
        "desk.example.org:7373?",
        "desk.example.org:7373#",
        "desk.example.org:7373, evil.example",
        "https://desk.example.org:7373",
        "xdesk.example.org:7373",
        "desk.example.org.evil.example:7373",
        "evil.example",
        "localhost",
        "localhost:7373",
        "127.0.0.1:7373",
        "[::1]:7373",
        "192.0.2.1",
        "192.0.2.10:7373",
        "192.0.2.01:7373",
        "3221225985:7373",
        "0xc0.0.2.1:7373",
        "[::ffff:192.0.2.1]:7373",
        "[desk.example.org]:7373",
        " desk.example.org:7373",
        "desk.example.org :7373",
        "desk\u{2024}example.org:7373",
        "desk.example.org\u{ff1a}7373",
    ] {
        check(foreign, false);
    }
}

#[test]
fn origins_are_ours_or_not() {
    let check = |text: &str, ours: bool| assert_eq!(places().admits(text), ours, "{text:?}");
    check("https://desk.example.org:7373", true);
    check("https://example.org", true);
    for foreign in [
        "",
        "null",
        "*",
        "https://",
        "https://desk.example.org",
        "https://desk.example.org:7374",
        "https://desk.example.org:07373",
        "https://desk.example.org:7373/",
        "https://desk.example.org:7373.evil.example",
        "https://desk.example.org:7373@evil.example",
        "https://evil.example@desk.example.org:7373",
        "https://user:pass@desk.example.org:7373",
        "http://desk.example.org:7373",
        "wss://desk.example.org:7373",
        "abide://desk.example.org:7373",
        "HTTPS://desk.example.org:7373",
        "https://DESK.example.org:7373",
        "https:desk.example.org:7373",
        "https:///desk.example.org:7373",
        "https:\\\\desk.example.org:7373",
        "//desk.example.org:7373",
        "desk.example.org:7373",
        "file://",
        "chrome-extension://desk.example.org",
        "https://xdesk.example.org:7373",
        "https://desk.example.org.evil.example",
        "https://evil.example/desk.example.org:7373",
        "https://evil.example#https://desk.example.org:7373",
        "https://evil.example?https://desk.example.org:7373",
        "https://desk.example.org:7373 https://evil.example",
        "https://desk.example.org:7373, https://evil.example",
        "https://example.org:443",
        "https://example.org.",
        "https://.example.org",
        "https://exampleXorg",
        "https://example.org%2eevil.example",
        "https://xn--example-org",
        "https://ex\u{e4}mple.org",
        "https://example.org\0",
        "https://example.org\u{200b}",
        "https://192.0.2.1:7373",
        "https://localhost:7373",
        "https://127.0.0.1:7373",
    ] {
        check(foreign, false);
    }
}

#[test]
fn loopback_has_one_name() {
    let places = Places::loopback(7350);
    assert!(places.host("127.0.0.1:7350").is_some());
    assert!(places.admits("http://127.0.0.1:7350"));
    for foreign in [
        "localhost:7350",
        "127.0.0.1",
        "127.0.0.1:7351",
        "127.0.0.2:7350",
        "127.1:7350",
        "2130706433:7350",
        "0x7f.0.0.1:7350",
        "[::1]:7350",
        "[::ffff:127.0.0.1]:7350",
        "0.0.0.0:7350",
        "rebound.example:7350",
    ] {
        assert_eq!(places.host(foreign), None, "{foreign}");
        assert!(!places.admits(&format!("http://{foreign}")), "{foreign}");
    }
    assert!(!places.admits("https://127.0.0.1:7350"));
}
