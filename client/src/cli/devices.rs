//! The commands about paired devices.

use std::time::Duration;

use abide_protocol::Role as Granted;
use clap::{Args, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use crate::duration;
use crate::sessions::complete;

const DEVICE_FIELDS: &str = "\
JSON fields of a device (times in milliseconds since 1970-01-01, null where there is none):
  id, name
  kind            native, browser or unknown
  role            view, type or manage
  sessions        ids of the sessions it was given, null for all
  history         it may read history
  expires, paired, seen
  from            the address it last came from
  links           connections at this moment
  durable         it outlives its program";

const AUDIT_FIELDS: &str = "\
JSON fields: number, time (milliseconds since 1970-01-01), actor, action, target, detail";

/// What a device may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Role {
    /// See the live screens of the sessions it was given
    View,
    /// Also keys, paste and size, in those sessions
    Type,
    /// Type everywhere; create, rename, stop and kill
    Manage,
}

impl From<Role> for Granted {
    fn from(role: Role) -> Self {
        match role {
            Role::View => Self::View,
            Role::Type => Self::Type,
            Role::Manage => Self::Manage,
        }
    }
}

/// The rights that a device gets.
#[derive(Debug, Args)]
pub struct Rights {
    /// A session that it is about; may be given several times [default: all]
    #[arg(short, long, value_name = "SESSION", add = ArgValueCompleter::new(complete::living))]
    pub session: Vec<String>,
    /// With the role view: it may read, search and copy history too
    #[arg(long)]
    pub history: bool,
    /// It may come for this long (12h, 30d) [default: until it is revoked]
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub expires: Option<Duration>,
}

/// The rights that a device gets instead of those it has.
#[derive(Debug, Args)]
pub struct Changes {
    /// A session that it is about from now on; may be given several times
    #[arg(short, long, value_name = "SESSION", add = ArgValueCompleter::new(complete::living))]
    pub session: Vec<String>,
    /// It is about all sessions from now on
    #[arg(long, conflicts_with = "session")]
    pub all_sessions: bool,
    /// With the role view: it may read, search and copy history too
    #[arg(long)]
    pub history: bool,
    /// With the role view: it may read no history
    #[arg(long, conflicts_with = "history")]
    pub no_history: bool,
    /// It may come for this long from now on (12h, 30d)
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub expires: Option<Duration>,
    /// It may come until it is revoked
    #[arg(long, conflicts_with = "expires")]
    pub no_expiry: bool,
}

/// Let another device into your sessions
///
/// Shows a QR code for a phone, or a link for `abide join` on another machine, and waits. The device
/// shows six digits; type them here to let it in. Whoever sees the code or the link may ask, for two
/// minutes (ten with --link); nobody gets in without the digits.
///
/// Where another device has its name already, it gets a number behind it, and you are asked whether to
/// revoke the other one.
///
/// A device that types is a shell of yours, until you take it back with `abide devices revoke`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide pair                                  a phone that may type in all sessions
  abide pair --role view --session work --expires 1d
  abide pair --link                           another machine; type `abide join` there")]
pub struct Pair {
    /// What it may do
    #[arg(long, value_enum, default_value = "type")]
    pub role: Role,
    #[command(flatten)]
    pub rights: Rights,
    /// What to call it [default: as it calls itself]
    #[arg(long)]
    pub name: Option<String>,
    /// Print a link to pass on instead of a picture
    #[arg(long)]
    pub link: bool,
    /// Revoke the device that has its name, if there is one, without asking
    #[arg(long)]
    pub replace: bool,
}

/// List and change the devices that may come, or take that back
#[derive(Debug, Args)]
pub struct Devices {
    #[command(subcommand)]
    pub command: Option<DevicesCommand>,
}

#[derive(Debug, Subcommand)]
pub enum DevicesCommand {
    /// List all devices (the default)
    #[command(after_long_help = DEVICE_FIELDS)]
    List {
        /// Print JSON: an array of all devices
        #[arg(long)]
        json: bool,
    },
    /// Show everything about a device
    #[command(after_long_help = DEVICE_FIELDS)]
    Info {
        /// Its name, or the beginning of its id
        device: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a device another name
    Rename {
        /// Its name, or the beginning of its id
        device: String,
        name: String,
    },
    /// Give a device other rights; its connections end and come back
    ///
    /// What is not named stays as it is: its sessions, whether it reads history, and when it ends.
    Role {
        /// Its name, or the beginning of its id
        device: String,
        #[arg(value_enum)]
        role: Role,
        #[command(flatten)]
        changes: Changes,
    },
    /// Take a device's access back
    ///
    /// When this returns, the device does nothing any more: its connections are closed, and what it
    /// had typed and no program has got yet is dropped in every session. A session that does not
    /// confirm that within a second is named.
    Revoke {
        /// Its name, or the beginning of its id
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        device: Option<String>,
        /// All devices; this machine gets a new key, so that none of them ever comes back
        #[arg(long)]
        all: bool,
    },
}

/// Print what has happened to devices and rights, oldest first
#[derive(Debug, Args)]
#[command(after_long_help = AUDIT_FIELDS)]
pub struct Audit {
    /// Go on with what happens from now on
    #[arg(short, long)]
    pub follow: bool,
    /// Rows to print at most, the newest
    #[arg(
        short = 'n',
        long,
        value_name = "N",
        allow_negative_numbers = true,
        default_value_t = 1000
    )]
    pub rows: u32,
    /// Print JSON: one object per line
    #[arg(long)]
    pub json: bool,
}
