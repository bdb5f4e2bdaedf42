//! The native client.

pub mod ansi;
pub mod bytes;
pub mod cli;
pub mod clock;
pub mod columns;
pub mod commands;
pub mod config;
pub mod doctor;
pub mod duration;
pub mod fault;
pub mod json;
pub mod keys;
pub mod linger;
pub mod link;
pub mod look;
pub mod mirror;
pub mod output;
pub mod paint;
pub mod rows;
pub mod scroll;
pub mod sessions;
pub mod shell_commands;
pub mod table;
pub mod tailnet;
pub mod tty;
pub mod unit;
