//! A keeper: the process that owns one session.

pub mod encode;
