//! `abide stop` and `abide kill`.

use std::io::Write;

use abide_protocol::message::{EndHow, ExitStatus, FailKind, Request};

use super::end_of::End;
use super::list::{clean, signal_name};
use crate::cli;
use crate::fault::{Fault, failure};
use crate::output::Out;
use crate::sessions::{self, has_ended};

/// Ends a session and waits for its end.
pub(super) async fn run(args: cli::Named, how: EndHow) -> Result<u8, Fault> {
    let found = sessions::find(Some(&args.session)).await?;
    let name = clean(&found.address());
    if has_ended(&found.info) {
        let what = match how {
            EndHow::Stop => "stop",
            EndHow::Kill => "kill",
        };
        let line = format!(
            "cannot {what} \"{name}\": it has ended already; forget it with: abide remove {name}"
        );
        return Err(failure(FailKind::State, line).into());
    }
    let request = Request::End {
        session: found.info.id,
        how,
    };
    // First wait, then end it: a keeper that nobody is attached to leaves with its program.
    let end = End::await_of(&found).await?;
    sessions::ask(&found, request).await?;
    let line = match end.seen().await? {
        ExitStatus::Code(0) => format!("\"{name}\" ended"),
        ExitStatus::Code(code) => format!("\"{name}\" ended with code {code}"),
        ExitStatus::Signal(signal) => format!("\"{name}\" was ended by {}", signal_name(signal)),
        ExitStatus::Lost => format!("\"{name}\" is gone"),
    };
    let mut out = Out::open();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(0)
}
