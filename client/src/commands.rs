//! The commands, one file each.

pub mod attach;
mod audit;
mod capture;
mod completions;
mod daemon;
mod devices;
mod doctor;
mod edit;
mod end;
mod end_of;
mod info;
mod join;
mod list;
mod machines;
mod man;
mod new;
mod overview;
mod pair;
mod search;
mod share;
mod stdio;
mod tail;
mod type_in;
mod wait;
mod web;

use abide_protocol::message::{EndHow, FailKind, LostRows};

use crate::cli::{self, Command};
use crate::fault::{DAMAGED, Fault, failure};
use crate::look::Asked;
use crate::rows::lost_rows;
use crate::sessions::{self, Located, Place};
pub use completions::VARIABLE as COMPLETION_VARIABLE;

/// Does what the command line says and answers with the exit code.
pub async fn run(command: Option<Command>) -> Result<u8, Fault> {
    match command {
        None => overview::run().await,
        Some(Command::New(args)) => new::run(args).await,
        Some(Command::Attach(args)) => attach_to(args, None).await,
        Some(Command::List(args)) => list::run(args).await,
        Some(Command::Info(args)) => info::run(args).await,
        Some(Command::Send(args)) => type_in::send(args).await,
        Some(Command::Keys(args)) => type_in::keys(args).await,
        Some(Command::Capture(args)) => capture::run(args).await,
        Some(Command::Tail(args)) => tail::run(args).await,
        Some(Command::Search(args)) => search::run(args).await,
        Some(Command::Wait(args)) => wait::run(args).await,
        Some(Command::Stop(args)) => end::run(args, EndHow::Stop).await,
        Some(Command::Kill(args)) => end::run(args, EndHow::Kill).await,
        Some(Command::Rename(args)) => edit::rename(args).await,
        Some(Command::Remove(args)) => edit::remove(args).await,
        Some(Command::Clear(args)) => edit::clear(args).await,
        Some(Command::Trust(args)) => edit::trust(args).await,
        Some(Command::Share(args)) => share::run(args).await,
        Some(Command::Web(args)) => web::run(args).await,
        Some(Command::Pair(args)) => pair::run(args).await,
        Some(Command::Devices(args)) => devices::run(args.command).await,
        Some(Command::Audit(args)) => audit::run(args).await,
        Some(Command::Join(args)) => join::run(args).await,
        Some(Command::Machines(args)) => machines::run(args).await,
        Some(Command::Stdio) => stdio::run().await,
        Some(Command::Daemon(args)) => daemon::run(args.command).await,
        Some(Command::Doctor(args)) => doctor::run(args).await,
        Some(Command::Completions(args)) => completions::run(args.shell),
        Some(Command::Man { directory }) => man::run(&directory),
    }
}

/// Says a line that is not the command's output.
#[expect(clippy::print_stderr, reason = "commands speak to people")]
fn note(line: &str) {
    eprintln!("abide: {line}");
}

/// Tells of rows that cannot be read, and gives the exit code for it.
fn damage(found: &Located, lost: LostRows) -> u8 {
    if lost.rows == 0 {
        return 0;
    }
    let file = match &found.place {
        Place::Here(paths) => paths.history(found.info.id).display().to_string(),
        Place::Away(_) => "the file of its history".into(),
    };
    note(&format!(
        "{} cannot be read: {file} is damaged; all others are whole; check the disk it is on",
        lost_rows(lost)
    ));
    DAMAGED
}

/// Refuses a name that no session can have.
fn check_name(name: &str) -> Result<(), Fault> {
    match abide_protocol::name::fault(name) {
        None => Ok(()),
        Some(fault) => {
            let line = format!("cannot use this name: {fault}; choose another");
            Err(failure(FailKind::Invalid, line).into())
        }
    }
}

/// Reads the answer to a question that was just asked; Enter alone means `default`.
fn yes(default: bool) -> bool {
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(read) if read > 0 => match line.trim().to_lowercase().as_str() {
            "" => default,
            "y" | "yes" => true,
            _ => false,
        },
        _ => false,
    }
}

/// Attaches as the command line says.
async fn attach_to(args: cli::Attach, asked: Option<Asked>) -> Result<u8, Fault> {
    let found = sessions::find(args.session.as_deref()).await?;
    let args = attach::AttachArgs {
        found,
        watch: args.watch,
        take: args.take,
        history: args.history,
        resend_after: args.resend_after,
    };
    Ok(attach::run(args, asked).await)
}
