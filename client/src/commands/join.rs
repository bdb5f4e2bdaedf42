//! `abide join`.

mod digits;
mod prompt;

use std::io::Write;

use abide_protocol::channel::address::Address;
use abide_protocol::channel::code::Code;
use abide_protocol::channel::link::PairingLink;
use abide_protocol::channel::pairing::Pending;
use abide_protocol::message::FailKind;

use super::list::clean;
use crate::cli;
use crate::fault::{Fault, failure};
use crate::output::{Out, interactive};
use crate::remote::join::{Join, Told};
use crate::remote::machines::{self, Machines};
use crate::{json, sessions};

pub(super) async fn run(args: cli::Join) -> Result<u8, Fault> {
    if args.link.is_some() {
        let line = "a pairing link is a secret and an argument is not: everybody on this machine \
                    can see it; run abide join and paste it there, after making a new one";
        return Err(Fault::Usage(line.into()));
    }
    if let Some(name) = &args.name {
        check_name(name)?;
    }
    let paths = sessions::paths()?;
    sessions::may_reach_out(&paths).await?;
    let machines = Machines::of(&paths);
    let text = prompt::secret("Pairing link (it is not shown): ").await?;
    let link =
        PairingLink::parse(&text).map_err(|error| failure(FailKind::Invalid, error.to_string()))?;
    let name = petname(args.name, &link.address, &machines)?;
    let join = Join {
        link: &link,
        name: &name,
        paths: &paths,
        machines: &machines,
    };
    let mut shown = Ok(());
    let joined = join.run(|told| {
        let told = match told {
            Told::Code(code, pending) => show(code, pending),
            Told::Again(why) => {
                super::note(&format!("{}: {why}; trying again", link.address));
                Ok(())
            }
        };
        shown = std::mem::replace(&mut shown, Ok(())).and(told);
    });
    let machine = joined.await?;
    shown?;
    let mut out = Out::open();
    writeln!(
        out,
        "Paired: {name} lets this machine {}, as \"{}\". abide list --all shows its sessions; \
         abide attach {name}:SESSION shows one.",
        json::role(machine.role),
        clean(&machine.device)
    )?;
    out.flush()?;
    Ok(0)
}

fn show(code: Code, pending: &Pending) -> std::io::Result<()> {
    let mut out = Out::open();
    writeln!(
        out,
        "{} would let this machine {}. Type this code there:\n",
        clean(&pending.daemon),
        json::role(pending.role)
    )?;
    for line in digits::large(&code.to_string()) {
        writeln!(out, "    {line}")?;
    }
    writeln!(out)?;
    out.flush()
}

fn check_name(name: &str) -> Result<(), Fault> {
    match machines::fault(name) {
        None => Ok(()),
        Some(why) => {
            let line = format!("cannot call a machine \"{}\": {why}", name.escape_debug());
            Err(failure(FailKind::Invalid, line).into())
        }
    }
}

/// The machine's name here; one that is taken is replaced only if a person says so.
#[expect(clippy::print_stderr, reason = "a question to a person")]
fn petname(given: Option<String>, address: &Address, machines: &Machines) -> Result<String, Fault> {
    let mut name = given.unwrap_or_else(|| proposed(address));
    loop {
        check_name(&name)?;
        if !machines.has(&name) {
            return Ok(name);
        }
        if !interactive() {
            let line = format!(
                "a machine is called \"{name}\" already; choose another name with --name, or run: \
                 abide machines forget {name}"
            );
            return Err(failure(FailKind::NameTaken, line).into());
        }
        eprint!("A machine is called \"{name}\" already. Another name, or Enter to replace it: ");
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        match (read, line.trim()) {
            (Ok(1..), "") => return Ok(name),
            (Ok(1..), other) => other.clone_into(&mut name),
            _ => return Err(failure(FailKind::NameTaken, "no name was given").into()),
        }
    }
}

/// The first word of a name, or the whole of a numeric address.
fn proposed(address: &Address) -> String {
    let host = address.host().trim_matches(['[', ']']);
    let numeric = host.parse::<std::net::IpAddr>().is_ok();
    let word = host.split('.').next().filter(|_| !numeric).unwrap_or(host);
    word.replace(':', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_called_after_its_address() {
        let check = |address: &str, name| {
            let address: Address = address.parse().unwrap();
            assert_eq!(proposed(&address), name);
            assert_eq!(machines::fault(name), None);
        };
        check("https://desk.tail1234.ts.net", "desk");
        check("abide://desk:7000", "desk");
        check("abide://10.0.0.5:7000", "10.0.0.5");
        check("https://[2001:db8::1]", "2001-db8--1");
    }
}
