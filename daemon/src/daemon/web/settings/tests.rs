use super::*;
use crate::private_dir::tests::scratch;

fn of(text: &str) -> Result<Settings, String> {
    Settings::of(&text.parse().unwrap())
}

fn all() -> Settings {
    Settings {
        listen: vec![
            "192.0.2.1:7373".parse().unwrap(),
            "[2001:db8::1]:443".parse().unwrap(),
        ],
        files: Some(Files {
            certificate: "/c.pem".into(),
            key: "/k.pem".into(),
        }),
        names: vec![
            "desk.example.org".parse().unwrap(),
            "x.example:8443".parse().unwrap(),
        ],
        loopback: Some(7350),
    }
}

#[test]
fn what_is_written_is_read_again() {
    let scratch = scratch("settings");
    let path = scratch.path().join("deeper/config.toml");
    assert_eq!(Settings::load(&path).unwrap(), Settings::default());
    for settings in [all(), Settings::default(), all()] {
        settings.store(&path).unwrap();
        assert_eq!(Settings::load(&path).unwrap(), settings);
    }
}

#[test]
fn what_else_is_in_the_file_stays_as_it_is() {
    let scratch = scratch("settings-kept");
    std::fs::create_dir_all(scratch.path()).unwrap();
    let path = scratch.path().join("config.toml");
    let text = "# mine\nprefix = \"ctrl+a\" # like screen\n\n[share]\n# the office\nlisten = [\"192.0.2.9:1\"] # old\nloopback = 7350\n\n[history]\nrows = 5\n";
    std::fs::write(&path, text).unwrap();
    let change = ShareChange {
        listen: Some(vec!["192.0.2.1:7373".into()]),
        ..ShareChange::default()
    };
    let settings = Settings::load(&path).unwrap().changed(&change).unwrap();
    settings.store(&path).unwrap();
    let stored = std::fs::read_to_string(&path).unwrap();
    assert_eq!(stored, text.replace("192.0.2.9:1", "192.0.2.1:7373"));
}

#[test]
fn one_text_is_a_list_of_one() {
    let settings = of("share.listen = \"192.0.2.1:1\"\nshare.names = \"a.example\"").unwrap();
    assert_eq!((settings.listen.len(), settings.names.len()), (1, 1));
}

#[test]
fn mistakes_in_the_file_are_one_line() {
    let check = |text: &str, expected: &str| {
        let error = of(text).unwrap_err();
        assert!(error.contains(expected) && !error.contains('\n'), "{error}");
    };
    check("share = 1", "share is not a table");
    check("share.lisen = []", "share.lisen is not known");
    check("share.listen = 1", "share.listen is not a list of texts");
    check(
        "share.listen = [\"7373\"]",
        "\"7373\" is not an address to listen on",
    );
    check("share.listen = [\"localhost:7373\"]", "is not an address");
    check("share.listen = [\"192.0.2.1:0\"]", "is not an address");
    check("share.names = [\"https://x\"]", "is not a name");
    check("share.names = [\"x y\"]", "is not a name");
    check("share.names = [\"127.1\"]", "is not a name");
    check("share.certificate = \"/c\"", "without the other");
    check("share.key = 1", "share.key is not a path");
    check("share.loopback = 0", "share.loopback is not a port");
    check("share.loopback = 65536", "share.loopback is not a port");
}

#[test]
fn a_file_that_is_no_toml_is_named_with_its_line() {
    let scratch = scratch("settings-torn");
    std::fs::create_dir_all(scratch.path()).unwrap();
    let path = scratch.path().join("config.toml");
    std::fs::write(&path, "prefix = \"x\"\n[share\n").unwrap();
    let line = Settings::load(&path).unwrap_err().to_string();
    assert!(
        line.contains("config.toml: line 2: ") && line.contains("mend it"),
        "{line}"
    );
}

#[test]
fn changes_name_what_is_different() {
    let change = |change: ShareChange| all().changed(&change);
    let none = ShareChange::default;
    assert_eq!(change(none()).unwrap(), all());
    let off = change(ShareChange {
        off: true,
        ..none()
    })
    .unwrap();
    assert_eq!((off.listen.len(), off.loopback), (0, None));
    assert_eq!((off.files, off.names), (all().files, all().names));
    let loopback = change(ShareChange {
        loopback: Some(0),
        ..none()
    })
    .unwrap();
    assert_eq!(
        loopback,
        Settings {
            loopback: None,
            ..all()
        }
    );
    let half = change(ShareChange {
        key: Some("/k".into()),
        ..none()
    });
    assert!(half.unwrap_err().to_string().contains("go together"));
    let back = change(ShareChange {
        certificate: Some(String::new()),
        key: Some(String::new()),
        names: Some(Vec::new()),
        ..none()
    });
    let own = Settings {
        files: None,
        names: Vec::new(),
        ..all()
    };
    assert_eq!(back.unwrap(), own);
    let listen = vec!["192.0.2.1:1".to_owned(); 2];
    let twice = change(ShareChange {
        listen: Some(listen),
        ..none()
    })
    .unwrap();
    assert_eq!(twice.listen.len(), 1);
    let many = (1..=MAX_LISTEN + 1)
        .map(|n| format!("192.0.2.1:{n}"))
        .collect();
    assert!(
        change(ShareChange {
            listen: Some(many),
            ..none()
        })
        .is_err()
    );
}

#[test]
fn names_have_places() {
    let places = |name: &str| -> Vec<String> {
        let name: Name = name.parse().unwrap();
        name.places(&[7373, 443])
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(
        places("Desk.example"),
        ["https://desk.example:7373", "https://desk.example"]
    );
    assert_eq!(places("desk.example:443"), ["https://desk.example"]);
    assert_eq!(places("[2001:db8::1]:8443"), ["https://[2001:db8::1]:8443"]);
    assert_eq!(
        places("192.0.2.1"),
        ["https://192.0.2.1:7373", "https://192.0.2.1"]
    );
}
