//! The native client.

pub mod keys;
