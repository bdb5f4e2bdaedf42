//! Machines that `ssh` reaches, as words on a command line: `ssh://[USER@]HOST/SESSION`.

use std::fmt;
use std::str::FromStr;

/// What precedes the host.
pub const SCHEME: &str = "ssh://";

/// A host for `ssh`, perhaps with a user in front. It is one argument that `ssh` can take for
/// nothing else: no option, no shell's syntax.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Host(String);

/// Not a host that is passed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "ssh://HOST/SESSION has a host, or USER@HOST, of letters, digits and ._:- that does not begin with '-'"
)]
pub struct NoHost;

impl FromStr for Host {
    type Err = NoHost;

    fn from_str(text: &str) -> Result<Self, NoHost> {
        let (user, host) = match text.split_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, text),
        };
        if user.is_none_or(is_word) && is_word(host) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoHost)
        }
    }
}

fn is_word(word: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    !word.is_empty() && !word.starts_with('-') && word.bytes().all(fits)
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Host {
    /// Reads what follows [`SCHEME`]: the host, and the session's name behind the slash, if any.
    pub fn split(place: &str) -> Result<(Self, Option<&str>), NoHost> {
        let (host, session) = match place.split_once('/') {
            Some((host, session)) => (host, Some(session).filter(|session| !session.is_empty())),
            None => (place, None),
        };
        Ok((host.parse()?, session))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_words_and_never_options() {
        for text in ["desk", "me@desk", "a.b-c_d", "::1", "10.0.0.1", "u.s-er@h"] {
            assert_eq!(
                text.parse::<Host>().map(|host| host.to_string()),
                Ok(text.into())
            );
        }
        for text in [
            "",
            "@",
            "me@",
            "@desk",
            "-oProxyCommand=x",
            "me@-x",
            "-me@desk",
            "a b",
            "a;b",
            "$(x)",
            "a@b@c",
            "é",
            "a\nb",
            "a/b",
            "`x`",
            "a=b",
            "a%b",
            "a,b",
            "a\0b",
        ] {
            assert_eq!(text.parse::<Host>(), Err(NoHost), "{text:?}");
        }
    }

    #[test]
    fn a_session_follows_the_first_slash() {
        let check = |place, host, session| {
            let (found, rest) = Host::split(place).unwrap();
            assert_eq!((found.to_string().as_str(), rest), (host, session));
        };
        check("desk", "desk", None);
        check("desk/", "desk", None);
        check("me@desk/work", "me@desk", Some("work"));
        check("desk/a/b", "desk", Some("a/b"));
    }
}
