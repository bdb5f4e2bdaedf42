//! The notice that every keeper puts up in the run directory: which terminal and which processes
//! are its session, so that daemon and keepers know them without asking anybody.
//!
//! What is looked for is in the file's name, so that one look at the directory finds it. The
//! keeper holds the file locked as long as it lives: a notice that nobody has locked is a dead
//! keeper's, whoever has its numbers by now.
//!
//! Whether a session is trusted is not the keeper's to say: that is a file beside the notice, which
//! the daemon makes, and which a keeper under Landlock cannot.

use std::fs::{DirEntry, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;

use abide_protocol::SessionId;
use minicbor::{Decode, Encode};
use rustix::fs::FlockOperation;

use crate::private_dir::PrivateDir;

/// First letter of the notices' file names.
const LETTER: char = 'p';
/// First letter of the files that say that a session is trusted.
const TRUST: char = 't';
/// Bytes that a notice says at most; a longer one is none of ours.
const MAX_SAID: u64 = 4096;

/// What a notice's name tells. Numbers that are not known yet are 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Notice {
    pub session: SessionId,
    pub keeper: u32,
    /// The program's leader.
    pub leader: u32,
    /// Device number of the terminal.
    pub tty: u64,
}

/// What a notice says.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Said {
    /// The session's name.
    #[n(0)]
    pub name: String,
    /// Its programs may use Abide as the user does. Not the notice says so.
    #[cbor(skip)]
    pub trusted: bool,
}

impl Notice {
    /// `p`, the session's id, keeper, leader, terminal.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!(
            "{LETTER}{}.{}.{}.{:x}",
            self.session.as_uuid().simple(),
            self.keeper,
            self.leader,
            self.tty
        )
    }

    /// The notice that has this file name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut parts = name.strip_prefix(LETTER)?.split('.');
        let mut next = || parts.next();
        let notice = Self {
            session: next().filter(|id| id.len() == 32)?.parse().ok()?,
            keeper: next()?.parse().ok().filter(|pid| *pid != 0)?,
            leader: next()?.parse().ok()?,
            tty: u64::from_str_radix(next()?, 16).ok()?,
        };
        // Only what we would write ourselves.
        (notice.file_name() == name).then_some(notice)
    }
}

/// All notices in the directory, of living and of dead keepers.
#[must_use]
pub fn listed(run: &PrivateDir) -> Vec<Notice> {
    let entries = std::fs::read_dir(run.path())
        .into_iter()
        .flatten()
        .flatten();
    let named = |entry: DirEntry| Notice::named(entry.file_name().to_str()?);
    entries.filter_map(named).collect()
}

/// What the keeper of a notice says; `None` if it is dead. What cannot be read says nothing in
/// favour of the session's programs.
#[must_use]
pub fn said(run: &PrivateDir, notice: &Notice) -> Option<Said> {
    let file = File::open(run.path().join(notice.file_name())).ok()?;
    if is_free(&file) {
        return None;
    }
    let mut bytes = Vec::new();
    let read = file.take(MAX_SAID).read_to_end(&mut bytes);
    let said: Option<Said> = read.ok().and_then(|_| minicbor::decode(&bytes).ok());
    Some(Said {
        trusted: trusts(run, notice.session),
        ..said.unwrap_or_default()
    })
}

/// Whether a person trusts a session's programs.
#[must_use]
pub fn trusts(run: &PrivateDir, session: SessionId) -> bool {
    std::fs::symlink_metadata(run.path().join(trust_file(session))).is_ok()
}

/// Writes down whether a session's programs are trusted; the daemon alone does.
pub fn trust(run: &PrivateDir, session: SessionId, trusted: bool) -> io::Result<()> {
    let name = trust_file(session);
    if !trusted {
        return run.remove(&name);
    }
    let mut file = OpenOptions::new();
    let file = file.write(true).create(true).truncate(false).mode(0o600);
    file.open(run.path().join(name)).map(drop)
}

fn trust_file(session: SessionId) -> String {
    format!("{TRUST}{}", session.as_uuid().simple())
}

/// Removes the notices of a session whose keeper is dead.
pub fn remove_stale(run: &PrivateDir, session: SessionId) {
    for notice in listed(run) {
        if notice.session == session && said(run, &notice).is_none() {
            // Whoever has it locked is alive, and does not put it up twice.
            let _ = run.remove(&notice.file_name());
        }
    }
}

fn is_free(file: &File) -> bool {
    rustix::fs::flock(file, FlockOperation::NonBlockingLockShared).is_ok()
}

/// A notice that is up; it is taken down with the value, or, as a keeper under Landlock cannot, by
/// the daemon.
#[derive(Debug)]
pub struct Posted {
    directory: PathBuf,
    notice: Notice,
    /// Held locked.
    file: File,
}

impl Posted {
    /// Puts up a notice of this process's session, before it has a program.
    pub fn post(run: &PrivateDir, session: SessionId, said: &Said) -> io::Result<Self> {
        let notice = Notice {
            session,
            keeper: std::process::id(),
            leader: 0,
            tty: 0,
        };
        let directory = run.path().to_path_buf();
        let file = place(&directory, &notice, said)?;
        Ok(Self {
            directory,
            notice,
            file,
        })
    }

    /// Adds which processes and which terminal the session has.
    pub fn complete(&mut self, leader: u32, tty: u64) -> io::Result<()> {
        let complete = Notice {
            leader,
            tty,
            ..self.notice
        };
        std::fs::rename(
            self.path(&self.notice.file_name()),
            self.path(&complete.file_name()),
        )?;
        self.notice = complete;
        Ok(())
    }

    /// Says something else from now on. In place: a keeper under Landlock makes no file here.
    pub fn say(&mut self, said: &Said) -> io::Result<()> {
        let bytes = minicbor::to_vec(said).map_err(io::Error::other)?;
        self.file.write_all_at(&bytes, 0)?;
        self.file.set_len(bytes.len() as u64)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

impl Drop for Posted {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.path(&self.notice.file_name()));
    }
}

/// Writes a notice beside its place, locks it, and puts it there: nobody sees half of one.
fn place(directory: &std::path::Path, notice: &Notice, said: &Said) -> io::Result<File> {
    let name = notice.file_name();
    let fresh = directory.join(format!("{name}.new"));
    let _ = std::fs::remove_file(&fresh);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh)?;
    let bytes = minicbor::to_vec(said).map_err(io::Error::other)?;
    let placed = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)
        .map_err(io::Error::from)
        .and_then(|()| file.write_all(&bytes))
        .and_then(|()| std::fs::rename(&fresh, directory.join(name)));
    if let Err(error) = placed {
        let _ = std::fs::remove_file(&fresh);
        return Err(error);
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private_dir::tests::{Scratch, scratch};

    fn id(digit: char) -> SessionId {
        digit.to_string().repeat(32).parse().unwrap()
    }

    fn directory(name: &str) -> (Scratch, PrivateDir) {
        let scratch = scratch(name);
        let run = PrivateDir::create(scratch.path()).unwrap();
        (scratch, run)
    }

    #[test]
    fn names_tell_what_is_looked_for() {
        let notice = Notice {
            session: id('a'),
            keeper: 70,
            leader: 71,
            tty: 0x8803,
        };
        let name = notice.file_name();
        assert_eq!(name, format!("p{}.70.71.8803", "a".repeat(32)));
        assert_eq!(Notice::named(&name), Some(notice));
        let check = |name: String| assert_eq!(Notice::named(&name), None, "{name}");
        let hex = "a".repeat(32);
        check(String::new());
        check("p".into());
        check(format!("k{hex}"));
        check(format!("p{hex}"));
        check(format!("p{hex}.70.71"));
        check(format!("p{hex}.0.71.8803"));
        check(format!("p{hex}.-1.71.8803"));
        check(format!("p{hex}.+70.71.8803"));
        check(format!("p{hex}.070.71.8803"));
        check(format!("p{hex}.70.71.0x8803"));
        check(format!("p{hex}.70.71.8803.new"));
        check(format!("p{hex}.70.99999999999.8803"));
        check(format!("p{}.70.71.8803", "a".repeat(31)));
    }

    #[test]
    fn a_notice_holds_as_long_as_it_is_locked() {
        let (_scratch, run) = directory("notice-lock");
        let said_of = |run: &PrivateDir| {
            let listed = listed(run);
            let [notice] = *listed.as_slice() else {
                panic!("{listed:?}")
            };
            said(run, &notice)
        };
        let named = |name: &str| Said {
            name: name.into(),
            trusted: false,
        };
        let mut posted = Posted::post(&run, id('1'), &named("work")).unwrap();
        assert_eq!(said_of(&run), Some(named("work")));
        posted.complete(5, 0x8801).unwrap();
        posted.say(&named("w")).unwrap();
        assert_eq!(said_of(&run), Some(named("w")));
        assert_eq!(listed(&run)[0].leader, 5);
        remove_stale(&run, id('1'));
        assert_eq!(listed(&run).len(), 1, "its keeper lives");

        // What a killed keeper leaves behind.
        let name = listed(&run)[0].file_name();
        let copy = std::fs::read(run.path().join(&name)).unwrap();
        drop(posted);
        assert_eq!(listed(&run), []);
        std::fs::write(run.path().join(&name), copy).unwrap();
        assert_eq!(said_of(&run), None);
        remove_stale(&run, id('2'));
        assert_eq!(listed(&run).len(), 1, "another session's");
        remove_stale(&run, id('1'));
        assert_eq!(listed(&run), []);
    }

    /// The daemon says whom to trust; a keeper of before, or one that was taken over, is not asked.
    #[test]
    fn a_notice_gives_no_trust() {
        let (_scratch, run) = directory("notice-trust");
        let posted = Posted::post(&run, id('1'), &Said::default()).unwrap();
        let notice = posted.notice;
        let trusted = || said(&run, &notice).map(|said| (said.name, said.trusted));
        // ["work", true]
        let bytes = b"\x82\x64work\xf5";
        std::fs::write(run.path().join(notice.file_name()), bytes).unwrap();
        assert_eq!(trusted(), Some(("work".into(), false)));
        for _ in 0..2 {
            trust(&run, id('1'), true).unwrap();
            assert_eq!(trusted(), Some(("work".into(), true)));
        }
        trust(&run, id('2'), true).unwrap();
        for _ in 0..2 {
            trust(&run, id('1'), false).unwrap();
            assert_eq!(trusted(), Some(("work".into(), false)));
        }
        assert_eq!(listed(&run), [notice]);
    }

    #[test]
    fn what_cannot_be_read_trusts_nobody() {
        let (_scratch, run) = directory("notice-garbled");
        let posted = Posted::post(&run, id('1'), &Said::default()).unwrap();
        let notice = posted.notice;
        std::fs::write(run.path().join(notice.file_name()), b"\xff\xff").unwrap();
        assert_eq!(said(&run, &notice), Some(Said::default()));
    }
}
