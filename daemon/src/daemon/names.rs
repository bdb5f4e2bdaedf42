//! The name of a session that was given none.

/// Characters of a made-up name at most, so that lists stay narrow.
const MADE_UP: usize = 24;

/// A name for a session that runs `command` (its words; empty: the shell at `shell`), different
/// from all that `taken` knows.
#[must_use]
pub(super) fn make_up(command: &[Vec<u8>], shell: &str, taken: impl Fn(&str) -> bool) -> String {
    let program = command
        .first()
        .map_or_else(|| shell.into(), |word| String::from_utf8_lossy(word));
    let base = program.rsplit('/').next().unwrap_or_default();
    let base: String = base
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || "._+".contains(c) {
                c
            } else {
                '-'
            }
        })
        .take(MADE_UP)
        .collect();
    let base = match base.trim_matches('-') {
        "" => "session",
        base => base,
    };
    std::iter::once(base.to_owned())
        .chain((2..=u64::MAX).map(|n| format!("{base}-{n}")))
        .find(|name| !taken(name))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_command() {
        let check = |command: &[&str], taken: &[&str], expected: &str| {
            let words: Vec<Vec<u8>> = command.iter().map(|w| w.as_bytes().to_vec()).collect();
            let name = make_up(&words, "/bin/zsh", |name| taken.contains(&name));
            assert_eq!(name, expected, "{command:?}");
            assert_eq!(abide_protocol::name::fault(&name), None, "{command:?}");
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
