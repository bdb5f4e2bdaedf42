//! Brings the user's terminal from what it shows to what it should show.

use std::sync::Arc;

use abide_protocol::{Row, Size};

use super::canvas::Canvas;
use super::caps::Caps;
use super::stylus::Stylus;
use super::view::View;

/// Where a view is painted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Surface {
    /// The terminal's main screen, whose scrollback is fed.
    Inline,
    /// Its alternate screen.
    Full,
}

/// The painter of one terminal. Law: after the terminal has taken the bytes of [`Painter::paint`],
/// its screen shows the view, and the rows given as leaving are in its scrollback, in order.
pub struct Painter {
    stylus: Stylus,
    /// `None`: the main screen still shows what stood there before us.
    inline: Option<Canvas>,
    full: Option<Canvas>,
    surface: Surface,
}

impl Painter {
    #[must_use]
    pub fn new(caps: Caps) -> Self {
        Self {
            stylus: Stylus::new(caps),
            inline: None,
            full: None,
            surface: Surface::Inline,
        }
    }

    #[must_use]
    pub fn caps(&self) -> Caps {
        self.stylus.caps
    }

    pub fn set_caps(&mut self, caps: Caps) {
        self.stylus.caps = caps;
    }

    #[must_use]
    pub fn surface(&self) -> Surface {
        self.surface
    }

    /// The main screen has been painted on and its scrollback may hold rows of the session.
    #[must_use]
    pub fn has_inline(&self) -> bool {
        self.inline.is_some()
    }

    /// The terminal has changed its size or was used by somebody else: what it shows is unknown.
    pub fn forget(&mut self, size: Size) {
        self.stylus.forget();
        if self.inline.is_some() {
            self.inline = Some(Canvas::unknown(size));
        }
        if self.full.is_some() {
            self.full = Some(Canvas::unknown(size));
        }
    }

    /// The cursor's shape has been changed.
    #[must_use]
    pub fn shaped(&self) -> bool {
        self.stylus.shaped()
    }

    /// Something else has written SGR: the next text sets its style afresh.
    pub fn forget_pen(&mut self) {
        self.stylus.forget_pen();
    }

    /// Goes to the other surface; keyboard modes are kept per surface by terminals, so the caller
    /// sets them again when this says that it went.
    pub fn switch(&mut self, surface: Surface, size: Size) -> Vec<u8> {
        if surface != self.surface {
            self.surface = surface;
            self.stylus.plain();
            match surface {
                Surface::Full => {
                    self.stylus.raw(b"\x1b[?1049h");
                    self.full = Some(Canvas::unknown(size));
                }
                Surface::Inline => {
                    self.stylus.raw(b"\x1b[?1049l");
                    self.full = None;
                }
            }
            self.stylus.forget_cursor();
        }
        self.stylus.take().0
    }

    /// Paints `view`. `leaving` are rows for the native scrollback, in order; on the alternate
    /// screen there is none and they are not painted.
    pub fn paint(&mut self, view: &View, leaving: &[Arc<Row>]) -> Vec<u8> {
        let mut canvas = match self.surface {
            Surface::Inline => match self.inline.take() {
                Some(canvas) if canvas.size() == view.size => canvas,
                Some(_) => Canvas::unknown(view.size),
                None => self.make_room(view.size),
            },
            Surface::Full => match self.full.take() {
                Some(canvas) if canvas.size() == view.size => canvas,
                _ => Canvas::unknown(view.size),
            },
        };
        let rows = match self.surface {
            Surface::Inline => leaving,
            Surface::Full => &[],
        };
        let was_visible = self.stylus.cursor_visible();
        canvas.scroll(rows, &view.rows, &mut self.stylus);
        match self.surface {
            Surface::Inline => self.inline = Some(canvas),
            Surface::Full => self.full = Some(canvas),
        }
        let cursor = &view.cursor;
        if cursor.visible || cursor.shape != abide_protocol::CursorShape::Default {
            self.stylus.shape_cursor(cursor.shape, cursor.blink);
        }
        if cursor.visible {
            self.stylus.go(cursor.row, cursor.column);
        }
        self.stylus.show_cursor(cursor.visible);
        self.wrapped_up(was_visible && cursor.visible)
    }

    /// What was written, shown by the terminal as one.
    fn wrapped_up(&mut self, hide: bool) -> Vec<u8> {
        let (bytes, jumped) = self.stylus.take();
        let (before, after): (&[u8], &[u8]) = match (jumped, self.stylus.caps.sync, hide) {
            (false, ..) | (true, false, false) => return bytes,
            (true, true, _) => (b"\x1b[?2026h", b"\x1b[?2026l"),
            (true, false, true) => (b"\x1b[?25l", b"\x1b[?25h"),
        };
        // Moving the cursor alone shows nothing half-done.
        if bytes.len() <= before.len() + after.len() && bytes.starts_with(b"\x1b[") {
            return bytes;
        }
        [before, &bytes, after].concat()
    }

    /// Scrolls what stood on the main screen into its scrollback: as many line feeds as the screen
    /// has rows bring up exactly the rows down to the cursor's.
    fn make_room(&mut self, size: Size) -> Canvas {
        self.stylus.autowrap(false);
        self.stylus.plain();
        self.stylus.raw(b"\r");
        for _ in 0..size.rows() {
            self.stylus.raw(b"\n");
        }
        self.stylus.forget_cursor();
        self.stylus.go(0, 0);
        self.stylus.erase_below();
        Canvas::blank(size)
    }

    /// Leaves the cursor where a shell goes on: back on the main screen, below what is painted.
    pub fn leave(&mut self, last: Option<&View>) -> Vec<u8> {
        let mut bytes = match last {
            Some(view) => self.switch(Surface::Inline, view.size),
            None => Vec::new(),
        };
        self.stylus.plain();
        self.stylus.autowrap(true);
        self.stylus.show_cursor(true);
        if let (Some(canvas), Some(view)) = (&self.inline, last) {
            let used = canvas.last_used().max(view.cursor.row);
            self.stylus.forget_cursor();
            self.stylus.go(used, 0);
            self.stylus.plain();
            self.stylus.raw(b"\r\n");
        }
        bytes.extend(self.stylus.take().0);
        bytes
    }
}
