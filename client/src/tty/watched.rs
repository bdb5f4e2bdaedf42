//! A non-blocking descriptor that is watched for input, and for room only while something waits
//! to be written: room made by every read of the other side must not wake us.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// What may be tried now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ready {
    Read,
    Write,
}

pub struct Watched {
    reading: AsyncFd<OwnedFd>,
    /// A duplicate, registered only while something waits to be written.
    writing: Option<AsyncFd<OwnedFd>>,
    /// Reading may bring something: it has not said otherwise since it was last woken for.
    fresh: bool,
}

impl Watched {
    pub fn new(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self {
            reading: register(fd, Interest::READABLE)?,
            writing: None,
            fresh: true,
        })
    }

    pub fn fd(&self) -> &OwnedFd {
        self.reading.get_ref()
    }

    /// Bytes that are here; `None`: none, wait. 0: the other side is gone.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        while self.fresh {
            match rustix::io::read(self.fd(), &mut *buffer) {
                Ok(count) => return Ok(Some(count)),
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => self.fresh = false,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// Waits until reading (if `listen`) or writing (if `pending`) may do something. Cancel safe.
    pub async fn wait(&mut self, listen: bool, pending: bool) -> io::Result<Ready> {
        match (pending, &self.writing) {
            (true, None) => {
                let duplicate = self.fd().try_clone()?;
                self.writing = Some(register(duplicate, Interest::WRITABLE)?);
            }
            (false, Some(_)) => self.writing = None,
            _ => {}
        }
        let writing = self.writing.as_ref();
        let room = async {
            match writing {
                Some(writing) => writing
                    .writable()
                    .await
                    .map(|mut guard| guard.clear_ready()),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ready = self.reading.readable(), if listen => {
                ready?.clear_ready();
                self.fresh = true;
                Ok(Ready::Read)
            }
            ready = room => ready.map(|()| Ready::Write),
        }
    }
}

/// Ends when the other side of a pipe that is written to is gone; never for anything that cannot be
/// watched.
pub async fn hung_up(fd: OwnedFd) {
    if let Ok(watched) = register(fd, Interest::ERROR)
        && watched.ready(Interest::ERROR).await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// Has the runtime watch a descriptor.
#[expect(
    unsafe_code,
    reason = "tokio leaves it to the caller that the descriptor stays the same"
)]
fn register(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` answers with the same open descriptor until it is dropped, which
    // `AsyncFd` does only after it has deregistered it.
    unsafe { AsyncFd::register_with_interest(fd, interest) }.map_err(io::Error::from)
}
