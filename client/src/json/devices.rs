//! Devices and the audit as `--json` prints them.

use abide_protocol::message::{AuditRow, DeviceInfo, DeviceKind};
use abide_protocol::{DeviceId, Role};
use serde::Serialize;

/// A paired device.
#[derive(Debug, Serialize)]
pub struct Device<'a> {
    id: String,
    name: &'a str,
    kind: &'static str,
    role: &'static str,
    sessions: Option<Vec<String>>,
    history: bool,
    expires: Option<u64>,
    paired: u64,
    seen: Option<u64>,
    from: Option<&'a str>,
    links: u32,
    durable: bool,
    fault: Option<&'a str>,
}

impl<'a> From<&'a DeviceInfo> for Device<'a> {
    fn from(info: &'a DeviceInfo) -> Self {
        let sessions = info.grant.sessions.as_ref();
        Self {
            id: device_id(info.id),
            name: &info.name,
            kind: kind(info.kind),
            role: role(info.grant.role),
            sessions: sessions.map(|all| all.iter().map(ToString::to_string).collect()),
            history: info.grant.may_read_history(),
            expires: info.grant.expires,
            paired: info.paired,
            seen: info.seen,
            from: info.from.as_deref(),
            links: info.links,
            durable: info.durable,
            fault: info.fault.as_deref(),
        }
    }
}

/// A device's id in hexadecimal.
#[must_use]
pub fn device_id(id: DeviceId) -> String {
    uuid::Uuid::from_bytes(id.0).simple().to_string()
}

#[must_use]
pub fn kind(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Native => "native",
        DeviceKind::Browser => "browser",
        DeviceKind::Unknown => "unknown",
    }
}

#[must_use]
pub fn role(role: Role) -> &'static str {
    match role {
        Role::View => "view",
        Role::Type => "type",
        Role::Manage => "manage",
    }
}

/// A row of the audit.
#[derive(Debug, Serialize)]
pub struct Audit<'a> {
    number: u64,
    time: u64,
    actor: &'a str,
    action: &'a str,
    target: &'a str,
    detail: &'a str,
}

impl<'a> From<&'a AuditRow> for Audit<'a> {
    fn from(row: &'a AuditRow) -> Self {
        Self {
            number: row.number,
            time: row.time,
            actor: &row.actor,
            action: &row.action,
            target: &row.target,
            detail: &row.detail,
        }
    }
}

#[cfg(test)]
mod tests {
    use abide_protocol::Grant;

    use super::*;

    fn fields(value: &impl Serialize) -> Vec<String> {
        let value = serde_json::to_value(value).unwrap();
        value.as_object().unwrap().keys().cloned().collect()
    }

    /// Scripts depend on these. Add to them; never take one away.
    #[test]
    fn fields_about_devices_keep_their_names() {
        let device = DeviceInfo {
            id: DeviceId([0xab; 16]),
            name: "phone".into(),
            kind: DeviceKind::Native,
            grant: Grant {
                role: Role::View,
                sessions: None,
                history: false,
                expires: None,
            },
            paired: 1,
            seen: None,
            from: None,
            links: 0,
            durable: true,
            fault: None,
        };
        let expected =
            "durable expires fault from history id kind links name paired role seen sessions";
        assert_eq!(fields(&Device::from(&device)).join(" "), expected);
        let row = AuditRow {
            number: 1,
            time: 2,
            actor: "local".into(),
            action: "paired".into(),
            target: "phone".into(),
            detail: String::new(),
        };
        let expected = "action actor detail number target time";
        assert_eq!(fields(&Audit::from(&row)).join(" "), expected);
    }
}
