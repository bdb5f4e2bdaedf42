//! The name that Tailscale gives this machine, for which it also gets certificates.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde::Deserialize;

/// The command answers from memory; one that takes longer is stuck.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of its answer that are read at most: some hundred per machine.
const MAX_ANSWER: u64 = 4 << 20;

#[derive(Deserialize)]
struct Status {
    #[serde(rename = "BackendState")]
    state: String,
    #[serde(rename = "CertDomains")]
    domains: Option<Vec<String>>,
}

/// The name, if this machine has one that certificates are given for.
#[must_use]
pub fn name() -> Option<String> {
    let mut child = Command::new("tailscale")
        .args(["status", "--json", "--peers=false"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let stdout = child.stdout.take()?;
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        if stdout.take(MAX_ANSWER).read_to_end(&mut text).is_ok() {
            let _ = tell.send(text);
        }
    });
    let answer = told.recv_timeout(PATIENCE);
    let _ = child.kill();
    let _ = child.wait();
    read(&answer.ok()?)
}

fn read(answer: &[u8]) -> Option<String> {
    let status: Status = serde_json::from_slice(answer).ok()?;
    let name = status.domains?.into_iter().next()?;
    let byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let legal = !name.is_empty() && !name.starts_with('-') && name.bytes().all(byte);
    (status.state == "Running" && legal).then_some(name)
}

/// What to type to be reached by this name with a certificate that browsers trust.
#[must_use]
pub fn advice(name: &str, listening: Option<&str>) -> String {
    let listen = listening.unwrap_or("0.0.0.0:7373");
    format!(
        "this machine is {name} in your tailnet; \
         tailscale cert --cert-file cert.pem --key-file key.pem {name} && \
         abide share --listen {listen} --cert cert.pem --key key.pem --name {name}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_the_status() {
        let check = |text: &str, name: Option<&str>| {
            assert_eq!(read(text.as_bytes()).as_deref(), name, "{text}");
        };
        let running = |domains: &str| {
            format!(
                r#"{{"Version":"1.90.1","BackendState":"Running","Self":{{}},"CertDomains":{domains}}}"#
            )
        };
        check(
            &running(r#"["desk.tail0123.ts.net"]"#),
            Some("desk.tail0123.ts.net"),
        );
        check(&running("null"), None);
        check(&running("[]"), None);
        check(&running(r#"["--help"]"#), None);
        check(&running(r#"["a b"]"#), None);
        check(
            r#"{"BackendState":"Stopped","CertDomains":["a.ts.net"]}"#,
            None,
        );
        check("", None);
    }
}
