//! The Abide daemon and the keepers of its sessions.

pub mod daemon;
pub mod keeper;
pub mod private_dir;
