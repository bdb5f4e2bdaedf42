//! What the daemon is for strangers on a network: nothing before it is told to listen, and a strict
//! server afterwards.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Output;

use rcgen::{CertificateParams, CertifiedIssuer, DnType, KeyPair};
use rustls::{NamedGroup, ProtocolVersion};
use serde_json::Value;
use support::home::Home;
use support::network::{
    self, Tls, ask, closes, native_upgrade, own_address, own_port, secure, status,
};
use support::pairing::Offer;
use support::{process, wait};

const NAME: &str = "desk.example.org";
const PORT: u16 = 7373;
/// Seconds.
const DAY: u64 = 86_400;
/// 2020-01-01, in days since 1970.
const BEGIN_DAY: u64 = 18_262;

fn address() -> SocketAddr {
    (own_address(), PORT).into()
}

fn share(home: &Home, arguments: &[&str]) -> Value {
    let all: Vec<&str> = ["share", "--json"]
        .into_iter()
        .chain(arguments.iter().copied())
        .collect();
    serde_json::from_str(&home.ok(&all)).expect("JSON")
}

/// Listens with the certificate that the daemon makes.
fn shared(home: &Home) -> Value {
    share(home, &["--listen", &address().to_string(), "--name", NAME])
}

fn tls() -> Tls {
    secure(network::connect(address()).unwrap(), NAME).unwrap()
}

fn host() -> String {
    format!("{NAME}:{PORT}")
}

/// A certificate for the name, issued by an authority for days from now on, and its key.
fn issue(directory: &Path, days: i64) -> (PathBuf, PathBuf) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(DnType::CommonName, "an authority");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let mut params = CertificateParams::new([NAME.to_owned()]).unwrap();
    // Of a long life: what counts is what is left.
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let today = now.as_secs() / DAY - BEGIN_DAY;
    let lives = today.checked_add_signed(days).unwrap() * DAY;
    params.not_after = params.not_before + std::time::Duration::from_secs(lives);
    let key = KeyPair::generate().unwrap();
    let chain = params.signed_by(&key, &authority).unwrap().pem() + &authority.pem();
    let paths = (directory.join("cert.pem"), directory.join("key.pem"));
    for (path, text) in [(&paths.0, &chain), (&paths.1, &key.serialize_pem())] {
        let new = path.with_extension("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(&new, path).unwrap();
    }
    paths
}

fn failed(output: &Output, code: i32, expected: &str) {
    let line = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{line}");
    assert!(
        line.contains(expected) && line.trim().lines().count() == 1,
        "{line}"
    );
}

#[test]
fn nothing_listens_until_it_is_told_to() {
    let home = Home::new();
    std::fs::create_dir_all(home.abide()).unwrap();
    let built = process::built("abide");
    let path = format!(
        "{}:{}",
        built.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    // A network of its own, where nobody else listens.
    let script = r#"
        listeners() { cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == "0A" { print $2 }'; }
        abide new one --detach -- cat
        abide list >/dev/null; abide doctor >/dev/null || true; abide share >/dev/null
        echo "fresh: $(listeners)"
        abide share --listen 0.0.0.0:7373 --loopback >/dev/null
        echo "shared: $(listeners | sort | xargs)"
        abide share --off >/dev/null
        echo "off: $(listeners)"
        abide kill one
        abide daemon stop"#;
    let output = home
        .command("unshare")
        .args(["--net", "--map-root-user", "bash", "-euc"])
        .arg(format!("ip link set lo up\n{script}"))
        .env("PATH", path)
        .output()
        .expect("unshare runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.contains(": ") || line.ends_with(':'))
        .collect();
    assert_eq!(
        lines[..3],
        ["fresh: ", "shared: 00000000:1CCD 0100007F:1CB6", "off: "],
        "{text}"
    );
}

#[test]
fn tls_is_of_version_1_3_with_the_hybrid_group_and_http_1_1() {
    let home = Home::new();
    let info = shared(&home);
    assert_eq!(
        info["listening"],
        serde_json::json!([address().to_string()])
    );
    assert_eq!(info["address"], format!("abide://{NAME}:{PORT}"));
    assert_eq!(info["certificate"]["path"], Value::Null);
    let tls = tls();
    assert_eq!(tls.conn.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    let group = tls.conn.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group, NamedGroup::X25519MLKEM768);
    assert_eq!(tls.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    let older = home
        .command("python3")
        .args([
            "-c",
            "
import socket, ssl, sys
context = ssl._create_unverified_context()
context.maximum_version = ssl.TLSVersion.TLSv1_2
try:
    context.wrap_socket(socket.create_connection((sys.argv[1], int(sys.argv[2]))))
except ssl.SSLError as error:
    print(error.reason)
else:
    print('spoken')",
        ])
        .args([address().ip().to_string(), PORT.to_string()])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&older.stdout).trim(),
        "TLSV1_ALERT_PROTOCOL_VERSION"
    );
}

#[test]
fn strangers_are_answered_strictly() {
    let home = Home::new();
    shared(&home);
    let check = |request: &str, expected: u16| {
        let head = ask(&mut tls(), request).unwrap();
        assert_eq!(status(&head), expected, "{request} {head}");
        head
    };
    let get = |path: &str, host: &str| format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let opened = check(&native_upgrade(&host()), 101);
    assert!(
        opened.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        "{opened}"
    );
    assert!(
        opened.contains("sec-websocket-protocol: abide.native.1"),
        "{opened}"
    );
    // By number too, where TLS was not asked for a name.
    let numeric = address().ip().to_string();
    let mut unnamed = secure(network::connect(address()).unwrap(), &numeric).unwrap();
    let head = ask(&mut unnamed, &native_upgrade(&address().to_string())).unwrap();
    assert_eq!(status(&head), 101);
    check(&native_upgrade(&address().to_string()), 421);
    check(&get("/", "evil.example"), 421);
    check(&get("/", "localhost:7373"), 421);
    check(&get(&format!("https://{}/", host()), &host()), 421);
    let missing = check(&get("/nothing", &host()), 404);
    for field in [
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "default-src 'none'",
    ] {
        assert!(missing.contains(field), "{missing}");
    }
    // Without a certificate that browsers trust, there is no page and no browser.
    check(&get("/", &host()), 404);
    let browser = native_upgrade(&host()).replace("abide.native.1", "abide.web.1");
    let origin = format!("Host: {0}\r\nOrigin: https://{0}", host());
    check(&browser.replace(&format!("Host: {}", host()), &origin), 403);
    let long = format!(
        "GET / HTTP/1.1\r\nHost: {}\r\nX: {}\r\n\r\n",
        host(),
        "x".repeat(9000)
    );
    check(&long, 431);
    check(
        &format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nContent-Length: 1\r\n\r\nx",
            host()
        ),
        405,
    );
    check("NONSENSE\r\n\r\n", 400);
}

#[test]
fn what_cannot_be_shared_changes_nothing_and_says_why() {
    let home = Home::new();
    let (cert, key) = issue(home.path(), 100);
    let other = home.path().join("other");
    std::fs::create_dir(&other).unwrap();
    let (expired, expired_key) = issue(&other, -1);
    let taken = std::net::TcpListener::bind((own_address(), 7374)).unwrap();
    let listen = address().to_string();
    let with = |arguments: &[&Path]| {
        let mut all: Vec<&std::ffi::OsStr> =
            vec!["share".as_ref(), "--listen".as_ref(), listen.as_ref()];
        for (option, path) in ["--cert", "--key"].iter().zip(arguments) {
            all.extend([option.as_ref(), path.as_os_str()]);
        }
        home.run_abide(&all)
    };
    failed(
        &with(&[&cert, &expired_key]),
        1,
        "does not belong to the certificate",
    );
    failed(&with(&[&expired, &expired_key]), 1, "expired on");
    failed(&with(&[&key, &key]), 1, "holds no certificate");
    failed(&with(&[Path::new("missing.pem"), &key]), 1, "cannot read");
    failed(&with(&[&cert]), 2, "--key <FILE>");
    let taken = taken.local_addr().unwrap().to_string();
    let check = |arguments: &[&str], code, expected: &str| {
        let all: Vec<&str> = ["share"]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        failed(&home.run_abide(&all), code, expected);
    };
    check(
        &["--listen", &listen, "--listen", &taken],
        4,
        "another program does; stop it",
    );
    check(
        &["--listen", "192.0.2.77:7373"],
        4,
        "this machine does not have that address",
    );
    check(&["--listen", "7373"], 1, "is not an address to listen on");
    check(
        &["--listen", &listen, "--name", "https://x"],
        1,
        "is not a name",
    );
    check(&["--loopback=0"], 2, "0");
    assert!(network::connect(address()).is_err(), "nothing listens");
    assert_eq!(share(&home, &[])["listening"], serde_json::json!([]));
    assert!(!home.abide().join("config/config.toml").exists());
}

#[test]
fn sharing_outlives_the_daemon_and_keeps_the_users_file() {
    let home = Home::new();
    let config = home.abide().join("config/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, "# mine\nprefix = \"ctrl+a\" # as in screen\n").unwrap();
    shared(&home);
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(
        text.starts_with("# mine\nprefix = \"ctrl+a\" # as in screen\n"),
        "{text}"
    );
    home.ok(&["daemon", "restart"]);
    assert_eq!(
        status(&ask(&mut tls(), &native_upgrade(&host())).unwrap()),
        101
    );

    let mut open = tls();
    share(&home, &["--off"]);
    assert!(network::connect(address()).is_err(), "nothing listens");
    assert!(closes(&mut open), "connections end");
    // The name is kept for the next time.
    share(&home, &["--listen", &address().to_string()]);
    assert_eq!(
        status(&ask(&mut tls(), &native_upgrade(&host())).unwrap()),
        101
    );
}

#[test]
fn a_port_that_is_taken_at_start_is_said_and_tried_again() {
    let home = Home::new();
    shared(&home);
    home.ok(&["daemon", "stop"]);
    let taken = std::net::TcpListener::bind(address()).unwrap();
    home.ok(&["new", "one", "--detach", "--", "cat"]);
    let info = share(&home, &[]);
    assert_eq!(info["silent"], serde_json::json!([address().to_string()]));
    let doctor = home.ok(&["doctor"]);
    assert!(doctor.contains("another program does"), "{doctor}");
    drop(taken);
    wait::until("it listens", || network::connect(address()).ok());
}

#[test]
fn a_renewed_certificate_is_taken_and_links_stay() {
    let home = Home::new();
    let (cert, key) = issue(home.path(), 100);
    let files = [
        "--cert",
        cert.to_str().unwrap(),
        "--key",
        key.to_str().unwrap(),
    ];
    let listen = address().to_string();
    let info = share(&home, &[&["--listen", &listen], &files[..]].concat());
    assert_eq!(info["address"], format!("https://{NAME}:{PORT}"));
    assert_eq!(
        (&info["certificate"]["issued"], &info["certificate"]["due"]),
        (&true.into(), &false.into())
    );
    let presented = |tls: &Tls| tls.conn.peer_certificates().unwrap()[0].clone();
    let mut live = tls();
    assert_eq!(
        status(&ask(&mut live, &native_upgrade(&host())).unwrap()),
        101
    );
    let before = presented(&live);

    issue(home.path(), 13);
    let after = wait::until("the new one is presented", || {
        let after = presented(&tls());
        (after != before).then_some(after)
    });
    // A ping with an empty mask, and its answer.
    live.write_all(&[0x89, 0x80, 0, 0, 0, 0]).unwrap();
    let mut pong = [0; 2];
    std::io::Read::read_exact(&mut live, &mut pong).unwrap();
    assert_eq!(pong, [0x8a, 0]);
    let info = share(&home, &[]);
    assert_eq!(info["certificate"]["due"], true);
    assert!(
        home.ok(&["share"])
            .contains("next: renew the certificate in")
    );
    assert!(home.ok(&["doctor"]).contains("expires in 1"));

    std::fs::remove_file(&key).unwrap();
    let faults = share(&home, &[])["faults"].to_string();
    assert!(faults.contains("cannot read"), "{faults}");
    assert_eq!(presented(&tls()), after, "the old one stays in use");
}

#[test]
fn a_certificate_and_names_are_taken_back() {
    let home = Home::new();
    let (cert, key) = issue(home.path(), 100);
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let listen = address().to_string();
    let name = format!("{NAME}:8443");
    let files = ["--cert", cert, "--key", key, "--name", &name];
    let info = share(&home, &[&["--listen", &listen], &files[..]].concat());
    assert_eq!(info["certificate"]["path"], cert);
    failed(
        &home.run_abide(&["share", "--own-cert", "--cert", cert, "--key", key]),
        2,
        "cannot be used with",
    );
    failed(
        &home.run_abide(&["share", "--no-name", "--name", NAME]),
        2,
        "cannot be used with",
    );

    let info = share(&home, &["--no-name"]);
    assert_eq!(info["names"], serde_json::json!([host()]), "its own");
    let info = share(&home, &["--own-cert"]);
    assert_eq!(info["certificate"]["path"], Value::Null);
    assert_eq!(info["names"], serde_json::json!([]));
    assert_eq!(info["address"], format!("abide://{listen}"));
    let text = std::fs::read_to_string(home.abide().join("config/config.toml")).unwrap();
    for key in ["certificate", "key", "names"] {
        assert!(!text.contains(key), "{text}");
    }
    home.ok(&["daemon", "restart"]);
    assert_eq!(share(&home, &[])["certificate"]["path"], Value::Null);
}

#[test]
fn the_owner_is_told_what_to_type() {
    let home = Home::new();
    let line = "let them first, with: abide share --listen 0.0.0.0:7373";
    failed(&home.run_abide(&["pair", "--link"]), 4, line);
    let said = home.ok(&["devices", "revoke", "--all"]);
    assert_eq!(said, "no device was paired; this machine has a new key\n");
}

#[test]
fn an_expired_certificate_serves_no_page() {
    let home = Home::new();
    let (cert, key) = issue(home.path(), 100);
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let listen = address().to_string();
    share(&home, &["--listen", &listen, "--cert", cert, "--key", key]);
    let page = || {
        let request = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", host());
        status(&ask(&mut tls(), &request).unwrap())
    };
    assert_eq!(page(), 200);
    home.ok(&["daemon", "stop"]);
    issue(home.path(), -1);
    home.ok(&["new", "one", "--detach", "--", "cat"]);
    assert_eq!(page(), 404);
    assert_eq!(
        status(&ask(&mut tls(), &native_upgrade(&host())).unwrap()),
        101,
        "native clients look at no date"
    );
    let told = home.ok(&["share"]);
    assert!(told.contains("no page is served; has expired"), "{told}");
    let doctor = home.ok(&["doctor"]);
    assert_eq!(doctor.matches("expired").count(), 1, "{doctor}");
    let mut offer = Offer::new(&home, "view");
    assert!(offer.link().starts_with("abide://"), "{}", offer.link());
    offer.says("certificate has expired");
    issue(home.path(), 100);
    wait::until("the new one is taken", || (page() == 200).then_some(()));
}

#[test]
fn the_loopback_has_one_name_and_both_ports() {
    let home = Home::new();
    let port = own_port();
    let info = share(&home, &[&format!("--loopback={port}")]);
    assert_eq!(info["loopback"], port);
    assert_eq!(info["address"], format!("http://127.0.0.1:{port}"));
    let here = format!("127.0.0.1:{port}");
    let check = |host: &str, expected: u16| {
        let mut stream = network::connect(here.parse().unwrap()).unwrap();
        let head = ask(&mut stream, &native_upgrade(host)).unwrap();
        assert_eq!(status(&head), expected, "{host}: {head}");
    };
    check(&here, 101);
    for foreign in [
        "localhost",
        "127.1",
        "rebound.example",
        "127.0.0.2",
        "[::1]",
    ] {
        check(&format!("{foreign}:{port}"), 421);
    }
    assert!(network::connect(format!("[::1]:{port}").parse().unwrap()).is_err());
    let stolen = std::net::TcpListener::bind(format!("[::1]:{port}"));
    assert_eq!(stolen.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    share(&home, &["--no-loopback"]);
    assert!(network::connect(here.parse().unwrap()).is_err());
}

/// What `tailscale status --json --peers=false` prints, as far as it matters.
const TAILSCALE: &str = r#"#!/bin/sh
[ "$*" = "status --json --peers=false" ] || exit 1
cat <<END
{
  "Version": "1.90.6",
  "TUN": true,
  "BackendState": "Running",
  "HaveNodeKey": true,
  "AuthURL": "",
  "TailscaleIPs": ["100.101.102.103"],
  "Self": {"HostName": "desk", "DNSName": "desk.tail0123.ts.net.", "OS": "linux", "Online": true},
  "Health": [],
  "MagicDNSSuffix": "tail0123.ts.net",
  "CertDomains": ["desk.tail0123.ts.net"],
  "Peer": null
}
END
"#;

#[test]
fn a_tailnet_name_is_offered() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let programs = home.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    let program = programs.join("tailscale");
    std::fs::write(&program, TAILSCALE).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let output = home
        .command("abide")
        .arg("share")
        .env("PATH", path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("this machine is desk.tail0123.ts.net in your tailnet")
            && text.contains(
                "tailscale cert --cert-file cert.pem --key-file key.pem desk.tail0123.ts.net"
            ),
        "{text}"
    );
}

#[test]
fn a_broken_configuration_shares_nothing_and_costs_nothing_else() {
    let home = Home::new();
    shared(&home);
    home.ok(&["daemon", "stop"]);
    let config = home.abide().join("config/config.toml");
    std::fs::write(&config, "[share]\nlisten = 7\n").unwrap();
    let info = share(&home, &[]);
    assert!(
        info["faults"]
            .to_string()
            .contains("share.listen is not a list"),
        "{info}"
    );
    assert!(network::connect(address()).is_err());
    home.ok(&["new", "one", "--detach", "--", "cat"]);
    failed(
        &home.run_abide(&["share", "--off"]),
        1,
        "share.listen is not a list",
    );
    std::fs::write(&config, "").unwrap();
    shared(&home);
    tls();
}
