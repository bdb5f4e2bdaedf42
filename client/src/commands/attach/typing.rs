//! What the user does at the terminal, for the session or for us.

use std::time::Instant;

use abide_protocol::input::{InputEvent, KeyEvent, MouseEvent};
use abide_protocol::message::ToServer;
use abide_protocol::snapshot::MouseTracking;

use super::attachment::{Attachment, Flow};
use super::ending::Ending;
use crate::keys::FromTerminal;
use crate::keys::prefix::{Command, PrefixOut};

impl Attachment {
    /// What came from the terminal. Keys that came together travel together.
    pub(super) fn typed(&mut self, typed: Vec<FromTerminal>, now: Instant) -> Flow {
        let mut keys = Vec::new();
        for item in typed {
            if let FromTerminal::Key(key) = item {
                if self.picture.scrolling() {
                    self.scroll_key(key, &mut keys, now)?;
                    self.scroll_effects(now)?;
                } else {
                    self.key(key, &mut keys, now)?;
                }
                continue;
            }
            self.send_keys(&mut keys, now)?;
            match item {
                FromTerminal::Key(_) => {}
                FromTerminal::Paste(text) if self.picture.scrolling() => {
                    self.picture.scrolled(|scroll| scroll.paste(&text));
                }
                FromTerminal::Mouse(mouse) if self.picture.scrolling() => {
                    self.picture.scrolled(|scroll| scroll.mouse(mouse));
                }
                FromTerminal::Raw(_) if self.picture.scrolling() => {}
                FromTerminal::Paste(text) => {
                    self.prefix.cancel();
                    self.input(InputEvent::Paste(text), now)?;
                }
                FromTerminal::Raw(bytes) => self.input(InputEvent::Raw(bytes), now)?,
                FromTerminal::Mouse(mouse) => self.mouse(mouse, now)?,
                FromTerminal::Focus(focused) => self.send(&ToServer::Focus { focused })?,
                FromTerminal::Reply(reply) => self.reply(&reply)?,
            }
        }
        self.send_keys(&mut keys, now)
    }

    fn key(&mut self, key: KeyEvent, keys: &mut Vec<KeyEvent>, now: Instant) -> Flow {
        match self.prefix.on(key) {
            PrefixOut::Forward(key) => keys.push(key),
            PrefixOut::Command(command) => {
                self.send_keys(keys, now)?;
                return self.command(command, now);
            }
            PrefixOut::Help => {
                let prefix = &self.manners.prefix_name;
                let help = format!(
                    "{prefix} and d: detach, [: history, t: size, arrows: pan, {prefix}: itself"
                );
                self.picture.say(help, now);
            }
            PrefixOut::Pending | PrefixOut::Nothing => {}
        }
        Ok(())
    }

    fn send_keys(&mut self, keys: &mut Vec<KeyEvent>, now: Instant) -> Flow {
        let mut keys = std::mem::take(keys);
        match (keys.len(), keys.pop()) {
            (_, None) => Ok(()),
            (1, Some(key)) => self.input(InputEvent::Key(key), now),
            // Each may be the one that decides.
            (_, Some(last)) if self.outgoing.holds() => {
                keys.push(last);
                let mut keys = keys.into_iter();
                keys.try_for_each(|key| self.input(InputEvent::Key(key), now))
            }
            (_, Some(last)) => {
                keys.push(last);
                self.input(InputEvent::Keys(keys), now)
            }
        }
    }

    fn input(&mut self, event: InputEvent, now: Instant) -> Flow {
        if self.manners.watch {
            let line = format!("only watching; {} d detaches", self.manners.prefix_name);
            self.picture.say(line, now);
            return Ok(());
        }
        self.picture.typed();
        if self.hold(&event, now)? {
            return Ok(());
        }
        if self.outgoing.no_room() {
            self.picture
                .say("no more can be typed until the link is back".into(), now);
            return Ok(());
        }
        match self.outgoing.push(event, now) {
            Some(message) => self.send(&message),
            None => Ok(()),
        }
    }

    fn mouse(&mut self, mouse: MouseEvent, now: Instant) -> Flow {
        let wanted = self
            .picture
            .snapshot()
            .is_some_and(|snapshot| snapshot.modes.mouse != MouseTracking::Off);
        let cell = self.picture.session_cell(mouse.column, mouse.row);
        let typing = !self.manners.watch && !self.line.is_down() && !self.outgoing.holds();
        let (Some((column, row)), true, true) = (cell, wanted, typing) else {
            return Ok(());
        };
        let event = InputEvent::Mouse(MouseEvent {
            column,
            row,
            ..mouse
        });
        match self.outgoing.push(event, now) {
            Some(message) => self.send(&message),
            None => Ok(()),
        }
    }

    pub(super) fn command(&mut self, command: Command, now: Instant) -> Flow {
        match command {
            Command::Detach => Err(Ending::Detached),
            Command::Size if self.manners.watch => {
                self.picture
                    .say("only watching; the size stays".into(), now);
                Ok(())
            }
            Command::Size => self.send(&ToServer::Drive {
                take: !self.picture.drives(),
            }),
            Command::Scroll => self.scroll_begin(now),
            Command::Pan(direction) => {
                self.picture.pan(direction);
                Ok(())
            }
        }
    }
}
