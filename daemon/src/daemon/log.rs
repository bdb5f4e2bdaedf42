//! The daemon's log: life cycle and faults, never contents of a terminal.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use abide_protocol::paths::Paths;
use tracing_subscriber::EnvFilter;

/// Bytes of the log at which the next daemon starts a new one; one old log is kept.
const ROTATE: u64 = 1 << 20;

/// Opens the log: standard error, or a file in the state directory. `ABIDE_LOG` filters it.
pub(super) fn open(paths: &Paths, foreground: bool) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_env("ABIDE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter);
    if foreground {
        log.with_writer(std::io::stderr).without_time().init();
        return Ok(());
    }
    let path = paths.state.join("abided.log");
    if std::fs::metadata(&path).is_ok_and(|meta| meta.len() > ROTATE) {
        let old: PathBuf = paths.state.join("abided.log.1");
        std::fs::rename(&path, old)?;
    }
    let file = File::options()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(&path)?;
    log.with_ansi(false).with_writer(file).init();
    Ok(())
}
