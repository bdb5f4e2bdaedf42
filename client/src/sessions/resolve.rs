//! Which session a word means.

use abide_protocol::message::{FailKind, Failure, SessionInfo};

use super::has_ended;
use crate::fault::failure;

/// Candidates that an error lists at most.
const LISTED: usize = 6;
/// Digits of an id that are shown to tell candidates apart: time in milliseconds and a few random
/// ones.
const SHOWN_DIGITS: usize = 16;

/// Finds the session that `word` means; `None` means the living one most recently used, or if none
/// lives the one that ended last. A name comes before the beginning of an id, a living session
/// before ended ones of the same name, and of those the latest.
pub fn resolve<'a>(
    sessions: &'a [SessionInfo],
    word: Option<&str>,
) -> Result<&'a SessionInfo, Failure> {
    let Some(word) = word else {
        return latest(sessions).ok_or_else(|| {
            failure(
                FailKind::NotFound,
                "there are no sessions; make one with: abide new",
            )
        });
    };
    let named: Vec<_> = sessions.iter().filter(|info| info.name == word).collect();
    let living: Vec<_> = named
        .iter()
        .copied()
        .filter(|info| !has_ended(info))
        .collect();
    match (living.as_slice(), named.as_slice()) {
        ([one], _) => return Ok(one),
        ([], []) => {}
        ([], ended) => {
            if let Some(last) = ended.iter().max_by_key(|info| info.ended) {
                return Ok(last);
            }
        }
        (several, _) => return Err(ambiguous(word, several)),
    }
    let digits: String = word.chars().filter(|c| *c != '-').collect();
    let digits = digits.to_ascii_lowercase();
    let hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let fits = |info: &&SessionInfo| hex && id_digits(info).starts_with(&digits);
    let fitting: Vec<_> = sessions.iter().filter(fits).collect();
    match fitting.as_slice() {
        [one] => Ok(one),
        [] => Err(failure(
            FailKind::NotFound,
            format!(
                "no session is called \"{}\"; see: abide list",
                printable(word)
            ),
        )),
        several => Err(ambiguous(word, several)),
    }
}

fn latest(sessions: &[SessionInfo]) -> Option<&SessionInfo> {
    let living = sessions.iter().filter(|info| !has_ended(info));
    living
        .max_by_key(|info| (info.used, info.id))
        .or_else(|| sessions.iter().max_by_key(|info| (info.ended, info.id)))
}

fn id_digits(info: &SessionInfo) -> String {
    info.id.as_uuid().simple().to_string()
}

fn ambiguous(word: &str, candidates: &[&SessionInfo]) -> Failure {
    let mut listed: Vec<_> = candidates
        .iter()
        .take(LISTED)
        .map(|info| {
            let digits: String = id_digits(info).chars().take(SHOWN_DIGITS).collect();
            format!("{} ({digits})", info.name)
        })
        .collect();
    if candidates.len() > LISTED {
        listed.push(format!("{} more", candidates.len() - LISTED));
    }
    let line = format!(
        "\"{}\" fits several sessions: {}; use a longer part of the id",
        printable(word),
        listed.join(", ")
    );
    failure(FailKind::Ambiguous, line)
}

/// What the user typed, fit to be printed back.
fn printable(word: &str) -> String {
    word.chars().flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_protocol::message::{ExitStatus, SessionState};

    /// `id` is the beginning of the session's id in hexadecimal.
    fn session(name: &str, id: &str, used: u64, ended: Option<u64>) -> SessionInfo {
        let hex = format!("{id:0<32}");
        SessionInfo {
            state: ended.map_or(SessionState::Running, |_| {
                SessionState::Ended(ExitStatus::Code(0))
            }),
            ended,
            used,
            ..SessionInfo::named(hex.parse().unwrap(), name.into())
        }
    }

    #[test]
    fn words_mean_sessions() {
        let sessions = [
            session("work", "01a1", 5, None),
            session("agent", "01a2", 9, None),
            session("01a2", "01b1", 3, None),
            session("work", "01c1", 1, Some(50)),
            session("done", "01c2", 1, Some(60)),
            session("done", "01d1", 1, Some(70)),
            session("twice", "01e1", 2, None),
            session("twice", "01e2", 2, None),
        ];
        let check = |word: Option<&str>, expected: Result<usize, FailKind>| {
            let found = resolve(&sessions, word).map_err(|failure| failure.kind);
            let expected = expected.map(|index: usize| &sessions[index]);
            assert_eq!(found, expected, "{word:?}");
        };
        check(None, Ok(1));
        check(Some("work"), Ok(0));
        check(Some("done"), Ok(5));
        check(Some("01a2"), Ok(2));
        check(Some("01A1"), Ok(0));
        check(Some("01b"), Ok(2));
        check(Some("01c1"), Ok(3));
        check(Some("01c10000-0000-0000-0000-000000000000"), Ok(3));
        check(Some("01"), Err(FailKind::Ambiguous));
        check(Some("01e"), Err(FailKind::Ambiguous));
        check(Some("twice"), Err(FailKind::Ambiguous));
        check(Some("wor"), Err(FailKind::NotFound));
        check(Some(""), Err(FailKind::NotFound));
        check(Some("-"), Err(FailKind::NotFound));
    }

    #[test]
    fn without_a_living_one_the_last_to_end_is_meant() {
        let sessions = [
            session("a", "01", 9, Some(10)),
            session("b", "02", 1, Some(20)),
        ];
        assert_eq!(resolve(&sessions, None).map(|info| &*info.name), Ok("b"));
        assert_eq!(resolve(&[], None).unwrap_err().kind, FailKind::NotFound);
    }

    #[test]
    fn an_ambiguous_word_lists_its_candidates() {
        let sessions: Vec<_> = (0..9)
            .map(|n| session(&format!("s{n}"), &format!("0{n}"), 0, None))
            .collect();
        let line = resolve(&sessions, Some("0")).unwrap_err().line;
        assert!(
            line.contains("s0 (0000000000000000), s1 (0100000000000000)"),
            "{line}"
        );
        assert!(line.contains("s5 (0500000000000000), 3 more;"), "{line}");
    }
}
