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
    /// Absolute paths of a certificate chain and its key, in PEM form; both or none.
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
