//! `abide attach`: the session in the user's own terminal.

mod attachment;
mod ending;
mod events;
mod held;
mod line;
pub(super) mod nesting;
mod opening;
mod outgoing;
mod picture;
mod returning;
mod scrolling;
mod signals;
mod terminal;
mod typing;

use std::time::{Duration, Instant};

use abide_protocol::message::{
    Answer, CaptureRange, ExitStatus, FailKind, Failure, Request, SessionInfo, SessionState,
    ToServer,
};
use abide_protocol::{EventNo, StreamId};

use crate::ansi;
use crate::config::Config;
use crate::keys::prefix::Prefix;
use crate::keys::{Decoder, Outer};
use crate::link::Link;
use crate::look::Asked;
use crate::paint::Caps;
use crate::sessions::{self, Located, Place};
use crate::tty::{Probe, Tty};
use attachment::{Attachment, Manners};
use ending::Ending;
use line::Line;
use opening::Opening;
use outgoing::Outgoing;
use picture::Picture;
use signals::Signals;
use terminal::size_or_default;

/// What to attach to and how.
#[derive(Clone, Debug)]
pub struct AttachArgs {
    pub found: Located,
    /// Never type, never change the size.
    pub watch: bool,
    /// Take the size from whoever has it.
    pub take: bool,
    /// Rows of history to bring first; `None`: as configured.
    pub history: Option<u64>,
    /// What was typed longer before the loss of a link is not sent again without asking; `None`:
    /// the usual time.
    pub resend_after: Option<Duration>,
}

/// What was typed longer before the loss of a link may not be wanted any more.
const RESEND_AFTER: Duration = Duration::from_secs(5);

/// `asked`: this terminal, if it has been asked for its looks already.
/// Attaches until the user detaches or the session ends; the exit code. One line on standard error
/// says what happened.
pub async fn run(args: AttachArgs, asked: Option<Asked>) -> u8 {
    let name = args.found.address();
    let ending = match attach(args, asked).await {
        Ok(ending) => ending,
        Err(failure) => Ending::Refused(failure),
    };
    if let Some(line) = ending.line(&name) {
        super::note(&line);
    }
    ending.code()
}

async fn attach(args: AttachArgs, asked: Option<Asked>) -> Result<Ending, Failure> {
    let config = Config::load(&sessions::paths()?.config_file()).map_err(invalid)?;
    let history = args.history.unwrap_or(config.history);
    if let SessionState::Ended(status) = args.found.info.state {
        return ended(&args, history, status).await;
    }
    let link = match sessions::connect_keeper(&args.found.place, args.found.info.id).await {
        Ok(link) => link,
        Err(error) if error.nobody() => return vanished(&args, history).await,
        Err(error) => return Err(error.into()),
    };
    if let Place::Here(paths) = &args.found.place
        && let Some(failure) = nested(&sessions::peek(paths).await)
    {
        return Err(failure);
    }
    let attachment =
        open(&args, asked, link, config, history).map_err(|error| invalid(error.to_string()))?;
    match attachment.run().await {
        Ending::Vanished(why) => Ok(end_of(&args.found).await.unwrap_or(Ending::Lost(why))),
        ending => Ok(ending),
    }
}

/// How a session ended while there was no link to it.
async fn end_of(found: &Located) -> Option<Ending> {
    let session = found.info.id;
    match sessions::ask_daemon(&found.place, Request::Info { session }).await {
        Ok(Answer::Session(info)) => match info.state {
            SessionState::Ended(status) => Some(Ending::Program(status)),
            SessionState::Starting | SessionState::Running => None,
        },
        _ => None,
    }
}

/// Why nothing can be attached here: this terminal is that of one of these sessions.
pub(super) fn nested(sessions: &[SessionInfo]) -> Option<Failure> {
    nesting::around_us(sessions).map(|around| {
        invalid(format!(
            "this terminal is the session \"{}\" itself; detach from it first",
            around.name
        ))
    })
}

fn invalid(line: impl Into<String>) -> Failure {
    Failure {
        kind: FailKind::Invalid,
        line: line.into(),
    }
}

/// Takes the terminal and says to the keeper what this viewer is.
fn open(
    args: &AttachArgs,
    asked: Option<Asked>,
    mut link: Link,
    config: Config,
    history: u64,
) -> anyhow::Result<Attachment> {
    let signals = Signals::open()?;
    let (mut tty, decoder, typed) = if let Some(asked) = asked {
        (asked.tty, asked.decoder, asked.typed)
    } else {
        let tty = Tty::open()?;
        let mut decoder = Decoder::new(Outer::Legacy);
        decoder.set_erase(tty.erase());
        (tty, decoder, Vec::new())
    };
    let size = size_or_default(&tty);
    let variable = |name: &str| std::env::var(name).ok();
    let caps = Caps::from_environment(variable);
    let here = matches!(args.found.place, Place::Here(_));
    let opening = Opening {
        session: args.found.info.id,
        watch: args.watch,
        take: args.take,
        history,
        ssh_auth_sock: variable("SSH_AUTH_SOCK").filter(|_| here),
    };
    let stream = new_stream();
    link.post(&opening.first(stream, size))?;
    link.post(&ToServer::Focus { focused: true })?;
    let mut probe = Probe::default();
    let mut picture = Picture::new(caps, size, history, config.prefix_name.clone());
    let program = variable("TERM_PROGRAM").unwrap_or_default();
    tty.raw()?;
    tty.post(&probe.questions(caps, &program));
    tty.post(&picture.outfit.begin());
    tty.undo_by(picture.undo());
    tty.write_some()?;
    Ok(Attachment {
        line: Line::new(args.found.place.clone(), link),
        opening,
        tty,
        signals,
        picture,
        decoder,
        typed,
        prefix: Prefix::new(config.prefix),
        outgoing: Outgoing::new(stream),
        probe,
        manners: Manners {
            watch: args.watch,
            prefix_name: config.prefix_name,
            resend_after: args.resend_after.unwrap_or(RESEND_AFTER),
        },
        asked: scrolling::Asked::default(),
        over: None,
        role: None,
        attached: false,
        ever_attached: false,
        event: EventNo(0),
        painting: None,
        began: Instant::now(),
    })
}

fn new_stream() -> StreamId {
    StreamId(*uuid::Uuid::new_v4().as_bytes())
}

/// The keeper has gone: either the session has ended since it was found, or nobody knows.
async fn vanished(args: &AttachArgs, history: u64) -> Result<Ending, Failure> {
    let request = Request::Info {
        session: args.found.info.id,
    };
    match sessions::ask_daemon(&args.found.place, request).await? {
        Answer::Session(info) => match info.state {
            SessionState::Ended(status) => ended(args, history, status).await,
            SessionState::Starting | SessionState::Running => {
                Err(invalid("its keeper does not answer; see: abide doctor"))
            }
        },
        _ => Err(sessions::unexpected("the daemon")),
    }
}

/// Shows what is left of an ended session. Of a lost one there may be nothing.
async fn ended(args: &AttachArgs, history: u64, status: ExitStatus) -> Result<Ending, Failure> {
    match show_ended(args, history).await {
        Err(_) if status == ExitStatus::Lost => {}
        shown => shown?,
    }
    Ok(Ending::Program(status))
}

/// Prints what an ended session showed last, with its history before.
#[expect(
    clippy::print_stdout,
    reason = "the session's last screen is the output"
)]
async fn show_ended(args: &AttachArgs, history: u64) -> Result<(), Failure> {
    let request = Request::Capture {
        session: args.found.info.id,
        range: CaptureRange { history },
    };
    let answer = sessions::ask(&args.found, request).await?;
    let Answer::Captured {
        history, snapshot, ..
    } = answer
    else {
        return Err(sessions::unexpected("the daemon"));
    };
    let used = snapshot.rows.iter().rposition(|row| row.cells() > 0);
    let screen = snapshot.rows.iter().take(used.map_or(0, |last| last + 1));
    for row in history.iter().chain(screen) {
        println!("{}", String::from_utf8_lossy(&ansi::row(row)));
    }
    Ok(())
}
