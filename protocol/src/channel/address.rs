//! Where a daemon can be reached.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::fmt;
use std::str::FromStr;

use super::limits::MAX_HOST;

/// What carries the link, and what is known of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scheme {
    /// TLS with a certificate that browsers trust; the daemon serves the page too.
    Https,
    /// TLS with any certificate: for native clients, which know the daemon by its key.
    Abide,
    /// No TLS: on 127.0.0.1 only.
    Http,
}

impl Scheme {
    const ALL: [Self; 3] = [Self::Https, Self::Abide, Self::Http];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Abide => "abide",
            Self::Http => "http",
        }
    }

    /// The port that is left out of an address.
    fn default_port(self) -> Option<u16> {
        match self {
            Self::Https => Some(443),
            Self::Http => Some(80),
            Self::Abide => None,
        }
    }
}

/// `SCHEME://HOST[:PORT]` in its one canonical form: equal text, equal place. A host is a name in
/// lower case, an IPv4 address, or an IPv6 address in brackets.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Address {
    scheme: Scheme,
    host: String,
    port: u16,
}

impl Address {
    /// `None`: not a host in its canonical form, or not one that the scheme allows.
    #[must_use]
    pub fn new(scheme: Scheme, host: &str, port: u16) -> Option<Self> {
        let legal = is_host(host) && port != 0;
        let local = scheme != Scheme::Http || host == "127.0.0.1";
        (legal && local).then(|| Self {
            scheme,
            host: host.to_owned(),
            port,
        })
    }

    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// IPv6 addresses are in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.host)?;
        if self.scheme.default_port() != Some(self.port) {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

/// Not the address of a daemon.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an address of the form https://HOST[:PORT] or abide://HOST:PORT")]
pub struct NoAddress;

impl FromStr for Address {
    type Err = NoAddress;

    /// Only the canonical form.
    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let (scheme, place) = text.split_once("://").ok_or(NoAddress)?;
        let scheme = Scheme::ALL.into_iter().find(|s| s.name() == scheme);
        let scheme = scheme.ok_or(NoAddress)?;
        // A colon inside brackets belongs to the host.
        let end = place.rfind(']').map_or(0, |end| end + 1);
        let colon = place.get(end..).and_then(|rest| rest.find(':'));
        let (host, port) = match colon.map(|colon| place.split_at(end + colon)) {
            Some((host, port)) => (host, port.get(1..).and_then(|port| port.parse().ok())),
            None => (place, scheme.default_port()),
        };
        let address = port.and_then(|port| Self::new(scheme, host, port));
        let address = address.ok_or(NoAddress)?;
        if address.to_string() == text {
            Ok(address)
        } else {
            Err(NoAddress)
        }
    }
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        return inner
            .parse::<Ipv6Addr>()
            .is_ok_and(|ip| ip.to_string() == inner);
    }
    // What browsers would take for a number is one, and then in its usual form.
    let last = host.rsplit('.').next().unwrap_or_default();
    if last.starts_with(|c: char| c.is_ascii_digit()) {
        return host
            .parse::<Ipv4Addr>()
            .is_ok_and(|ip| ip.to_string() == host);
    }
    host.len() <= MAX_HOST && host.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| letter(byte) || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_addresses_are_read_and_written_alike() {
        for (text, scheme, host, port) in [
            ("https://example.org", Scheme::Https, "example.org", 443),
            ("https://a-b.ts.net:8443", Scheme::Https, "a-b.ts.net", 8443),
            ("https://192.0.2.1:1", Scheme::Https, "192.0.2.1", 1),
            (
                "https://[2001:db8::1]:65535",
                Scheme::Https,
                "[2001:db8::1]",
                65535,
            ),
            ("https://[::1]", Scheme::Https, "[::1]", 443),
            ("abide://desk:443", Scheme::Abide, "desk", 443),
            ("http://127.0.0.1:7000", Scheme::Http, "127.0.0.1", 7000),
        ] {
            let address = Address::new(scheme, host, port).unwrap();
            assert_eq!(text.parse(), Ok(address.clone()), "{text}");
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "https://",
            "https:///",
            "example.org",
            "ftp://example.org",
            "HTTPS://example.org",
            "https://Example.org",
            "https://example.org/",
            "https://example.org:443",
            "https://example.org:0443",
            "https://example.org:+1",
            "https://example.org:0",
            "https://example.org:65536",
            "https://example.org:",
            "https://user@example.org",
            "https://example.org?x",
            "https://example.org#x",
            "https://example.org\\x",
            "https://exa mple.org",
            "https://exämple.org",
            "https://.org",
            "https://example.",
            "https://-x.org",
            "https://x-.org",
            "https://127.1",
            "https://0x7f.1",
            "https://2130706433",
            "https://127.0.0.01",
            "https://::1",
            "https://[::1",
            "https://[0:0::1]",
            "https://[::1]x",
            "https://[fe80::1%eth0]",
            "abide://desk",
            "http://localhost:7000",
            "http://127.0.0.2:7000",
            "http://[::1]:7000",
        ] {
            assert_eq!(text.parse::<Address>(), Err(NoAddress), "{text}");
        }
    }
}
