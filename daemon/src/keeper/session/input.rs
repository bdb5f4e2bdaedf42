//! From viewers to the terminal: rights, exactly once, in order, encoded for the program's modes.

use std::time::Instant;

use abide_protocol::input::{InputEvent, Key, KeyAction, KeyEvent, Mods};
use abide_protocol::limits::MAX_PASTE;
use abide_protocol::message::{InputRefusal, ToClient};
use abide_protocol::{DeviceId, InputSeq, StreamId};

use super::Session;
use crate::keeper::encode::{self, MousePlace};
use crate::keeper::link::Phase;
use crate::keeper::queue::{Owner, Unit};
use crate::keeper::stream::Admission;

/// Overtaken inputs that are reported one by one; more than a client can have under way.
const REPORTED: u64 = 256;
/// Pixels of a cell for a terminal that never told.
const CELL: (u16, u16) = (8, 16);
/// Bytes of raw input at most: what a terminal sends at once and a client does not understand.
const MAX_RAW: usize = 4096;

impl Session {
    pub(super) fn input(
        &mut self,
        index: usize,
        stream: StreamId,
        seq: InputSeq,
        event: &InputEvent,
        now: Instant,
    ) {
        let rights = self
            .links
            .get(index)
            .and_then(|link| link.viewer.as_ref())
            .map(|viewer| {
                (
                    viewer.stream == stream && viewer.limits.type_,
                    viewer.device,
                )
            });
        let Some((true, device)) = rights else {
            return self.refuse_input(index, stream, seq, InputRefusal::Forbidden);
        };
        let (bytes, enter) = self.encode(event, now);
        let interrupt = is_interrupt(event);
        let room = self.queue.room(bytes.len());
        match self.streams.admit(stream, seq, room, interrupt, now) {
            Admission::Repeated => return,
            Admission::Refuse(why) => return self.refuse_input(index, stream, seq, why),
            Admission::Apply => {}
            Admission::Overtake { first_missing } => {
                let missing = first_missing.0.max(seq.0.saturating_sub(REPORTED))..seq.0;
                for missing in missing {
                    self.refuse_input(index, stream, InputSeq(missing), InputRefusal::Discarded);
                }
            }
        }
        if interrupt {
            for dropped in self.queue.discard(stream) {
                self.refuse_input(index, stream, dropped, InputRefusal::Discarded);
            }
        }
        let owner = Owner {
            stream,
            seq,
            device,
        };
        match self.objection(event) {
            None => self.apply(owner, bytes, enter, now),
            Some(why) => {
                self.refuse_input(index, stream, seq, why);
                // Refused for good: the number is used, what follows is not held up.
                self.apply(owner, Vec::new(), None, now);
            }
        }
    }

    fn apply(&mut self, owner: Owner, bytes: Vec<u8>, enter: Option<Vec<u8>>, now: Instant) {
        self.queue.push(Unit {
            owner: Some(owner),
            bytes,
            enter,
        });
        self.typist = Some(owner.stream);
        self.hold.typed(now);
        self.status.used();
        self.pump(now);
    }

    /// Why an input that is next in its stream cannot be applied.
    fn objection(&self, event: &InputEvent) -> Option<InputRefusal> {
        match event {
            InputEvent::Submit { text, confirmed } => {
                let asks = !confirmed && encode::needs_confirm(text, &self.engine.modes());
                asks.then_some(InputRefusal::NeedsConfirm)
            }
            InputEvent::Raw(bytes) => (bytes.len() > MAX_RAW).then_some(InputRefusal::Forbidden),
            InputEvent::Paste(text) => (text.len() > MAX_PASTE).then_some(InputRefusal::Forbidden),
            InputEvent::Key(_)
            | InputEvent::Keys(_)
            | InputEvent::Mouse(_)
            | InputEvent::Unknown => None,
        }
    }

    /// What the program gets, and for a submitted text the Enter that follows.
    fn encode(&mut self, event: &InputEvent, now: Instant) -> (Vec<u8>, Option<Vec<u8>>) {
        let modes = self.engine.modes();
        let mut bytes = Vec::new();
        match event {
            InputEvent::Key(key) => encode::encode_key(key, &modes, &mut bytes),
            InputEvent::Keys(keys) => {
                for key in keys {
                    encode::encode_key(key, &modes, &mut bytes);
                }
            }
            InputEvent::Paste(text) => {
                encode::encode_paste(text, modes.bracketed_paste, &mut bytes);
            }
            InputEvent::Submit { text, .. } => {
                encode::encode_paste(text, modes.bracketed_paste, &mut bytes);
                let mut enter = Vec::new();
                let key = KeyEvent::press(Key::Enter, Mods::default());
                encode::encode_key(&key, &modes, &mut enter);
                return (bytes, Some(enter));
            }
            InputEvent::Mouse(mouse) => {
                let place = MousePlace {
                    size: self.wheel.size(),
                    cell: self.engine.cell().unwrap_or(CELL),
                    book: self.snapshot(now).book,
                };
                encode::encode_mouse(mouse, &modes, &place, &mut bytes);
            }
            InputEvent::Raw(raw) => bytes.extend_from_slice(raw),
            InputEvent::Unknown => {}
        }
        (bytes, None)
    }

    /// Writes what the terminal takes.
    pub(super) fn pump(&mut self, now: Instant) {
        if self.blocked {
            return;
        }
        while let Some(bytes) = self.queue.next(now) {
            let count = if self.open {
                self.master.write(bytes)
            } else {
                bytes.len()
            };
            if count == 0 && !bytes.is_empty() {
                self.blocked = true;
                return;
            }
            if let Some(owner) = self.queue.wrote(count, now) {
                self.applied(owner, now);
            }
        }
    }

    pub(super) fn report_focus(&mut self, focused: bool, now: Instant) {
        let mut bytes = Vec::new();
        encode::encode_focus(focused, &self.engine.modes(), &mut bytes);
        if !bytes.is_empty() && self.queue.room(bytes.len()) {
            self.queue.push(Unit {
                owner: None,
                bytes,
                enter: None,
            });
            self.pump(now);
        }
    }

    fn applied(&mut self, owner: Owner, now: Instant) {
        self.streams.written(owner.stream, owner.seq, now);
        let viewers = self
            .links
            .iter_mut()
            .filter_map(|link| link.viewer.as_mut());
        for viewer in viewers.filter(|viewer| viewer.stream == owner.stream) {
            viewer.pacing.input_applied(now);
        }
    }

    /// Hears the daemon before anything that a device has sent counts: one that was cut off a
    /// moment ago does nothing more. Answers whether its link is still open.
    pub(super) fn still_open(&mut self, index: usize, now: Instant) -> bool {
        let controls: Vec<usize> = (0..self.links.len())
            .filter(|other| {
                let link = self.links.get(*other);
                link.is_some_and(|link| link.subscribed && link.device.is_none())
            })
            .collect();
        let mut buffer = [0; CONTROL];
        for control in controls {
            while self
                .links
                .get_mut(control)
                .is_some_and(|link| link.receive_now(&mut buffer))
            {
                self.obey(control, now);
            }
        }
        let link = self.links.get(index);
        link.is_some_and(|link| link.phase == Phase::Open)
    }

    pub(super) fn refuse_input(
        &mut self,
        index: usize,
        stream: StreamId,
        seq: InputSeq,
        why: InputRefusal,
    ) {
        if let Some(link) = self.links.get_mut(index) {
            link.send(&ToClient::Refused { stream, seq, why });
        }
    }

    /// Drops a device's viewers and what they have queued; what it sent before `epoch` and was not
    /// read yet comes too late.
    pub(super) fn cut(&mut self, device: DeviceId, epoch: Option<u64>, now: Instant) {
        if let Some(epoch) = epoch {
            self.cuts.cut(device, epoch);
        }
        self.queue.cut(device);
        for index in 0..self.links.len() {
            let Some(link) = self
                .links
                .get_mut(index)
                .filter(|link| link.device == Some(device))
            else {
                continue;
            };
            link.refuse(super::withdrawn());
            if let Some(viewer) = link.viewer.take() {
                self.gone(&viewer, false, now);
            }
        }
    }
}

/// Bytes read at once from the daemon's link.
const CONTROL: usize = 4096;

/// A Ctrl-C, whatever the client's layout calls the key.
fn is_interrupt(event: &InputEvent) -> bool {
    let pressed = |key: &KeyEvent| {
        let mods = key.mods.without(Mods::CAPS_LOCK).without(Mods::NUM_LOCK);
        let c = key.key == Key::Char('c') || key.base == Some('c');
        c && mods == Mods::CTRL && key.action == KeyAction::Press
    };
    match event {
        InputEvent::Key(key) => pressed(key),
        InputEvent::Keys(keys) => keys.iter().any(pressed),
        _ => false,
    }
}
