//! What keepers are to drop: kept for each until it has confirmed it, however long that takes.
//!
//! Whoever takes rights back adds a cut for each keeper; the task that follows the keeper writes it
//! to the link that it holds, so that it lies in the socket of a keeper that does not run now, and
//! writes it again after each new connection.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use abide_protocol::{DeviceId, SessionId};
use tokio::sync::watch;

/// Cuts that one keeper has not confirmed at most. One more is not kept, and so never confirmed:
/// the next daemon does it again.
const UNCONFIRMED: usize = 4096;

/// What one keeper has not confirmed, by number, the oldest first.
#[derive(Default, Debug)]
pub(super) struct Unconfirmed {
    next: u64,
    cuts: BTreeMap<u64, (DeviceId, u64)>,
}

impl Unconfirmed {
    /// Those from this number on: a device, and the epoch from which on it may attach.
    pub(super) fn since(&self, number: u64) -> Vec<(u64, (DeviceId, u64))> {
        let cuts = self.cuts.range(number..);
        cuts.map(|(number, cut)| (*number, *cut)).collect()
    }

    fn add(&mut self, cuts: &[(DeviceId, u64)]) -> bool {
        let room = self.cuts.len() + cuts.len() <= UNCONFIRMED;
        for cut in cuts.iter().filter(|_| room) {
            self.cuts.insert(self.next, *cut);
            self.next += 1;
        }
        room
    }

    fn none_before(&self, number: u64) -> bool {
        let first = self.cuts.first_key_value();
        first.is_none_or(|(first, _)| *first >= number)
    }
}

/// The cuts of all keepers.
#[derive(Default)]
pub(super) struct Cuts(Mutex<HashMap<SessionId, watch::Sender<Unconfirmed>>>);

impl Cuts {
    /// Has a keeper drop these devices. The answer comes when it has: `false` if there are too many
    /// already.
    pub(super) fn add(
        &self,
        session: SessionId,
        cuts: &[(DeviceId, u64)],
    ) -> impl Future<Output = bool> + Send + use<> {
        let mut keepers = self.lock();
        let keeper = keepers.entry(session).or_default();
        let mut kept = false;
        keeper.send_modify(|unconfirmed| kept = unconfirmed.add(cuts));
        let (end, mut watched) = (keeper.borrow().next, keeper.subscribe());
        async move {
            // A keeper that is gone holds nothing.
            let _ = watched
                .wait_for(|unconfirmed| unconfirmed.none_before(end))
                .await;
            kept
        }
    }

    /// What one keeper has not confirmed, and whatever is added.
    pub(super) fn of(&self, session: SessionId) -> watch::Receiver<Unconfirmed> {
        self.lock().entry(session).or_default().subscribe()
    }

    pub(super) fn confirmed(&self, session: SessionId, number: u64) {
        if let Some(keeper) = self.lock().get(&session) {
            keeper.send_if_modified(|unconfirmed| unconfirmed.cuts.remove(&number).is_some());
        }
    }

    /// This keeper is not there any more.
    pub(super) fn gone(&self, session: SessionId) {
        self.lock().remove(&session);
    }

    /// The sessions whose keepers have not confirmed everything.
    pub(super) fn silent(&self) -> Vec<SessionId> {
        let keepers = self.lock();
        let silent = keepers
            .iter()
            .filter(|(_, keeper)| !keeper.borrow().cuts.is_empty());
        silent.map(|(session, _)| *session).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, watch::Sender<Unconfirmed>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const SESSION: SessionId = SessionId([1; 16]);

    fn device(n: u8) -> (DeviceId, u64) {
        (DeviceId([n; 16]), 0)
    }

    #[test]
    fn a_cut_stays_until_it_is_confirmed() {
        let cuts = Cuts::default();
        let mut watched = cuts.of(SESSION);
        let mut first = Box::pin(cuts.add(SESSION, &[device(1), device(2)]));
        let mut second = Box::pin(cuts.add(SESSION, &[device(3)]));
        assert!(watched.has_changed().unwrap());
        assert_eq!(watched.borrow_and_update().since(1).len(), 2);
        cuts.confirmed(SESSION, 0);
        assert_eq!(first.as_mut().now_or_never(), None);
        cuts.confirmed(SESSION, 1);
        assert_eq!(first.now_or_never(), Some(true));
        assert_eq!(second.as_mut().now_or_never(), None);
        assert_eq!(cuts.silent(), [SESSION]);
        assert_eq!(watched.borrow().since(0), [(2, device(3))]);
        cuts.gone(SESSION);
        assert_eq!(second.now_or_never(), Some(true));
        assert_eq!(cuts.silent(), []);
    }

    #[test]
    fn more_than_are_kept_are_never_confirmed() {
        let cuts = Cuts::default();
        let kept = cuts.add(SESSION, &vec![device(1); UNCONFIRMED]);
        let more = cuts.add(SESSION, &[device(2)]);
        assert_eq!(cuts.of(SESSION).borrow().cuts.len(), UNCONFIRMED);
        cuts.gone(SESSION);
        assert_eq!(
            (kept.now_or_never(), more.now_or_never()),
            (Some(true), Some(false))
        );
    }
}
