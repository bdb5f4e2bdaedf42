//! Where a session is: here or on another machine, as the words on a command line say it.

use std::sync::Arc;

use abide_protocol::message::{FailKind, Failure};
use abide_protocol::paths::Paths;

use crate::fault::failure;
use crate::remote::host::{Host, SCHEME};
use crate::remote::machines::Machines;
use crate::remote::{Remote, Target};

/// Where sessions are.
#[derive(Clone, Debug)]
pub enum Place {
    Here(Paths),
    Away(Arc<Remote>),
}

impl Place {
    /// This machine.
    pub fn here() -> Result<Self, Failure> {
        super::paths().map(Self::Here)
    }

    fn away(target: Target, paths: &Paths) -> Self {
        Self::Away(Arc::new(Remote::new(target, paths.clone())))
    }

    /// Reads `SESSION`, `MACHINE:SESSION` or `ssh://HOST/SESSION`: the place, and the word for the
    /// session there. What precedes a colon is a machine only if one is called so.
    pub fn split(word: Option<&str>) -> Result<(Self, Option<&str>), Failure> {
        let paths = super::paths()?;
        let Some(word) = word else {
            return Ok((Self::Here(paths), None));
        };
        let machines = Machines::of(&paths);
        match at(word, |name| machines.has(name))? {
            (Some(target), session) => Ok((Self::away(target, &paths), session)),
            (None, session) => Ok((Self::Here(paths), session)),
        }
    }

    /// Every machine that this one is paired with.
    pub fn paired() -> Result<Vec<Self>, Failure> {
        let paths = super::paths()?;
        let away = |name| Self::away(Target::Paired(name), &paths);
        let names = Machines::of(&paths).names();
        Ok(names.into_iter().map(away).collect())
    }

    /// How a session of this place is written on a command line.
    #[must_use]
    pub fn session(&self, name: &str) -> String {
        match self {
            Self::Here(_) => name.to_owned(),
            Self::Away(remote) => remote.target().session(name),
        }
    }

    /// The machine's name, if it is another one.
    #[must_use]
    pub fn machine(&self) -> Option<String> {
        match self {
            Self::Here(_) => None,
            Self::Away(remote) => Some(remote.target().to_string()),
        }
    }

    /// A word that means nothing here may have meant another machine.
    pub(super) fn unknown(&self, failure: Failure, word: Option<&str>) -> Failure {
        let machine = word
            .and_then(|word| word.split_once(':'))
            .map(|(machine, _)| machine);
        match (self, machine) {
            (Self::Here(_), Some(machine)) if failure.kind == FailKind::NotFound => Failure {
                line: format!(
                    "{}; and no machine is called \"{}\": abide machines shows those that are",
                    failure.line,
                    machine.escape_debug()
                ),
                ..failure
            },
            (Self::Away(remote), _) if failure.kind == FailKind::NotFound => Failure {
                line: format!("on {}: {}", remote.target(), failure.line),
                ..failure
            },
            _ => failure,
        }
    }
}

/// Which machine a word means, and what it says of the session there. Pure: `known` tells which
/// petnames there are.
pub fn at(
    word: &str,
    known: impl Fn(&str) -> bool,
) -> Result<(Option<Target>, Option<&str>), Failure> {
    if let Some(place) = word.strip_prefix(SCHEME) {
        let split = Host::split(place);
        let (host, session) =
            split.map_err(|error| failure(FailKind::Invalid, error.to_string()))?;
        return Ok((Some(Target::Ssh(host)), session));
    }
    match word.split_once(':') {
        Some((machine, session)) if known(machine) => {
            let session = Some(session).filter(|session| !session.is_empty());
            Ok((Some(Target::Paired(machine.to_owned())), session))
        }
        _ => Ok((None, Some(word))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_machines() {
        let known = |name: &str| name == "desk";
        let check = |word, target: Option<&str>, session: Option<&str>| {
            let (found, rest) = at(word, known).unwrap();
            let found = found.map(|target| target.to_string());
            assert_eq!((found.as_deref(), rest), (target, session), "{word}");
        };
        check("work", None, Some("work"));
        check("desk", None, Some("desk"));
        check("desk:work", Some("desk"), Some("work"));
        check("desk:a:b", Some("desk"), Some("a:b"));
        check("desk:", Some("desk"), None);
        check("tower:work", None, Some("tower:work"));
        check("ssh://me@tower/work", Some("ssh://me@tower"), Some("work"));
        check("ssh://tower", Some("ssh://tower"), None);
        for word in ["ssh://", "ssh:///work", "ssh://-oX/work", "ssh://a b/work"] {
            assert_eq!(
                at(word, known).unwrap_err().kind,
                FailKind::Invalid,
                "{word}"
            );
        }
    }
}
