#![cfg(test)]

mod conversation;
mod ends;
mod hostile;
mod live;
mod phases;
mod tickets;
