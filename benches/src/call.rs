//! What is asked of `abide-bench` on its command line. Pure.

use std::fmt::Write;

/// A stage, as far as it is spoken of.
pub struct Named {
    pub name: &'static str,
    /// What it measures, in one line.
    pub about: &'static str,
}

#[derive(PartialEq, Eq, Debug)]
pub enum Call {
    Help,
    /// Measure; no stages: all of them.
    Measure {
        stages: Vec<String>,
        quick: bool,
    },
}

impl Call {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    /// A word that is no stage and no option, with what there is.
    pub fn read(arguments: impl Iterator<Item = String>, all: &[Named]) -> Result<Self, String> {
        let (mut stages, mut quick) = (Vec::new(), false);
        for word in arguments {
            match word.as_str() {
                "-h" | "--help" => return Ok(Self::Help),
                "--quick" => quick = true,
                name if all.iter().any(|stage| stage.name == name) => stages.push(word),
                _ => {
                    let names: Vec<_> = all.iter().map(|stage| stage.name).collect();
                    let names = names.join(", ");
                    return Err(format!("no stage {word}; there are: {names}; and --quick"));
                }
            }
        }
        Ok(Self::Measure { stages, quick })
    }
}

/// What `--help` prints.
pub fn help(all: &[Named]) -> String {
    let mut text = String::from(
        "Measures Abide side by side with the bare pseudo-terminal and tmux

Usage: abide-bench [OPTIONS] [STAGE]...

Stages (all, unless some are named):
",
    );
    let width = all.iter().map(|stage| stage.name.len()).max();
    let width = width.unwrap_or_default();
    for Named { name, about } in all {
        let _ = writeln!(text, "  {name:width$}  {about}");
    }
    text.push_str(
        "
Options:
      --quick  One round of a tenth of the data: a try, too little to judge by
  -h, --help   Print help

The last lines say of every figure whether it holds its goal, or is at least as good as tmux's. If
all do the exit code is 0, else 1. It needs the programs `abide` and `abided` beside it, and tmux.
",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Named; 2] = [
        Named {
            name: "log",
            about: "a flood",
        },
        Named {
            name: "slow-viewer",
            about: "one that does not read",
        },
    ];

    fn check(line: &str, expected: Result<Call, &str>) {
        let words = line.split_whitespace().map(str::to_owned);
        let expected = expected.map_err(str::to_owned);
        assert_eq!(Call::read(words, &ALL), expected, "{line}");
    }

    #[test]
    fn only_what_there_is_can_be_asked() {
        let measure = |stages: &[&str], quick| {
            let stages = stages.iter().map(|name| (*name).to_owned()).collect();
            Ok(Call::Measure { stages, quick })
        };
        check("", measure(&[], false));
        check("--quick", measure(&[], true));
        check(
            "slow-viewer --quick log",
            measure(&["slow-viewer", "log"], true),
        );
        check("log -h", Ok(Call::Help));
        check("--help", Ok(Call::Help));
        let there_are =
            |word: &str| format!("no stage {word}; there are: log, slow-viewer; and --quick");
        for word in ["logs", "--slow", "-q"] {
            check(&format!("log {word}"), Err(&there_are(word)));
        }
    }

    #[test]
    fn help_names_every_stage_and_option() {
        let help = help(&ALL);
        for line in [
            "\n  log          a flood\n",
            "\n  slow-viewer  one that does not read\n",
            "\n      --quick  ",
            "\n  -h, --help  ",
        ] {
            assert!(help.contains(line), "{help}");
        }
    }
}
