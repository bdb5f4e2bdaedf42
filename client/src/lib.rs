//! The native client.

pub mod keys;
pub mod paint;
