//! `abide` alone: what there is, and what can be done.

use std::io::Write;

use super::list;
use crate::fault::Fault;
use crate::output::Out;
use crate::sessions::{self, has_ended};

const COMMANDS: [(&str, &str); 8] = [
    (
        "abide new [NAME]",
        "start a shell in a new session and attach to it",
    ),
    (
        "abide new -- COMMAND",
        "the same with a program: an agent, a build, an editor",
    ),
    (
        "abide attach [NAME]",
        "show a session here; Ctrl-\\ d detaches and leaves it running",
    ),
    ("abide list", "all sessions"),
    ("abide send NAME TEXT", "type into a session"),
    ("abide capture NAME", "print its screen"),
    ("abide stop NAME", "end it"),
    ("abide --help", "everything else"),
];

pub(super) async fn run() -> Result<u8, Fault> {
    let mut living = sessions::peek(&sessions::paths()?).await;
    living.retain(|info| !has_ended(info));
    let mut out = Out::open();
    if !living.is_empty() {
        list::print(&mut out, living, false)?;
        writeln!(out)?;
    }
    for (command, does) in COMMANDS {
        let command = out.paint("1", &format!("{command:<22}"));
        writeln!(out, "  {command} {does}")?;
    }
    out.flush()?;
    Ok(0)
}
