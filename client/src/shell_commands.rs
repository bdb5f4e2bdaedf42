//! What was typed at a shell's prompts and what came of it, by the marks that shells leave in rows
//! (OSC 133). Pure: rows in order go in, commands come out as they are complete.

use abide_protocol::{LineNo, Mark, MarkKind, Row};

use crate::columns;

/// One command line and what it wrote.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ShellCommand {
    /// Where its prompt begins.
    pub line: LineNo,
    pub prompt: String,
    pub command: String,
    pub output: String,
    /// The shell has said that it ended, or has shown the next prompt.
    pub ended: bool,
    /// Its exit code, if the shell told.
    pub exit_code: Option<i32>,
}

/// Which text comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Prompt,
    Command,
    Output,
}

/// Splits rows into commands.
#[derive(Debug, Default)]
pub struct Splitter {
    current: Option<(ShellCommand, Part)>,
    marked: bool,
}

impl Splitter {
    /// There was any mark.
    #[must_use]
    pub fn marked(&self) -> bool {
        self.marked
    }

    /// Takes the next row; the commands that ended in it.
    pub fn row(&mut self, line: LineNo, row: &Row) -> Vec<ShellCommand> {
        let mut complete = Vec::new();
        let mut column = 0;
        for mark in row.marks() {
            self.marked = true;
            self.text(columns::slice(row, column, mark.column));
            column = column.max(mark.column);
            complete.extend(self.mark(line, mark));
        }
        self.text(columns::slice(row, column, u16::MAX));
        if !row.wrapped() {
            self.text("\n");
        }
        complete
    }

    /// No more rows come.
    pub fn finish(&mut self) -> Vec<ShellCommand> {
        self.close(false).into_iter().collect()
    }

    fn mark(&mut self, line: LineNo, mark: &Mark) -> Option<ShellCommand> {
        match (mark.kind, &mut self.current) {
            (MarkKind::Prompt, _) => {
                let before = self.close(true);
                let command = ShellCommand {
                    line,
                    ..ShellCommand::default()
                };
                self.current = Some((command, Part::Prompt));
                before
            }
            (MarkKind::Command, Some((_, part))) => {
                *part = Part::Command;
                None
            }
            (MarkKind::Output, Some((_, part))) => {
                *part = Part::Output;
                None
            }
            (MarkKind::End(code), Some((command, _))) => {
                command.exit_code = code;
                self.close(true)
            }
            (_, None) => None,
        }
    }

    fn text(&mut self, text: &str) {
        if let Some((command, part)) = &mut self.current {
            let to = match part {
                Part::Prompt => &mut command.prompt,
                Part::Command => &mut command.command,
                Part::Output => &mut command.output,
            };
            to.push_str(text);
        }
    }

    /// The current command, unless nothing was typed at its prompt.
    fn close(&mut self, ended: bool) -> Option<ShellCommand> {
        let (mut command, part) = self.current.take()?;
        if part == Part::Command {
            // The shell does not mark where output begins: the first line is what was typed.
            let (typed, rest) = command.command.split_once('\n')?;
            if !ended && rest.trim().is_empty() {
                return None;
            }
            let (typed, rest) = (typed.to_owned(), rest.to_owned());
            (command.command, command.output) = (typed, rest);
        }
        command.ended = ended;
        for text in [&mut command.command, &mut command.output] {
            text.truncate(text.trim_end().len());
        }
        let prompt = command.prompt.trim_matches('\n').to_owned();
        command.prompt = prompt;
        let lines = command
            .output
            .lines()
            .map(|line| line.trim_end_matches(' '));
        command.output = lines.collect::<Vec<_>>().join("\n");
        (!command.command.is_empty()).then_some(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_protocol::{RowBuilder, Style};

    /// A row in which `{A}`, `{B}`, `{C}`, `{D}` and `{D7}` are marks and `↩` at the end a soft wrap.
    fn row(text: &str) -> Row {
        let mut builder = RowBuilder::default();
        let (text, wrapped) = match text.strip_suffix('↩') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let mut column = 0;
        for (index, part) in text.split(['{', '}']).enumerate() {
            if index % 2 == 0 {
                builder.simple(part, Style::PLAIN, &None);
                column += part.chars().count() as u16;
                continue;
            }
            let kind = match part {
                "A" => MarkKind::Prompt,
                "B" => MarkKind::Command,
                "C" => MarkKind::Output,
                code => MarkKind::End(code[1..].parse().ok()),
            };
            builder.mark(Mark { column, kind });
        }
        builder.finish(wrapped)
    }

    /// Commands as `line|prompt|command|output|end`.
    fn check(rows: &[&str], expected: &[&str]) {
        let mut splitter = Splitter::default();
        let mut found = Vec::new();
        for (number, text) in (0..).zip(rows) {
            found.extend(splitter.row(LineNo(number), &row(text)));
        }
        found.extend(splitter.finish());
        let found: Vec<_> = found
            .into_iter()
            .map(|command| {
                let end = match (command.ended, command.exit_code) {
                    (true, Some(code)) => code.to_string(),
                    (true, None) => "?".into(),
                    (false, _) => "runs".into(),
                };
                format!(
                    "{}|{}|{}|{}|{end}",
                    command.line.0, command.prompt, command.command, command.output
                )
            })
            .collect();
        assert_eq!(found, expected, "{rows:?}");
    }

    #[test]
    fn commands_are_split_at_their_marks() {
        check(
            &[
                "{A}$ {B}ls",
                "{C}a",
                "b",
                "{D0}{A}$ {B}false",
                "{C}{D1}{A}$ {B}",
            ],
            &["0|$ |ls|a\nb|0", "3|$ |false||1"],
        );
    }

    #[test]
    fn soft_wraps_are_joined_and_prompts_may_have_lines() {
        check(
            &[
                "{A}~/src",
                "$ {B}echo one↩",
                " two",
                "{C}one↩",
                " two",
                "{D0}",
            ],
            &["0|~/src\n$ |echo one two|one two|0"],
        );
    }

    #[test]
    fn what_still_runs_is_told_and_an_empty_prompt_is_not() {
        check(
            &["{A}$ {B}", "{A}$ {B}make", "{C}cc"],
            &["1|$ |make|cc|runs"],
        );
        check(&["{A}$ {B}typing"], &[]);
        check(&["nothing", "marked"], &[]);
        check(&["{D0}{A}$ {B}ls", "{C}a", "{D}"], &["0|$ |ls|a|?"]);
    }

    #[test]
    fn shells_that_do_not_mark_output_are_understood() {
        check(
            &["{A}$ {B}ls", "a", "{D0}{A}$ {B}pwd", "/", "{A}$ {B}"],
            &["0|$ |ls|a|0", "2|$ |pwd|/|?"],
        );
    }
}
