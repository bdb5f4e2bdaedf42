//! The user's terminal as a device: raw mode, size, bytes in and out, and the way back.
//!
//! Whatever is done to the terminal is undone on every way out: by `Drop`, by the panic hook, or
//! by the caller on a signal. The terminal is opened anew, so that its non-blocking flag is ours
//! alone and never left behind to the shell.

mod probe;
mod undo;
mod watched;

use std::io;
use std::os::fd::AsFd;

use abide_protocol::Size;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{self, OptionalActions, SpecialCodeIndex, Termios};

pub use probe::{Findings, Probe};
use undo::Undo;
pub use watched::{Ready, Watched, hung_up};

/// Bytes waiting for the terminal at most before [`Tty::congested`] says so; some full repaints.
const CONGESTED: usize = 64 << 10;

/// Why the terminal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TtyError {
    #[error("there is no terminal to attach in; abide capture shows a session without one")]
    None,
    #[error("the terminal cannot place its cursor (TERM={0})")]
    Dumb(String),
    #[error("the terminal cannot be used: {0}")]
    Io(#[from] io::Error),
}

/// The user's terminal, in raw mode while this lives.
pub struct Tty {
    fd: Watched,
    before: Termios,
    unsent: Vec<u8>,
}

impl Tty {
    /// Opens the controlling terminal. It is changed by [`Self::raw`] only.
    pub fn open() -> Result<Self, TtyError> {
        if !termios::isatty(io::stdin()) || !termios::isatty(io::stdout()) {
            return Err(TtyError::None);
        }
        let term = std::env::var("TERM").unwrap_or_default();
        if term == "dumb" {
            return Err(TtyError::Dumb(term));
        }
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let open = |path| rustix::fs::open(path, flags, Mode::empty());
        let fd = open("/dev/tty")
            .or_else(|_| open("/proc/self/fd/0"))
            .map_err(|_| TtyError::None)?;
        let before = termios::tcgetattr(&fd).map_err(io::Error::from)?;
        Ok(Self {
            fd: Watched::new(fd)?,
            before,
            unsent: Vec::new(),
        })
    }

    /// The terminal's size; `None` if it does not know.
    #[must_use]
    pub fn size(&self) -> Option<Size> {
        size_of(self.fd.fd())
    }

    /// What the Backspace key sends, as the line discipline has it.
    #[must_use]
    pub fn erase(&self) -> u8 {
        self.before.special_codes[SpecialCodeIndex::VERASE]
    }

    /// Hands every byte over as it comes. From here on the terminal is given back on every way out.
    pub fn raw(&mut self) -> io::Result<()> {
        undo::arm(Undo {
            fd: self.fd.fd().try_clone()?,
            termios: self.before.clone(),
            bytes: Vec::new(),
        });
        let mut raw = self.before.clone();
        raw.make_raw();
        termios::tcsetattr(self.fd.fd(), OptionalActions::Drain, &raw)?;
        Ok(())
    }

    /// What has to be written to bring the terminal back, from now on.
    pub fn undo_by(&self, bytes: Vec<u8>) {
        undo::set(bytes);
    }

    /// Gives the terminal back as it was.
    pub fn restore(&mut self) {
        // What is unsent belongs to a picture nobody wants any more.
        self.unsent.clear();
        undo::run();
    }

    /// Takes bytes for writing; they leave while [`Self::turn`] waits.
    pub fn post(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
    }

    /// What the terminal has not taken yet.
    pub fn take_unsent(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.unsent)
    }

    #[must_use]
    pub fn pending(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// The terminal does not keep up: nothing more should be painted.
    #[must_use]
    pub fn congested(&self) -> bool {
        self.unsent.len() > CONGESTED
    }

    /// Writes what the terminal takes now.
    pub fn write_some(&mut self) -> io::Result<()> {
        let mut written = 0;
        let result = loop {
            if written == self.unsent.len() {
                break Ok(());
            }
            match rustix::io::write(self.fd.fd(), &self.unsent[written..]) {
                Ok(count) => written += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break Ok(()),
                Err(error) => break Err(error.into()),
            }
        };
        self.unsent.drain(..written);
        result
    }

    /// Waits until the terminal has sent something (if `listen`) or has taken everything posted.
    /// Cancel safe.
    pub async fn turn(&mut self, buffer: &mut [u8], listen: bool) -> io::Result<Turn> {
        loop {
            if listen && let Some(count) = self.read(buffer)? {
                return Ok(Turn::Read(count));
            }
            let pending = self.pending();
            if self.fd.wait(listen, pending).await? == Ready::Write {
                self.write_some()?;
                if !self.pending() {
                    return Ok(Turn::Written);
                }
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match self.fd.read(buffer) {
            // The terminal has hung up.
            Err(error) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => Ok(Some(0)),
            other => other,
        }
    }
}

/// What happened at the terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// This many bytes were read; 0: the terminal is gone.
    Read(usize),
    /// Everything posted is written.
    Written,
}

impl Drop for Tty {
    fn drop(&mut self) {
        self.restore();
    }
}

/// The size of the terminal on standard output or input, if there is one.
#[must_use]
pub fn size() -> Option<Size> {
    size_of(io::stdout()).or_else(|| size_of(io::stdin()))
}

fn size_of(fd: impl AsFd) -> Option<Size> {
    let size = termios::tcgetwinsize(fd).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then(|| Size::clamped(size.ws_col, size.ws_row))
}

/// Device numbers of the terminals this process uses: its controlling one and its standard ones.
#[must_use]
pub fn devices() -> Vec<u64> {
    let standard = [
        rustix::fs::fstat(io::stdin()),
        rustix::fs::fstat(io::stdout()),
        rustix::fs::fstat(io::stderr()),
    ];
    let is_tty = |stat: &rustix::fs::Stat| {
        rustix::fs::FileType::from_raw_mode(stat.st_mode).is_char_device()
    };
    let mut devices: Vec<_> = standard
        .into_iter()
        .flatten()
        .filter(is_tty)
        .map(|stat| stat.st_rdev)
        .collect();
    devices.extend(controlling());
    devices
}

/// Device number of the terminal at a path.
#[must_use]
pub fn device(path: impl AsRef<std::path::Path>) -> Option<u64> {
    Some(rustix::fs::stat(path.as_ref()).ok()?.st_rdev)
}

/// Field 7 of `/proc/self/stat`, as a device number.
fn controlling() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The command, field 2, may hold anything but is in parentheses.
    let (_, rest) = stat.rsplit_once(')')?;
    let number: i64 = rest.split_whitespace().nth(4)?.parse().ok()?;
    let number = u32::try_from(number).ok().filter(|number| *number != 0)?;
    let major = (number >> 8) & 0xfff;
    let minor = (number & 0xff) | ((number >> 12) & 0xf_ff00);
    Some(rustix::fs::makedev(major, minor))
}

/// Stops this process until it is continued; the caller has given the terminal back.
pub fn stop_here() {
    // Nothing to do if it fails: the process then simply goes on.
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
}
