//! What a stranger's WebSocket is given to read: no more than one early message takes.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::limits::RATION;

/// Bytes both ways: TLS or TCP, in tests anything.
pub(in crate::daemon) trait Duplex:
    AsyncRead + AsyncWrite + Send + Unpin
{
}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A stream of which so much can be read until it is renewed or lifted.
pub(super) struct Rationed {
    stream: Box<dyn Duplex>,
    /// `None`: the peer is known.
    left: Option<usize>,
}

impl Rationed {
    pub(super) fn new(stream: Box<dyn Duplex>) -> Self {
        let left = Some(RATION);
        Self { stream, left }
    }

    /// A message was read.
    pub(super) fn renew(&mut self) {
        self.left = self.left.and(Some(RATION));
    }

    pub(super) fn lift(&mut self) {
        self.left = None;
    }
}

impl AsyncRead for Rationed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(left) = self.left else {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        };
        if left == 0 {
            return Poll::Ready(Err(ErrorKind::QuotaExceeded.into()));
        }
        let room = buf.remaining().min(left);
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(room));
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut part))?;
        let count = part.filled().len();
        buf.advance(count);
        self.left = Some(left - count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Rationed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
