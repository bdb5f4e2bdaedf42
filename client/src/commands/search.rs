//! `abide search`.

mod print;

use abide_protocol::limits::{MAX_PATTERN, SEARCH_HITS};
use abide_protocol::message::{FailKind, Failure, Search};

use crate::cli;
use crate::fault::{FAILED, Fault, USAGE, code_of};
use crate::rows::Reader;
use crate::sessions;
use print::Printer;

/// Nothing was found, as grep has it.
const NOTHING: u8 = FAILED;

pub(super) async fn run(args: cli::Search) -> Result<u8, Fault> {
    if args.pattern.is_empty() {
        return Err(Fault::Usage(
            "an empty pattern finds nothing; give something to look for".into(),
        ));
    }
    if args.pattern.len() > MAX_PATTERN {
        return Err(Fault::Usage(format!(
            "the pattern is longer than {MAX_PATTERN} bytes; give a shorter one"
        )));
    }
    let session = sessions::find(Some(&args.session)).await?;
    let mut reader = Reader::open(&session).await?;
    let mut printer = Printer::new(args.json, args.context);
    let mut left = args.limit.unwrap_or(u64::MAX);
    let mut from = None;
    while left > 0 {
        let query = Search {
            pattern: args.pattern.clone(),
            ignore_case: args.ignore_case,
            from,
            backwards: false,
            limit: u32::try_from(left).map_or(SEARCH_HITS, |left| left.min(SEARCH_HITS)),
        };
        let found = match reader.search(query).await {
            Ok(found) => found,
            Err(failure) => return refused(failure),
        };
        left -= (found.hits.len() as u64).min(left);
        printer.take(found.hits, &mut reader).await?;
        // One that does not get on would never end.
        match found
            .next
            .filter(|next| from.is_none_or(|from| *next > from))
        {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    let found = printer.finish(&mut reader).await?;
    match super::damage(&session, reader.take_lost()) {
        0 if !found => Ok(NOTHING),
        code => Ok(code),
    }
}

/// A pattern that is none is the user's mistake; and 1 already means that nothing was found.
fn refused(failure: Failure) -> Result<u8, Fault> {
    if failure.kind == FailKind::Invalid {
        return Err(Fault::Usage(failure.line));
    }
    if code_of(failure.kind) == FAILED {
        super::note(&failure.line);
        return Ok(USAGE);
    }
    Err(failure.into())
}
