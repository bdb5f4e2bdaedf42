//! Abide's pure core: no IO, no clock, no async, no unsafe.
//!
//! A screen is a value; a viewer is sent the difference between the value it has and the value
//! there is now. [`Snapshot`] is the value, [`Update`] the difference, and
//! `apply(old, diff(old, new)) == new` the law that everything else leans on.
#![forbid(unsafe_code)]
#![warn(clippy::as_conversions, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::indexing_slicing, reason = "a test fails by panicking")
)]

pub mod apply;
#[cfg(feature = "channel")]
pub mod channel;
pub mod diff;
pub mod grant;
pub mod ids;
pub mod input;
pub mod keymap;
pub mod limits;
pub mod message;
pub mod name;
pub mod paths;
pub mod record;
pub mod row;
pub mod snapshot;
pub mod style;
pub mod text;
pub mod update;
mod window;
pub mod wire;

pub use apply::{ApplyError, apply};
pub use diff::diff;
pub use grant::{Grant, Role};
pub use ids::{
    Book, DeviceId, EventNo, InputSeq, LineNo, PairingNo, RequestId, Revision, SessionId, Size,
    StreamId, ViewerId,
};
pub use row::{Mark, MarkKind, Row, RowBuilder, Run, Shape};
pub use snapshot::{Cursor, CursorShape, Modes, Palette, Progress, Snapshot};
pub use style::{Attrs, Color, Link, LinkRef, Rgb, Style, Underline};
pub use update::{Segment, Update};
pub use wire::{FrameReader, WireError};
