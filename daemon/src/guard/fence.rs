//! What a keeper gives up once its program runs: with Landlock it can reach its own files, look at
//! processes, and nothing else. A keeper reads what programs write; this is for the day on which
//! one of them makes it do something else.
//!
//! Files that are open already (the terminal, the socket, the log) are not concerned, and neither
//! is the program: it was started before.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    PathFdError, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
    make_bitflags,
};

/// The newest rights of the kernel that are asked for; an older one gives what it has.
const ABI_KNOWN: ABI = ABI::V9;

/// The keeper's directories.
pub struct Ground<'a> {
    /// Sockets, links and notices.
    pub run: &'a Path,
    /// What will be left of its session, and of no other.
    pub record: &'a Path,
}

/// Why there is no fence although the system has them.
#[derive(Debug, thiserror::Error)]
pub enum FenceError {
    #[error(transparent)]
    Ground(#[from] PathFdError),
    #[error(transparent)]
    Rules(#[from] RulesetError),
}

/// Closes the fence around this thread and those it starts: call it while there is no other.
/// Answers whether the system could: without Landlock a keeper works as well.
pub fn close(ground: &Ground<'_>) -> Result<bool, FenceError> {
    let own_links: BitFlags<AccessFs> = make_bitflags!(AccessFs::{
        ReadDir | ReadFile | WriteFile | Truncate | MakeReg | MakeSym | RemoveFile
    });
    let own_record: BitFlags<AccessFs> = make_bitflags!(AccessFs::{
        ReadDir | ReadFile | WriteFile | Truncate | MakeReg | RemoveFile
    });
    // Who connects is looked up there. What matters of other processes stays closed: a process
    // under Landlock cannot trace one that is not.
    let processes: BitFlags<AccessFs> = AccessFs::ReadFile.into();
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI_KNOWN))?
        .handle_access(AccessNet::from_all(ABI_KNOWN))?
        .scope(Scope::AbstractUnixSocket)?
        .create()?
        .add_rule(PathBeneath::new(PathFd::new(ground.run)?, own_links))?
        .add_rule(PathBeneath::new(PathFd::new(ground.record)?, own_record))?
        .add_rule(PathBeneath::new(PathFd::new("/proc")?, processes))?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::private_dir::tests::scratch;

    /// The fence is around one thread, so that a test can have one of its own.
    #[test]
    fn a_keeper_reaches_its_own_files_and_no_others() {
        let (run, sessions) = (scratch("fence-run"), scratch("fence-sessions"));
        let elsewhere = scratch("fence-elsewhere");
        let (own, other) = (sessions.path().join("own"), sessions.path().join("other"));
        for place in [run.path(), sessions.path(), elsewhere.path(), &own, &other] {
            fs::create_dir(place).unwrap();
            fs::write(place.join("there"), "x").unwrap();
        }
        std::thread::scope(|threads| {
            threads.spawn(|| {
                let ground = Ground {
                    run: run.path(),
                    record: &own,
                };
                if !close(&ground).unwrap() {
                    // This kernel has no Landlock.
                    return;
                }
                let run = run.path();
                // As for a link that is renewed, a notice, a socket that goes.
                std::os::unix::fs::symlink("/x", run.join("link.new")).unwrap();
                fs::rename(run.join("link.new"), run.join("link")).unwrap();
                fs::write(run.join("notice"), "x").unwrap();
                assert_eq!(fs::read(run.join("notice")).unwrap(), b"x");
                fs::remove_file(run.join("there")).unwrap();
                // As for a record.
                fs::write(own.join("history"), "x").unwrap();
                fs::remove_file(own.join("there")).unwrap();
                fs::write(own.join("info.part"), "x").unwrap();
                fs::rename(own.join("info.part"), own.join("info")).unwrap();
                fs::File::open(&own).unwrap().sync_all().unwrap();
                // As for whoever connects.
                fs::read("/proc/self/stat").unwrap();

                for path in ["/etc/passwd", "/dev/tty", "/dev/ptmx"] {
                    assert!(denied(fs::File::open(path)), "{path}");
                }
                for place in [elsewhere.path(), sessions.path(), &other] {
                    assert!(denied(fs::read_dir(place)), "{}", place.display());
                    assert!(denied(fs::File::open(place.join("there"))));
                    assert!(denied(fs::write(place.join("there"), "y")));
                    assert!(denied(fs::write(place.join("new"), "y")));
                    assert!(denied(fs::remove_file(place.join("there"))));
                    assert!(denied(fs::create_dir(place.join("made"))));
                }
                assert!(denied(fs::rename(&other, sessions.path().join("moved"))));
                assert!(denied(fs::remove_dir(&own)));
                assert!(denied(std::process::Command::new("/bin/true").status()));
            });
        });
    }

    fn denied<T>(done: std::io::Result<T>) -> bool {
        done.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
    }
}
