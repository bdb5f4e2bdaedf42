//! Links as the daemon has them: to its clients, and to keepers.

use std::io;
use std::marker::PhantomData;
use std::time::Duration;

use abide_protocol::message::{
    Answer, Behalf, FailKind, Failure, Hello, Request, ToClient, ToServer,
};
use abide_protocol::wire::{self, FrameReader, WireError};
use abide_protocol::{RequestId, SessionId, paths};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::guard::{self, Role};
use crate::private_dir::PrivateDir;

/// Both sides say hello at once; a peer that takes longer is stuck.
const HELLO_PATIENCE: Duration = Duration::from_secs(5);
/// Bytes read at once.
const CHUNK: usize = 16 << 10;

/// Why a link ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    #[error("nobody listens there")]
    Nobody,
    #[error("the other side did not say hello within {} s", HELLO_PATIENCE.as_secs())]
    Silent,
    #[error("the other side belongs to user {0}")]
    Stranger(u32),
    #[error("{}", .0.line)]
    Refused(Failure),
    #[error("the other side spoke before its hello")]
    Rude,
    #[error("the other side sent what cannot be read: {0}")]
    Wire(#[from] WireError),
    #[error("the other side hung up")]
    Closed,
    #[error("{0}")]
    Io(io::Error),
}

impl From<io::Error> for LinkError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => Self::Nobody,
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Io(error),
        }
    }
}

/// A socket whose other end belongs to the same user, read as messages of kind `M`.
pub(super) struct Link<M> {
    stream: UnixStream,
    frames: FrameReader<M>,
    chunk: Box<[u8]>,
    kind: PhantomData<M>,
    /// Where the other side runs.
    role: Role,
}

/// The daemon's end of a link to a client.
pub(super) type ClientLink = Link<ToServer>;
/// The daemon's end of a link to a keeper.
pub(super) type KeeperLink = Link<ToClient>;

macro_rules! reading {
    ($message:ty) => {
        impl Link<$message> {
            /// The next message. May be dropped and called again without loss.
            pub(super) async fn next(&mut self) -> Result<$message, LinkError> {
                loop {
                    if let Some(message) = self.frames.next()? {
                        return Ok(message);
                    }
                    let count = self.stream.read(&mut self.chunk).await?;
                    if count == 0 {
                        return Err(LinkError::Closed);
                    }
                    self.frames
                        .push(self.chunk.get(..count).unwrap_or_default());
                }
            }

            fn over(stream: UnixStream, role: Role) -> Result<Self, LinkError> {
                let peer = stream.peer_cred()?.uid();
                if peer != rustix::process::geteuid().as_raw() {
                    return Err(LinkError::Stranger(peer));
                }
                Ok(Self {
                    stream,
                    frames: FrameReader::new(),
                    chunk: vec![0; CHUNK].into(),
                    kind: PhantomData,
                    role,
                })
            }
        }
    };
}

reading!(ToServer);
reading!(ToClient);

impl ClientLink {
    /// Greets a client that has just connected.
    pub(super) async fn accept(stream: UnixStream, run: &PrivateDir) -> Result<Self, LinkError> {
        let role = guard::peer(&stream, run);
        let mut link = Self::over(stream, role)?;
        link.send(&ToClient::Hello(wire::hello())).await?;
        let first = tokio::time::timeout(HELLO_PATIENCE, link.next())
            .await
            .map_err(|_| LinkError::Silent)??;
        let ToServer::Hello(theirs) = first else {
            return Err(LinkError::Rude);
        };
        if let Err(failure) = agree(&theirs) {
            link.send(&ToClient::Closed(failure.clone())).await?;
            return Err(LinkError::Refused(failure));
        }
        Ok(link)
    }

    pub(super) fn role(&self) -> &Role {
        &self.role
    }

    pub(super) async fn send(&mut self, message: &ToClient) -> Result<(), LinkError> {
        let mut bytes = Vec::new();
        wire::encode_to_client(message, &mut bytes);
        Ok(self.stream.write_all(&bytes).await?)
    }
}

impl KeeperLink {
    /// Connects to the keeper of a session.
    pub(super) async fn connect(run: &PrivateDir, id: SessionId) -> Result<Self, LinkError> {
        let path = run.reach(&paths::keeper_socket(id));
        // It is asked; it does not ask.
        let mut link = Self::over(UnixStream::connect(path).await?, Role::Unknown)?;
        link.send(&ToServer::Hello(wire::hello())).await?;
        let first = tokio::time::timeout(HELLO_PATIENCE, link.next())
            .await
            .map_err(|_| LinkError::Silent)??;
        match first {
            ToClient::Hello(theirs) => agree(&theirs).map_err(LinkError::Refused)?,
            ToClient::Closed(failure) => return Err(LinkError::Refused(failure)),
            _ => return Err(LinkError::Rude),
        }
        Ok(link)
    }

    pub(super) async fn send(&mut self, message: &ToServer) -> Result<(), LinkError> {
        let mut bytes = Vec::new();
        wire::encode_to_server(message, &mut bytes);
        Ok(self.stream.write_all(&bytes).await?)
    }

    /// From now on the keeper holds this link to what a device may ask. One of an earlier version
    /// skips it, and the gate alone stands.
    pub(super) async fn speak_for(&mut self, behalf: &Behalf) -> Result<(), LinkError> {
        self.send(&ToServer::Behalf(behalf.clone())).await
    }

    /// The socket, and what was read of it and is no whole message yet.
    pub(super) fn into_parts(self) -> (UnixStream, Vec<u8>) {
        (self.stream, self.frames.into_unread())
    }

    /// Asks one thing and waits for its answer; what else arrives is skipped.
    pub(super) async fn request(&mut self, request: Request) -> Result<Answer, LinkError> {
        let asked = RequestId(1);
        self.send(&ToServer::Request { id: asked, request }).await?;
        loop {
            match self.next().await? {
                ToClient::Answer { id, answer } if id == asked => return Ok(answer),
                ToClient::Closed(failure) => return Err(LinkError::Refused(failure)),
                _ => {}
            }
        }
    }
}

fn agree(theirs: &Hello) -> Result<(), Failure> {
    wire::agree(&wire::hello(), theirs).map(|_version| ())
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Refused(failure) => failure,
            other => Self {
                kind: FailKind::Internal,
                line: format!("the session's keeper did not answer: {other}; see: abide doctor"),
            },
        }
    }
}
