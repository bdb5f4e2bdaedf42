//! The way in from the network. What comes through it is a stranger until its channel says
//! otherwise: nothing here gives a right.

pub(in crate::daemon) mod carrier;
mod limits;
