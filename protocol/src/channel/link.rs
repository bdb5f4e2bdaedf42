//! The pairing link: an address, and behind the `#`, which browsers send to nobody, the daemon's
//! key and the ticket's secret.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64ct::{Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

use super::address::Address;
use super::keys::{PublicKey, Secret};
use super::limits::MAX_PAIRING_LINK;

/// Between the address and the secret part.
const PATH: &str = "/p#";
/// Which form the secret part has.
const VERSION: &str = "v1.";
/// Bytes that tell a mistyped link from a good one.
const CHECK: usize = 4;
/// Bytes of the secret part: key, secret, check.
const LENGTH: usize = 32 + 16 + CHECK;

/// What a new device needs to find the daemon, to recognise it, and to claim a ticket. Its
/// `Debug` does not say the secret; [`Self::to_text`] does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PairingLink {
    pub address: Address,
    pub daemon: PublicKey,
    pub secret: Secret,
}

/// Why a text is no pairing link; says nothing about its secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LinkError {
    #[error("this is no pairing link: it looks like https://HOST/p#v1.XXXX, on one line")]
    Shape,
    #[error("the link's address is not one that a daemon gives out")]
    Address,
    #[error("the link is of a later version: update this program")]
    Version,
    #[error("the link is damaged or mistyped: copy it again, all of it")]
    Damaged,
}

impl PairingLink {
    /// The link as people pass it on: whoever reads it may claim the ticket.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let address = self.address.to_string();
        let mut bytes = Zeroizing::new([0; LENGTH]);
        let head = self.daemon.0.iter().chain(self.secret.as_bytes());
        let check = check(&address, self.daemon, &self.secret);
        for (place, byte) in bytes.iter_mut().zip(head.chain(&check)) {
            *place = *byte;
        }
        // Room is made at once, so that growing leaves no copies behind.
        let mut text = Zeroizing::new(String::with_capacity(MAX_PAIRING_LINK));
        for piece in [&address, PATH, VERSION] {
            text.push_str(piece);
        }
        text.push_str(&Zeroizing::new(Base64UrlUnpadded::encode_string(
            bytes.as_ref(),
        )));
        text
    }

    /// Reads what [`Self::to_text`] wrote, and nothing else; blanks around it do not count.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let text = text.trim();
        if text.len() > MAX_PAIRING_LINK {
            return Err(LinkError::Shape);
        }
        let (address, rest) = text.split_once(PATH).ok_or(LinkError::Shape)?;
        let Some(code) = rest.strip_prefix(VERSION) else {
            let later = rest.starts_with('v') && rest.contains('.');
            return Err(if later {
                LinkError::Version
            } else {
                LinkError::Shape
            });
        };
        let address: Address = address.parse().map_err(|_| LinkError::Address)?;
        let mut bytes = Zeroizing::new([0; LENGTH]);
        match Base64UrlUnpadded::decode(code, bytes.as_mut()) {
            Ok(decoded) if decoded.len() == LENGTH => {}
            _ => return Err(LinkError::Damaged),
        }
        let (daemon, rest) = bytes.split_first_chunk().ok_or(LinkError::Damaged)?;
        let (secret, found) = rest.split_first_chunk().ok_or(LinkError::Damaged)?;
        let (daemon, secret) = (PublicKey(*daemon), Secret::from_bytes(secret));
        if check(&address.to_string(), daemon, &secret) != *found {
            return Err(LinkError::Damaged);
        }
        Ok(Self {
            address,
            daemon,
            secret,
        })
    }
}

/// Not a proof of anything: it finds slips of the hand, in the address too.
fn check(address: &str, daemon: PublicKey, secret: &Secret) -> [u8; CHECK] {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_PAIRING_LINK));
    bytes.extend_from_slice(b"abide/v1/link");
    bytes.extend_from_slice(&daemon.0);
    bytes.extend_from_slice(secret.as_bytes());
    bytes.extend_from_slice(address.as_bytes());
    let digest = digest(&SHA256, &bytes);
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

/// A link as it may be shown anywhere: without its secret part.
pub struct LinkText<'l>(pub &'l PairingLink);

impl fmt::Display for LinkText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{PATH}..", self.0.address)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn link(address: &str) -> PairingLink {
        PairingLink {
            address: address.parse().unwrap(),
            daemon: PublicKey([0xD4; 32]),
            secret: Secret::from_bytes(&[0x5E; 16]),
        }
    }

    #[test]
    fn a_link_is_as_short_as_its_picture_needs() {
        let text = link("https://desk.tail1234.ts.net:7443").to_text();
        assert!(text.starts_with("https://desk.tail1234.ts.net:7443/p#v1."));
        // A QR code of version 6 holds 134 bytes.
        assert!(text.len() <= 134, "{}", text.len());
        assert_eq!(
            PairingLink::parse(&format!(" {}\n", *text)),
            Ok(link("https://desk.tail1234.ts.net:7443"))
        );
    }

    #[test]
    fn a_fault_is_named() {
        let good = link("abide://desk:7443").to_text();
        let cut = &good[..good.len() - 1];
        for (text, expected) in [
            (String::new(), LinkError::Shape),
            ("https://desk".to_owned(), LinkError::Shape),
            ("https://desk/p#".to_owned(), LinkError::Shape),
            ("https://desk/p#v2.AAAA".to_owned(), LinkError::Version),
            ("https://desk/p#v1.".to_owned(), LinkError::Damaged),
            (
                good.replace("abide://desk", "abide://Desk"),
                LinkError::Address,
            ),
            (
                good.replace("abide://desk", "abide://desc"),
                LinkError::Damaged,
            ),
            (good.replace("/p#", "/q#"), LinkError::Shape),
            (good.replace("/p#", "/p?#"), LinkError::Shape),
            (cut.to_owned(), LinkError::Damaged),
            (format!("{}A", *good), LinkError::Damaged),
            (format!("{}=", *good), LinkError::Damaged),
            (good.replace("v1.", "v1.\u{200b}"), LinkError::Damaged),
            ("x".repeat(MAX_PAIRING_LINK + 1), LinkError::Shape),
        ] {
            assert_eq!(PairingLink::parse(&text), Err(expected), "{text}");
        }
    }

    #[test]
    fn nothing_that_is_shown_holds_the_secret() {
        let link = link("https://desk");
        let text = link.to_text();
        let secret = &text[text.len() - 26..text.len() - 6];
        for shown in [format!("{link:?}"), LinkText(&link).to_string()] {
            assert!(!shown.contains(secret) && !shown.contains("94"), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn a_link_is_read_as_it_was_written(daemon: [u8; 32], secret: [u8; 16], port in 1_u16..) {
            let address = Address::new(crate::channel::address::Scheme::Abide, "desk", port);
            let link = PairingLink {
                address: address.unwrap(),
                daemon: PublicKey(daemon),
                secret: Secret::from_bytes(&secret),
            };
            prop_assert_eq!(PairingLink::parse(&link.to_text()), Ok(link));
        }

        /// Any slip is noticed: what is read is written the same way, and there is one way only.
        #[test]
        fn a_changed_link_is_refused(at: prop::sample::Index, with in "[ -~]") {
            let good = link("https://desk:7443").to_text();
            let at = at.index(good.len());
            let mut text = good.to_string();
            text.replace_range(at..=at, &with);
            prop_assume!(text != *good);
            prop_assert!(PairingLink::parse(&text).is_err(), "{}", text);
        }
    }
}
