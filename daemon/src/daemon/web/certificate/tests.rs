use std::os::unix::fs::PermissionsExt;

use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};

use super::*;
use crate::private_dir::tests::{Scratch, scratch};

/// Seconds since the Unix epoch at which the certificates of these tests begin; they live a year.
pub(in super::super) const BEGIN: u64 = 1_767_225_600;
pub(in super::super) const END: u64 = 1_798_761_600;

/// A chain for these names, issued by an authority, and its key.
pub(in super::super) fn issued(names: &[&str]) -> (String, String) {
    let mut params =
        CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2027, 1, 1);
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(rcgen::DnType::CommonName, "an authority");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &authority).unwrap();
    (leaf.pem() + &authority.pem(), key.serialize_pem())
}

/// Written down.
pub(in super::super) fn files(dir: &Scratch, pair: &(String, String)) -> Files {
    std::fs::create_dir_all(dir.path()).unwrap();
    let files = Files {
        certificate: dir.path().join("cert.pem"),
        key: dir.path().join("key.pem"),
    };
    std::fs::write(&files.certificate, &pair.0).unwrap();
    std::fs::write(&files.key, &pair.1).unwrap();
    files
}

#[test]
fn names_and_times_are_read() {
    let dir = scratch("cert-read");
    let names = [
        "Desk.example.org",
        "*.example.org",
        "192.0.2.1",
        "2001:db8::1",
    ];
    let certificate = files(&dir, &issued(&names)).load_valid(BEGIN).unwrap();
    assert_eq!(
        certificate.names,
        [
            "desk.example.org",
            "*.example.org",
            "192.0.2.1",
            "[2001:db8::1]"
        ]
    );
    for (host, covered) in [
        ("desk.example.org", true),
        ("other.example.org", true),
        ("a.b.example.org", false),
        ("example.org", false),
        ("192.0.2.1", true),
        ("[2001:db8::1]", true),
        ("192.0.2.2", false),
    ] {
        assert_eq!(certificate.covers(host), covered, "{host}");
    }
    assert_eq!((certificate.from, certificate.until), (BEGIN, END));
    assert!(certificate.issued);
}

#[test]
fn what_is_wrong_is_one_line_with_a_next_step() {
    let dir = scratch("cert-wrong");
    let good = issued(&["a.example"]);
    let files = files(&dir, &good);
    let check = |now: u64, expected: &str| {
        let line = files.load_valid(now).unwrap_err().to_string();
        assert!(
            line.contains(expected) && line.contains("; ") && !line.contains('\n'),
            "{line}"
        );
    };
    check(
        BEGIN - 1,
        "is not valid before 2026-01-01; check this machine's clock",
    );
    check(END, "expired on 2027-01-01; renew it");
    std::fs::write(&files.key, issued(&["a.example"]).1).unwrap();
    check(BEGIN, "does not belong to the certificate");
    std::fs::write(&files.key, "no key").unwrap();
    check(BEGIN, "key.pem holds no private key");
    std::fs::write(&files.certificate, &good.1).unwrap();
    check(BEGIN, "cert.pem holds no certificate");
    std::fs::write(
        &files.certificate,
        "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    std::fs::write(&files.key, &good.1).unwrap();
    check(BEGIN, "cannot use the certificate");
    std::fs::remove_file(&files.certificate).unwrap();
    check(BEGIN, "cannot read");
}

#[test]
fn renewal_is_due_in_the_last_two_weeks_or_the_last_third() {
    let dir = scratch("cert-due");
    let mut certificate = files(&dir, &issued(&["a.example"])).load().unwrap();
    let day = 86_400;
    assert!(!certificate.due(END - 14 * day - 1));
    assert!(certificate.due(END - 14 * day));
    certificate.from = END - 6 * day;
    assert!(!certificate.due(END - 2 * day - 1));
    assert!(certificate.due(END - 2 * day));
}

#[test]
fn the_self_made_one_is_kept_and_private() {
    let dir = scratch("cert-own");
    std::fs::create_dir_all(dir.path()).unwrap();
    let path = dir.path().join("share.pem");
    let made = self_made(&path).unwrap();
    assert!(!made.issued);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = self_made(&path).unwrap();
    assert_eq!(again.key.cert, made.key.cert);
    std::fs::write(&path, "torn").unwrap();
    assert_ne!(self_made(&path).unwrap().key.cert, made.key.cert);
}
