//! `abide man`: the manual, made from the command line's own description.

use std::path::Path;

use abide_protocol::message::FailKind;
use clap::CommandFactory;

use crate::cli::Cli;
use crate::fault::{Fault, failure};

/// Writes `abide.1` and a page per command.
pub(super) fn run(directory: &Path) -> Result<u8, Fault> {
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), directory))
        .map_err(|error| {
            let line = format!(
                "cannot write the manual to {}: {error}",
                directory.display()
            );
            failure(FailKind::Internal, line)
        })?;
    Ok(0)
}
