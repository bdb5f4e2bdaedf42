//! `abide tail`.

mod follow;
mod printer;

use abide_protocol::message::{Failure, SessionState};
use abide_protocol::{Book, LineNo, Snapshot};

use crate::cli;
use crate::fault::Fault;
use crate::rows::{Extent, Reader, on_screen, used};
use crate::sessions;
use printer::Printer;

pub(super) async fn run(args: cli::Tail) -> Result<u8, Fault> {
    let found = sessions::find(args.target.session.as_deref()).await?;
    let mut reader = Reader::open(&found).await?;
    let living = !matches!(found.info.state, SessionState::Ended(_));
    let (_, snapshot) = reader.capture(0).await?;
    let mut extent = reader.extent(&snapshot).await?;
    let shown = if args.follow && living {
        // The program may go on in the last row of the main screen when it comes back to it.
        if snapshot.book == Book::Alternate && extent.top > extent.first {
            extent.top = LineNo(extent.top.0 - 1);
        }
        complete(&snapshot)
    } else {
        used(on_screen(&snapshot)).len() as u64
    };
    let from = begin(&mut reader, &extent, &snapshot, shown, args.lines).await?;
    // Only those count that are printed.
    reader.take_lost();
    let mut printer = Printer::new(&found, from, args.ansi);
    printer.history(&mut reader, extent.top).await?;
    printer.screen(extent.top, on_screen(&snapshot), shown)?;
    if args.follow && living {
        return follow::run(&found, reader, printer).await;
    }
    printer.end()?;
    Ok(printer.code())
}

/// Rows of the screen that are complete: those above the cursor.
fn complete(snapshot: &Snapshot) -> u64 {
    let shown = on_screen(snapshot).len() as u64;
    u64::from(snapshot.cursor.row).min(shown)
}

/// Where the last `lines` lines begin that end with the first `shown` rows of the screen. Rows are
/// counted from the end, block by block, and not kept.
async fn begin(
    reader: &mut Reader,
    extent: &Extent,
    snapshot: &Snapshot,
    shown: u64,
    lines: u64,
) -> Result<LineNo, Failure> {
    let end = extent.top.plus(shown);
    if lines == 0 {
        return Ok(end);
    }
    // The last row ends a line, wrapped or not.
    let mut left = lines;
    let mut at = end;
    let screen = on_screen(snapshot).iter().take(shown as usize);
    let mut rows: Vec<_> = screen.cloned().collect();
    loop {
        for row in rows.iter().rev() {
            if !row.wrapped() && at < end {
                left -= 1;
                if left == 0 {
                    return Ok(at);
                }
            }
            at = LineNo(at.0.saturating_sub(1));
        }
        let from = LineNo(at.0.saturating_sub(abide_protocol::limits::ROWS_PER_REQUEST));
        let from = from.max(extent.begin());
        if from >= at {
            return Ok(at);
        }
        let (first, block) = reader.rows(from, at).await?;
        if first.plus(block.len() as u64) != at {
            // Older rows were dropped meanwhile.
            return Ok(at);
        }
        rows = block;
    }
}
