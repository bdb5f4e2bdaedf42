//! `abide send` and `abide keys`: typing into a session without showing it.

use std::io::Read;
use std::time::Duration;

use abide_protocol::input::InputEvent;
use abide_protocol::message::{Attach, FailKind, InputRefusal, SessionInfo, ToClient, ToServer};
use abide_protocol::{InputSeq, StreamId, limits};
use uuid::Uuid;

use super::list::clean;
use crate::cli;
use crate::fault::{Fault, failure};
use crate::keys::names;
use crate::link::{Link, LinkError};
use crate::output::interactive;
use crate::sessions::{self, Located, has_ended};

/// Between two attempts to hand input to a program that does not read.
const BUSY_WAIT: Duration = Duration::from_millis(100);
/// A program that has not read for this long is not going to.
const BUSY_PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn send(args: cli::Send) -> Result<u8, Fault> {
    let text = text(args.text)?;
    let (found, mut typist) = open(&args.session).await?;
    let submit = |confirmed| {
        if args.no_enter {
            InputEvent::Paste(text.clone())
        } else {
            InputEvent::Submit {
                text: text.clone(),
                confirmed,
            }
        }
    };
    let mut typed = typist.type_in(submit(args.yes)).await?;
    if typed == Err(InputRefusal::NeedsConfirm) && confirm(&found, &text) {
        typed = typist.type_in(submit(true)).await?;
    }
    done(&found, typed)
}

pub(super) async fn keys(args: cli::Keys) -> Result<u8, Fault> {
    let events: Result<Vec<_>, _> = args.keys.iter().map(|name| names::parse(name)).collect();
    let events = events.map_err(|error| Fault::Usage(format!("cannot press keys: {error}")))?;
    let (found, mut typist) = open(&args.session).await?;
    let typed = typist.type_in(InputEvent::Keys(events)).await?;
    done(&found, typed)
}

fn done(found: &Located, typed: Result<(), InputRefusal>) -> Result<u8, Fault> {
    let Err(refusal) = typed else { return Ok(0) };
    let name = clean(&found.address());
    let (kind, why) = match refusal {
        InputRefusal::Busy => (
            FailKind::Exhausted,
            "its program does not read; try again later",
        ),
        InputRefusal::StreamLost => (FailKind::Internal, "its keeper lost track; try again"),
        InputRefusal::NeedsConfirm => (
            FailKind::State,
            "its program would take each line as a command; send it nevertheless with --yes",
        ),
        InputRefusal::Forbidden => (FailKind::Forbidden, "typing is not allowed there"),
        InputRefusal::Discarded => (FailKind::State, "a later Ctrl-C discarded it"),
    };
    Err(failure(kind, format!("cannot type into \"{name}\": {why}")).into())
}

/// The text to send: as given, or all of standard input for `-`, without its last newline.
fn text(given: String) -> Result<String, Fault> {
    if given != "-" {
        return bounded(given);
    }
    let mut read = String::new();
    let bound = limits::MAX_PASTE as u64 + 2;
    std::io::stdin()
        .take(bound)
        .read_to_string(&mut read)
        .map_err(|error| Fault::Usage(format!("cannot read standard input: {error}")))?;
    if read.ends_with('\n') {
        read.pop();
    }
    bounded(read)
}

fn bounded(text: String) -> Result<String, Fault> {
    if text.len() > limits::MAX_PASTE {
        let line = format!(
            "cannot send more than {} bytes at once; send it in parts",
            limits::MAX_PASTE
        );
        return Err(Fault::Usage(line));
    }
    Ok(text)
}

/// Asks before several lines go to a program that takes each as a command.
#[expect(clippy::print_stderr, reason = "a question to a person")]
fn confirm(found: &Located, text: &str) -> bool {
    if !interactive() {
        return false;
    }
    let lines = text.lines().count();
    eprint!(
        "\"{}\" would take each of these {lines} lines as a command. Send them? [y/N] ",
        clean(&found.address())
    );
    super::yes(false)
}

async fn open(session: &str) -> Result<(Located, Typist), Fault> {
    let found = sessions::find(Some(session)).await?;
    if has_ended(&found.info) {
        let name = clean(&found.address());
        let line = format!("cannot type into \"{name}\": it has ended");
        return Err(failure(FailKind::State, line).into());
    }
    let link = sessions::connect_keeper(&found.place, found.info.id).await?;
    let typist = Typist::attach(link, &found.info).await?;
    Ok((found, typist))
}

/// A viewer that sees nothing and types.
struct Typist {
    link: Link,
    stream: StreamId,
    last: InputSeq,
}

impl Typist {
    async fn attach(mut link: Link, info: &SessionInfo) -> Result<Self, Fault> {
        let stream = StreamId(*Uuid::new_v4().as_bytes());
        let attach = Attach {
            frames: false,
            ..Attach::new(info.id, stream, "abide send")
        };
        link.send(&ToServer::Attach(Box::new(attach))).await?;
        loop {
            match link.next().await?.ok_or(LinkError::Closed)? {
                ToClient::Attached { applied, .. } => {
                    return Ok(Self {
                        link,
                        stream,
                        last: applied,
                    });
                }
                ToClient::Closed(failure) => return Err(failure.into()),
                _ => {}
            }
        }
    }

    /// Sends one event and waits until it has been applied or refused.
    async fn type_in(&mut self, event: InputEvent) -> Result<Result<(), InputRefusal>, Fault> {
        let began = tokio::time::Instant::now();
        self.last = self.last.next();
        loop {
            let input = ToServer::Input {
                stream: self.stream,
                seq: self.last,
                event: event.clone(),
            };
            self.link.send(&input).await?;
            match self.outcome().await? {
                Err(InputRefusal::Busy) if began.elapsed() < BUSY_PATIENCE => {
                    tokio::time::sleep(BUSY_WAIT).await;
                }
                outcome => return Ok(outcome),
            }
        }
    }

    async fn outcome(&mut self) -> Result<Result<(), InputRefusal>, Fault> {
        loop {
            let header = match self.link.next().await?.ok_or(LinkError::Closed)? {
                ToClient::Header(header)
                | ToClient::Snapshot { header, .. }
                | ToClient::Update { header, .. } => header,
                ToClient::Refused { seq, why, .. } if seq == self.last => return Ok(Err(why)),
                // What was typed may have been `exit`.
                ToClient::Ended { .. } => return Ok(Ok(())),
                ToClient::Closed(failure) => return Err(failure.into()),
                _ => continue,
            };
            if header.applied >= self.last {
                return Ok(Ok(()));
            }
        }
    }
}
