//! `abide capture --commands`: what was typed at a shell's prompts, and what came of it.

use std::io::{self, Write};

use abide_protocol::LineNo;

use crate::fault::Fault;
use crate::json::Elements;
use crate::output::Out;
use crate::rows::{Reader, line_number, on_screen, used};
use crate::shell_commands::{ShellCommand, Splitter};

#[derive(serde::Serialize)]
struct Element<'a> {
    line: u64,
    prompt: &'a str,
    command: &'a str,
    output: &'a str,
    /// `None`: it runs, or the shell did not say.
    exit_code: Option<i32>,
}

pub(super) async fn print(reader: &mut Reader, json: bool) -> Result<(), Fault> {
    let (_, snapshot) = reader.capture(0).await?;
    let extent = reader.extent(&snapshot).await?;
    let mut splitter = Splitter::default();
    let mut printer = Printer {
        out: Out::open(),
        json: json.then(Elements::default),
        count: 0,
    };
    let mut from = extent.begin();
    while from < extent.top {
        let (first, rows) = reader.rows(from, extent.top).await?;
        if rows.is_empty() {
            break;
        }
        for (at, row) in (first.0..).zip(&rows) {
            printer.all(&splitter.row(LineNo(at), row))?;
        }
        from = first.plus(rows.len() as u64);
    }
    for (at, row) in (extent.top.0..).zip(used(on_screen(&snapshot))) {
        printer.all(&splitter.row(LineNo(at), row))?;
    }
    printer.all(&splitter.finish())?;
    printer.finish(splitter.marked())
}

struct Printer {
    out: Out,
    json: Option<Elements>,
    count: u64,
}

impl Printer {
    fn all(&mut self, commands: &[ShellCommand]) -> io::Result<()> {
        commands
            .iter()
            .try_for_each(|command| self.command(command))
    }

    fn command(&mut self, command: &ShellCommand) -> io::Result<()> {
        self.count += 1;
        if let Some(elements) = &mut self.json {
            let element = Element {
                line: line_number(command.line),
                prompt: &command.prompt,
                command: &command.command,
                output: &command.output,
                exit_code: command.exit_code,
            };
            return elements.next(&mut self.out, &element);
        }
        let state = match (command.ended, command.exit_code) {
            (true, Some(code)) => format!(" [exit {code}]"),
            (true, None) => String::new(),
            (false, _) => " [running]".to_owned(),
        };
        let number = self.out.paint("32", &line_number(command.line).to_string());
        let text = self.out.paint("1", &command.command);
        let color = if command.exit_code.is_some_and(|code| code != 0) {
            "31"
        } else {
            "2"
        };
        let state = self.out.paint(color, &state);
        if self.count > 1 {
            writeln!(self.out)?;
        }
        writeln!(self.out, "{number}: {text}{state}")?;
        if command.output.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "{}", command.output)
    }

    fn finish(mut self, marked: bool) -> Result<(), Fault> {
        if let Some(elements) = self.json {
            elements.finish(&mut self.out)?;
        }
        self.out.flush()?;
        if !marked {
            super::super::note(
                "no command is marked there; the shell has to send OSC 133, as its integration \
                 with terminals does",
            );
        }
        Ok(())
    }
}
