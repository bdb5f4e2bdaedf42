//! A keeper: the process that owns one session.
//!
//! [`birth`] is how it starts, the session actor is what it does from then on, and [`ended`] is
//! what it leaves behind. What decides something is a pure module of its own, with the clock as
//! an argument: `pacing`, `hold`, `tail`, `stream`, `queue`, `driver`, `focus`, `events`,
//! `environment`, `cuts`, `turns`.

pub mod birth;
#[cfg(test)]
mod blank;
mod cuts;
mod driver;
pub mod encode;
pub mod ended;
mod engine;
mod environment;
mod events;
pub mod executable;
mod focus;
mod history;
mod hold;
mod link;
mod pacing;
mod pty;
mod queue;
pub(crate) mod search;
mod session;
mod stream;
mod tail;
mod turns;
mod viewer;
