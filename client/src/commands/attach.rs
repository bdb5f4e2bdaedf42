//! `abide attach`: the session in the user's own terminal.

mod attachment;
mod ending;
mod events;
pub(super) mod nesting;
mod outgoing;
mod picture;
mod scrolling;
mod signals;
mod terminal;
mod typing;

use std::time::Instant;

use abide_protocol::message::{
    Answer, Attach, CaptureRange, ExitStatus, FailKind, Failure, Limits, Request, SessionInfo,
    SessionState, SizeWish, ToServer,
};
use abide_protocol::paths::Paths;
use abide_protocol::{EventNo, LineNo, StreamId};

use crate::config::Config;
use crate::keys::prefix::Prefix;
use crate::keys::{Decoder, Outer};
use crate::link::Link;
use crate::look::Asked;
use crate::paint::Caps;
use crate::tty::{Probe, Tty};
use crate::{ansi, sessions};
use attachment::{Attachment, Manners};
use ending::Ending;
use outgoing::Outgoing;
use picture::Picture;
use signals::Signals;
use terminal::size_or_default;

/// What to attach to and how.
#[derive(Clone, Debug)]
pub struct AttachArgs {
    pub paths: Paths,
    pub session: SessionInfo,
    /// Never type, never change the size.
    pub watch: bool,
    /// Take the size from whoever has it.
    pub take: bool,
    /// Rows of history to bring first; `None`: as configured.
    pub history: Option<u64>,
}

/// `asked`: this terminal, if it has been asked for its looks already.
/// Attaches until the user detaches or the session ends; the exit code. One line on standard error
/// says what happened.
pub async fn run(args: AttachArgs, asked: Option<Asked>) -> u8 {
    let name = args.session.name.clone();
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
    let config = Config::load(&args.paths.config_file()).map_err(invalid)?;
    let history = args.history.unwrap_or(config.history);
    if let SessionState::Ended(status) = args.session.state {
        return ended(&args, history, status).await;
    }
    let link = match sessions::connect_keeper(&args.paths, args.session.id).await {
        Ok(link) => link,
        Err(error) if error.nobody() => return vanished(&args, history).await,
        Err(error) => return Err(error.into()),
    };
    let others = sessions::peek(&args.paths).await;
    if let Some(failure) = nested(&others) {
        return Err(failure);
    }
    let attachment =
        open(&args, asked, link, config, history).map_err(|error| invalid(error.to_string()))?;
    Ok(attachment.run().await)
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
    let stream = StreamId(*uuid::Uuid::new_v4().as_bytes());
    let wish = match (args.watch, args.take) {
        (true, _) => SizeWish::Watch,
        (false, true) => SizeWish::Take,
        (false, false) => SizeWish::IfFree,
    };
    link.post(&ToServer::Attach(Box::new(Attach {
        session: args.session.id,
        stream,
        have: None,
        event: None,
        size,
        wish,
        name: viewer_name(),
        frames: true,
        printed: Some(LineNo(0)),
        history,
        look: abide_protocol::message::TerminalLook::default(),
        device: None,
        limits: Limits {
            type_: !args.watch,
            size: !args.watch,
            ..Limits::ALL
        },
        ssh_auth_sock: variable("SSH_AUTH_SOCK"),
        epoch: None,
    })))?;
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
        link,
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
        },
        session: args.session.id,
        asked: scrolling::Asked::default(),
        over: None,
        attached: false,
        event: EventNo(0),
        painting: None,
        began: Instant::now(),
    })
}

/// How people know this viewer: the host, and where its user comes from if that is elsewhere.
fn viewer_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = match host.trim() {
        "" => "a terminal",
        host => host,
    };
    let client = std::env::var("SSH_CONNECTION").unwrap_or_default();
    let name = match client.split(' ').next() {
        Some(address) if !address.is_empty() => format!("{address} on {host}"),
        _ => host.to_owned(),
    };
    let printable = name.chars().filter(|c| matches!(c, ' '..='~'));
    printable.take(abide_protocol::limits::MAX_NAME).collect()
}

/// The keeper has gone: either the session has ended since it was found, or nobody knows.
async fn vanished(args: &AttachArgs, history: u64) -> Result<Ending, Failure> {
    let request = Request::Info {
        session: args.session.id,
    };
    match sessions::ask_daemon(&args.paths, request).await? {
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
        session: args.session.id,
        range: CaptureRange { history },
    };
    let answer = sessions::ask(&args.paths, &args.session, request).await?;
    let Answer::Captured { history, snapshot } = answer else {
        return Err(sessions::unexpected("the daemon"));
    };
    let used = snapshot.rows.iter().rposition(|row| row.cells() > 0);
    let screen = snapshot.rows.iter().take(used.map_or(0, |last| last + 1));
    for row in history.iter().chain(screen) {
        println!("{}", String::from_utf8_lossy(&ansi::row(row)));
    }
    Ok(())
}
