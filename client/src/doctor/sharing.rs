//! The checks of what is reachable over a network.

use abide_protocol::message::{Answer, CertificateInfo, Request, ShareInfo};

use super::Check;
use crate::clock;
use crate::link::Link;

pub(super) async fn examine(link: &mut Link) -> Vec<Check> {
    match link.request(Request::Share { change: None }).await {
        Ok(Answer::Share(info)) => shared(&info),
        Ok(_) => vec![Check::fail(
            "share",
            "gave a wrong answer",
            "abide daemon restart",
        )],
        Err(failure) => vec![Check::warn("share", failure.line, "abide daemon restart")],
    }
}

/// What is reachable over a network, and each thing that is wrong with it.
fn shared(info: &ShareInfo) -> Vec<Check> {
    let loopback = info.loopback.map(|port| format!("127.0.0.1:{port}"));
    let open: Vec<_> = info.listening.iter().cloned().chain(loopback).collect();
    let mut checks = vec![match (open.is_empty(), &info.address) {
        (true, _) => Check::ok("share", "off: nothing listens on a network"),
        (false, Some(address)) => Check::ok(
            "share",
            format!("on {}; links name {address}", open.join(", ")),
        ),
        (false, None) => Check::ok("share", format!("on {}", open.join(", "))),
    }];
    let faults = info.faults.iter();
    checks.extend(faults.map(|fault| match fault.split_once("; ") {
        Some((finding, next)) => Check::warn("share", finding, next),
        None => Check::warn("share", fault, "abide share"),
    }));
    // That it has expired is among what is wrong.
    let now = clock::now();
    let due = |certificate: &&CertificateInfo| certificate.due && certificate.until > now;
    if let Some(certificate) = info.certificate.as_ref().filter(due) {
        let path = certificate.path.as_deref().unwrap_or_default();
        checks.push(Check::warn(
            "share",
            format!("the certificate in {path} {}", certificate.ends(now)),
            "renew it; the new one is taken when the file changes",
        ));
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 60 * 60 * 1000;

    #[test]
    fn what_is_shared_and_what_is_wrong_with_it() {
        let check = |info: &ShareInfo, expected: &[&str]| {
            let checks = shared(info);
            let found: Vec<_> = checks.iter().map(|check| check.finding.as_str()).collect();
            assert_eq!(found, expected);
        };
        let mut info = ShareInfo::default();
        check(&info, &["off: nothing listens on a network"]);
        info.listening = vec!["192.0.2.1:7373".into()];
        info.address = Some("https://a.example:7373".into());
        info.faults = vec!["cannot listen on 192.0.2.2:7373: another program does; stop it".into()];
        info.certificate = Some(CertificateInfo {
            path: Some("/c.pem".into()),
            names: Vec::new(),
            from: 0,
            until: clock::now() + 5 * HOUR + HOUR / 2,
            issued: true,
            due: true,
        });
        check(
            &info,
            &[
                "on 192.0.2.1:7373; links name https://a.example:7373",
                "cannot listen on 192.0.2.2:7373: another program does",
                "the certificate in /c.pem expires in 5 hours",
            ],
        );
        info.faults = vec!["the certificate in /c.pem expired on 2026-11-01; renew it".into()];
        info.certificate.as_mut().unwrap().until = clock::now();
        check(
            &info,
            &[
                "on 192.0.2.1:7373; links name https://a.example:7373",
                "the certificate in /c.pem expired on 2026-11-01",
            ],
        );
    }
}
