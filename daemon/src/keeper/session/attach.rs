//! Viewers come and go, take and give the size, tell about their terminals.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use abide_protocol::limits::{TAIL_AFTER_GAP, VIEWERS};
use abide_protocol::message::{Attach, Driver, FailKind, SizeWish, TerminalLook, ToClient};
use abide_protocol::{Book, LineNo, Revision, Size, Snapshot, StreamId, ViewerId};

use super::{Session, failure, withdrawn};
use crate::keeper::link::Link;
use crate::keeper::tail::Tail;
use crate::keeper::viewer::{Need, Viewer};

impl Session {
    pub(super) fn attach(&mut self, index: usize, attach: &Attach, now: Instant) {
        if let Err(why) = self.admissible(index, attach) {
            if let Some(link) = self.links.get_mut(index) {
                link.refuse(why);
            }
            return;
        }
        let attached = |stream| {
            let mut viewers = self.links.iter().filter_map(|link| link.viewer.as_ref());
            viewers.any(|viewer| viewer.stream == stream)
        };
        let Some(applied) = self
            .streams
            .open(attach.stream, attach.device, attached, now)
        else {
            let why = failure(
                FailKind::Forbidden,
                "this input stream is another device's".into(),
            );
            if let Some(link) = self.links.get_mut(index) {
                link.refuse(why);
            }
            return;
        };
        self.replace(attach.stream, now);
        self.viewers += 1;
        let event = attach
            .event
            .map_or(self.events.last(), |event| event.min(self.events.last()));
        let viewer = Viewer::new(ViewerId(self.viewers), attach, applied, event);
        let size = self.wheel.attach(viewer.candidate(attach.wish));
        self.steer_moved();
        self.steer(size, now);
        if let Some(agent) = attach
            .ssh_auth_sock
            .as_deref()
            .filter(|_| attach.device.is_none())
        {
            self.identity.place.agent.renew(Path::new(agent));
        }
        self.status.used();
        if let Some(link) = self.links.get_mut(index) {
            link.device = attach.device;
            link.viewer = Some(viewer);
        }
        self.welcome(index, attach, now);
    }

    /// An attachment that goes on over another link leaves its old one.
    fn replace(&mut self, stream: StreamId, now: Instant) {
        let goes_on = |link: &&mut Link| {
            link.viewer
                .as_ref()
                .is_some_and(|viewer| viewer.stream == stream)
        };
        if let Some(link) = self.links.iter_mut().find(goes_on) {
            let line = "this attachment goes on over another link".into();
            let viewer = link.viewer.take();
            link.refuse(failure(FailKind::State, line));
            if let Some(viewer) = viewer {
                self.gone(&viewer, true, now);
            }
        }
    }

    fn admissible(
        &self,
        index: usize,
        attach: &Attach,
    ) -> Result<(), abide_protocol::message::Failure> {
        let viewers = self
            .links
            .iter()
            .filter(|link| link.viewer.is_some())
            .count();
        if let Some(link) = self.links.get(index) {
            link.role.may_attach()?;
        }
        let again = self.links.get(index).is_some_and(|link| {
            link.viewer.is_some() || (link.device.is_some() && link.device != attach.device)
        });
        if attach.session != self.identity.id {
            let line = format!(
                "this is session {}, not {}",
                self.identity.id, attach.session
            );
            return Err(failure(FailKind::NotFound, line));
        }
        let late = |device| !self.cuts.admits(device, attach.epoch.unwrap_or_default());
        if attach.device.is_some_and(late) {
            return Err(withdrawn());
        }
        if again {
            return Err(failure(
                FailKind::State,
                "this link is attached already".into(),
            ));
        }
        let behalf = self.links.get(index).and_then(|link| link.behalf.as_ref());
        if behalf.is_some_and(|behalf| !behalf.includes(attach)) {
            let line = "this link is for a device that may not do that".into();
            return Err(failure(FailKind::Forbidden, line));
        }
        if viewers >= VIEWERS {
            let line = format!("the session has {VIEWERS} viewers already");
            return Err(failure(FailKind::Exhausted, line));
        }
        Ok(())
    }

    /// Everything that a new viewer gets before its first frame.
    fn welcome(&mut self, index: usize, attach: &Attach, now: Instant) {
        let info = Box::new(self.info(now));
        let snapshot = self.snapshot(now);
        let known = attach
            .have
            .and_then(|have| self.known(have, &snapshot, now));
        let top = match snapshot.book {
            Book::Main => snapshot.top,
            Book::Alternate => self.engine.top(Book::Main),
        };
        let Some(link) = self.links.get_mut(index) else {
            return;
        };
        let Some(viewer) = &mut link.viewer else {
            return;
        };
        let welcome = ToClient::Attached {
            viewer: viewer.id,
            applied: viewer.applied,
            event: viewer.event,
            info,
        };
        viewer.top = top;
        viewer.tail = tail_start(attach, top)
            .filter(|_| viewer.frames)
            .map(Tail::new);
        if let Some(known) = known {
            viewer.pacing.resume(known);
            viewer.need = Need::Update;
        }
        link.send(&welcome);
        self.wheel_moved = true;
        self.tell_driver();
        self.send_history(index, now);
    }

    /// A state that the client says it has, if any is remembered.
    fn known(
        &mut self,
        have: Revision,
        now_shown: &Arc<Snapshot>,
        now: Instant,
    ) -> Option<Arc<Snapshot>> {
        if now_shown.revision == have {
            return Some(Arc::clone(now_shown));
        }
        let viewers = self.links.iter().filter_map(|link| link.viewer.as_ref());
        let living = viewers
            .flat_map(|viewer| viewer.pacing.states())
            .find(|state| state.revision == have)
            .cloned();
        living.or_else(|| self.departed.find(have, now))
    }

    pub(super) fn detach(&mut self, index: usize, now: Instant) {
        let viewer = self
            .links
            .get_mut(index)
            .and_then(|link| link.viewer.take());
        if let Some(viewer) = viewer {
            self.gone(&viewer, false, now);
        }
    }

    /// A viewer is not there any more; a remote one whose link was lost may return.
    pub(super) fn gone(&mut self, viewer: &Viewer, returns: bool, now: Instant) {
        self.departed.remember(viewer, now);
        let size = if returns {
            self.wheel.lose(viewer.id, now);
            None
        } else {
            self.wheel.leave(viewer.id)
        };
        self.steer_moved();
        self.steer(size, now);
        if let Some(focused) = self.focus.set(viewer.id, false) {
            self.report_focus(focused, now);
        }
    }

    /// Gives the program the size that the wheel says, if that is new.
    pub(super) fn steer(&mut self, size: Option<Size>, now: Instant) {
        let Some(size) = size else {
            return;
        };
        self.engine.resize(size);
        if let Err(error) = self.master.resize(size, self.engine.cell()) {
            tracing::warn!(%error, "cannot resize the terminal");
        }
        self.steer_moved();
        self.mark(now);
    }

    fn steer_moved(&mut self) {
        self.wheel_moved = true;
        self.status.changed();
    }

    pub(super) fn drive(&mut self, index: usize, take: bool, now: Instant) {
        let Some(viewer) = self.links.get(index).and_then(|link| link.viewer.as_ref()) else {
            return;
        };
        let size = match take {
            true if !viewer.limits.size => return,
            true => self.wheel.take(viewer.candidate(SizeWish::Take)),
            false => self.wheel.leave(viewer.id),
        };
        self.steer_moved();
        self.steer(size, now);
    }

    pub(super) fn viewer_resized(&mut self, index: usize, size: Size, now: Instant) {
        let viewer = self
            .links
            .get_mut(index)
            .and_then(|link| link.viewer.as_mut());
        if let Some(viewer) = viewer {
            viewer.size = size;
            self.wheel.resize(viewer.id, size, now);
        }
    }

    pub(super) fn viewer_focused(&mut self, index: usize, focused: bool, now: Instant) {
        let viewer = self.links.get(index).and_then(|link| link.viewer.as_ref());
        let Some(viewer) = viewer.filter(|viewer| viewer.limits.type_) else {
            return;
        };
        if let Some(focused) = self.focus.set(viewer.id, focused) {
            self.report_focus(focused, now);
        }
    }

    pub(super) fn viewer_looks(&mut self, index: usize, look: TerminalLook) {
        let viewer = self
            .links
            .get_mut(index)
            .and_then(|link| link.viewer.as_mut());
        if let Some(viewer) = viewer {
            viewer.look = look;
            if self.looks_like == Some(viewer.id) {
                self.looks_like = None;
            }
        }
    }

    /// The screen answers programs as the driver's terminal would, as far as that is known.
    pub(super) fn look_like_driver(&mut self) {
        let driving = self
            .wheel
            .viewer()
            .filter(|driving| self.looks_like != Some(*driving));
        let viewer = driving.and_then(|driving| self.viewer(self.link_of(driving)?));
        let Some((id, look)) = viewer.map(|viewer| (viewer.id, viewer.look.clone())) else {
            return;
        };
        self.looks_like = Some(id);
        if look != TerminalLook::default() {
            self.engine.set_look(look);
            let replies = self.engine.take_replies();
            self.queue.reply(&replies);
        }
    }

    pub(super) fn viewer_printed(&mut self, index: usize, printed: Option<LineNo>) {
        let viewer = self
            .links
            .get_mut(index)
            .and_then(|link| link.viewer.as_mut());
        if let Some(viewer) = viewer.filter(|viewer| viewer.frames) {
            viewer.tail = printed.map(Tail::new);
        }
    }

    pub(super) fn resync(&mut self, index: usize) {
        let viewer = self
            .links
            .get_mut(index)
            .and_then(|link| link.viewer.as_mut());
        if let Some(viewer) = viewer {
            viewer.pacing.forget();
            viewer.need = Need::Snapshot;
        }
    }

    /// Tells everybody who drives, if that is news to them and they read what they are sent.
    pub(super) fn tell_driver(&mut self) {
        if !std::mem::take(&mut self.wheel_moved) {
            return;
        }
        let driving = self.wheel.viewer();
        for link in &mut self.links {
            let busy = link.busy();
            let Some(viewer) = &mut link.viewer else {
                continue;
            };
            let driver = Driver {
                name: self.wheel.name().map(Into::into),
                you: driving == Some(viewer.id),
                size: self.wheel.size(),
            };
            if viewer.driver.as_ref() == Some(&driver) {
                continue;
            }
            if busy {
                self.wheel_moved = true;
                continue;
            }
            viewer.driver = Some(driver.clone());
            link.send(&ToClient::Driver(driver));
        }
    }
}

/// Where a viewer's native scrollback goes on: `None` if it has none. A fresh one gets the history
/// it asks for; one that comes back gets what it missed.
fn tail_start(attach: &Attach, top: LineNo) -> Option<LineNo> {
    let history = LineNo(top.0.saturating_sub(attach.history.min(TAIL_AFTER_GAP)));
    match (attach.have, attach.printed) {
        (Some(_), Some(printed)) => Some(printed),
        (None, Some(printed)) => Some(printed.max(history)),
        (None, None) if attach.history > 0 => Some(history),
        (_, None) => None,
    }
}
