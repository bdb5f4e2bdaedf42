//! Directories of this machine whose paths begin as somebody has typed, for a form in which a session is
//! made.

use std::path::{Path, PathBuf};
use std::time::Duration;

use abide_protocol::limits::DIRECTORIES;
use abide_protocol::message::{Answer, FailKind, Failure};
use abide_protocol::text;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::roster::failure;

/// Entries of a directory that are looked at, at most.
const ENTRIES: usize = 10_000;
/// A file system that does not answer for this long is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Directories that are read at a time: each may hang with its file system.
static READING: Semaphore = Semaphore::const_new(4);

/// The answer for what was typed so far: an absolute path, or nothing for what the home holds.
pub(super) async fn beginning(typed: String) -> Result<Answer, Failure> {
    let Ok(turn) = READING.try_acquire() else {
        let line = "directories are being read already; try again in a moment";
        return Err(failure(FailKind::Exhausted, line));
    };
    let reading = tokio::task::spawn_blocking(move || {
        let found = find(&typed, std::env::home_dir());
        drop(turn);
        found
    });
    let Ok(Ok(found)) = timeout(PATIENCE, reading).await else {
        let line = "the file system does not answer; type the directory's whole path";
        return Err(failure(FailKind::Internal, line));
    };
    Ok(Answer::Directories(found))
}

/// Hidden ones are found by their dot only. What cannot be read holds nothing.
fn find(typed: &str, home: Option<PathBuf>) -> Vec<String> {
    let (parent, begun) = match typed.rsplit_once('/') {
        Some((parent, begun)) if typed.starts_with('/') => {
            (PathBuf::from(format!("{parent}/")), begun)
        }
        None if typed.is_empty() => match home {
            Some(home) => (home, ""),
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let Ok(entries) = std::fs::read_dir(&parent) else {
        return Vec::new();
    };
    let names = entries.take(ENTRIES).flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let hidden = name.starts_with('.') && !begun.starts_with('.');
        (name.starts_with(begun) && !hidden && !text::has_controls(&name)).then_some(name)
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    let paths = names.iter().map(|name| parent.join(name));
    let directories = paths.filter(|path| Path::is_dir(path));
    let shown = directories.filter_map(|path| path.into_os_string().into_string().ok());
    shown.take(DIRECTORIES).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::private_dir::tests::scratch;

    #[test]
    fn directories_are_found_by_how_their_paths_begin() {
        let root = scratch("directories");
        for name in ["source", "sounds", "other", ".secret", "so\u{1b}und"] {
            fs::create_dir_all(root.path().join(name)).unwrap();
        }
        fs::create_dir(root.path().join("source/deep")).unwrap();
        fs::write(root.path().join("sofile"), "").unwrap();
        std::os::unix::fs::symlink("source", root.path().join("solink")).unwrap();
        let at = root.path().to_str().unwrap();
        let check = |typed: &str, expected: &[&str]| {
            let expected: Vec<_> = expected.iter().map(|name| format!("{at}/{name}")).collect();
            assert_eq!(find(typed, Some(root.path().into())), expected, "{typed}");
        };
        check(&format!("{at}/so"), &["solink", "sounds", "source"]);
        check(&format!("{at}/"), &["other", "solink", "sounds", "source"]);
        check(&format!("{at}/."), &[".secret"]);
        check(&format!("{at}/source/"), &["source/deep"]);
        check("", &["other", "solink", "sounds", "source"]);
        for typed in [
            &format!("{at}/nothing/"),
            &format!("{at}/sofile/"),
            "source",
            "~/",
            "so/",
        ] {
            check(typed, &[]);
        }
    }

    #[test]
    fn no_more_are_named_than_the_bound() {
        let root = scratch("many-directories");
        for n in 0..DIRECTORIES + 20 {
            fs::create_dir_all(root.path().join(format!("d{n:04}"))).unwrap();
        }
        let found = find("", Some(root.path().into()));
        assert_eq!(found.len(), DIRECTORIES);
        assert!(found.first().is_some_and(|path| path.ends_with("/d0000")));
    }
}
