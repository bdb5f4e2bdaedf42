//! The beginning: socket first, then the program, so that a program that runs can be found.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use abide_protocol::message::{EnvVar, FailKind, Failure, Spec};
use abide_protocol::{LineNo, SessionId, Size, paths};
use abide_screen::Options;
use tokio::net::UnixListener;

use super::ending::Life;
use super::status::Status;
use super::{BUFFER, Session, failure};
use crate::guard::fence::{self, Ground};
use crate::guard::notice::{self, Posted, Said};
use crate::keeper::birth::{self, Birth};
use crate::keeper::cuts::Cuts;
use crate::keeper::driver::Wheel;
use crate::keeper::ended;
use crate::keeper::engine::Engine;
use crate::keeper::environment::{self, Here};
use crate::keeper::events::Events;
use crate::keeper::focus::Focus;
use crate::keeper::history::{self, Bounds, Packer};
use crate::keeper::hold::Hold;
use crate::keeper::pacing::Grid;
use crate::keeper::pty::{self, Leader, Master, Program, Start};
use crate::keeper::queue::Queue;
use crate::keeper::stream::Streams;
use crate::keeper::turns::Turns;
use crate::keeper::viewer::{Bodies, Departed};
use crate::private_dir::PrivateDir;

/// Bytes of a Unix socket's path, with the closing zero.
const SUN_PATH: usize = 108;
/// What programs are told by XTVERSION.
const XTVERSION: &str = concat!("abide ", env!("CARGO_PKG_VERSION"));

/// What never changes, and the name.
pub(super) struct Identity {
    pub(super) id: SessionId,
    pub(super) name: String,
    pub(super) command: String,
    pub(super) directory: String,
    pub(super) tty: String,
    pub(super) pid: u32,
    /// This process is under Landlock.
    pub(super) confined: bool,
    pub(super) place: Place,
}

impl Identity {
    /// Tells daemon and keepers what they have to know of this session.
    pub(super) fn tell(&mut self) -> std::io::Result<()> {
        self.place.notice.say(&Said {
            name: self.name.clone(),
            trusted: false,
        })
    }

    /// The session's programs may use Abide as the user does.
    pub(super) fn trusted(&self) -> bool {
        notice::trusts(&self.place.run, self.id)
    }
}

/// The session's files, removed with it; what is in the run directory by the daemon, if Landlock
/// keeps the keeper from it.
pub(super) struct Place {
    pub(super) run: PrivateDir,
    socket: String,
    notice: Posted,
    pub(super) agent: AgentLink,
    /// Where the record of the ended session goes, and history that memory has no room for.
    pub(super) record: ended::Place,
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.run.remove(&self.socket);
        let _ = std::fs::remove_file(&self.agent.0);
    }
}

/// The link that is the session's `SSH_AUTH_SOCK`.
pub(super) struct AgentLink(PathBuf);

impl AgentLink {
    /// Lets it lead to this socket from now on.
    pub(super) fn renew(&self, target: &Path) {
        let legal =
            target.is_absolute() && target != self.0 && !target.as_os_str().as_bytes().contains(&0);
        if !legal {
            return;
        }
        let fresh = self.0.with_extension("new");
        let _ = std::fs::remove_file(&fresh);
        let renewed = std::os::unix::fs::symlink(target, &fresh)
            .and_then(|()| std::fs::rename(&fresh, &self.0));
        if let Err(error) = renewed {
            tracing::warn!(%error, "cannot renew the link to the ssh agent");
        }
    }
}

/// Starts the program. On failure nothing is left behind.
pub(crate) fn begin(birth: Birth) -> Result<Session, Failure> {
    log_to(&birth.state);
    let (mut place, listener) = take_place(&birth)?;
    let size = birth.spec.size.unwrap_or(Size::DEFAULT);
    let program = start(&birth, &place, size)?;
    if let Err(error) = complete(&mut place.notice, &program) {
        // The keeper's number is there; only what has left its family is not found any more.
        tracing::warn!(%error, "cannot complete the session's notice");
    }
    let mut session = build(birth, place, listener, program, size).map_err(|error| {
        failure(
            FailKind::Internal,
            format!("cannot watch the program: {error}"),
        )
    })?;
    session.identity.confined = confine(&session);
    Ok(session)
}

fn complete(notice: &mut Posted, program: &Program) -> std::io::Result<()> {
    let tty = std::fs::metadata(&program.tty)?.rdev();
    let leader = program.leader.as_raw_nonzero().get().unsigned_abs();
    notice.complete(leader, tty)
}

/// Gives up what the keeper does not need. Everything it has to open elsewhere is open by now, and
/// no other thread runs yet.
fn confine(session: &Session) -> bool {
    let place = &session.identity.place;
    let ground = Ground {
        run: place.run.path(),
        record: place.record.dir(),
    };
    fence::close(&ground).unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot put the keeper under Landlock");
        false
    })
}

fn build(
    birth: Birth,
    place: Place,
    listener: UnixListener,
    program: Program,
    size: Size,
) -> std::io::Result<Session> {
    use tokio::signal::unix::{SignalKind, signal};
    let incarnation = uuid::Uuid::new_v4().as_u64_pair().0;
    let bounds = Bounds {
        memory: birth.spec.history_memory.unwrap_or(history::MEMORY),
        disk: birth.spec.history_disk.unwrap_or(history::DISK),
    };
    let engine = Engine::new(Options {
        size,
        look: birth.spec.look.clone(),
        incarnation,
        version: XTVERSION,
        history_bytes: usize::try_from(bounds.memory).unwrap_or(usize::MAX),
        allow_checksum: birth.spec.allow_checksum == Some(true),
    });
    tracing::info!(id = %birth.id, pid = program.leader.as_raw_nonzero().get(), "session begins");
    let packer = Packer::new(engine.usage(), bounds, place.record.history());
    Ok(Session {
        engine,
        packer,
        leader: Leader::new(program.leader)?,
        master: Master::new(program.master)?,
        life: Life::Running,
        status: Status::new(std::time::Instant::now()),
        queue: Queue::default(),
        streams: Streams::default(),
        wheel: Wheel::new(size),
        wheel_moved: false,
        looks_like: None,
        focus: Focus::default(),
        events: Events::default(),
        hold: Hold::default(),
        grid: Grid::default(),
        bodies: Bodies::default(),
        departed: Departed::default(),
        cuts: Cuts::default(),
        listener,
        links: Vec::new(),
        viewers: 0,
        typist: None,
        terminate: signal(SignalKind::terminate())?,
        buffer: vec![0; BUFFER].into(),
        open: true,
        top: LineNo(0),
        moved: None,
        repaint: None,
        drained: true,
        blocked: false,
        links_first: false,
        turns: Turns::default(),
        loss_told: false,
        roused: true,
        identity: Identity {
            id: birth.id,
            name: birth.name,
            command: command_line(&birth.spec),
            directory: String::from_utf8_lossy(&birth.spec.directory).into_owned(),
            tty: program.tty,
            pid: program.leader.as_raw_nonzero().get().unsigned_abs(),
            confined: false,
            place,
        },
    })
}

fn take_place(birth: &Birth) -> Result<(Place, UnixListener), Failure> {
    let run = birth.state.join("run");
    let refused = |error: &dyn std::fmt::Display| failure(FailKind::Internal, error.to_string());
    let run = PrivateDir::open(&run).map_err(|error| refused(&error))?;
    let socket = paths::keeper_socket(birth.id);
    // Before the program, which could ask for something at once.
    let said = Said {
        name: birth.name.clone(),
        trusted: false,
    };
    let notice = Posted::post(&run, birth.id, &said).map_err(|error| {
        refused(&format!(
            "cannot write in {}: {error}",
            run.path().display()
        ))
    })?;
    let listener = run
        .bind(&socket)
        .map_err(|error| refused(&format!("cannot listen: {error}")))?;
    let record = birth.state.join("sessions").join(birth.id.to_string());
    let record = ended::Place::make(record.clone())
        .map_err(|error| refused(&format!("cannot make {}: {error}", record.display())))?;
    let agent = AgentLink(record.dir().join("agent"));
    let place = Place {
        run,
        socket,
        notice,
        agent,
        record,
    };
    let listener = listener
        .set_nonblocking(true)
        .and_then(|()| UnixListener::from_std(listener))
        .map_err(|error| refused(&error))?;
    Ok((place, listener))
}

fn start(birth: &Birth, place: &Place, size: Size) -> Result<Program, Failure> {
    let spec = &birth.spec;
    let directory = Path::new(std::ffi::OsStr::from_bytes(&spec.directory));
    let inherited = spec.environment.is_none().then(own_environment);
    let base = spec.environment.as_ref().or(inherited.as_ref());
    let base = base.map(Vec::as_slice).unwrap_or_default();
    let agent = Some(place.agent.0.as_path()).filter(|path| path.as_os_str().len() < SUN_PATH);
    let given = base.iter().find(|var| var.name == b"SSH_AUTH_SOCK");
    if let Some(given) = given {
        place
            .agent
            .renew(Path::new(std::ffi::OsStr::from_bytes(&given.value)));
    }
    let here = Here {
        session: birth.id,
        version: env!("CARGO_PKG_VERSION"),
        directory,
        ssh_auth_sock: agent,
    };
    pty::spawn(&Start {
        command: &spec.command,
        directory,
        environment: &environment::environment(base, &spec.extra_environment, &here),
        umask: spec.umask,
        limits: &spec.resource_limits,
        size,
        cell: spec.look.cell,
    })
}

fn own_environment() -> Vec<EnvVar> {
    let var = |(name, value): (std::ffi::OsString, std::ffi::OsString)| EnvVar {
        name: name.as_bytes().into(),
        value: value.as_bytes().into(),
    };
    let others = std::env::vars_os().filter(|(name, _)| name != birth::HEAP.0);
    others.map(var).collect()
}

/// The command line for people.
fn command_line(spec: &Spec) -> String {
    if spec.command.is_empty() {
        return "login shell".into();
    }
    let words = spec.command.iter().map(|word| {
        let word = String::from_utf8_lossy(word);
        let plain = !word.is_empty()
            && !word.contains(|c: char| c.is_whitespace() || "'\"\\$`;&|<>()*?".contains(c));
        if plain {
            word.into_owned()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Life cycle only; never what is on a screen. Without a log the session works all the same.
fn log_to(state: &Path) {
    let file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(state.join("keepers.log"));
    if let Ok(file) = file {
        let log = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_target(false)
            .with_max_level(tracing::Level::INFO)
            .with_writer(std::sync::Mutex::new(file));
        let _ = log.try_init();
    }
    std::panic::set_hook(Box::new(|panic| {
        // Where, not what: a message may quote what is on a screen.
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(place, "a panic");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_for_people() {
        let line = |words: &[&str]| {
            command_line(&Spec {
                command: words.iter().map(|word| word.as_bytes().to_vec()).collect(),
                ..Spec::default()
            })
        };
        assert_eq!(line(&[]), "login shell");
        assert_eq!(line(&["vim", "a b", "it's"]), r"vim 'a b' 'it'\''s'");
        assert_eq!(line(&["printf", "a\nb", ""]), "printf 'a b' ''");
    }
}
