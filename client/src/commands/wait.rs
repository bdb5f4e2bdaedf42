//! `abide wait`.

use std::io::Write;

use abide_protocol::message::SessionState;

use super::end_of::End;
use super::list::clean;
use crate::cli;
use crate::fault::{Fault, TIMED_OUT, code_of_program};
use crate::output::Out;
use crate::{json, sessions};

pub(super) async fn run(args: cli::Wait) -> Result<u8, Fault> {
    let found = sessions::find(args.target.session.as_deref()).await?;
    let end = End::await_of(&found).await?;
    let exited = end.seen();
    let status = match args.timeout {
        None => exited.await?,
        Some(limit) => {
            let Ok(exited) = tokio::time::timeout(limit, exited).await else {
                super::note(&format!(
                    "\"{}\" has not ended yet",
                    clean(&found.address())
                ));
                return Ok(TIMED_OUT);
            };
            exited?
        }
    };
    if args.json {
        let mut out = Out::open();
        json::print(&mut out, &json::End::of(SessionState::Ended(status)))?;
        out.flush()?;
    }
    Ok(code_of_program(status))
}
