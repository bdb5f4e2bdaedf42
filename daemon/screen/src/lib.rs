//! Abide's terminal model: bytes in, a screen as a value and its history out.
//!
//! [`Screen`] is fed what a program writes to its terminal. It keeps both screens as grids of
//! mutable cells, answers the program's questions, numbers and packs the rows that leave the top,
//! and hands out what is visible as a [`Snapshot`](abide_protocol::Snapshot). It is pure: no IO, no
//! clock. No input can make it panic, grow beyond its [`limits`] or take more than linear time.
#![forbid(unsafe_code)]

mod cell;
mod charset;
mod checksum;
mod clusters;
mod csi;
mod dcs;
mod dispatch;
mod edit;
mod freed;
mod grid;
mod held;
mod history;
mod invariants;
mod joins;
mod keyboard;
mod level;
pub mod limits;
mod line;
mod links;
mod modes;
mod movement;
mod osc;
mod packed_style;
mod palette;
mod parser;
mod pen;
mod presentation;
mod print;
mod rectangle;
mod reflow;
mod reports;
mod rush;
mod save;
mod screen;
mod sgr;
mod stacks;
mod styles;
mod switch;
mod tables;
mod tabs;
mod terminal;
mod underway;
mod view;
mod width;

pub use history::{Cluster, Codec, Damaged, Reader, RowText, Sealed, Stored, Usage};
pub use save::LoadError;
pub use screen::{Options, Screen};
