//! Names of sessions: which ones are legal. Clients check before they ask, the daemon before it
//! grants.

use crate::ids::SessionId;
use crate::limits::MAX_NAME;
use crate::text::is_bidi_control;

/// Why a name cannot be used; `None` if it can.
#[must_use]
pub fn fault(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("a name cannot be empty".into());
    }
    if name.len() > MAX_NAME {
        let bytes = name.len();
        return Some(format!(
            "a name has at most {MAX_NAME} bytes, this one has {bytes}"
        ));
    }
    if name.chars().any(|c| c.is_control() || is_bidi_control(c)) {
        return Some("a name cannot have control characters".into());
    }
    if name.starts_with('-') {
        return Some("a name cannot begin with '-'".into());
    }
    if name.trim() != name {
        return Some("a name cannot begin or end with a space".into());
    }
    if name.parse::<SessionId>().is_ok() {
        return Some("a name cannot look like a session's id".into());
    }
    None
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
        for name in [
            "",
            "a\nb",
            "\u{1b}[31m",
            "a\u{202e}b",
            "-x",
            " x",
            "x ",
            &long,
            uuid,
        ] {
            assert!(fault(name).is_some(), "{name:?}");
        }
    }
}
