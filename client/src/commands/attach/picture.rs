//! What the user's terminal shows of the session, and what the keeper is told about it. Pure: the
//! clock is an argument, bytes and messages come out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use abide_protocol::message::{Driver, Tail, ToServer};
use abide_protocol::snapshot::MouseTracking;
use abide_protocol::{Book, LineNo, Modes, Revision, Row, Size, Snapshot, Update};

use crate::keys::prefix::Direction;
use crate::mirror::{Mirror, MirrorError, Step};
use crate::paint::{Caps, Outfit, Painter, Pan, Scrollback, Surface, View};
use crate::scroll::{Effect, Scroll};

/// A line of ours stays this long.
pub(super) const NOTICE: Duration = Duration::from_secs(3);
/// The session follows a resize of its driver's terminal within this time; until then the picture
/// waits instead of flashing by on the alternate screen.
const FOLLOWS: Duration = Duration::from_millis(600);
/// Rows for the scrollback that wait for one paint at most.
const LEAVING: usize = 4096;
/// Rows that come alone are painted with so many others, if more are on their way: each paint
/// costs a screen besides.
const WORTH_PAINTING: usize = 512;
/// Rows on their way are waited for this long.
const ON_THEIR_WAY: Duration = Duration::from_millis(30);

/// The picture on one terminal.
pub(super) struct Picture {
    pub(super) painter: Painter,
    pub(super) outfit: Outfit,
    mirror: Mirror,
    scrollback: Scrollback,
    size: Size,
    pan: Pan,
    driver: Option<Driver>,
    notice: Option<(String, Instant)>,
    /// A line of ours that stays until it is taken away; a notice covers it.
    standing: Option<String>,
    /// Rows that go to the scrollback with the next paint.
    leaving: Vec<Arc<Row>>,
    /// Until then they may wait for more, and nothing else has changed.
    gathers: Option<Instant>,
    /// History that came ahead of the first state.
    early: Vec<Tail>,
    /// Rows of history wanted first.
    history: u64,
    /// The keeper believes that the scrollback is being fed.
    fed: bool,
    /// The terminal was resized, from this size, and has not been painted on its main screen
    /// since.
    resized: Option<Size>,
    /// Until then the session may follow the terminal's new size.
    follows: Option<Instant>,
    /// Size of the session about which the user was told.
    told: Option<Size>,
    /// The prefix key for people.
    prefix: String,
    dirty: bool,
    /// The last picture of the session.
    last: Option<View>,
    /// The history is being read.
    scroll: Option<Scroll>,
}

impl Picture {
    pub(super) fn new(caps: Caps, size: Size, history: u64, prefix: String) -> Self {
        Self {
            painter: Painter::new(caps),
            outfit: Outfit::new(caps),
            mirror: Mirror::default(),
            scrollback: Scrollback::default(),
            size,
            pan: Pan::default(),
            driver: None,
            notice: None,
            standing: None,
            leaving: Vec::new(),
            gathers: None,
            early: Vec::new(),
            history,
            fed: true,
            resized: None,
            follows: None,
            told: None,
            prefix,
            dirty: false,
            last: None,
            scroll: None,
        }
    }

    pub(super) fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.mirror.snapshot()
    }

    pub(super) fn drives(&self) -> bool {
        self.driver.as_ref().is_some_and(|driver| driver.you)
    }

    /// Takes a whole state with its tail; what to tell the keeper.
    pub(super) fn replace(
        &mut self,
        snapshot: Snapshot,
        tail: Option<Tail>,
        now: Instant,
    ) -> Vec<ToServer> {
        self.mirror.replace(snapshot);
        self.dirty = true;
        self.arrived(tail, now)
    }

    /// Takes an update with its tail; what to tell the keeper.
    pub(super) fn update(
        &mut self,
        update: &Update,
        tail: Option<Tail>,
        now: Instant,
    ) -> Result<Vec<ToServer>, MirrorError> {
        match self.mirror.update(update)? {
            Step::Changed => self.dirty = true,
            Step::Resync => return Ok(vec![ToServer::Resync]),
            Step::Skipped => return Ok(Vec::new()),
        }
        Ok(self.arrived(tail, now))
    }

    /// Takes rows that came alone, or a state that has just come.
    pub(super) fn arrived(&mut self, tail: Option<Tail>, now: Instant) -> Vec<ToServer> {
        let Some(snapshot) = self.mirror.snapshot().map(Arc::clone) else {
            // The keeper sends as many rows as were asked for, and no more.
            self.early.extend(tail);
            return Vec::new();
        };
        if let Some(scroll) = &mut self.scroll {
            scroll.screen(&snapshot);
        }
        let early = std::mem::take(&mut self.early);
        self.tell_size(&snapshot);
        if self.target(&snapshot) == Surface::Full {
            // Rows that come now are asked for again later.
            return self.feed(None);
        }
        self.follows = None;
        let resized = self.resized.take();
        if let Some(old) = resized {
            self.scrollback.resized(old, snapshot.top);
        }
        self.scrollback.begin(snapshot.top);
        let early = early.into_iter().map(|tail| above(tail, snapshot.floor));
        let before = self.leaving.len();
        for tail in early.chain(tail) {
            let rows = self.scrollback.take(tail, self.size.cols());
            self.leaving.extend(rows);
        }
        if self.leaving.len() > before {
            self.gather(snapshot.top, now);
        }
        if resized.is_some() {
            self.fed = false;
        }
        let begin = LineNo(snapshot.top.0.saturating_sub(self.history));
        let begin = begin
            .max(snapshot.first)
            .max(snapshot.floor)
            .min(snapshot.top);
        self.feed(Some(self.scrollback.printed().unwrap_or(begin)))
    }

    /// Rows have come; more will, if there are some between them and `top`.
    fn gather(&mut self, top: LineNo, now: Instant) {
        let more = self
            .scrollback
            .printed()
            .is_some_and(|printed| printed < top);
        if more && self.leaving.len() < WORTH_PAINTING {
            self.gathers.get_or_insert(now + ON_THEIR_WAY);
        } else {
            self.dirty = true;
        }
    }

    fn feed(&mut self, printed: Option<LineNo>) -> Vec<ToServer> {
        if self.fed == printed.is_some() {
            return Vec::new();
        }
        self.fed = printed.is_some();
        vec![ToServer::Printed { printed }]
    }

    /// The history is being read.
    pub(super) fn scrolling(&self) -> bool {
        self.scroll.is_some()
    }

    /// Begins to show the history, on the terminal's alternate screen; what to tell the keeper.
    pub(super) fn scroll_begin(&mut self, now: Instant) -> Vec<ToServer> {
        let Some(snapshot) = self.mirror.snapshot().map(Arc::clone) else {
            return Vec::new();
        };
        self.notice = None;
        self.scroll = Some(Scroll::new(&snapshot, self.size, &self.prefix));
        self.dirty = true;
        self.arrived(None, now)
    }

    /// Shows the session again; the rows that left meanwhile come to the scrollback now.
    pub(super) fn scroll_end(&mut self, now: Instant) -> Vec<ToServer> {
        self.scroll = None;
        self.notice = None;
        self.dirty = true;
        self.arrived(None, now)
    }

    /// Has the mode take something in.
    pub(super) fn scrolled(&mut self, act: impl FnOnce(&mut Scroll)) {
        if let Some(scroll) = &mut self.scroll {
            act(scroll);
            self.dirty = true;
        }
    }

    pub(super) fn scroll_effects(&mut self) -> Vec<Effect> {
        let scroll = self.scroll.as_mut();
        scroll.map(Scroll::take_effects).unwrap_or_default()
    }

    /// The scrollback has, or will never have, every row that left the screen.
    pub(super) fn complete(&self) -> bool {
        let Some(snapshot) = self.mirror.snapshot() else {
            return true;
        };
        let printed = self.scrollback.printed();
        self.target(snapshot) == Surface::Full || printed >= Some(snapshot.top)
    }

    /// Enough has come for one paint.
    pub(super) fn full(&self) -> bool {
        self.leaving.len() > LEAVING
    }

    fn target(&self, snapshot: &Snapshot) -> Surface {
        if self.scroll.is_none() && snapshot.book == Book::Main && snapshot.size == self.size {
            Surface::Inline
        } else {
            Surface::Full
        }
    }

    /// The terminal has this size now.
    pub(super) fn resize(&mut self, size: Size, now: Instant) {
        if size == self.size {
            return;
        }
        self.resized.get_or_insert(self.size);
        self.size = size;
        self.painter.forget(size);
        self.dirty = true;
        if let Some(scroll) = &mut self.scroll {
            scroll.resize(size);
        }
        if self.drives() {
            self.follows = Some(now + FOLLOWS);
        }
    }

    /// Takes who drives.
    pub(super) fn driver(&mut self, driver: &Driver, now: Instant) {
        let before = self.driver.replace(driver.clone());
        let same = before
            .as_ref()
            .is_none_or(|before| before.name == driver.name && before.you == driver.you);
        if same {
            return;
        }
        let text = match (&driver.name, driver.you) {
            (_, true) => format!("{}, driven by you", driver.size),
            (Some(name), _) => format!("{}, driven by {name}", driver.size),
            (None, _) => format!("{}, driven by nobody", driver.size),
        };
        let text = if driver.you {
            text
        } else {
            self.with_offer(&text)
        };
        self.say(text, now);
    }

    fn with_offer(&self, text: &str) -> String {
        format!("{text}; {} t takes the size", self.prefix)
    }

    /// Tells the user once about each size that is not the terminal's.
    fn tell_size(&mut self, snapshot: &Snapshot) {
        if snapshot.size == self.size {
            self.told = None;
        }
    }

    fn size_notice(&mut self, snapshot: &Snapshot, now: Instant) {
        if snapshot.size == self.size || self.told == Some(snapshot.size) {
            return;
        }
        self.told = Some(snapshot.size);
        let driver = self.driver.as_ref();
        let name = driver.and_then(|driver| driver.name.clone());
        let name = name.unwrap_or_else(|| "nobody".into());
        let text = self.with_offer(&format!("{}, driven by {name}", snapshot.size));
        self.say(text, now);
    }

    /// Shows a line of ours for a while.
    pub(super) fn say(&mut self, text: String, now: Instant) {
        self.notice = Some((text, now + NOTICE));
        self.dirty = true;
    }

    /// Shows a line of ours until another one, or none, takes its place.
    pub(super) fn stand(&mut self, text: Option<String>) {
        self.dirty |= self.standing != text;
        self.standing = text;
    }

    /// The line of ours that covers the bottom row.
    fn line(&self) -> Option<&str> {
        let notice = self.notice.as_ref().map(|(text, _)| &**text);
        notice.or(self.standing.as_deref())
    }

    /// The keeper goes on over another link: the revision and the rows it can go on from.
    pub(super) fn resume(&mut self) -> (Option<Revision>, Option<LineNo>) {
        let next = self.scrollback.next().filter(|_| self.fed);
        (self.mirror.resume(), next)
    }

    /// The user types: the view follows the cursor again.
    pub(super) fn typed(&mut self) {
        self.dirty |= std::mem::take(&mut self.pan.held);
    }

    pub(super) fn pan(&mut self, direction: Direction) {
        let Some(snapshot) = self.mirror.snapshot() else {
            return;
        };
        let (down, right) = match direction {
            Direction::Up => (-1, 0),
            Direction::Down => (1, 0),
            Direction::Left => (0, -1),
            Direction::Right => (0, 1),
        };
        self.pan = self.pan.moved(down, right, snapshot.size, self.size);
        self.dirty = true;
    }

    /// The cell of the session under a cell of the terminal.
    pub(super) fn session_cell(&self, column: u16, row: u16) -> Option<(u16, u16)> {
        let size = self.mirror.snapshot()?.size;
        let column = column.saturating_add(self.pan.column);
        let row = row.saturating_add(self.pan.row);
        (column < size.cols() && row < size.rows()).then_some((column, row))
    }

    /// Everything has to be painted again.
    pub(super) fn repaint(&mut self) {
        self.painter.forget(self.size);
        self.dirty = true;
    }

    /// The terminal was used by others meanwhile: what stands on it now is kept above.
    pub(super) fn start_over(&mut self) -> Vec<u8> {
        let mut bytes = self.painter.switch(Surface::Inline, self.size);
        drop(self.outfit.switched(Surface::Inline));
        self.painter = Painter::new(self.painter.caps());
        self.dirty = true;
        let snapshot = self.mirror.snapshot().map(|snapshot| &**snapshot);
        bytes.extend(self.outfit.resume(snapshot));
        bytes
    }

    /// What there is to do by the clock, and when next.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let notice = self.notice.as_ref().map(|(_, until)| *until);
        [notice, self.follows, self.gathers]
            .into_iter()
            .flatten()
            .min()
    }

    pub(super) fn tick(&mut self, now: Instant) -> Vec<ToServer> {
        if self.notice.as_ref().is_some_and(|(_, until)| now >= *until) {
            self.notice = None;
            self.dirty = true;
        }
        if self.gathers.is_some_and(|until| now >= until) {
            self.gathers = None;
            self.dirty = true;
        }
        if self.follows.is_some_and(|until| now >= until) {
            self.follows = None;
            self.dirty = true;
            return self.arrived(None, now);
        }
        Vec::new()
    }

    /// The session has not followed the terminal's new size yet: nothing is painted until it has,
    /// or has had its time.
    pub(super) fn waits(&self) -> bool {
        let full = |snapshot| self.target(snapshot) == Surface::Full;
        self.follows.is_some()
            && self.painter.surface() == Surface::Inline
            && self
                .mirror
                .snapshot()
                .is_some_and(|snapshot| full(snapshot))
    }

    /// The bytes that bring the terminal up to date; `None` if there is nothing to paint.
    pub(super) fn paint(&mut self, now: Instant) -> Option<Vec<u8>> {
        let snapshot = self.mirror.snapshot().map(Arc::clone)?;
        if !self.dirty || self.waits() {
            return None;
        }
        let target = self.target(&snapshot);
        let mut bytes = Vec::new();
        if target != self.painter.surface() {
            bytes.extend(self.outfit.leaving_full());
            bytes.extend(self.painter.switch(target, self.size));
            bytes.extend(self.outfit.switched(target));
        }
        self.dirty = false;
        if let Some(scroll) = &self.scroll {
            let view = scroll.view(self.line());
            bytes.extend(self.outfit.mirror(&reading(&snapshot)));
            bytes.extend(self.painter.paint(&view, &[]));
            return Some(bytes);
        }
        self.size_notice(&snapshot, now);
        self.dirty = false;
        bytes.extend(self.outfit.mirror(&snapshot));
        if snapshot.size == self.size {
            self.pan = Pan::default();
        }
        self.pan = self.pan.following(&snapshot, self.size);
        let view = View::of(&snapshot, self.size, self.pan, self.line());
        // On the alternate screen they wait for the main one.
        let leaving = match target {
            Surface::Inline => std::mem::take(&mut self.leaving),
            Surface::Full => Vec::new(),
        };
        self.gathers = None;
        bytes.extend(self.painter.paint(&view, &leaving));
        self.last = Some(view);
        Some(bytes)
    }

    /// What is on the screen is final: no line of ours covers it.
    pub(super) fn last_words(&mut self, now: Instant) -> Vec<u8> {
        self.dirty |= self.notice.take().is_some() || self.standing.take().is_some();
        self.paint(now).unwrap_or_default()
    }

    /// Leaves the terminal to others, below what is painted.
    pub(super) fn leave(&mut self) -> Vec<u8> {
        let mut bytes = self.outfit.leaving_full();
        let view = self.last.take();
        bytes.extend(self.painter.leave(view.as_ref()));
        drop(self.outfit.switched(Surface::Inline));
        bytes.extend(self.outfit.undo(self.painter.shaped()));
        bytes
    }

    /// What brings the terminal back if nothing else can be painted.
    pub(super) fn undo(&self) -> Vec<u8> {
        let mut bytes = self.outfit.undo(self.painter.shaped());
        if self.painter.has_inline() {
            bytes.extend(format!("\x1b[{};1H\r\n", self.size.rows()).bytes());
        }
        bytes
    }
}

/// The session's state as far as the terminal is set by it while its history is read: keys and
/// mouse are ours.
fn reading(snapshot: &Snapshot) -> Snapshot {
    Snapshot {
        rows: Vec::new(),
        modes: Modes {
            mouse: MouseTracking::Button,
            ..Modes::default()
        },
        ..snapshot.clone()
    }
}

/// History without the rows that a program has cleared away.
fn above(tail: Tail, floor: LineNo) -> Tail {
    let cleared = floor.since(tail.from) as usize;
    Tail {
        from: tail
            .from
            .max(floor.min(tail.from.plus(tail.rows.len() as u64))),
        skipped: tail.skipped,
        rows: tail.rows.into_iter().skip(cleared).collect(),
    }
}

#[cfg(test)]
mod restore;
#[cfg(test)]
mod tests;
