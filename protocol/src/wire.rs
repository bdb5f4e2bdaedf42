//! The wire form of messages: frames of `length | kind | body`, bodies in CBOR. `README.md` of this
//! crate is the normative description.
//!
//! The law: what [`encode_to_server`] and [`encode_to_client`] write, a [`FrameReader`] gives back,
//! however the bytes are cut. Keepers run old code for weeks, so a build skips what a later one
//! added: unknown kinds and choices decode to `Unknown`, unknown fields are passed over.

pub(crate) mod fields;
mod frames;
mod hello;
mod kinds;
pub(crate) mod lists;
mod row_reader;
mod row_writer;
pub(crate) mod rows;
pub(crate) mod segments;
pub(crate) mod texts;

use minicbor::Encoder;
use std::sync::Arc;

pub use frames::FrameReader;
#[cfg(feature = "channel")]
pub(crate) use frames::{MORE, frames_of};
pub use hello::{VERSIONS, agree, hello};
pub use kinds::Message;

use crate::limits;
use crate::message::{Answer, FailKind, Failure, ToClient, ToServer, ViewerHeader};
use crate::update::Update;

/// Bytes that are no messages. The peer is at fault in every case, and the link has to be closed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    #[error(
        "the peer sent a frame of {length} bytes, the bound is {}",
        limits::PART
    )]
    LongFrame { length: usize },
    #[error("the peer sent an empty frame")]
    ShortFrame,
    #[error("the peer sent a message above {max} bytes")]
    LongMessage { max: usize },
    #[error("the peer began a message before the one before was whole")]
    MixedParts,
    #[error("the peer {0}")]
    Malformed(#[from] Malformed),
    /// A file of ours, not a peer's message.
    #[error("the record is damaged: {0}")]
    Record(String),
}

/// A message whose body does not say what its kind promises.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("sent a malformed message of kind {kind}: {why}")]
pub struct Malformed {
    kind: u16,
    why: String,
}

impl Malformed {
    fn new(kind: u16, error: &minicbor::decode::Error) -> Self {
        let why = error.to_string();
        Self { kind, why }
    }
}

/// Appends one message as one frame, or several.
pub fn encode_to_server(message: &ToServer, out: &mut Vec<u8>) {
    frames::write_frame(out, |out| message.encode(out));
}

/// Appends one message as one frame, or several. An answer that would be above
/// [`limits::MAX_TO_CLIENT`] becomes a failure that says so.
pub fn encode_to_client(message: &ToClient, out: &mut Vec<u8>) {
    frames::write_frame(out, |out| {
        let start = out.len();
        let kind = message.encode(out);
        match message {
            ToClient::Answer { id, .. } if out.len() - start > limits::MAX_TO_CLIENT => {
                out.truncate(start);
                let (id, answer) = (*id, Answer::Failed(too_long()));
                ToClient::Answer { id, answer }.encode(out)
            }
            _ => kind,
        }
    });
}

fn too_long() -> Failure {
    Failure {
        kind: FailKind::Exhausted,
        line: format!(
            "the answer is above {} MiB: ask for fewer rows",
            limits::MAX_TO_CLIENT >> 20
        ),
    }
}

/// An update's wire form, encoded once for all viewers that are at its `from`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UpdateBody(Arc<[u8]>);

impl UpdateBody {
    #[must_use]
    pub fn of(update: &Update) -> Self {
        let mut bytes = Vec::new();
        let result = Encoder::new(&mut bytes).encode(update).map(|_| ());
        debug_assert!(result.is_ok());
        Self(bytes.into())
    }

    /// Bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Appends a `ToClient::Update` for one viewer.
pub fn encode_update(header: &ViewerHeader, body: &UpdateBody, out: &mut Vec<u8>) {
    frames::write_frame(out, |out| {
        let mut e = Encoder::new(&mut *out);
        let result = e.array(2).and_then(|e| e.encode(header)).map(|_| ());
        debug_assert!(result.is_ok());
        out.extend_from_slice(&body.0);
        kinds::UPDATE
    });
}
