//! Snapshots as bytes for the user's terminal.
//!
//! Pure: what the terminal shows and what it should show in, bytes out. Two surfaces: *inline*
//! paints on the terminal's main screen and feeds its own scrollback, by a line feed on the bottom
//! row and without margins; *full* paints on its alternate screen. Never `2J`, `3J` or a reset,
//! and autowrap is off except where a soft-wrapped row is to be wrapped by the terminal itself.

mod canvas;
mod caps;
mod cells;
mod outfit;
mod painter;
mod pen;
mod scrollback;
mod stylus;
mod view;

pub use caps::{Caps, Depth, Notify};
pub(crate) use cells::{Cell, expand};
pub use outfit::{ASKED, Before, Keyboard, Outfit};
pub use painter::{Painter, Surface};
pub(crate) use pen::write_sgr;
pub use scrollback::Scrollback;
pub use view::{Pan, View};

#[cfg(test)]
mod law;
#[cfg(test)]
mod tests;
