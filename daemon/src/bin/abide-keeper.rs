//! `abide-keeper`: keeps one session. The daemon starts it and hands it a birth record on standard
//! input. A program of its own, because what parses a program's bytes needs neither keys nor a
//! network, and because there is one of it for each session: it is as small as it can be.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(refusal) = abided::guard::armour::borrowed_rights() {
        complain(refusal);
        return ExitCode::FAILURE;
    }
    abided::keeper::birth::run()
}

#[expect(
    clippy::print_stderr,
    reason = "whoever started it reads why it does not run"
)]
fn complain(line: &str) {
    eprintln!("abide-keeper: {line}");
}
