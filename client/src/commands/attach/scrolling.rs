//! The scroll mode within an attachment: its keys, its questions to the keeper, its end.

use std::time::{Duration, Instant};

use abide_protocol::RequestId;
use abide_protocol::input::{KeyAction, KeyEvent};
use abide_protocol::message::{Answer, Event, ExitStatus};

use super::attachment::{Attachment, Flow};
use super::ending::Ending;
use super::events::{self, Shown};
use crate::keys::prefix::{Command, PrefixOut};
use crate::scroll::{Ask, Effect};

/// After the end of a program whose history was being read, rows that left meanwhile have this
/// long to arrive in the native scrollback.
const LAST_ROWS: Duration = Duration::from_secs(1);

/// The number of a question that was not asked yet; none that is has it.
const UNASKED: RequestId = RequestId(0);

/// The program has ended while its history was being read.
#[derive(Clone, Copy)]
pub(super) struct Over {
    pub(super) status: ExitStatus,
    /// The mode has been left: rows arrive until then.
    pub(super) until: Option<Instant>,
}

/// Questions under way.
#[derive(Default)]
pub(super) struct Asked(Vec<(RequestId, Ask)>);

impl Attachment {
    pub(super) fn scroll_begin(&mut self, now: Instant) -> Flow {
        self.asked = Asked::default();
        let messages = self.picture.scroll_begin(now);
        messages.iter().try_for_each(|message| self.send(message))
    }

    fn scroll_end(&mut self, now: Instant) -> Flow {
        self.asked = Asked::default();
        let messages = self.picture.scroll_end(now);
        if let Some(over) = &mut self.over {
            over.until = Some(now + LAST_ROWS);
        }
        messages.iter().try_for_each(|message| self.send(message))
    }

    /// A key while the mode lasts. What goes up now and went down before is still the program's.
    pub(super) fn scroll_key(
        &mut self,
        key: KeyEvent,
        keys: &mut Vec<KeyEvent>,
        now: Instant,
    ) -> Flow {
        if key.action == KeyAction::Repeat && !self.prefix.pending() {
            self.picture.scrolled(|scroll| scroll.key(&key));
            return Ok(());
        }
        match self.prefix.on(key) {
            PrefixOut::Forward(key) if key.action == KeyAction::Release => {
                if !self.manners.watch {
                    keys.push(key);
                }
            }
            PrefixOut::Forward(key) => {
                self.prefix.claim(key.key);
                self.picture.scrolled(|scroll| scroll.key(&key));
            }
            PrefixOut::Command(command @ (Command::Detach | Command::Size)) => {
                return self.command(command, now);
            }
            PrefixOut::Help => self.picture.scrolled(crate::scroll::Scroll::help),
            PrefixOut::Command(Command::Scroll | Command::Pan(_))
            | PrefixOut::Pending
            | PrefixOut::Nothing => {}
        }
        Ok(())
    }

    /// Does what the mode wishes, and ends the attachment once nothing more is to come.
    pub(super) fn scroll_effects(&mut self, now: Instant) -> Flow {
        for effect in self.picture.scroll_effects() {
            match effect {
                Effect::Ask(ask) => self.scroll_ask(ask)?,
                Effect::Copy(text) => self.clipboard(text, now)?,
                Effect::Leave => self.scroll_end(now)?,
            }
        }
        match self.over {
            Some(Over {
                status,
                until: Some(until),
            }) if self.picture.complete() || now >= until => Err(Ending::Program(status)),
            _ => Ok(()),
        }
    }

    fn scroll_ask(&mut self, ask: Ask) -> Flow {
        let asked = self.line.ask(ask.request(self.opening.session));
        let id = asked.map_err(|error| Ending::Lost(error.to_string()))?;
        // While the link is down, the question waits for the next one.
        self.asked.0.push((id.unwrap_or(UNASKED), ask));
        Ok(())
    }

    /// The questions under way went with the old link.
    pub(super) fn scroll_ask_again(&mut self) -> Flow {
        let asked = std::mem::take(&mut self.asked.0);
        asked
            .into_iter()
            .try_for_each(|(_, ask)| self.scroll_ask(ask))
    }

    /// The link has gone after the program had ended.
    pub(super) fn passed_away(&self) -> Flow {
        self.over
            .map_or(Ok(()), |over| Err(Ending::Program(over.status)))
    }

    fn clipboard(&mut self, text: String, now: Instant) -> Flow {
        let event = Event::Clipboard {
            selection: "c".into(),
            content: text.into_bytes(),
        };
        match events::show(&event, self.picture.painter.caps()) {
            Shown::Bytes(bytes) => {
                self.tty.post(&bytes);
                self.write()
            }
            Shown::Line(_) => {
                self.picture
                    .say("this terminal takes no copies".into(), now);
                Ok(())
            }
        }
    }

    pub(super) fn scroll_answer(&mut self, id: RequestId, answer: Answer) {
        let asked = self.asked.0.iter().position(|(asked, _)| *asked == id);
        let Some((_, ask)) = asked.map(|at| self.asked.0.swap_remove(at)) else {
            return;
        };
        let answer = match answer {
            Answer::Failed(failure) => Err(failure),
            answer => Ok(answer),
        };
        self.picture.scrolled(|scroll| scroll.answer(&ask, answer));
    }

    pub(super) fn program_ended(&mut self, status: ExitStatus, now: Instant) -> Flow {
        if !self.picture.scrolling() {
            return Err(Ending::Program(status));
        }
        self.over = Some(Over {
            status,
            until: None,
        });
        self.picture
            .say("the program has ended; q leaves".into(), now);
        Ok(())
    }
}
