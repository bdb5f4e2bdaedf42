//! How the daemon is reached: by which names, with which certificate, and what is wrong with it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use abide_protocol::channel::address::{Address, Scheme};
use abide_protocol::message::CertificateInfo;

use super::live::{self, Live, Presented};
use super::places;
use super::settings::{Name, Settings};

/// A value; a change makes a new one.
#[derive(Clone, Default, Debug)]
pub(super) struct Reach {
    pub(super) settings: Settings,
    /// `None`: nothing is listened on.
    pub(super) live: Option<Arc<Live>>,
}

impl Reach {
    /// By name, where TLS is spoken: those of the settings, then those that the certificate is for.
    pub(super) fn listed(&self, presented: &Presented) -> Vec<Address> {
        let ports = self.ports();
        let certified = presented.certificate.names.iter();
        // After its time too: native clients go on coming by them.
        let certified = certified.filter(|_| presented.is_issued());
        let names = certified.filter_map(|name| Name::of(name));
        let names = self.settings.names.iter().cloned().chain(names);
        let mut listed = Vec::new();
        for place in names.flat_map(|name| name.places(&ports)) {
            if !listed.contains(&place) {
                listed.push(place);
            }
        }
        listed
    }

    fn ports(&self) -> Vec<u16> {
        let mut ports = Vec::new();
        for address in &self.settings.listen {
            if !ports.contains(&address.port()) {
                ports.push(address.port());
            }
        }
        ports
    }

    /// What a pairing link names: by name where the certificate is for it, else by number.
    pub(super) fn address(&self) -> Option<Address> {
        let Some(live) = &self.live else {
            let port = self.settings.loopback?;
            return Address::new(Scheme::Http, "127.0.0.1", port);
        };
        let presented = live.presented();
        let listed = self.listed(&presented);
        if presented.for_browsers() {
            let covered = |place: &&Address| presented.certificate.covers(place.host());
            if let Some(place) = listed.iter().find(covered) {
                return Some(place.clone());
            }
        }
        let numeric = || {
            let mut local = self.settings.listen.iter().filter_map(|a| numeric(*a));
            local.next()
        };
        let place = listed.first().cloned().or_else(numeric)?;
        Address::new(Scheme::Abide, place.host(), place.port())
    }

    /// Why a pairing link is for native clients alone; `None`: it is not.
    pub(super) fn native_only(&self) -> Option<&'static str> {
        let presented = self.live.as_ref()?.presented();
        let native = self.address()?.scheme() == Scheme::Abide;
        let uncovered = "the certificate is for no name of this machine";
        native.then(|| presented.not_for_browsers().unwrap_or(uncovered))
    }

    /// What browsers that have come by its page should know of the certificate.
    pub(super) fn page_ends(&self, now: u64) -> Option<String> {
        let certificate = self.certificate().filter(|certificate| certificate.due)?;
        Some(format!(
            "this page's certificate {}; renew it on the computer: abide share",
            certificate.ends(now)
        ))
    }

    /// What does not work, apart from the listening itself.
    pub(super) fn faults(&self) -> Vec<String> {
        let Some(live) = &self.live else {
            return Vec::new();
        };
        let presented = live.refreshed();
        let mut faults: Vec<String> = presented.fault.iter().cloned().collect();
        if presented.for_browsers() {
            let uncovered = |name: &&Name| !presented.certificate.covers(name.host());
            faults.extend(self.settings.names.iter().filter(uncovered).map(|name| {
                format!(
                    "the certificate is not for {}, so browsers refuse that name; \
                     get one that is, or leave the name out",
                    name.host()
                )
            }));
        } else if !presented.certificate.own && !presented.is_issued() {
            faults.push(
                "the certificate was issued by itself, so browsers do not trust it; \
                 get one from an authority, or go on with native clients alone"
                    .into(),
            );
        }
        if self.address().is_none() {
            faults.push(
                "it cannot be told under which address others reach this machine; \
                 say it: abide share --name HOST"
                    .into(),
            );
        }
        faults
    }

    pub(super) fn certificate(&self) -> Option<CertificateInfo> {
        let live = self.live.as_ref()?;
        let presented = live.refreshed();
        let certificate = &presented.certificate;
        let path = live.files().filter(|_| !certificate.own);
        Some(CertificateInfo {
            path: path.map(|files| files.certificate.display().to_string()),
            names: certificate.names.clone(),
            from: certificate.from.saturating_mul(1000),
            until: certificate.until.saturating_mul(1000),
            issued: certificate.issued,
            due: !certificate.own && certificate.due(live::now()),
        })
    }
}

/// The place of an address that is listened on; where that is every address, the one from which this
/// machine speaks to others.
fn numeric(listening: SocketAddr) -> Option<Address> {
    let ip = if listening.ip().is_unspecified() {
        own(listening.ip())?
    } else {
        listening.ip()
    };
    places::numeric(ip, listening.port())
}

/// Asks the routing table; nothing is sent.
fn own(unspecified: IpAddr) -> Option<IpAddr> {
    // Addresses for documentation, which everybody routes alike.
    let far: IpAddr = match unspecified {
        IpAddr::V4(_) => Ipv4Addr::new(192, 0, 2, 1).into(),
        IpAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
    };
    let socket = UdpSocket::bind((unspecified, 0)).ok()?;
    socket.connect((far, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
