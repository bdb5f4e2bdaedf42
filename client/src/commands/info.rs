//! `abide info`.

use std::io::Write;

use abide_protocol::message::{Answer, FailKind, LostRows, Request, SessionInfo};

use super::list::{at_home, clean, state};
use crate::cli;
use crate::duration::age;
use crate::fault::Fault;
use crate::output::Out;
use crate::rows::lost_rows;
use crate::sessions::{self, has_ended};
use crate::{clock, json};

pub(super) async fn run(args: cli::Info) -> Result<u8, Fault> {
    let found = sessions::find(args.target.session.as_deref()).await?;
    let session = found.info.id;
    // The keeper knows best; without it, what the list says is good enough.
    let info = match sessions::ask(&found, Request::Info { session }).await {
        Ok(Answer::Session(info)) => *info,
        Err(failure) if failure.kind == FailKind::Forbidden => return Err(failure.into()),
        _ => found.info,
    };
    let mut out = Out::open();
    if args.json {
        json::print(&mut out, &json::Session::from(&info))?;
    } else {
        print(&mut out, &info)?;
    }
    out.flush()?;
    Ok(0)
}

fn print(out: &mut Out, info: &SessionInfo) -> std::io::Result<()> {
    let now = clock::now();
    let ago = |at: u64| format!("{} ago", age(at, now));
    let (state, sgr) = state(info);
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let driver = info
        .driver
        .as_ref()
        .map(|driver| format!(", driven by {}", clean(driver)));
    let living = !has_ended(info);
    let trusted = living && info.trusted == Some(true);
    let lines: [(&str, Option<String>); 20] = [
        ("id", Some(info.id.to_string())),
        ("command", Some(clean(&info.command))),
        ("directory", Some(clean(&at_home(&info.directory)))),
        (
            "title",
            Some(clean(&info.title)).filter(|title| !title.is_empty()),
        ),
        (
            "last line",
            Some(clean(&info.last_line)).filter(|line| !line.is_empty()),
        ),
        (
            "size",
            Some(format!("{}{}", info.size, driver.unwrap_or_default())),
        ),
        ("viewers", living.then(|| info.viewers.to_string())),
        ("created", Some(ago(info.created))),
        ("active", living.then(|| ago(info.active))),
        ("used", living.then(|| ago(info.used))),
        ("ended", info.ended.map(ago)),
        (
            "bells",
            Some(info.bells)
                .filter(|bells| *bells > 0)
                .map(|bells| bells.to_string()),
        ),
        ("output", Some(bytes(info.bytes))),
        ("history", Some(history(info))),
        ("lost", info.history_lost.and_then(LostRows::some).map(lost)),
        (
            "rebuilt",
            Some(info.rebuilt).filter(|times| *times > 0).map(rebuilt),
        ),
        ("process", number(info.pid)),
        ("keeper", number(info.keeper)),
        ("terminal", info.tty.clone()),
        (
            "trusted",
            trusted.then(|| "its programs may use Abide as you do".into()),
        ),
    ];
    let name = out.paint("1", &clean(&info.name));
    let state = out.paint(sgr, &state);
    writeln!(out, "{name}  {state}")?;
    for (label, value) in lines {
        if let Some(value) = value {
            let label = out.paint("2", &format!("{label:<11}"));
            writeln!(out, "  {label}{value}")?;
        }
    }
    Ok(())
}

fn rebuilt(times: u32) -> String {
    format!("the screen was rebuilt {times} times after a fault; please report it")
}

fn lost(rows: LostRows) -> String {
    format!(
        "{} cannot be read: its file is damaged; check the disk",
        lost_rows(rows)
    )
}

/// How much there is, and where.
fn history(info: &SessionInfo) -> String {
    let memory = bytes(info.history_bytes);
    let stored = info.history_stored.filter(|count| *count > 0);
    let disk = stored.map_or_else(String::new, |count| {
        format!(" and {} on disk", bytes(count))
    });
    format!("{} rows, {memory}{disk}", info.history_rows)
}

/// `12.3 MB`.
fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];
    let unit = UNITS.iter().find(|(_, size)| count >= *size);
    match unit {
        None => format!("{count} bytes"),
        Some((unit, size)) => {
            let tenths = u128::from(count) * 10 / u128::from(*size);
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_have_a_unit() {
        let check = |count, expected| assert_eq!(super::bytes(count), expected);
        check(0, "0 bytes");
        check(999, "999 bytes");
        check(1000, "1.0 kB");
        check(12_345_678, "12.3 MB");
        check(u64::MAX, "18446744073.7 GB");
    }
}
