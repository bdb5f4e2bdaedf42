//! Under which places the daemon is reached: what a `Host` and an `Origin` may say. They are compared
//! as parsed values and for equality alone, since prefixes and patterns let look-alikes in.

use std::net::{IpAddr, SocketAddr};

use abide_protocol::channel::address::{Address, Scheme};

/// The places of one listening address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Places {
    /// [`Scheme::Http`] or [`Scheme::Https`].
    scheme: Scheme,
    /// By name: as `Host`, and as `Origin` of our own page.
    listed: Vec<Address>,
    /// Who connects to an address of ours may also say that address.
    local: Option<Address>,
}

impl Places {
    /// Of the loopback listener: one, and no other.
    pub(super) fn loopback(port: u16) -> Self {
        let here = Address::new(Scheme::Http, "127.0.0.1", port);
        Self {
            scheme: Scheme::Http,
            listed: here.into_iter().collect(),
            local: None,
        }
    }

    /// Of a connection that arrived at `local`.
    pub(super) fn public(listed: Vec<Address>, local: SocketAddr) -> Self {
        Self {
            scheme: Scheme::Https,
            listed,
            local: numeric(local.ip(), local.port()),
        }
    }

    /// The place that a `Host` names, if it is one of ours.
    pub(super) fn host(&self, text: &str) -> Option<Address> {
        let named = host(self.scheme, text)?;
        let ours = self.listed.contains(&named) || self.local.as_ref() == Some(&named);
        ours.then_some(named)
    }

    /// Whether a page of this `Origin` is ours: only where pages are served by a name that is listed.
    pub(super) fn admits(&self, origin: &str) -> bool {
        let origin = origin.parse::<Address>();
        origin.is_ok_and(|origin| self.listed.contains(&origin))
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.scheme == Scheme::Http
    }
}

/// The place `https://IP:PORT`.
pub(super) fn numeric(ip: IpAddr, port: u16) -> Option<Address> {
    let host = match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    Address::new(Scheme::Https, &host, port)
}

/// `HOST[:PORT]`, with the port that the scheme has if none is given. Capitals count as small.
fn host(scheme: Scheme, text: &str) -> Option<Address> {
    // A colon inside brackets belongs to the host.
    let end = text.rfind(']').map_or(0, |end| end + 1);
    let colon = text.get(end..)?.find(':').map(|colon| end + colon);
    let (host, port) = match colon {
        Some(colon) => (text.get(..colon)?, decimal(text.get(colon + 1..)?)?),
        None if scheme == Scheme::Http => (text, 80),
        None => (text, 443),
    };
    Address::new(scheme, &host.to_ascii_lowercase(), port)
}

/// A number as people write it: digits, no zeros in front.
fn decimal(text: &str) -> Option<u16> {
    let port: u16 = text.parse().ok()?;
    (port.to_string() == text).then_some(port)
}

#[cfg(test)]
mod tests;
