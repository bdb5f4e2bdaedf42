//! `abided`: the daemon.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Keeps terminal sessions alive. Normally started by `abide`.
#[derive(Parser)]
#[command(name = "abided", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the daemon (the default)
    Run {
        /// Log to standard error instead of to a file in the state directory
        #[arg(long)]
        foreground: bool,
    },
}

fn main() -> ExitCode {
    if let Some(refusal) = abided::guard::armour::borrowed_rights() {
        complain(refusal);
        return ExitCode::FAILURE;
    }
    match Cli::parse().command {
        Some(Command::Run { foreground }) => abided::daemon::run(foreground),
        None => abided::daemon::run(false),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "whoever started it reads why it does not run"
)]
fn complain(line: &str) {
    eprintln!("abided: {line}");
}
