//! The master side: non-blocking reads and writes, size, end of file.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::task::{Context, Poll, ready};

use abide_protocol::Size;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::Pid;
use rustix::termios::Winsize;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Times that [`Master::read_soon`] lets others have the processor.
const YIELDS: usize = 10;

/// What a read gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Read {
    Bytes(usize),
    /// Nothing more for now.
    Drained,
    /// No process has the terminal open any more.
    Closed,
}

fn what(read: io::Result<usize>) -> Read {
    match read {
        Ok(0) => Read::Closed,
        Ok(count) => Read::Bytes(count),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Read::Drained,
        // EIO: the last slave is closed.
        Err(_) => Read::Closed,
    }
}

/// The keeper's side of the terminal.
pub(crate) struct Master {
    fd: AsyncFd<OwnedFd>,
    /// The other side, kept open while the leader lives: a leader that closes its terminal for a
    /// while must not look like the end.
    slave: Option<OwnedFd>,
}

impl Master {
    /// Takes a master and makes it non-blocking.
    pub(crate) fn new(fd: OwnedFd) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&fd, true)?;
        let name = rustix::pty::ptsname(&fd, Vec::new())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let slave = rustix::fs::open(OsStr::from_bytes(name.to_bytes()), flags, Mode::empty()).ok();
        Ok(Self {
            fd: super::watch(fd, Interest::READABLE | Interest::WRITABLE)?,
            slave,
        })
    }

    /// Lets the end of file come once the last process has closed the terminal.
    pub(crate) fn let_close(&mut self) {
        self.slave = None;
    }

    pub(crate) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = ready!(self.fd.poll_read_ready(cx));
        Poll::Ready(())
    }

    pub(crate) fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = ready!(self.fd.poll_write_ready(cx));
        Poll::Ready(())
    }

    pub(crate) fn read(&self, buffer: &mut [u8]) -> Read {
        let read = self.fd.try_io(Interest::READABLE, |fd| {
            rustix::io::retry_on_intr(|| rustix::io::read(fd, &mut *buffer))
                .map_err(io::Error::from)
        });
        what(read)
    }

    /// As [`Self::read`] right after it gave nothing, but lets the program go on first, for some
    /// microseconds: in a flood that is quicker, for both, than to sleep and to be woken.
    pub(crate) fn read_soon(&self, buffer: &mut [u8]) -> Read {
        for _ in 0..YIELDS {
            std::thread::yield_now();
            let read =
                rustix::io::retry_on_intr(|| rustix::io::read(self.fd.get_ref(), &mut *buffer));
            let read = what(read.map_err(io::Error::from));
            if read != Read::Drained {
                return read;
            }
        }
        Read::Drained
    }

    /// Writes what fits; 0 if nothing does. What nobody will ever read counts as written.
    pub(crate) fn write(&self, bytes: &[u8]) -> usize {
        let write = self.fd.try_io(Interest::WRITABLE, |fd| {
            rustix::io::retry_on_intr(|| rustix::io::write(fd, bytes)).map_err(io::Error::from)
        });
        match write {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => bytes.len(),
        }
    }

    /// Sets the size; the kernel tells the program if it differs.
    pub(crate) fn resize(&self, size: Size, cell: Option<(u16, u16)>) -> Result<(), Errno> {
        let (width, height) = cell.unwrap_or_default();
        rustix::termios::tcsetwinsize(
            self.fd.get_ref(),
            Winsize {
                ws_col: size.cols(),
                ws_row: size.rows(),
                ws_xpixel: size.cols().saturating_mul(width),
                ws_ypixel: size.rows().saturating_mul(height),
            },
        )
    }

    /// The process group in the foreground.
    pub(crate) fn foreground(&self) -> Option<Pid> {
        rustix::termios::tcgetpgrp(self.fd.get_ref()).ok()
    }
}
