//! Who holds the session's size, and when it changes. Pure.
//!
//! A session has one size and at most one driver. Watching never resizes. Each change of driver
//! makes at most one resize, at once; later resizes of the driver's terminal are debounced, the
//! newest wins. A remote driver whose link is lost keeps the size for [`GRACE`]; a local link only
//! ends with its client, so that its loss is a close.

use std::time::{Duration, Instant};

use abide_protocol::message::SizeWish;
use abide_protocol::{Size, StreamId, ViewerId};

/// A driver that is back within this time still drives.
pub(crate) const GRACE: Duration = Duration::from_mins(1);
/// A driver's terminal must keep a size this long before the program hears of it.
pub(crate) const DEBOUNCE: Duration = Duration::from_millis(150);

/// One who drives, or drove and would again.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Holder {
    stream: StreamId,
    /// `None` while its link is lost, since `lost`.
    viewer: Option<ViewerId>,
    lost: Option<Instant>,
    name: String,
    size: Size,
}

/// How an attachment presents itself.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) stream: StreamId,
    pub(crate) viewer: ViewerId,
    pub(crate) name: String,
    pub(crate) size: Size,
    pub(crate) wish: SizeWish,
    /// Its rights let it hold the size.
    pub(crate) may: bool,
}

/// The size of a session and its drivers.
#[derive(Debug)]
pub(crate) struct Wheel {
    size: Size,
    /// The last one drives; those before it get the size back, newest first.
    holders: Vec<Holder>,
    pending: Option<(Size, Instant)>,
}

impl Wheel {
    pub(crate) fn new(size: Size) -> Self {
        Self {
            size,
            holders: Vec::new(),
            pending: None,
        }
    }

    /// The size that the program has.
    pub(crate) fn size(&self) -> Size {
        self.size
    }

    /// Name of the driver.
    pub(crate) fn name(&self) -> Option<&str> {
        self.holders.last().map(|holder| holder.name.as_str())
    }

    /// The viewer that drives now.
    pub(crate) fn viewer(&self) -> Option<ViewerId> {
        self.holders.last().and_then(|holder| holder.viewer)
    }

    /// A viewer is open. Answers the new size if that makes it the driver and the size differs.
    pub(crate) fn attach(&mut self, candidate: Candidate) -> Option<Size> {
        let drives = match candidate.wish {
            _ if !candidate.may => false,
            SizeWish::Watch => false,
            SizeWish::Take => true,
            SizeWish::IfFree => self
                .holders
                .last()
                .is_none_or(|last| last.stream == candidate.stream),
        };
        if drives {
            return self.take(candidate);
        }
        let waits = candidate.may && candidate.wish != SizeWish::Watch;
        let mut known = self.holders.iter_mut();
        match known.find(|holder| holder.stream == candidate.stream) {
            Some(holder) if waits => {
                holder.viewer = Some(candidate.viewer);
                holder.lost = None;
                holder.size = candidate.size;
                None
            }
            _ => {
                let before = self.viewer();
                self.holders
                    .retain(|holder| holder.stream != candidate.stream);
                self.handed_over(before)
            }
        }
    }

    /// An explicit act: this viewer drives from now on.
    pub(crate) fn take(&mut self, candidate: Candidate) -> Option<Size> {
        self.holders
            .retain(|holder| holder.stream != candidate.stream);
        let size = candidate.size;
        self.holders.push(Holder {
            stream: candidate.stream,
            viewer: Some(candidate.viewer),
            lost: None,
            name: candidate.name,
            size,
        });
        self.apply(size)
    }

    /// This viewer gave the size back, detached, closed or lost its rights.
    pub(crate) fn leave(&mut self, viewer: ViewerId) -> Option<Size> {
        let before = self.viewer();
        self.holders.retain(|holder| holder.viewer != Some(viewer));
        self.handed_over(before)
    }

    /// The link of this (remote) viewer is lost; it may come back.
    pub(crate) fn lose(&mut self, viewer: ViewerId, now: Instant) {
        let holder = self
            .holders
            .iter_mut()
            .find(|holder| holder.viewer == Some(viewer));
        if let Some(holder) = holder {
            holder.viewer = None;
            holder.lost = Some(now);
        }
    }

    /// This viewer's terminal has another size.
    pub(crate) fn resize(&mut self, viewer: ViewerId, size: Size, now: Instant) {
        let drives = self.viewer() == Some(viewer);
        let holder = self
            .holders
            .iter_mut()
            .find(|holder| holder.viewer == Some(viewer));
        if let Some(holder) = holder {
            holder.size = size;
        }
        if drives {
            self.pending = Some((size, now + DEBOUNCE));
        }
    }

    /// When [`Self::tick`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let graces = self
            .holders
            .iter()
            .filter_map(|holder| holder.lost)
            .map(|lost| lost + GRACE);
        graces.chain(self.pending.map(|(_, at)| at)).min()
    }

    /// Ends graces and debounces. Answers the new size if it changes.
    pub(crate) fn tick(&mut self, now: Instant) -> Option<Size> {
        let before = self.holders.last().map(|holder| holder.stream);
        self.holders
            .retain(|holder| holder.lost.is_none_or(|lost| now < lost + GRACE));
        if self.holders.last().map(|holder| holder.stream) != before {
            return self.settle();
        }
        let (size, _) = self.pending.take_if(|(_, at)| now >= *at)?;
        self.apply(size)
    }

    /// The driver changed if it is another one than `before`.
    fn handed_over(&mut self, before: Option<ViewerId>) -> Option<Size> {
        if before.is_none() || self.viewer() == before {
            return None;
        }
        self.settle()
    }

    /// Another driver, or none: its size, or the one there is.
    fn settle(&mut self) -> Option<Size> {
        self.pending = None;
        while self
            .holders
            .last()
            .is_some_and(|holder| holder.viewer.is_none())
        {
            self.holders.pop();
        }
        let size = self.holders.last().map(|holder| holder.size)?;
        self.apply(size)
    }

    fn apply(&mut self, size: Size) -> Option<Size> {
        self.pending = None;
        let changed = size != self.size;
        self.size = size;
        changed.then_some(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(cols: u16) -> Size {
        Size::new(cols, 24).unwrap()
    }

    fn candidate(n: u8, cols: u16, wish: SizeWish) -> Candidate {
        Candidate {
            stream: StreamId([n; 16]),
            viewer: ViewerId(n.into()),
            name: format!("viewer {n}"),
            size: size(cols),
            wish,
            may: true,
        }
    }

    fn wheel() -> (Wheel, Instant) {
        (Wheel::new(Size::DEFAULT), Instant::now())
    }

    #[test]
    fn watching_never_resizes_and_only_the_first_drives() {
        let (mut wheel, _) = wheel();
        assert_eq!(wheel.attach(candidate(1, 50, SizeWish::Watch)), None);
        assert_eq!(wheel.name(), None);
        assert_eq!(
            wheel.attach(candidate(2, 60, SizeWish::IfFree)),
            Some(size(60))
        );
        assert_eq!(wheel.attach(candidate(3, 70, SizeWish::IfFree)), None);
        assert_eq!(wheel.name(), Some("viewer 2"));
        let mut barred = candidate(4, 80, SizeWish::Take);
        barred.may = false;
        assert_eq!(wheel.attach(barred), None);
        assert_eq!(wheel.viewer(), Some(ViewerId(2)));
    }

    #[test]
    fn the_size_goes_back_to_the_driver_before() {
        let (mut wheel, now) = wheel();
        wheel.attach(candidate(1, 50, SizeWish::IfFree));
        assert_eq!(
            wheel.take(candidate(2, 60, SizeWish::Watch)),
            Some(size(60))
        );
        wheel.resize(ViewerId(1), size(55), now);
        assert_eq!(wheel.deadline(), None, "only the driver's terminal counts");
        assert_eq!(wheel.leave(ViewerId(2)), Some(size(55)));
        assert_eq!(wheel.name(), Some("viewer 1"));
        assert_eq!(wheel.leave(ViewerId(1)), None);
        assert_eq!((wheel.name(), wheel.size()), (None, size(55)));
    }

    #[test]
    fn a_taken_over_driver_that_leaves_changes_nothing() {
        let (mut wheel, _) = wheel();
        wheel.attach(candidate(1, 50, SizeWish::IfFree));
        wheel.attach(candidate(2, 60, SizeWish::Take));
        assert_eq!(wheel.leave(ViewerId(1)), None);
        assert_eq!(wheel.leave(ViewerId(2)), None);
        assert_eq!((wheel.name(), wheel.size()), (None, size(60)));
    }

    #[test]
    fn a_lost_driver_keeps_the_size_for_a_minute() {
        let (mut wheel, now) = wheel();
        wheel.attach(candidate(1, 50, SizeWish::IfFree));
        wheel.attach(candidate(2, 60, SizeWish::Take));
        wheel.lose(ViewerId(2), now);
        assert_eq!(wheel.attach(candidate(3, 70, SizeWish::IfFree)), None);
        assert_eq!(wheel.name(), Some("viewer 2"));
        assert_eq!(wheel.deadline(), Some(now + GRACE));
        assert_eq!(wheel.tick(now + GRACE * 99 / 100), None);
        assert_eq!(wheel.tick(now + GRACE), Some(size(50)));
        assert_eq!(wheel.viewer(), Some(ViewerId(1)));
        assert_eq!(wheel.deadline(), None);
    }

    #[test]
    fn a_driver_that_returns_in_time_still_drives() {
        let (mut wheel, now) = wheel();
        wheel.attach(candidate(1, 50, SizeWish::IfFree));
        wheel.lose(ViewerId(1), now);
        let mut again = candidate(1, 51, SizeWish::IfFree);
        again.viewer = ViewerId(9);
        assert_eq!(wheel.attach(again), Some(size(51)));
        assert_eq!(
            (wheel.viewer(), wheel.deadline()),
            (Some(ViewerId(9)), None)
        );
        assert_eq!(wheel.leave(ViewerId(1)), None, "its old link is nobody's");
        assert_eq!(wheel.viewer(), Some(ViewerId(9)));
    }

    /// Sizes of the driver's terminal at milliseconds; the sizes the program hears of, and when.
    fn check_debounce(resizes: &[(u64, u16)], expected: &[(u64, u16)]) {
        let (mut wheel, start) = wheel();
        wheel.attach(candidate(1, 50, SizeWish::IfFree));
        let mut heard = vec![];
        for ms in 0..2_000 {
            let now = start + Duration::from_millis(ms);
            for (_, cols) in resizes.iter().filter(|(at, _)| *at == ms) {
                wheel.resize(ViewerId(1), size(*cols), now);
            }
            if wheel.deadline().is_some_and(|at| now >= at) {
                heard.extend(wheel.tick(now).map(|size| (ms, size.cols())));
            }
        }
        assert_eq!(heard, expected, "{resizes:?}");
    }

    #[test]
    fn resizes_are_debounced_and_the_newest_wins() {
        check_debounce(&[(0, 60)], &[(150, 60)]);
        check_debounce(&[(0, 60), (100, 61), (200, 62)], &[(350, 62)]);
        check_debounce(&[(0, 60), (100, 50)], &[]);
        check_debounce(&[(0, 60), (400, 61)], &[(150, 60), (550, 61)]);
    }
}
