//! The command line: what `abide` can be told.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use abide_protocol::Size;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::engine::ArgValueCompleter;

mod devices;
mod reading;
mod sharing;

use crate::duration;
use crate::sessions::complete;
pub use devices::{Audit, Changes, Devices, DevicesCommand, Pair, Rights, Role};
pub use reading::{Capture, LineRange, Search, Tail};
pub use sharing::{Join, LOOPBACK_PORT, Machines, MachinesCommand, Share, Web};

/// Closes every help text and the manual.
const EXIT_CODES: &str = "\
Exit codes:
  0    done, or detached
  1    the request failed; of `search`: nothing was found
  2    the command line is wrong
  3    no such session, or the name fits several
  4    the session's state or name does not allow it
  5    something is used up (disk, terminals, connections)
  6    rows of history cannot be read; all others were
  124  `wait --timeout` ran out
  254  the link to the session was lost
  255  could not attach
  `attach`, `new` and `wait` end with the program's own code, 128+n if signal n ended it.

SESSION is a name, an id, or the beginning of an id that fits only one. MACHINE:SESSION is one on
another machine (`abide join`), ssh://[USER@]HOST/SESSION one that `ssh` reaches.";

/// What `--json` prints of a session; [`crate::json`] is what does it.
const SESSION_FIELDS: &str = "\
JSON fields of a session (times in milliseconds since 1970-01-01, null where there is none):
  id, name        its id and name
  machine         the other machine it is on (`list --all`)
  state           starting, running, ended or lost
  exit_code       with which its program ended
  signal          by which its program was ended
  command, directory, title, last_line
  size            {columns, rows}
  driver          name of the viewer that holds the size
  viewers         how many are attached
  created, active, used, ended
  bells, bytes    rung and written by the program
  history_rows, history_bytes (in memory), history_stored (bytes on disk)
  rebuilt         times the screen had to be rebuilt after a fault
  pid, keeper_pid, tty
  trusted         its programs may use Abide as you do (`abide trust`)
  confined        its keeper is under Landlock
  history_lost    {rows, first, last} that cannot be read, as far as was tried; asking tries some
  updates_sent, updates_made   changes that viewers were sent, and that were encoded for it";

const OVERVIEW: &str = "\
Abide keeps shells and agents running when the terminal they were started in is gone. \
A session goes on until its program ends; attach to it from any terminal, as often as you like, \
from several at once.";

/// Live terminal sessions that outlast the terminal
#[derive(Debug, Parser)]
#[command(
    name = "abide",
    version,
    about,
    long_about = OVERVIEW,
    after_help = EXIT_CODES,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    New(New),
    Attach(Attach),
    #[command(visible_alias = "ls")]
    List(List),
    Info(Info),
    Send(Send),
    Keys(Keys),
    Capture(Capture),
    Tail(Tail),
    Search(Search),
    Wait(Wait),
    /// End a session: hang up its programs, terminate and then kill those that stay
    ///
    /// Its programs are hung up; those still running after 5 seconds are asked to terminate, and
    /// killed 5 seconds later.
    Stop(Named),
    /// End a session at once: its programs get no chance to save
    Kill(Named),
    Rename(Rename),
    #[command(visible_alias = "rm")]
    Remove(Remove),
    /// Delete a session's history above its screen
    Clear(Named),
    Trust(Trust),
    Share(Share),
    Web(Web),
    Pair(Pair),
    Devices(Devices),
    Audit(Audit),
    Join(Join),
    Machines(Machines),
    /// Carry a link on standard input and output: what `ssh` runs on the other machine
    #[command(hide = true)]
    Stdio,
    Daemon(Daemon),
    Doctor(Doctor),
    Completions(Completions),
    /// Write the manual pages into a directory
    #[command(hide = true)]
    Man {
        #[arg(value_hint = ValueHint::DirPath)]
        directory: PathBuf,
    },
}

/// Start a program in a new session
///
/// Runs your shell if no command is given. On a terminal, the session gets this terminal's size and
/// the environment, directory, umask and limits of this shell, and you are attached to it. Without
/// a terminal it gets the environment of your login shell and nobody is attached.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide new                        your shell
  abide new work -A                attach to \"work\", making it if it is not there
  abide new -d ~/src -- claude     an agent in ~/src
  abide new build --detach -- make")]
pub struct New {
    /// Name of the session; made from the command if none is given. With a machine in front of it
    /// (`MACHINE:NAME`, `ssh://HOST/NAME`) it is made there, in the home directory
    pub name: Option<String>,
    /// Attach if a session of this name is running already
    #[arg(short = 'A', long, requires = "name")]
    pub attach: bool,
    /// Directory to start in [default: the current one]
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub directory: Option<PathBuf>,
    /// Set an environment variable; may be given several times
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = variable)]
    pub env: Vec<(OsString, OsString)>,
    /// Size of the terminal [default: that of this terminal, else 120x40]
    #[arg(long, value_name = "COLSxROWS")]
    pub size: Option<Size>,
    /// Let the program read its own screen as checksums (DECRQCRA), as conformance suites do
    #[arg(long)]
    pub allow_checksum: bool,
    /// Do not attach
    #[arg(long)]
    pub detach: bool,
    /// Keep history in memory only, nothing of it on disk
    #[arg(long)]
    pub no_history_on_disk: bool,
    /// Print the new session as JSON; implies --detach
    #[arg(long)]
    pub json: bool,
    /// Program and arguments [default: your login shell]
    #[arg(last = true, value_name = "COMMAND", value_hint = ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
}

/// Show a session in this terminal, as if it ran here
///
/// Ctrl-\ is the prefix key: Ctrl-\ d detaches, Ctrl-\ [ reads the history with keys as in vi,
/// Ctrl-\ ? shows the other keys. Rows that leave the
/// top of the session arrive in this terminal's own scrollback while both have the same size;
/// after a change of size at most one screen of rows may repeat or be missing there.
#[derive(Debug, Args)]
pub struct Attach {
    /// Session to attach to [default: the one most recently used]
    #[arg(add = ArgValueCompleter::new(complete::living))]
    pub session: Option<String>,
    /// Only watch: never type, never change the size
    #[arg(long, conflicts_with = "take")]
    pub watch: bool,
    /// Take the session's size from whoever has it
    #[arg(long)]
    pub take: bool,
    /// Rows of history to bring into this terminal's scrollback first [default: 1000, or as
    /// configured]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub history: Option<u64>,
    /// After the loss of a link to another machine, send by itself what was typed less than this
    /// before; of what is older or was typed meanwhile, Enter sends it and Esc drops it [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub resend_after: Option<Duration>,
}

/// List sessions, living and ended
///
/// The living come first, the one used last on top; then those that ended, the latest on top. A
/// session is lost if its keeper or the machine went down and nobody saw its end.
#[derive(Debug, Args)]
#[command(after_long_help = SESSION_FIELDS)]
pub struct List {
    /// Also list sessions that ended long ago, and those on other machines (`abide machines`)
    #[arg(short, long)]
    pub all: bool,
    /// Print JSON: an array of all sessions
    #[arg(long)]
    pub json: bool,
}

/// Show everything about a session
#[derive(Debug, Args)]
#[command(after_long_help = SESSION_FIELDS)]
pub struct Info {
    #[command(flatten)]
    pub target: Target,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Type text into a session, then press Enter
///
/// The text arrives as a paste where the program asked for bracketed paste. Returns when the
/// program has been given all of it.
#[derive(Debug, Args)]
pub struct Send {
    /// Session to type into
    #[arg(add = ArgValueCompleter::new(complete::living))]
    pub session: String,
    /// Text to type; `-` reads it from standard input
    #[arg(allow_hyphen_values = true)]
    pub text: String,
    /// Do not press Enter
    #[arg(long)]
    pub no_enter: bool,
    /// Send several lines even if the program would take each as a command
    #[arg(short, long)]
    pub yes: bool,
}

/// Press keys in a session
#[derive(Debug, Args)]
#[command(after_help = "\
Keys are characters and names, with modifiers in front:
  a  A  /  space  enter  tab  esc  backspace  delete  insert  up  down  left  right
  home  end  pageup  pagedown  f1 ... f35  ctrl+c  alt+x  shift+tab  ctrl+shift+up

Example:
  abide keys work esc : w q enter")]
pub struct Keys {
    /// Session to type into
    #[arg(add = ArgValueCompleter::new(complete::living))]
    pub session: String,
    /// Keys to press, one after the other
    #[arg(required = true, value_name = "KEY", allow_hyphen_values = true)]
    pub keys: Vec<String>,
}

/// Wait until a session's program ends, and end with its code
#[derive(Debug, Args)]
pub struct Wait {
    #[command(flatten)]
    pub target: Target,
    /// Give up after this time (30s, 5m, 2h) with exit code 124
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub timeout: Option<Duration>,
    /// Print JSON: its state, exit code and signal, named as `list` names them
    #[arg(long)]
    pub json: bool,
}

// No doc comment: it would take the place of the command's own.
#[derive(Debug, Args)]
pub struct Target {
    /// Session [default: the one most recently used]
    #[arg(add = ArgValueCompleter::new(complete::all))]
    pub session: Option<String>,
}

#[derive(Debug, Args)]
pub struct Named {
    /// Session
    #[arg(add = ArgValueCompleter::new(complete::living))]
    pub session: String,
}

/// Give a session another name
#[derive(Debug, Args)]
pub struct Rename {
    #[arg(add = ArgValueCompleter::new(complete::all))]
    pub session: String,
    pub name: String,
}

/// Let the programs in a session use Abide as you do
///
/// Programs in a session may list the names of sessions and ask about their own, and nothing else:
/// an agent neither reads nor types into another session, nor starts or ends one. This is a guard
/// rail, not a boundary: a program that means to can step over it.
///
/// Trust is given from a terminal outside of all sessions. It lasts as long as the session, and
/// counts for what connects from now on; `info` shows it.
#[derive(Debug, Args)]
pub struct Trust {
    #[arg(add = ArgValueCompleter::new(complete::living))]
    pub session: String,
    /// Take it back
    #[arg(long)]
    pub off: bool,
}

/// Forget sessions that have ended, with their screens and history
#[derive(Debug, Args)]
pub struct Remove {
    /// Sessions to forget
    #[arg(add = ArgValueCompleter::new(complete::ended), required_unless_present = "ended")]
    pub sessions: Vec<String>,
    /// Forget all that have ended
    #[arg(long, conflicts_with = "sessions")]
    pub ended: bool,
}

/// Control the daemon, which knows all sessions and starts new ones
///
/// It starts by itself with the first command that needs it. Sessions do not depend on it: they
/// go on when it stops, and the next one finds them.
#[derive(Debug, Args)]
pub struct Daemon {
    #[command(subcommand)]
    pub command: DaemonCommand,
}

#[derive(Debug, Subcommand)]
pub enum DaemonCommand {
    /// Run the daemon in this terminal until Ctrl-C; it logs here
    Run,
    /// Start the daemon
    Start,
    /// Stop the daemon; sessions go on
    Stop,
    /// Stop the daemon and start it again, for example after an update; sessions go on
    Restart,
    /// Say whether the daemon runs; exit code 4 if it does not
    #[command(after_long_help = "\
JSON fields: running, pid, version, client_version, started, living, ended, warnings")]
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Have systemd start the daemon when you log in
    Install,
}

/// Check that everything Abide needs is in order
#[derive(Debug, Args)]
pub struct Doctor {
    /// Print JSON: an array of {subject, verdict (ok, warn, fail), finding, next}
    #[arg(long)]
    pub json: bool,
}

/// Print a script that completes commands, options and session names
#[derive(Debug, Args)]
#[command(after_help = "\
Put one of these into your shell's start-up file:
  bash   source <(abide completions bash)       ~/.bashrc
  zsh    source <(abide completions zsh)        ~/.zshrc
  fish   abide completions fish | source        ~/.config/fish/config.fish")]
pub struct Completions {
    pub shell: Shell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// `NAME=VALUE`, in bytes as the system has it.
fn variable(text: &str) -> Result<(OsString, OsString), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err("a variable is NAME=VALUE".into()),
    }
}

/// What is wrong with a command line, in one line with the next step. `words` are those after the
/// program's name.
#[must_use]
pub fn one_line(error: &clap::Error, words: &[OsString]) -> String {
    let text = error.render().to_string();
    let mut line = String::new();
    let mut help = named(words) + " --help";
    for part in text.lines().map(str::trim).filter(|part| !part.is_empty()) {
        if let Some(usage) = part.strip_prefix("Usage: ") {
            let words = usage
                .split(' ')
                .take_while(|word| word.starts_with(|c: char| c.is_lowercase()));
            help = words.collect::<Vec<_>>().join(" ") + " --help";
        } else if !part.starts_with("For more information") {
            let part = part.strip_prefix("error: ").unwrap_or(part);
            let joint = match line.chars().last() {
                None => "",
                Some(':') => " ",
                Some(_) if part.starts_with("tip: ") => "; ",
                Some(_) => ", ",
            };
            line = format!("{line}{joint}{part}");
        }
    }
    let line = line.replace("were not provided: ", "are missing: ");
    format!("{line}; see: {help}")
}

/// The command that the words begin with: `abide devices role`.
fn named(words: &[OsString]) -> String {
    let mut name = "abide".to_owned();
    let mut command = Cli::command();
    for word in words {
        let Some(next) = command.find_subcommand(word) else {
            break;
        };
        name = format!("{name} {}", next.get_name());
        command = next.clone();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_is_wrong_fits_a_line() {
        let check = |arguments: &[&str], expected: &str| {
            let words: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            let arguments = std::iter::once(&"abide").chain(arguments);
            let error = Cli::try_parse_from(arguments).unwrap_err();
            assert_eq!(one_line(&error, &words), expected);
        };
        check(
            &["new", "--size", "0x5"],
            "invalid value '0x5' for '--size <COLSxROWS>': a size is COLUMNSxROWS, each 1 to 1000, \
             for example 120x40; see: abide new --help",
        );
        check(
            &["send", "work"],
            "the following required arguments are missing: <TEXT>; see: abide send --help",
        );
        check(
            &["lsit"],
            "unrecognized subcommand 'lsit'; tip: some similar subcommands exist: 'ls', 'list'; \
             see: abide --help",
        );
        check(
            &["attach", "--watch", "--take"],
            "the argument '--watch' cannot be used with '--take'; see: abide attach --help",
        );
        check(
            &["wait", "--timeout", "soon"],
            "invalid value 'soon' for '--timeout <TIME>': a time is a number with a unit: 500ms, \
             30s, 5m, 2h, 1d; see: abide wait --help",
        );
        check(
            &["tail", "-n", "zzz"],
            "invalid value 'zzz' for '--lines <N>': invalid digit found in string; \
             see: abide tail --help",
        );
        check(
            &["tail", "-n", "-3"],
            "invalid value '-3' for '--lines <N>': invalid digit found in string; \
             see: abide tail --help",
        );
        check(
            &["capture", "work", "--lines", "9..7"],
            "invalid value '9..7' for '--lines <A..B>': the lines 9..7 end before they begin; \
             see: abide capture --help",
        );
        check(
            &["search", "work", "x", "--context", "-1"],
            "invalid value '-1' for '--context <N>': invalid digit found in string; \
             see: abide search --help",
        );
        check(
            &["rm", "--frobnicate"],
            "unexpected argument '--frobnicate' found; tip: to pass '--frobnicate' as a value, \
             use '-- --frobnicate'; see: abide remove --help",
        );
        check(
            &["devices", "role", "phone", "--expires", "soon"],
            "invalid value 'soon' for '--expires <TIME>': a time is a number with a unit: 500ms, \
             30s, 5m, 2h, 1d; see: abide devices role --help",
        );
    }
}
