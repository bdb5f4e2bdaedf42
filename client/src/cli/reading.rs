//! The commands that read what a session has shown.

use std::str::FromStr;

use abide_protocol::LineNo;
use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::Target;
use crate::sessions::complete;

const CAPTURE_FIELDS: &str = "\
JSON fields:
  id, name, title
  size            {columns, rows}
  alternate       the program is on its alternate screen
  cursor          {row, column, visible}, counted from 0
  history, rows   texts, without trailing blanks
  lost            {rows, first, last} of the history that cannot be read, and are empty
With --lines, an array of {line, text, wrapped}; with --commands, an array of
  {line, prompt, command, output, exit_code}";

const SEARCH_FIELDS: &str = "\
JSON fields, counted from 1, columns in cells:
  line, column            where the match begins
  end_line, end_column    its last row, and the column behind its end
  text                    the whole line, rows joined where the terminal wrapped them
  match                   what matched
  before, after           the rows around it, with --context

Exit codes:
  0    found
  1    nothing was found
  2    the command line or the pattern is wrong, or the search failed
  3    no such session, or the name fits several
  6    rows of history cannot be read, which says nothing of the others";

/// Print a session's screen
///
/// Prints what a viewer sees now, without trailing blanks; rows that the terminal wrapped are
/// separate lines. Ended sessions show their last screen.
#[derive(Debug, Args)]
#[command(after_long_help = CAPTURE_FIELDS)]
pub struct Capture {
    #[command(flatten)]
    pub target: Target,
    /// Keep colours, attributes and links as escape sequences
    #[arg(long)]
    pub ansi: bool,
    /// Rows of history to print before the screen; while a program is on its alternate screen, what
    /// stands on the main one counts as history
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        default_value_t = 0,
        conflicts_with = "all"
    )]
    pub history: u64,
    /// Print all of the history before the screen
    #[arg(long)]
    pub all: bool,
    /// Print these lines of history and screen, both ends included, numbered as `search` prints
    /// them; `A..` goes to the end, `..B` begins with the oldest line
    #[arg(long, value_name = "A..B", allow_hyphen_values = true, conflicts_with_all = ["history", "all"])]
    pub lines: Option<LineRange>,
    /// Print the commands that were given to a shell, each with its output and exit code; the
    /// shell has to mark them (OSC 133)
    #[arg(long, conflicts_with_all = ["history", "all", "lines", "ansi"])]
    pub commands: bool,
    /// Print JSON: rows, cursor, size and title
    #[arg(long, conflicts_with = "ansi")]
    pub json: bool,
}

/// Print the last lines of a session, and those that follow
///
/// Prints lines that are complete: they have left the screen, or stand above the cursor. Rows that
/// the terminal wrapped are joined. Without --follow, what stands on the screen below that comes
/// too. Following ends when the session ends; it is one more viewer, which never changes the size.
#[derive(Debug, Args)]
pub struct Tail {
    #[command(flatten)]
    pub target: Target,
    /// Print further lines as they are completed
    #[arg(short, long)]
    pub follow: bool,
    /// Lines to begin with
    #[arg(
        short = 'n',
        long,
        value_name = "N",
        allow_negative_numbers = true,
        default_value_t = 10
    )]
    pub lines: u64,
    /// Keep colours, attributes and links as escape sequences
    #[arg(long)]
    pub ansi: bool,
}

/// Search a session's history and screen
///
/// Prints each line with a match and the number of the row where the match begins. Rows that the
/// terminal wrapped are searched as one line. The pattern is a regular expression as Rust's regex
/// library has it.
#[derive(Debug, Args)]
#[command(after_long_help = SEARCH_FIELDS)]
pub struct Search {
    /// Session to search
    #[arg(add = ArgValueCompleter::new(complete::all))]
    pub session: String,
    /// What to look for
    #[arg(value_name = "REGEX", allow_hyphen_values = true)]
    pub pattern: String,
    /// Capital and small letters are the same
    #[arg(short, long)]
    pub ignore_case: bool,
    /// Also print this many rows before and after each match
    #[arg(short = 'C', long, value_name = "N", allow_negative_numbers = true, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=1000))]
    pub context: u64,
    /// Stop after this many matches
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Print JSON: an array of matches
    #[arg(long)]
    pub json: bool,
}

/// Lines by number, `[from, end)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineRange {
    pub from: LineNo,
    /// `None`: to the end of the screen.
    pub end: Option<LineNo>,
}

impl FromStr for LineRange {
    type Err = String;

    /// Numbers count from 1, and both are included.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "lines are A..B, A.., ..B or A, counted from 1".to_owned();
        let number = |text: &str| match text.parse::<u64>() {
            Ok(number @ 1..) => Ok(number),
            _ => Err(wrong()),
        };
        let (from, to) = match text.split_once("..") {
            None => (number(text)?, Some(number(text)?)),
            Some((from, to)) => {
                let from = if from.is_empty() { 1 } else { number(from)? };
                let to = if to.is_empty() {
                    None
                } else {
                    Some(number(to)?)
                };
                (from, to)
            }
        };
        if to.is_some_and(|to| to < from) {
            return Err(format!("the lines {text} end before they begin"));
        }
        Ok(Self {
            from: LineNo(from - 1),
            end: to.map(LineNo),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one_and_both_ends_belong() {
        let check = |text: &str, expected: Option<(u64, Option<u64>)>| {
            let range = text.parse::<LineRange>().ok();
            let range = range.map(|range| (range.from.0, range.end.map(|end| end.0)));
            assert_eq!(range, expected, "{text}");
        };
        check("1..3", Some((0, Some(3))));
        check("7", Some((6, Some(7))));
        check("7..7", Some((6, Some(7))));
        check("7..", Some((6, None)));
        check("..3", Some((0, Some(3))));
        check("..", Some((0, None)));
        check("0..3", None);
        check("3..2", None);
        check("a..b", None);
        check("", None);
        check("-1..2", None);
        check("1..2..3", None);
    }
}
