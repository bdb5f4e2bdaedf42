//! The way in from the network. What comes through it is a stranger until its channel says
//! otherwise: nothing here gives a right.

pub(in crate::daemon) mod carrier;
mod certificate;
mod descriptors;
mod door;
mod limits;
mod listener;
mod live;
mod pages;
mod places;
mod quota;
mod ration;
mod reach;
mod settings;
mod share;

pub(in crate::daemon) use descriptors::Descriptors;
pub(in crate::daemon) use quota::Neighbourhood;
pub(in crate::daemon) use share::Share;
