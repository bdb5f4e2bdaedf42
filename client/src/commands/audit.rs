//! `abide audit`.

use std::io::Write;

use abide_protocol::message::{Answer, AuditRow, Request};

use crate::cli;
use crate::fault::Fault;
use crate::output::{self, Out};
use crate::{clock, json, sessions};

/// Rows of one answer while it waits for more; what is beyond comes with the next.
const PAGE: u32 = 1000;

pub(super) async fn run(args: cli::Audit) -> Result<u8, Fault> {
    let paths = sessions::paths()?;
    let mut link = sessions::connect_or_start_daemon(&paths).await?;
    let mut out = Out::open();
    let (mut after, mut wait) = (0, false);
    loop {
        // To go on from the newest, it has to be known, also where none is printed.
        let limit = if wait { PAGE } else { args.rows.max(1) };
        let asked = link.request(Request::Audit { after, limit, wait });
        let answer = tokio::select! {
            answer = asked => answer?,
            () = output::closed() => return Ok(0),
        };
        let Answer::Audit(rows) = answer else {
            return Err(sessions::unexpected("the daemon").into());
        };
        let shown = wait || args.rows > 0;
        for row in rows.iter().filter(|_| shown) {
            print(&mut out, row, args.json)?;
        }
        after = rows.last().map_or(after, |row| row.number);
        out.flush()?;
        if !args.follow {
            return Ok(0);
        }
        wait = true;
    }
}

fn print(out: &mut Out, row: &AuditRow, as_json: bool) -> std::io::Result<()> {
    if as_json {
        return json::line(out, &json::Audit::from(row));
    }
    let line = format!(
        "{}  {}  {} \"{}\"",
        clock::utc(row.time),
        row.actor,
        row.action,
        row.target
    );
    match row.detail.as_str() {
        "" => writeln!(out, "{line}"),
        detail => writeln!(out, "{line}: {detail}"),
    }
}
