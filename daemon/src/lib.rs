//! The Abide daemon and the keepers of its sessions.

pub mod keeper;
