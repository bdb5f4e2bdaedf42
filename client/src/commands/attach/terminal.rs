//! The user's terminal itself: what it answers, its size, its loss and return, its end.

use std::time::{Duration, Instant};

use abide_protocol::Size;
use abide_protocol::message::ToServer;

use super::attachment::{Attachment, CHUNK, Flow};
use super::ending::Ending;
use super::signals::Signal;
use crate::keys::{FromTerminal, Outer, Reply};
use crate::paint::Keyboard;
use crate::tty::{self, Tty, Turn};

/// Answers still under way at the end are awaited this long, so that no shell reads them.
const LAST_ANSWERS: Duration = Duration::from_millis(150);
/// The keeper is given this long to take the goodbye.
const GOODBYE: Duration = Duration::from_millis(500);

impl Attachment {
    /// An answer of the terminal: late or early, it changes what may be written.
    pub(super) fn reply(&mut self, reply: &Reply) -> Flow {
        let scheme = matches!(reply, Reply::ColorScheme { .. });
        if self.probe.hear(reply) {
            return self.settled();
        }
        if scheme && !self.probe.open() {
            // The colours have changed with it.
            let questions = self.probe.colours();
            self.tty.post(&questions);
            return self.write();
        }
        Ok(())
    }

    /// The terminal has answered everything.
    fn settled(&mut self) -> Flow {
        let found = &self.probe.findings;
        let before = self.picture.painter.caps();
        let mut caps = before;
        if let Some(name) = &found.name {
            caps.known(name);
        }
        caps.sync = found.has(2026);
        let outfit = &mut self.picture.outfit;
        outfit.before.modes = found.set();
        outfit.before.foreground = found.look.palette.foreground;
        outfit.before.background = found.look.palette.background;
        outfit.before.cursor = found.look.palette.cursor;
        outfit.before.cursor_style = found.cursor_style;
        outfit.set_caps(caps);
        let mut bytes = Vec::new();
        let keyboard = match (found.kitty, caps.osc) {
            (true, _) => Keyboard::Kitty,
            (false, true) => Keyboard::ModifyOtherKeys(found.modify_other_keys),
            (false, false) => Keyboard::Legacy,
        };
        if outfit.keyboard() != keyboard {
            bytes.extend(outfit.choose(keyboard));
        }
        for mode in [2027, 2031] {
            if found.has(mode) {
                bytes.extend(outfit.enable(mode));
            }
        }
        let outer = match keyboard {
            Keyboard::Kitty => Outer::Kitty(outfit.kitty_flags()),
            Keyboard::ModifyOtherKeys(_) => Outer::ModifyOtherKeys,
            Keyboard::Legacy => Outer::Legacy,
        };
        self.decoder.set_outer(outer);
        self.picture.painter.set_caps(caps);
        self.picture.painter.forget_pen();
        if (before.depth, before.underlines) != (caps.depth, caps.underlines) {
            self.picture.repaint();
        }
        self.tty.undo_by(self.picture.undo());
        self.tty.post(&bytes);
        self.write()?;
        self.send(&ToServer::Look(self.probe.look()))
    }

    pub(super) fn signal(&mut self, signal: Signal, now: Instant) -> Flow {
        match signal {
            Signal::Resized => self.resized(now),
            Signal::End(number) => Err(Ending::Signal(number)),
            Signal::HangUp => Err(Ending::TerminalGone),
            Signal::Suspend => {
                self.tty.undo_by(self.picture.leave());
                self.tty.restore();
                tty::stop_here();
                Ok(())
            }
            Signal::Continued => self.resume(now),
        }
    }

    /// In the foreground again, on a terminal that others have used.
    fn resume(&mut self, now: Instant) -> Flow {
        self.tty.raw().map_err(|_| Ending::TerminalGone)?;
        let bytes = self.picture.start_over();
        self.tty.undo_by(self.picture.undo());
        self.tty.post(&bytes);
        self.write()?;
        self.resized(now)
    }

    fn resized(&mut self, now: Instant) -> Flow {
        let Some(size) = self.tty.size() else {
            return Ok(());
        };
        self.picture.resize(size, now);
        self.send(&ToServer::Resize { size })
    }

    /// Gives the terminal back, however it ended.
    pub(super) async fn end(&mut self, ending: &Ending) {
        if matches!(ending, Ending::TerminalGone) {
            self.tty.restore();
            return;
        }
        if matches!(ending, Ending::Program(_)) {
            let bytes = self.picture.last_words(Instant::now());
            self.tty.post(&bytes);
        }
        let bytes = self.picture.leave();
        self.tty.post(&bytes);
        let farewell = self.line.finish(&ToServer::Detach);
        let _ = tokio::time::timeout(GOODBYE, farewell).await;
        self.swallow().await;
        let rest = self.tty.take_unsent();
        self.tty.undo_by(rest);
        self.tty.restore();
    }

    /// Reads what the terminal still has to say to us, so that the shell does not get it.
    async fn swallow(&mut self) {
        if self.probe.answers() {
            let sentinel = self.probe.sentinel();
            self.tty.post(&sentinel);
        }
        let drained = async {
            let mut buffer = vec![0; CHUNK];
            while self.tty.pending() || self.probe.open() {
                let Ok(turn) = self.tty.turn(&mut buffer, true).await else {
                    return;
                };
                let Turn::Read(count) = turn else { continue };
                if count == 0 {
                    return;
                }
                for item in self.decoder.feed(&buffer[..count], Instant::now()) {
                    if let FromTerminal::Reply(reply) = item {
                        self.probe.hear(&reply);
                    }
                }
            }
        };
        let _ = tokio::time::timeout(LAST_ANSWERS, drained).await;
    }
}

/// The terminal's size, or the commonest one for a terminal that does not know its own.
pub(super) fn size_or_default(tty: &Tty) -> Size {
    tty.size().unwrap_or(Size::clamped(80, 24))
}
