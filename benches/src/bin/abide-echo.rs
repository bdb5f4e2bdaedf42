//! Echoes keys at once, as a program in raw mode does; with `--repaint` it repaints 20 lines 30
//! times a second meanwhile, as an agent that works does.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 30);
/// Keys on one line before it begins anew.
const LINE: usize = 60;

fn main() -> anyhow::Result<()> {
    let repaint = std::env::args().any(|argument| argument == "--repaint");
    let mut settings = tcgetattr(std::io::stdin())?;
    settings.make_raw();
    tcsetattr(std::io::stdin(), OptionalActions::Now, &settings)?;
    let (mut input, mut output) = (std::io::stdin(), std::io::stdout());
    output.write_all(b"\x1b[H\x1b[2JREADY~\x1b[3;1H")?;
    output.flush()?;
    let mut next = Instant::now() + FRAME;
    let (mut typed, mut frame) = (0, 0_u64);
    let mut keys = [0; 64];
    loop {
        let wait = repaint.then(|| next.saturating_duration_since(Instant::now()));
        let wait = wait.and_then(|wait| Timespec::try_from(wait).ok());
        let mut ready = [PollFd::new(&input, PollFlags::IN)];
        if poll(&mut ready, wait.as_ref())? > 0 {
            let count = input.read(&mut keys)?;
            if count == 0 {
                return Ok(());
            }
            typed += 1;
            if typed % LINE == 0 {
                output.write_all(b"\x1b[3;1H\x1b[K")?;
            }
            output.write_all(&keys[..count])?;
            output.flush()?;
        }
        if repaint && Instant::now() >= next {
            next += FRAME;
            frame += 1;
            output.write_all(&picture(frame))?;
            output.flush()?;
        }
    }
}

/// Twenty lines of which each changes in places, and the cursor back where it was.
fn picture(frame: u64) -> Vec<u8> {
    let mut out = b"\x1b7".to_vec();
    for line in 0..20 {
        let number = frame.wrapping_mul(7919) + line;
        let text = format!(
            "\x1b[{};1H\x1b[3{}m{number:>20}\x1b[m step {line} of 20, {frame} frames\x1b[K",
            line + 6,
            line % 8
        );
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(b"\x1b8");
    out
}
