//! `abide machines`.

use std::io::Write;

use abide_protocol::message::Failure;

use super::list::clean;
use crate::cli::{self, MachinesCommand};
use crate::duration::age;
use crate::fault::Fault;
use crate::output::Out;
use crate::remote::machines::{Known, Machines};
use crate::table::{Cell, Column, Give, layout};
use crate::{clock, json, sessions};

pub(super) async fn run(args: cli::Machines) -> Result<u8, Fault> {
    let paths = sessions::paths()?;
    let machines = Machines::of(&paths);
    match args.command {
        None => list(&machines, args.json),
        Some(MachinesCommand::List { json }) => list(&machines, json),
        Some(MachinesCommand::Forget { name }) => {
            sessions::may_reach_out(&paths).await?;
            machines.forget(&name)?;
            Ok(0)
        }
    }
}

fn list(machines: &Machines, as_json: bool) -> Result<u8, Fault> {
    let names = machines.names();
    let known: Vec<_> = names.iter().map(|name| machines.load(name)).collect();
    let pairs = || names.iter().zip(&known);
    let mut out = Out::open();
    if as_json {
        let all: Vec<_> = pairs()
            .map(|(name, known)| json::Machine::new(name, known))
            .collect();
        json::print(&mut out, &all)?;
    } else if names.is_empty() {
        writeln!(out, "No machines. Pair with one: abide join")?;
    } else {
        let now = clock::now();
        let rows: Vec<_> = pairs().map(|(name, known)| row(name, known, now)).collect();
        for line in layout(&COLUMNS, &rows, out.width, out.color) {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    for (name, known) in pairs() {
        if let Err(failure) = known {
            super::note(&format!("{name}: {}", failure.line));
        }
    }
    Ok(0)
}

const fn column(head: &'static str, give: Give, weight: u8) -> Column {
    Column {
        head,
        give,
        weight,
        right: false,
    }
}

const COLUMNS: [Column; 5] = [
    column("NAME", Give::Keep, 5),
    column("ROLE", Give::Keep, 3),
    column("ENDS", Give::Keep, 2),
    column("ADDRESS", Give::Cut(20), 4),
    column("KNOWN AS", Give::Cut(10), 1),
];

fn row(name: &str, known: &Result<Known, Failure>, now: u64) -> Vec<Cell> {
    let Ok(Known { machine, sure }) = known else {
        let damaged = Cell::from("damaged".to_owned()).with("31");
        return vec![
            Cell::from(name.to_owned()),
            damaged,
            Cell::default(),
            Cell::default(),
            Cell::default(),
        ];
    };
    let role = json::role(machine.role);
    let role = if *sure {
        role.to_owned()
    } else {
        format!("{role}, not sure")
    };
    vec![
        Cell::from(name.to_owned()),
        Cell::from(role),
        Cell::from(
            machine
                .expires
                .map_or("never".to_owned(), |end| ends(end, now)),
        ),
        Cell::from(machine.address.to_string()),
        Cell::from(clean(&machine.device)),
    ]
}

fn ends(end: u64, now: u64) -> String {
    if end <= now {
        "over".into()
    } else {
        format!("in {}", age(now, end))
    }
}
