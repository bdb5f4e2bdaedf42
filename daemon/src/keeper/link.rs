//! One connection to the keeper's socket: frames in, frames out, both bounded.

use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll};
use std::time::Instant;

use abide_protocol::message::ViewerHeader;
use abide_protocol::message::{Answer, Behalf, Failure, ToClient, ToServer};
use abide_protocol::wire::{self, FrameReader, UpdateBody, WireError};
use abide_protocol::{DeviceId, RequestId};
use rustix::net::SendFlags;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::pty;
use super::session::Work;
use super::viewer::Viewer;
use crate::guard::Role;

/// A link with this many unwritten bytes is not read, so that its requests cannot pile up answers.
const DEAF: usize = 256 << 10;
/// Messages that can wait are not added to a link with this many unwritten bytes.
const BUSY: usize = 64 << 10;
/// Buffers above this are given back when they are empty.
const KEEP: usize = 16 << 10;
/// Unanswered `Wait` requests of one link at most.
pub(crate) const WAITS: usize = 64;

/// How far a link has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// The other side has not said hello yet.
    New,
    Open,
    /// Nothing is read any more; closed when everything is written.
    Closing,
    Closed,
}

/// A connection and what belongs to it.
pub(crate) struct Link {
    /// Watched for input only: room that every read of the other side makes must not wake us.
    stream: AsyncFd<OwnedFd>,
    /// A duplicate, watched for room while something waits to be written.
    room: Option<AsyncFd<OwnedFd>>,
    reader: FrameReader<ToServer>,
    out: Vec<u8>,
    written: usize,
    pub(crate) phase: Phase,
    pub(crate) opened: Instant,
    /// Where the other side runs.
    pub(crate) role: Role,
    pub(crate) viewer: Option<Viewer>,
    /// The device behind this link, once it is known: it bounds what the link may ask.
    pub(crate) device: Option<DeviceId>,
    /// What the daemon said of that device, if the link is for its requests.
    pub(crate) behalf: Option<Behalf>,
    /// The daemon's: gets summaries, and is heard before any remote input.
    pub(crate) subscribed: bool,
    pub(crate) waits: Vec<RequestId>,
    /// Long answers that are being made.
    pub(crate) works: Vec<Work>,
}

impl Link {
    /// Takes a connection whose peer has been checked, and says hello.
    pub(crate) fn new(
        stream: tokio::net::UnixStream,
        role: Role,
        now: Instant,
    ) -> io::Result<Self> {
        let mut link = Self {
            stream: pty::watch(stream.into_std()?.into(), Interest::READABLE)?,
            room: None,
            reader: FrameReader::new(),
            out: Vec::new(),
            written: 0,
            phase: Phase::New,
            opened: now,
            role,
            viewer: None,
            device: None,
            behalf: None,
            subscribed: false,
            waits: Vec::new(),
            works: Vec::new(),
        };
        link.send(&ToClient::Hello(wire::hello()));
        Ok(link)
    }

    /// Bytes that wait to be written.
    pub(crate) fn unwritten(&self) -> usize {
        self.out.len() - self.written
    }

    /// Everything that was asked for is answered and written.
    pub(crate) fn idle(&self) -> bool {
        self.unwritten() == 0 && self.works.is_empty()
    }

    /// Whether messages that can wait should wait.
    pub(crate) fn busy(&self) -> bool {
        self.unwritten() >= BUSY
    }

    pub(crate) fn send(&mut self, message: &ToClient) {
        wire::encode_to_client(message, &mut self.out);
    }

    pub(crate) fn answer(&mut self, id: RequestId, answer: Answer) {
        let answer = self.role.shown(answer);
        self.send(&ToClient::Answer { id, answer });
    }

    /// Sends an update whose body is shared; answers its bytes on this link.
    pub(crate) fn update(&mut self, header: &ViewerHeader, body: &UpdateBody) -> usize {
        let before = self.out.len();
        wire::encode_update(header, body, &mut self.out);
        self.out.len() - before
    }

    /// Bytes queued so far, to measure what a message adds.
    pub(crate) fn queued(&self) -> usize {
        self.out.len()
    }

    /// Says why and closes.
    pub(crate) fn refuse(&mut self, failure: Failure) {
        self.send(&ToClient::Closed(failure));
        self.phase = Phase::Closing;
    }

    /// Ready when there is something to read, a long answer to send, or room for what waits to be written.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for index in 0..self.works.len() {
            if let Some(work) = self.works.get_mut(index)
                && let Poll::Ready(bytes) = work.poll(cx)
            {
                self.out.extend(bytes);
                self.works.remove(index);
                return Poll::Ready(());
            }
        }
        let hears = matches!(self.phase, Phase::New | Phase::Open) && self.unwritten() < DEAF;
        if hears && self.stream.poll_read_ready(cx).is_ready() {
            return Poll::Ready(());
        }
        match &self.room {
            _ if self.unwritten() == 0 => Poll::Pending,
            Some(room) => room.poll_write_ready(cx).map(|_| ()),
            // Not tried yet.
            None => Poll::Ready(()),
        }
    }

    /// Reads what is there, at most one buffer full. Answers whether there was anything.
    pub(crate) fn receive(&mut self, buffer: &mut [u8]) -> bool {
        if self.unwritten() >= DEAF {
            return false;
        }
        let read = self.stream.try_io(Interest::READABLE, |fd| {
            Ok(rustix::io::read(fd, &mut *buffer)?)
        });
        self.take(read, buffer)
    }

    /// As [`Self::receive`], but asks the socket itself: what arrived a moment ago counts.
    pub(crate) fn receive_now(&mut self, buffer: &mut [u8]) -> bool {
        use rustix::net::RecvFlags;
        let read = rustix::net::recv(self.stream.get_ref(), &mut *buffer, RecvFlags::DONTWAIT);
        self.take(
            read.map(|(count, _)| count).map_err(io::Error::from),
            buffer,
        )
    }

    fn take(&mut self, read: io::Result<usize>, buffer: &[u8]) -> bool {
        match read {
            Ok(count) if count > 0 => {
                self.reader.push(buffer.get(..count).unwrap_or_default());
                true
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
            Ok(_) | Err(_) => {
                self.phase = Phase::Closed;
                false
            }
        }
    }

    /// The next whole message of those received.
    pub(crate) fn next(&mut self) -> Result<Option<ToServer>, WireError> {
        match self.phase {
            Phase::New | Phase::Open => self.reader.next(),
            Phase::Closing | Phase::Closed => Ok(None),
        }
    }

    fn write(&self) -> io::Result<usize> {
        let rest = self.out.get(self.written..).unwrap_or_default();
        match &self.room {
            Some(room) => room.try_io(Interest::WRITABLE, |fd| send(fd, rest)),
            None => send(self.stream.get_ref(), rest),
        }
    }

    fn wait_for_room(&mut self) {
        if self.room.is_none() {
            let duplicate = self.stream.get_ref().try_clone();
            let room = duplicate.and_then(|fd| pty::watch(fd, Interest::WRITABLE));
            // Out of descriptors: a link that could not be written again is closed.
            self.phase = if room.is_ok() {
                self.phase
            } else {
                Phase::Closed
            };
            self.room = room.ok();
        }
    }

    /// Writes what the socket takes.
    pub(crate) fn flush(&mut self) {
        while self.phase != Phase::Closed && self.unwritten() > 0 {
            match self.write() {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return self.wait_for_room();
                }
                Err(_) => self.phase = Phase::Closed,
            }
        }
        self.room = None;
        self.written = 0;
        if self.out.capacity() > KEEP {
            self.out = Vec::new();
        } else {
            self.out.clear();
        }
        if self.phase == Phase::Closing {
            self.phase = Phase::Closed;
        }
    }
}

fn send(to: &OwnedFd, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(to, bytes, SendFlags::NOSIGNAL)?)
}
