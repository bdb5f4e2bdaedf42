//! What a keeper gives up once its program runs: with Landlock it can reach the files of its own
//! session, read the run directory, look at processes, and nothing else. A keeper reads what programs
//! write; this is for the day on which one of them makes it do something else. Whom to trust, and the
//! notices and sockets of others, are in the run directory: there it makes, changes and removes
//! nothing. What it leaves behind there, the daemon clears away.
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
    /// Sockets and notices of all.
    pub run: &'a Path,
    /// What will be left of its session, and of no other, and the link to an ssh agent.
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
    let notices: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadDir | ReadFile});
    let own: BitFlags<AccessFs> = make_bitflags!(AccessFs::{
        ReadDir | ReadFile | WriteFile | Truncate | MakeReg | MakeSym | RemoveFile
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
        .add_rule(PathBeneath::new(PathFd::new(ground.run)?, notices))?
        .add_rule(PathBeneath::new(PathFd::new(ground.record)?, own))?
        .add_rule(PathBeneath::new(PathFd::new("/proc")?, processes))?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::guard::notice::{self, Posted, Said};
    use crate::private_dir::PrivateDir;
    use crate::private_dir::tests::scratch;

    /// The fence is around one thread, so that a test can have one of its own.
    #[test]
    fn a_keeper_reaches_its_own_files_and_no_others() {
        let (run, sessions) = (scratch("fence-run"), scratch("fence-sessions"));
        let elsewhere = scratch("fence-elsewhere");
        let (own, other) = (sessions.path().join("own"), sessions.path().join("other"));
        for place in [sessions.path(), elsewhere.path(), &own, &other] {
            fs::create_dir(place).unwrap();
            fs::write(place.join("there"), "x").unwrap();
        }
        let run = PrivateDir::create(run.path()).unwrap();
        let id = |digit: &str| digit.repeat(32).parse().unwrap();
        let post = |digit| Posted::post(&run, id(digit), &Said::default()).unwrap();
        let (mut notice, _others) = (post("1"), post("2"));
        let _socket = run.bind("k").unwrap();
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
                // As for a link that is renewed, and a record.
                std::os::unix::fs::symlink("/x", own.join("link.new")).unwrap();
                fs::rename(own.join("link.new"), own.join("link")).unwrap();
                fs::write(own.join("history"), "x").unwrap();
                fs::remove_file(own.join("there")).unwrap();
                fs::write(own.join("info.part"), "x").unwrap();
                fs::rename(own.join("info.part"), own.join("info")).unwrap();
                fs::File::open(&own).unwrap().sync_all().unwrap();
                // As for whoever connects, and a session with another name.
                fs::read("/proc/self/stat").unwrap();
                let listed = notice::listed(&run);
                assert_eq!(listed.len(), 2);
                let name = "renamed".to_owned();
                let trusted = true;
                notice.say(&Said { name, trusted }).unwrap();
                let said = listed.iter().find(|notice| notice.session == id("1"));
                let said = notice::said(&run, said.unwrap()).unwrap();
                assert_eq!((said.name.as_str(), said.trusted), ("renamed", false));

                // Nobody's trust, notice or socket is its to make, change or remove.
                assert!(denied(notice::trust(&run, id("1"), true)));
                assert!(denied(notice::trust(&run, id("2"), true)));
                assert!(denied(Posted::post(&run, id("3"), &Said::default())));
                for file in listed
                    .iter()
                    .map(notice::Notice::file_name)
                    .chain(["k".into()])
                {
                    let path = run.path().join(file);
                    assert!(denied(fs::remove_file(&path)), "{}", path.display());
                    assert!(denied(fs::rename(&path, run.path().join("moved"))));
                    assert!(denied(fs::hard_link(&path, own.join("linked"))));
                }
                for notice in &listed {
                    assert!(denied(fs::write(run.path().join(notice.file_name()), "y")));
                }
                assert!(denied(run.bind("new")));

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

    /// A link to another directory is refused with an error of its own.
    fn denied<T>(done: std::io::Result<T>) -> bool {
        use std::io::ErrorKind::{CrossesDevices, PermissionDenied};
        done.is_err_and(|error| matches!(error.kind(), PermissionDenied | CrossesDevices))
    }
}
