//! The commands about other machines.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use clap_complete::engine::ArgValueCompleter;

use crate::sessions::complete;

use super::Role;

/// Port on 127.0.0.1 unless another one is named.
pub const LOOPBACK_PORT: &str = "7350";

/// Let other devices reach your sessions
///
/// Alone, says what is reachable, how, and what to do next. Otherwise changes it; what is not named
/// stays, and all of it is kept in the configuration file. Whoever connects is a stranger until the
/// device was paired (abide pair).
///
/// With a certificate that browsers trust, the page for browsers is served too; its files are read
/// again when they change. Without one the daemon makes its own, for native clients, which know the
/// daemon by another key.
#[derive(Debug, Default, Args)]
#[command(
    after_help = "\
Examples:
  abide share --listen 0.0.0.0:7373
  abide share --listen 192.0.2.1:443 --cert fullchain.pem --key privkey.pem --name desk.example.org
  abide share --own-cert --no-name     as before the two were given
  abide share --off",
    after_long_help = "\
Examples:
  abide share --listen 0.0.0.0:7373
  abide share --listen 192.0.2.1:443 --cert fullchain.pem --key privkey.pem --name desk.example.org
  abide share --own-cert --no-name     as before the two were given
  abide share --off

JSON fields (times in milliseconds since 1970-01-01, null where there is none):
  listening       addresses where TLS is spoken now
  silent          addresses where it should be, and is not
  loopback        the port on 127.0.0.1
  address         what pairing links name
  names           HOST:PORT under which it answers
  certificate     {path, names, from, until, issued, due}; path null: made by the daemon,
                  issued: by an authority, due: to be renewed
  faults          what does not work, one line each"
)]
pub struct Share {
    /// Address to listen on, instead of those before; may be given several times
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Vec<String>,
    /// Certificate and the chain to its authority, in PEM form
    #[arg(long, value_name = "FILE", requires = "key", value_hint = ValueHint::FilePath)]
    pub cert: Option<PathBuf>,
    /// The certificate's private key, in PEM form
    #[arg(long, value_name = "FILE", requires = "cert", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// Use the certificate that the daemon makes, for native clients, instead of files given before
    #[arg(long, conflicts_with_all = ["cert", "key"])]
    pub own_cert: bool,
    /// Name by which others reach this machine, instead of those before; with the port if it is
    /// another one for them; may be given several times
    #[arg(long, value_name = "HOST[:PORT]")]
    pub name: Vec<String>,
    /// Forget all names given before
    #[arg(long, conflicts_with = "name")]
    pub no_name: bool,
    /// Serve browsers on this machine, over HTTP on 127.0.0.1
    #[arg(
        long,
        value_name = "PORT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = LOOPBACK_PORT,
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    pub loopback: Option<u16>,
    /// Do not serve browsers on this machine
    #[arg(long, conflicts_with = "loopback")]
    pub no_loopback: bool,
    /// Listen nowhere, and end the connections there are
    #[arg(long, conflicts_with_all = ["listen", "loopback", "no_loopback"])]
    pub off: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Pair with another machine, to reach its sessions from here
///
/// `abide pair --link` on the other machine shows a link. It is a secret, so it is not given as an
/// argument: it is asked for, or read from standard input. Then a code is shown here, which is typed
/// there. From then on its sessions are MACHINE:SESSION in every command.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide join                       asks for the link
  abide join --name desk <file     reads it from a file")]
pub struct Join {
    /// Name for the machine here [default: made from its address]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    // Only there to be refused: arguments are seen by everybody on the machine.
    #[arg(hide = true)]
    pub link: Option<OsString>,
}

/// List the machines that this one is paired with, or forget one
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_long_help = "\
JSON fields: name, address, role (view, type, manage), expires, device (what it calls this machine),
sure (false: the pairing was interrupted), fault (why its file cannot be used)"
)]
pub struct Machines {
    #[command(subcommand)]
    pub command: Option<MachinesCommand>,
    /// Print JSON: an array of all machines
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum MachinesCommand {
    /// List them
    List {
        /// Print JSON: an array of all machines
        #[arg(long)]
        json: bool,
    },
    /// Forget one with its keys; it goes on knowing this machine until `abide devices revoke` there
    Forget {
        #[arg(add = ArgValueCompleter::new(complete::machines))]
        name: String,
    },
}

/// Show your sessions in a browser on this machine
///
/// Lets browsers on this machine reach the daemon (HTTP on 127.0.0.1, until `abide share
/// --no-loopback`), opens one, and waits for the six digits that it shows: type them here. The
/// pairing lives in the browser's tab and ends with it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide web
  abide web --print                    for a browser that is opened by hand")]
pub struct Web {
    /// What the browser may do
    #[arg(long, value_enum, default_value = "manage")]
    pub role: Role,
    /// Print the link, and open nothing
    #[arg(long)]
    pub print: bool,
}
