//! A device's viewer: the daemon's link to the keeper of the session that it watches.

use std::io::ErrorKind;

use abide_protocol::SessionId;
use abide_protocol::message::{Attach, ToServer};
use abide_protocol::wire;
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::sync::OwnedSemaphorePermit;

use super::unopened::{Fault, Unopened};
use crate::daemon::link::{KeeperLink, LinkError};
use crate::private_dir::PrivateDir;

/// Bytes read at once.
const CHUNK: usize = 16 << 10;
/// Bytes that wait for the keeper from which on the device is not heard.
const FULL: usize = 256 << 10;

/// Why a viewer ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum ViewingError {
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    Fault(#[from] Fault),
}

pub(super) struct Viewing {
    pub(super) session: SessionId,
    keeper: UnixStream,
    unopened: Unopened,
    /// What the keeper has not taken yet.
    out: Vec<u8>,
    /// Among the device's viewers.
    _place: OwnedSemaphorePermit,
}

impl Viewing {
    /// Opens the viewer that the gate has written.
    pub(super) async fn open(
        run: &PrivateDir,
        attach: Box<Attach>,
        place: OwnedSemaphorePermit,
    ) -> Result<Self, LinkError> {
        let session = attach.session;
        let mut link = KeeperLink::connect(run, session).await?;
        link.send(&ToServer::Attach(attach)).await?;
        let (keeper, unread) = link.into_parts();
        let mut unopened = Unopened::default();
        unopened.push(&unread);
        Ok(Self {
            session,
            keeper,
            unopened,
            out: Vec::new(),
            _place: place,
        })
    }

    /// Takes a message for the keeper. What it does not take at once goes out during
    /// [`Self::next`]: neither side waits for the other to read first.
    pub(super) fn send(&mut self, message: &ToServer) {
        wire::encode_to_server(message, &mut self.out);
        self.write();
    }

    /// Ends it for good: what it drives is given back. Without this, the keeper takes its end for a
    /// link that was lost, and waits for it to come back.
    pub(super) fn leave(mut self) {
        self.send(&ToServer::Detach);
    }

    /// The keeper should be given time before it gets more.
    pub(super) fn is_full(&self) -> bool {
        self.out.len() >= FULL
    }

    /// The frames of the next message to the device, once it `takes` one. May be dropped and called
    /// again without loss.
    pub(super) async fn next(&mut self, takes: bool) -> Result<Vec<u8>, ViewingError> {
        loop {
            if takes && let Some(message) = self.unopened.next()? {
                return Ok(message);
            }
            let interest = match (takes, self.out.is_empty()) {
                (true, true) => Interest::READABLE,
                (true, false) => Interest::READABLE | Interest::WRITABLE,
                (false, false) => Interest::WRITABLE,
                (false, true) => return std::future::pending().await,
            };
            let ready = self.keeper.ready(interest).await.map_err(LinkError::from)?;
            if ready.is_writable() {
                self.write();
            }
            if takes && (ready.is_readable() || ready.is_read_closed()) {
                self.read()?;
            }
        }
    }

    fn read(&mut self) -> Result<(), LinkError> {
        let mut chunk = [0; CHUNK];
        match self.keeper.try_read(&mut chunk) {
            Ok(0) => Err(LinkError::Closed),
            Ok(count) => {
                self.unopened.push(chunk.get(..count).unwrap_or_default());
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn write(&mut self) {
        while !self.out.is_empty() {
            match self.keeper.try_write(&self.out) {
                Ok(count) => drop(self.out.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // Reading tells that the keeper has hung up, and perhaps why.
                Err(_) => self.out.clear(),
            }
        }
    }
}
