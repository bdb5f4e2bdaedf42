//! Which number each message has, and what its body is: an array of its fields. A published number
//! never changes its meaning.

use minicbor::decode::{self, Decoder};
use minicbor::encode::{Encode, Encoder};
use std::convert::Infallible;

use super::fields::{checked, or_unknown};
use super::texts::line;
use crate::input::InputEvent;
use crate::limits;
use crate::message::{Answer, Request, ToClient, ToServer};

/// A direction of the conversation.
pub trait Message: Sized + sealed::Sealed {
    /// Bytes of a whole message at most.
    const MAX: usize;

    #[doc(hidden)]
    fn encode(&self, out: &mut Vec<u8>) -> u16;

    #[doc(hidden)]
    fn decode(kind: u16, body: &[u8]) -> Result<Self, decode::Error>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::message::ToServer {}
    impl Sealed for crate::message::ToClient {}
}

type Written = Result<(), minicbor::encode::Error<Infallible>>;
type Writer<'o> = Encoder<&'o mut Vec<u8>>;

/// Writing to memory cannot fail, and none of our encoders refuses a value.
fn written(result: &Written) {
    debug_assert!(result.is_ok());
}

/// The body of one field list: reads `known` fields through `read` and skips what a later build
/// added.
fn body<'b, T>(
    d: &mut Decoder<'b>,
    known: u64,
    read: impl FnOnce(&mut Decoder<'b>) -> Result<T, decode::Error>,
) -> Result<T, decode::Error> {
    let fields = d
        .array()?
        .filter(|&fields| fields >= known)
        .ok_or_else(|| decode::Error::message("a message lacks fields"))?;
    let value = read(d)?;
    for _ in known..fields {
        d.skip()?;
    }
    Ok(value)
}

/// Nothing may follow a body.
fn whole(d: &Decoder<'_>) -> Result<(), decode::Error> {
    if d.position() == d.input().len() {
        return Ok(());
    }
    Err(decode::Error::message("bytes follow a message"))
}

impl Message for ToServer {
    const MAX: usize = limits::MAX_TO_SERVER;

    fn encode(&self, out: &mut Vec<u8>) -> u16 {
        let mut e = Encoder::new(out);
        let kind = server_kind(self);
        written(&write_to_server(self, &mut e));
        kind
    }

    fn decode(kind: u16, bytes: &[u8]) -> Result<Self, decode::Error> {
        let d = &mut Decoder::new(bytes);
        let message = match kind {
            1 => Self::Hello(d.decode()?),
            2 => body(d, 2, |d| {
                let id = d.decode()?;
                let request = or_unknown(d, &mut (), Request::Unknown)?;
                Ok(Self::Request { id, request })
            })?,
            3 => Self::Attach(d.decode()?),
            4 => body(d, 0, |_| Ok(Self::Detach))?,
            5 => body(d, 3, |d| {
                let (stream, seq) = (d.decode()?, d.decode()?);
                let event = or_unknown(d, &mut (), InputEvent::Unknown)?;
                Ok(Self::Input { stream, seq, event })
            })?,
            6 => body(d, 1, |d| d.decode().map(|revision| Self::Ack { revision }))?,
            7 => body(d, 1, |d| d.decode().map(|size| Self::Resize { size }))?,
            8 => body(d, 1, |d| d.decode().map(|take| Self::Drive { take }))?,
            9 => body(d, 1, |d| d.decode().map(|focused| Self::Focus { focused }))?,
            10 => Self::Look(d.decode()?),
            11 => body(d, 1, |d| {
                d.decode().map(|printed| Self::Printed { printed })
            })?,
            12 => body(d, 0, |_| Ok(Self::Resync))?,
            13 => Self::Behalf(d.decode()?),
            _ => return Ok(Self::Unknown),
        };
        whole(d).map(|()| message)
    }
}

fn server_kind(message: &ToServer) -> u16 {
    match message {
        ToServer::Hello(_) => 1,
        ToServer::Request { .. } => 2,
        ToServer::Attach(_) => 3,
        ToServer::Detach => 4,
        ToServer::Input { .. } => 5,
        ToServer::Ack { .. } => 6,
        ToServer::Resize { .. } => 7,
        ToServer::Drive { .. } => 8,
        ToServer::Focus { .. } => 9,
        ToServer::Look(_) => 10,
        ToServer::Printed { .. } => 11,
        ToServer::Resync => 12,
        ToServer::Behalf(_) => 13,
        ToServer::Unknown => UNKNOWN,
    }
}

/// What `Unknown` itself is written as; no message will ever have this number.
const UNKNOWN: u16 = 0;

fn write_to_server(message: &ToServer, e: &mut Writer<'_>) -> Written {
    let c = &mut ();
    match message {
        ToServer::Hello(hello) => hello.encode(e, c),
        ToServer::Request { id, request } => {
            e.array(2)?.encode(id)?;
            request.encode(e, c)
        }
        ToServer::Attach(attach) => attach.encode(e, c),
        ToServer::Input { stream, seq, event } => {
            e.array(3)?.encode(stream)?.encode(seq)?;
            event.encode(e, c)
        }
        ToServer::Ack { revision } => e.array(1)?.encode(revision)?.ok(),
        ToServer::Resize { size } => e.array(1)?.encode(size)?.ok(),
        ToServer::Drive { take: flag } | ToServer::Focus { focused: flag } => {
            e.array(1)?.bool(*flag)?.ok()
        }
        ToServer::Look(look) => look.encode(e, c),
        ToServer::Behalf(behalf) => behalf.encode(e, c),
        ToServer::Printed { printed } => e.array(1)?.encode(printed)?.ok(),
        ToServer::Detach | ToServer::Resync | ToServer::Unknown => e.array(0)?.ok(),
    }
}

/// The number of an update, whose body is encoded once for all viewers.
pub(super) const UPDATE: u16 = 5;

impl Message for ToClient {
    const MAX: usize = limits::MAX_TO_CLIENT;

    fn encode(&self, out: &mut Vec<u8>) -> u16 {
        let mut e = Encoder::new(out);
        let kind = client_kind(self);
        written(&write_to_client(self, &mut e));
        kind
    }

    fn decode(kind: u16, bytes: &[u8]) -> Result<Self, decode::Error> {
        let d = &mut Decoder::new(bytes);
        let c = &mut ();
        let message = match kind {
            1 => Self::Hello(d.decode()?),
            2 => body(d, 2, |d| {
                let id = d.decode()?;
                let answer = or_unknown(d, c, Answer::Unknown)?;
                Ok(Self::Answer { id, answer })
            })?,
            3 => body(d, 4, |d| {
                let (viewer, applied, event) = (d.decode()?, d.decode()?, d.decode()?);
                let info = d.decode()?;
                Ok(Self::Attached {
                    viewer,
                    applied,
                    event,
                    info,
                })
            })?,
            4 => body(d, 2, |d| {
                let header = d.decode()?;
                let snapshot = checked::decode(d, c)?;
                Ok(Self::Snapshot { header, snapshot })
            })?,
            UPDATE => body(d, 2, |d| {
                let (header, update) = (d.decode()?, d.decode()?);
                Ok(Self::Update { header, update })
            })?,
            6 => Self::Header(d.decode()?),
            7 => Self::Driver(d.decode()?),
            8 => body(d, 3, |d| {
                let (stream, seq, why) = (d.decode()?, d.decode()?, d.decode()?);
                Ok(Self::Refused { stream, seq, why })
            })?,
            9 => body(d, 1, |d| d.decode().map(|status| Self::Ended { status }))?,
            10 => Self::Summary(d.decode()?),
            11 => Self::Closed(d.decode()?),
            12 => body(d, 1, |d| line::decode(d, c).map(Self::Notice))?,
            13 => Self::Granted(d.decode()?),
            14 => body(d, 1, |d| line::decode(d, c).map(Self::PageEnds))?,
            _ => return Ok(Self::Unknown),
        };
        whole(d).map(|()| message)
    }
}

fn client_kind(message: &ToClient) -> u16 {
    match message {
        ToClient::Hello(_) => 1,
        ToClient::Answer { .. } => 2,
        ToClient::Attached { .. } => 3,
        ToClient::Snapshot { .. } => 4,
        ToClient::Update { .. } => UPDATE,
        ToClient::Header(_) => 6,
        ToClient::Driver(_) => 7,
        ToClient::Refused { .. } => 8,
        ToClient::Ended { .. } => 9,
        ToClient::Summary(_) => 10,
        ToClient::Closed(_) => 11,
        ToClient::Notice(_) => 12,
        ToClient::Granted(_) => 13,
        ToClient::PageEnds(_) => 14,
        ToClient::Unknown => UNKNOWN,
    }
}

fn write_to_client(message: &ToClient, e: &mut Writer<'_>) -> Written {
    let c = &mut ();
    match message {
        ToClient::Hello(hello) => hello.encode(e, c),
        ToClient::Answer { id, answer } => {
            e.array(2)?.encode(id)?;
            answer.encode(e, c)
        }
        ToClient::Attached {
            viewer,
            applied,
            event,
            info,
        } => {
            e.array(4)?.encode(viewer)?.encode(applied)?.encode(event)?;
            info.encode(e, c)
        }
        ToClient::Snapshot { header, snapshot } => {
            e.array(2)?.encode(header)?;
            snapshot.encode(e, c)
        }
        ToClient::Update { header, update } => {
            e.array(2)?.encode(header)?;
            update.encode(e, c)
        }
        ToClient::Header(header) => header.encode(e, c),
        ToClient::Driver(driver) => driver.encode(e, c),
        ToClient::Refused { stream, seq, why } => {
            e.array(3)?.encode(stream)?.encode(seq)?;
            why.encode(e, c)
        }
        ToClient::Ended { status } => e.array(1)?.encode(status)?.ok(),
        ToClient::Summary(info) => info.encode(e, c),
        ToClient::Closed(failure) => failure.encode(e, c),
        ToClient::Notice(text) => line::encode(text, e.array(1)?, c),
        ToClient::Granted(grant) => grant.encode(e, c),
        ToClient::PageEnds(text) => line::encode(text, e.array(1)?, c),
        ToClient::Unknown => e.array(0)?.ok(),
    }
}
