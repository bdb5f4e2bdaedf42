//! `abide tail --follow`: one more viewer, which is told how far the session has come and reads
//! the rows themselves in blocks, as fast as they can be written and no faster. A flood is so read
//! whole, unless it outruns the history that the session keeps.

use abide_protocol::message::{Attach, FailKind, Limits, SessionInfo, ToClient, ToServer};
use abide_protocol::{Snapshot, StreamId};

use super::complete;
use super::printer::Printer;
use crate::fault::{Fault, failure};
use crate::link::{Link, LinkError};
use crate::mirror::{Mirror, Step};
use crate::output;
use crate::rows::{Reader, on_screen, used};
use crate::sessions::{self, Located};

/// The link to the session was lost.
const LOST: u8 = 254;
/// Messages taken in before rows are read, at most.
const BATCH: usize = 64;

/// Prints until the session ends.
pub(super) async fn run(
    found: &Located,
    mut reader: Reader,
    mut printer: Printer<'_>,
) -> Result<u8, Fault> {
    let mut link = match sessions::connect_keeper(&found.place, found.info.id).await {
        Ok(link) => link,
        // It has ended just now; what it showed last has been printed but for its last row.
        Err(error) if error.nobody() => return Ok(printer.code()),
        Err(error) => return Err(error.into()),
    };
    attach(&mut link, &found.info)?;
    let closed = output::closed();
    tokio::pin!(closed);
    let mut mirror = Mirror::default();
    loop {
        let first = tokio::select! {
            message = link.next() => message,
            () = &mut closed => return Ok(0),
        };
        match hear(&mut link, first, &mut mirror)? {
            Heard::GoesOn => {}
            Heard::Ended => {
                if let Some(snapshot) = mirror.snapshot() {
                    // The keeper stays for a while; if it is gone, what was printed is all there is.
                    let printed = print_all(&mut reader, &mut printer, snapshot).await;
                    if let Err(fault @ (Fault::Pipe | Fault::Output(_))) = printed {
                        return Err(fault);
                    }
                }
                printer.end()?;
                return Ok(printer.code());
            }
            Heard::Lost(why) => {
                printer.end()?;
                super::super::note(&format!(
                    "lost the link to \"{}\": {why}",
                    super::super::list::clean(&found.address())
                ));
                return Ok(LOST);
            }
        }
        if let Some(snapshot) = mirror.snapshot() {
            print(&mut reader, &mut printer, snapshot, complete(snapshot)).await?;
            let revision = snapshot.revision;
            link.post(&ToServer::Ack { revision })?;
        }
    }
}

/// Prints what is complete. While the alternate screen is shown, nothing of the main one is.
async fn print(
    reader: &mut Reader,
    printer: &mut Printer<'_>,
    snapshot: &Snapshot,
    shown: u64,
) -> Result<(), Fault> {
    let rows = on_screen(snapshot);
    if rows.is_empty() {
        return Ok(());
    }
    printer.history(reader, snapshot.top).await?;
    printer.screen(snapshot.top, rows, shown)
}

/// Prints what has not been printed of a session that has ended.
async fn print_all(
    reader: &mut Reader,
    printer: &mut Printer<'_>,
    snapshot: &Snapshot,
) -> Result<(), Fault> {
    let rows = on_screen(snapshot);
    if rows.is_empty() {
        let extent = reader.extent(snapshot).await?;
        return printer.history(reader, extent.top).await;
    }
    print(reader, printer, snapshot, used(rows).len() as u64).await
}

fn attach(link: &mut Link, info: &SessionInfo) -> Result<(), LinkError> {
    let stream = StreamId(*uuid::Uuid::new_v4().as_bytes());
    link.post(&ToServer::Attach(Box::new(Attach {
        limits: Limits {
            type_: false,
            size: false,
            ..Limits::ALL
        },
        ..Attach::new(info.id, stream, "tail")
    })))
}

enum Heard {
    GoesOn,
    Ended,
    Lost(String),
}

/// Takes in what has come, then everything that is here already.
fn hear(
    link: &mut Link,
    first: Result<Option<ToClient>, LinkError>,
    mirror: &mut Mirror,
) -> Result<Heard, Fault> {
    let mut next = first;
    for _ in 0..BATCH {
        match next {
            Ok(Some(ToClient::Ended { .. })) => return Ok(Heard::Ended),
            Ok(Some(ToClient::Closed(failure))) => return Err(failure.into()),
            Ok(Some(message)) => take(link, message, mirror)?,
            Ok(None) => return Ok(Heard::Lost("its keeper has gone".into())),
            Err(error) => return Ok(Heard::Lost(error.to_string())),
        }
        next = match link.try_next() {
            Ok(None) => return Ok(Heard::GoesOn),
            next => next,
        };
    }
    // One more is at hand.
    match next {
        Ok(Some(ToClient::Ended { .. })) => Ok(Heard::Ended),
        Ok(Some(message)) => take(link, message, mirror).map(|()| Heard::GoesOn),
        Ok(None) => Ok(Heard::GoesOn),
        Err(error) => Ok(Heard::Lost(error.to_string())),
    }
}

fn take(link: &mut Link, message: ToClient, mirror: &mut Mirror) -> Result<(), Fault> {
    match message {
        ToClient::Snapshot { snapshot, .. } => mirror.replace(*snapshot),
        ToClient::Update { update, .. } => {
            let step = mirror
                .update(&update)
                .map_err(|error| failure(FailKind::Internal, error.to_string()))?;
            if step == Step::Resync {
                link.post(&ToServer::Resync)?;
            }
        }
        ToClient::Hello(_)
        | ToClient::Answer { .. }
        | ToClient::Attached { .. }
        | ToClient::Header(_)
        | ToClient::Driver(_)
        | ToClient::Refused { .. }
        | ToClient::Ended { .. }
        | ToClient::Summary(_)
        | ToClient::Notice(_)
        | ToClient::Granted(_)
        | ToClient::PageEnds(_)
        | ToClient::Closed(_)
        | ToClient::Unknown => {}
    }
    Ok(())
}
