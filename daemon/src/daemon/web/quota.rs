//! What one address, and all strangers together, may take before they are known.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::limits::{ARRIVALS, ARRIVALS_EACH, MAX_ADDRESSES, STRANGERS_EACH};

/// Who shares a quota: an IPv4 address, or an IPv6 network of 64 bits, which one subscriber has. An
/// IPv4 address written as one of IPv6 is the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(in crate::daemon) struct Neighbourhood(IpAddr);

impl Neighbourhood {
    pub(in crate::daemon) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                Ipv6Addr::from_bits(network).into()
            }
        })
    }
}

impl fmt::Display for Neighbourhood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a neighbourhood has taken.
#[derive(Debug)]
struct Account {
    /// Arrivals that it may still have, at `at`.
    left: f64,
    at: Instant,
    /// Of it, half open.
    strangers: usize,
}

impl Account {
    fn fresh(now: Instant) -> Self {
        Self {
            left: f64::from(ARRIVALS),
            at: now,
            strangers: 0,
        }
    }

    fn refill(&mut self, now: Instant) {
        let since = now.saturating_duration_since(self.at);
        let gained = since.as_secs_f64() / ARRIVALS_EACH.as_secs_f64();
        self.left = (self.left + gained).min(f64::from(ARRIVALS));
        self.at = now;
    }

    /// Remembering it makes no difference.
    fn idle(&self, now: Instant) -> bool {
        let full = ARRIVALS_EACH.saturating_mul(ARRIVALS);
        self.strangers == 0 && now.saturating_duration_since(self.at) >= full
    }
}

#[derive(Default, Debug)]
struct Book {
    accounts: HashMap<Neighbourhood, Account>,
    /// So many may be half open; one more closes the oldest.
    most: usize,
    /// All that are half open, the oldest first; to drop one tells it to go.
    strangers: BTreeMap<u64, oneshot::Sender<()>>,
    next: u64,
}

/// Why somebody was turned away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Excess {
    /// Too many half open from one address.
    Strangers,
    /// Too many arrivals from one address.
    Arrivals,
    /// More addresses than are remembered, none of them idle.
    Addresses,
}

/// The quotas. Cloned handles share them.
#[derive(Clone, Debug)]
pub(super) struct Quota(Arc<Mutex<Book>>);

/// A place among the half open; given back on drop.
#[derive(Debug)]
pub(super) struct Place {
    quota: Quota,
    neighbourhood: Neighbourhood,
    number: u64,
    /// `None`: it was told to go.
    go: Option<oneshot::Receiver<()>>,
}

impl Quota {
    /// With room for so many half open at once.
    pub(super) fn new(most: usize) -> Self {
        Self(Arc::new(Mutex::new(Book {
            most,
            ..Book::default()
        })))
    }

    /// Admits a stranger.
    pub(super) fn admit(&self, address: IpAddr, now: Instant) -> Result<Place, Excess> {
        let neighbourhood = Neighbourhood::of(address);
        self.with(|book| {
            if !book.accounts.contains_key(&neighbourhood) && book.accounts.len() >= MAX_ADDRESSES {
                book.accounts.retain(|_, account| !account.idle(now));
                if book.accounts.len() >= MAX_ADDRESSES {
                    return Err(Excess::Addresses);
                }
            }
            let account = book.accounts.entry(neighbourhood);
            let account = account.or_insert_with(|| Account::fresh(now));
            account.refill(now);
            if account.strangers >= STRANGERS_EACH {
                return Err(Excess::Strangers);
            }
            if account.left < 1.0 {
                return Err(Excess::Arrivals);
            }
            account.left -= 1.0;
            account.strangers += 1;
            if book.strangers.len() >= book.most {
                book.strangers.pop_first();
            }
            let (stay, go) = oneshot::channel();
            let number = book.next;
            book.next += 1;
            book.strangers.insert(number, stay);
            Ok(Place {
                quota: self.clone(),
                neighbourhood,
                number,
                go: Some(go),
            })
        })
    }

    fn with<R>(&self, act: impl FnOnce(&mut Book) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Place {
    /// Returns when who has it must go: it is the oldest of too many.
    pub(super) async fn lost(&mut self) {
        if let Some(go) = &mut self.go {
            let _ = go.await;
            self.go = None;
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.go.is_none()
    }

    /// Who had it is known now: the arrival does not count.
    pub(super) fn known(self) {
        self.quota.with(|book| {
            if let Some(account) = book.accounts.get_mut(&self.neighbourhood) {
                account.left = (account.left + 1.0).min(f64::from(ARRIVALS));
            }
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.quota.with(|book| {
            book.strangers.remove(&self.number);
            if let Some(account) = book.accounts.get_mut(&self.neighbourhood) {
                account.strangers = account.strangers.saturating_sub(1);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const MAX: usize = 100;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn book(quota: &Quota) -> (usize, usize) {
        quota.with(|book| (book.accounts.len(), book.strangers.len()))
    }

    #[test]
    fn one_address_has_one_quota_however_it_is_written() {
        let spellings = [
            "192.0.2.7",
            "::ffff:192.0.2.7",
            "::ffff:c000:207",
            "::FFFF:C000:0207",
            "0:0:0:0:0:ffff:192.0.2.7",
            "0000:0000:0000:0000:0000:ffff:c000:0207",
        ];
        let now = Instant::now();
        let quota = Quota::new(MAX);
        let mut places = Vec::new();
        for n in 0..STRANGERS_EACH {
            let spelling = address(spellings[n % spellings.len()]);
            places.push(quota.admit(spelling, now).unwrap());
        }
        for spelling in spellings {
            let refused = quota.admit(address(spelling), now);
            assert_eq!(refused.unwrap_err(), Excess::Strangers, "{spelling}");
        }
        assert!(quota.admit(address("192.0.2.8"), now).is_ok());
        assert_eq!(book(&quota).0, 2);
    }

    #[test]
    fn a_network_of_ipv6_has_one_quota() {
        let of = |text| Neighbourhood::of(address(text));
        assert_eq!(
            of("2001:db8:1:2::1"),
            of("2001:db8:1:2:ffff:ffff:ffff:ffff")
        );
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }

    #[test]
    fn arrivals_come_back_with_time_and_to_those_who_are_known() {
        let mut now = Instant::now();
        let quota = Quota::new(MAX);
        let here = address("192.0.2.7");
        for _ in 0..ARRIVALS {
            drop(quota.admit(here, now).unwrap());
        }
        assert_eq!(quota.admit(here, now).unwrap_err(), Excess::Arrivals);
        now += ARRIVALS_EACH;
        for _ in 0..1000 {
            quota.admit(here, now).unwrap().known();
        }
        drop(quota.admit(here, now).unwrap());
        assert_eq!(quota.admit(here, now).unwrap_err(), Excess::Arrivals);
    }

    #[test]
    fn the_oldest_of_too_many_has_to_go() {
        let now = Instant::now();
        let quota = Quota::new(MAX);
        let mut all = Vec::new();
        for n in 0..=MAX {
            let n = u32::try_from(n / STRANGERS_EACH).unwrap();
            let address = std::net::Ipv4Addr::from_bits(0x0a00_0000 + n);
            all.push(quota.admit(address.into(), now).unwrap());
        }
        let told = all.iter_mut().map(|place| place.lost().now_or_never());
        let told: Vec<_> = told.map(|told| told.is_some()).collect();
        assert!(told[0] && !told[1..].contains(&true));
        assert_eq!(book(&quota).1, MAX);
        all.clear();
        assert_eq!(book(&quota).1, 0);
    }

    #[test]
    fn addresses_are_forgotten_when_they_are_idle() {
        let mut now = Instant::now();
        let quota = Quota::new(MAX);
        let nth = |n: usize| IpAddr::from(std::net::Ipv4Addr::from_bits(n as u32));
        for n in 0..MAX_ADDRESSES {
            drop(quota.admit(nth(n), now).unwrap());
        }
        let late = quota.admit(nth(MAX_ADDRESSES), now);
        assert_eq!(late.unwrap_err(), Excess::Addresses);
        now += ARRIVALS_EACH * ARRIVALS;
        drop(quota.admit(nth(MAX_ADDRESSES), now).unwrap());
        assert_eq!(book(&quota).0, 1);
    }
}
