//! What a session is made from.

use minicbor::{Decode, Encode};

use super::attach::TerminalLook;
use crate::ids::Size;

/// One environment variable; bytes, since Unix has no encoding for them.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct EnvVar {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub name: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub value: Vec<u8>,
}

/// A resource limit as `setrlimit` takes it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ResourceLimit {
    #[n(0)]
    pub resource: u32,
    #[n(1)]
    pub soft: u64,
    #[n(2)]
    pub hard: u64,
}

/// What to run and how.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Spec {
    /// `None`: the daemon makes one up from the command.
    #[cbor(n(0), with = "crate::wire::texts::name", has_nil)]
    pub name: Option<String>,
    /// Empty: the user's login shell.
    #[cbor(n(1), with = "crate::wire::lists::arguments")]
    pub command: Vec<Vec<u8>>,
    /// Absolute. Empty: the home directory, for a client that does not know the machine.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub directory: Vec<u8>,
    /// `None`: the environment of the user's login shell, found by the daemon.
    #[cbor(n(3), with = "crate::wire::lists::list", has_nil)]
    pub environment: Option<Vec<EnvVar>>,
    /// Added last.
    #[cbor(n(4), with = "crate::wire::lists::list")]
    pub extra_environment: Vec<EnvVar>,
    #[n(5)]
    pub umask: Option<u32>,
    #[cbor(n(6), with = "crate::wire::lists::list")]
    pub resource_limits: Vec<ResourceLimit>,
    #[n(7)]
    pub size: Option<Size>,
    #[n(8)]
    pub look: TerminalLook,
    /// The program may ask for checksums of the screen (DECRQCRA), by which it can read it.
    #[n(9)]
    pub allow_checksum: Option<bool>,
    /// Bytes of history kept in memory at most; `None`: the keeper's default.
    #[n(10)]
    pub history_memory: Option<u64>,
    /// Bytes of history kept on disk at most, beyond those in memory; 0: nothing on disk;
    /// `None`: the keeper's default.
    #[n(11)]
    pub history_disk: Option<u64>,
}
