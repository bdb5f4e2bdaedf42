//! What time it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch.
#[must_use]
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap_or(Duration::ZERO).as_millis()).unwrap_or(u64::MAX)
}

/// A moment as people and other programs read it: `2026-11-27 19:25:03Z`.
#[must_use]
pub fn utc(ms: u64) -> String {
    let seconds = ms / 1000;
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

/// The end of a time as people read it: its day, or the moment if that is within two days.
#[must_use]
pub fn end(ms: u64, now: u64) -> String {
    let moment = utc(ms);
    if ms.saturating_sub(now) < 2 * 86_400_000 {
        return moment;
    }
    moment.get(..10).unwrap_or_default().into()
}

/// Year, month and day of a day counted from 1970-01-01. Years are counted from March on, so that
/// the leap day is the last one.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_day_or_a_moment() {
        let (now, day) = (1_798_761_600_000, 86_400_000);
        assert_eq!(end(now + 2 * day, now), "2027-01-03");
        assert_eq!(end(now + 2 * day - 1, now), "2027-01-02 23:59:59Z");
        assert_eq!(end(0, now), "1970-01-01 00:00:00Z");
    }

    #[test]
    fn moments_are_written_as_calendars_have_them() {
        for (seconds, expected) in [
            (0, "1970-01-01 00:00:00Z"),
            (951_782_399, "2000-02-28 23:59:59Z"),
            (951_782_400, "2000-02-29 00:00:00Z"),
            (1_709_251_199, "2024-02-29 23:59:59Z"),
            (1_798_761_600, "2027-01-01 00:00:00Z"),
            (4_107_542_400, "2100-03-01 00:00:00Z"),
        ] {
            assert_eq!(utc(seconds * 1000), expected);
        }
    }
}
