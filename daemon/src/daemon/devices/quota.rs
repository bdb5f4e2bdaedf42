//! What a device may ask for at a time, over all of its links together.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Links of one device at a time at most.
pub(in crate::daemon) const LINKS: usize = 8;
/// Viewers of one device at a time at most. A link has one, so that links run out first, unless a
/// viewer is still leaving.
const VIEWERS: usize = 64;
/// Requests of one device that are not answered yet at most.
const REQUESTS: usize = 16;
/// Searches that one device may begin in [`SEARCH_TIME`].
const SEARCHES: usize = 4;
const SEARCH_TIME: Duration = Duration::from_secs(1);

const _: () = assert!(LINKS <= VIEWERS, "each link may have its viewer");

#[derive(Debug)]
pub(super) struct Quota {
    requests: Arc<Semaphore>,
    viewers: Arc<Semaphore>,
    searches: VecDeque<Instant>,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            requests: Arc::new(Semaphore::new(REQUESTS)),
            viewers: Arc::new(Semaphore::new(VIEWERS)),
            searches: VecDeque::new(),
        }
    }
}

/// Why it has to wait; one line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(in crate::daemon) enum Excess {
    #[error("this device has {LINKS} connections already; close one and try again")]
    Links,
    #[error("this device has {REQUESTS} requests open already; wait for an answer")]
    Requests,
    #[error("this device has {VIEWERS} viewers already; close one and try again")]
    Viewers,
    #[error("this device searches more than {SEARCHES} times a second; wait a moment")]
    Searches,
}

impl Quota {
    /// A place for a request until its answer is made.
    pub(super) fn request(&self) -> Result<OwnedSemaphorePermit, Excess> {
        let place = Arc::clone(&self.requests).try_acquire_owned();
        place.map_err(|_| Excess::Requests)
    }

    /// A place for a viewer as long as it is open.
    pub(super) fn viewer(&self) -> Result<OwnedSemaphorePermit, Excess> {
        let place = Arc::clone(&self.viewers).try_acquire_owned();
        place.map_err(|_| Excess::Viewers)
    }

    pub(super) fn search(&mut self, now: Instant) -> Result<(), Excess> {
        let old = |at: &Instant| now.saturating_duration_since(*at) >= SEARCH_TIME;
        while self.searches.front().is_some_and(old) {
            self.searches.pop_front();
        }
        if self.searches.len() >= SEARCHES {
            return Err(Excess::Searches);
        }
        self.searches.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_are_counted_by_the_second() {
        let (mut quota, begun) = (Quota::default(), Instant::now());
        let at = |ms| begun + Duration::from_millis(ms);
        for (ms, expected) in [
            (0, Ok(())),
            (100, Ok(())),
            (200, Ok(())),
            (300, Ok(())),
            (999, Err(Excess::Searches)),
            (1000, Ok(())),
            (1099, Err(Excess::Searches)),
            (1100, Ok(())),
        ] {
            assert_eq!(quota.search(at(ms)), expected, "{ms}");
        }
    }

    #[test]
    fn viewers_have_places_until_they_leave() {
        let quota = Quota::default();
        let mut places: Vec<_> = (0..VIEWERS).map(|_| quota.viewer().unwrap()).collect();
        let excess = quota.viewer().unwrap_err();
        assert_eq!(excess, Excess::Viewers);
        assert!(excess.to_string().contains("has 64 viewers already"));
        assert!(quota.request().is_ok(), "another limit");
        places.pop();
        assert!(quota.viewer().is_ok());
    }

    #[test]
    fn requests_have_places_until_they_are_answered() {
        let quota = Quota::default();
        let mut places: Vec<_> = (0..REQUESTS).map(|_| quota.request().unwrap()).collect();
        assert_eq!(quota.request().unwrap_err(), Excess::Requests);
        places.pop();
        assert!(quota.request().is_ok());
    }
}
