//! The first message of each side, and what they agree on.

use crate::message::{FailKind, Failure, Hello};

/// Protocol versions that this build speaks, ascending.
pub const VERSIONS: &[u32] = &[1];

/// What this side says first.
#[must_use]
pub fn hello() -> Hello {
    Hello {
        versions: VERSIONS.to_vec(),
        capabilities: Vec::new(),
        agent: concat!("abide ", env!("CARGO_PKG_VERSION")).to_owned(),
        required: Vec::new(),
    }
}

/// The version to speak: the highest that both know.
///
/// # Errors
/// There is none, or one side lacks what the other cannot work without. The failure names both
/// sides and the remedy, and is the last message of the link.
pub fn agree(ours: &Hello, theirs: &Hello) -> Result<u32, Failure> {
    for (needs, has) in [(ours, theirs), (theirs, ours)] {
        let lacks = |name: &&String| !has.capabilities.contains(name);
        if let Some(missing) = needs.required.iter().find(lacks) {
            return Err(refusal(format!(
                "{} needs \"{missing}\", which {} does not have: update {}",
                needs.agent, has.agent, has.agent
            )));
        }
    }
    let common = ours.versions.iter().filter(|v| theirs.versions.contains(v));
    common.max().copied().ok_or_else(|| {
        let newest = |hello: &Hello| hello.versions.iter().max().copied();
        let remedy = if newest(ours) < newest(theirs) {
            &ours.agent
        } else {
            &theirs.agent
        };
        refusal(format!(
            "{} speaks protocol {} and {} speaks {}: update {remedy} \
             (a session keeps the version it was started with; `abide stop` ends it)",
            ours.agent,
            versions(ours),
            theirs.agent,
            versions(theirs),
        ))
    })
}

fn refusal(line: String) -> Failure {
    Failure {
        kind: FailKind::Unsupported,
        line,
    }
}

fn versions(hello: &Hello) -> String {
    match hello.versions.as_slice() {
        [] => "no version".to_owned(),
        versions => {
            let words: Vec<String> = versions.iter().take(8).map(u32::to_string).collect();
            words.join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(agent: &str, versions: &[u32], has: &[&str], needs: &[&str]) -> Hello {
        let own = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Hello {
            versions: versions.to_vec(),
            capabilities: own(has),
            agent: agent.to_owned(),
            required: own(needs),
        }
    }

    #[test]
    fn the_highest_common_version_is_spoken() {
        for (ours, theirs, expected) in [
            (&[1][..], &[1][..], Some(1)),
            (&[1, 2, 3], &[2, 3, 4], Some(3)),
            (&[1], &[2], None),
            (&[], &[1], None),
        ] {
            let agreed = agree(&side("a", ours, &[], &[]), &side("b", theirs, &[], &[]));
            assert_eq!(agreed.ok(), expected, "{ours:?} {theirs:?}");
        }
    }

    #[test]
    fn a_refusal_names_both_sides_and_the_remedy() {
        let old = side("abide 0.1.0", &[1], &[], &[]);
        let new = side("abide 9.0.0", &[2, 3], &["zip"], &["zip"]);
        for (ours, theirs) in [(&old, &new), (&new, &old)] {
            let refused = agree(ours, theirs).unwrap_err();
            assert_eq!(refused.kind, FailKind::Unsupported);
            for word in [
                "abide 0.1.0",
                "abide 9.0.0",
                "update abide 0.1.0",
                "\"zip\"",
            ] {
                assert!(refused.line.contains(word), "{}", refused.line);
            }
        }
        let new = side("abide 9.0.0", &[2, 3], &[], &[]);
        let refused = agree(&new, &old).unwrap_err();
        for word in [
            "0.1.0",
            "speaks 1",
            "9.0.0",
            "protocol 2, 3",
            "update abide 0.1.0",
        ] {
            assert!(refused.line.contains(word), "{}", refused.line);
        }
    }
}
