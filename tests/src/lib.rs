//! What the tests across processes share: a home of their own, a terminal they hold in their
//! hands, an independent emulator that says what a person would see, and a recorder.

pub mod blocks;
pub mod compare;
pub mod emulator;
pub mod home;
pub mod network;
pub mod pairing;
pub mod process;
pub mod proxy;
pub mod recording;
pub mod ssh;
pub mod terminal;
pub mod wait;

/// Long scripts are wanted (`make soak`).
pub fn soak() -> bool {
    std::env::var_os("ABIDE_SOAK").is_some_and(|value| !value.is_empty())
}
