//! `abide stdio`.

use std::io::IsTerminal;
use std::os::fd::{AsFd, OwnedFd};

use abide_protocol::message::FailKind;

use crate::fault::{Fault, failure};
use crate::remote::stdio;
use crate::sessions;
use crate::tty::Watched;

pub(super) async fn run() -> Result<u8, Fault> {
    let (input, output) = (std::io::stdin(), std::io::stdout());
    if input.is_terminal() || output.is_terminal() {
        let line = "this command speaks to abide on another machine, not to people; \
                    there, use: ssh://HOST/SESSION";
        return Err(Fault::Usage(line.into()));
    }
    let paths = sessions::paths()?;
    let watched = watched(&input).and_then(|input| Ok((input, watched(&output)?)));
    let (input, output) = watched.map_err(|error| {
        let line = format!("standard input and output have to be pipes or sockets: {error}");
        failure(FailKind::Invalid, line)
    })?;
    let ended = stdio::run(&paths, input, output).await;
    ended.map_err(|error| failure(FailKind::Internal, error.to_string()))?;
    Ok(0)
}

fn watched(stream: &impl AsFd) -> std::io::Result<Watched> {
    let fd: OwnedFd = stream.as_fd().try_clone_to_owned()?;
    rustix::io::ioctl_fionbio(&fd, true)?;
    Watched::new(fd)
}
