//! Amounts of memory as people write them: `32 MiB`, `1 GiB`, `0`.

use serde::de::{Deserializer, Error, Visitor};

/// Reads an amount: a number of bytes, or one with a unit (`KiB`, `MiB`, `GiB`, `TiB`; `K`, `M`, `G`
/// and `T` mean the same).
pub fn parse(text: &str) -> Result<u64, String> {
    let wrong = || format!("\"{text}\" is no amount; write it like \"32 MiB\", \"1 GiB\" or 0");
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        "t" | "tib" => 40,
        _ => return Err(wrong()),
    };
    number.checked_mul(1 << shift).ok_or_else(wrong)
}

/// An amount in a configuration file: a text or a number of bytes.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    struct Amount;

    impl Visitor<'_> for Amount {
        type Value = Option<u64>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an amount like \"32 MiB\"")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            parse(text).map(Some).map_err(E::custom)
        }

        fn visit_u64<E: Error>(self, bytes: u64) -> Result<Self::Value, E> {
            Ok(Some(bytes))
        }

        fn visit_i64<E: Error>(self, bytes: i64) -> Result<Self::Value, E> {
            u64::try_from(bytes)
                .map(Some)
                .map_err(|_| E::custom("an amount is not negative"))
        }
    }

    deserializer.deserialize_any(Amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read() {
        let check = |text, expected| assert_eq!(parse(text).ok(), expected, "{text}");
        check("0", Some(0));
        check("4096", Some(4096));
        check("32 MiB", Some(32 << 20));
        check("32MiB", Some(32 << 20));
        check(" 1 gib ", Some(1 << 30));
        check("2G", Some(2 << 30));
        check("3 k", Some(3 << 10));
        check("", None);
        check("MiB", None);
        check("1.5 GiB", None);
        check("-1", None);
        check("1 MB", None);
        check("99999999999 TiB", None);
    }
}
