//! Devices against a real daemon and real keepers: they pair, work, and lose their rights.

mod deaths;
mod device;
mod ends;
mod flood;
mod owner;
mod paired;
mod picture;
mod replacing;
mod revocation;
mod rights;
mod slow;
mod strangers;
