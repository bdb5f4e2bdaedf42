//! Abide's terminal model.
#![forbid(unsafe_code)]
