//! What an attachment does when its link is lost and when there is another one.

use std::time::Instant;

use abide_protocol::InputSeq;
use abide_protocol::input::InputEvent;
use abide_protocol::message::ToServer;

use super::attachment::{Attachment, Flow};
use super::ending::Ending;
use super::opening::Had;
use super::outgoing::Returned;
use super::terminal::size_or_default;
use super::{held, new_stream};

impl Attachment {
    /// The link was lost, or is still not back.
    pub(super) fn down(&mut self, now: Instant) {
        self.attached = false;
        self.painting = None;
        self.outgoing.down();
        self.tell_standing(now);
    }

    /// There is another link: the viewer is opened over it with what this client has.
    pub(super) fn back(&mut self, now: Instant) -> Flow {
        let (revision, printed) = self.picture.resume();
        let had = Had {
            revision,
            event: self.event,
            printed,
        };
        let size = size_or_default(&self.tty);
        let stream = self.outgoing.stream();
        let attach = if self.picture.snapshot().is_some() {
            self.opening.again(stream, size, &had)
        } else {
            self.opening.first(stream, size)
        };
        self.send(&attach)?;
        self.send(&ToServer::Focus { focused: true })?;
        if self.probe.answers() && !self.probe.open() {
            self.send(&ToServer::Look(self.probe.look()))?;
        }
        self.scroll_ask_again()?;
        self.tell_standing(now);
        Ok(())
    }

    /// The viewer is open again, and everything up to `applied` has been taken.
    pub(super) fn returned(&mut self, applied: InputSeq, now: Instant) -> Flow {
        match self
            .outgoing
            .returned(applied, self.manners.resend_after, now)
        {
            Returned::Resend(messages) => {
                self.line.restored();
                self.send_all(&messages)?;
            }
            Returned::Forgotten(events) => {
                let text = held::text(&events);
                self.picture
                    .say(format!("typed and not delivered: {text}"), now);
                self.outgoing.renew(new_stream());
                self.line
                    .begin_again("the session has forgotten this attachment".into());
                self.down(now);
            }
        }
        self.tell_standing(now);
        Ok(())
    }

    /// While input is held, Enter and Esc decide about it and everything else joins it. Answers
    /// whether the event is dealt with.
    pub(super) fn hold(&mut self, event: &InputEvent, now: Instant) -> Result<bool, Ending> {
        if !self.outgoing.holds() {
            return Ok(false);
        }
        match held::decision(event) {
            Some((key, sends)) => {
                self.prefix.claim(key);
                if sends {
                    let messages = self.outgoing.release(now);
                    self.send_all(&messages)?;
                } else {
                    self.outgoing.drop_held();
                }
            }
            None if self.outgoing.no_room() => {
                let full = "no more can be typed; Enter sends what is held, Esc drops it";
                self.picture.say(full.into(), now);
            }
            None => self.outgoing.hold(event.clone()),
        }
        self.tell_standing(now);
        Ok(true)
    }

    /// The line that stays: input is held, or the link is down.
    pub(super) fn tell_standing(&mut self, now: Instant) {
        let held = self.outgoing.held();
        let line = if held.is_empty() {
            self.line.notice(now)
        } else {
            Some(held::line(held))
        };
        self.picture.stand(line);
    }
}
