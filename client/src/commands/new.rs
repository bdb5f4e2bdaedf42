//! `abide new`.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use abide_protocol::Size;
use abide_protocol::message::{
    Answer, EnvVar, FailKind, Request, ResourceLimit, SessionInfo, Spec, TerminalLook,
};
use rustix::process::Resource;

use super::list::clean;
use crate::cli;
use crate::config::Config;
use crate::fault::{Fault, failure};
use crate::output::{Out, interactive};
use crate::sessions::{self, Place, has_ended};
use crate::{json, linger, look};

pub(super) async fn run(args: cli::New) -> Result<u8, Fault> {
    let (place, name) = Place::split(args.name.as_deref())?;
    if let Some(name) = name {
        super::check_name(name)?;
    }
    let attach = interactive() && !args.detach && !args.json;
    let listing = sessions::list(&place).await;
    if attach
        && matches!(place, Place::Here(_))
        && let Some(nested) = super::attach::nested(&listing.sessions)
    {
        let line = format!("{}, or make the new one with --detach", nested.line);
        return Err(failure(nested.kind, line).into());
    }
    if let Some(living) = living(&listing.sessions, name) {
        return taken(&args, &place, living, attach).await;
    }
    if let Some(down) = listing.daemon_down {
        return Err(down.into());
    }
    let config = Config::load(&sessions::paths()?.config_file()).map_err(|why| {
        let line = format!("cannot read the configuration: {why}");
        failure(FailKind::Invalid, line)
    })?;
    let mut spec = match place {
        Place::Here(_) => spec(&args, &config)?,
        Place::Away(_) => spec_away(&args, name),
    };
    if let (Place::Here(_), Some(warning)) = (&place, linger::warning()) {
        super::note(&warning);
    }
    let asked = if attach { look::ask().await } else { None };
    if let Some(asked) = &asked {
        spec.look = asked.look.clone();
    }
    let request = Request::New {
        spec: Box::new(spec),
    };
    let Answer::Session(info) = sessions::ask_daemon(&place, request).await? else {
        return Err(sessions::unexpected("the daemon").into());
    };
    if attach {
        return super::attach_to(cli::Attach::to(&place, &info), asked).await;
    }
    let mut out = Out::open();
    if args.json {
        json::print(&mut out, &json::Session::from(&*info))?;
    } else {
        writeln!(out, "{}", clean(&place.session(&info.name)))?;
    }
    out.flush()?;
    Ok(0)
}

/// The living session of this name.
fn living<'a>(sessions: &'a [SessionInfo], name: Option<&str>) -> Option<&'a SessionInfo> {
    let mut living = sessions.iter().filter(|info| !has_ended(info));
    living.find(|info| Some(&*info.name) == name)
}

/// A session of this name is running already.
#[expect(clippy::print_stderr, reason = "a question to a person")]
async fn taken(
    args: &cli::New,
    place: &Place,
    info: &SessionInfo,
    attach: bool,
) -> Result<u8, Fault> {
    let name = clean(&place.session(&info.name));
    if attach && !args.attach {
        eprint!("A session named \"{name}\" is running already. Attach to it? [Y/n] ");
    }
    if attach && (args.attach || super::yes(true)) {
        return super::attach_to(cli::Attach::to(place, info), None).await;
    }
    if args.attach && !attach {
        // There is nothing to attach, but the session is there, as was asked for.
        let mut out = Out::open();
        if args.json {
            json::print(&mut out, &json::Session::from(info))?;
        } else {
            writeln!(out, "{name}")?;
        }
        out.flush()?;
        return Ok(0);
    }
    let line = format!(
        "cannot create \"{name}\": a session of this name is running already; \
         choose another name, or attach with: abide attach {name}"
    );
    Err(failure(FailKind::NameTaken, line).into())
}

fn spec(args: &cli::New, config: &Config) -> Result<Spec, Fault> {
    let terminal = interactive();
    Ok(Spec {
        name: args.name.clone(),
        command: args
            .command
            .iter()
            .map(|word| word.as_bytes().to_vec())
            .collect(),
        directory: directory(args.directory.as_deref())?
            .as_os_str()
            .as_bytes()
            .to_vec(),
        environment: terminal.then(|| std::env::vars_os().map(|(n, v)| variable(&n, &v)).collect()),
        extra_environment: args.env.iter().map(|(n, v)| variable(n, v)).collect(),
        umask: terminal.then(umask),
        resource_limits: if terminal {
            resource_limits()
        } else {
            Vec::new()
        },
        size: args.size.or_else(|| terminal.then(terminal_size).flatten()),
        look: TerminalLook::default(),
        allow_checksum: args.allow_checksum.then_some(true),
        history_memory: config.history_memory,
        history_disk: if args.no_history_on_disk {
            Some(0)
        } else {
            config.history_disk
        },
    })
}

/// A program on another machine gets nothing of this one but its terminal's size.
fn spec_away(args: &cli::New, name: Option<&str>) -> Spec {
    let bytes = |word: &OsStr| word.as_bytes().to_vec();
    Spec {
        name: name.map(str::to_owned),
        command: args.command.iter().map(|word| bytes(word)).collect(),
        directory: args
            .directory
            .as_deref()
            .map_or_else(Vec::new, |given| bytes(given.as_os_str())),
        extra_environment: args.env.iter().map(|(n, v)| variable(n, v)).collect(),
        size: args
            .size
            .or_else(|| interactive().then(terminal_size).flatten()),
        allow_checksum: args.allow_checksum.then_some(true),
        history_disk: args.no_history_on_disk.then_some(0),
        ..Spec::default()
    }
}

/// The directory to start in, absolute and there.
fn directory(given: Option<&Path>) -> Result<PathBuf, Fault> {
    let given = given.unwrap_or(Path::new("."));
    let refused = |why: &str| {
        let line = format!(
            "cannot start in {}: {why}; choose another directory",
            given.display()
        );
        Fault::from(failure(FailKind::Invalid, line))
    };
    let here = here().ok_or_else(|| refused("the current directory is gone"))?;
    let absolute = if given == Path::new(".") {
        here
    } else {
        here.join(given)
    };
    match std::fs::metadata(&absolute) {
        Ok(metadata) if metadata.is_dir() => Ok(absolute),
        Ok(_) => Err(refused("it is not a directory")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(refused("there is no such directory"))
        }
        Err(error) => Err(refused(&error.to_string())),
    }
}

/// The current directory as the shell names it, where that is the same place: links stay as the
/// user sees them.
fn here() -> Option<PathBuf> {
    let named = std::env::var_os("PWD").map(PathBuf::from);
    named
        .filter(|pwd| pwd.is_absolute() && same_place(pwd, Path::new(".")))
        .or_else(|| std::env::current_dir().ok())
}

fn same_place(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |path: &Path| std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
    place(a).is_some() && place(a) == place(b)
}

fn variable(name: &OsStr, value: &OsStr) -> EnvVar {
    EnvVar {
        name: name.as_bytes().to_vec(),
        value: value.as_bytes().to_vec(),
    }
}

/// The system only tells the mask while setting another one.
fn umask() -> u32 {
    let mask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    rustix::process::umask(mask);
    mask.as_raw_mode()
}

fn resource_limits() -> Vec<ResourceLimit> {
    const ALL: [Resource; 16] = [
        Resource::Cpu,
        Resource::Fsize,
        Resource::Data,
        Resource::Stack,
        Resource::Core,
        Resource::Rss,
        Resource::Nproc,
        Resource::Nofile,
        Resource::Memlock,
        Resource::As,
        Resource::Locks,
        Resource::Sigpending,
        Resource::Msgqueue,
        Resource::Nice,
        Resource::Rtprio,
        Resource::Rttime,
    ];
    let limit = |resource: Resource| {
        let limit = rustix::process::getrlimit(resource);
        ResourceLimit {
            resource: resource as u32,
            soft: limit.current.unwrap_or(u64::MAX),
            hard: limit.maximum.unwrap_or(u64::MAX),
        }
    };
    ALL.into_iter().map(limit).collect()
}

fn terminal_size() -> Option<Size> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then(|| Size::clamped(size.ws_col, size.ws_row))
}

impl cli::Attach {
    /// Attaches to this very session.
    fn to(place: &Place, info: &SessionInfo) -> Self {
        Self {
            session: Some(place.session(&info.id.to_string())),
            watch: false,
            take: false,
            history: None,
            resend_after: None,
        }
    }
}
