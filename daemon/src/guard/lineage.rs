//! Whether a process is in one of our sessions: by its terminal, by its process session, or by its
//! ancestors. Pure over what the kernel tells of processes.

use super::notice::{Notice, Said};

/// Ancestors that are looked at; who has more is not believed to have none of ours.
const DEPTH: usize = 256;

/// What the kernel tells of a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Process {
    pub parent: u32,
    /// The process session: the number of the process that made it.
    pub session: u32,
    /// Device number of the controlling terminal; 0: none.
    pub tty: u64,
    /// When it started, in ticks since the machine did.
    pub started: u64,
}

/// Where processes and notices are looked up.
pub trait Processes {
    /// `None`: there is none of this number, or we may not see it.
    fn process(&self, pid: u32) -> Option<Process>;

    /// What the keeper behind a notice says of its session; `None`: no keeper is behind it.
    fn said(&self, notice: &Notice) -> Option<Said>;
}

/// Where a process belongs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lineage {
    /// In these sessions; normally none or one.
    Inside(Vec<(Notice, Said)>),
    /// It cannot be told: the process is gone, or has too many ancestors.
    Unknown,
}

/// Finds the sessions that a process is in: those whose terminal or process session it or an
/// ancestor has, and that of the nearest ancestor that is a keeper.
pub fn trace(pid: u32, notices: &[Notice], system: &impl Processes) -> Lineage {
    let mut found: Vec<(Notice, Said)> = Vec::new();
    let mut at = pid;
    let Some(mut process) = system.process(pid) else {
        return Lineage::Unknown;
    };
    for _ in 0..DEPTH {
        for notice in notices {
            if belongs(&process, notice, system) {
                take(&mut found, notice, system);
            }
        }
        let keeper = |pid| notices.iter().find(|notice| notice.keeper == pid);
        let near = keeper(at).or_else(|| keeper(process.parent));
        if near.is_some_and(|notice| take(&mut found, notice, system)) || process.parent == 0 {
            return Lineage::Inside(found);
        }
        match system.process(process.parent) {
            Some(parent) if parent.started <= process.started => {
                at = process.parent;
                process = parent;
            }
            // It died while we looked, and another process has its number by now; or it is not for
            // us to see. The child's parent is another one in the first case.
            other => match system.process(at) {
                None => return Lineage::Unknown,
                Some(again) if again.parent == process.parent && other.is_none() => {
                    return Lineage::Inside(found);
                }
                Some(again) => process = again,
            },
        }
    }
    Lineage::Unknown
}

fn belongs(process: &Process, notice: &Notice, system: &impl Processes) -> bool {
    if notice.tty != 0 && process.tty == notice.tty {
        return true;
    }
    // The number of a process session is not given to another process while somebody is in it; a
    // leader that lives is the keeper's child.
    notice.leader != 0
        && process.session == notice.leader
        && system
            .process(notice.leader)
            .is_none_or(|leader| leader.parent == notice.keeper)
}

/// Notes a session whose keeper lives. Answers whether it does.
fn take(found: &mut Vec<(Notice, Said)>, notice: &Notice, system: &impl Processes) -> bool {
    if found.iter().any(|(known, _)| known == notice) {
        return true;
    }
    let said = system.said(notice);
    let lives = said.is_some();
    found.extend(said.map(|said| (*notice, said)));
    lives
}

/// The processes of this system.
pub struct System;

impl System {
    /// As the kernel tells it in `/proc/PID/stat`.
    #[must_use]
    pub fn process(&self, pid: u32) -> Option<Process> {
        let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        parse(&String::from_utf8_lossy(&stat))
    }
}

/// Reads a line of `/proc/PID/stat`. The program's name comes first and may hold anything.
fn parse(stat: &str) -> Option<Process> {
    let (_, fields) = stat.rsplit_once(')')?;
    // From here on: state, parent, group, session, terminal; the start is field 22 of the line.
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let small = |index: usize| u32::try_from(number(index)?).ok();
    // A device number as the kernel packs it, which may be printed as a negative number.
    let tty: i32 = fields.get(4)?.parse().ok()?;
    Some(Process {
        parent: small(1)?,
        session: small(3)?,
        tty: unpacked(tty.cast_unsigned()),
        started: number(19)?,
    })
}

/// The device number that the kernel packs into 32 bits, as `stat` tells it of a file.
fn unpacked(packed: u32) -> u64 {
    let major = (packed >> 8) & 0xfff;
    let minor = (packed & 0xff) | ((packed >> 12) & 0xf_ff00);
    rustix::fs::makedev(major, minor)
}

#[cfg(test)]
mod tests;
