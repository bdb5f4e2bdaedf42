//! What `--json` prints. Field names are an interface: they are added to, never changed. Times are
//! milliseconds since the Unix epoch.

mod devices;

use std::io::{self, Write};

use abide_protocol::Snapshot;
use abide_protocol::message::{
    CertificateInfo, DaemonStatus, ExitStatus, Failure, LostRows, SessionInfo, SessionState,
    ShareInfo,
};
use serde::Serialize;

use crate::remote::machines::Known;
use crate::rows::line_number;
use crate::sessions::Located;
pub use devices::{Audit, Device, device_id, kind, role};

/// Prints a value and a newline.
pub fn print(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    writeln!(out, "{text}")
}

/// Prints a value on one line.
pub fn line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
}

/// An array whose elements are printed as they come, so that memory does not grow with them.
#[derive(Debug, Default)]
pub struct Elements {
    begun: bool,
}

impl Elements {
    pub fn next(&mut self, out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
        out.write_all(if self.begun { b",\n  " } else { b"[\n  " })?;
        self.begun = true;
        serde_json::to_writer(out, value)?;
        Ok(())
    }

    pub fn finish(self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(if self.begun { b"\n]\n" } else { b"[]\n" })
    }
}

/// One session.
#[derive(Debug, Serialize)]
pub struct Session<'a> {
    id: String,
    name: &'a str,
    /// The machine it is on; null: this one.
    machine: Option<String>,
    /// `starting`, `running`, `ended` or `lost`.
    state: &'static str,
    /// The program's exit code, if it ended with one.
    exit_code: Option<i32>,
    /// The signal that ended the program, if one did.
    signal: Option<i32>,
    command: &'a str,
    directory: &'a str,
    title: &'a str,
    last_line: &'a str,
    size: Size,
    driver: Option<&'a str>,
    viewers: u32,
    created: u64,
    active: u64,
    used: u64,
    ended: Option<u64>,
    bells: u64,
    bytes: u64,
    history_rows: u64,
    history_bytes: u64,
    history_stored: Option<u64>,
    rebuilt: u32,
    pid: Option<u32>,
    keeper_pid: Option<u32>,
    tty: Option<&'a str>,
    trusted: Option<bool>,
    confined: Option<bool>,
    updates_sent: Option<u64>,
    updates_made: Option<u64>,
    /// Rows of history that cannot be read, as far as somebody has tried; null: none.
    history_lost: Option<Lost>,
}

/// Rows that cannot be read, counted from 1.
#[derive(Debug, Serialize)]
struct Lost {
    rows: u64,
    first: u64,
    last: u64,
}

impl Lost {
    fn of(lost: LostRows) -> Option<Self> {
        let LostRows { rows, from, end } = lost.some()?;
        let (first, last) = (line_number(from), end.0);
        Some(Self { rows, first, last })
    }
}

#[derive(Debug, Serialize)]
struct Size {
    columns: u16,
    rows: u16,
}

impl From<abide_protocol::Size> for Size {
    fn from(size: abide_protocol::Size) -> Self {
        Self {
            columns: size.cols(),
            rows: size.rows(),
        }
    }
}

impl<'a> From<&'a SessionInfo> for Session<'a> {
    fn from(info: &'a SessionInfo) -> Self {
        let end = End::of(info.state);
        Self {
            id: info.id.to_string(),
            name: &info.name,
            machine: None,
            state: end.state,
            exit_code: end.exit_code,
            signal: end.signal,
            command: &info.command,
            directory: &info.directory,
            title: &info.title,
            last_line: &info.last_line,
            size: info.size.into(),
            driver: info.driver.as_deref(),
            viewers: info.viewers,
            created: info.created,
            active: info.active,
            used: info.used,
            ended: info.ended,
            bells: info.bells,
            bytes: info.bytes,
            history_rows: info.history_rows,
            history_bytes: info.history_bytes,
            history_stored: info.history_stored,
            rebuilt: info.rebuilt,
            pid: info.pid,
            keeper_pid: info.keeper,
            tty: info.tty.as_deref(),
            trusted: info.trusted,
            confined: info.confined,
            updates_sent: info.updates_sent,
            updates_made: info.updates_made,
            history_lost: info.history_lost.and_then(Lost::of),
        }
    }
}

impl<'a> From<&'a Located> for Session<'a> {
    fn from(found: &'a Located) -> Self {
        Self {
            machine: found.place.machine(),
            ..Self::from(&found.info)
        }
    }
}

/// A machine that this one is paired with.
#[derive(Debug, Serialize)]
pub struct Machine<'a> {
    name: &'a str,
    address: Option<String>,
    /// `view`, `type` or `manage`.
    role: Option<&'static str>,
    expires: Option<u64>,
    /// What it calls this machine.
    device: Option<&'a str>,
    /// It has been heard to know this machine.
    sure: Option<bool>,
    /// Why its file cannot be used.
    fault: Option<&'a str>,
}

impl<'a> Machine<'a> {
    #[must_use]
    pub fn new(name: &'a str, known: &'a Result<Known, Failure>) -> Self {
        let found = known.as_ref().ok();
        let machine = found.map(|known| &known.machine);
        Self {
            name,
            address: machine.map(|machine| machine.address.to_string()),
            role: machine.map(|machine| role(machine.role)),
            expires: machine.and_then(|machine| machine.expires),
            device: machine.map(|machine| &*machine.device),
            sure: found.map(|known| known.sure),
            fault: known.as_ref().err().map(|failure| &*failure.line),
        }
    }
}

/// How `wait` ended.
#[derive(Debug, Serialize)]
pub struct End {
    state: &'static str,
    exit_code: Option<i32>,
    signal: Option<i32>,
}

impl End {
    #[must_use]
    pub fn of(state: SessionState) -> Self {
        let (state, exit_code, signal) = match state {
            SessionState::Starting => ("starting", None, None),
            SessionState::Running => ("running", None, None),
            SessionState::Ended(ExitStatus::Code(code)) => ("ended", Some(code), None),
            SessionState::Ended(ExitStatus::Signal(signal)) => ("ended", None, Some(signal)),
            SessionState::Ended(ExitStatus::Lost) => ("lost", None, None),
        };
        Self {
            state,
            exit_code,
            signal,
        }
    }
}

/// A captured screen.
#[derive(Debug, Serialize)]
pub struct Capture<'a> {
    id: String,
    name: &'a str,
    size: Size,
    title: &'a str,
    /// The program is on its alternate screen.
    alternate: bool,
    cursor: Cursor,
    /// Rows above the screen, oldest first.
    history: Vec<&'a str>,
    /// Rows of the screen, top to bottom.
    rows: Vec<&'a str>,
    /// Rows of `history` that cannot be read, and are empty there.
    lost: Option<Lost>,
}

#[derive(Debug, Serialize)]
struct Cursor {
    /// 0-based.
    row: u16,
    /// 0-based.
    column: u16,
    visible: bool,
}

impl<'a> Capture<'a> {
    pub fn new(
        info: &'a SessionInfo,
        history: &'a [std::sync::Arc<abide_protocol::Row>],
        snapshot: &'a Snapshot,
        lost: LostRows,
    ) -> Self {
        let text = |row: &'a std::sync::Arc<abide_protocol::Row>| row.text().trim_end_matches(' ');
        Self {
            id: info.id.to_string(),
            name: &info.name,
            size: snapshot.size.into(),
            title: &snapshot.title,
            alternate: snapshot.book == abide_protocol::Book::Alternate,
            cursor: Cursor {
                row: snapshot.cursor.row,
                column: snapshot.cursor.column,
                visible: snapshot.cursor.visible,
            },
            history: history.iter().map(text).collect(),
            rows: snapshot.rows.iter().map(text).collect(),
            lost: Lost::of(lost),
        }
    }
}

/// The daemon.
#[derive(Debug, Serialize)]
pub struct Daemon {
    running: bool,
    pid: Option<u32>,
    version: Option<String>,
    /// This client's version.
    client_version: &'static str,
    started: Option<u64>,
    living: Option<u32>,
    ended: Option<u32>,
    warnings: Vec<String>,
}

impl From<Option<DaemonStatus>> for Daemon {
    fn from(status: Option<DaemonStatus>) -> Self {
        let known = status.as_ref();
        Self {
            running: status.is_some(),
            pid: known.map(|status| status.pid),
            version: known.map(|status| status.version.clone()),
            client_version: env!("CARGO_PKG_VERSION"),
            started: known.map(|status| status.started),
            living: known.map(|status| status.living),
            ended: known.map(|status| status.ended),
            warnings: status.map(|status| status.warnings).unwrap_or_default(),
        }
    }
}

/// What is reachable over a network.
#[derive(Debug, Serialize)]
pub struct Share<'a> {
    listening: &'a [String],
    silent: &'a [String],
    loopback: Option<u16>,
    address: Option<&'a str>,
    names: &'a [String],
    certificate: Option<Certificate<'a>>,
    faults: &'a [String],
}

#[derive(Debug, Serialize)]
struct Certificate<'a> {
    path: Option<&'a str>,
    names: &'a [String],
    from: u64,
    until: u64,
    issued: bool,
    due: bool,
}

impl<'a> From<&'a ShareInfo> for Share<'a> {
    fn from(info: &'a ShareInfo) -> Self {
        Self {
            listening: &info.listening,
            silent: &info.silent,
            loopback: info.loopback,
            address: info.address.as_deref(),
            names: &info.names,
            certificate: info.certificate.as_ref().map(Certificate::from),
            faults: &info.faults,
        }
    }
}

impl<'a> From<&'a CertificateInfo> for Certificate<'a> {
    fn from(info: &'a CertificateInfo) -> Self {
        Self {
            path: info.path.as_deref(),
            names: &info.names,
            from: info.from,
            until: info.until,
            issued: info.issued,
            due: info.due,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(value: &impl Serialize) -> Vec<String> {
        let value = serde_json::to_value(value).unwrap();
        value.as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn arrays_are_whole_however_many_elements_they_have() {
        for count in 0..3 {
            let mut out = Vec::new();
            let mut elements = Elements::default();
            for number in 0..count {
                elements.next(&mut out, &number).unwrap();
            }
            elements.finish(&mut out).unwrap();
            let read: Vec<u8> = serde_json::from_slice(&out).unwrap();
            assert_eq!(read, (0..count).collect::<Vec<_>>());
        }
    }

    /// Scripts depend on these. Add to them; never take one away.
    #[test]
    fn fields_keep_their_names() {
        let daemon = "client_version ended living pid running started version warnings";
        assert_eq!(fields(&Daemon::from(None)).join(" "), daemon);
        let share = "address certificate faults listening loopback names silent";
        assert_eq!(fields(&Share::from(&ShareInfo::default())).join(" "), share);
        let end = End::of(SessionState::Ended(ExitStatus::Signal(9)));
        assert_eq!(fields(&end).join(" "), "exit_code signal state");
        assert_eq!(
            (end.state, end.exit_code, end.signal),
            ("ended", None, Some(9))
        );
        let lost = End::of(SessionState::Ended(ExitStatus::Lost));
        assert_eq!(lost.state, "lost");
        let id = "01a1fd33000070008000000000000000".parse().unwrap();
        let info = SessionInfo {
            state: SessionState::Running,
            ..SessionInfo::named(id, "work".into())
        };
        let session = "active bells bytes command confined created directory driver ended exit_code \
                       history_bytes history_lost history_rows history_stored id keeper_pid last_line machine name pid \
                       rebuilt signal size state title trusted tty updates_made updates_sent used viewers";
        assert_eq!(fields(&Session::from(&info)).join(" "), session);
        let value = serde_json::to_value(Session::from(&info)).unwrap();
        assert_eq!(value["id"], "01a1fd33-0000-7000-8000-000000000000");
        assert_eq!(
            value["size"],
            serde_json::json!({ "columns": 120, "rows": 40 })
        );
    }
}
