//! A device that was paired again under its name: whoever sits at the terminal may let it take the
//! place of the one that it was. No device takes another's place by itself.

use std::io::{self, IsTerminal};

use abide_protocol::message::{DeviceEdit, DeviceInfo, Request};
use abide_protocol::name;

use super::super::devices;
use super::super::list::clean;
use super::Pairing;
use crate::duration::age;
use crate::fault::Fault;
use crate::sessions::{self, Place};
use crate::{clock, json};

/// Offers it, or does it where `told` to. `wanted` is the name that the `new` device would
/// have, were it free.
pub(super) async fn offer(
    place: &Place,
    pairing: &mut Pairing,
    new: &DeviceInfo,
    wanted: &str,
    told: bool,
) -> Result<u8, Fault> {
    let devices = devices::all(place).await?;
    let same = |info: &&DeviceInfo| info.name == wanted && info.id != new.id && info.durable;
    let Some(old) = devices.iter().find(same) else {
        return Ok(0);
    };
    let called = clean(&old.name);
    let agreed = match (told, io::stdin().is_terminal()) {
        (true, _) => true,
        (false, true) => {
            super::super::note(&format!(
                "another device was called \"{called}\" before (seen {}); revoke it, and give its \
                 name to the new one? [y/N]",
                seen(old)
            ));
            let answer = pairing.answer().await?;
            matches!(answer.trim(), "y" | "Y" | "yes")
        }
        (false, false) => false,
    };
    if !agreed {
        super::super::note(&format!(
            "the device that was called \"{called}\" before stays; to take it back: abide devices \
             revoke {}",
            json::device_id(old.id)
        ));
        return Ok(0);
    }
    let code = devices::withdraw(place, Some(old.id)).await?;
    if name::fault(&old.name).is_none() {
        let (device, edit) = (new.id, DeviceEdit::Name(old.name.clone()));
        sessions::ask_daemon(place, Request::EditDevice { device, edit }).await?;
    }
    super::super::note(&format!("the one that was called \"{called}\" is revoked"));
    Ok(code)
}

fn seen(info: &DeviceInfo) -> String {
    match (info.links, info.seen) {
        (0, None) => "never".into(),
        (0, Some(seen)) => format!("{} ago", age(seen, clock::now())),
        _ => "now".into(),
    }
}
