//! Names for numbers: every id, address and counter that crosses a border has its own type.

use minicbor::{Decode, Encode};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

use crate::limits;

/// A session's id: a `UUIDv7`. Any unique prefix of its hexadecimal form names the session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct SessionId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

impl SessionId {
    #[must_use]
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(*uuid.as_bytes())
    }

    #[must_use]
    pub fn as_uuid(self) -> Uuid {
        Uuid::from_bytes(self.0)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_uuid().hyphenated().fmt(f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SessionId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self::from_uuid)
    }
}

/// The input of one attachment across its reconnects: 128 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct StreamId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

/// A paired device; local clients have none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct DeviceId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Encode, Decode,
        )]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] pub u64);
    };
}

number! {
    /// Address of a row in one book of a session's history; main-screen row `i` is `top + i`.
    LineNo
}
number! {
    /// Number of an event of one session; the first is 1.
    EventNo
}
number! {
    /// Number of an input message within its stream; the first is 1, 0 means none yet.
    InputSeq
}
number! {
    /// A client's name for a request; the answer carries it.
    RequestId
}
number! {
    /// One viewer of one session, as its keeper counts them.
    ViewerId
}

number! {
    /// One pairing under way, as the daemon counts them.
    PairingNo
}

impl LineNo {
    #[must_use]
    pub fn plus(self, rows: u64) -> Self {
        Self(self.0.saturating_add(rows))
    }

    /// Rows from `earlier` to `self`; 0 if `self` comes first.
    #[must_use]
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl InputSeq {
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A state of one session's screen. Made when somebody takes a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Encode, Decode)]
pub struct Revision {
    /// Random per keeper process, so that revisions of a keeper's successor never match by chance.
    #[n(0)]
    pub incarnation: u64,
    /// Grows by one with each snapshot that differs from the one before.
    #[n(1)]
    pub counter: u64,
}

/// Which of a session's two screens, and whose history, a row belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Book {
    #[default]
    #[n(0)]
    Main,
    #[n(1)]
    Alternate,
}

/// Columns and rows of a screen, each 1 to [`limits::MAX_SIDE`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Size {
    cols: u16,
    rows: u16,
}

impl Size {
    /// What a session has that was created without a terminal.
    pub const DEFAULT: Self = Self {
        cols: 120,
        rows: 40,
    };

    /// `None` if a side is 0 or above [`limits::MAX_SIDE`].
    #[must_use]
    pub fn new(cols: u16, rows: u16) -> Option<Self> {
        let legal = 1..=limits::MAX_SIDE;
        (legal.contains(&cols) && legal.contains(&rows)).then_some(Self { cols, rows })
    }

    /// The nearest legal size.
    #[must_use]
    pub fn clamped(cols: u16, rows: u16) -> Self {
        Self {
            cols: cols.clamp(1, limits::MAX_SIDE),
            rows: rows.clamp(1, limits::MAX_SIDE),
        }
    }

    #[must_use]
    pub fn cols(self) -> u16 {
        self.cols
    }

    #[must_use]
    pub fn rows(self) -> u16 {
        self.rows
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.cols, self.rows)
    }
}

impl FromStr for Size {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_once('x')
            .and_then(|(cols, rows)| Self::new(cols.parse().ok()?, rows.parse().ok()?))
            .ok_or("a size is COLUMNSxROWS, each 1 to 1000, for example 120x40")
    }
}

impl<C> Encode<C> for Size {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(2)?.u16(self.cols)?.u16(self.rows)?;
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Size {
    fn decode(d: &mut minicbor::Decoder<'b>, c: &mut C) -> Result<Self, minicbor::decode::Error> {
        let (cols, rows) = <(u16, u16)>::decode(d, c)?;
        Self::new(cols, rows).ok_or_else(|| minicbor::decode::Error::message("size out of 1..1000"))
    }
}
