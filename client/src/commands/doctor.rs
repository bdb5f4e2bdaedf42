//! `abide doctor`: looks at everything that Abide needs and says what to do about what is wrong.

use std::io::Write;

use crate::cli;
use crate::doctor::{Check, Verdict, examine};
use crate::fault::{FAILED, Fault};
use crate::output::Out;
use crate::{json, sessions};

pub(super) async fn run(args: cli::Doctor) -> Result<u8, Fault> {
    let checks = examine(&sessions::paths()?).await;
    let mut out = Out::open();
    if args.json {
        json::print(&mut out, &checks)?;
    } else {
        print(&mut out, &checks)?;
    }
    out.flush()?;
    let failed = checks.iter().any(|check| check.verdict == Verdict::Fail);
    Ok(if failed { FAILED } else { 0 })
}

fn print(out: &mut Out, checks: &[Check]) -> std::io::Result<()> {
    let longest = checks
        .iter()
        .map(|check| check.subject.len())
        .max()
        .unwrap_or(0);
    for check in checks {
        let (word, sgr) = match check.verdict {
            Verdict::Ok => ("ok  ", "32"),
            Verdict::Warn => ("warn", "33"),
            Verdict::Fail => ("FAIL", "1;31"),
        };
        let word = out.paint(sgr, word);
        writeln!(out, "{word}  {:longest$}  {}", check.subject, check.finding)?;
        if let Some(next) = &check.next {
            let next = out.paint("1", next);
            writeln!(out, "      {:longest$}  next: {next}", "")?;
        }
    }
    Ok(())
}
