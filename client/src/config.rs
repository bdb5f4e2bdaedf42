//! The configuration file, `config.toml`.

use std::io;
use std::path::Path;

use serde::Deserialize;

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
    pub history: u64,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    prefix: String,
    history: u64,
}

impl Default for File {
    fn default() -> Self {
        Self {
            prefix: PREFIX.into(),
            history: HISTORY,
        }
    }
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
            history: file.history,
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
        check("history = 0", Some(('\\', Mods::CTRL)), "Ctrl-\\", 0);
        check(
            "prefix = \"ctrl+a\"",
            Some(('a', Mods::CTRL)),
            "Ctrl-a",
            1000,
        );
    }

    #[test]
    fn mistakes_are_one_clear_line() {
        let check = |text: &str, expected: &str| {
            let error = Config::parse(text).unwrap_err();
            assert!(error.contains(expected) && !error.contains('\n'), "{error}");
        };
        check("history = \"many\"", "line 1: invalid type");
        check("\ncolour = 1", "line 2: unknown field");
        check("prefix = \"nonsense+x\"", "prefix: ");
        check("prefix = ", "line 1: ");
    }
}
