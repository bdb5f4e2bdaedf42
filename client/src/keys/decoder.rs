//! The decoder: bytes of a terminal to values.

use super::{FromTerminal, Outer};
use std::time::Instant;

/// Bytes of a terminal to values, across read boundaries.
#[derive(Debug, Default)]
pub struct Decoder {
    outer: Outer,
    cursor_reports: u8,
    deadline: Option<Instant>,
}

impl Decoder {
    #[must_use]
    pub fn new(outer: Outer) -> Self {
        Self {
            outer,
            ..Self::default()
        }
    }

    /// The terminal was asked for another encoding. Call when the request is written.
    pub fn set_outer(&mut self, outer: Outer) {
        self.outer = outer;
    }

    /// The byte that the user's tty erases with (`VERASE`): with 8, that byte is Backspace too.
    pub fn set_erase(&mut self, _erase: u8) {}

    /// A cursor report was asked for: the next `CSI row ; column R` is that, not F3.
    pub fn expect_cursor_report(&mut self) {
        self.cursor_reports = self.cursor_reports.saturating_add(1);
    }

    /// What `bytes` complete. Any split of the bytes gives the same values, the timer aside.
    #[must_use]
    pub fn feed(&mut self, _bytes: &[u8], _now: Instant) -> Vec<FromTerminal> {
        Vec::new()
    }

    /// When [`Self::timeout`] wants to be called, if nothing arrives before. Read what is
    /// readable first: a late wake-up must not turn a sequence into an Escape key.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// What the silence up to `now` completes.
    #[must_use]
    pub fn timeout(&mut self, _now: Instant) -> Vec<FromTerminal> {
        Vec::new()
    }
}
