//! Failures of strangers, counted: they make few rows, however many there are. Pure.

use std::collections::HashMap;
use std::net::IpAddr;

use super::super::web::Neighbourhood;

/// Milliseconds in which one address makes at most one row.
const MINUTE: u64 = 60 * 1000;
/// Rows of all addresses together in a minute at most: each is a write to the disk.
const ROWS: u32 = 30;
/// Addresses that are counted each by itself at most; one more takes the place of the one whose row
/// is the oldest.
const ADDRESSES: usize = 1024;

/// What is known of one address.
#[derive(Debug)]
struct Count {
    written: u64,
    since: u32,
}

/// Failures that made no row of their own.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Before {
    /// Of the same address, since its row before.
    pub(super) here: u32,
    /// Of addresses that are not counted any more, since the row that told of such.
    pub(super) elsewhere: u32,
}

#[derive(Default, Debug)]
pub(super) struct Strangers {
    counts: HashMap<Neighbourhood, Count>,
    elsewhere: u32,
    minute: u64,
    rows: u32,
}

impl Strangers {
    /// A failure from this address. Answers whether it makes a row, and what that row tells of
    /// those before.
    pub(super) fn failed(&mut self, address: IpAddr, now: u64) -> Option<Before> {
        if now / MINUTE != self.minute {
            self.minute = now / MINUTE;
            self.rows = 0;
            self.counts
                .retain(|_, count| count.since > 0 || now.saturating_sub(count.written) < MINUTE);
        }
        let address = Neighbourhood::of(address);
        let first = !self.counts.contains_key(&address);
        if first && self.counts.len() >= ADDRESSES {
            self.forget_oldest();
        }
        let count = self.counts.entry(address).or_insert(Count {
            written: now,
            since: 0,
        });
        let due = first || now.saturating_sub(count.written) >= MINUTE;
        if !due || self.rows >= ROWS {
            count.since = count.since.saturating_add(1);
            return None;
        }
        self.rows += 1;
        count.written = now;
        Some(Before {
            here: std::mem::take(&mut count.since),
            elsewhere: std::mem::take(&mut self.elsewhere),
        })
    }

    fn forget_oldest(&mut self) {
        let oldest = self.counts.iter().min_by_key(|(_, count)| count.written);
        let oldest = oldest.map(|(address, _)| *address);
        let forgotten = oldest.and_then(|address| self.counts.remove(&address));
        let since = forgotten.map_or(0, |count| count.since);
        self.elsewhere = self.elsewhere.saturating_add(since);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn from(n: u32) -> IpAddr {
        IpAddr::from((0x7f00_0000 + n).to_be_bytes())
    }

    const NONE: Before = Before {
        here: 0,
        elsewhere: 0,
    };

    #[test]
    fn an_address_makes_one_row_a_minute() {
        let mut strangers = Strangers::default();
        let mut rows = Vec::new();
        for second in 0..150 {
            let row = strangers.failed(address("192.0.2.1"), MINUTE * 10 + second * 1000);
            rows.extend(row.map(|before| (second, before.here)));
        }
        assert_eq!(rows, [(0, 0), (60, 59), (120, 59)]);
    }

    #[test]
    fn one_network_is_one_address_however_it_is_written() {
        let mut strangers = Strangers::default();
        let alike = ["192.0.2.1", "::ffff:192.0.2.1"];
        let rows = alike.map(|text| strangers.failed(address(text), MINUTE));
        assert_eq!(rows, [Some(NONE), None]);
        let alike = ["2001:db8::1", "2001:db8::2:3:4:5"];
        let rows = alike.map(|text| strangers.failed(address(text), MINUTE));
        assert_eq!(rows, [Some(NONE), None]);
        assert_eq!(
            strangers.failed(address("2001:db8:0:1::1"), MINUTE),
            Some(NONE)
        );
    }

    #[test]
    fn many_addresses_make_no_more_than_so_many_rows() {
        let mut strangers = Strangers::default();
        let rows = |strangers: &mut Strangers, now| {
            let rows = (0..5000).filter(|n| strangers.failed(from(*n), now).is_some());
            rows.count()
        };
        assert_eq!(rows(&mut strangers, MINUTE), ROWS as usize);
        assert_eq!(rows(&mut strangers, MINUTE), 0);
        assert!(strangers.counts.len() <= ADDRESSES);
        assert_eq!(rows(&mut strangers, 3 * MINUTE), ROWS as usize);
    }

    /// However many there were, one who comes later has its row, which tells of the others.
    #[test]
    fn many_addresses_hide_nobody() {
        let mut strangers = Strangers::default();
        for n in 0..5000 {
            strangers.failed(from(n), MINUTE);
            strangers.failed(from(n), MINUTE);
        }
        let row = strangers.failed(from(9999), 100 * MINUTE).unwrap();
        let counted: u32 = strangers.counts.values().map(|count| count.since).sum();
        assert_eq!((row.here, row.elsewhere + counted), (0, 10_000 - ROWS));
        assert_eq!(
            strangers.failed(from(9998), 100 * MINUTE).map(|b| b.here),
            Some(0)
        );
        assert_eq!(strangers.counts.len(), ADDRESSES);
    }
}
