//! Times as people write and read them: `90s`, `5m`, `3d`.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Reads a time: a number with a unit (`ms`, `s`, `m`, `h`, `d`), or several (`1h30m`). A number
/// alone is seconds.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is a number with a unit: 500ms, 30s, 5m, 2h, 1d".to_owned();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|_| wrong());
    }
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, after) = rest.split_at(digits);
        let unit = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let part = match unit {
            "ms" => Some(Duration::from_millis(number)),
            "s" => Some(Duration::from_secs(number)),
            "m" => number.checked_mul(MINUTE).map(Duration::from_secs),
            "h" => number.checked_mul(HOUR).map(Duration::from_secs),
            "d" => number.checked_mul(DAY).map(Duration::from_secs),
            _ => None,
        };
        sum = part
            .and_then(|part| sum.checked_add(part))
            .ok_or_else(wrong)?;
        rest = after;
    }
    if text.is_empty() {
        Err(wrong())
    } else {
        Ok(sum)
    }
}

/// The time between two moments (milliseconds since the epoch) in its largest unit: `3m`.
#[must_use]
pub fn age(from: u64, now: u64) -> String {
    let seconds = now.saturating_sub(from) / 1000;
    match seconds {
        0..MINUTE => format!("{seconds}s"),
        MINUTE..HOUR => format!("{}m", seconds / MINUTE),
        HOUR..DAY => format!("{}h", seconds / HOUR),
        _ => format!("{}d", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let check = |text, expected: Option<u64>| {
            let read = parse(text).ok().map(|time| time.as_millis());
            assert_eq!(read, expected.map(u128::from), "{text}");
        };
        check("30s", Some(30_000));
        check("5m", Some(300_000));
        check("1h30m", Some(5_400_000));
        check("250ms", Some(250));
        check("2d", Some(172_800_000));
        check("1.5", Some(1500));
        check("0", Some(0));
        check("", None);
        check("-1", None);
        check("5 m", None);
        check("m", None);
        check("3x", None);
        check("99999999999999999999s", None);
        check("99999999999999999d", None);
    }

    #[test]
    fn ages_have_one_unit() {
        let check = |seconds: u64, expected| assert_eq!(age(1000, 1000 + seconds * 1000), expected);
        check(0, "0s");
        check(59, "59s");
        check(60, "1m");
        check(3599, "59m");
        check(3600, "1h");
        check(86_399, "23h");
        check(86_400, "1d");
        check(864_000, "10d");
        assert_eq!(age(5000, 1000), "0s", "a clock that went back");
    }
}
