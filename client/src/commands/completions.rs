//! `abide completions`: the script that makes the shell ask `abide` itself.

use std::io::Write;

use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};

use crate::cli;
use crate::fault::Fault;
use crate::output::Out;

/// Variable by which the shell tells `abide` to complete instead of to act.
pub const VARIABLE: &str = "ABIDE_COMPLETE";

pub(super) fn run(shell: cli::Shell) -> Result<u8, Fault> {
    let shell: &dyn EnvCompleter = match shell {
        cli::Shell::Bash => &Bash,
        cli::Shell::Zsh => &Zsh,
        cli::Shell::Fish => &Fish,
    };
    let mut script = Vec::new();
    shell.write_registration(VARIABLE, "abide", "abide", "abide", &mut script)?;
    let mut out = Out::open();
    out.write_all(&script)?;
    out.flush()?;
    Ok(0)
}
