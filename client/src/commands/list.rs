//! `abide list`.

use std::io::Write;
use std::time::Duration;

use abide_protocol::message::{ExitStatus, SessionInfo, SessionState};
use tokio::task::JoinSet;

use crate::cli;
use crate::duration::age;
use crate::fault::Fault;
use crate::output::Out;
use crate::sessions::{self, Located, Place, has_ended};
use crate::table::{Cell, Column, Give, layout};
use crate::{clock, json};

/// Ended sessions that are listed without `--all`.
const ENDED_SHOWN: usize = 10;
/// A machine that has not answered by then is listed as not answering.
const PATIENCE: Duration = Duration::from_secs(5);
/// Digits of an id that are shown at least.
const ID_DIGITS: usize = 8;

pub(super) async fn run(args: cli::List) -> Result<u8, Fault> {
    let here = Place::here()?;
    let machines = if args.all {
        Place::paired()?
    } else {
        Vec::new()
    };
    let (listing, away) = tokio::join!(sessions::list(&here), list_away(machines));
    if let Some(down) = listing
        .daemon_down
        .as_ref()
        .filter(|_| listing.sessions.is_empty() && away.is_empty())
    {
        return Err(down.clone().into());
    }
    let ours = listing.sessions.into_iter().map(|info| Located {
        place: here.clone(),
        info,
    });
    let (found, unreachable): (Vec<_>, Vec<_>) = away.into_iter().partition(Result::is_ok);
    let all: Vec<_> = ours.chain(found.into_iter().flatten().flatten()).collect();
    let mut out = Out::open();
    if args.json {
        let all: Vec<_> = all.iter().map(json::Session::from).collect();
        json::print(&mut out, &all)?;
    } else if all.is_empty() {
        writeln!(out, "No sessions. Make one with: abide new")?;
    } else {
        print(&mut out, all.into_iter().map(addressed).collect(), args.all)?;
    }
    out.flush()?;
    if let Some(down) = listing.daemon_down {
        super::note(&format!("ended sessions are not listed: {}", down.line));
    }
    for why in unreachable.into_iter().filter_map(Result::err) {
        super::note(&format!("not listed: {why}"));
    }
    Ok(0)
}

/// The sessions of other machines, all of which are asked at once; or why one has not said.
async fn list_away(machines: Vec<Place>) -> Vec<Result<Vec<Located>, String>> {
    let mut asked = JoinSet::new();
    for place in machines {
        asked.spawn(async move {
            let listing = tokio::time::timeout(PATIENCE, sessions::list(&place)).await;
            let name = place.machine().unwrap_or_default();
            let Ok(listing) = listing else {
                return Err(format!(
                    "{name} does not answer within {} s",
                    PATIENCE.as_secs()
                ));
            };
            if let Some(down) = listing.daemon_down {
                return Err(down.line);
            }
            let located = |info| Located {
                place: place.clone(),
                info,
            };
            Ok(listing.sessions.into_iter().map(located).collect())
        });
    }
    asked.join_all().await
}

/// A session under the name by which it is reached from here.
fn addressed(found: Located) -> SessionInfo {
    let name = found.address();
    SessionInfo { name, ..found.info }
}

/// Prints the table: the living, the one used last first, then the ended, the latest first.
pub(super) fn print(
    out: &mut Out,
    mut sessions: Vec<SessionInfo>,
    all: bool,
) -> std::io::Result<()> {
    sessions.sort_by_key(|info| {
        let latest = info.ended.unwrap_or(info.used);
        (has_ended(info), std::cmp::Reverse((latest, info.id)))
    });
    let living = sessions.iter().filter(|info| !has_ended(info)).count();
    let shown = if all {
        sessions.len()
    } else {
        living + ENDED_SHOWN
    };
    let hidden = sessions.len().saturating_sub(shown);
    sessions.truncate(shown);
    let digits = unique_digits(&sessions);
    let now = clock::now();
    let rows: Vec<_> = sessions.iter().map(|info| row(info, digits, now)).collect();
    for line in layout(&COLUMNS, &rows, out.width, out.color) {
        writeln!(out, "{line}")?;
    }
    if hidden > 0 {
        let line = format!("{hidden} more ended earlier; see them with: abide list --all");
        let line = out.paint("2", &line);
        writeln!(out, "{line}")?;
    }
    Ok(())
}

const fn column(head: &'static str, give: Give, weight: u8) -> Column {
    Column {
        head,
        give,
        weight,
        right: false,
    }
}

const COLUMNS: [Column; 11] = [
    column("NAME", Give::Cut(10), 11),
    column("ID", Give::Keep, 3),
    column("STATE", Give::Keep, 10),
    Column {
        right: true,
        ..column("AGE", Give::Keep, 7)
    },
    Column {
        right: true,
        ..column("ACTIVE", Give::Keep, 8)
    },
    column("SIZE", Give::Keep, 1),
    Column {
        right: true,
        ..column("VIEWERS", Give::Keep, 4)
    },
    column("DRIVER", Give::Cut(6), 2),
    column("COMMAND", Give::Cut(10), 9),
    column("DIRECTORY", Give::CutFront(12), 6),
    column("TITLE", Give::Cut(12), 5),
];

fn row(info: &SessionInfo, digits: usize, now: u64) -> Vec<Cell> {
    let ended = has_ended(info);
    let id = info.id.as_uuid().simple().to_string();
    let plain = |text: String| {
        let cell = Cell::from(text);
        if ended { cell.with("2") } else { cell }
    };
    let lively = |text: String| if ended { Cell::default() } else { plain(text) };
    let (state, sgr) = state(info);
    vec![
        plain(clean(&info.name)),
        plain(id.get(..digits).unwrap_or(&id).to_owned()),
        Cell::from(state).with(sgr),
        plain(age(info.created, now)),
        plain(age(info.ended.unwrap_or(info.active), now)),
        plain(info.size.to_string()),
        lively(info.viewers.to_string()),
        lively(clean(info.driver.as_deref().unwrap_or_default())),
        plain(clean(&info.command)),
        plain(clean(&at_home(&info.directory))),
        plain(clean(&info.title)),
    ]
}

/// The state in a word or two, and its SGR.
pub(super) fn state(info: &SessionInfo) -> (String, &'static str) {
    match info.state {
        SessionState::Starting => ("starting".into(), "33"),
        SessionState::Running => ("running".into(), "32"),
        SessionState::Ended(ExitStatus::Code(0)) => ("done".into(), "2"),
        SessionState::Ended(ExitStatus::Code(code)) => (format!("failed {code}"), "31"),
        SessionState::Ended(ExitStatus::Signal(signal)) => (signal_name(signal), "31"),
        SessionState::Ended(ExitStatus::Lost) => ("lost".into(), "35"),
    }
}

/// `SIGKILL` for 9.
pub(super) fn signal_name(signal: i32) -> String {
    const NAMES: [&str; 15] = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
        "PIPE", "ALRM", "TERM",
    ];
    let index = usize::try_from(signal)
        .ok()
        .and_then(|signal| signal.checked_sub(1));
    match index.and_then(|index| NAMES.get(index)) {
        Some(name) => format!("SIG{name}"),
        None => format!("signal {signal}"),
    }
}

/// Digits by which every listed id can be told from the others.
fn unique_digits(sessions: &[SessionInfo]) -> usize {
    let mut ids: Vec<_> = sessions
        .iter()
        .map(|info| info.id.as_uuid().simple().to_string())
        .collect();
    ids.sort();
    let common = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let pairs = ids.windows(2).filter_map(|pair| match pair {
        [a, b] => Some(common(a, b) + 1),
        _ => None,
    });
    pairs.max().unwrap_or(0).max(ID_DIGITS)
}

/// A path below the home directory as people write it.
pub(super) fn at_home(path: &str) -> String {
    let home = std::env::var("HOME").unwrap_or_default();
    match path.strip_prefix(home.trim_end_matches('/')) {
        Some("") => "~".into(),
        Some(below) if below.starts_with('/') && home.len() > 1 => format!("~{below}"),
        _ => path.into(),
    }
}

/// Text of a program, fit to be printed.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}
