//! Names of sessions: which are legal, and which one is made up when none is given.

use abide_protocol::limits;

/// Characters of a made-up name at most, so that lists stay narrow.
const MADE_UP: usize = 24;

/// Why a name cannot be used; `None` if it can.
#[must_use]
pub fn fault(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("a name cannot be empty".into());
    }
    if name.len() > limits::MAX_NAME {
        return Some(format!(
            "a name has at most {} bytes, this one has {}",
            limits::MAX_NAME,
            name.len()
        ));
    }
    if name.chars().any(|c| c.is_control() || is_bidi(c)) {
        return Some("a name cannot have control characters".into());
    }
    if name.starts_with('-') {
        return Some("a name cannot begin with '-'".into());
    }
    if name.trim() != name {
        return Some("a name cannot begin or end with a space".into());
    }
    if name.parse::<abide_protocol::SessionId>().is_ok() {
        return Some("a name cannot look like a session's id".into());
    }
    None
}

/// A name for a session that runs `command` (its words; empty: the shell at `shell`), different
/// from all that `taken` knows.
#[must_use]
pub fn make_up(command: &[Vec<u8>], shell: &str, taken: impl Fn(&str) -> bool) -> String {
    let program = command
        .first()
        .map_or_else(|| shell.into(), |word| String::from_utf8_lossy(word));
    let base = program.rsplit('/').next().unwrap_or_default();
    let base: String = base
        .chars()
        .map(|c| if c.is_alphanumeric() || "._+".contains(c) { c } else { '-' })
        .take(MADE_UP)
        .collect();
    let base = match base.trim_matches('-') {
        "" => "session",
        base => base,
    };
    std::iter::once(base.to_owned())
        .chain((2_u64..).map(|n| format!("{base}-{n}")))
        .find(|name| !taken(name))
        .unwrap_or_default()
}

/// Characters that reorder the text around them.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_names() {
        for name in ["a", "my work", "büro", "dead", "fix #12", &"x".repeat(64)] {
            assert_eq!(fault(name), None, "{name}");
        }
    }

    #[test]
    fn illegal_names() {
        let long = "x".repeat(65);
        let uuid = "0192f0c1-7b3e-7000-8000-000000000001";
        for name in ["", "a\nb", "\u{1b}[31m", "a\u{202e}b", "-x", " x", "x ", &long, uuid] {
            assert!(fault(name).is_some(), "{name:?}");
        }
    }

    #[test]
    fn names_come_from_the_command() {
        let check = |command: &[&str], taken: &[&str], expected: &str| {
            let words: Vec<Vec<u8>> = command.iter().map(|w| w.as_bytes().to_vec()).collect();
            let name = make_up(&words, "/bin/zsh", |name| taken.contains(&name));
            assert_eq!(name, expected, "{command:?}");
            assert_eq!(fault(&name), None, "{command:?}");
        };
        check(&[], &[], "zsh");
        check(&["claude"], &[], "claude");
        check(&["/usr/bin/vim", "file"], &[], "vim");
        check(&["claude"], &["claude"], "claude-2");
        check(&["claude"], &["claude", "claude-2"], "claude-3");
        check(&["./-weird \u{1b} name-"], &[], "weird---name");
        check(&["///"], &[], "session");
        check(&[&"y".repeat(100)], &[], &"y".repeat(24));
    }
}
