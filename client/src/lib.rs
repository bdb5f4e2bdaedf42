//! The native client.

pub mod keys;
pub mod link;
pub mod paint;
