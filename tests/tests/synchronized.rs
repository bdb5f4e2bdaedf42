//! Synchronized updates: what is shown is whole, and it is shown often.

use std::collections::BTreeSet;

use support::emulator::Options;
use support::home::Home;
use support::terminal::Terminal;

/// Different frames that are shown on any machine, however busy.
const FEW: usize = 4;

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

#[test]
fn back_to_back_blocks_are_shown_whole_and_often() {
    let home = Home::new();
    let script = home.user().join("blocks.py");
    std::fs::write(&script, BLOCKS).unwrap();
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
    let (mut first, mut last) = (f64::MAX, 0.0_f64);
    for frame in terminal.frames() {
        let numbers: BTreeSet<String> = frame.text.split_whitespace().flat_map(fours).collect();
        if numbers.is_empty() || frame.text.contains("ready") {
            continue;
        }
        assert_eq!(numbers.len(), 1, "half drawn:\n{}", frame.text);
        first = first.min(frame.at);
        last = last.max(frame.at);
        shown.extend(numbers);
    }
    let seconds = ((last - first) / 1000.0).max(0.001);
    let rate = shown.len() as f64 / seconds;
    // How many there are is a question of speed, which only a machine at rest can answer.
    let often = !support::soak() || rate >= 20.0;
    assert!(
        shown.len() >= FEW && often,
        "{} frames in {seconds:.2} s",
        shown.len()
    );
}

fn fours(word: &str) -> Vec<String> {
    word.as_bytes()
        .chunks(4)
        .map(|four| String::from_utf8_lossy(four).into_owned())
        .collect()
}
