//! How a daemon is reached over a network.

use minicbor::{Decode, Encode};

/// What shall be different; what is not named stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct ShareChange {
    /// Before all else: listen nowhere, neither on a network nor on the loopback.
    #[n(0)]
    pub off: bool,
    /// `ADDRESS:PORT` each, instead of those before.
    #[cbor(n(1), with = "crate::wire::lists::list", has_nil)]
    pub listen: Option<Vec<String>>,
    /// Absolute paths of a certificate chain and its key, in PEM form; both or none. Both empty: the
    /// daemon makes its own again.
    #[cbor(n(2), with = "crate::wire::texts::directory", has_nil)]
    pub certificate: Option<String>,
    #[cbor(n(3), with = "crate::wire::texts::directory", has_nil)]
    pub key: Option<String>,
    /// `HOST[:PORT]` each, instead of those before.
    #[cbor(n(4), with = "crate::wire::lists::list", has_nil)]
    pub names: Option<Vec<String>>,
    /// The port on 127.0.0.1 where HTTP is spoken; 0: none.
    #[n(5)]
    pub loopback: Option<u16>,
}

/// A certificate in use. Times are milliseconds since the Unix epoch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct CertificateInfo {
    /// Its file; `None`: the daemon made it for itself.
    #[cbor(n(0), with = "crate::wire::texts::line", has_nil)]
    pub path: Option<String>,
    #[cbor(n(1), with = "crate::wire::lists::lines")]
    pub names: Vec<String>,
    #[n(2)]
    pub from: u64,
    #[n(3)]
    pub until: u64,
    /// Browsers can trust it: somebody else issued it.
    #[n(4)]
    pub issued: bool,
    /// It should be renewed now.
    #[n(5)]
    pub due: bool,
}

impl CertificateInfo {
    /// When it ends, as people say it: `expires in 9 days`.
    #[must_use]
    pub fn ends(&self, now: u64) -> String {
        const MINUTE: u64 = 60 * 1000;
        const HOUR: u64 = 60 * MINUTE;
        const DAY: u64 = 24 * HOUR;
        let left = self.until.saturating_sub(now);
        match left {
            0 => "has expired".into(),
            _ if left >= 2 * DAY => format!("expires in {} days", left / DAY),
            _ if left >= 2 * HOUR => format!("expires in {} hours", left / HOUR),
            _ if left >= 2 * MINUTE => format!("expires in {} minutes", left / MINUTE),
            _ => "expires within 2 minutes".into(),
        }
    }

    /// It is within its time.
    #[must_use]
    pub fn is_timely(&self, now: u64) -> bool {
        (self.from..self.until).contains(&now)
    }
}

/// What is reachable, and how.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct ShareInfo {
    /// Where TLS is spoken now, `ADDRESS:PORT` each.
    #[cbor(n(0), with = "crate::wire::lists::lines")]
    pub listening: Vec<String>,
    /// Where it should be, and is not: see `faults`.
    #[cbor(n(1), with = "crate::wire::lists::lines")]
    pub silent: Vec<String>,
    /// The port on 127.0.0.1 where HTTP is spoken now.
    #[n(2)]
    pub loopback: Option<u16>,
    /// The address that a pairing link names.
    #[cbor(n(3), with = "crate::wire::texts::line", has_nil)]
    pub address: Option<String>,
    /// `HOST:PORT` each, under which it answers.
    #[cbor(n(4), with = "crate::wire::lists::lines")]
    pub names: Vec<String>,
    /// While something is listened on.
    #[n(5)]
    pub certificate: Option<CertificateInfo>,
    /// What does not work, why, and what to do; one line each.
    #[cbor(n(6), with = "crate::wire::lists::lines")]
    pub faults: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said_in_the_unit_that_fits() {
        let hour = 60 * 60 * 1000;
        let certificate = CertificateInfo {
            path: None,
            names: Vec::new(),
            from: 0,
            until: 100 * 24 * hour,
            issued: true,
            due: false,
        };
        for (left, expected) in [
            (100 * 24 * hour, "expires in 100 days"),
            (48 * hour, "expires in 2 days"),
            (48 * hour - 1, "expires in 47 hours"),
            (2 * hour, "expires in 2 hours"),
            (2 * hour - 1, "expires in 119 minutes"),
            (hour / 60, "expires within 2 minutes"),
            (1, "expires within 2 minutes"),
            (0, "has expired"),
        ] {
            let now = certificate.until - left;
            assert_eq!(certificate.ends(now), expected);
            assert_eq!(certificate.is_timely(now), left > 0);
        }
        assert_eq!(certificate.ends(u64::MAX), "has expired");
    }
}
