//! The configuration file, `config.toml`.

use std::io;
use std::path::Path;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::bytes;
use crate::keys::names;
use crate::keys::prefix::Chord;

/// Rows of history that an attachment brings into the native scrollback first.
const HISTORY: u64 = 1000;
/// The prefix key unless configured.
const PREFIX: &str = "ctrl+\\";

/// What can be configured.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// `None`: there is no prefix key, every key goes to the program.
    pub prefix: Option<Chord>,
    /// The prefix for people, `Ctrl-\`.
    pub prefix_name: String,
    /// Rows of history that an attachment brings into the native scrollback first.
    pub history: u64,
    /// Bytes of history that a new session keeps in memory, and beyond on disk; `None`: as its
    /// keeper has it.
    pub history_memory: Option<u64>,
    pub history_disk: Option<u64>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    prefix: String,
    #[serde(deserialize_with = "history")]
    history: History,
    /// The daemon's to read and to write.
    #[serde(rename = "share")]
    _share: IgnoredAny,
}

impl Default for File {
    fn default() -> Self {
        Self {
            prefix: PREFIX.into(),
            history: History::default(),
            _share: IgnoredAny,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct History {
    rows: u64,
    #[serde(deserialize_with = "bytes::deserialize")]
    memory: Option<u64>,
    #[serde(deserialize_with = "bytes::deserialize")]
    disk: Option<u64>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            rows: HISTORY,
            memory: None,
            disk: None,
        }
    }
}

/// A table, or a number alone, which is that of rows.
fn history<'de, D: Deserializer<'de>>(deserializer: D) -> Result<History, D::Error> {
    struct Either;

    impl<'de> Visitor<'de> for Either {
        type Value = History;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a number of rows, or rows, memory and disk")
        }

        fn visit_i64<E: Error>(self, rows: i64) -> Result<History, E> {
            let rows = u64::try_from(rows).map_err(|_| E::custom("rows are not negative"))?;
            Ok(History {
                rows,
                ..History::default()
            })
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<History, A::Error> {
            History::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_any(Either)
}

impl Config {
    /// Reads the file; one that is missing means the defaults. The error is one line.
    pub fn load(path: &Path) -> Result<Self, String> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
        };
        Self::parse(&text).map_err(|why| format!("{}: {why}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| {
                let before = text.get(..span.start).unwrap_or(text);
                before.matches('\n').count() + 1
            });
            let why = error
                .message()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned();
            match line {
                Some(line) => format!("line {line}: {why}"),
                None => why,
            }
        })?;
        let prefix =
            names::parse_prefix(&file.prefix).map_err(|error| format!("prefix: {error}"))?;
        Ok(Self {
            prefix,
            prefix_name: readable(&file.prefix),
            history: file.history.rows,
            history_memory: file.history.memory,
            history_disk: file.history.disk,
        })
    }
}

/// `ctrl+\` as people know it: `Ctrl-\`.
fn readable(name: &str) -> String {
    let capital = |part: &str| {
        let mut chars = part.chars();
        match chars.next() {
            Some(first) if part.len() > 1 => first.to_uppercase().chain(chars).collect(),
            _ => part.to_owned(),
        }
    };
    let parts: Vec<String> = name.split('+').map(capital).collect();
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_protocol::input::{Key, Mods};

    #[test]
    fn files_are_read() {
        let check = |text: &str, prefix: Option<(char, Mods)>, name: &str, history| {
            let config = Config::parse(text).unwrap();
            let chord = prefix.map(|(c, mods)| Chord {
                key: Key::Char(c),
                mods,
            });
            assert_eq!((config.prefix, config.history), (chord, history), "{text}");
            assert_eq!(config.prefix_name, name);
        };
        check("", Some(('\\', Mods::CTRL)), "Ctrl-\\", 1000);
        check(
            "[share]\nlisten = [\"192.0.2.1:7373\"]",
            Some(('\\', Mods::CTRL)),
            "Ctrl-\\",
            1000,
        );
        check("history = 0", Some(('\\', Mods::CTRL)), "Ctrl-\\", 0);
        check(
            "prefix = \"ctrl+a\"",
            Some(('a', Mods::CTRL)),
            "Ctrl-a",
            1000,
        );
    }

    #[test]
    fn history_is_a_number_of_rows_or_a_table() {
        let check = |text: &str, rows, memory, disk| {
            let config = Config::parse(text).unwrap();
            let found = (config.history, config.history_memory, config.history_disk);
            assert_eq!(found, (rows, memory, disk), "{text}");
        };
        check("history = 7", 7, None, None);
        check("history.memory = \"32 MiB\"", 1000, Some(32 << 20), None);
        check("history.disk = 0", 1000, None, Some(0));
        check(
            "[history]\nrows = 5\nmemory = 1048576\ndisk = \"2 GiB\"",
            5,
            Some(1 << 20),
            Some(2 << 30),
        );
    }

    #[test]
    fn mistakes_are_one_clear_line() {
        let check = |text: &str, expected: &str| {
            let error = Config::parse(text).unwrap_err();
            assert!(error.contains(expected) && !error.contains('\n'), "{error}");
        };
        check("history = \"many\"", "line 1: invalid type");
        check("history = -1", "line 1: rows are not negative");
        check("history.size = 1", "line 1: unknown field");
        check(
            "[history]\nmemory = \"much\"",
            "line 2: \"much\" is no amount; write it like \"32 MiB\"",
        );
        check("history.disk = -5", "line 1: an amount is not negative");
        check("\ncolour = 1", "line 2: unknown field");
        check("prefix = \"nonsense+x\"", "prefix: ");
        check("prefix = ", "line 1: ");
    }
}
