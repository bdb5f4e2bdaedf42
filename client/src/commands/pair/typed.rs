//! Lines that a person types while other things happen.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};

use crate::tty::Watched;

/// Bytes of a line at most; what is longer is no code.
const LONGEST: usize = 4096;

/// Standard input, line by line.
pub(super) struct Typed {
    input: Watched,
    begun: Vec<u8>,
    lines: VecDeque<String>,
    ended: bool,
}

impl Typed {
    /// Opened anew where it can be, so that its non-blocking flag is ours alone.
    pub(super) fn open() -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let input: OwnedFd = rustix::fs::open("/proc/self/fd/0", flags, Mode::empty())?;
        Ok(Self {
            input: Watched::new(input)?,
            begun: Vec::new(),
            lines: VecDeque::new(),
            ended: false,
        })
    }

    /// The next line; never again after the end of the input. Cancel safe.
    pub(super) async fn next(&mut self) -> io::Result<String> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(line);
            }
            if self.ended {
                return std::future::pending().await;
            }
            let mut bytes = [0; 256];
            match self.input.read(&mut bytes)? {
                None => drop(self.input.wait(true, false).await?),
                Some(0) => self.ended = true,
                Some(count) => self.take(bytes.get(..count).unwrap_or_default()),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.begun);
                self.lines
                    .push_back(String::from_utf8_lossy(&line).into_owned());
            } else if self.begun.len() < LONGEST {
                self.begun.push(*byte);
            }
        }
    }
}
