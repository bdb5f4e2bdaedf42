//! `abide share`: what is reachable over a network, and how that is changed.

use std::io::{self, Write};

use abide_protocol::message::{Answer, CertificateInfo, FailKind, Request, ShareChange, ShareInfo};

use crate::cli;
use crate::clock;
use crate::fault::{Fault, failure};
use crate::json;
use crate::linger::{self, Linger};
use crate::output::Out;
use crate::sessions::{self, Place};
use crate::tailnet;

pub(super) async fn run(args: cli::Share) -> Result<u8, Fault> {
    let here = Place::here()?;
    let as_json = args.json;
    let change = change(args)?;
    let request = Request::Share {
        change: change.map(Box::new),
    };
    let Answer::Share(info) = sessions::ask_daemon(&here, request).await? else {
        return Err(sessions::unexpected("the daemon").into());
    };
    let mut out = Out::open();
    if as_json {
        json::print(&mut out, &json::Share::from(&*info))?;
    } else {
        print(&mut out, &info)?;
    }
    out.flush()?;
    Ok(0)
}

/// `None`: nothing shall be different.
fn change(args: cli::Share) -> Result<Option<ShareChange>, Fault> {
    let path = |path: std::path::PathBuf| {
        let absolute = std::path::absolute(&path).unwrap_or(path);
        absolute.into_os_string().into_string().map_err(|path| {
            let path = path.to_string_lossy();
            let line = format!("cannot use {path}: its name is not UTF-8; rename the file");
            failure(FailKind::Invalid, line)
        })
    };
    let loopback = if args.no_loopback {
        Some(0)
    } else {
        args.loopback
    };
    let named = |names: Vec<String>| (!names.is_empty()).then_some(names);
    // What is empty stands for the daemon's own.
    let own = args.own_cert.then(String::new);
    let change = ShareChange {
        off: args.off,
        listen: named(args.listen),
        certificate: args.cert.map(path).transpose()?.or_else(|| own.clone()),
        key: args.key.map(path).transpose()?.or(own),
        names: named(args.name).or_else(|| args.no_name.then(Vec::new)),
        loopback,
    };
    Ok((change != ShareChange::default()).then_some(change))
}

fn print(out: &mut Out, info: &ShareInfo) -> io::Result<()> {
    if !is_shared(info) {
        writeln!(
            out,
            "nothing is shared: only programs of yours on this machine reach your sessions"
        )?;
    }
    for address in &info.listening {
        writeln!(out, "listening on {address}, TLS 1.3")?;
    }
    if let Some(port) = info.loopback {
        writeln!(
            out,
            "listening on 127.0.0.1:{port}, for browsers on this machine"
        )?;
    }
    for address in &info.silent {
        let mark = out.paint("33", "not listening");
        writeln!(out, "{mark} on {address}")?;
    }
    if let Some(address) = &info.address {
        writeln!(out, "links name {}", out.paint("1", address))?;
    }
    if !info.names.is_empty() {
        writeln!(out, "answers to {}", info.names.join(", "))?;
    }
    if let Some(certificate) = &info.certificate {
        writeln!(out, "{}", describe(certificate, clock::now()))?;
    }
    for fault in &info.faults {
        writeln!(out, "{} {fault}", out.paint("33", "warning:"))?;
    }
    writeln!(out, "{} {}", out.paint("1", "next:"), next(info))
}

/// Something is listened on, or should be.
pub(super) fn is_shared(info: &ShareInfo) -> bool {
    !info.listening.is_empty() || !info.silent.is_empty() || info.loopback.is_some()
}

fn describe(certificate: &CertificateInfo, now: u64) -> String {
    let Some(path) = &certificate.path else {
        return "certificate: made by the daemon, for native clients only; no page is served"
            .into();
    };
    let who = match (certificate.issued, certificate.is_timely(now)) {
        (true, true) => "browsers and native clients",
        (true, false) => "native clients only, and no page is served",
        (false, _) => "native clients only",
    };
    format!("certificate: {path}, for {who}; {}", certificate.ends(now))
}

/// The one next step.
fn next(info: &ShareInfo) -> String {
    let shared = is_shared(info);
    let issued = info
        .certificate
        .as_ref()
        .is_some_and(|c| c.issued && c.path.is_some());
    if let Some(path) = info
        .certificate
        .as_ref()
        .filter(|c| c.due)
        .and_then(|c| c.path.as_ref())
    {
        return format!("renew the certificate in {path}; it is taken when the file changes");
    }
    if shared && !info.silent.is_empty() {
        return "mend what is above, then: abide share".into();
    }
    if (!shared || !issued)
        && info.loopback.is_none()
        && let Some(name) = tailnet::name()
    {
        return tailnet::advice(&name, info.listening.first().map(String::as_str));
    }
    if !shared {
        return "abide share --listen ADDR:PORT, for other machines".into();
    }
    if matches!(linger::state(), Linger::Off | Linger::OffAndKilled) {
        return "loginctl enable-linger, so that it goes on when you log out".into();
    }
    "abide pair, for each device that shall reach your sessions".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1000;

    fn certificate() -> CertificateInfo {
        CertificateInfo {
            path: Some("/c.pem".into()),
            names: vec!["a.example".into()],
            from: 0,
            until: 30 * DAY,
            issued: true,
            due: false,
        }
    }

    #[test]
    fn certificates_are_described_with_what_they_are_good_for() {
        let check = |certificate: CertificateInfo, now, expected: &str| {
            assert_eq!(
                describe(&certificate, now),
                format!("certificate: {expected}")
            );
        };
        check(
            certificate(),
            DAY,
            "/c.pem, for browsers and native clients; expires in 29 days",
        );
        check(
            certificate(),
            30 * DAY,
            "/c.pem, for native clients only, and no page is served; has expired",
        );
        let own = CertificateInfo {
            issued: false,
            ..certificate()
        };
        check(
            own.clone(),
            0,
            "/c.pem, for native clients only; expires in 30 days",
        );
        let made = CertificateInfo { path: None, ..own };
        check(
            made,
            0,
            "made by the daemon, for native clients only; no page is served",
        );
    }

    #[test]
    fn there_is_one_next_step() {
        let due = ShareInfo {
            listening: vec!["192.0.2.1:7373".into()],
            certificate: Some(CertificateInfo {
                due: true,
                ..certificate()
            }),
            ..ShareInfo::default()
        };
        assert!(next(&due).starts_with("renew the certificate in /c.pem"));
        let silent = ShareInfo {
            silent: vec!["192.0.2.1:7373".into()],
            ..ShareInfo::default()
        };
        assert!(next(&silent).starts_with("mend what is above"));
    }

    #[test]
    fn what_is_not_said_is_not_changed() {
        assert_eq!(change(cli::Share::default()).unwrap(), None);
        let args = cli::Share {
            no_loopback: true,
            name: vec!["a.example".into()],
            ..cli::Share::default()
        };
        let expected = ShareChange {
            names: Some(vec!["a.example".into()]),
            loopback: Some(0),
            ..ShareChange::default()
        };
        assert_eq!(change(args).unwrap(), Some(expected));
        let back = cli::Share {
            own_cert: true,
            no_name: true,
            ..cli::Share::default()
        };
        let expected = ShareChange {
            certificate: Some(String::new()),
            key: Some(String::new()),
            names: Some(Vec::new()),
            ..ShareChange::default()
        };
        assert_eq!(change(back).unwrap(), Some(expected));
    }
}
