//! The environment of a session's program: that of whoever made the session, without what tells a
//! program which terminal, multiplexer or agent it runs in, and with what is true here. Pure.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use abide_protocol::SessionId;
use abide_protocol::message::EnvVar;

/// Variables that say where a program runs. They are those of the place a session was made from,
/// and wrong in the session.
const IDENTITY: &[&str] = &[
    "AI_AGENT",
    "AMP_CURRENT_THREAD_ID",
    "AMP_THREAD_ID",
    "CLAUDECODE",
    "CLAUDE_CODE_BRIDGE_SESSION_ID",
    "CLAUDE_CODE_CHILD_SESSION",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_EXECPATH",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDE_CODE_SSE_PORT",
    "CLAUDE_EFFORT",
    "CLAUDE_ENV_FILE",
    "CLAUDE_PID",
    "CLAUDE_PROJECT_DIR",
    "CODEX_CI",
    "CODEX_THREAD_ID",
    "COLUMNS",
    "GEMINI_CLI",
    "ITERM_PROFILE",
    "ITERM_SESSION_ID",
    "LC_TERMINAL",
    "LC_TERMINAL_VERSION",
    "LINES",
    "OPENCODE",
    "OPENCODE_BIN_PATH",
    "OPENCODE_PID",
    "OPENCODE_PROCESS_ROLE",
    "OPENCODE_RUN_ID",
    "STY",
    "TERM_SESSION_ID",
    "TMUX",
    "TMUX_PANE",
    "VTE_VERSION",
    "WINDOWID",
    "WT_PROFILE_ID",
    "WT_SESSION",
];

/// Beginnings of the names of such variables.
const IDENTITY_PREFIXES: &[&str] = &[
    "ABIDE_SESSION",
    "CLAUDE_CODE_REMOTE",
    "CLAUDE_PLUGIN_",
    "CODEX_SANDBOX",
    "CURSOR_",
    "GHOSTTY_",
    "KITTY_",
    "TERM_PROGRAM",
    "VSCODE_",
    "WEZTERM_",
    "ZELLIJ",
];

/// Endings of the names of credentials, which stay whatever their beginning.
const CREDENTIALS: &[&str] = &["_API_KEY", "_TOKEN"];

/// What is true in a session.
pub(crate) struct Here<'a> {
    pub(crate) session: SessionId,
    pub(crate) version: &'a str,
    pub(crate) directory: &'a Path,
    /// The link that always leads to the ssh agent of the client that attached last.
    pub(crate) ssh_auth_sock: Option<&'a Path>,
}

/// The whole environment, by name. `extra` is what the user asked for by hand; it wins.
pub(crate) fn environment(
    base: &[EnvVar],
    extra: &[EnvVar],
    here: &Here<'_>,
) -> Vec<(OsString, OsString)> {
    let mut all: BTreeMap<Vec<u8>, Vec<u8>> = base
        .iter()
        .filter(|var| is_legal(var) && !is_identity(&var.name))
        .map(|var| (var.name.clone(), var.value.clone()))
        .collect();
    ensure_utf8(&mut all);
    let mut set = |name: &str, value: &[u8]| {
        all.insert(name.into(), value.into());
    };
    set("TERM", b"xterm-256color");
    set("COLORTERM", b"truecolor");
    set("TERM_PROGRAM", b"abide");
    set("TERM_PROGRAM_VERSION", here.version.as_bytes());
    set("ABIDE_SESSION", here.session.to_string().as_bytes());
    set("PWD", here.directory.as_os_str().as_bytes());
    if let Some(link) = here.ssh_auth_sock {
        set("SSH_AUTH_SOCK", link.as_os_str().as_bytes());
    }
    for var in extra.iter().filter(|var| is_legal(var)) {
        all.insert(var.name.clone(), var.value.clone());
    }
    all.into_iter()
        .map(|(name, value)| (OsString::from_vec(name), OsString::from_vec(value)))
        .collect()
}

/// What the system can pass on.
fn is_legal(var: &EnvVar) -> bool {
    !var.name.is_empty()
        && !var.name.contains(&b'=')
        && !var.name.contains(&0)
        && !var.value.contains(&0)
}

fn is_identity(name: &[u8]) -> bool {
    let exact = IDENTITY.iter().any(|known| known.as_bytes() == name);
    let begins = IDENTITY_PREFIXES
        .iter()
        .any(|prefix| name.starts_with(prefix.as_bytes()));
    let credential = CREDENTIALS
        .iter()
        .any(|ending| name.ends_with(ending.as_bytes()));
    exact || (begins && !credential)
}

/// Programs must know that the terminal takes UTF-8. The first of these that is set decides.
fn ensure_utf8(all: &mut BTreeMap<Vec<u8>, Vec<u8>>) {
    let deciding = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find(|name| {
        all.get(name.as_bytes())
            .is_some_and(|value| !value.is_empty())
    });
    let utf8 = deciding
        .and_then(|name| all.get(name.as_bytes()))
        .is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            value.ends_with(b"utf-8") || value.ends_with(b"utf8")
        });
    if !utf8 {
        let name = if deciding == Some("LC_ALL") {
            "LC_ALL"
        } else {
            "LC_CTYPE"
        };
        all.insert(name.into(), b"C.UTF-8".into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(pairs: &[(&str, &str)]) -> Vec<EnvVar> {
        let var = |(name, value): &(&str, &str)| EnvVar {
            name: (*name).into(),
            value: (*value).into(),
        };
        pairs.iter().map(var).collect()
    }

    /// What `name` is in the session that was made from `base` with `extra`.
    fn check(base: &[(&str, &str)], extra: &[(&str, &str)], name: &str, expected: Option<&str>) {
        let here = Here {
            session: SessionId([0x11; 16]),
            version: "9.9.9",
            directory: Path::new("/somewhere"),
            ssh_auth_sock: Some(Path::new("/run/link")),
        };
        let all = environment(&vars(base), &vars(extra), &here);
        let found = all
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value);
        assert_eq!(
            found.and_then(|value| value.to_str()),
            expected,
            "{name} from {base:?}"
        );
    }

    #[test]
    fn identity_goes_and_the_rest_stays() {
        for gone in [
            "TMUX",
            "CLAUDECODE",
            "KITTY_WINDOW_ID",
            "TERM_PROGRAM_X",
            "CURSOR_AGENT",
            "LINES",
        ] {
            check(&[(gone, "x")], &[], gone, None);
        }
        for kept in [
            "PATH",
            "ANTHROPIC_API_KEY",
            "CURSOR_API_KEY",
            "KITTYWAKE",
            "ABIDE_HOME",
            "X",
        ] {
            check(&[(kept, "x")], &[], kept, Some("x"));
        }
    }

    #[test]
    fn the_session_says_what_is_true_and_the_user_has_the_last_word() {
        check(&[("TERM", "dumb")], &[], "TERM", Some("xterm-256color"));
        check(
            &[("TERM", "dumb")],
            &[("TERM", "vt100")],
            "TERM",
            Some("vt100"),
        );
        check(&[], &[], "COLORTERM", Some("truecolor"));
        check(
            &[("TERM_PROGRAM", "other")],
            &[],
            "TERM_PROGRAM",
            Some("abide"),
        );
        check(&[], &[], "TERM_PROGRAM_VERSION", Some("9.9.9"));
        check(
            &[("ABIDE_SESSION", "outer")],
            &[],
            "ABIDE_SESSION",
            Some("11111111-1111-1111-1111-111111111111"),
        );
        check(
            &[("SSH_AUTH_SOCK", "/old")],
            &[],
            "SSH_AUTH_SOCK",
            Some("/run/link"),
        );
        check(&[("PWD", "/old")], &[], "PWD", Some("/somewhere"));
        check(&[], &[("TMUX", "by hand")], "TMUX", Some("by hand"));
        check(&[], &[("A=B", "x"), ("", "x"), ("C", "a\0b")], "C", None);
    }

    #[test]
    fn the_locale_is_utf8() {
        check(&[("LANG", "de_DE.UTF-8")], &[], "LC_CTYPE", None);
        check(&[("LANG", "C")], &[], "LC_CTYPE", Some("C.UTF-8"));
        check(&[], &[], "LC_CTYPE", Some("C.UTF-8"));
        check(
            &[("LC_ALL", "POSIX"), ("LANG", "en_US.UTF-8")],
            &[],
            "LC_ALL",
            Some("C.UTF-8"),
        );
        check(
            &[("LC_ALL", "en_US.utf8")],
            &[],
            "LC_ALL",
            Some("en_US.utf8"),
        );
    }
}
