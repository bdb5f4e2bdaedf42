//! `abide`, the native client.

use std::process::ExitCode;

use abide::cli::{self, Cli};
use abide::commands;
use abide::fault::{FAILED, Fault, USAGE};
use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;

fn main() -> ExitCode {
    CompleteEnv::with_factory(Cli::command)
        .var(commands::COMPLETION_VARIABLE)
        .complete();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            let words: Vec<_> = std::env::args_os().skip(1).collect();
            complain_about(&cli::one_line(&error, &words));
            return ExitCode::from(USAGE);
        }
        // Help and version are errors to the parser.
        Err(error) => {
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let code = match runtime {
        Ok(runtime) => {
            let ran = runtime.block_on(commands::run(cli.command));
            // A name that is still being looked up is not waited for.
            runtime.shutdown_background();
            ran.unwrap_or_else(|fault| complain(&fault))
        }
        Err(error) => {
            complain_about(&format!("cannot start: {error}"));
            FAILED
        }
    };
    ExitCode::from(code)
}

fn complain(fault: &Fault) -> u8 {
    if !matches!(fault, Fault::Pipe) {
        complain_about(&fault.to_string());
    }
    fault.code()
}

#[expect(clippy::print_stderr, reason = "the one line that says what failed")]
fn complain_about(line: &str) {
    eprintln!("abide: {line}");
}
