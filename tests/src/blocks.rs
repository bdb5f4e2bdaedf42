//! A program that paints as fast as it can, in synchronized updates, and what of it is shown.

use std::collections::BTreeSet;

use crate::emulator::Options;
use crate::home::Home;
use crate::terminal::Terminal;

/// Writes 1,000 blocks in one write; each paints its number on every row.
const BLOCKS: &str = r"
import os, sys
rows, columns = 50, 200
def block(n):
    cells = ''.join('\x1b[38;2;%d;%d;%dm%04d' % (n % 256, i, 255 - i, n) for i in range(columns // 4 - 1))
    return '\x1b[?2026h\x1b[H' + '\r\n'.join(cells + '\x1b[m' for _ in range(rows)) + '\x1b[?2026l'
data = ''.join(block(n) for n in range(1000)).encode()
sys.stdin.readline()
view = memoryview(data)
while view:
    view = view[os.write(1, view):]
sys.stdin.readline()
";

/// What a terminal showed meanwhile.
pub struct Shown {
    /// Different frames.
    pub frames: usize,
    pub seconds: f64,
    /// A frame that was not whole.
    pub torn: Option<String>,
}

impl Shown {
    /// Different frames a second.
    pub fn rate(&self) -> f64 {
        self.frames as f64 / self.seconds
    }
}

/// Runs the program in a session that is attached to a terminal of 200x50.
pub fn show() -> Shown {
    let home = Home::new();
    let script = home.user().join("blocks.py");
    std::fs::write(&script, BLOCKS).expect("script");
    let options = Options {
        frames: true,
        ..Options::sized(200, 50)
    };
    let run = [
        "abide",
        "new",
        "blocks",
        "--",
        "sh",
        "-c",
        "stty -echo; echo ready; exec python3 ~/blocks.py",
    ];
    let terminal = Terminal::start(home.in_terminal(&run), options);
    terminal.wait_text("ready");
    terminal.frames();
    terminal.keys("\r");
    terminal.wait("the last block", |state| {
        state
            .lines
            .last()
            .is_some_and(|line| line.text().starts_with("0999"))
    });

    let mut shown = BTreeSet::new();
    let mut torn = None;
    let (mut first, mut last) = (f64::MAX, 0.0_f64);
    for frame in terminal.frames() {
        let numbers: BTreeSet<String> = frame.text.split_whitespace().flat_map(fours).collect();
        if numbers.is_empty() || frame.text.contains("ready") {
            continue;
        }
        if numbers.len() > 1 {
            torn.get_or_insert(frame.text.clone());
        }
        first = first.min(frame.at);
        last = last.max(frame.at);
        shown.extend(numbers);
    }
    Shown {
        frames: shown.len(),
        seconds: ((last - first) / 1000.0).max(0.001),
        torn,
    }
}

fn fours(word: &str) -> Vec<String> {
    word.as_bytes()
        .chunks(4)
        .map(|four| String::from_utf8_lossy(four).into_owned())
        .collect()
}
