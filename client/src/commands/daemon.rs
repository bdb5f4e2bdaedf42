//! `abide daemon`.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use abide_protocol::message::{Answer, DaemonStatus, FailKind, Failure, Request};
use abide_protocol::paths::Paths;

use crate::cli::DaemonCommand;
use crate::duration::age;
use crate::fault::{CONFLICT, Fault, failure};
use crate::link::Link;
use crate::output::Out;
use crate::{clock, json, linger, sessions, unit};

/// A daemon that has not left by then hangs.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at a daemon that is leaving.
const STOP_POLL: Duration = Duration::from_millis(10);

pub(super) async fn run(command: DaemonCommand) -> Result<u8, Fault> {
    let paths = sessions::paths()?;
    match command {
        DaemonCommand::Run => Err(run_here().into()),
        DaemonCommand::Start => start(&paths).await,
        DaemonCommand::Stop => stop(&paths).await,
        DaemonCommand::Restart => restart(&paths).await,
        DaemonCommand::Status { json } => status(&paths, json).await,
        DaemonCommand::Install => install(),
    }
}

/// Becomes the daemon; comes back only if it cannot.
fn run_here() -> Failure {
    let Some(program) = sessions::daemon_program() else {
        let line =
            "cannot run the daemon: `abided` is neither beside `abide` nor in PATH; install it";
        return failure(FailKind::Internal, line);
    };
    let error = Command::new(&program).args(["run", "--foreground"]).exec();
    let line = format!("cannot run {}: {error}", program.display());
    failure(FailKind::Internal, line)
}

async fn start(paths: &Paths) -> Result<u8, Fault> {
    let running = sessions::connect_daemon(paths).await.is_ok();
    let mut link = sessions::connect_or_start_daemon(paths).await?;
    let status = ask_status(&mut link).await?;
    let state = if running { "runs already" } else { "runs" };
    say(&format!("the daemon {state} (process {})", status.pid))
}

async fn stop(paths: &Paths) -> Result<u8, Fault> {
    match shut_down(paths).await? {
        None => say("the daemon does not run"),
        Some(0) => say("the daemon has stopped"),
        Some(1) => say("the daemon has stopped; 1 session goes on"),
        Some(living) => say(&format!("the daemon has stopped; {living} sessions go on")),
    }
}

async fn restart(paths: &Paths) -> Result<u8, Fault> {
    shut_down(paths).await?;
    let mut link = sessions::connect_or_start_daemon(paths).await?;
    let status = ask_status(&mut link).await?;
    let sessions = match status.living {
        1 => "1 session".into(),
        living => format!("{living} sessions"),
    };
    say(&format!(
        "the daemon runs again (process {}) and found {sessions}",
        status.pid
    ))
}

/// Has the daemon leave and waits until it has; answers how many sessions go on, `None` if no
/// daemon ran.
async fn shut_down(paths: &Paths) -> Result<Option<u32>, Fault> {
    let mut link = match sessions::connect_daemon(paths).await {
        Err(error) if error.nobody() => return Ok(None),
        other => other?,
    };
    let status = ask_status(&mut link).await?;
    link.request(Request::Shutdown).await?;
    let began = Instant::now();
    while lives(status.pid) {
        if began.elapsed() > STOP_PATIENCE {
            let line = format!("the daemon (process {}) does not leave", status.pid);
            return Err(failure(FailKind::Internal, line).into());
        }
        tokio::time::sleep(STOP_POLL).await;
    }
    Ok(Some(status.living))
}

/// Neither gone nor waiting for its parent to notice.
fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| !"ZX".contains(state))
}

async fn ask_status(link: &mut Link) -> Result<DaemonStatus, Fault> {
    match link.request(Request::Status).await? {
        Answer::Status(status) => Ok(status),
        _ => Err(sessions::unexpected("the daemon").into()),
    }
}

/// Exit code 4 says that no daemon runs.
async fn status(paths: &Paths, as_json: bool) -> Result<u8, Fault> {
    let status = match sessions::connect_daemon(paths).await {
        Ok(mut link) => Some(ask_status(&mut link).await?),
        Err(error) if error.nobody() => None,
        Err(error) => return Err(error.into()),
    };
    let code = if status.is_some() { 0 } else { CONFLICT };
    let mut out = Out::open();
    if as_json {
        json::print(&mut out, &json::Daemon::from(status))?;
    } else if let Some(status) = status {
        writeln!(
            out,
            "the daemon runs: process {}, version {}, since {}, {} living and {} ended sessions",
            status.pid,
            status.version,
            age(status.started, clock::now()),
            status.living,
            status.ended
        )?;
        for warning in status.warnings {
            let mark = out.paint("33", "warning:");
            writeln!(out, "{mark} {warning}")?;
        }
    } else {
        writeln!(
            out,
            "the daemon does not run; the next command that needs it starts it"
        )?;
    }
    out.flush()?;
    Ok(code)
}

fn install() -> Result<u8, Fault> {
    let path = unit::install()?;
    let mut out = Out::open();
    writeln!(out, "wrote {}", path.display())?;
    writeln!(
        out,
        "next: systemctl --user daemon-reload && systemctl --user enable --now {}",
        unit::NAME
    )?;
    if matches!(
        linger::state(),
        linger::Linger::Off | linger::Linger::OffAndKilled
    ) {
        writeln!(
            out,
            "then: loginctl enable-linger    (sessions go on when you log out)"
        )?;
    }
    out.flush()?;
    Ok(0)
}

fn say(line: &str) -> Result<u8, Fault> {
    let mut out = Out::open();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(0)
}
