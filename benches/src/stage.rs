//! One file per stage.

pub mod attach;
pub mod echo;
pub mod frames;
pub mod history;
pub mod idle;
pub mod memory;
pub mod remote;
pub mod slow_viewer;
pub mod throughput;
