//! `abide devices`.

use std::io::Write;
use std::time::Duration;

use abide_protocol::message::{Answer, DeviceEdit, DeviceInfo, FailKind, Request, SessionInfo};
use abide_protocol::{DeviceId, Grant, SessionId};

use super::list::clean;
use crate::cli::{Changes, DevicesCommand, Role};
use crate::duration::age;
use crate::fault::{FAILED, Fault, failure};
use crate::output::Out;
use crate::sessions::{self, Place};
use crate::table::{Cell, Column, Give, layout};
use crate::{clock, json};

pub(super) async fn run(command: Option<DevicesCommand>) -> Result<u8, Fault> {
    let place = Place::here()?;
    match command.unwrap_or(DevicesCommand::List { json: false }) {
        DevicesCommand::List { json } => list(&place, json).await,
        DevicesCommand::Info { device, json } => info(&place, &device, json).await,
        DevicesCommand::Rename { device, name } => {
            super::check_name(&name)?;
            let info = find(&place, &device).await?;
            let (device, edit) = (info.id, DeviceEdit::Name(name.clone()));
            sessions::ask_daemon(&place, Request::EditDevice { device, edit }).await?;
            let mut out = Out::open();
            writeln!(out, "\"{}\" is called \"{name}\" now", clean(&info.name))?;
            out.flush()?;
            Ok(0)
        }
        DevicesCommand::Role {
            device,
            role,
            changes,
        } => set_role(&place, &device, role, &changes).await,
        DevicesCommand::TrustClock => {
            sessions::ask_daemon(&place, Request::TrustClock).await?;
            list(&place, false).await
        }
        DevicesCommand::Revoke { device, .. } => revoke(&place, device.as_deref()).await,
    }
}

pub(super) async fn all(place: &Place) -> Result<Vec<DeviceInfo>, Fault> {
    match sessions::ask_daemon(place, Request::Devices).await? {
        Answer::Devices(devices) => Ok(devices),
        _ => Err(sessions::unexpected("the daemon").into()),
    }
}

/// The device with this name, or the only one whose id begins so.
async fn find(place: &Place, wanted: &str) -> Result<DeviceInfo, Fault> {
    let all = all(place).await?;
    if let Some(named) = all.iter().find(|info| info.name == wanted) {
        return Ok(named.clone());
    }
    let begins = |info: &&DeviceInfo| json::device_id(info.id).starts_with(wanted);
    let fitting: Vec<_> = all.iter().filter(begins).collect();
    match fitting.as_slice() {
        [one] if !wanted.is_empty() => Ok((*one).clone()),
        [_, _, ..] if !wanted.is_empty() => {
            let line = format!("\"{wanted}\" fits several devices: give more of the id");
            Err(failure(FailKind::Ambiguous, line).into())
        }
        _ => {
            let line = format!("no device is called \"{wanted}\"; see: abide devices");
            Err(failure(FailKind::NotFound, line).into())
        }
    }
}

/// The sessions that were named, if any were.
pub(super) async fn named(
    place: &Place,
    names: &[String],
) -> Result<Option<Vec<SessionInfo>>, Fault> {
    if names.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for name in names {
        found.push(sessions::find_in(place, Some(name)).await?);
    }
    Ok(Some(found))
}

/// What they are.
async fn sessions_of(place: &Place, names: &[String]) -> Result<Option<Vec<SessionId>>, Fault> {
    let named = named(place, names).await?;
    Ok(named.map(|named| named.iter().map(|info| info.id).collect()))
}

/// As the wire has it.
pub(super) fn millis(lasts: Duration) -> u64 {
    u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX)
}

const fn column(head: &'static str, give: Give, weight: u8) -> Column {
    Column {
        head,
        give,
        weight,
        right: false,
    }
}

const COLUMNS: [Column; 7] = [
    column("NAME", Give::Cut(8), 9),
    column("ID", Give::Keep, 4),
    column("KIND", Give::Keep, 2),
    column("ROLE", Give::Keep, 8),
    column("SESSIONS", Give::Cut(8), 7),
    column("EXPIRES", Give::Keep, 6),
    column("SEEN", Give::Keep, 5),
];

async fn list(place: &Place, as_json: bool) -> Result<u8, Fault> {
    let devices = all(place).await?;
    let mut out = Out::open();
    if as_json {
        let all: Vec<_> = devices.iter().map(json::Device::from).collect();
        json::print(&mut out, &all)?;
    } else if devices.is_empty() {
        writeln!(out, "No devices. Let one in with: abide pair")?;
    } else {
        let known = sessions::list(place).await.sessions;
        let rows: Vec<_> = devices.iter().map(|info| row(info, &known)).collect();
        for line in layout(&COLUMNS, &rows, out.width, out.color) {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    for (name, fault) in devices
        .iter()
        .filter_map(|d| Some((&d.name, d.fault.as_ref()?)))
    {
        super::note(&format!("\"{}\" is not let in: {fault}", clean(name)));
    }
    Ok(0)
}

fn row(info: &DeviceInfo, known: &[SessionInfo]) -> Vec<Cell> {
    let id = json::device_id(info.id);
    vec![
        clean(&info.name).into(),
        id.get(..8).unwrap_or(&id).into(),
        json::kind(info.kind).into(),
        role_of(&info.grant).into(),
        scope(&info.grant, known).into(),
        expiry(info.grant.expires).into(),
        seen(info).into(),
    ]
}

fn role_of(grant: &Grant) -> String {
    let role = json::role(grant.role);
    if grant.role == abide_protocol::Role::View && grant.history {
        format!("{role}+history")
    } else {
        role.into()
    }
}

/// The sessions it is about, by name where there is one.
fn scope(grant: &Grant, known: &[SessionInfo]) -> String {
    let Some(sessions) = grant
        .sessions
        .as_ref()
        .filter(|_| grant.role != abide_protocol::Role::Manage)
    else {
        return "all".into();
    };
    let name = |id: &SessionId| {
        let found = known.iter().find(|info| info.id == *id);
        found.map_or_else(|| "(gone)".to_owned(), |info| clean(&info.name))
    };
    sessions.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn expiry(expires: Option<u64>) -> String {
    match expires {
        None => "never".into(),
        Some(end) if end <= clock::now() => "over".into(),
        Some(end) => format!("in {}", age(clock::now(), end)),
    }
}

fn seen(info: &DeviceInfo) -> String {
    match (info.links, info.seen) {
        (0, None) => "never".into(),
        (0, Some(seen)) => age(seen, clock::now()),
        (1, _) => "now".into(),
        (links, _) => format!("now, {links} links"),
    }
}

async fn info(place: &Place, device: &str, as_json: bool) -> Result<u8, Fault> {
    let info = find(place, device).await?;
    let mut out = Out::open();
    if as_json {
        json::print(&mut out, &json::Device::from(&info))?;
    } else {
        let known = sessions::list(place).await.sessions;
        let lines = [
            ("name", clean(&info.name)),
            ("id", json::device_id(info.id)),
            ("kind", json::kind(info.kind).into()),
            ("role", role_of(&info.grant)),
            ("sessions", scope(&info.grant, &known)),
            ("expires", expiry(info.grant.expires)),
            ("paired", clock::utc(info.paired)),
            ("seen", seen(&info)),
            ("from", info.from.clone().unwrap_or_else(|| "-".into())),
            (
                "kept",
                if info.durable {
                    "yes"
                } else {
                    "until its page or program ends"
                }
                .into(),
            ),
            (
                "let in",
                info.fault
                    .clone()
                    .map_or("yes".into(), |why| format!("no: {why}")),
            ),
        ];
        for (name, value) in lines {
            writeln!(out, "{name:9} {value}")?;
        }
    }
    out.flush()?;
    Ok(0)
}

async fn set_role(place: &Place, device: &str, role: Role, changes: &Changes) -> Result<u8, Fault> {
    let DeviceInfo { id, grant: was, .. } = find(place, device).await?;
    let lasts = changes.expires.map(millis);
    let grant = Grant {
        role: role.into(),
        sessions: match sessions_of(place, &changes.session).await? {
            Some(named) => Some(named),
            None => was.sessions.filter(|_| !changes.all_sessions),
        },
        history: (was.history || changes.history) && !changes.no_history,
        // By our clock, for a daemon that does not know durations.
        expires: match lasts {
            Some(lasts) => Some(clock::now().saturating_add(lasts)),
            None => was.expires.filter(|_| !changes.no_expiry),
        },
    };
    let edit = DeviceEdit::Grant { grant, lasts };
    sessions::ask_daemon(place, Request::EditDevice { device: id, edit }).await?;
    say_rights(place, &json::device_id(id)).await
}

/// What a device may do, in one line.
async fn say_rights(place: &Place, id: &str) -> Result<u8, Fault> {
    let info = find(place, id).await?;
    let known = sessions::list(place).await.sessions;
    let mut out = Out::open();
    writeln!(
        out,
        "\"{}\": role {}, sessions: {}, expires: {}",
        clean(&info.name),
        role_of(&info.grant),
        scope(&info.grant, &known),
        expiry(info.grant.expires)
    )?;
    out.flush()?;
    Ok(0)
}

/// `None`: all of them.
async fn revoke(place: &Place, device: Option<&str>) -> Result<u8, Fault> {
    let device = match device {
        Some(name) => Some(find(place, name).await?.id),
        None => None,
    };
    withdraw(place, device).await
}

/// Revokes a device, or all, and says what a person should know about it.
pub(super) async fn withdraw(place: &Place, device: Option<DeviceId>) -> Result<u8, Fault> {
    let answer = sessions::ask_daemon(place, Request::Revoke { device }).await?;
    let Answer::Revoked(revoked) = answer else {
        return Err(sessions::unexpected("the daemon").into());
    };
    if device.is_none() {
        let mut out = Out::open();
        let line = match revoked.devices {
            0 => "no device was paired; this machine has a new key".into(),
            1 => "1 device is revoked; this machine has a new key".into(),
            devices => format!("{devices} devices are revoked; this machine has a new key"),
        };
        writeln!(out, "{line}")?;
        out.flush()?;
    }
    let mut code = 0;
    if !revoked.unconfirmed.is_empty() {
        let names: Vec<_> = revoked.unconfirmed.iter().map(|name| clean(name)).collect();
        super::note(&format!("revoked, not confirmed in {}", names.join(", ")));
        code = FAILED;
    }
    if let Some(warning) = revoked.warning {
        super::note(&warning);
        code = FAILED;
    }
    Ok(code)
}
