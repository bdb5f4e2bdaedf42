//! The Abide daemon and the keepers of its sessions.

pub mod daemon;
pub mod guard;
pub mod keeper;
pub mod private_dir;
#[cfg(test)]
mod tables;
